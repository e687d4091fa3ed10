//! Stacks: what they are, which state they are in, and how they are described and deleted.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::change_set;
use super::change_set::ChangeSet;
use super::events::Event;
use super::parameters;
use super::parameters::Parameters;
use super::refusals;
use super::run;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::clock::rfc3339;
use crate::store::Batch;
use crate::store::View;

pub(super) type Tags = BTreeMap<String, String>;

pub(super) const REVIEW: &str = "REVIEW_IN_PROGRESS";
pub(super) const DELETED: &str = "DELETE_COMPLETE";
/// Stacks on one page of DescribeStacks.
const PAGE: usize = 100;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stack {
    pub(super) name: String,
    pub(super) uuid: String,
    /// Times are milliseconds since 1970, here and below.
    pub(super) created_at: u64,
    pub(super) updated_at: Option<u64>,
    /// What the last operation wants, or, where it fails, what it goes back to.
    pub(super) content: Content,
    /// What resources and outputs are until the last operation is over.
    pub(super) before: Content,
    pub(super) over_at: u64,
    /// Oldest first; those of an operation that goes on may lie ahead.
    pub(super) events: Vec<Event>,
}

/// What a stack holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Content {
    /// As it was sent.
    pub(super) template: String,
    pub(super) parameters: Parameters,
    pub(super) capabilities: Vec<String>,
    pub(super) tags: Tags,
    /// By logical id.
    pub(super) resources: BTreeMap<String, Made>,
    /// Key, value and description.
    pub(super) outputs: Vec<(String, String, String)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Made {
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) properties: Value,
}

impl Stack {
    pub(super) fn id(&self, context: &Context) -> String {
        context.arn("cloudformation", &format!("stack/{}/{}", self.name, self.uuid))
    }

    /// Status and reason by now.
    pub(super) fn status(&self, now: u64) -> (&str, Option<&str>) {
        let mut of_stack = self
            .events
            .iter()
            .filter(|event| event.is_of_stack() && event.at <= now);
        let last = of_stack.next_back();
        last.map_or((REVIEW, None), |event| (event.status.as_str(), event.reason.as_deref()))
    }

    pub(super) fn is_gone(&self, now: u64) -> bool {
        self.status(now).0 == DELETED
    }

    /// What its resources and outputs are by now.
    pub(super) fn held(&self, now: u64) -> &Content {
        if now < self.over_at {
            &self.before
        } else {
            &self.content
        }
    }

    pub(super) fn store(&self, context: &Context, batch: &mut Batch) -> Result<(), Refusal> {
        Ok(batch.put(key(context, &self.uuid), self)?)
    }

    fn shown(&self, context: &Context) -> Value {
        let (status, reason) = self.status(context.now);
        let mut shown = json!({
            "StackId": self.id(context),
            "StackName": self.name,
            "CreationTime": rfc3339(self.created_at),
            "StackStatus": status,
            "DisableRollback": false,
            "EnableTerminationProtection": false,
            "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        });
        if let Some(reason) = reason {
            shown["StackStatusReason"] = json!(reason);
        }
        if let Some(updated) = self.updated_at {
            shown["LastUpdatedTime"] = json!(rfc3339(updated));
        }
        if status == REVIEW {
            return shown;
        }
        let template = super::template::read(&self.content.template).unwrap_or_default();
        if let Some(description) = template.get("Description") {
            shown["Description"] = description.clone();
        }
        shown["Parameters"] = parameters::shown(&template, &self.content.parameters);
        shown["Capabilities"] = json!(self.content.capabilities);
        shown["Tags"] = tags_shown(&self.content.tags);
        let outputs = self.held(context.now).outputs.iter();
        shown["Outputs"] = outputs
            .map(
                |(key, value, description)| json!({"OutputKey": key, "OutputValue": value, "Description": description}),
            )
            .collect();
        shown
    }
}

pub(super) fn tags_shown(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect()
}

fn prefix(context: &Context) -> String {
    context.regional_prefix("cloudformation/stack")
}

fn key(context: &Context, uuid: &str) -> String {
    prefix(context) + uuid
}

/// Where the newest stack of a name is remembered.
pub(super) fn name_key(context: &Context, name: &str) -> String {
    context.regional_prefix("cloudformation/name") + name
}

/// A stack by name, which finds none that is deleted, or by id, which finds those too.
pub(super) fn find(view: View<'_>, context: &Context, name: &str) -> Result<Option<Stack>, Refusal> {
    if let Some(rest) = name.strip_prefix(&context.arn("cloudformation", "stack/")) {
        let Some((name, uuid)) = rest.split_once('/') else {
            return Ok(None);
        };
        let stack: Option<Stack> = view.get(&key(context, uuid))?;
        return Ok(stack.filter(|stack| stack.name == name));
    }
    let Some(uuid) = view.get::<String>(&name_key(context, name))? else {
        return Ok(None);
    };
    let stack: Option<Stack> = view.get(&key(context, &uuid))?;
    Ok(stack.filter(|stack| !stack.is_gone(context.now)))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NameInput {
    pub(super) stack_name: Option<String>,
    next_token: Option<String>,
    client_request_token: Option<String>,
}

impl NameInput {
    pub(super) fn name(&self) -> Result<&str, Refusal> {
        let name = self.stack_name.as_deref().filter(|name| !name.is_empty());
        name.ok_or_else(|| refusals::missing("stackName"))
    }
}

/// The stack that is asked for, deleted or not.
pub(super) fn known(view: View<'_>, context: &Context, input: &NameInput) -> Result<Stack, Refusal> {
    let name = input.name()?;
    find(view, context, name)?.ok_or_else(|| refusals::no_such_stack(name))
}

/// One stack, or all that are not deleted, a page at a time.
pub(super) fn describe(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: NameInput = request.input()?;
    if input.stack_name.is_some() {
        let stack = known(view, context, &input)?;
        return Ok(Reply::output(json!({"Stacks": [stack.shown(context)]})));
    }
    let prefix = prefix(context);
    let after = input.next_token.map(|uuid| key(context, &uuid)).unwrap_or_default();
    let mut page: Vec<Stack> = Vec::new();
    let mut output = json!({});
    for found in view.scan_after::<Stack>(&prefix, &after) {
        let (_, stack) = found?;
        if stack.is_gone(context.now) {
            continue;
        }
        if page.len() == PAGE {
            output["NextToken"] = json!(page.last().map(|last| &last.uuid));
            break;
        }
        page.push(stack);
    }
    output["Stacks"] = page.iter().map(|stack| stack.shown(context)).collect();
    Ok(Reply::output(output))
}

/// The template as it was sent.
pub(super) fn get_template(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: NameInput = request.input()?;
    let stack = known(view, context, &input)?;
    if stack.status(context.now).0 == REVIEW {
        return Err(refusals::no_such_stack(&stack.name));
    }
    Ok(Reply::output(
        json!({"TemplateBody": stack.content.template, "StagesAvailable": ["Original", "Processed"]}),
    ))
}

/// What is not there is deleted as well as any other. A shell that only holds change sets goes at once.
pub(super) fn delete(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: NameInput = request.input()?;
    let Some(mut stack) = find(view, context, input.name()?)? else {
        return Ok(Reply::default());
    };
    let status = stack.status(context.now).0.to_owned();
    if status == DELETED || status == "DELETE_IN_PROGRESS" {
        return Ok(Reply::default());
    }
    if status.ends_with("_IN_PROGRESS") && status != REVIEW && status != "CREATE_IN_PROGRESS" {
        return Err(refusals::not_deletable(&stack.id(context), &status));
    }
    let mut batch = Batch::default();
    for found in view.scan::<ChangeSet>(&change_set::prefix(context, &stack.uuid)) {
        batch.delete(found?.0);
    }
    run::delete(&mut stack, input.client_request_token, context, &mut batch);
    stack.store(context, &mut batch)?;
    Ok(Reply::done(batch))
}
