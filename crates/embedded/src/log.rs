//! `server.log`: one line a call and what the server did of its own accord, for whoever wonders. Never a body or header,
//! so never a secret. At its start the server moves a log that has grown long to `server.log.1`.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use crate::clock::Clock;
use crate::clock::rfc3339;
use crate::folder;

const LONG: u64 = 1 << 20;

#[derive(Debug, Clone)]
pub(crate) struct Log {
    file: Arc<File>,
    clock: Clock,
}

impl Log {
    pub(crate) fn open(state_folder: &Path, clock: Clock) -> io::Result<Self> {
        let path = state_folder.join(folder::LOG);
        if fs::metadata(&path).is_ok_and(|log| log.len() > LONG) {
            fs::rename(&path, path.with_extension("log.1"))?;
        }
        Ok(Self {
            file: Arc::new(folder::open_appending(&path)?),
            clock,
        })
    }

    /// Adds a line. That it cannot be written must not fail a call.
    pub(crate) fn line(&self, text: &str) {
        // What a client sent cannot make lines of its own.
        let text = text.replace(char::is_control, " ");
        let line = format!("{} {text}\n", rfc3339(self.clock.now()));
        let _ = (&*self.file).write_all(line.as_bytes());
    }
}
