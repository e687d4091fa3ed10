//! Tags of functions and mappings. Keys and values: botocore's shapes TagKey and TagValue, AWS's common limits.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::function;
use super::function::Function;
use super::mapping;
use super::mapping::Mapping;
use super::name;
use super::refusals;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::Batch;
use crate::store::View;

pub(super) type Tags = BTreeMap<String, String>;

const MOST: usize = 50;

/// # Errors
/// A key or value is not lawful, or there are too many.
pub(super) fn checked(tags: Tags) -> Result<Tags, Refusal> {
    let legal = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
    for (key, value) in &tags {
        if !(1..=128).contains(&key.chars().count()) || !key.chars().all(legal) {
            return Err(refusals::invalid(format!("Invalid tag key: {key}")));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(refusals::invalid("System tags cannot be added/updated by requester."));
        }
        if value.chars().count() > 256 || !value.chars().all(legal) {
            return Err(refusals::invalid(format!("Invalid value of tag {key}")));
        }
    }
    match tags.len() > MOST {
        true => Err(refusals::invalid(format!("A resource has at most {MOST} tags."))),
        false => Ok(tags),
    }
}

enum Tagged {
    Function(Box<Function>),
    Mapping(Box<Mapping>),
}

impl Tagged {
    /// The resource of the path, a function or a mapping by its ARN.
    fn labelled(view: View<'_>, request: &Request, context: &Context) -> Result<Self, Refusal> {
        let arn = request.labels.get("Resource").map(String::as_str).unwrap_or_default();
        if let Some(uuid) = arn.strip_prefix(&context.arn("lambda", mapping::IN_ARN)) {
            let found = mapping::find(view, context, uuid)?.ok_or_else(refusals::no_mapping)?;
            return Ok(Self::Mapping(Box::new(found)));
        }
        if !arn.starts_with("arn:") {
            return Err(refusals::constraint(
                &format!("'{arn}'"),
                "resource",
                "satisfy regular expression pattern: arn:(aws[a-zA-Z-]*):lambda:...",
            ));
        }
        let name = name::plain(arn, context)?;
        let found = function::find(view, context, name)?.ok_or_else(|| refusals::no_function(arn))?;
        Ok(Self::Function(Box::new(found)))
    }

    fn tags(&mut self) -> &mut Tags {
        match self {
            Self::Function(function) => &mut function.tags,
            Self::Mapping(mapping) => &mut mapping.tags,
        }
    }

    fn stored(self, context: &Context) -> Result<Reply, Refusal> {
        let mut batch = Batch::default();
        match self {
            Self::Function(function) => function.store(context, &mut batch)?,
            Self::Mapping(mapping) => mapping.store(context, &mut batch)?,
        }
        Ok(Reply::done(batch))
    }
}

pub(super) fn list(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let mut tagged = Tagged::labelled(view, request, context)?;
    Ok(Reply::output(json!({"Tags": tagged.tags()})))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagInput {
    tags: Option<Tags>,
}

pub(super) fn tag(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let mut tagged = Tagged::labelled(view, request, context)?;
    let sent = request.input::<TagInput>()?.tags;
    let mut tags = tagged.tags().clone();
    tags.extend(sent.ok_or_else(|| refusals::missing("tags"))?);
    *tagged.tags() = checked(tags)?;
    tagged.stored(context)
}

/// Keys that the resource does not have are no error.
pub(super) fn untag(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let mut tagged = Tagged::labelled(view, request, context)?;
    let removed = request.query.iter().filter(|(name, _)| name == "tagKeys");
    let removed: Vec<&String> = removed.map(|(_, key)| key).collect();
    if removed.is_empty() {
        return Err(refusals::missing("tagKeys"));
    }
    tagged.tags().retain(|key, _| !removed.contains(&key));
    tagged.stored(context)
}
