//! The state folder of one environment and the files in it. Folders are 0700 and files 0600, because a queue's messages
//! or a stored key may be somebody's; files that others read while they change are replaced whole, by rename.

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;

/// Names of the files in the state folder, here once.
pub(crate) const SETTINGS: &str = "settings.json";
pub(crate) const FAULTS: &str = "faults.json";
pub(crate) const SERVER: &str = "server.json";
pub(crate) const LOCK: &str = "lock";
pub(crate) const JOURNAL: &str = "journal.jsonl";
pub(crate) const SNAPSHOT: &str = "snapshot.json";
pub(crate) const LOG: &str = "server.log";
pub(crate) const BLOBS: &str = "blobs";

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Makes the folder, and those above it, where it does not exist yet.
pub(crate) fn create(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)
}

/// Opens for reading and appending, made private when it is made here.
pub(crate) fn open_appending(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .read(true)
        .append(true)
        .mode(FILE_MODE)
        .open(path)
}

/// Replaces the file by `content`: a reader sees the old text or the new one, and after a crash one of the two is there.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = folder.join(format!(".{name}.{}-{:08x}", std::process::id(), fastrand::u32(..)));
    let written = write_new(&draft, content).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
        return written;
    }
    File::open(folder)?.sync_all()
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(FILE_MODE)
        .open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// The exclusive lock of a folder's server, held while this value lives.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// Takes the lock, or says with `None` that another process holds it.
    pub(crate) fn take(folder: &Path) -> io::Result<Option<Self>> {
        let path = folder.join(LOCK);
        let file = open_appending(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { path, file })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Whether the lock still stands in the folder it was taken in: false once the folder was deleted or made anew, where
    /// another server may have taken the new one.
    pub(crate) fn stands(&self) -> bool {
        let there = fs::metadata(&self.path).map(|found| (found.dev(), found.ino()));
        let held = self.file.metadata().map(|held| (held.dev(), held.ino()));
        matches!((there, held), (Ok(there), Ok(held)) if there == held)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("a file").permissions().mode() & 0o777
    }

    #[test]
    fn folders_and_files_are_private() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("a/b");
        create(&folder).expect("made");
        replace(&folder.join(SETTINGS), b"{}").expect("written");
        open_appending(&folder.join(JOURNAL)).expect("opened");
        assert_eq!(
            [mode(&folder), mode(&folder.join(SETTINGS)), mode(&folder.join(JOURNAL))],
            [0o700, 0o600, 0o600]
        );
    }

    #[test]
    fn a_replaced_file_leaves_no_draft_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        replace(&folder.path().join(SETTINGS), b"1").expect("written");
        replace(&folder.path().join(SETTINGS), b"2").expect("written");
        let names: Vec<_> = fs::read_dir(folder.path())
            .expect("read")
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        assert_eq!(names, [SETTINGS]);
        assert_eq!(fs::read(folder.path().join(SETTINGS)).expect("read"), b"2");
    }

    #[test]
    fn a_lock_is_held_once_and_falls_with_its_folder() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("state");
        create(&folder).expect("made");
        let held = Lock::take(&folder).expect("no error").expect("free");
        assert!(Lock::take(&folder).expect("no error").is_none());
        assert!(held.stands());
        fs::remove_dir_all(&folder).expect("removed");
        assert!(!held.stands());
        create(&folder).expect("made again");
        let second = Lock::take(&folder).expect("no error").expect("free");
        assert!(second.stands() && !held.stands());
    }
}
