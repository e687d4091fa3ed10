//! Runs cargo so that what comes out depends on the inputs alone.
//!
//! A build for Lambda takes nothing from the caller's environment that would show in the binary: the flags are set
//! whole, so that neither `RUSTFLAGS` nor a user's cargo settings add to them, and the crate's pinned toolchain wins
//! over one that a cargo further up chose. A build for the embedded cloud takes the toolchain that is there.
//!
//! Cargo is not put in a process group of its own: Ctrl-C ends it with eclusa, since a build writes nothing that a
//! next one cannot take up.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Output;
use std::process::Stdio;

use tokio::process::Command;

use super::BuildError;
use super::Platform;
use super::Target;
use super::toolchain;
use super::toolchain::Host;

/// What Lambda starts.
const BINARY: &str = "bootstrap";
/// Of a compiler's output, what an error shows: its end names the cause.
const SHOWN_LINES: usize = 60;
/// Beginnings of what a caller's environment may hold and a reproducible build must not see.
const FOREIGN: [&str; 4] = ["RUSTFLAGS", "RUSTUP_TOOLCHAIN", "CARGO_BUILD_", "CARGO_PROFILE_"];

/// Compiles the crate in `folder` and returns its binary.
pub(super) async fn compile(
    folder: &Path,
    name: &str,
    platform: Platform,
    target: Target,
) -> Result<PathBuf, BuildError> {
    let absolute = std::path::absolute(folder).map_err(BuildError::file(folder))?;
    let into = target_folder(&absolute, name)?;
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--locked"]).current_dir(&absolute);
    cargo.env("CARGO_TARGET_DIR", &into).env("CARGO_INCREMENTAL", "0");
    cargo.env("CARGO_TERM_COLOR", "never").env("LC_ALL", "C");
    let made = match target {
        Target::Host => {
            cargo.env_remove("CARGO_BUILD_TARGET");
            into.join("debug")
        }
        Target::Lambda => {
            for_lambda(&mut cargo, &absolute, name, platform, &into).await?;
            into.join(platform.triple()).join("release")
        }
    };
    let output = run(&mut cargo, name).await?;
    if let Some(signal) = output.status.signal() {
        let name = name.to_owned();
        return Err(BuildError::Stopped { name, signal });
    }
    if !output.status.success() {
        return Err(BuildError::Compile {
            name: name.to_owned(),
            output: end_of(&String::from_utf8_lossy(&output.stderr)),
        });
    }
    let path = made.join(BINARY);
    if path.is_file() {
        Ok(path)
    } else {
        let name = name.to_owned();
        Err(BuildError::NoBinary { name, path })
    }
}

/// `$CARGO_TARGET_DIR/<name>` where that is set, so that it outlives clones; else the crate's own.
fn target_folder(folder: &Path, name: &str) -> Result<PathBuf, BuildError> {
    match std::env::var_os("CARGO_TARGET_DIR").filter(|given| !given.is_empty()) {
        Some(given) => std::path::absolute(Path::new(&given).join(name)).map_err(BuildError::file(given)),
        None => Ok(folder.join("target")),
    }
}

async fn for_lambda(
    cargo: &mut Command,
    folder: &Path,
    name: &str,
    platform: Platform,
    into: &Path,
) -> Result<(), BuildError> {
    let library = library_folder(folder, name, platform).await?;
    toolchain::check_library(name, platform, &library)?;
    let set = |variable: &str| std::env::var_os(variable).is_some();
    let variables = toolchain::variables(name, platform, Host::here(), set, toolchain::on_path)?;
    for (variable, _) in std::env::vars_os() {
        if FOREIGN
            .iter()
            .any(|foreign| variable.to_string_lossy().starts_with(foreign))
        {
            cargo.env_remove(variable);
        }
    }
    cargo.args(["--release", "--target", platform.triple()]);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(folder, into).join("\u{1f}"));
    cargo.envs(variables);
    Ok(())
}

/// Where `rustc` keeps its library for the target, there or not.
async fn library_folder(folder: &Path, name: &str, platform: Platform) -> Result<PathBuf, BuildError> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", platform.triple()]);
    rustc.current_dir(folder).env_remove("RUSTUP_TOOLCHAIN");
    let output = run(&mut rustc, name).await?;
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

/// Paths that panic messages would show, each under a name that is the same everywhere. The last match counts.
fn flags(folder: &Path, into: &Path) -> Vec<String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let mut remapped = vec![(folder.to_owned(), "/src"), (into.to_owned(), "/target")];
    remapped.extend(home.map(|home| (home.join("registry").join("src"), "/cargo")));
    let flag = |(from, to): (PathBuf, &str)| format!("--remap-path-prefix={}={to}", from.display());
    remapped.into_iter().map(flag).collect()
}

async fn run(command: &mut Command, name: &str) -> Result<Output, BuildError> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let ran = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
    ran.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => BuildError::Missing {
            name: name.to_owned(),
            what: program,
            install: "install Rust from https://rustup.rs".to_owned(),
        },
        _ => BuildError::File {
            path: program.into(),
            error,
        },
    })
}

fn end_of(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    let shown: Vec<&str> = lines
        .iter()
        .skip(lines.len().saturating_sub(SHOWN_LINES))
        .copied()
        .collect();
    shown.join("\n")
}
