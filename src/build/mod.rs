//! `lambda/<name>` -> `.eclusa/build/<name>-<arch>.zip`.
//!
//! Two digests tell whether a function is up to date. The **source digest** covers the sources and the recipe, so that
//! planning computes it without building. The **code digest** is what Lambda calls `CodeSha256`: the base64 of the
//! SHA-256 of the uploaded zip; another one live means that somebody else uploaded.
//!
//! A build for Lambda is a static musl binary in the release profile, made so that path, user, locale and umask do
//! not show in it: locked dependencies, remapped paths, no incremental parts, one zip entry with fixed metadata. A
//! build for the embedded cloud is the host's own binary in the dev profile, packed the same way under a name of its
//! own, so that it is never taken for the other.
//!
//! | file | does |
//! | --- | --- |
//! | `inputs` | which files are inputs, their digest, what changed since the last build |
//! | `toolchain` | the compiler for a target, or the command that installs it |
//! | `compile` | runs cargo |
//! | `package` | writes the zip |

mod compile;
mod error;
mod inputs;
mod package;
mod toolchain;

use std::path::Path;
use std::path::PathBuf;

pub use error::BuildError;
pub use inputs::Change;

/// A processor, by Lambda's name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Arch {
    #[value(name = "x86_64")]
    X86_64,
    #[value(name = "arm64")]
    Arm64,
}

impl Arch {
    /// As `architectures` of a function names it.
    pub fn named(name: &str) -> Option<Self> {
        [Self::X86_64, Self::Arm64].into_iter().find(|arch| arch.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// The target of a static binary, by Rust's name for it.
    fn triple(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-musl",
            Self::Arm64 => "aarch64-unknown-linux-musl",
        }
    }
}

/// What a build is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// AWS Lambda, `provided.al2023`.
    Lambda,
    /// The embedded cloud on this machine, whatever processor the function declares.
    Host,
}

/// A build that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    pub path: PathBuf,
    /// As [`source_digest`] gives it.
    pub source_digest: String,
    /// As Lambda's `CodeSha256`.
    pub code_sha256: String,
    /// Of the zip, in bytes.
    pub size: u64,
}

/// The digest of `lambda/<name>` and the recipe: `1:` and 64 hex. Reads files, builds nothing.
///
/// # Errors
/// There is no such folder, or a file in it cannot be read.
pub fn source_digest(root: &Path, name: &str, arch: Arch) -> Result<String, BuildError> {
    Ok(inputs::Inputs::read(&source_folder(root, name)?, arch)?.digest())
}

/// What changed since the zip was last built; all inputs are new where there was no build.
///
/// # Errors
/// As [`source_digest`].
pub fn changes(root: &Path, name: &str, arch: Arch, target: Target) -> Result<Vec<Change>, BuildError> {
    let now = inputs::Inputs::read(&source_folder(root, name)?, arch)?;
    let before = inputs::Inputs::recorded(&inputs_file(root, name, arch, target));
    Ok(now.changes_since(before.as_ref()))
}

/// Builds `lambda/<name>` and packs it. Cargo decides what must be compiled anew.
///
/// # Errors
/// A tool is missing (the error says which command installs it), the code does not compile, or a file cannot be
/// written.
pub async fn zip(root: &Path, name: &str, arch: Arch, target: Target) -> Result<Built, BuildError> {
    let folder = source_folder(root, name)?;
    // Before compiling: an edit during the build must show as a difference afterwards.
    let inputs = inputs::Inputs::read(&folder, arch)?;
    let binary = compile::compile(&folder, name, arch, target).await?;
    let path = build_folder(root).join(format!("{}.zip", stem(name, arch, target)));
    let (code_sha256, size) = package::package(&binary, &path)?;
    inputs.record(&inputs_file(root, name, arch, target))?;
    Ok(Built {
        path,
        source_digest: inputs.digest(),
        code_sha256,
        size,
    })
}

/// The names of what can be built: the folders of `lambda/` with a `Cargo.toml`.
pub fn names(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root.join("lambda")).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

fn source_folder(root: &Path, name: &str) -> Result<PathBuf, BuildError> {
    // A name is one folder of `lambda/`, never a way out of it.
    let plain = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let folder = root.join("lambda").join(name);
    if plain && folder.join("Cargo.toml").is_file() {
        return Ok(folder);
    }
    Err(BuildError::NoSource {
        name: name.to_owned(),
        known: names(root),
    })
}

fn build_folder(root: &Path) -> PathBuf {
    root.join(".eclusa").join("build")
}

fn inputs_file(root: &Path, name: &str, arch: Arch, target: Target) -> PathBuf {
    build_folder(root).join(format!("{}.inputs.json", stem(name, arch, target)))
}

fn stem(name: &str, arch: Arch, target: Target) -> String {
    match target {
        Target::Lambda => format!("{name}-{}", arch.name()),
        Target::Host => format!("{name}-host"),
    }
}
