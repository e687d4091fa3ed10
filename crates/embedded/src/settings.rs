//! The settings of one environment's embedded cloud, `settings.json` in its state folder: written by eclusa before it
//! starts or uses the server, read by the server at each call, so that an edit needs no restart. A missing file means
//! the defaults; a file that cannot be understood makes every call fail with its line.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use crate::confluent::switches::ConfluentSettings;
use crate::folder;

/// How long the waits of the clouds last (`aws::delays` and `confluent::delays` hold the tables).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Delays {
    /// Milliseconds: every wait can be met by a test, none is worth a coffee.
    #[default]
    Fast,
    /// Seconds and minutes, as the real clouds take.
    Real,
}

/// What `settings.json` holds. A field left out has its default; an unknown one is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Twelve digits.
    pub account: String,
    /// As in `us-east-1`. Resources of another region (or account) are kept but not seen.
    pub region: String,
    pub delays: Delays,
    /// Time without calls after which the server ends, in milliseconds; 0 is never.
    pub idle_ms: u64,
    /// Whether reads lag behind writes; left out: only with `delays: real`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads_lag: Option<bool>,
    /// The fault plan, relative to the state folder; left out: `faults.json` there, if it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faults: Option<PathBuf>,
    /// What Confluent Cloud does where nobody here has seen the real one.
    pub confluent: ConfluentSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            delays: Delays::Fast,
            idle_ms: 60_000,
            reads_lag: None,
            faults: None,
            confluent: ConfluentSettings::default(),
        }
    }
}

/// Writes the settings, making the folder if need be. The server sees them at its next call.
///
/// # Errors
/// The folder or file cannot be written.
pub fn write_settings(state_folder: &Path, settings: &Settings) -> io::Result<()> {
    folder::create(state_folder)?;
    let mut text = serde_json::to_vec_pretty(settings)?;
    text.push(b'\n');
    folder::replace(&state_folder.join(folder::SETTINGS), &text)
}

/// What is written in the state folder; the defaults where nothing is.
///
/// # Errors
/// A sentence naming the file, the line and column where there are any, and what was expected.
pub fn read_settings(state_folder: &Path) -> Result<Settings, String> {
    Settings::read(state_folder)
}

impl Settings {
    /// Reads the folder's settings.
    ///
    /// # Errors
    /// A sentence naming the file, the line and column where there are any, and what was expected.
    pub(crate) fn read(state_folder: &Path) -> Result<Self, String> {
        let path = state_folder.join(folder::SETTINGS);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(format!("{}: {error}", path.display())),
        };
        let settings: Self = serde_json::from_str(&text).map_err(|error| malformed(&path, &error))?;
        settings
            .check()
            .map_err(|problem| format!("{}: {problem}", path.display()))?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), String> {
        if self.account.len() != 12 || !self.account.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(format!("account is \"{}\", expected twelve digits", self.account));
        }
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.region.is_empty() || !self.region.bytes().all(legal) {
            return Err(format!("region is \"{}\", expected a name as us-east-1", self.region));
        }
        self.confluent.check()
    }

    pub(crate) fn reads_lag(&self) -> bool {
        self.reads_lag.unwrap_or(self.delays == Delays::Real)
    }
}

/// `file:line:column: what is wrong`, for a file of ours that is not the JSON it should be.
pub(crate) fn malformed(path: &Path, error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = text.strip_suffix(&place).unwrap_or(&text);
    format!("{}:{}:{}: {what}", path.display(), error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(folder::SETTINGS), text).expect("written");
        Settings::read(folder.path())
    }

    #[test]
    fn a_missing_file_means_the_defaults() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Settings::read(folder.path()), Ok(Settings::default()));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = Settings {
            idle_ms: 0,
            delays: Delays::Real,
            reads_lag: Some(false),
            ..Settings::default()
        };
        write_settings(&folder.path().join("new"), &settings).expect("written");
        assert_eq!(Settings::read(&folder.path().join("new")), Ok(settings));
    }

    #[test]
    fn reads_lag_with_real_delays_unless_said_otherwise() {
        let lag = |delays, reads_lag| {
            Settings {
                delays,
                reads_lag,
                ..Settings::default()
            }
            .reads_lag()
        };
        assert!(lag(Delays::Real, None) && lag(Delays::Fast, Some(true)));
        assert!(!lag(Delays::Fast, None) && !lag(Delays::Real, Some(false)));
    }

    #[test]
    fn wrong_settings_are_refused_with_file_and_place() {
        let unknown = read("{\n  \"acount\": \"1\"\n}").expect_err("an unknown field");
        assert!(
            unknown.contains("settings.json:2:") && unknown.contains("`acount`"),
            "{unknown}"
        );
        assert!(
            read("{\"account\": \"12\"}")
                .expect_err("too short")
                .contains("twelve digits")
        );
        assert!(
            read("{\"region\": \"US/East\"}")
                .expect_err("no region")
                .contains("us-east-1")
        );
    }
}
