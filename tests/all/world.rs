//! A folder with an environment in it, the binary that works on it, and the cloud under it.
//!
//! Each world has a root of its own, so an embedded cloud of its own; dropping it stops the server.

use std::fs;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use serde_json::Value as Json;
use tempfile::TempDir;

/// The binary under test.
pub(crate) const ECLUSA: &str = env!("CARGO_BIN_EXE_eclusa");

/// One root folder.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) environment: String,
}

/// How a command ended, its texts as a reader sees them.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    /// A copy of the shipped `environments/` and `stacks/`.
    pub(crate) fn shipped() -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
            environment: "local".to_owned(),
        };
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["environments", "stacks"] {
            fs::create_dir(world.path(folder)).unwrap();
            for entry in fs::read_dir(shipped.join(folder)).unwrap().flatten() {
                fs::copy(entry.path(), world.path(folder).join(entry.file_name())).unwrap();
            }
        }
        world
    }

    /// The environment `local` with one stack `telemetry` of this text.
    pub(crate) fn with_stack(stack: &str) -> Self {
        let world = Self::shipped();
        world.write("stacks/telemetry.yaml", stack);
        world.write(
            "environments/local.yaml",
            "environment: local\ncloud: embedded\naws:\n  region: us-east-1\nstacks:\n  telemetry:\n    stack: telemetry\n",
        );
        world
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

    /// The folder of the embedded cloud.
    pub(crate) fn cloud_folder(&self) -> PathBuf {
        self.path(".eclusa/embedded").join(&self.environment)
    }

    /// The binary in this root, with nothing of the caller's AWS environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(ECLUSA);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command.env_remove("CI").env("NO_COLOR", "1");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// Runs and expects success.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran
    }

    /// The plan as JSON.
    pub(crate) fn plan(&self) -> Json {
        let ran = self.run(&["plan", &self.environment, "--format", "json"]);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", ran.stdout, ran.stderr))
    }

    /// `address action` of each change in the plan.
    pub(crate) fn planned(&self) -> Vec<String> {
        let plan = self.plan();
        let changes = plan["changes"].as_array().unwrap();
        let text = |value: &Json| value.as_str().unwrap().to_owned();
        changes
            .iter()
            .map(|change| format!("{} {}", text(&change["address"]), text(&change["action"])))
            .collect()
    }

    /// The port of the server that was last started here.
    pub(crate) fn port(&self) -> Option<u16> {
        eclusa_embedded::read_server_file(&self.cloud_folder())
            .ok()??
            .aws_port()
    }

    /// The embedded AWS as an endpoint, started if need be by a read-only command.
    pub(crate) fn endpoint(&self) -> String {
        self.run(&["plan", &self.environment]);
        format!("http://127.0.0.1:{}", self.port().unwrap())
    }

    /// Asks the server itself.
    pub(crate) fn ask_server(&self, method: &str, path: &str) -> Option<Json> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port()?)).ok()?;
        write!(stream, "{method} /_eclusa/{path} HTTP/1.0\r\nContent-Length: 0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    /// `service.Operation` of every call since the last reset that changed something, or would have.
    pub(crate) fn writes(&self) -> Vec<String> {
        let report = self.ask_server("GET", "calls").unwrap();
        let calls = report["calls"].as_array().unwrap();
        let writes = calls.iter().filter(|call| call["mutating"] == true);
        let text = |value: &Json| value.as_str().unwrap().to_owned();
        writes
            .map(|call| format!("{}.{}", text(&call["service"]), text(&call["operation"])))
            .collect()
    }

    pub(crate) fn forget_calls(&self) {
        self.ask_server("POST", "calls/reset").unwrap();
    }

    /// Lets the cloud act out a fault plan; an empty list ends it.
    pub(crate) fn faults(&self, plan: &Json) {
        fs::create_dir_all(self.cloud_folder()).unwrap();
        fs::write(self.cloud_folder().join("faults.json"), plan.to_string()).unwrap();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.ask_server("POST", "stop");
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
