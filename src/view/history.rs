//! Receipts as a reader sees them: one run a line, the oldest first.

use std::fmt::Write;
use std::time::Duration;

use serde_json::json;

use super::paint::GREEN;
use super::paint::RED;
use super::paint::YELLOW;
use super::paint::paint;
use super::progress::seconds;
use crate::receipt::Finished;
use crate::receipt::Told;

/// The version of the JSON.
const FORMAT_VERSION: &str = "1.0";

/// One line a run.
pub fn text(environment: &str, runs: &[Told]) -> String {
    let mut text = String::new();
    for Told { begun, ended } in runs {
        let revision = begun.git_revision.as_deref().and_then(|revision| revision.get(..8));
        let at_revision = revision.map_or(String::new(), |revision| format!(" at {revision}"));
        let _ = writeln!(
            text,
            "{}  {:7}  {}  {} changes planned{at_revision}, by {}, as {}",
            begun.at,
            begun.command,
            ended.as_ref().map_or(paint(YELLOW, "never ended"), how),
            begun.changes,
            begun.who,
            begun.owner
        );
    }
    if runs.is_empty() {
        let _ = writeln!(text, "nothing was ever applied to {environment} from here");
    }
    text
}

fn how(ended: &Finished) -> String {
    let count = |word: &str| ended.resources.iter().filter(|each| each.ended == word).count();
    let word = match ended.complete {
        true => paint(GREEN, "complete"),
        false => paint(RED, format!("incomplete (exit {})", ended.exit)),
    };
    let failed = match count("failed") {
        0 => String::new(),
        count => format!(", {count} failed"),
    };
    let calls: u64 = ended.calls.values().sum();
    let took = seconds(Duration::from_millis(ended.took_ms));
    format!("{word}: {} done{failed}, {calls} calls, {took};", count("done"))
}

/// One document.
pub fn json(runs: &[Told]) -> String {
    let document = json!({ "format_version": FORMAT_VERSION, "runs": runs });
    format!("{document:#}\n")
}
