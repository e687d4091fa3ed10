//! A folder with an environment in it, the binary that works on it, and the cloud under it.
//!
//! Each world has a root of its own, so an embedded cloud of its own; dropping it stops the server. What the cloud
//! was asked and holds is [`super::cloud`]'s.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::process::finish;

/// The binary under test.
pub(crate) const ECLUSA: &str = env!("CARGO_BIN_EXE_eclusa");

/// What is awaited comes long before this, a build on a busy machine included, or never.
const DEADLINE: Duration = Duration::from_secs(180);
/// The settings of a world that says nothing else.
pub(crate) const LOCAL: &str = "cloud: embedded\naws: { region: us-east-1 }\n";

/// One root folder.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) environment: String,
}

const INFLOW: &str = "\
environment: local
cloud: embedded
aws: { region: us-east-1 }
stacks: { telemetry: { stack: telemetry, with: { mqtt_filter: city/+/readings } } }
";

/// How a command ended, its texts as a reader sees them.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// One change of a plan, as its JSON says it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Planned {
    pub(crate) address: String,
    pub(crate) action: String,
    /// The reason's sentence.
    pub(crate) reason: String,
    /// The paths of what differs.
    pub(crate) fields: Vec<String>,
    pub(crate) name: String,
}

impl World {
    /// A copy of the shipped `environments/` and `stacks/`, the bridge a file that nothing has to compile.
    pub(crate) fn shipped() -> Self {
        let world = Self::as_shipped(&["environments", "stacks"]);
        world.edit("stacks/telemetry.yaml", "build: bridge ", "filename: bridge.zip ");
        fs::write(world.path("stacks/bridge.zip"), stub_zip("shipped")).unwrap();
        world
    }

    /// The half of what is shipped that lies on AWS.
    pub(crate) fn aws_half() -> Self {
        let world = Self::empty();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(&shipped.join("stacks/telemetry"), &world.path("stacks/telemetry"));
        world.write("environments/local.yaml", include_str!("fixtures/aws-local.yaml"));
        world.set_stack(include_str!("fixtures/aws.yaml"));
        world.edit("stacks/telemetry.yaml", "build: bridge ", "filename: bridge.zip ");
        fs::write(world.path("stacks/bridge.zip"), stub_zip("shipped")).unwrap();
        world
    }

    /// A copy of these shipped folders.
    pub(crate) fn as_shipped(folders: &[&str]) -> Self {
        let world = Self::empty();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in folders {
            copy(&shipped.join(folder), &world.path(folder));
        }
        world
    }

    /// The first half of what is shipped, from the device's message to the queue: few enough resources to know every
    /// call of.
    pub(crate) fn inflow() -> Self {
        let world = Self::empty();
        world.write("environments/local.yaml", INFLOW);
        world.set_stack(include_str!("fixtures/inflow.yaml"));
        world
    }

    /// The environment `local` of these settings, with a stack `telemetry` in which nothing is yet.
    pub(crate) fn new(settings: &str) -> Self {
        let world = Self::empty();
        world.set_environment(settings);
        world.set_stack(&stack_of([]));
        world
    }

    fn empty() -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
            environment: "local".to_owned(),
        };
        for folder in ["environments", "stacks"] {
            fs::create_dir_all(world.path(folder)).unwrap();
        }
        world
    }

    /// Writes the environment's file: these settings, and the stack `telemetry`.
    pub(crate) fn set_environment(&self, settings: &str) {
        let Self { environment, .. } = self;
        self.write(
            &format!("environments/{environment}.yaml"),
            &format!("environment: {environment}\n{settings}stacks: {{ telemetry: {{ stack: telemetry }} }}\n"),
        );
    }

    pub(crate) fn set_stack(&self, stack: &str) {
        self.write("stacks/telemetry.yaml", stack);
    }

    /// A stack of nothing but these resources, `kind.name` and attributes. JSON is YAML.
    pub(crate) fn set_resources<'a>(&self, resources: impl IntoIterator<Item = (&'a str, &'a Json)>) {
        self.set_stack(&stack_of(resources));
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub(crate) fn write(&self, relative: &str, text: &str) {
        fs::write(self.path(relative), text).unwrap();
    }

    pub(crate) fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    /// Replaces a text that must be there.
    pub(crate) fn edit(&self, relative: &str, from: &str, to: &str) {
        let text = self.read(relative);
        assert!(text.contains(from), "{relative} does not hold {from:?}");
        self.write(relative, &text.replace(from, to));
    }

    /// The binary in this root, with nothing of the caller's AWS environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(ECLUSA);
        command.args(arguments).current_dir(self.root()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command.env_remove("CI").env("NO_COLOR", "1");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        finish(self.command(arguments))
    }

    /// Runs and expects this exit code.
    pub(crate) fn ends(&self, code: i32, arguments: &[&str]) -> Ran {
        self.run(arguments).expect(code)
    }

    /// Runs and expects success.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Ran {
        self.ends(0, arguments)
    }

    pub(crate) fn apply(&self) -> Ran {
        self.ok(&["apply", &self.environment, "--yes"])
    }

    pub(crate) fn destroy(&self) -> Ran {
        self.ok(&["destroy", &self.environment, "--yes"])
    }

    /// The plan as JSON, whatever the exit code.
    pub(crate) fn plan_json(&self) -> Json {
        let ran = self.run(&["plan", &self.environment, "--format", "json"]);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", ran.stdout, ran.stderr))
    }

    /// The plan's changes, by address.
    pub(crate) fn plan(&self) -> Vec<Planned> {
        let plan = self.plan_json();
        let mut changes: Vec<_> = plan["changes"].as_array().unwrap().iter().map(Planned::of).collect();
        changes.sort_by(|one, other| one.address.cmp(&other.address));
        changes
    }

    /// Expects that nothing is left to do.
    pub(crate) fn expect_converged(&self) {
        assert_eq!(self.plan(), [], "not converged");
    }
}

/// A function that nothing is ever to run.
pub(crate) fn stub_zip(about: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    zip.start_file("bootstrap", options).unwrap();
    write!(zip, "#!/bin/sh\n# {about}\nexit 1\n").unwrap();
    zip.finish().unwrap().into_inner()
}

/// Copies a folder with all that lies in it but what was compiled there.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true if entry.file_name() == "target" => {}
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// The text of a stack of nothing but these resources.
pub(crate) fn stack_of<'a>(resources: impl IntoIterator<Item = (&'a str, &'a Json)>) -> String {
    let lines: String = resources
        .into_iter()
        .map(|(key, attributes)| format!("  {key}: {attributes}\n"))
        .collect();
    if lines.is_empty() {
        "stack: telemetry\nresources: {}\n".to_owned()
    } else {
        format!("stack: telemetry\nresources:\n{lines}")
    }
}

impl Planned {
    fn of(change: &Json) -> Self {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        Self {
            address: text(&change["address"]),
            action: text(&change["action"]),
            reason: text(&change["reason"]["text"]),
            fields: change["fields"]
                .as_array()
                .unwrap()
                .iter()
                .map(|field| text(&field["path"]))
                .collect(),
            name: text(&change["name"]),
        }
    }

    /// `address action`
    pub(crate) fn short(&self) -> String {
        format!("{} {}", self.address, self.action)
    }
}

impl Ran {
    /// The same, with this exit code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Everything that was said.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    #[track_caller]
    pub(crate) fn expect_said(&self, words: &str) {
        assert!(self.said().contains(words), "nobody said {words:?}:\n{}", self.said());
    }
}

/// Looks again and again until there is something to see.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(began.elapsed() < DEADLINE, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
