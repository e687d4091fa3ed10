//! Queues: made, found, listed and deleted.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::json;

use super::attributes;
use super::attributes::Attributes;
use super::fifo;
use super::message;
use super::refusals;
use super::tags;
use super::tags::Tags;
use crate::aws::delays::Wait;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::Batch;
use crate::store::View;

/// As many as one ListQueues answers.
const PAGE: usize = 1000;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Queue {
    pub(super) name: String,
    /// Times are milliseconds since 1970, here and below.
    pub(super) created_at: u64,
    pub(super) modified_at: u64,
    /// Only what was set; `attributes::effective` adds the defaults.
    pub(super) attributes: Attributes,
    pub(super) tags: Tags,
    /// From when it can be used at all, and from when it is listed: after `created_at` only where reads lag.
    usable_at: u64,
    listed_at: u64,
    /// What reads still show after a write, where they lag.
    before: Option<Before>,
    pub(super) purge_again_at: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Before {
    attributes: Attributes,
    tags: Tags,
    until: u64,
}

/// What stays of a deleted queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Deleted {
    reusable_at: u64,
    /// Reads still show the queue until then, where they lag.
    shown_until: u64,
    queue: Queue,
}

impl Queue {
    pub(super) fn is_fifo(&self) -> bool {
        self.name.ends_with(".fifo")
    }

    pub(super) fn arn(&self, context: &Context) -> String {
        context.arn("sqs", &self.name)
    }

    fn url(&self, context: &Context) -> String {
        format!(
            "https://sqs.{}.{}/{}/{}",
            context.region,
            context.domain(),
            context.account,
            self.name
        )
    }

    /// Attributes and tags as reads show them now.
    pub(super) fn shown(&self, now: u64) -> (&Attributes, &Tags) {
        match &self.before {
            Some(before) if now < before.until => (&before.attributes, &before.tags),
            _ => (&self.attributes, &self.tags),
        }
    }

    /// To be called before attributes or tags change.
    pub(super) fn begin_write(&mut self, context: &Context) {
        if !context.reads_lag {
            self.before = None;
            return;
        }
        let (attributes, tags) = self.shown(context.now);
        let (attributes, tags) = (attributes.clone(), tags.clone());
        let until = context.now + Wait::SqsReadLag.length(context.delays);
        self.before = Some(Before {
            attributes,
            tags,
            until,
        });
    }

    pub(super) fn store(&self, context: &Context, batch: &mut Batch) -> Result<(), Refusal> {
        Ok(batch.put(queue_key(context, &self.name), self)?)
    }
}

fn queue_key(context: &Context, name: &str) -> String {
    context.regional_prefix("sqs/queue") + name
}

fn deleted_key(context: &Context, name: &str) -> String {
    context.regional_prefix("sqs/deleted") + name
}

/// The queue of that name, if it can be used by now.
pub(super) fn named(view: View<'_>, context: &Context, name: &str) -> Result<Option<Queue>, Refusal> {
    let queue: Option<Queue> = view.get(&queue_key(context, name))?;
    Ok(queue.filter(|queue| queue.usable_at <= context.now))
}

/// The queue of that name as reads see it: where they lag, one just deleted is still there.
fn seen(view: View<'_>, context: &Context, name: &str) -> Result<Option<Queue>, Refusal> {
    if let Some(queue) = named(view, context, name)? {
        return Ok(Some(queue));
    }
    let deleted: Option<Deleted> = view.get(&deleted_key(context, name))?;
    Ok(deleted
        .filter(|deleted| context.now < deleted.shown_until)
        .map(|deleted| deleted.queue))
}

/// Seconds for which a queue of this account and region hides a received message; `None` where the ARN names none.
///
/// # Errors
/// The stored queue cannot be read.
pub(crate) fn visibility_timeout(view: View<'_>, context: &Context, arn: &str) -> Result<Option<u64>, Refusal> {
    let Some(name) = arn.strip_prefix(&context.arn("sqs", "")) else {
        return Ok(None);
    };
    let queue = named(view, context, name)?;
    Ok(queue.and_then(|queue| {
        let attributes = attributes::effective(&queue.attributes, queue.is_fifo());
        attributes.get("VisibilityTimeout")?.parse().ok()
    }))
}

/// The queue to read from; the URL's last part is its name.
pub(super) fn to_read(view: View<'_>, context: &Context, url: Option<&str>) -> Result<Queue, Refusal> {
    seen(view, context, name_in(url, context)?)?.ok_or_else(refusals::no_such_queue)
}

/// The queue to change or to use.
pub(super) fn to_use(view: View<'_>, context: &Context, url: Option<&str>) -> Result<Queue, Refusal> {
    named(view, context, name_in(url, context)?)?.ok_or_else(refusals::no_such_queue)
}

/// Another account's queue does not exist here.
fn name_in<'a>(url: Option<&'a str>, context: &Context) -> Result<&'a str, Refusal> {
    let url = url
        .filter(|url| !url.is_empty())
        .ok_or_else(|| refusals::missing("QueueUrl"))?;
    let mut parts = url.rsplit('/');
    let name = parts.next().unwrap_or_default();
    match parts.next() {
        Some(account) if account.len() == 12 && account != context.account => Err(refusals::no_such_queue()),
        _ => Ok(name),
    }
}

/// 1 to 80 letters, digits, `-` and `_`; a FIFO queue's name ends in `.fifo`, counted.
fn is_name(name: &str) -> bool {
    let stem = name.strip_suffix(".fifo").unwrap_or(name);
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !stem.is_empty() && name.len() <= 80 && stem.bytes().all(legal)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    queue_name: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default, rename = "tags")]
    tags: Tags,
}

/// With an existing queue's name: its URL if all attributes sent are equal to its own, whoever made it and whatever its
/// tags; tags sent along are then ignored.
pub(super) fn create(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: CreateInput = request.input()?;
    let name = input
        .queue_name
        .filter(|name| !name.is_empty())
        .ok_or_else(|| refusals::missing("QueueName"))?;
    check_name(&name, &input.attributes)?;
    tags::check(&input.tags)?;
    let attributes = attributes::changed(view, context, &name, &Attributes::new(), &input.attributes)?;
    // Not `named`: a queue that cannot be used yet exists all the same.
    if let Some(queue) = view.get::<Queue>(&queue_key(context, &name))? {
        let differing = attributes::first_difference(&queue, &attributes, input.attributes.keys());
        return match differing {
            Some(attribute) => Err(refusals::name_exists(attribute)),
            None => Ok(Reply::output(json!({"QueueUrl": queue.url(context)}))),
        };
    }
    let mut batch = Batch::default();
    if let Some(deleted) = view.get::<Deleted>(&deleted_key(context, &name))? {
        if context.now < deleted.reusable_at {
            return Err(refusals::deleted_recently());
        }
        batch.delete(deleted_key(context, &name));
    }
    let lag = |wait: Wait| {
        if context.reads_lag {
            wait.length(context.delays)
        } else {
            0
        }
    };
    let queue = Queue {
        name,
        created_at: context.now,
        modified_at: context.now,
        attributes,
        tags: input.tags,
        usable_at: context.now + lag(Wait::QueueFirstUse),
        listed_at: context.now + lag(Wait::SqsReadLag),
        before: None,
        purge_again_at: 0,
    };
    queue.store(context, &mut batch)?;
    Ok(Reply::with(json!({"QueueUrl": queue.url(context)}), batch))
}

fn check_name(name: &str, attributes: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let fifo = attributes.get("FifoQueue").map(String::as_str);
    if !is_name(name) || (name.ends_with(".fifo") && fifo != Some("true")) {
        return Err(refusals::invalid(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        ));
    }
    if !name.ends_with(".fifo") && fifo == Some("true") {
        return Err(refusals::invalid(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.",
        ));
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetUrlInput {
    queue_name: Option<String>,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
}

pub(super) fn get_url(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: GetUrlInput = request.input()?;
    let name = input.queue_name.ok_or_else(|| refusals::missing("QueueName"))?;
    let ours = input.owner.is_none_or(|owner| owner == context.account);
    let queue = if ours { seen(view, context, &name)? } else { None };
    let queue = queue.ok_or_else(refusals::no_such_queue)?;
    Ok(Reply::output(json!({"QueueUrl": queue.url(context)})))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    #[serde(default)]
    queue_name_prefix: String,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// A token comes back only to those who sent MaxResults; others get the first thousand and no word of the rest.
pub(super) fn list(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: ListInput = request.input()?;
    let size = match input.max_results {
        None => PAGE,
        Some(asked) => usize::try_from(asked)
            .ok()
            .filter(|asked| (1..=PAGE).contains(asked))
            .ok_or_else(|| {
                refusals::invalid_parameter(
                    &asked.to_string(),
                    "MaxResults",
                    "MaxResults must be an integer between 1 and 1000.",
                )
            })?,
    };
    let after = input.next_token.unwrap_or_default();
    if !after.is_empty() && !is_name(&after) {
        return Err(refusals::invalid("Invalid or expired next token."));
    }
    let mut queues = listed(view, context, &input.queue_name_prefix)?
        .into_iter()
        .filter(|(name, _)| *name > after);
    let page: Vec<_> = queues.by_ref().take(size).collect();
    let mut output = json!({});
    if let Some((last, _)) = page.last() {
        if input.max_results.is_some() && queues.next().is_some() {
            output["NextToken"] = json!(last);
        }
        output["QueueUrls"] = page.iter().map(|(_, queue)| queue.url(context)).collect();
    }
    Ok(Reply::output(output))
}

/// What ListQueues shows now, by name.
fn listed(view: View<'_>, context: &Context, prefix: &str) -> Result<BTreeMap<String, Queue>, Refusal> {
    let mut listed = BTreeMap::new();
    for found in view.scan::<Queue>(&queue_key(context, prefix)) {
        let (_, queue) = found?;
        if queue.listed_at <= context.now {
            listed.insert(queue.name.clone(), queue);
        }
    }
    for found in view.scan::<Deleted>(&deleted_key(context, prefix)) {
        let (_, deleted) = found?;
        if context.now < deleted.shown_until {
            listed.entry(deleted.queue.name.clone()).or_insert(deleted.queue);
        }
    }
    Ok(listed)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UrlInput {
    pub(super) queue_url: Option<String>,
}

/// Its messages go with it, unasked.
pub(super) fn delete(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: UrlInput = request.input()?;
    let queue = to_use(view, context, input.queue_url.as_deref())?;
    let mut batch = Batch::default();
    message::delete_all(view, context, &queue.name, &mut batch);
    fifo::forget(context, &queue.name, &mut batch);
    batch.delete(queue_key(context, &queue.name));
    let lag = if context.reads_lag {
        Wait::SqsReadLag.length(context.delays)
    } else {
        0
    };
    let deleted = Deleted {
        reusable_at: context.now + Wait::QueueNameReuse.length(context.delays),
        shown_until: context.now + lag,
        queue,
    };
    batch.put(deleted_key(context, &deleted.queue.name), &deleted)?;
    Ok(Reply::done(batch))
}
