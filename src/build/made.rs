//! `.eclusa/build/<stem>.json`: what the zip beside it was made of.
//!
//! It counts only while the zip has the digest that it says: a zip that was edited, cut or is gone was made of nothing, and
//! so was one whose file is of another eclusa or cannot be read.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;

use super::BuildError;
use super::inputs::Inputs;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    inputs: Inputs,
    code_sha256: String,
}

/// A zip that is there.
pub(super) struct Last {
    pub(super) inputs: Inputs,
    pub(super) code_sha256: String,
    pub(super) size: u64,
}

/// The last build of this name, if its zip is still what it was.
pub(super) fn last(folder: &Path, stem: &str) -> Option<Last> {
    let text = fs::read_to_string(folder.join(format!("{stem}.json"))).ok()?;
    let Record { inputs, code_sha256 } = serde_json::from_str(&text).ok()?;
    let zip = fs::read(folder.join(format!("{stem}.zip"))).ok()?;
    let is_it = STANDARD.encode(Sha256::digest(&zip)) == code_sha256;
    is_it.then(|| Last {
        inputs,
        code_sha256,
        size: u64::try_from(zip.len()).unwrap_or(u64::MAX),
    })
}

/// Keeps what the zip was made of. After the zip: where this is not reached, the former words fit no zip.
pub(super) fn record(folder: &Path, stem: &str, inputs: Inputs, code_sha256: &str) -> Result<(), BuildError> {
    let code_sha256 = code_sha256.to_owned();
    let text = format!("{:#}\n", serde_json::json!(Record { inputs, code_sha256 }));
    let file = folder.join(format!("{stem}.json"));
    fs::write(&file, text).map_err(BuildError::file(&file))
}
