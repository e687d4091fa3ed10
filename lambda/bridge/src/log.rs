//! JSON lines on stdout, which Lambda carries to the function's log group. They name message ids, topics and sizes,
//! never payloads, keys or credentials.

use std::io::Write;

use serde_json::Value;

/// How grave a line is; Lambda filters by it.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    Info,
    Warn,
    Error,
}

/// Writes one line.
pub fn line(level: Level, what: &str, fields: &[(&str, Value)]) {
    let level = match level {
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Error => "ERROR",
    };
    let mut object = serde_json::Map::new();
    object.insert("level".to_owned(), level.into());
    object.insert("message".to_owned(), what.into());
    for (name, value) in fields {
        object.insert((*name).to_owned(), value.clone());
    }
    let text = format!("{}\n", Value::Object(object));
    // A log that cannot be written must not lose a message.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}
