//! The inputs of a build, and their digest.
//!
//! An input is every file of the crate's folder but those that cannot reach the binary: `target/`, `tests/`,
//! `benches/` and `examples/` at its top, Markdown, hidden names other than `.cargo`, and the settings of rustfmt and
//! clippy. One too many costs a build, one too few deploys old code. Paths are relative, written with `/` and sorted
//! by bytes; modes and times do not count.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;

use super::BuildError;
use super::Platform;

/// Changes with anything here that changes the binary of the same sources.
const RECIPE: &str = "static musl, release profile, --locked, paths remapped, one zip entry `bootstrap` 0755 of 1980";
/// Of the digest and the recipe together.
const VERSION: u32 = 1;
/// Folders that hold no input, at the top of the crate.
const NOT_INPUTS: [&str; 4] = ["target", "tests", "benches", "examples"];
/// Files that hold no input, at the top of the crate.
const SETTINGS: [&str; 4] = ["rustfmt.toml", ".rustfmt.toml", "clippy.toml", "deny.toml"];

/// The inputs of one build, each with the SHA-256 of its content in hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Inputs(BTreeMap<String, String>);

/// One input that changed between two builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    New(String),
    Edited(String),
    Gone(String),
}

impl Inputs {
    /// Reads the inputs of the crate in `folder`.
    pub(super) fn read(folder: &Path, platform: Platform) -> Result<Self, BuildError> {
        // The words name the usual library; the target says which it is.
        let recipe = format!("{VERSION} {RECIPE} {}", platform.triple());
        let mut inputs = BTreeMap::from([("(recipe)".to_owned(), hex(&Sha256::digest(recipe)))]);
        gather(folder, "", &mut inputs)?;
        Ok(Self(inputs))
    }

    /// `1:` and the SHA-256, in hex, over a line for each input in order: its name, a zero byte, its content's hash.
    pub(super) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (name, content) in &self.0 {
            hash.update(format!("{name}\0{content}\n"));
        }
        format!("{VERSION}:{}", hex(&hash.finalize()))
    }

    pub(super) fn changes_since(&self, before: Option<&Self>) -> Vec<Change> {
        let none = BTreeMap::new();
        let before = before.map_or(&none, |before| &before.0);
        let now = self.0.iter().filter_map(|(name, content)| match before.get(name) {
            None => Some(Change::New(name.clone())),
            Some(old) if old != content => Some(Change::Edited(name.clone())),
            Some(_) => None,
        });
        let gone = before.keys().filter(|name| !self.0.contains_key(*name));
        now.chain(gone.map(|name| Change::Gone(name.clone()))).collect()
    }
}

fn gather(folder: &Path, prefix: &str, inputs: &mut BTreeMap<String, String>) -> Result<(), BuildError> {
    for entry in fs::read_dir(folder).map_err(BuildError::file(folder))? {
        let path = entry.map_err(BuildError::file(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_no_input(prefix, &name) {
            continue;
        }
        let relative = format!("{prefix}{name}");
        if path.is_dir() {
            gather(&path, &format!("{relative}/"), inputs)?;
        } else {
            let content = fs::read(&path).map_err(BuildError::file(&path))?;
            inputs.insert(relative, hex(&Sha256::digest(&content)));
        }
    }
    Ok(())
}

fn is_no_input(prefix: &str, name: &str) -> bool {
    let hidden = name.starts_with('.') && name != ".cargo";
    let at_top = prefix.is_empty() && (NOT_INPUTS.contains(&name) || SETTINGS.contains(&name));
    hidden || at_top || Path::new(name).extension().is_some_and(|extension| extension == "md")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
