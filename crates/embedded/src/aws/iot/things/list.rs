//! ListThings: things in the order of their names, by an attribute where one is asked for.

use serde_json::Value;
use serde_json::json;

use super::Thing;
use super::attributes::is_attribute_name;
use super::is_name;
use super::refusals;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::View;

/// botocore's shape RegistryMaxResults.
const LARGEST_PAGE: usize = 250;
/// Not published; small, so that paging is met.
const DEFAULT_PAGE: usize = 25;

struct Wanted<'r> {
    attribute: Option<(&'r str, Option<&'r str>)>,
    /// Whether the value is only how the attribute's value begins.
    prefix: bool,
    typed: bool,
    page: usize,
    /// The last thing of the page before.
    after: Option<&'r str>,
}

pub(in super::super) fn list(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let wanted = Wanted::of(request)?;
    let prefix = context.regional_prefix(super::THINGS);
    let after = wanted.after.map(|name| prefix.clone() + name).unwrap_or_default();
    let mut shown: Vec<Value> = Vec::new();
    let mut last = String::new();
    for found in view.scan_after::<Thing>(&prefix, &after) {
        let (_, thing) = found?;
        if !wanted.takes(&thing) {
            continue;
        }
        if shown.len() == wanted.page {
            return Ok(Reply::output(
                json!({"things": shown, "nextToken": format!("after:{last}")}),
            ));
        }
        shown.push(json!({
            "thingName": thing.name,
            "thingArn": thing.arn(context),
            "attributes": thing.attributes,
            "version": thing.version,
        }));
        last = thing.name;
    }
    Ok(Reply::output(json!({"things": shown})))
}

impl<'r> Wanted<'r> {
    fn of(request: &'r Request) -> Result<Self, Refusal> {
        let page = match request.queried("maxResults") {
            None => DEFAULT_PAGE,
            Some(text) => {
                let number = text.parse().ok().filter(|number| (1..=LARGEST_PAGE).contains(number));
                let rule = format!("be a number from 1 to {LARGEST_PAGE}");
                number.ok_or_else(|| refusals::constraint(&format!("'{text}'"), "maxResults", &rule))?
            }
        };
        let attribute = match request.queried("attributeName") {
            None => None,
            Some(name) if is_attribute_name(name) => Some((name, request.queried("attributeValue"))),
            Some(name) => {
                let rule = "satisfy regular expression pattern: [a-zA-Z0-9_.,@/:#-]+";
                return Err(refusals::constraint(&format!("'{name}'"), "attributeName", rule));
            }
        };
        let after = request.queried("nextToken").map(|token| {
            let name = token.strip_prefix("after:").filter(|name| is_name(name));
            name.ok_or_else(|| refusals::invalid("Invalid nextToken."))
        });
        Ok(Self {
            attribute,
            prefix: request.queried("usePrefixAttributeValue") == Some("true"),
            typed: request.queried("thingTypeName").is_some(),
            page,
            after: after.transpose()?,
        })
    }

    /// No thing has a type.
    fn takes(&self, thing: &Thing) -> bool {
        let has = |(name, wanted): (&str, Option<&str>)| match (thing.attributes.get(name), wanted) {
            (Some(value), Some(wanted)) if self.prefix => value.starts_with(wanted),
            (Some(value), Some(wanted)) => value == wanted,
            (value, None) => value.is_some(),
            (None, Some(_)) => false,
        };
        !self.typed && self.attribute.is_none_or(has)
    }
}
