//! Which queue feeds which function, and in what order the two may change.
//!
//! Lambda asks that a queue hides a message for as long as the function may run, but only when a mapping is made or
//! changed. A queue or function that changes alone passes, and a message could be delivered again while it is worked on.
//! So a queue is raised before its function, and lowered after it.

use super::Change;
use super::Evaluation;
use super::Graph;
use super::change::Action;
use crate::environment::declared::Resource;
use crate::resource::Identity;
use crate::resource::Segment;
use crate::resource::Value;
use crate::schema::DecodeError;

const MAPPING: &str = "aws_lambda_event_source_mapping";
const QUEUE: &str = "aws_sqs_queue";
const FUNCTION: &str = "aws_lambda_function";
/// For how long the queue hides a message.
pub(crate) const HIDDEN: &str = "visibility_timeout_seconds";

/// A declared mapping between a declared queue and a declared function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Feed<'d> {
    pub(crate) mapping: &'d Resource,
    pub(crate) queue: &'d Resource,
    pub(crate) function: &'d Resource,
}

/// Every feed whose ends are known.
pub(crate) fn feeds<'d>(evaluation: &Evaluation<'d>) -> Result<Vec<Feed<'d>>, DecodeError> {
    let mut feeds = Vec::new();
    for mapping in of_kind(evaluation, MAPPING) {
        let Identity::Natural(ends) = evaluation.identity(&mapping.address)? else {
            continue;
        };
        let [queue_arn, name] = ends.as_slice() else {
            continue;
        };
        let queue = of_kind(evaluation, QUEUE).find(|each| says(evaluation, each, "arn", queue_arn));
        let function = of_kind(evaluation, FUNCTION).find(|each| says(evaluation, each, "name", name));
        if let (Some(queue), Some(function)) = (queue, function) {
            feeds.push(Feed {
                mapping,
                queue,
                function,
            });
        }
    }
    Ok(feeds)
}

/// Orders the changes of queues and the functions that they feed.
pub(super) fn order(graph: &mut Graph, evaluation: &Evaluation<'_>, changes: &[Change]) -> Result<(), DecodeError> {
    let updated = |resource: &Resource| {
        let mut updates = changes.iter().filter(|change| change.action == Action::Update);
        updates.find(|change| change.address == resource.address)
    };
    for feed in feeds(evaluation)? {
        if let (Some(queue), Some(function)) = (updated(feed.queue), updated(feed.function)) {
            match is_lowered(queue) {
                true => graph.add_unless_circular(&queue.address, &function.address),
                false => graph.add_unless_circular(&function.address, &queue.address),
            }
        }
    }
    Ok(())
}

fn is_lowered(queue: &Change) -> bool {
    let hidden = queue
        .fields
        .iter()
        .find(|field| matches!(field.path.as_slice(), [Segment::Key(key)] if key == HIDDEN));
    let seconds = |value: Option<&Value>| match value {
        Some(Value::Number(number)) => number.as_u64(),
        _ => None,
    };
    let both = hidden.and_then(|field| Some((seconds(field.before.as_ref())?, seconds(field.after.as_ref())?)));
    both.is_some_and(|(before, after)| after < before)
}

fn of_kind<'d>(evaluation: &Evaluation<'d>, kind: &'static str) -> impl Iterator<Item = &'d Resource> {
    let resources = evaluation.declared().resources.iter();
    resources.filter(move |each| each.schema.name() == kind)
}

fn says(evaluation: &Evaluation<'_>, resource: &Resource, output: &str, text: &str) -> bool {
    let outputs = evaluation.outputs(&resource.address);
    outputs
        .and_then(|outputs| outputs.get(output))
        .is_some_and(|found| found == text)
}
