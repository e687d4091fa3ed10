//! A queue hides a message at least for as long as the function that reads it may run; else the message is delivered
//! again while it is worked on. Lambda looks at it only when a mapping is made or changed, and then refuses; a queue or
//! function that is changed later passes there, so both are held against each other here.

use crate::environment::declared::Resource;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::source::Span;
use crate::plan::Evaluation;
use crate::plan::feeding;
use crate::plan::feeding::Feed;
use crate::plan::feeding::HIDDEN;
use crate::schema::DecodeError;

const RUNS: &str = "timeout";

pub(super) fn check(evaluation: &Evaluation<'_>, problems: &mut Vec<Diagnostic>) -> Result<(), DecodeError> {
    for feed in feeding::feeds(evaluation)? {
        let hidden = number(evaluation, feed.queue, HIDDEN)?;
        let runs = number(evaluation, feed.function, RUNS)?;
        if let (Some(hidden), Some(runs)) = (hidden, runs)
            && hidden < runs
        {
            problems.push(framed(feed, hidden, runs));
        }
    }
    Ok(())
}

/// Of what is only looked up, nothing is known.
fn number(evaluation: &Evaluation<'_>, resource: &Resource, attribute: &str) -> Result<Option<u64>, DecodeError> {
    let wanted = evaluation.wanted(&resource.address)?;
    Ok(wanted.spec.get(attribute).and_then(serde_json::Value::as_u64))
}

fn framed(feed: Feed<'_>, hidden: u64, runs: u64) -> Diagnostic {
    let Feed {
        mapping,
        queue,
        function,
    } = feed;
    let message = format!(
        "{} hides a message for {hidden} s, but {} may work on it for {runs} s",
        queue.address, function.address
    );
    let fed = format!("{} feeds one to the other", mapping.address);
    Diagnostic::at("short-visibility", message, place(queue, HIDDEN), format!("{hidden} s"))
        .and_at(place(function, RUNS), format!("{runs} s"))
        .and_at(mapping.span, fed)
        .hint(format!(
            "set {HIDDEN} to {} or more: six times the function's timeout leaves room for retries",
            runs * 6
        ))
}

/// Where an attribute is declared, else where its resource is.
fn place(resource: &Resource, attribute: &str) -> Span {
    resource
        .attributes
        .get(attribute)
        .map_or(resource.span, |node| node.span)
}
