//! Tags of rules. Keys and values: botocore's shapes TagKey and TagValue. That rules take no empty values is what
//! clients report (hashicorp/terraform-provider-aws#40436).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::refusals;
use super::rule;
use super::rule::Rule;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::Batch;
use crate::store::View;

pub(super) type Tags = BTreeMap<String, String>;

const MOST: usize = 50;

/// The tags of CreateTopicRule: a URL query in a header.
pub(super) fn in_header(request: &Request) -> Result<Tags, Refusal> {
    let Some(header) = request.headers.get("x-amz-tagging") else {
        return Ok(Tags::new());
    };
    let header = header.as_bytes();
    let tags = unique(form_urlencoded::parse(header).map(|(key, value)| (key.into_owned(), value.into_owned())))?;
    match tags.len() > MOST {
        true => Err(refusals::invalid(format!("A resource has at most {MOST} tags."))),
        false => Ok(tags),
    }
}

fn unique(sent: impl Iterator<Item = (String, String)>) -> Result<Tags, Refusal> {
    let mut tags = Tags::new();
    for (key, value) in sent {
        check(&key, &value)?;
        if tags.insert(key.clone(), value).is_some() {
            return Err(refusals::invalid(format!("Duplicate tag key: {key}.")));
        }
    }
    Ok(tags)
}

fn check(key: &str, value: &str) -> Result<(), Refusal> {
    let legal = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
    if !(1..=128).contains(&key.chars().count()) || !key.chars().all(legal) {
        let problem = "expected 1 to 128 letters, digits, spaces or _.:/=+-@";
        return Err(refusals::invalid(format!("Invalid tag key '{key}': {problem}.")));
    }
    if key.to_ascii_lowercase().starts_with("aws:") {
        return Err(refusals::invalid(format!("Invalid tag key '{key}': aws: is reserved.")));
    }
    if !(1..=256).contains(&value.chars().count()) || !value.chars().all(legal) {
        let problem = "expected 1 to 256 letters, digits, spaces or _.:/=+-@";
        return Err(refusals::invalid(format!("Invalid value of tag '{key}': {problem}.")));
    }
    Ok(())
}

/// All at once: 50 tags need no paging.
pub(super) fn list(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let rule = resource(view, context, request.queried("resourceArn"))?;
    let tags = rule.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
    Ok(Reply::output(json!({"tags": tags.collect::<Vec<_>>()})))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TagInput {
    resource_arn: Option<String>,
    tags: Option<Vec<Tag>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: Option<String>,
    value: Option<String>,
}

pub(super) fn tag(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: TagInput = request.input()?;
    let mut rule = resource(view, context, input.resource_arn.as_deref())?;
    let sent = input.tags.ok_or_else(|| refusals::missing("tags"))?;
    let sent = sent
        .into_iter()
        .map(|tag| Some((tag.key?, tag.value.unwrap_or_default())));
    let sent: Vec<_> = sent
        .collect::<Option<_>>()
        .ok_or_else(|| refusals::missing("tags.member.key"))?;
    rule.tags.extend(unique(sent.into_iter())?);
    if rule.tags.len() > MOST {
        return Err(refusals::too_many_tags(MOST));
    }
    stored(&rule, context)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UntagInput {
    resource_arn: Option<String>,
    tag_keys: Option<Vec<String>>,
}

/// Keys that the resource does not have are no error.
pub(super) fn untag(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: UntagInput = request.input()?;
    let mut rule = resource(view, context, input.resource_arn.as_deref())?;
    let removed = input.tag_keys.ok_or_else(|| refusals::missing("tagKeys"))?;
    rule.tags.retain(|key, _| !removed.contains(key));
    stored(&rule, context)
}

fn stored(rule: &Rule, context: &Context) -> Result<Reply, Refusal> {
    let mut batch = Batch::default();
    rule.store(context, &mut batch)?;
    Ok(Reply::with(json!({}), batch))
}

/// Of IoT's taggable resources, rules are those that exist here.
fn resource(view: View<'_>, context: &Context, arn: Option<&str>) -> Result<Rule, Refusal> {
    let arn = arn.ok_or_else(|| refusals::missing("resourceArn"))?;
    if !arn.starts_with("arn:") || arn.split(':').count() < 6 {
        return Err(refusals::invalid(format!("Invalid resourceArn: {arn}.")));
    }
    let name = arn.strip_prefix(&context.arn("iot", "rule/")).unwrap_or_default();
    rule::find(view, context, name)?.ok_or_else(|| refusals::no_such_resource(arn))
}
