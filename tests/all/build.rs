//! `eclusa build`: what a build depends on, what it leaves, and what it says where it cannot be made.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use zip::ZipArchive;

use crate::lambda::TRUSTS_LAMBDA;
use crate::process::Running;
use crate::process::finish;
use crate::world::ECLUSA;
use crate::world::Ran;
use crate::world::until;

/// A root folder with a crate that needs nothing.
struct Workshop {
    folder: TempDir,
    /// Compiled code goes below it.
    target: TempDir,
}

impl Workshop {
    fn with_stub() -> Self {
        let workshop = Self::empty();
        workshop.write(
            "lambda/stub/Cargo.toml",
            "[workspace]\n[package]\nname = \"stub\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
             [[bin]]\nname = \"bootstrap\"\npath = \"src/main.rs\"\n[profile.release]\npanic = \"abort\"\nstrip = true\n",
        );
        workshop.write(
            "lambda/stub/Cargo.lock",
            "version = 4\n\n[[package]]\nname = \"stub\"\nversion = \"0.1.0\"\n",
        );
        // A panic message holds the path of its source.
        workshop.write(
            "lambda/stub/src/main.rs",
            "fn main() { if std::env::args().count() > 1 { panic!(\"{}\", file!()) }; println!(\"stub\") }\n",
        );
        workshop
    }

    fn empty() -> Self {
        let workshop = Self {
            folder: tempfile::tempdir().unwrap(),
            target: tempfile::tempdir().unwrap(),
        };
        for (environment, cloud) in [("local", "embedded"), ("academy", "live")] {
            let text = format!("environment: {environment}\ncloud: {cloud}\naws:\n  region: us-east-1\nstacks: {{}}\n");
            workshop.write(&format!("environments/{environment}.yaml"), &text);
        }
        workshop
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    fn write(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(ECLUSA);
        command.args(arguments).current_dir(self.folder.path());
        command.env("CARGO_TARGET_DIR", self.target.path()).env("NO_COLOR", "1");
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        finish(self.command(arguments))
    }

    fn ok(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran
    }

    fn zip(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(".eclusa/build").join(name)).unwrap()
    }
}

fn unpacked(zip: &[u8], to: &Path) {
    let mut archive = ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert_eq!(names, ["bootstrap"]);
    archive.extract(to).unwrap();
}

#[test]
fn for_the_embedded_cloud_the_hosts_own_binary_is_packed() {
    let workshop = Workshop::with_stub();
    let ran = workshop.ok(&["build", "local"]);
    assert!(
        ran.stdout.starts_with(".eclusa/build/stub-host.zip\n"),
        "{}",
        ran.stdout
    );
    let folder = tempfile::tempdir().unwrap();
    unpacked(&workshop.zip("stub-host.zip"), folder.path());
    let output = Command::new(folder.path().join("bootstrap")).output().unwrap();
    assert_eq!(output.stdout, b"stub\n");
    assert!(
        !workshop.path("lambda/stub/target").exists(),
        "the target folder was given"
    );
}

#[test]
fn a_second_build_is_the_same_to_the_byte_and_one_of_the_same_inputs_has_nothing_to_explain() {
    let workshop = Workshop::with_stub();
    let first = workshop.ok(&["build", "local", "--explain"]);
    assert!(first.stderr.contains("  + src/main.rs\n"), "{}", first.stderr);
    let zip = workshop.zip("stub-host.zip");
    let again = workshop.ok(&["build", "local", "--explain"]);
    assert!(again.stderr.contains("no input changed"), "{}", again.stderr);
    fs::remove_dir_all(workshop.path(".eclusa/build")).unwrap();
    let second = workshop.ok(&["build", "local"]);
    assert_eq!(workshop.zip("stub-host.zip"), zip);
    assert_eq!(first.stdout, second.stdout);
}

#[test]
fn what_is_there_is_not_made_again_unless_it_was_touched() {
    let workshop = Workshop::with_stub();
    workshop.ok(&["build", "local"]);
    let zip = workshop.zip("stub-host.zip");
    let without_cargo = || {
        let mut command = workshop.command(&["build", "local"]);
        command.env("PATH", "/nowhere");
        finish(command)
    };
    let again = without_cargo();
    assert!(
        again
            .stdout
            .starts_with(".eclusa/build/stub-host.zip (no input changed)\n"),
        "{}",
        again.stdout
    );
    for spoilt in [&zip[1..], b""] {
        fs::write(workshop.path(".eclusa/build/stub-host.zip"), spoilt).unwrap();
        assert_eq!(without_cargo().code, 1, "a zip that is not what was made is made again");
        workshop.ok(&["build", "local"]);
        assert_eq!(workshop.zip("stub-host.zip"), zip);
    }
    workshop.write(".eclusa/build/stub-host.json", "{}");
    assert_eq!(without_cargo().code, 1);
}

#[test]
fn with_the_machines_own_library_a_build_is_another_and_is_asked_what_it_needs() {
    if !cfg!(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64")) {
        println!("skipped: this machine's C library is not Lambda's");
        return;
    }
    let workshop = Workshop::with_stub();
    let ran = workshop.run(&["build", "stub", "--libc", "gnu"]);
    // Either it runs on Lambda, or it is refused by the version that it asks for.
    match ran.code {
        0 => assert!(
            ran.stdout.starts_with(".eclusa/build/stub-x86_64-gnu.zip\n"),
            "{}",
            ran.stdout
        ),
        _ => ran.expect_said("lambda/stub asks for glibc 2."),
    }
}

#[test]
fn an_edit_shows_in_both_digests_and_is_explained() {
    let workshop = Workshop::with_stub();
    let first = workshop.ok(&["build", "local"]);
    workshop.write("lambda/stub/src/main.rs", "fn main() { println!(\"edited\") }\n");
    workshop.write("lambda/stub/README.md", "no input");
    let second = workshop.ok(&["build", "local", "--explain"]);
    assert!(second.stderr.contains("  ~ src/main.rs\n"), "{}", second.stderr);
    assert!(!second.stderr.contains("README"), "{}", second.stderr);
    let line = |ran: &Ran, name: &str| ran.stdout.lines().find(|line| line.contains(name)).unwrap().to_owned();
    for digest in ["source", "code"] {
        assert_ne!(line(&first, digest), line(&second, digest));
    }
}

/// Whether this machine can build for Lambda; `cargo test` must not need it.
fn has_musl() -> bool {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", "x86_64-unknown-linux-musl"]);
    let output = rustc.env_remove("RUSTUP_TOOLCHAIN").output();
    let folder = String::from_utf8(output.unwrap().stdout).unwrap();
    cfg!(all(target_os = "linux", target_arch = "x86_64")) && Path::new(folder.trim()).is_dir()
}

#[test]
fn path_flags_and_profile_of_the_caller_do_not_show_in_a_build_for_lambda() {
    if !has_musl() {
        println!("skipped: Rust's library for x86_64-unknown-linux-musl is not installed");
        return;
    }
    let one = Workshop::with_stub();
    one.ok(&["build", "stub"]);
    let two = Workshop::with_stub();
    let mut command = two.command(&["build", "academy"]);
    command
        .env("RUSTFLAGS", "-Copt-level=0")
        .env("CARGO_PROFILE_RELEASE_STRIP", "false");
    let ran = finish(command);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(one.zip("stub-x86_64.zip"), two.zip("stub-x86_64.zip"));
    let folder = tempfile::tempdir().unwrap();
    unpacked(&one.zip("stub-x86_64.zip"), folder.path());
    let output = Command::new(folder.path().join("bootstrap"))
        .arg("panic")
        .output()
        .unwrap();
    let panic = String::from_utf8(output.stderr).unwrap();
    assert!(!panic.contains(one.folder.path().to_str().unwrap()), "{panic}");
}

#[test]
fn a_missing_target_is_told_with_the_command_that_installs_it() {
    let workshop = Workshop::with_stub();
    workshop.write("bin/rustc", "#!/bin/sh\necho /nowhere/rustlib/lib\n");
    let rustc = workshop.path("bin/rustc");
    let mut permissions = fs::metadata(&rustc).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    fs::set_permissions(&rustc, permissions).unwrap();
    let path = format!("{}:/usr/bin:/bin", workshop.path("bin").display());
    let mut command = workshop.command(&["build", "stub", "--arch", "arm64"]);
    command.env("PATH", path);
    let ran = finish(command);
    assert_eq!(ran.code, 1);
    let hint = "(cd lambda/stub && rustup target add aarch64-unknown-linux-musl)";
    assert!(ran.stderr.contains(hint), "{}", ran.stderr);
}

#[test]
fn code_that_does_not_compile_is_told_in_the_compilers_words() {
    let workshop = Workshop::with_stub();
    workshop.write("lambda/stub/src/main.rs", "fn main() { wrong() }\n");
    let ran = workshop.run(&["build", "local"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("lambda/stub does not compile"), "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot find function `wrong`"), "{}", ran.stderr);
    assert!(!workshop.path(".eclusa/build/stub-host.zip").exists());
}

#[test]
fn a_build_that_is_interrupted_is_told_as_that() {
    let workshop = Workshop::with_stub();
    workshop.write(
        "lambda/stub/build.rs",
        "fn main() { std::fs::write(\"began\", \"\").unwrap(); loop { std::thread::park() } }\n",
    );
    workshop.write(
        "environments/local.yaml",
        "environment: local\ncloud: embedded\naws: { region: us-east-1 }\nstacks: { work: { stack: work } }\n",
    );
    let resources = format!(
        "stack: work\nresources:\n  aws_iam_role.stub: {{ assume_role_policy: {TRUSTS_LAMBDA} }}\n  aws_lambda_function.stub: \
         {{ build: stub, runtime: provided.al2023, handler: bootstrap, role: \"${{aws_iam_role.stub.arn}}\" }}\n"
    );
    workshop.write("stacks/work.yaml", &resources);
    let run = Running::of(workshop.command(&["apply", "local", "--yes"]));
    until("the build script", || {
        fs::exists(workshop.path("lambda/stub/began")).unwrap().then_some(())
    });
    run.signal_group("INT");
    let ran = run.ended().expect(130);
    ran.expect_said("the build of lambda/stub was stopped by signal 2");
    assert!(!ran.said().contains("does not compile"), "{}", ran.said());
}

#[test]
fn a_name_that_is_nothing_is_told_with_what_there_is() {
    let workshop = Workshop::with_stub();
    let ran = workshop.run(&["build", "brigde"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr
            .contains("there is neither lambda/brigde nor environments/brigde.yaml"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("stub, academy, local"), "{}", ran.stderr);
    let outside = workshop.run(&["build", ".."]);
    assert_eq!(outside.code, 1, "{}", outside.stdout);
}

/// The longest that the bridge's 120 crates may take on a busy machine; a build that hangs must not hang the tests.
const BRIDGE_LIMIT: Duration = Duration::from_secs(1200);

#[test]
fn the_bridge_itself_builds_for_the_embedded_cloud() {
    let workshop = Workshop::empty();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("lambda");
    std::os::unix::fs::symlink(shipped, workshop.path("lambda")).unwrap();
    // Beside the tests' own, so that the next run finds it built.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned();
    let mut command = workshop.command(&["build", "local"]);
    let mut child = command.env("CARGO_TARGET_DIR", target).spawn().unwrap();
    let began = std::time::Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if began.elapsed() > BRIDGE_LIMIT => child.kill().unwrap(),
            None => std::thread::sleep(Duration::from_millis(100)),
        }
    };
    assert!(status.success());
    let folder = tempfile::tempdir().unwrap();
    unpacked(&workshop.zip("bridge-host.zip"), folder.path());
    // Started by nobody who speaks Lambda, it says so.
    let mut command = Command::new(folder.path().join("bootstrap"));
    let output = command.env_remove("AWS_LAMBDA_RUNTIME_API").output().unwrap();
    let mut text = String::new();
    output.stdout.as_slice().read_to_string(&mut text).unwrap();
    assert!(text.contains("AWS_LAMBDA_RUNTIME_API is not set"), "{text}");
}
