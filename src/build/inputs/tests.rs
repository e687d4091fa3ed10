#![allow(clippy::unwrap_used)]
use tempfile::TempDir;

use eclusa_planner::environment::declared::Libc;

use super::*;
use crate::build::Arch;

const X86_64: Platform = Platform {
    arch: Arch::X86_64,
    libc: Libc::Musl,
};
const ARM64: Platform = Platform {
    arch: Arch::Arm64,
    libc: Libc::Musl,
};

fn crate_with(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        write(&folder, name, content);
    }
    folder
}

fn write(folder: &TempDir, name: &str, content: &str) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn digest(folder: &TempDir) -> String {
    Inputs::read(folder.path(), X86_64).unwrap().digest()
}

const FILES: [(&str, &str); 4] = [
    ("Cargo.toml", "[package]"),
    ("Cargo.lock", "version = 4"),
    ("src/main.rs", "fn main() {}"),
    ("src/deep/er.rs", "// nothing"),
];

#[test]
fn the_same_files_written_in_any_order_anywhere_have_one_digest() {
    let mut backwards = FILES;
    backwards.reverse();
    assert_eq!(digest(&crate_with(&FILES)), digest(&crate_with(&backwards)));
}

#[test]
fn the_digest_is_the_same_in_every_version_of_eclusa_that_builds_alike() {
    // Computed apart, from the module's words: another value would deploy every function anew.
    let expected = "1:04594614dde018c4b4b56f3cc47382480aded1cb6f732f94fe738efae3f108eb";
    assert_eq!(digest(&crate_with(&FILES)), expected);
}

#[test]
fn every_edit_move_and_processor_shows() {
    let folder = crate_with(&FILES);
    let mut seen = vec![
        digest(&folder),
        Inputs::read(folder.path(), ARM64).unwrap().digest(),
        Inputs::read(
            folder.path(),
            Platform {
                libc: Libc::Gnu,
                ..X86_64
            },
        )
        .unwrap()
        .digest(),
    ];
    write(&folder, "src/main.rs", "fn main() { }");
    seen.push(digest(&folder));
    write(&folder, "build.rs", "fn main() {}");
    seen.push(digest(&folder));
    write(&folder, ".cargo/config.toml", "");
    seen.push(digest(&folder));
    fs::rename(
        folder.path().join("src/deep/er.rs"),
        folder.path().join("src/deep/st.rs"),
    )
    .unwrap();
    seen.push(digest(&folder));
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count);
}

#[test]
fn what_cannot_reach_the_binary_does_not_show() {
    let folder = crate_with(&FILES);
    let before = digest(&folder);
    for name in [
        "tests/all.rs",
        "target/debug/bootstrap",
        "README.md",
        "src/NOTES.md",
        ".gitignore",
        "rustfmt.toml",
    ] {
        write(&folder, name, "x");
    }
    assert_eq!(digest(&folder), before);
    write(&folder, "src/tests/mod.rs", "x");
    assert_ne!(digest(&folder), before);
}

#[test]
fn a_build_explains_what_changed_since_the_last() {
    let folder = crate_with(&FILES);
    let first = Inputs::read(folder.path(), X86_64).unwrap();
    assert_eq!(first.changes_since(None).len(), 5);
    write(&folder, "src/main.rs", "fn main() { }");
    write(&folder, "src/new.rs", "");
    fs::remove_file(folder.path().join("src/deep/er.rs")).unwrap();
    let now = Inputs::read(folder.path(), X86_64).unwrap();
    assert_eq!(
        now.changes_since(Some(&first)),
        [
            Change::Edited("src/main.rs".to_owned()),
            Change::New("src/new.rs".to_owned()),
            Change::Gone("src/deep/er.rs".to_owned()),
        ]
    );
}
