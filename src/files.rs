//! The root folder and the files under it.
//!
//! The root is the nearest folder upwards that holds `environments/`. An environment is given by its name or
//! by the path of its file; a path's root is the folder above its `environments/`.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use eclusa_planner::environment::Files;

use crate::build;
use crate::build::Arch;
use crate::build::BuildError;
use crate::build::Platform;
use eclusa_planner::environment::declared::Libc;

/// The largest file that is read; a pipeline's files are a few kilobytes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// The largest zip that Lambda takes with a request (Lambda quotas).
const LARGEST_ZIP: u64 = 50 * 1024 * 1024;

/// A root folder.
#[derive(Clone, Debug)]
pub struct Root {
    pub folder: PathBuf,
}

/// An environment file found from what the user typed.
#[derive(Clone, Debug)]
pub struct Located {
    pub root: Root,
    /// Relative to the root, with `/`.
    pub path: String,
}

/// Why no environment was found.
#[derive(Debug, thiserror::Error)]
pub enum LocateError {
    #[error("no folder named environments here or in any folder above {0}")]
    NoRoot(String),
    #[error("there is no environment `{name}`: {path} does not exist")]
    NoEnvironment {
        name: String,
        path: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    #[error("{0} does not lie in a folder named environments")]
    NotUnderEnvironments(String),
}

/// Finds the environment that `given` names: `local`, or `some/where/environments/local.yaml`.
pub fn locate(given: &str, from: &Path) -> Result<Located, LocateError> {
    let is_path = given.contains('/') || given.ends_with(".yaml") || given.ends_with(".yml");
    if is_path {
        by_path(given, from)
    } else {
        by_name(given, from)
    }
}

fn by_path(given: &str, from: &Path) -> Result<Located, LocateError> {
    let path = from.join(given);
    let folder = path.parent().filter(|folder| folder.ends_with("environments"));
    let root = folder.and_then(Path::parent);
    let (Some(root), Some(file)) = (root, path.file_name().and_then(|name| name.to_str())) else {
        return Err(LocateError::NotUnderEnvironments(given.to_owned()));
    };
    existing(
        Root {
            folder: root.to_owned(),
        },
        file,
        given,
    )
}

fn by_name(given: &str, from: &Path) -> Result<Located, LocateError> {
    existing(root(from)?, &format!("{given}.yaml"), given)
}

/// The nearest folder upwards that holds `environments/`.
pub fn root(from: &Path) -> Result<Root, LocateError> {
    let found = from.ancestors().find(|folder| folder.join("environments").is_dir());
    match found {
        Some(folder) => Ok(Root {
            folder: folder.to_owned(),
        }),
        None => Err(LocateError::NoRoot(from.display().to_string())),
    }
}

fn existing(root: Root, file: &str, given: &str) -> Result<Located, LocateError> {
    let path = format!("environments/{file}");
    if root.folder.join(&path).is_file() {
        return Ok(Located { root, path });
    }
    let known: Vec<String> = root
        .list("environments")
        .iter()
        .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    let nearest =
        eclusa_planner::environment::diagnostic::nearest(given, known.iter().map(String::as_str)).map(str::to_owned);
    Err(LocateError::NoEnvironment {
        name: given.to_owned(),
        path,
        nearest,
        known,
    })
}

impl Files for Root {
    fn read(&self, path: &str) -> io::Result<String> {
        let full = self.folder.join(path);
        if fs::metadata(&full)?.len() > LARGEST {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 4 MiB"));
        }
        fs::read_to_string(full)
    }

    fn read_bytes(&self, path: &str) -> io::Result<Vec<u8>> {
        let full = self.folder.join(path);
        if fs::metadata(&full)?.len() > LARGEST_ZIP {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 50 MB"));
        }
        fs::read(full)
    }

    fn source_digest(&self, name: &str, architecture: &str, libc: Libc) -> io::Result<Option<String>> {
        let Some(arch) = Arch::named(architecture) else {
            return Ok(None);
        };
        match build::source_digest(&self.folder, name, Platform { arch, libc }) {
            Ok(digest) => Ok(Some(digest)),
            Err(BuildError::NoSource { .. }) => Err(io::ErrorKind::NotFound.into()),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.folder.join(folder)).into_iter().flatten();
        let mut names: Vec<String> = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }
}
