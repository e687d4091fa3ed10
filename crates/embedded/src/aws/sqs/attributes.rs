//! Attributes of queues: what there is, what a value may be, what is shown where nothing was set.
//!
//! Ranges and defaults: SQS API reference, CreateQueue and SetQueueAttributes. That `""` removes policies and the key,
//! that new queues have `SqsManagedSseEnabled`, and that the last kind of encryption set wins, is what clients report.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::queue;
use super::queue::Queue;
use super::receive;
use super::redrive;
use super::refusals;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::Batch;
use crate::store::View;

pub(super) type Attributes = BTreeMap<String, String>;

/// What can be set.
struct Attribute {
    name: &'static str,
    form: Form,
    /// What is shown where nothing was set; without one, nothing is.
    default: Option<&'static str>,
    of: Kind,
}

enum Form {
    Seconds(u64, u64),
    Boolean,
    OneOf(&'static [&'static str]),
    /// Text that `""` removes.
    Text,
    /// A JSON object in text, which `""` removes.
    Document,
}

#[derive(PartialEq)]
enum Kind {
    Any,
    Fifo,
}

const fn attribute(name: &'static str, form: Form, default: Option<&'static str>) -> Attribute {
    Attribute {
        name,
        form,
        default,
        of: Kind::Any,
    }
}

const fn fifo(name: &'static str, form: Form, default: Option<&'static str>) -> Attribute {
    Attribute {
        name,
        form,
        default,
        of: Kind::Fifo,
    }
}

const ATTRIBUTES: &[Attribute] = &[
    attribute("DelaySeconds", Form::Seconds(0, 900), Some("0")),
    attribute("MaximumMessageSize", Form::Seconds(1_024, 1_048_576), Some("1048576")),
    attribute("MessageRetentionPeriod", Form::Seconds(60, 1_209_600), Some("345600")),
    attribute("Policy", Form::Document, None),
    attribute("ReceiveMessageWaitTimeSeconds", Form::Seconds(0, 20), Some("0")),
    attribute("RedriveAllowPolicy", Form::Document, None),
    attribute("RedrivePolicy", Form::Document, None),
    attribute("VisibilityTimeout", Form::Seconds(0, 43_200), Some("30")),
    attribute("KmsMasterKeyId", Form::Text, None),
    attribute("KmsDataKeyReusePeriodSeconds", Form::Seconds(60, 86_400), Some("300")),
    attribute("SqsManagedSseEnabled", Form::Boolean, Some("true")),
    fifo("FifoQueue", Form::Boolean, Some("true")),
    fifo("ContentBasedDeduplication", Form::Boolean, Some("false")),
    fifo(
        "DeduplicationScope",
        Form::OneOf(&["queue", "messageGroup"]),
        Some("queue"),
    ),
    fifo(
        "FifoThroughputLimit",
        Form::OneOf(&["perQueue", "perMessageGroupId"]),
        Some("perQueue"),
    ),
];

/// What is only shown.
const LIVE: &[&str] = &[
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
];

/// All that the settings amount to, defaults included.
pub(super) fn effective(attributes: &Attributes, is_fifo: bool) -> Attributes {
    let has_key = attributes.contains_key("KmsMasterKeyId");
    let shown = ATTRIBUTES
        .iter()
        .filter(|attribute| is_fifo || attribute.of == Kind::Any)
        .filter_map(|attribute| {
            let value = match (attributes.get(attribute.name), attribute.name) {
                (_, "KmsDataKeyReusePeriodSeconds") if !has_key => return None,
                (_, "SqsManagedSseEnabled") if has_key => "false",
                (Some(value), _) => value,
                (None, _) => attribute.default?,
            };
            Some((attribute.name.to_owned(), value.to_owned()))
        });
    shown.collect()
}

/// A number of the queue's, default included.
pub(super) fn number(queue: &Queue, name: &str) -> u64 {
    let set = queue.attributes.get(name).map(String::as_str);
    let default = || {
        ATTRIBUTES
            .iter()
            .find(|attribute| attribute.name == name)
            .and_then(|attribute| attribute.default)
    };
    set.or_else(default)
        .and_then(|value| value.parse().ok())
        .unwrap_or_default()
}

/// The attributes after `wanted` was set over `before`, or why it cannot be.
pub(super) fn changed(
    view: View<'_>,
    context: &Context,
    queue: &str,
    before: &Attributes,
    wanted: &BTreeMap<String, String>,
) -> Result<Attributes, Refusal> {
    let is_fifo = queue.ends_with(".fifo");
    let mut after = before.clone();
    for (name, value) in wanted {
        let attribute = ATTRIBUTES
            .iter()
            .find(|attribute| attribute.name == name && (is_fifo || attribute.of == Kind::Any))
            .ok_or_else(|| refusals::unknown_attribute(name))?;
        match attribute.stored(value)? {
            Some(value) => after.insert(name.clone(), value),
            None => after.remove(name),
        };
    }
    let set = |name: &str| wanted.get(name).is_some_and(|value| !value.is_empty());
    settle_encryption(set("KmsMasterKeyId"), wanted, &mut after)?;
    let is = |name: &str, value: &str| after.get(name).is_some_and(|found| found == value);
    if is("FifoThroughputLimit", "perMessageGroupId") && !is("DeduplicationScope", "messageGroup") {
        let reason = "perMessageGroupId is allowed only when DeduplicationScope is messageGroup.";
        return Err(refusals::invalid_attribute_because("FifoThroughputLimit", reason));
    }
    if set("RedriveAllowPolicy") {
        redrive::check_allowance(after.get("RedriveAllowPolicy").map_or("", String::as_str))?;
    }
    if set("RedrivePolicy") {
        redrive::check_policy(
            view,
            context,
            queue,
            after.get("RedrivePolicy").map_or("", String::as_str),
        )?;
    }
    Ok(after)
}

/// A queue is encrypted with a key or by SQS itself; the one set last takes the other's place.
fn settle_encryption(key: bool, wanted: &BTreeMap<String, String>, after: &mut Attributes) -> Result<(), Refusal> {
    let own_encryption = wanted.get("SqsManagedSseEnabled").is_some_and(|value| value == "true");
    match (key, own_encryption) {
        (true, true) => {
            let reason = "You can use one type of server-side encryption (SSE) at one time. \
                          You can either enable KMS SSE or SQS SSE.";
            return Err(refusals::invalid_attribute_because("SqsManagedSseEnabled", reason));
        }
        (true, false) => drop(after.remove("SqsManagedSseEnabled")),
        (false, true) => drop(after.remove("KmsMasterKeyId")),
        (false, false) => {}
    }
    Ok(())
}

impl Attribute {
    /// The value as it is kept; `None` where it is removed.
    fn stored(&self, value: &str) -> Result<Option<String>, Refusal> {
        let invalid = || refusals::invalid_attribute(self.name);
        match self.form {
            Form::Seconds(least, most) => {
                let number: u64 = value.parse().map_err(|_| invalid())?;
                if !(least..=most).contains(&number) {
                    return Err(invalid());
                }
                Ok(Some(number.to_string()))
            }
            Form::Boolean if self.name == "FifoQueue" && value != "true" => Err(invalid()),
            Form::Boolean if value == "true" || value == "false" => Ok(Some(value.to_owned())),
            Form::OneOf(values) if values.contains(&value) => Ok(Some(value.to_owned())),
            Form::Boolean | Form::OneOf(_) => Err(invalid()),
            Form::Text | Form::Document if value.is_empty() => Ok(None),
            Form::Text => Ok(Some(value.to_owned())),
            Form::Document => match serde_json::from_str(value) {
                Ok(Value::Object(_)) => Ok(Some(value.to_owned())),
                _ => Err(invalid()),
            },
        }
    }
}

/// The first of `names` whose value is not the one that the queue has. Documents are compared by what they say.
pub(super) fn first_difference<'a>(
    queue: &Queue,
    wanted: &Attributes,
    mut names: impl Iterator<Item = &'a String>,
) -> Option<&'a str> {
    let has = effective(&queue.attributes, queue.is_fifo());
    let wanted = effective(wanted, queue.is_fifo());
    let parsed = |text: Option<&String>| text.and_then(|text| serde_json::from_str::<Value>(text).ok());
    names.find_map(|name| {
        let (has, wanted) = (has.get(name), wanted.get(name));
        let same = has == wanted
            || (has.is_some() && wanted.is_some() && parsed(has) == parsed(wanted) && parsed(has).is_some());
        (!same).then_some(name.as_str())
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetInput {
    queue_url: Option<String>,
    #[serde(default)]
    attribute_names: Vec<String>,
}

/// Nothing is asked for by naming nothing.
pub(super) fn get(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: GetInput = request.input()?;
    let queue = queue::to_read(view, context, input.queue_url.as_deref())?;
    let known = |name: &str| ATTRIBUTES.iter().any(|attribute| attribute.name == name) || LIVE.contains(&name);
    if let Some(unknown) = input.attribute_names.iter().find(|name| *name != "All" && !known(name)) {
        return Err(refusals::unknown_attribute(unknown));
    }
    if input.attribute_names.is_empty() {
        return Ok(Reply::output(json!({})));
    }
    let (set, _) = queue.shown(context.now);
    let mut all = effective(set, queue.is_fifo());
    let counts = receive::counts(view, context, &queue)?;
    let seconds = |milliseconds: u64| (milliseconds / 1000).to_string();
    all.extend([
        ("ApproximateNumberOfMessages".to_owned(), counts.visible.to_string()),
        (
            "ApproximateNumberOfMessagesDelayed".to_owned(),
            counts.delayed.to_string(),
        ),
        (
            "ApproximateNumberOfMessagesNotVisible".to_owned(),
            counts.in_flight.to_string(),
        ),
        ("CreatedTimestamp".to_owned(), seconds(queue.created_at)),
        ("LastModifiedTimestamp".to_owned(), seconds(queue.modified_at)),
        ("QueueArn".to_owned(), queue.arn(context)),
    ]);
    if !input.attribute_names.iter().any(|name| name == "All") {
        all.retain(|name, _| input.attribute_names.contains(name));
    }
    Ok(Reply::output(if all.is_empty() {
        json!({})
    } else {
        json!({"Attributes": all})
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SetInput {
    queue_url: Option<String>,
    attributes: Option<BTreeMap<String, String>>,
}

pub(super) fn set(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: SetInput = request.input()?;
    let mut queue = queue::to_use(view, context, input.queue_url.as_deref())?;
    let wanted = input.attributes.ok_or_else(|| refusals::missing("Attributes"))?;
    if wanted.contains_key("FifoQueue") {
        return Err(refusals::unknown_attribute("FifoQueue"));
    }
    let after = changed(view, context, &queue.name, &queue.attributes, &wanted)?;
    queue.begin_write(context);
    queue.attributes = after;
    queue.modified_at = context.now;
    let mut batch = Batch::default();
    queue.store(context, &mut batch)?;
    Ok(Reply::done(batch))
}
