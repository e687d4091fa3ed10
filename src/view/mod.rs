//! Plan, events, Outcome -> what a reader sees. The only place that prints: data on stdout, the rest on stderr.
//!
//! Texts are made with styles; where the stream is no terminal, or `NO_COLOR` or `TERM=dumb` say so, the styles
//! are taken out on the way.

pub mod ask;
pub mod history;
pub mod json;
mod paint;
pub mod progress;
pub mod text;
mod value;

use std::io::Write;
use std::time::Duration;

use eclusa_planner::environment::Failed;
use eclusa_planner::environment::diagnostic;
use eclusa_planner::plan::Plan;

use crate::clients::call::Calls;
use crate::failure::Failure;

/// A plan with what it cost to make.
pub struct Report<'r> {
    pub plan: &'r Plan,
    pub calls: Calls,
    pub took: Duration,
    /// The next command to type, where there is one.
    pub next: Option<String>,
}

/// Prints data.
pub fn data(text: &str) {
    // A reader that closed the pipe has all it wants.
    let _ = anstream::stdout().write_all(text.as_bytes());
    let _ = anstream::stdout().flush();
}

/// Prints what is not data: progress, questions, errors.
pub fn note(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
    let _ = anstream::stderr().flush();
}

/// Whether stderr takes colours.
fn colours_on_stderr() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// Prints why a command could not do its work, and what to do next.
pub fn failure(failure: &Failure) {
    match failure {
        Failure::Declaration(failed) => note(&problems(failed)),
        other => note(&text::error(&other.to_string(), other.hint().as_deref())),
    }
}

fn problems(failed: &Failed) -> String {
    let frames = diagnostic::render_with(&failed.problems, &failed.sources, colours_on_stderr());
    let count = failed.problems.len();
    let s = if count == 1 { "" } else { "s" };
    format!(
        "{}\n\n{count} problem{s}; nothing was asked of any cloud, nothing was written\n",
        frames.trim_end()
    )
}
