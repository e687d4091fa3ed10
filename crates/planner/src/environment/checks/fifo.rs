//! What cannot stand beside a FIFO queue, whichever way the two are tied: by a reference, or by an ARN or a URL that is
//! written out.
//!
//! - An IoT rule cannot send to one, as its action or its error action. (awsdocs `sqs-rule-action`)
//! - The dead-letter queue of a FIFO queue is FIFO, that of a standard queue standard. (SQS developer guide,
//!   `sqs-dead-letter-queues`)
//! - A mapping takes at most ten messages at once from one, and gathers none in a window. (Lambda developer guide,
//!   `services-sqs-configure`)
//!
//! Which sort a queue is, its name says; a queue whose name hangs on what only the cloud knows is passed over.

use crate::environment::declared::Resource;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::source::Span;
use crate::environment::tree::Data;
use crate::environment::tree::Node;
use crate::plan::Evaluation;
use crate::resource::Part;
use crate::resource::Reference;
use crate::resource::Text;
use crate::resource::Unknown;
use crate::schema::DecodeError;
use crate::schema::aws::sqs_queue::FIFO;

const QUEUE: &str = "aws_sqs_queue";
const RULE: &str = "aws_iot_topic_rule";
const MAPPING: &str = "aws_lambda_event_source_mapping";

/// Most messages that a mapping takes at once from a FIFO queue.
const FIFO_BATCH: u64 = 10;
const BATCH: &str = "batch_size";
const WINDOW: &str = "maximum_batching_window_in_seconds";

pub(super) fn check(evaluation: &Evaluation<'_>, problems: &mut Vec<Diagnostic>) -> Result<(), DecodeError> {
    for resource in &evaluation.declared().resources {
        if evaluation.is_existing(&resource.address) {
            continue;
        }
        match resource.schema.name() {
            RULE => problems.extend(rule(evaluation, resource)),
            QUEUE => problems.extend(dead_letters(evaluation, resource)),
            MAPPING => problems.extend(mapping(evaluation, resource)?),
            _ => {}
        }
    }
    Ok(())
}

/// A queue as an attribute names it.
struct Named<'d> {
    /// Where it is named.
    at: &'d Node,
    is_fifo: bool,
    declared: Option<&'d Resource>,
}

fn rule<'d>(evaluation: &Evaluation<'d>, rule: &'d Resource) -> Vec<Diagnostic> {
    let paths: [&[&str]; 2] = [&["sqs", "queue_url"], &["error_action", "sqs", "queue_url"]];
    let queues = paths
        .iter()
        .filter_map(|path| named(evaluation, lookup(&rule.attributes, path)?));
    queues
        .filter(|queue| queue.is_fifo)
        .map(|queue| {
            let made = Diagnostic::at(
                "fifo-queue",
                "an IoT rule cannot send to a FIFO queue",
                queue.at.span,
                format!("{} sends to it", rule.address),
            );
            let made = with_origin(made, queue.at);
            with_queue(made, &queue).hint("send to a standard queue: remove fifo_queue, or name another one")
        })
        .collect()
}

fn dead_letters<'d>(evaluation: &Evaluation<'d>, source: &'d Resource) -> Option<Diagnostic> {
    let path = ["redrive_policy", "dead_letter_target_arn"];
    let target = named(evaluation, lookup(&source.attributes, &path)?)?;
    let is_fifo = is_fifo(evaluation, source)?;
    if is_fifo == target.is_fifo {
        return None;
    }
    let made = Diagnostic::at(
        "fifo-queue",
        format!(
            "the dead-letter queue of {} is {}, expected {}",
            source.address,
            sort(target.is_fifo),
            sort(is_fifo)
        ),
        target.at.span,
        "its dead-letter queue",
    );
    let made = with_queue(with_origin(made, target.at), &target);
    let made = made.and_at(place(source), format!("{} is {}", source.address, sort(is_fifo)));
    Some(made.hint("both are FIFO queues (fifo_queue: true) or neither is"))
}

fn mapping<'d>(evaluation: &Evaluation<'d>, mapping: &'d Resource) -> Result<Vec<Diagnostic>, DecodeError> {
    let source = lookup(&mapping.attributes, &["event_source_arn"]).and_then(|source| named(evaluation, source));
    let Some(source) = source.filter(|source| source.is_fifo) else {
        return Ok(Vec::new());
    };
    let spec = evaluation.wanted(&mapping.address)?.spec;
    let number = |attribute: &str| spec.get(attribute).and_then(serde_json::Value::as_u64).unwrap_or(0);
    let limits = [
        (
            BATCH,
            FIFO_BATCH,
            "at most 10 messages are taken at once from a FIFO queue",
        ),
        (WINDOW, 0, "messages of a FIFO queue are not gathered in a window"),
    ];
    let broken = limits.iter().filter(|(attribute, most, _)| number(attribute) > *most);
    let framed = broken.map(|(attribute, most, rule)| {
        let node = mapping.attributes.get(attribute);
        let at = node.map_or(mapping.span, |node| node.span);
        let label = match most {
            0 => format!("expected none, found {}", number(attribute)),
            most => format!("expected {most} at most, found {}", number(attribute)),
        };
        let made = Diagnostic::at("fifo-queue", *rule, at, label);
        let made = match node {
            Some(node) => with_origin(made, node),
            None => made,
        };
        with_queue(made, &source).hint(format!("take {attribute} away, or read a standard queue"))
    });
    Ok(framed.collect())
}

/// The queue that an attribute names; `None` where its sort cannot be known yet.
fn named<'d>(evaluation: &Evaluation<'d>, at: &'d Node) -> Option<Named<'d>> {
    let Data::Text(text) = &at.data else {
        return None;
    };
    let mut queues = evaluation.declared().resources.iter();
    if let Some(reference) = only_reference(text) {
        let queue = queues.find(|each| each.address == reference.address)?;
        return Some(Named {
            at,
            is_fifo: is_fifo(evaluation, queue)?,
            declared: Some(queue),
        });
    }
    let written = resolved(evaluation, text)?;
    let (_, name) = written.rsplit_once([':', '/'])?;
    Some(Named {
        at,
        is_fifo: name.ends_with(FIFO),
        declared: queues.find(|each| each.schema.name() == QUEUE && says(evaluation, each, &written)),
    })
}

/// The reference to a queue's output that is the whole text.
fn only_reference(text: &Text) -> Option<&Reference> {
    match text.parts() {
        [Part::Unknown(Unknown::Output(reference))] if reference.address.kind == QUEUE => Some(reference),
        _ => None,
    }
}

/// A text with all outputs put in, what only the place can say as sentinels; `None` where an output is not known yet.
fn resolved(evaluation: &Evaluation<'_>, text: &Text) -> Option<String> {
    let parts = text.parts().iter().map(|part| match part {
        Part::Literal(literal) => Some(literal.clone()),
        Part::Unknown(Unknown::Place(field)) => Some(evaluation.declared().place.text(*field)),
        Part::Unknown(Unknown::Output(reference)) => {
            let outputs = evaluation.outputs(&reference.address)?;
            outputs.get(&reference.output).cloned()
        }
    });
    parts.collect()
}

/// Whether a text is this queue's ARN or URL.
fn says(evaluation: &Evaluation<'_>, queue: &Resource, text: &str) -> bool {
    let outputs = evaluation.outputs(&queue.address);
    let said = |output: &str| outputs.and_then(|outputs| outputs.get(output));
    ["arn", "url"]
        .iter()
        .any(|output| said(output).is_some_and(|said| said == text))
}

fn is_fifo(evaluation: &Evaluation<'_>, queue: &Resource) -> Option<bool> {
    evaluation.cloud_name(&queue.address).map(|name| name.ends_with(FIFO))
}

fn sort(is_fifo: bool) -> &'static str {
    if is_fifo { "a FIFO queue" } else { "a standard queue" }
}

/// Frames where the queue says which sort it is.
fn with_queue(made: Diagnostic, queue: &Named<'_>) -> Diagnostic {
    match queue.declared {
        Some(declared) => made.and_at(
            place(declared),
            format!("{} is {}", declared.address, sort(queue.is_fifo)),
        ),
        None => made,
    }
}

fn with_origin(made: Diagnostic, node: &Node) -> Diagnostic {
    match node.origin.filter(|origin| *origin != node.span) {
        Some(origin) => made.and_at(origin, "the value comes from here"),
        None => made,
    }
}

/// What makes a queue what it is: its attribute, else the name of one that is looked up, else the queue itself.
fn place(queue: &Resource) -> Span {
    let attribute = queue.attributes.get("fifo_queue").map(|node| node.span);
    let looked_up = queue.options.existing.as_ref().map(|(_, span)| *span);
    looked_up.or(attribute).unwrap_or(queue.span)
}

fn lookup<'n>(root: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(root, |node, key| node.get(key))
}
