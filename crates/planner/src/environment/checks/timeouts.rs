//! A queue hides a message at least for as long as the function that reads it may run; else the message is delivered
//! again while it is worked on. Lambda looks at it only when a mapping is made or changed, and then refuses; a queue or
//! function that is changed later passes there, so both are held against each other here.

use crate::environment::Declared;
use crate::environment::declared::Resource;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::source::Span;
use crate::plan::Evaluation;
use crate::resource::Identity;
use crate::schema::DecodeError;

const MAPPING: &str = "aws_lambda_event_source_mapping";
const QUEUE: &str = "aws_sqs_queue";
const FUNCTION: &str = "aws_lambda_function";
const HIDDEN: &str = "visibility_timeout_seconds";
const RUNS: &str = "timeout";

pub(super) fn check(
    declared: &Declared,
    evaluation: &Evaluation<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Result<(), DecodeError> {
    for mapping in of_kind(declared, MAPPING) {
        let Identity::Natural(ends) = evaluation.identity(&mapping.address)? else {
            continue;
        };
        let [queue_arn, function] = ends.as_slice() else {
            continue;
        };
        let queue = of_kind(declared, QUEUE).find(|queue| says(evaluation, queue, "arn", queue_arn));
        let function = of_kind(declared, FUNCTION).find(|each| says(evaluation, each, "name", function));
        if let (Some(queue), Some(function)) = (queue, function)
            && let (Some(hidden), Some(runs)) =
                (number(evaluation, queue, HIDDEN)?, number(evaluation, function, RUNS)?)
            && hidden < runs
        {
            problems.push(framed(mapping, (queue, hidden), (function, runs)));
        }
    }
    Ok(())
}

fn of_kind<'d>(declared: &'d Declared, kind: &'static str) -> impl Iterator<Item = &'d Resource> {
    declared.resources.iter().filter(move |each| each.schema.name() == kind)
}

fn says(evaluation: &Evaluation<'_>, resource: &Resource, output: &str, text: &str) -> bool {
    let outputs = evaluation.outputs(&resource.address);
    outputs
        .and_then(|outputs| outputs.get(output))
        .is_some_and(|found| found == text)
}

/// Of what is only looked up, nothing is known.
fn number(evaluation: &Evaluation<'_>, resource: &Resource, attribute: &str) -> Result<Option<u64>, DecodeError> {
    let wanted = evaluation.wanted(&resource.address)?;
    Ok(wanted.spec.get(attribute).and_then(serde_json::Value::as_u64))
}

fn framed(mapping: &Resource, (queue, hidden): (&Resource, u64), (function, runs): (&Resource, u64)) -> Diagnostic {
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
