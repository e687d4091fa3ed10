//! What a FIFO queue asks of a message that is sent to it. Rules and limits: SQS API reference, SendMessage; that the
//! answer to a duplicate names the first message is what clients report.
//!
//! - A message belongs to a group; within it order is kept, by a number that only grows.
//! - A deduplication id that was sent within the last five minutes is accepted and not delivered again, even where the
//!   first message is gone. It counts within the queue, or within the group where the queue says so.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;

use super::message;
use super::queue::Queue;
use super::refusals;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::store::Batch;
use crate::store::View;

/// Milliseconds for which a deduplication id is remembered.
const REMEMBERED: u64 = 5 * 60 * 1_000;
const LONGEST_ID: usize = 128;

/// Where a message stands in its queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) group: String,
    pub(super) deduplication_id: String,
    pub(super) sequence: u64,
}

impl Place {
    /// Twenty digits, so that texts sort as numbers do.
    pub(super) fn sequence_number(&self) -> String {
        format!("{:020}", self.sequence)
    }
}

/// What a FIFO queue remembers beside its messages.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Memory {
    /// The last number that was given.
    sequence: u64,
    /// By what each was deduplicated.
    sent: BTreeMap<String, Sent>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Sent {
    at: u64,
    message_id: String,
    sequence: u64,
}

/// What becomes of a message that is sent: its own place, or that of the one it repeats.
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) message_id: String,
    pub(super) is_duplicate: bool,
}

/// What a sender says of a message for a FIFO queue.
pub(super) struct Asked<'a> {
    pub(super) body: &'a str,
    pub(super) group: Option<&'a str>,
    pub(super) deduplication_id: Option<&'a str>,
    /// What the message is called if it is new.
    pub(super) message_id: &'a str,
}

/// Gives a message its place, unless it was sent before; remembers it in `batch`.
pub(super) fn enter(
    view: View<'_>,
    context: &Context,
    queue: &Queue,
    asked: &Asked<'_>,
    batch: &mut Batch,
) -> Result<Entry, Refusal> {
    let says = |name: &str, value: &str| queue.attributes.get(name).is_some_and(|found| found == value);
    let group = asked.group.ok_or_else(|| refusals::missing("MessageGroupId"))?;
    check_id(group, "MessageGroupId")?;
    let deduplication_id = match asked.deduplication_id {
        Some(given) => given.to_owned(),
        None if says("ContentBasedDeduplication", "true") => message::hex(&Sha256::digest(asked.body)),
        None => {
            return Err(refusals::invalid(
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
            ));
        }
    };
    check_id(&deduplication_id, "MessageDeduplicationId")?;
    let key = key(context, &queue.name);
    let mut memory: Memory = view.get(&key)?.unwrap_or_default();
    memory.sent.retain(|_, sent| context.now < sent.at + REMEMBERED);
    let within = if says("DeduplicationScope", "messageGroup") {
        format!("{group} {deduplication_id}")
    } else {
        deduplication_id.clone()
    };
    let first = memory.sent.get(&within).cloned();
    let is_duplicate = first.is_some();
    let sent = first.unwrap_or_else(|| {
        // Large and not consecutive, as the real ones are; dead letters of several queues sort by time.
        memory.sequence = (memory.sequence + 1).max(context.now * 1_000);
        Sent {
            at: context.now,
            message_id: asked.message_id.to_owned(),
            sequence: memory.sequence,
        }
    });
    memory.sent.insert(within, sent.clone());
    batch.put(key, &memory)?;
    Ok(Entry {
        place: Place {
            group: group.to_owned(),
            deduplication_id,
            sequence: sent.sequence,
        },
        message_id: sent.message_id,
        is_duplicate,
    })
}

/// A queue that is made anew remembers nothing of the one before.
pub(super) fn forget(context: &Context, queue: &str, batch: &mut Batch) {
    batch.delete(key(context, queue));
}

fn key(context: &Context, queue: &str) -> String {
    context.regional_prefix("sqs/fifo") + queue
}

fn check_id(id: &str, parameter: &str) -> Result<(), Refusal> {
    if (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let reason = format!("{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.");
    Err(refusals::invalid_parameter(id, parameter, &reason))
}
