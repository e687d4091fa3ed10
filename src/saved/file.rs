//! Plan files on disk: read with care, written whole.

use std::fs;
use std::io;
use std::io::Read;
use std::io::Write;
use std::path::Path;

use serde_json::Value as Json;
use tempfile::NamedTempFile;

use super::FORMAT;
use super::FORMAT_VERSION;
use super::SUFFIX;
use super::SavedError;
use super::SavedPlan;
use super::VERSION;
use super::is_plan_file;

/// No plan is larger; whatever is, is not read.
const LARGEST: u64 = 256 * 1024 * 1024;

/// Reads a plan file.
///
/// # Errors
/// It is not there, cannot be read, is something else, damaged, or of another format's version.
pub fn read(path: &str) -> Result<SavedPlan, SavedError> {
    let text = text_of(path)?;
    let foreign = |cause: &str| SavedError::Foreign {
        path: path.to_owned(),
        cause: cause.to_owned(),
    };
    let damaged = |cause: String| SavedError::Damaged {
        path: path.to_owned(),
        cause,
    };
    let json: Json = match serde_json::from_str(&text) {
        Ok(json) => json,
        Err(error) if begins_as_plan(&text) => return Err(damaged(error.to_string())),
        Err(_) => return Err(foreign("expected JSON")),
    };
    if !is_plan(&json) {
        return Err(foreign(&format!("expected `\"format\": \"{FORMAT}\"` in it")));
    }
    let other = other_format(path, &json);
    if !is_format_known(&json) {
        return Err(other);
    }
    let is_of_another = text_in(&json, "eclusa") != VERSION;
    serde_json::from_value(json).map_err(|error| {
        if is_of_another {
            other
        } else {
            damaged(error.to_string())
        }
    })
}

fn text_of(path: &str) -> Result<String, SavedError> {
    let unread = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => SavedError::Missing { path: path.to_owned() },
        _ => SavedError::Read {
            path: path.to_owned(),
            error,
        },
    };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(unread)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unread)?;
    let is_too_large = u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST);
    let text = String::from_utf8(bytes).ok().filter(|_| !is_too_large);
    text.ok_or_else(|| SavedError::Foreign {
        path: path.to_owned(),
        cause: "expected JSON".to_owned(),
    })
}

/// Another whole number is another format.
fn is_format_known(json: &Json) -> bool {
    let whole = |version: &str| version.split('.').next().unwrap_or_default().to_owned();
    whole(text_in(json, "format_version")) == whole(FORMAT_VERSION)
}

fn other_format(path: &str, json: &Json) -> SavedError {
    SavedError::OtherFormat {
        path: path.to_owned(),
        eclusa: text_in(json, "eclusa").to_owned(),
        format_version: text_in(json, "format_version").to_owned(),
    }
}

fn text_in<'j>(json: &'j Json, key: &str) -> &'j str {
    json.get(key).and_then(Json::as_str).unwrap_or("unknown")
}

fn is_plan(json: &Json) -> bool {
    json.get("format").and_then(Json::as_str) == Some(FORMAT)
}

/// Torn anywhere behind its beginning.
fn begins_as_plan(text: &str) -> bool {
    text.chars().take(64).collect::<String>().contains(FORMAT)
}

/// Refuses a name that no plan is saved under, and a file that is something else; asked before anything is read.
///
/// # Errors
/// The name does not end in `.plan`; something that is no plan lies there, or a folder; it cannot be read.
pub fn may_be_written(path: &str) -> Result<(), SavedError> {
    let has_name = Path::new(path)
        .file_name()
        .is_some_and(|name| name.to_string_lossy().len() > SUFFIX.len());
    if !is_plan_file(path) || !has_name {
        return Err(SavedError::NoSuffix { path: path.to_owned() });
    }
    let occupied = || SavedError::Occupied { path: path.to_owned() };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(SavedError::Write {
            path: path.to_owned(),
            error,
        }),
        Ok(found) if !found.is_file() => Err(occupied()),
        Ok(found) if found.len() == 0 => Ok(()),
        Ok(_) => match text_of(path) {
            Ok(text) if begins_as_plan(&text) => Ok(()),
            Ok(_) | Err(SavedError::Foreign { .. }) => Err(occupied()),
            Err(error) => Err(error),
        },
    }
}

/// Writes the file for its owner alone; a reader sees the former plan or this one.
///
/// # Errors
/// As [`may_be_written`]; the folder cannot be written.
pub fn write(plan: &SavedPlan, path: &str) -> Result<(), SavedError> {
    may_be_written(path)?;
    let written = replace(plan, Path::new(path));
    written.map_err(|error| SavedError::Write {
        path: path.to_owned(),
        error,
    })
}

fn replace(plan: &SavedPlan, path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return Err(io::ErrorKind::InvalidInput.into()),
    };
    // Made with mode 0600 in the same folder, and taken away again should anything go wrong.
    let mut draft = NamedTempFile::new_in(folder)?;
    let mut text = serde_json::to_string_pretty(plan)?;
    text.push('\n');
    draft.write_all(text.as_bytes())?;
    draft.as_file().sync_all()?;
    draft.persist(path)?;
    fs::File::open(folder)?.sync_all()
}
