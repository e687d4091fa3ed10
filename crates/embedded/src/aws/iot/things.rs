//! The registry of things: made, read, updated, deleted and listed. Every update counts a thing's version up by one,
//! whether it changed anything or not (what AWS does with one that changes nothing is not published).
//!
//! Alphabets and lengths: botocore's shapes ThingName, AttributeName and AttributeValue. A thing without a type has at
//! most three attributes (IoT developer guide, how to manage things with the registry); types and billing groups are not
//! implemented, so none exists.

mod attributes;
mod list;

use serde::Deserialize;
use serde::Serialize;
use serde_json::json;

use self::attributes::Attributes;
use self::attributes::Payload;
pub(super) use self::list::list;
use super::refusals;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::identifier::uuid;
use crate::store::Batch;
use crate::store::View;

/// Of the store's keys for things.
const THINGS: &str = "iot/thing";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Thing {
    name: String,
    /// Another one for a thing of the same name that is made after this one is deleted.
    id: String,
    attributes: Attributes,
    /// From 1.
    version: i64,
}

impl Thing {
    fn arn(&self, context: &Context) -> String {
        context.arn("iot", &format!("thing/{}", self.name))
    }

    fn expected(self, version: Option<i64>) -> Result<Self, Refusal> {
        match version {
            Some(expected) if expected != self.version => {
                Err(refusals::version_conflict(&self.name, expected, self.version))
            }
            _ => Ok(self),
        }
    }

    fn store(&self, context: &Context) -> Result<Batch, Refusal> {
        let mut batch = Batch::default();
        batch.put(context.regional_prefix(THINGS) + &self.name, self)?;
        Ok(batch)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateInput {
    thing_type_name: Option<String>,
    billing_group_name: Option<String>,
    attribute_payload: Option<Payload>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateInput {
    thing_type_name: Option<String>,
    attribute_payload: Option<Payload>,
    expected_version: Option<i64>,
    remove_thing_type: Option<bool>,
}

/// 1 to 128 letters, digits and `:_-`.
fn is_name(name: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b":_-".contains(&byte);
    (1..=128).contains(&name.len()) && name.bytes().all(legal)
}

/// The name in the path.
fn name(request: &Request) -> Result<&str, Refusal> {
    let name = request.labels.get("thingName").map(String::as_str).unwrap_or_default();
    if is_name(name) {
        return Ok(name);
    }
    let rule = match name.len() > 128 {
        true => "have length less than or equal to 128",
        false => "satisfy regular expression pattern: [a-zA-Z0-9:_-]+",
    };
    Err(refusals::constraint(&format!("'{name}'"), "thingName", rule))
}

fn find(view: View<'_>, context: &Context, name: &str) -> Result<Option<Thing>, Refusal> {
    Ok(view.get(&(context.regional_prefix(THINGS) + name))?)
}

fn named(view: View<'_>, request: &Request, context: &Context) -> Result<Thing, Refusal> {
    let name = name(request)?;
    find(view, context, name)?.ok_or_else(|| refusals::no_such_thing(name))
}

/// Done again with the same attributes it succeeds, and answers the thing that is there.
pub(super) fn create(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let name = name(request)?;
    let input: CreateInput = request.input()?;
    no_type(input.thing_type_name.as_deref())?;
    if let Some(group) = &input.billing_group_name {
        return Err(refusals::no_such("Billing group", group));
    }
    let attributes = attributes::laid_over(&Attributes::new(), input.attribute_payload.as_ref())?;
    if let Some(thing) = find(view, context, name)? {
        return match thing.attributes == attributes {
            true => Ok(Reply::output(made(&thing, context))),
            false => Err(refusals::thing_exists(name, &thing.arn(context), &thing.id)),
        };
    }
    let thing = Thing {
        name: name.to_owned(),
        id: uuid(),
        attributes,
        version: 1,
    };
    Ok(Reply::with(made(&thing, context), thing.store(context)?))
}

fn made(thing: &Thing, context: &Context) -> serde_json::Value {
    json!({"thingName": thing.name, "thingArn": thing.arn(context), "thingId": thing.id})
}

fn no_type(named: Option<&str>) -> Result<(), Refusal> {
    named.map_or(Ok(()), |name| Err(refusals::no_such("Thing type", name)))
}

pub(super) fn describe(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let thing = named(view, request, context)?;
    Ok(Reply::output(json!({
        "defaultClientId": thing.name,
        "thingName": thing.name,
        "thingId": thing.id,
        "thingArn": thing.arn(context),
        "attributes": thing.attributes,
        "version": thing.version,
    })))
}

pub(super) fn update(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: UpdateInput = request.input()?;
    let mut thing = named(view, request, context)?.expected(input.expected_version)?;
    no_type(input.thing_type_name.as_deref())?;
    if input.remove_thing_type == Some(true) {
        return Err(refusals::invalid(format!("Thing {} has no thing type.", thing.name)));
    }
    thing.attributes = attributes::laid_over(&thing.attributes, input.attribute_payload.as_ref())?;
    thing.version += 1;
    let batch = thing.store(context)?;
    Ok(Reply::with(json!({}), batch))
}

/// A thing that does not exist is deleted like one that does.
pub(super) fn delete(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let name = name(request)?;
    let expected = match request.queried("expectedVersion") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            let rule = "be a whole number";
            refusals::constraint(&format!("'{text}'"), "expectedVersion", rule)
        })?),
    };
    let mut batch = Batch::default();
    if let Some(thing) = find(view, context, name)? {
        thing.expected(expected)?;
        batch.delete(context.regional_prefix(THINGS) + name);
    }
    Ok(Reply::with(json!({}), batch))
}
