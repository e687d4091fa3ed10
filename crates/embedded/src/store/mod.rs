//! Everything the clouds remember: a map from keys (`<account>/<region>/sqs/queue/<name>`) to JSON documents.
//!
//! - One call is one [`Batch`], one line of the journal, all of it or nothing.
//! - A batch is on disk (`sync_data`) before its call is answered, and before any other call that saw it is answered.
//!   Calls that arrive together share one sync.
//! - `journal.jsonl` is appended; when it has outgrown `snapshot.json` that is written anew and the journal emptied. A
//!   crash between the two is harmless: lines that the snapshot already holds are known by their number and skipped.
//! - A last line that was cut off was never answered, and is dropped when the store is opened. Any other line that is
//!   not understood is an error: state is never guessed.
//! - What is too large for a journal lies beside it as a blob, a file named by its SHA-256: on disk before the batch that
//!   brought it, taken away after the batch that needs it no more.
//! - A failed append is undone; where even that fails, or a sync does, the store refuses every later call.

mod blobs;
mod journal;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::Bound;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;
use tokio::sync::watch;

use self::blobs::Blobs;
use self::journal::Journal;
use self::journal::Line;

pub(crate) type Documents = BTreeMap<String, Value>;

/// Below this a journal is not worth a snapshot.
const SMALL_JOURNAL: u64 = 1 << 20;

#[derive(Debug, Error)]
pub enum StoreError {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{}:{line}: {problem}; the state is damaged: move the folder away to start with an empty cloud", path.display())]
    Damaged {
        path: PathBuf,
        line: usize,
        problem: String,
    },
    #[error(
        "the state could not be written before, so nothing is answered any more; restart after making room on disk"
    )]
    Broken,
}

/// What one call changes.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    put: Documents,
    delete: Vec<String>,
    keep: Vec<(String, Vec<u8>)>,
    drop: Vec<String>,
}

impl Batch {
    /// # Errors
    /// The document has no JSON form.
    pub(crate) fn put(&mut self, key: impl Into<String>, document: &impl Serialize) -> Result<(), serde_json::Error> {
        self.put.insert(key.into(), serde_json::to_value(document)?);
        Ok(())
    }

    pub(crate) fn delete(&mut self, key: impl Into<String>) {
        self.delete.push(key.into());
    }

    /// Keeps bytes under the lower-case hexadecimal digits of their SHA-256, in a batch that refers to them.
    pub(crate) fn keep(&mut self, sha256: impl Into<String>, bytes: Vec<u8>) {
        self.keep.push((sha256.into(), bytes));
    }

    /// Takes bytes away that nothing refers to any more.
    pub(crate) fn drop_kept(&mut self, sha256: impl Into<String>) {
        self.drop.push(sha256.into());
    }

    fn is_empty(&self) -> bool {
        self.put.is_empty() && self.delete.is_empty()
    }
}

/// The documents as one call sees them: nothing changes meanwhile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a>(&'a Documents);

impl<'a> View<'a> {
    #[cfg(test)]
    pub(crate) fn of(documents: &'a Documents) -> Self {
        Self(documents)
    }

    /// The document, if there is one.
    ///
    /// # Errors
    /// It is not of the asked type: the state was written by another build.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, serde_json::Error> {
        self.0.get(key).map(T::deserialize).transpose()
    }

    /// Keys and documents whose key begins with `prefix` and comes after `after`, in key order.
    pub(crate) fn scan_after<T: DeserializeOwned>(
        &self,
        prefix: &'a str,
        after: &str,
    ) -> impl Iterator<Item = Result<(&'a str, T), serde_json::Error>> {
        let start = if after < prefix {
            Bound::Included(prefix)
        } else {
            Bound::Excluded(after)
        };
        self.0
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(move |(key, _)| key.starts_with(prefix))
            .map(|(key, document)| Ok((key.as_str(), T::deserialize(document)?)))
    }

    /// Keys and documents whose key begins with `prefix`, in key order.
    pub(crate) fn scan<T: DeserializeOwned>(
        &self,
        prefix: &'a str,
    ) -> impl Iterator<Item = Result<(&'a str, T), serde_json::Error>> {
        self.scan_after(prefix, "")
    }

    /// Keys that begin with `prefix`, in order.
    pub(crate) fn keys(&self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .map(|(key, _)| key.as_str())
            .take_while(move |key| key.starts_with(prefix))
    }
}

#[derive(Debug)]
pub(crate) struct Store {
    state: Mutex<State>,
    /// The number of the last line that is on disk. Never locked before `state`, sometimes while `state` is.
    synced: Mutex<u64>,
    appended: AtomicU64,
    broken: AtomicBool,
    file: Arc<File>,
    blobs: Blobs,
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    documents: Documents,
    journal: Journal,
}

impl Store {
    /// Opens the folder's state, or begins an empty one.
    ///
    /// # Errors
    /// A file cannot be read or written, or a line other than a cut-off last one is not understood.
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        let (journal, documents) = Journal::open(folder)?;
        let (file, sequence) = (journal.file(), journal.sequence());
        Ok(Self {
            state: Mutex::new(State { documents, journal }),
            synced: Mutex::new(sequence),
            appended: AtomicU64::new(sequence),
            broken: AtomicBool::new(false),
            file,
            blobs: Blobs::of(folder),
            changes: watch::Sender::new(sequence),
        })
    }

    /// Runs one call: what `work` saw and what it wrote are on disk when this returns. Blocks on the disk.
    ///
    /// # Errors
    /// The batch could not be stored, now or in an earlier call; its call must not be answered as done.
    pub(crate) fn transact<T>(&self, work: impl FnOnce(View<'_>) -> (T, Batch)) -> Result<T, StoreError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(StoreError::Broken);
        }
        let (answer, sequence) = {
            let mut state = lock(&self.state);
            let (answer, batch) = work(View(&state.documents));
            if !batch.is_empty() {
                self.append(&mut state, batch)?;
            }
            (answer, state.journal.sequence())
        };
        self.sync(sequence)?;
        Ok(answer)
    }

    /// Tells of every batch from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn append(&self, state: &mut State, batch: Batch) -> Result<(), StoreError> {
        for (sha256, bytes) in &batch.keep {
            self.blobs.keep(sha256, bytes)?;
        }
        let line = Line {
            number: state.journal.sequence() + 1,
            put: batch.put,
            delete: batch.delete,
        };
        state.journal.append(&line).inspect_err(|_| {
            if state.journal.is_torn() {
                self.broken.store(true, Ordering::SeqCst);
            }
        })?;
        self.appended.store(line.number, Ordering::SeqCst);
        let number = line.number;
        line.apply(&mut state.documents);
        for sha256 in &batch.drop {
            self.blobs.remove(sha256);
        }
        if state.journal.length() > SMALL_JOURNAL.max(2 * state.journal.snapshot_length()) {
            let mut synced = lock(&self.synced);
            let snapshot = state.journal.snapshot(&state.documents);
            *synced = number;
            self.note_failure(snapshot)?;
        }
        self.changes.send_replace(number);
        Ok(())
    }

    /// Whoever comes first syncs for all that was appended until then; the others find it done.
    fn sync(&self, sequence: u64) -> Result<(), StoreError> {
        let mut synced = lock(&self.synced);
        if *synced >= sequence {
            return if self.broken.load(Ordering::SeqCst) {
                Err(StoreError::Broken)
            } else {
                Ok(())
            };
        }
        let appended = self.appended.load(Ordering::SeqCst);
        let written = self.file.sync_data().map_err(|source| StoreError::File {
            path: "journal".into(),
            source,
        });
        *synced = appended;
        self.note_failure(written)
    }

    fn note_failure(&self, result: Result<(), StoreError>) -> Result<(), StoreError> {
        if result.is_err() {
            self.broken.store(true, Ordering::SeqCst);
        }
        result
    }
}

/// A thread that panicked while it held the lock changed nothing: documents change only after their line is written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
