//! The tools of a build for Lambda, or the commands that install them.
//!
//! Rust links a musl binary by itself; C is needed because the TLS library has some. Where the host is Linux on the
//! processor to build for, its own `cc` will do: that C calls nothing of the C library that musl lacks, provided no
//! distribution's default puts checked calls in (`_FORTIFY_SOURCE`). Everywhere else a cross compiler must be there,
//! and it links too. What the caller's environment sets (`CC_<target>`, a linker) is left alone.

use std::path::Path;

use eclusa_planner::environment::declared::Libc;

use super::Arch;
use super::BuildError;
use super::Platform;

/// Where a build runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// As `std::env::consts::OS`.
    pub(super) os: &'static str,
    /// As `std::env::consts::ARCH`.
    pub(super) arch: &'static str,
}

impl Host {
    pub(super) fn here() -> Self {
        Self {
            os: std::env::consts::OS,
            arch: std::env::consts::ARCH,
        }
    }
}

/// The environment variables that choose C compiler and linker for a platform.
///
/// # Errors
/// There is no C compiler for it; the error says what installs one.
pub(super) fn variables(
    name: &str,
    platform: Platform,
    host: Host,
    set: impl Fn(&str) -> bool,
    installed: impl Fn(&str) -> bool,
) -> Result<Vec<(String, String)>, BuildError> {
    let arch = platform.arch;
    let target = platform.triple().replace('-', "_");
    let cc = format!("CC_{target}");
    let linker = format!("CARGO_TARGET_{}_LINKER", target.to_uppercase());
    let mut variables = Vec::new();
    let flags = format!("CFLAGS_{target}");
    if platform.libc == Libc::Musl && !set(&flags) {
        variables.push((flags, "-U_FORTIFY_SOURCE".to_owned()));
    }
    if set(&cc) {
        return Ok(variables);
    }
    let native = host.os == "linux" && host.arch == rust_arch(arch);
    let candidates = compilers(platform, native);
    let Some(compiler) = candidates.iter().find(|compiler| installed(compiler)) else {
        return Err(BuildError::Missing {
            name: name.to_owned(),
            what: format!("a C compiler for {} ({})", arch.name(), candidates.join(" or ")),
            install: install_compiler(arch, host, native).to_owned(),
        });
    };
    variables.push((cc, (*compiler).to_owned()));
    if !native && !set(&linker) {
        variables.push((linker, (*compiler).to_owned()));
    }
    Ok(variables)
}

fn rust_arch(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "x86_64",
        Arch::Arm64 => "aarch64",
    }
}

fn compilers(platform: Platform, native: bool) -> &'static [&'static str] {
    match (platform.arch, platform.libc, native) {
        (_, _, true) => &["cc"],
        (Arch::X86_64, Libc::Musl, false) => &["x86_64-linux-musl-gcc", "x86_64-linux-gnu-gcc"],
        (Arch::X86_64, Libc::Gnu, false) => &["x86_64-linux-gnu-gcc"],
        (Arch::Arm64, Libc::Musl, false) => &["aarch64-linux-musl-gcc", "aarch64-linux-gnu-gcc"],
        (Arch::Arm64, Libc::Gnu, false) => &["aarch64-linux-gnu-gcc"],
    }
}

fn install_compiler(arch: Arch, host: Host, native: bool) -> &'static str {
    match (host.os, arch, native) {
        ("macos", ..) => "brew install filosottile/musl-cross/musl-cross",
        (_, _, true) => "sudo apt-get install gcc",
        (_, Arch::X86_64, false) => "sudo apt-get install gcc-x86-64-linux-gnu",
        (_, Arch::Arm64, false) => "sudo apt-get install gcc-aarch64-linux-gnu",
    }
}

/// Whether a program of this name can be run.
pub(super) fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Says whether Rust's own library for the target is there, by the folder that `rustc` names for it.
///
/// # Errors
/// It is not; the error says what installs it.
pub(super) fn check_library(name: &str, platform: Platform, folder: &Path) -> Result<(), BuildError> {
    if folder.is_dir() {
        return Ok(());
    }
    let triple = platform.triple();
    Err(BuildError::Missing {
        name: name.to_owned(),
        what: format!("Rust's library for {triple}"),
        // In the crate's folder, so that rustup adds it to the toolchain that the crate pins.
        install: format!("(cd lambda/{name} && rustup target add {triple})"),
    })
}

#[cfg(test)]
mod tests;
