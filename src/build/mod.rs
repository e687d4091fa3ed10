//! `lambda/<name>` -> `.eclusa/build/<name>-<arch>.zip`.
//!
//! Two digests tell whether a function is up to date. The **source digest** covers the sources and the recipe, so that
//! planning computes it without building. The **code digest** is what Lambda calls `CodeSha256`: the base64 of the
//! SHA-256 of the uploaded zip; another one live means that somebody else uploaded.
//!
//! A build for Lambda is a static musl binary in the release profile (or, where `build: { libc: gnu }` asks for it, one
//! that takes Lambda's glibc), made so that path, user, locale and umask do
//! not show in it: locked dependencies, remapped paths, no incremental parts, one zip entry with fixed metadata. A
//! build for the embedded cloud is the host's own binary in the dev profile, packed the same way under a name of its
//! own, so that it is never taken for the other.
//!
//! | file | does |
//! | --- | --- |
//! | `inputs` | which files are inputs, their digest, what changed since the last build |
//! | `toolchain` | the compiler for a target, or the command that installs it |
//! | `compile` | runs cargo |
//! | `glibc` | which C library a binary asks for, where it was asked to use that of Lambda |
//! | `package` | writes the zip |
//! | `made` | what the zip that is there was made of, so that nothing is made twice |

mod compile;
mod error;
mod glibc;
mod inputs;
mod made;
mod package;
mod toolchain;

use std::path::Path;
use std::path::PathBuf;

use eclusa_planner::environment::declared::Libc;
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
}

/// What a binary is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Platform {
    pub arch: Arch,
    pub libc: Libc,
}

impl Platform {
    /// By Rust's name for it.
    fn triple(self) -> &'static str {
        match (self.arch, self.libc) {
            (Arch::X86_64, Libc::Musl) => "x86_64-unknown-linux-musl",
            (Arch::X86_64, Libc::Gnu) => "x86_64-unknown-linux-gnu",
            (Arch::Arm64, Libc::Musl) => "aarch64-unknown-linux-musl",
            (Arch::Arm64, Libc::Gnu) => "aarch64-unknown-linux-gnu",
        }
    }
}

/// Where a build runs.
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
    /// Made earlier of the same inputs.
    pub was_there: bool,
}

/// The digest of `lambda/<name>` and the recipe: `1:` and 64 hex. Reads files, builds nothing.
///
/// # Errors
/// There is no such folder, or a file in it cannot be read.
pub fn source_digest(root: &Path, name: &str, platform: Platform) -> Result<String, BuildError> {
    Ok(inputs::Inputs::read(&source_folder(root, name)?, platform)?.digest())
}

/// What changed since the zip was last built; all inputs are new where there is no build.
///
/// # Errors
/// As [`source_digest`].
pub fn changes(root: &Path, name: &str, platform: Platform, target: Target) -> Result<Vec<Change>, BuildError> {
    let now = inputs::Inputs::read(&source_folder(root, name)?, platform)?;
    let before = made::last(&build_folder(root), &stem(name, platform, target));
    Ok(now.changes_since(before.as_ref().map(|last| &last.inputs)))
}

/// Builds `lambda/<name>` and packs it. Where no input changed and the zip is still the one that was made of them,
/// nothing is done; else cargo decides what must be compiled anew.
///
/// # Errors
/// A tool is missing (the error says which command installs it), the code does not compile, asks for a newer C library
/// than Lambda has, or a file cannot be written.
pub async fn zip(root: &Path, name: &str, platform: Platform, target: Target) -> Result<Built, BuildError> {
    let folder = source_folder(root, name)?;
    // Before compiling: an edit during the build must show as a difference afterwards.
    let inputs = inputs::Inputs::read(&folder, platform)?;
    let (into, stem) = (build_folder(root), stem(name, platform, target));
    let path = into.join(format!("{stem}.zip"));
    if let Some(last) = made::last(&into, &stem).filter(|last| last.inputs == inputs) {
        return Ok(Built {
            path,
            source_digest: inputs.digest(),
            code_sha256: last.code_sha256,
            size: last.size,
            was_there: true,
        });
    }
    let binary = compile::compile(&folder, name, platform, target).await?;
    if target == Target::Lambda && platform.libc == Libc::Gnu {
        glibc::check(name, &binary)?;
    }
    let (code_sha256, size) = package::package(&binary, &path)?;
    let source_digest = inputs.digest();
    made::record(&into, &stem, inputs, &code_sha256)?;
    Ok(Built {
        path,
        source_digest,
        code_sha256,
        size,
        was_there: false,
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

/// What its files are called.
fn stem(name: &str, platform: Platform, target: Target) -> String {
    let arch = platform.arch.name();
    match (target, platform.libc) {
        (Target::Lambda, Libc::Musl) => format!("{name}-{arch}"),
        (Target::Lambda, Libc::Gnu) => format!("{name}-{arch}-gnu"),
        (Target::Host, _) => format!("{name}-host"),
    }
}
