//! Messages: sent, deleted, purged.

use std::collections::BTreeMap;

use md5::Digest;
use md5::Md5;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::attributes;
use super::fifo;
use super::fifo::Asked;
use super::fifo::Entry;
use super::queue;
use super::queue::Queue;
use super::queue::UrlInput;
use super::refusals;
use crate::aws::delays::Wait;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::identifier::uuid;
use crate::store::Batch;
use crate::store::View;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, MessageAttribute>,
    /// X-Ray's header, the only system attribute that a sender may give.
    pub(super) trace: Option<String>,
    pub(super) sent_at: u64,
    /// Until then it is delayed or in flight.
    pub(super) visible_at: u64,
    pub(super) receives: u64,
    pub(super) first_received_at: Option<u64>,
    /// The last receipt handle's secret half.
    pub(super) receipt: Option<String>,
    /// The queue it was a dead letter of.
    pub(super) source_arn: Option<String>,
    /// In a FIFO queue.
    #[serde(default)]
    pub(super) place: Option<fifo::Place>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MessageAttribute {
    data_type: String,
    #[serde(default)]
    string_value: String,
}

impl Message {
    /// The last part of its key: by it a queue's messages are sorted.
    fn key(&self) -> String {
        match &self.place {
            Some(place) => format!("{}-{}", place.sequence_number(), self.id),
            None => format!("{:013}-{}", self.sent_at, self.id),
        }
    }
}

/// Where the queue's messages lie.
pub(super) fn prefix(context: &Context, queue: &str) -> String {
    format!("{}{queue}/", context.regional_prefix("sqs/message"))
}

pub(super) fn delete_all(view: View<'_>, context: &Context, queue: &str, batch: &mut Batch) {
    view.keys(&prefix(context, queue)).for_each(|key| batch.delete(key));
}

pub(super) fn md5(text: &str) -> String {
    hex(&Md5::digest(text))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digest by which SQS lets clients check message attributes (SQS developer guide, "Calculating the MD5 message
/// digest for message attributes"); `None` without any.
pub(super) fn md5_of_attributes<'a>(
    attributes: impl IntoIterator<Item = (&'a String, &'a MessageAttribute)>,
) -> Option<String> {
    const STRING: u8 = 1;
    let mut encoded = Vec::new();
    let mut add = |text: &str, marker: Option<u8>| {
        encoded.extend(marker);
        encoded.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
        encoded.extend(text.as_bytes());
    };
    for (name, attribute) in attributes {
        add(name, None);
        add(&attribute.data_type, None);
        add(&attribute.string_value, Some(STRING));
    }
    (!encoded.is_empty()).then(|| hex(&Md5::digest(&encoded)))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendInput {
    queue_url: Option<String>,
    message_body: Option<String>,
    delay_seconds: Option<i64>,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
    #[serde(default)]
    message_attributes: BTreeMap<String, MessageAttribute>,
    #[serde(default)]
    message_system_attributes: BTreeMap<String, MessageAttribute>,
}

pub(super) fn send(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: SendInput = request.input()?;
    let queue = queue::to_use(view, context, input.queue_url.as_deref())?;
    let body = input
        .message_body
        .filter(|body| !body.is_empty())
        .ok_or_else(|| refusals::missing("MessageBody"))?;
    check_content(
        &body,
        &input.message_attributes,
        attributes::number(&queue, "MaximumMessageSize"),
    )?;
    let delay = delay(&queue, input.delay_seconds)?;
    let (id, mut batch) = (uuid(), Batch::default());
    let entry = match queue.is_fifo() {
        true => {
            let asked = Asked {
                body: &body,
                group: input.message_group_id.as_deref(),
                deduplication_id: input.message_deduplication_id.as_deref(),
                message_id: &id,
            };
            Some(fifo::enter(view, context, &queue, &asked, &mut batch)?)
        }
        false => None,
    };
    let answer = answer(&id, &body, &input.message_attributes, entry.as_ref());
    if entry.as_ref().is_some_and(|entry| entry.is_duplicate) {
        return Ok(Reply::output(answer));
    }
    let trace = input
        .message_system_attributes
        .get("AWSTraceHeader")
        .map(|header| header.string_value.clone());
    let message = Message {
        id,
        body,
        attributes: input.message_attributes,
        trace,
        sent_at: context.now,
        visible_at: context.now + delay * 1000,
        receives: 0,
        first_received_at: None,
        receipt: None,
        source_arn: None,
        place: entry.map(|entry| entry.place),
    };
    batch.put(prefix(context, &queue.name) + &message.key(), &message)?;
    Ok(Reply::with(answer, batch))
}

fn answer(id: &str, body: &str, attributes: &BTreeMap<String, MessageAttribute>, entry: Option<&Entry>) -> Value {
    let mut answer = json!({"MessageId": id, "MD5OfMessageBody": md5(body)});
    if let Some(digest) = md5_of_attributes(attributes) {
        answer["MD5OfMessageAttributes"] = json!(digest);
    }
    if let Some(entry) = entry {
        answer["MessageId"] = json!(entry.message_id);
        answer["SequenceNumber"] = json!(entry.place.sequence_number());
    }
    answer
}

/// Seconds for which a message is held back; in a FIFO queue only the queue says it.
fn delay(queue: &Queue, asked: Option<i64>) -> Result<u64, Refusal> {
    let Some(seconds) = asked else {
        return Ok(attributes::number(queue, "DelaySeconds"));
    };
    let refused = |reason: &str| refusals::invalid_parameter(&seconds.to_string(), "DelaySeconds", reason);
    match u64::try_from(seconds) {
        Ok(0) if queue.is_fifo() => Ok(attributes::number(queue, "DelaySeconds")),
        Ok(_) if queue.is_fifo() => Err(refused(
            "The request include parameter that is not valid for this queue type.",
        )),
        Ok(seconds) if seconds <= 900 => Ok(seconds),
        _ => Err(refused("DelaySeconds must be >= 0 and <= 900.")),
    }
}

fn check_content(body: &str, attributes: &BTreeMap<String, MessageAttribute>, most: u64) -> Result<(), Refusal> {
    let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    if !body.chars().all(legal) {
        return Err(refusals::invalid_contents());
    }
    for (name, attribute) in attributes {
        let base = attribute.data_type.split('.').next().unwrap_or_default();
        if base == "Binary" {
            return Err(refusals::unsupported(
                "eclusa's embedded cloud does not implement binary message attributes",
            ));
        }
        if base != "String" && base != "Number" {
            let message = format!(
                "The type of message attribute '{name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String."
            );
            return Err(refusals::invalid(message));
        }
        if attribute.string_value.is_empty() {
            return Err(refusals::invalid(format!(
                "Message attribute '{name}' must contain a non-empty value."
            )));
        }
    }
    let size = |(name, attribute): (&String, &MessageAttribute)| {
        name.len() + attribute.data_type.len() + attribute.string_value.len()
    };
    let bytes = body.len() + attributes.iter().map(size).sum::<usize>();
    if bytes as u64 > most {
        let message = format!("One or more parameters are invalid. Reason: Message must be shorter than {most} bytes.");
        return Err(refusals::invalid(message));
    }
    Ok(())
}

/// What a receipt handle says: which message, and which receive of it.
pub(super) struct Receipt<'a> {
    /// The last part of the message's key.
    pub(super) message: &'a str,
    pub(super) secret: &'a str,
}

impl<'a> Receipt<'a> {
    pub(super) fn write(message: &str, secret: &str) -> String {
        format!("{message}.{secret}")
    }

    fn read(handle: &'a str) -> Result<Self, Refusal> {
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        match handle.split_once('.') {
            Some((message, secret)) if plain(message) && plain(secret) => Ok(Self { message, secret }),
            _ => Err(refusals::invalid_receipt(handle)),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteInput {
    queue_url: Option<String>,
    receipt_handle: Option<String>,
}

/// An outdated handle deletes nothing, a message that is gone is no error: both answer as if done.
pub(super) fn delete(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: DeleteInput = request.input()?;
    let queue = queue::to_use(view, context, input.queue_url.as_deref())?;
    let handle = input.receipt_handle.ok_or_else(|| refusals::missing("ReceiptHandle"))?;
    let receipt = Receipt::read(&handle)?;
    let key = prefix(context, &queue.name) + receipt.message;
    let message: Option<Message> = view.get(&key)?;
    let mut batch = Batch::default();
    if message.is_some_and(|message| message.receipt.as_deref() == Some(receipt.secret)) {
        batch.delete(key);
    }
    Ok(Reply::done(batch))
}

pub(super) fn purge(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: UrlInput = request.input()?;
    let mut queue = queue::to_use(view, context, input.queue_url.as_deref())?;
    if context.now < queue.purge_again_at {
        return Err(refusals::purge_in_progress(&queue.name));
    }
    let mut batch = Batch::default();
    delete_all(view, context, &queue.name, &mut batch);
    queue.purge_again_at = context.now + Wait::PurgeAgain.length(context.delays);
    queue.store(context, &mut batch)?;
    Ok(Reply::done(batch))
}
