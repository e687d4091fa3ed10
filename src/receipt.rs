//! Receipts: who did what to an environment, two JSON lines for each apply and destroy.
//!
//! `.eclusa/receipts/<environment>.jsonl`, mode 0600, only ever appended to, by this module alone. The first line is
//! written before the run's first write to a resource, the second at its end; a run that was killed has none. Lines
//! hold no attribute and no message of a provider, only addresses, actions, codes and request ids: nothing secret
//! can get in. A line that cannot be read (a torn one, or one of a later version) is passed over.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;

use eclusa_planner::plan::Action;
use eclusa_planner::plan::Plan;
use eclusa_planner::resource::Address;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;

use crate::apply::outcome::Ended;
use crate::apply::outcome::NodeError;
use crate::apply::outcome::Outcome;
use crate::clients::ProviderError;
use crate::clients::call::Written;
use crate::observe::ObserveError;

/// The version of this format.
const FORMAT_VERSION: &str = "1.0";

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Line {
    Begun(Begun),
    Ended(Finished),
}

/// Before a run's first write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    pub format_version: String,
    /// What both lines of a run have in common.
    pub run: String,
    /// RFC 3339, UTC.
    pub at: String,
    /// `apply` or `destroy`.
    pub command: String,
    pub owner: String,
    pub who: String,
    /// Of this binary.
    pub version: String,
    /// The commit checked out in the root, where that is a git repository.
    pub git_revision: Option<String>,
    /// SHA-256 of the plan's changes.
    pub plan: String,
    pub changes: usize,
}

/// At a run's end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    pub run: String,
    pub at: String,
    pub took_ms: u64,
    pub exit: u8,
    /// Whether all that was planned is done, and nothing is left out.
    pub complete: bool,
    /// API calls by service.
    pub calls: BTreeMap<String, u64>,
    pub resources: Vec<Resource>,
    /// Every answered attempt of a write.
    pub writes: Vec<Sent>,
}

/// How one resource's turn ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    pub address: String,
    /// `done`, `failed`, `skipped` or `not-started`.
    pub ended: String,
    pub action: Option<String>,
    pub took_ms: Option<u64>,
    /// The provider's, of a failure.
    pub code: Option<String>,
}

/// One write as it was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// `sqs:CreateQueue`
    pub operation: String,
    /// Nothing for the lease's own.
    pub address: Option<String>,
    pub request_id: Option<String>,
    /// The provider's, of a refusal.
    pub code: Option<String>,
}

/// A run as its lines tell it; `ended` is missing where the run was killed, or still goes on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    pub begun: Begun,
    pub ended: Option<Finished>,
}

/// An environment's receipts.
#[derive(Clone, Debug)]
pub struct Journal {
    path: PathBuf,
}

impl Journal {
    pub fn of(root: &Path, environment: &str) -> Self {
        let folder = root.join(".eclusa").join("receipts");
        Self {
            path: folder.join(format!("{environment}.jsonl")),
        }
    }

    /// Appends a line, durably.
    ///
    /// # Errors
    /// The file cannot be made or written.
    pub fn append(&self, line: &Line) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut file = fs::OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path)?;
        let mut text = serde_json::to_string(line)?;
        if ends_torn(&mut file)? {
            text.insert(0, '\n');
        }
        text.push('\n');
        file.write_all(text.as_bytes())?;
        file.sync_data()
    }

    /// All runs, the oldest first, and how many lines could not be read.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn read(&self) -> io::Result<(Vec<Told>, usize)> {
        match fs::read(&self.path) {
            Ok(bytes) => Ok(told(&String::from_utf8_lossy(&bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((Vec::new(), 0)),
            Err(error) => Err(error),
        }
    }

    /// The owner of the last run's environment, if that run may have left anything behind.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn last_owner(&self) -> io::Result<Option<String>> {
        let (runs, _) = self.read()?;
        let last = runs.into_iter().next_back();
        Ok(last.filter(Told::may_have_left).map(|run| run.begun.owner))
    }

    /// Every owner whose own last run may have left something behind, in the order of their names.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn owners_left(&self) -> io::Result<Vec<String>> {
        let (runs, _) = self.read()?;
        let last: BTreeMap<String, bool> = runs
            .into_iter()
            .map(|run| (run.begun.owner.clone(), run.may_have_left()))
            .collect();
        let left = last.into_iter().filter(|(_, may_have_left)| *may_have_left);
        Ok(left.map(|(owner, _)| owner).collect())
    }
}

impl Told {
    /// All but a finished destroy.
    fn may_have_left(&self) -> bool {
        let finished = self.ended.as_ref().is_some_and(|ended| ended.complete);
        !(finished && self.begun.command == "destroy")
    }
}

/// Whether the last line has no end: its writer was killed in the middle of it.
fn ends_torn(file: &mut fs::File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

fn told(text: &str) -> (Vec<Told>, usize) {
    let mut runs: Vec<Told> = Vec::new();
    let mut unread = 0;
    for line in text.lines().filter(|line| !line.is_empty()) {
        match serde_json::from_str(line) {
            Ok(Line::Begun(begun)) => runs.push(Told { begun, ended: None }),
            Ok(Line::Ended(ended)) => match runs.iter_mut().rev().find(|run| run.begun.run == ended.run) {
                Some(run) => run.ended = Some(ended),
                None => unread += 1,
            },
            Err(_) => unread += 1,
        }
    }
    (runs, unread)
}

impl Begun {
    /// The line for a run that is about to write.
    pub fn of(run: &str, command: &str, who: String, at: String, plan: &Plan, git_revision: Option<String>) -> Self {
        let idle = [Action::Keep, Action::Blocked];
        let changes = plan.changes.iter().filter(|change| !idle.contains(&change.action));
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            run: run.to_owned(),
            at,
            command: command.to_owned(),
            owner: plan.owner.to_string(),
            who,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            git_revision,
            plan: digest(&serde_json::to_vec(&plan.changes).unwrap_or_default()),
            changes: changes.count(),
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What each resource's turn came to.
pub fn resources(outcome: &Outcome) -> Vec<Resource> {
    let one = |(address, ended): (&Address, &Ended)| {
        let (word, action, took, code) = match ended {
            Ended::Done { action, took, .. } => ("done", Some(*action), Some(*took), None),
            Ended::Failed { action, error } => ("failed", Some(*action), None, Some(code(error))),
            Ended::Skipped { .. } => ("skipped", None, None, None),
            Ended::NotStarted => ("not-started", None, None, None),
        };
        Resource {
            address: address.to_string(),
            ended: word.to_owned(),
            action: action.map(|action| format!("{action:?}").to_lowercase()),
            took_ms: took.map(milliseconds),
            code,
        }
    };
    outcome.ended.iter().map(one).collect()
}

fn code(error: &NodeError) -> String {
    match error {
        NodeError::Provider(ProviderError { code, .. })
        | NodeError::Observe(ObserveError::Provider(ProviderError { code, .. })) => code.clone(),
        NodeError::Refused(_) => "Refused".to_owned(),
        NodeError::Unreadable(_) => "Unreadable".to_owned(),
        NodeError::Hidden(_) => "GoneOrHidden".to_owned(),
        _ => "Bug".to_owned(),
    }
}

/// The writes as the receipt has them.
pub fn writes(written: Vec<Written>) -> Vec<Sent> {
    let one = |each: Written| Sent {
        operation: each.operation.to_string(),
        address: each.subject.map(|address| address.to_string()),
        request_id: each.request_id,
        code: each.code,
    };
    written.into_iter().map(one).collect()
}

/// For the lines.
pub fn milliseconds(took: std::time::Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

/// The commit checked out in a folder; nothing where git or a repository is missing.
pub async fn git_revision(folder: &Path) -> Option<String> {
    let asked = tokio::process::Command::new("git")
        .args(["rev-parse", "--verify", "HEAD"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output();
    let answer = asked.await.ok().filter(|answer| answer.status.success())?;
    let revision = String::from_utf8(answer.stdout).ok()?;
    Some(revision.trim().to_owned()).filter(|revision| !revision.is_empty())
}

#[cfg(test)]
mod tests;
