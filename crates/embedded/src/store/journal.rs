//! The two files of the store, and how they are read back.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde::Serialize;

use super::Documents;
use super::StoreError;
use crate::folder;

/// One line of the journal.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) number: u64,
    #[serde(default, skip_serializing_if = "Documents::is_empty")]
    pub(super) put: Documents,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) delete: Vec<String>,
}

impl Line {
    /// Deletes come first, so that a batch may replace a whole prefix.
    pub(super) fn apply(self, documents: &mut Documents) {
        for key in &self.delete {
            documents.remove(key);
        }
        documents.extend(self.put);
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Snapshot {
    number: u64,
    documents: Documents,
}

#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    snapshot_path: PathBuf,
    file: Arc<File>,
    length: u64,
    snapshot_length: u64,
    sequence: u64,
    torn: bool,
}

impl Journal {
    pub(super) fn open(state_folder: &Path) -> Result<(Self, Documents), StoreError> {
        let path = state_folder.join(folder::JOURNAL);
        let snapshot_path = state_folder.join(folder::SNAPSHOT);
        let (snapshot, snapshot_length) = read_snapshot(&snapshot_path)?;
        let Snapshot {
            number: mut sequence,
            mut documents,
        } = snapshot;
        let file = folder::open_appending(&path).map_err(in_file(&path))?;
        let bytes = fs::read(&path).map_err(in_file(&path))?;
        let (lines, whole) = read_lines(&path, &bytes)?;
        for line in lines {
            if line.number > sequence {
                sequence = line.number;
                line.apply(&mut documents);
            }
        }
        if whole < bytes.len() {
            file.set_len(whole as u64)
                .and_then(|()| file.sync_all())
                .map_err(in_file(&path))?;
        }
        let length = whole as u64;
        let journal = Self {
            path,
            snapshot_path,
            file: Arc::new(file),
            length,
            snapshot_length,
            sequence,
            torn: false,
        };
        Ok((journal, documents))
    }

    pub(super) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    pub(super) fn sequence(&self) -> u64 {
        self.sequence
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn snapshot_length(&self) -> u64 {
        self.snapshot_length
    }

    /// Whether a failed append could not be undone, so that nothing may be appended after it.
    pub(super) fn is_torn(&self) -> bool {
        self.torn
    }

    pub(super) fn append(&mut self, line: &Line) -> Result<(), StoreError> {
        let mut text = serde_json::to_vec(line).map_err(|error| in_file(&self.path)(error.into()))?;
        text.push(b'\n');
        if let Err(error) = (&*self.file).write_all(&text) {
            self.torn = self.file.set_len(self.length).is_err();
            return Err(in_file(&self.path)(error));
        }
        self.length += text.len() as u64;
        self.sequence = line.number;
        Ok(())
    }

    /// Writes all documents as of now and empties the journal.
    pub(super) fn snapshot(&mut self, documents: &Documents) -> Result<(), StoreError> {
        #[derive(Serialize)]
        struct Borrowed<'a> {
            number: u64,
            documents: &'a Documents,
        }
        let text = serde_json::to_vec(&Borrowed {
            number: self.sequence,
            documents,
        })
        .map_err(|error| in_file(&self.snapshot_path)(error.into()))?;
        folder::replace(&self.snapshot_path, &text).map_err(in_file(&self.snapshot_path))?;
        self.file
            .set_len(0)
            .and_then(|()| self.file.sync_all())
            .map_err(in_file(&self.path))?;
        self.snapshot_length = text.len() as u64;
        self.length = 0;
        Ok(())
    }
}

fn read_snapshot(path: &Path) -> Result<(Snapshot, u64), StoreError> {
    match fs::read(path) {
        Ok(text) => {
            let snapshot = serde_json::from_slice(&text).map_err(|error| damaged(path, error.line(), &error))?;
            Ok((snapshot, text.len() as u64))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((Snapshot::default(), 0)),
        Err(error) => Err(in_file(path)(error)),
    }
}

/// The lines that are whole, and how many bytes they take; only the last may be cut off.
fn read_lines(path: &Path, bytes: &[u8]) -> Result<(Vec<Line>, usize), StoreError> {
    let mut lines = Vec::new();
    let mut whole = 0;
    for (index, text) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let end = whole + text.len();
        match serde_json::from_slice(text) {
            Ok(line) if text.ends_with(b"\n") => lines.push(line),
            Err(error) if end < bytes.len() => return Err(damaged(path, index + 1, &error)),
            Ok(_) | Err(_) => break,
        }
        whole = end;
    }
    Ok((lines, whole))
}

fn in_file(path: &Path) -> impl Fn(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::File {
        path: path.clone(),
        source,
    }
}

fn damaged(path: &Path, line: usize, error: &serde_json::Error) -> StoreError {
    StoreError::Damaged {
        path: path.to_owned(),
        line,
        problem: error.to_string(),
    }
}
