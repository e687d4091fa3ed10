//! The texts that were read, and places in them.

use std::io;

use super::declared::Libc;

/// Reads files for the pure half. Paths are relative to the root, with `/`.
pub trait Files {
    /// The file's text; `NotFound` and invalid UTF-8 (`InvalidData`) are told apart by kind.
    fn read(&self, path: &str) -> io::Result<String>;
    /// File names in a folder, sorted; an absent folder has none.
    fn list(&self, folder: &str) -> Vec<String>;
    /// The file's bytes, whatever they are.
    fn read_bytes(&self, path: &str) -> io::Result<Vec<u8>> {
        self.read(path).map(String::into_bytes)
    }
    /// Digest of the sources and the recipe of the program `lambda/<name>`, built for one processor (`x86_64`,
    /// `arm64`) with one C library: changes where a build may change. `None` where nobody here can tell; `NotFound` where there is no
    /// such program.
    fn source_digest(&self, _name: &str, _architecture: &str, _libc: Libc) -> io::Result<Option<String>> {
        Ok(None)
    }
}

/// One file of a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

/// A range of bytes in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub file: FileId,
    pub start: usize,
    pub end: usize,
}

/// All texts that were read in one run.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

/// One text that was read.
#[derive(Clone, Debug)]
pub struct Source {
    /// Relative to the root.
    pub path: String,
    pub text: String,
}

impl Sources {
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source {
            path: path.into(),
            text: text.into(),
        });
        id
    }

    /// The file, `None` for an id of another [`Sources`].
    pub fn get(&self, id: FileId) -> Option<&Source> {
        self.files.get(id.0 as usize)
    }

    /// `path:line:column` of a span's start, counted from 1, columns in characters.
    pub fn locate(&self, span: Span) -> String {
        let Some(source) = self.get(span.file) else {
            return String::new();
        };
        let before = source.text.get(..span.start).unwrap_or(&source.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        format!("{}:{line}:{column}", source.path)
    }
}
