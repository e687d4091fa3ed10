#![allow(clippy::unwrap_used)]
use super::*;

const LINUX: Host = Host {
    os: "linux",
    arch: "x86_64",
};
const MAC: Host = Host {
    os: "macos",
    arch: "aarch64",
};

fn platform(arch: Arch) -> Platform {
    let libc = Libc::Musl;
    Platform { arch, libc }
}

fn chosen(arch: Arch, host: Host, set: &[&str], installed: &[&str]) -> Result<Vec<(String, String)>, BuildError> {
    variables(
        "bridge",
        platform(arch),
        host,
        |name| set.contains(&name),
        |name| installed.contains(&name),
    )
}

fn value<'v>(variables: &'v [(String, String)], name: &str) -> Option<&'v str> {
    variables
        .iter()
        .find(|(given, _)| given == name)
        .map(|(_, value)| value.as_str())
}

#[test]
fn the_hosts_own_compiler_will_do_for_its_own_processor() {
    let variables = chosen(Arch::X86_64, LINUX, &[], &["cc"]).unwrap();
    assert_eq!(value(&variables, "CC_x86_64_unknown_linux_musl"), Some("cc"));
    assert_eq!(value(&variables, "CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER"), None);
    assert_eq!(
        value(&variables, "CFLAGS_x86_64_unknown_linux_musl"),
        Some("-U_FORTIFY_SOURCE")
    );
}

#[test]
fn a_cross_compiler_links_too() {
    let variables = chosen(Arch::Arm64, LINUX, &[], &["cc", "aarch64-linux-gnu-gcc"]).unwrap();
    let linker = "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER";
    assert_eq!(
        value(&variables, "CC_aarch64_unknown_linux_musl"),
        Some("aarch64-linux-gnu-gcc")
    );
    assert_eq!(value(&variables, linker), Some("aarch64-linux-gnu-gcc"));
    let arm_mac = chosen(Arch::Arm64, MAC, &[], &["cc"]);
    assert!(arm_mac.is_err(), "the host's cc makes no Linux code");
}

#[test]
fn what_the_caller_set_is_left_alone() {
    let set = ["CC_aarch64_unknown_linux_musl", "CFLAGS_aarch64_unknown_linux_musl"];
    assert_eq!(chosen(Arch::Arm64, LINUX, &set, &[]).unwrap(), []);
}

#[test]
fn a_missing_tool_is_told_with_the_command_that_installs_it() {
    let hint = |arch, host| chosen(arch, host, &[], &[]).unwrap_err().hint().unwrap();
    assert_eq!(hint(Arch::X86_64, LINUX), "sudo apt-get install gcc");
    assert_eq!(hint(Arch::Arm64, LINUX), "sudo apt-get install gcc-aarch64-linux-gnu");
    assert_eq!(
        hint(Arch::X86_64, MAC),
        "brew install filosottile/musl-cross/musl-cross"
    );
    let library = check_library("bridge", platform(Arch::Arm64), Path::new("/nowhere/at/all")).unwrap_err();
    assert_eq!(
        library.hint().unwrap(),
        "(cd lambda/bridge && rustup target add aarch64-unknown-linux-musl)"
    );
}

#[test]
fn with_glibc_the_compiler_must_be_one_for_it() {
    let platform = Platform {
        arch: Arch::Arm64,
        libc: Libc::Gnu,
    };
    let with = |installed: &'static str| variables("bridge", platform, LINUX, |_| false, |name| name == installed);
    with("aarch64-linux-musl-gcc").unwrap_err();
    let variables = with("aarch64-linux-gnu-gcc").unwrap();
    let linker = "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER";
    assert_eq!(value(&variables, linker), Some("aarch64-linux-gnu-gcc"));
    assert_eq!(value(&variables, "CFLAGS_aarch64_unknown_linux_gnu"), None);
}
