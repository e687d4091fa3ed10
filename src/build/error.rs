//! Why there is no build.

use std::io;
use std::path::PathBuf;

/// Why a build could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("there is no lambda/{name} with a Cargo.toml")]
    NoSource { name: String, known: Vec<String> },
    #[error("there is neither lambda/{name} nor environments/{name}.yaml")]
    Nothing { name: String, known: Vec<String> },
    #[error("building lambda/{name} needs {what}, which is not installed")]
    Missing {
        name: String,
        what: String,
        install: String,
    },
    #[error("lambda/{name} does not compile:\n{output}")]
    Compile { name: String, output: String },
    /// Ctrl-C reaches the compiler too.
    #[error("the build of lambda/{name} was stopped by signal {signal}")]
    Stopped { name: String, signal: i32 },
    #[error("{}: {error}", .path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("lambda/{name} asks for glibc {wanted}, and Lambda has {there}")]
    NewerLibrary {
        name: String,
        wanted: String,
        there: String,
    },
    #[error("cargo built lambda/{name}, but there is no binary {}", .path.display())]
    NoBinary { name: String, path: PathBuf },
}

impl BuildError {
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File { path, error }
    }

    /// The next thing to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoSource { known, .. } if known.is_empty() => {
                Some("put the function's crate into a folder of lambda/".to_owned())
            }
            Self::NoSource { known, .. } => Some(format!("lambda/ holds: {}", known.join(", "))),
            Self::Nothing { known, .. } => Some(format!("there are: {}", known.join(", "))),
            Self::Missing { install, .. } => Some(install.clone()),
            Self::NoBinary { .. } => Some("name its binary `bootstrap` in a [[bin]] section".to_owned()),
            Self::NewerLibrary { .. } => Some(
                "build it on an older system, or take `build: { libc: gnu }` out: musl is linked in and asks for nothing"
                    .to_owned(),
            ),
            Self::Compile { .. } | Self::Stopped { .. } | Self::File { .. } => None,
        }
    }
}
