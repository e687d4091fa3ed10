//! Event source mappings from queues to functions.
//!
//! A mapping's changes take time: until a deadline it is Creating, Enabling, Disabling, Updating or Deleting, and refuses
//! further ones as in use. A deleted mapping is gone when its deadline has passed.

mod settings;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use self::settings::Sent;
use self::settings::Settings;
use super::function;
use super::function::Function;
use super::name;
use super::refusals;
use super::tags;
use super::tags::Tags;
use crate::aws::delays::Wait;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::aws::sqs;
use crate::identifier::uuid;
use crate::store::Batch;
use crate::store::View;

/// Of the store's keys for mappings.
const THINGS: &str = "lambda/mapping";
/// Before the UUID in an ARN.
pub(super) const IN_ARN: &str = "event-source-mapping:";
/// As many as one ListEventSourceMappings answers.
const PAGE: usize = 100;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Mapping {
    uuid: String,
    queue_arn: String,
    /// By name.
    function: String,
    settings: Settings,
    pub(super) tags: Tags,
    /// Times are milliseconds since 1970.
    modified_at: u64,
    /// What it is until then.
    transition: Transition,
    until: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Transition {
    Creating,
    Enabling,
    Disabling,
    Updating,
    Deleting,
}

impl Mapping {
    pub(super) fn store(&self, context: &Context, batch: &mut Batch) -> Result<(), Refusal> {
        Ok(batch.put(key(context, &self.uuid), self)?)
    }

    fn is_gone(&self, context: &Context) -> bool {
        self.transition == Transition::Deleting && self.until <= context.now
    }

    fn state(&self, context: &Context) -> String {
        if context.now < self.until {
            return format!("{:?}", self.transition);
        }
        if self.settings.enabled { "Enabled" } else { "Disabled" }.to_owned()
    }

    fn begin(&mut self, transition: Transition, context: &Context) {
        let wait = match transition {
            Transition::Creating => Wait::MappingCreating,
            Transition::Deleting => Wait::MappingDeleting,
            Transition::Enabling | Transition::Disabling | Transition::Updating => Wait::MappingUpdating,
        };
        self.transition = transition;
        self.until = context.now + wait.length(context.delays);
        self.modified_at = context.now;
    }

    /// Not in the middle of another change.
    fn settled(self, context: &Context, verb: &str) -> Result<Self, Refusal> {
        match context.now < self.until {
            true => Err(refusals::mapping_in_use(verb)),
            false => Ok(self),
        }
    }

    fn shown(&self, context: &Context) -> Value {
        let Settings {
            enabled: _,
            batch_size,
            window,
            response_types,
            maximum_concurrency,
            filters,
            others,
        } = &self.settings;
        let mut shown = json!({
            "UUID": self.uuid,
            "EventSourceMappingArn": context.arn("lambda", &format!("{IN_ARN}{}", self.uuid)),
            "EventSourceArn": self.queue_arn,
            "FunctionArn": name::arn(context, &self.function),
            "BatchSize": batch_size,
            "MaximumBatchingWindowInSeconds": window,
            "FunctionResponseTypes": response_types,
            "LastModified": self.modified_at / 1000,
            "State": self.state(context),
            "StateTransitionReason": "USER_INITIATED",
        });
        if let Some(maximum) = maximum_concurrency {
            shown["ScalingConfig"] = json!({"MaximumConcurrency": maximum});
        }
        if !filters.is_empty() {
            let filters: Vec<Value> = filters.iter().map(|pattern| json!({"Pattern": pattern})).collect();
            shown["FilterCriteria"] = json!({"Filters": filters});
        }
        for (name, value) in others {
            shown[name] = value.clone();
        }
        shown
    }
}

fn key(context: &Context, uuid: &str) -> String {
    context.regional_prefix(THINGS) + uuid
}

pub(super) fn find(view: View<'_>, context: &Context, uuid: &str) -> Result<Option<Mapping>, Refusal> {
    let found: Option<Mapping> = view.get(&key(context, uuid))?;
    Ok(found.filter(|mapping| !mapping.is_gone(context)))
}

fn labelled(view: View<'_>, request: &Request, context: &Context) -> Result<Mapping, Refusal> {
    let uuid = request.labels.get("UUID").map(String::as_str).unwrap_or_default();
    find(view, context, uuid)?.ok_or_else(refusals::no_mapping)
}

fn all(view: View<'_>, context: &Context) -> Result<Vec<Mapping>, Refusal> {
    let mut found = Vec::new();
    for each in view.scan::<Mapping>(&context.regional_prefix(THINGS)) {
        let (_, mapping) = each?;
        if !mapping.is_gone(context) {
            found.push(mapping);
        }
    }
    Ok(found)
}

/// Looks at both ends and at the role, as Lambda does when a mapping is made or changed, and never again.
fn check_ends(view: View<'_>, context: &Context, queue_arn: &str, function: &Function) -> Result<(), Refusal> {
    let Some(hidden) = sqs::visibility_timeout(view, context, queue_arn)? else {
        return Err(refusals::invalid(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error \
             Message: The specified queue does not exist.",
        ));
    };
    let runs = u64::try_from(function.configuration.timeout).unwrap_or_default();
    if hidden < runs {
        return Err(refusals::invalid(format!(
            "Queue visibility timeout: {hidden} seconds is less than Function timeout: {runs} seconds"
        )));
    }
    function::check_role(view, context, &function.configuration.role)
}

fn function_named(view: View<'_>, context: &Context, named: &str) -> Result<Function, Refusal> {
    let name = name::plain(named, context)?;
    function::find(view, context, name)?.ok_or_else(|| refusals::no_function(&name::arn(context, name)))
}

pub(super) fn create(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let mut sent: Sent = request.input()?;
    let named = sent
        .function_name
        .clone()
        .ok_or_else(|| refusals::missing("functionName"))?;
    let queue_arn = sent.event_source_arn.clone().ok_or_else(|| {
        refusals::invalid(
            "Unrecognized event source, must be kinesis, dynamodb stream or sqs. Unsupported source arn null",
        )
    })?;
    let mut settings = Settings::new();
    settings.apply(&sent)?;
    let tags = tags::checked(sent.tags.take().unwrap_or_default())?;
    let function = function_named(view, context, &named)?;
    let existing = all(view, context)?
        .into_iter()
        .find(|mapping| mapping.queue_arn == queue_arn && mapping.function == function.name);
    if let Some(existing) = existing {
        return Err(refusals::mapping_exists(&queue_arn, &function.name, &existing.uuid));
    }
    check_ends(view, context, &queue_arn, &function)?;
    let mut mapping = Mapping {
        uuid: uuid(),
        queue_arn,
        function: function.name,
        settings,
        tags,
        modified_at: 0,
        transition: Transition::Creating,
        until: 0,
    };
    mapping.begin(Transition::Creating, context);
    let mut batch = Batch::default();
    for each in view.scan::<Mapping>(&context.regional_prefix(THINGS)) {
        let (key, former) = each?;
        if former.is_gone(context) {
            batch.delete(key);
        }
    }
    mapping.store(context, &mut batch)?;
    Ok(Reply::with(mapping.shown(context), batch))
}

pub(super) fn get(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let mapping = labelled(view, request, context)?;
    Ok(Reply::output(mapping.shown(context)))
}

/// In the order of UUIDs; of one queue or one function where that is asked for.
pub(super) fn list(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let page = match request.queried("MaxItems") {
        None => PAGE,
        Some(text) => match text.parse() {
            Ok(number @ 1..=10_000) => PAGE.min(number),
            _ => {
                return Err(refusals::constraint(
                    &format!("'{text}'"),
                    "maxItems",
                    "be from 1 to 10000",
                ));
            }
        },
    };
    let function = request
        .queried("FunctionName")
        .map(|named| name::plain(named, context))
        .transpose()?;
    let queue = request.queried("EventSourceArn");
    let after = request.queried("Marker").unwrap_or_default();
    let mut found = all(view, context)?;
    found.retain(|mapping| {
        queue.is_none_or(|queue| mapping.queue_arn == queue)
            && function.is_none_or(|function| mapping.function == function)
            && mapping.uuid.as_str() > after
    });
    let shown: Vec<Value> = found.iter().take(page).map(|mapping| mapping.shown(context)).collect();
    let mut output = json!({"EventSourceMappings": shown});
    if found.len() > page
        && let Some(last) = found.get(page - 1)
    {
        output["NextMarker"] = json!(last.uuid);
    }
    Ok(Reply::output(output))
}

pub(super) fn update(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let mapping = labelled(view, request, context)?;
    let sent: Sent = request.input()?;
    let mut settings = mapping.settings.clone();
    settings.apply(&sent)?;
    let named = sent.function_name.as_deref().unwrap_or(&mapping.function);
    let function = function_named(view, context, named)?;
    let mut mapping = mapping.settled(context, "update")?;
    check_ends(view, context, &mapping.queue_arn, &function)?;
    let transition = match (mapping.settings.enabled, settings.enabled) {
        (false, true) => Transition::Enabling,
        (true, false) => Transition::Disabling,
        _ => Transition::Updating,
    };
    mapping.settings = settings;
    mapping.function = function.name;
    mapping.begin(transition, context);
    let mut batch = Batch::default();
    mapping.store(context, &mut batch)?;
    Ok(Reply::with(mapping.shown(context), batch))
}

pub(super) fn delete(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let mut mapping = labelled(view, request, context)?.settled(context, "delete")?;
    mapping.begin(Transition::Deleting, context);
    let mut batch = Batch::default();
    mapping.store(context, &mut batch)?;
    Ok(Reply::with(mapping.shown(context), batch))
}
