//! Tags of secrets. Limits: botocore's model and the API reference of TagResource.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::refusals;
use super::secret;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::View;

pub(super) type Tags = BTreeMap<String, String>;

const MOST: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagInput {
    key: Option<String>,
    value: Option<String>,
}

/// The parameter `Tags`; the last of a key wins.
pub(super) fn read(tags: Vec<TagInput>) -> Result<Tags, Refusal> {
    let legal = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
    let mut read = Tags::new();
    for TagInput { key, value } in tags {
        let (key, value) = (key.unwrap_or_default(), value.unwrap_or_default());
        let fits = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
        if !fits || !key.chars().chain(value.chars()).all(legal) || key.to_ascii_lowercase().starts_with("aws:") {
            return Err(refusals::invalid_parameter(format!(
                "Invalid tag: key \"{key}\", value \"{value}\". Keys have 1 to 128 characters and do not begin with \
                 aws:, values at most 256; letters, digits, spaces and _.:/=+-@ are allowed."
            )));
        }
        read.insert(key, value);
    }
    check(&read)?;
    Ok(read)
}

fn check(tags: &Tags) -> Result<(), Refusal> {
    if tags.len() > MOST {
        return Err(refusals::invalid_parameter(format!(
            "A secret can have at most {MOST} tags."
        )));
    }
    Ok(())
}

pub(super) fn shown(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChangeInput {
    secret_id: Option<String>,
    #[serde(default)]
    tags: Vec<TagInput>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

pub(super) fn tag(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: ChangeInput = request.input()?;
    let mut secret = secret::usable(view, context, input.secret_id.as_deref())?;
    secret.tags.extend(read(input.tags)?);
    check(&secret.tags)?;
    Ok(Reply::done(secret.stored(context)?))
}

pub(super) fn untag(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: ChangeInput = request.input()?;
    let mut secret = secret::usable(view, context, input.secret_id.as_deref())?;
    secret.tags.retain(|key, _| !input.tag_keys.contains(key));
    Ok(Reply::done(secret.stored(context)?))
}
