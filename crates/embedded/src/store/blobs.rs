//! Bytes beside the state: files in `blobs/`, each named by the SHA-256 of what it holds.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use super::StoreError;
use crate::folder;

#[derive(Debug)]
pub(super) struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    pub(super) fn of(state_folder: &Path) -> Self {
        Self {
            folder: state_folder.join(folder::BLOBS),
        }
    }

    /// On disk when this returns. Bytes that are kept already are not written again.
    pub(super) fn keep(&self, sha256: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.folder.join(sha256);
        let is_kept = fs::metadata(&path).is_ok_and(|found| found.len() == bytes.len() as u64);
        if is_kept {
            return Ok(());
        }
        folder::create(&self.folder)
            .and_then(|()| folder::replace(&path, bytes))
            .map_err(|source| StoreError::File { path, source })
    }

    /// A file that stays behind does no harm: nothing refers to it.
    pub(super) fn remove(&self, sha256: &str) {
        let _ = fs::remove_file(self.folder.join(sha256));
    }
}
