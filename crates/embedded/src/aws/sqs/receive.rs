//! Receiving: what is visible is handed out and hidden for the visibility timeout; what was received too often goes to
//! the dead-letter queue instead, when the next receive comes upon it; what is past its retention is gone. In a FIFO
//! queue nothing is handed out of a group while an earlier message of it is hidden.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::attributes;
use super::message;
use super::message::Message;
use super::message::Receipt;
use super::message::md5;
use super::message::md5_of_attributes;
use super::queue;
use super::queue::Queue;
use super::redrive::Redrive;
use super::refusals;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::identifier::uuid;
use crate::store::Batch;
use crate::store::View;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReceiveInput {
    queue_url: Option<String>,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
    /// The old name of `message_system_attribute_names`.
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
}

pub(super) fn receive(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: ReceiveInput = request.input()?;
    let queue = queue::to_use(view, context, input.queue_url.as_deref())?;
    let most = within(input.max_number_of_messages, "MaxNumberOfMessages", 1, 10)?.unwrap_or(1);
    let hidden = within(input.visibility_timeout, "VisibilityTimeout", 0, 43_200)?
        .unwrap_or_else(|| attributes::number(&queue, "VisibilityTimeout"));
    let patience = within(input.wait_time_seconds, "WaitTimeSeconds", 0, 20)?
        .unwrap_or_else(|| attributes::number(&queue, "ReceiveMessageWaitTimeSeconds"));

    let mut pass = Pass::over(view, context, &queue)?;
    let mut messages = Vec::new();
    let prefix = message::prefix(context, &queue.name);
    for found in view.scan::<Message>(&prefix) {
        if messages.len() as u64 == most {
            break;
        }
        let (key, message) = found?;
        if let Some(message) = pass.take(key, message, hidden)? {
            let handle = Receipt::write(
                key.strip_prefix(&prefix).unwrap_or(key),
                message.receipt.as_deref().unwrap_or_default(),
            );
            messages.push(input.shown(&message, &handle, context));
        }
    }
    let deadline = context.received + patience * 1000;
    // What was cleared away on the way is stored by answering early, with nothing, as a long poll may.
    if messages.is_empty() && context.now < deadline && pass.changed_nothing {
        return Ok(Reply::wait(deadline.min(pass.next_visible)));
    }
    let output = if messages.is_empty() {
        json!({})
    } else {
        json!({"Messages": messages})
    };
    Ok(Reply::with(output, pass.batch))
}

fn within(value: Option<i64>, name: &str, least: u64, most: u64) -> Result<Option<u64>, Refusal> {
    let Some(value) = value else { return Ok(None) };
    let number = u64::try_from(value)
        .ok()
        .filter(|number| (least..=most).contains(number));
    number.map(Some).ok_or_else(|| {
        let reason = format!("Must be between {least} and {most}, if provided.");
        refusals::invalid_parameter(&value.to_string(), name, &reason)
    })
}

/// One walk over a queue's messages.
struct Pass<'a> {
    context: &'a Context,
    source_arn: String,
    retention: u64,
    /// The receives after which a message goes to the queue with this prefix.
    dead_letters: Option<(u64, String)>,
    batch: Batch,
    changed_nothing: bool,
    next_visible: u64,
    /// Groups of which an earlier message is hidden.
    held: BTreeSet<String>,
}

impl<'a> Pass<'a> {
    fn over(view: View<'_>, context: &'a Context, queue: &Queue) -> Result<Self, Refusal> {
        let dead_letters = match Redrive::of(queue) {
            Some(redrive) => redrive
                .target(view, context)?
                .map(|target| (redrive.max_receives, message::prefix(context, &target.name))),
            None => None,
        };
        Ok(Self {
            context,
            source_arn: queue.arn(context),
            retention: attributes::number(queue, "MessageRetentionPeriod") * 1000,
            dead_letters,
            batch: Batch::default(),
            changed_nothing: true,
            next_visible: u64::MAX,
            held: BTreeSet::new(),
        })
    }

    /// The message as it is handed out, or `None` where it is not.
    fn take(&mut self, key: &str, mut message: Message, hidden: u64) -> Result<Option<Message>, Refusal> {
        let now = self.context.now;
        if message.sent_at.saturating_add(self.retention) <= now {
            self.changed_nothing = false;
            self.batch.delete(key);
            return Ok(None);
        }
        let group = message.place.as_ref().map(|place| &place.group);
        if group.is_some_and(|group| self.held.contains(group)) {
            return Ok(None);
        }
        if message.visible_at > now {
            self.held.extend(group.cloned());
            self.next_visible = self.next_visible.min(message.visible_at);
            return Ok(None);
        }
        self.changed_nothing = false;
        if let Some((most, prefix)) = &self.dead_letters
            && message.receives >= *most
        {
            message.receipt = None;
            message.source_arn = Some(self.source_arn.clone());
            let name = key.rsplit('/').next().unwrap_or(key);
            self.batch.delete(key);
            self.batch.put(format!("{prefix}{name}"), &message)?;
            return Ok(None);
        }
        message.receives += 1;
        message.first_received_at.get_or_insert(now);
        message.visible_at = now + hidden * 1000;
        message.receipt = Some(uuid());
        self.batch.put(key, &message)?;
        Ok(Some(message))
    }
}

impl ReceiveInput {
    fn shown(&self, message: &Message, handle: &str, context: &Context) -> Value {
        let mut shown = json!({
            "MessageId": message.id,
            "ReceiptHandle": handle,
            "MD5OfBody": md5(&message.body),
            "Body": message.body,
        });
        let system = self.system_attributes(message, context);
        if !system.is_empty() {
            shown["Attributes"] = json!(system);
        }
        let own: BTreeMap<_, _> = message
            .attributes
            .iter()
            .filter(|(name, _)| self.asks_for(name))
            .collect();
        if let Some(digest) = md5_of_attributes(own.iter().map(|(name, attribute)| (*name, *attribute))) {
            shown["MD5OfMessageAttributes"] = json!(digest);
            shown["MessageAttributes"] = json!(own);
        }
        shown
    }

    fn system_attributes(&self, message: &Message, context: &Context) -> BTreeMap<&'static str, String> {
        let place = message.place.as_ref();
        let all = [
            ("SenderId", Some(format!("AIDAEMBEDDEDCLOUD0000:{}", context.account))),
            ("SentTimestamp", Some(message.sent_at.to_string())),
            ("ApproximateReceiveCount", Some(message.receives.to_string())),
            (
                "ApproximateFirstReceiveTimestamp",
                message.first_received_at.map(|time| time.to_string()),
            ),
            ("AWSTraceHeader", message.trace.clone()),
            ("DeadLetterQueueSourceArn", message.source_arn.clone()),
            ("MessageGroupId", place.map(|place| place.group.clone())),
            (
                "MessageDeduplicationId",
                place.map(|place| place.deduplication_id.clone()),
            ),
            ("SequenceNumber", place.map(|place| place.sequence_number())),
        ];
        let asked = |name: &str| {
            let mut names = self.attribute_names.iter().chain(&self.message_system_attribute_names);
            names.any(|asked| asked == "All" || asked == name)
        };
        all.into_iter()
            .filter(|(name, _)| asked(name))
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    /// `All`, `.*`, a whole name, or `prefix.*`.
    fn asks_for(&self, name: &str) -> bool {
        self.message_attribute_names.iter().any(|asked| {
            asked == "All"
                || asked == name
                || asked
                    .strip_suffix(".*")
                    .is_some_and(|prefix| prefix.is_empty() || name.starts_with(&format!("{prefix}.")))
        })
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) visible: u64,
    pub(super) delayed: u64,
    pub(super) in_flight: u64,
}

pub(super) fn counts(view: View<'_>, context: &Context, queue: &Queue) -> Result<Counts, Refusal> {
    let retention = attributes::number(queue, "MessageRetentionPeriod") * 1000;
    let mut counts = Counts::default();
    for found in view.scan::<Message>(&message::prefix(context, &queue.name)) {
        let (_, message) = found?;
        if message.sent_at.saturating_add(retention) <= context.now {
            continue;
        }
        *(match (message.visible_at > context.now, message.receives) {
            (false, _) => &mut counts.visible,
            (true, 0) => &mut counts.delayed,
            (true, _) => &mut counts.in_flight,
        }) += 1;
    }
    Ok(counts)
}
