//! Tags of queues. Limits: SQS developer guide, quotas; characters as everywhere in AWS.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::queue;
use super::queue::UrlInput;
use super::refusals;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::Batch;
use crate::store::View;

pub(super) type Tags = BTreeMap<String, String>;

const MOST: usize = 50;

/// Whether a queue may have these tags.
pub(super) fn check(tags: &Tags) -> Result<(), Refusal> {
    let legal = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
    if tags.len() > MOST {
        return Err(refusals::invalid(format!(
            "Too many tags added for queue: at most {MOST}, got {}.",
            tags.len()
        )));
    }
    for (key, value) in tags {
        if key.is_empty() || key.chars().count() > 128 || !key.chars().all(legal) {
            return Err(refusals::invalid(format!(
                "Tag keys must be 1 to 128 letters, digits, spaces or _.:/=+-@, not \"{key}\"."
            )));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(refusals::invalid(format!(
                "Tag keys must not begin with aws:, as \"{key}\" does."
            )));
        }
        if value.chars().count() > 256 || !value.chars().all(legal) {
            return Err(refusals::invalid(format!(
                "Tag values must be at most 256 letters, digits, spaces or _.:/=+-@; that of \"{key}\" is not."
            )));
        }
    }
    Ok(())
}

pub(super) fn list(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: UrlInput = request.input()?;
    let queue = queue::to_read(view, context, input.queue_url.as_deref())?;
    let (_, tags) = queue.shown(context.now);
    Ok(Reply::output(if tags.is_empty() {
        json!({})
    } else {
        json!({"Tags": tags})
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagInput {
    queue_url: Option<String>,
    tags: Option<Tags>,
}

pub(super) fn tag(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: TagInput = request.input()?;
    let added = input.tags.ok_or_else(|| refusals::missing("Tags"))?;
    change(view, context, input.queue_url.as_deref(), |tags| tags.extend(added))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UntagInput {
    queue_url: Option<String>,
    tag_keys: Option<Vec<String>>,
}

pub(super) fn untag(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: UntagInput = request.input()?;
    let removed = input.tag_keys.ok_or_else(|| refusals::missing("TagKeys"))?;
    change(view, context, input.queue_url.as_deref(), |tags| {
        tags.retain(|key, _| !removed.contains(key))
    })
}

fn change(
    view: View<'_>,
    context: &Context,
    url: Option<&str>,
    change: impl FnOnce(&mut Tags),
) -> Result<Reply, Refusal> {
    let mut queue = queue::to_use(view, context, url)?;
    queue.begin_write(context);
    change(&mut queue.tags);
    check(&queue.tags)?;
    let mut batch = Batch::default();
    queue.store(context, &mut batch)?;
    Ok(Reply::done(batch))
}
