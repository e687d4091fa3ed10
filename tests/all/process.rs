//! A command that still runs: in a process group of its own, so that a signal reaches it and nobody else.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Child;
use std::process::Command;
use std::process::ExitStatus;

use tempfile::NamedTempFile;

use crate::world::Ran;
use crate::world::World;
use crate::world::until;

/// A running eclusa; killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    stdout: NamedTempFile,
    stderr: NamedTempFile,
}

impl World {
    /// Starts the binary.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running::of(self.command(arguments))
    }
}

/// Runs a command to its end.
pub(crate) fn finish(command: Command) -> Ran {
    Running::of(command).ended()
}

impl Running {
    /// What it says goes to files, so that it can be read meanwhile and no pipe fills.
    fn of(mut command: Command) -> Self {
        let (stdout, stderr) = (NamedTempFile::new().unwrap(), NamedTempFile::new().unwrap());
        let child = command
            .process_group(0)
            .stdout(stdout.reopen().unwrap())
            .stderr(stderr.reopen().unwrap())
            .spawn()
            .unwrap();
        Self { child, stdout, stderr }
    }

    /// Sends a signal (`INT`) to the process alone.
    pub(crate) fn signal(&self, name: &str) {
        signal(name, &self.child.id().to_string());
    }

    /// Sends a signal to the whole process group, as a terminal does.
    pub(crate) fn signal_group(&self, name: &str) {
        signal(name, &format!("-{}", self.child.id()));
    }

    /// Waits until it has said this.
    pub(crate) fn await_said(&self, words: &str) {
        until(&format!("the words {words:?}"), || {
            fs::read_to_string(&self.stderr).unwrap().contains(words).then_some(())
        });
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self) -> Ran {
        let status: ExitStatus = until("the end of the command", || self.child.try_wait().unwrap());
        Ran {
            code: status.code().unwrap_or(-1),
            stdout: fs::read_to_string(&self.stdout).unwrap(),
            stderr: fs::read_to_string(&self.stderr).unwrap(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended needs no killing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process, or with a leading `-` to a process group.
pub(crate) fn signal(name: &str, to: &str) {
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -s {name} -- {to}")])
        .status();
    assert!(sent.unwrap().success(), "no signal reached {to}");
}
