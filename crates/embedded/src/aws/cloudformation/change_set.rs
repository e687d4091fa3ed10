//! Change sets: made from a template, parameters and tags; empty or full of changes once they are ready; executed once.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::evaluate::Evaluator;
use super::evaluate::Wanted;
use super::parameters;
use super::parameters::ParameterInput;
use super::parameters::Parameters;
use super::refusals;
use super::run;
use super::run::Action;
use super::stack;
use super::stack::Content;
use super::stack::REVIEW;
use super::stack::Stack;
use super::stack::Tags;
use super::template;
use crate::aws::delays::Wait;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::clock::rfc3339;
use crate::identifier::uuid;
use crate::store::Batch;
use crate::store::View;

const EMPTY: &str =
    "The submitted information didn't contain changes. Submit different information to create a change set.";
/// Stacks that an update may begin from.
const UPDATABLE: [&str; 3] = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ChangeSet {
    name: String,
    uuid: String,
    token: Option<String>,
    created_at: u64,
    /// From when it can be executed, or is known to be empty.
    ready_at: u64,
    template: String,
    parameters: Parameters,
    capabilities: Vec<String>,
    tags: Tags,
    changes: Vec<(String, Told)>,
}

/// What a reader is told of the change of one resource.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Told {
    action: String,
    kind: String,
    id: Option<String>,
    replacement: Option<String>,
}

impl ChangeSet {
    fn id(&self, context: &Context) -> String {
        context.arn("cloudformation", &format!("changeSet/{}/{}", self.name, self.uuid))
    }

    fn status(&self, now: u64) -> (&'static str, &'static str) {
        if now < self.ready_at {
            ("CREATE_IN_PROGRESS", "UNAVAILABLE")
        } else if self.changes.is_empty() {
            ("FAILED", "UNAVAILABLE")
        } else {
            ("CREATE_COMPLETE", "AVAILABLE")
        }
    }
}

pub(super) fn prefix(context: &Context, stack: &str) -> String {
    format!("{}{stack}/", context.regional_prefix("cloudformation/changeset"))
}

fn key(context: &Context, stack: &Stack, name: &str) -> String {
    prefix(context, &stack.uuid) + name
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagInput {
    key: Option<String>,
    value: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    stack_name: Option<String>,
    change_set_name: Option<String>,
    template_body: Option<String>,
    use_previous_template: Option<String>,
    #[serde(default, deserialize_with = "list")]
    parameters: Vec<ParameterInput>,
    #[serde(default, deserialize_with = "list")]
    capabilities: Vec<String>,
    /// Left out, the stack's tags stay.
    tags: Option<Value>,
    client_token: Option<String>,
    change_set_type: Option<String>,
}

/// A list parameter: clients send an empty list as one empty text.
fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let value = Value::deserialize(deserializer)?;
    if value.as_str() == Some("") {
        return Ok(Vec::new());
    }
    serde_json::from_value(value).map_err(serde::de::Error::custom)
}

pub(super) fn create(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: CreateInput = request.input()?;
    let name = input.stack_name.clone().ok_or_else(|| refusals::missing("stackName"))?;
    let set_name = input.change_set_name.clone().unwrap_or_default();
    check_name("stackName", name.rsplit('/').nth(1).unwrap_or(&name))?;
    check_name("changeSetName", &set_name)?;
    let is_new = input.change_set_type.as_deref() == Some("CREATE");
    let found = stack::find(view, context, &name)?.filter(|stack| !stack.is_gone(context.now));
    let mut batch = Batch::default();
    let stack = match found {
        Some(stack) => {
            check_state(&stack, is_new, &set_name, context)?;
            stack
        }
        None if !is_new => return Err(refusals::no_such_stack_to_change(&name)),
        None => {
            let stack = shell(&name, context);
            stack.store(context, &mut batch)?;
            batch.put(stack::name_key(context, &name), &stack.uuid)?;
            stack
        }
    };
    let place = key(context, &stack, &set_name);
    if let Some(known) = view.get::<ChangeSet>(&place)? {
        return if known.token.is_some() && known.token == input.client_token {
            Ok(Reply::output(ids(&known, &stack, context)))
        } else {
            Err(refusals::change_set_exists(&set_name))
        };
    }
    let set = planned(input, set_name, &stack, context)?;
    batch.put(place, &set)?;
    Ok(Reply::with(ids(&set, &stack, context), batch))
}

fn ids(set: &ChangeSet, stack: &Stack, context: &Context) -> Value {
    json!({"Id": set.id(context), "StackId": stack.id(context)})
}

/// A letter, then letters, digits and hyphens, at most 128.
fn check_name(parameter: &str, name: &str) -> Result<(), Refusal> {
    let legal = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 128
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if legal {
        return Ok(());
    }
    Err(refusals::validation(format!(
        "1 validation error detected: Value '{name}' at '{parameter}' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
    )))
}

fn check_state(stack: &Stack, is_new: bool, set: &str, context: &Context) -> Result<(), Refusal> {
    let (status, _) = stack.status(context.now);
    let id = stack.id(context);
    match (is_new, status) {
        (true, REVIEW) => Ok(()),
        (true, "ROLLBACK_COMPLETE") => Err(refusals::not_updatable(&id, status)),
        (true, _) => Err(refusals::stack_exists(&stack.name, set)),
        (false, status) if UPDATABLE.contains(&status) => Ok(()),
        (false, status) => Err(refusals::not_updatable(&id, status)),
    }
}

/// What a change set for a new stack makes: it has a name and nothing else.
fn shell(name: &str, context: &Context) -> Stack {
    Stack {
        name: name.to_owned(),
        uuid: uuid(),
        created_at: context.now,
        updated_at: None,
        content: Content::default(),
        before: Content::default(),
        over_at: context.now,
        events: Vec::new(),
    }
}

fn planned(input: CreateInput, name: String, stack: &Stack, context: &Context) -> Result<ChangeSet, Refusal> {
    let text = match (input.template_body, input.use_previous_template.as_deref()) {
        (Some(text), _) => text,
        (None, Some("true")) => stack.content.template.clone(),
        (None, _) => {
            return Err(refusals::validation(
                "Either Template URL or Template Body must be specified.",
            ));
        }
    };
    let template = template::read(&text)?;
    let tags = match input.tags {
        None => stack.content.tags.clone(),
        Some(Value::String(_)) => Tags::new(),
        Some(sent) => read_tags(serde_json::from_value(sent).map_err(|error| Refusal::malformed(error.to_string()))?)?,
    };
    let mut set = ChangeSet {
        name,
        uuid: uuid(),
        token: input.client_token,
        created_at: context.now,
        ready_at: context.now + Wait::ChangeSetReady.length(context.delays),
        parameters: parameters::settle(&template, input.parameters, &stack.content.parameters)?,
        capabilities: input.capabilities,
        tags,
        changes: Vec::new(),
        template: text,
    };
    let (wanted, _) = evaluated(&template, &set, stack, context)?;
    let tags_differ = set.tags != stack.content.tags;
    set.changes = run::changes(&stack.content.resources, &wanted, tags_differ)
        .into_iter()
        .map(|(logical, action)| {
            let told = told(&logical, action, stack, &wanted);
            (logical, told)
        })
        .collect();
    Ok(set)
}

fn read_tags(tags: Vec<TagInput>) -> Result<Tags, Refusal> {
    let mut read = Tags::new();
    for TagInput { key, value } in tags {
        let (key, value) = (key.unwrap_or_default(), value.unwrap_or_default());
        let long = key.chars().count() > 128 || value.chars().count() > 256;
        if key.is_empty() || value.is_empty() || long || key.to_ascii_lowercase().starts_with("aws:") {
            return Err(refusals::validation(format!(
                "Tag key '{key}' and value must be 1 to 128 and 1 to 256 characters long, and the key must not begin \
                 with aws:"
            )));
        }
        read.insert(key, value);
    }
    if read.len() > 50 {
        return Err(refusals::validation("A stack can have at most 50 tags"));
    }
    Ok(read)
}

type Outputs = Vec<(String, String, String)>;

fn evaluated(
    template: &Value,
    set: &ChangeSet,
    stack: &Stack,
    context: &Context,
) -> Result<(Vec<(String, Wanted)>, Outputs), Refusal> {
    let ids: BTreeMap<String, String> = stack
        .content
        .resources
        .iter()
        .map(|(logical, made)| (logical.clone(), made.id.clone()))
        .collect();
    let id = stack.id(context);
    let evaluator = Evaluator {
        template,
        parameters: &set.parameters,
        context,
        stack: (&stack.name, &id),
        ids: RefCell::new(ids),
        depth: RefCell::new(0),
    };
    Ok((evaluator.resources()?, evaluator.outputs()?))
}

fn told(logical: &str, action: Action, stack: &Stack, wanted: &[(String, Wanted)]) -> Told {
    let former = stack.content.resources.get(logical);
    let kind = match (former, wanted.iter().find(|(name, _)| name == logical)) {
        (_, Some((_, wanted))) => wanted.kind.clone(),
        (former, None) => former.map(|made| made.kind.clone()).unwrap_or_default(),
    };
    let (action, replacement) = match action {
        Action::Add => ("Add", None),
        Action::Modify => ("Modify", Some("False")),
        Action::Replace => ("Modify", Some("True")),
        Action::Remove => ("Remove", None),
    };
    Told {
        action: action.to_owned(),
        kind,
        id: former.map(|made| made.id.clone()),
        replacement: replacement.map(str::to_owned),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SetInput {
    change_set_name: Option<String>,
    stack_name: Option<String>,
    client_request_token: Option<String>,
}

/// The change set by its name and the stack's, and the stack.
fn known(view: View<'_>, context: &Context, input: &SetInput) -> Result<(ChangeSet, Stack), Refusal> {
    let set_name = input.change_set_name.as_deref().unwrap_or_default();
    let by_id = set_name.strip_prefix(&context.arn("cloudformation", "changeSet/"));
    let name = by_id.and_then(|rest| rest.split('/').next()).unwrap_or(set_name);
    let Some(stack_name) = input.stack_name.as_deref() else {
        return Err(refusals::validation(
            "StackName must be specified if ChangeSetName is not specified as an ARN.",
        ));
    };
    let stack = stack::find(view, context, stack_name)?.ok_or_else(|| refusals::no_such_stack_to_change(stack_name))?;
    let set: Option<ChangeSet> = view.get(&key(context, &stack, name))?;
    match set {
        Some(set) if by_id.is_none() || set.id(context) == set_name => Ok((set, stack)),
        _ => Err(refusals::no_such_change_set(set_name)),
    }
}

pub(super) fn describe(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let (set, stack) = known(view, context, &request.input()?)?;
    let (status, execution) = set.status(context.now);
    let template = template::read(&set.template)?;
    let mut output = json!({
        "ChangeSetName": set.name,
        "ChangeSetId": set.id(context),
        "StackId": stack.id(context),
        "StackName": stack.name,
        "Parameters": parameters::shown(&template, &set.parameters),
        "CreationTime": rfc3339(set.created_at),
        "ExecutionStatus": execution,
        "Status": status,
        "Capabilities": set.capabilities,
        "Tags": stack::tags_shown(&set.tags),
        "IncludeNestedStacks": false,
    });
    if status == "FAILED" {
        output["StatusReason"] = json!(EMPTY);
    }
    if status == "CREATE_COMPLETE" {
        let changes = set.changes.iter().map(|(logical, told)| {
            let mut change = json!({
                "Action": told.action,
                "LogicalResourceId": logical,
                "ResourceType": told.kind,
            });
            for (name, value) in [("PhysicalResourceId", &told.id), ("Replacement", &told.replacement)] {
                if let Some(value) = value {
                    change[name] = json!(value);
                }
            }
            json!({"Type": "Resource", "ResourceChange": change})
        });
        output["Changes"] = changes.collect();
    }
    Ok(Reply::output(output))
}

/// All change sets of the stack go with the one that is executed.
pub(super) fn execute(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: SetInput = request.input()?;
    let (set, mut stack) = known(view, context, &input)?;
    let (status, execution) = set.status(context.now);
    if execution != "AVAILABLE" {
        return Err(refusals::change_set_not_executable(&set.id(context), status));
    }
    let (now, _) = stack.status(context.now);
    if now != REVIEW && !UPDATABLE.contains(&now) {
        return Err(refusals::not_updatable(&stack.id(context), now));
    }
    let template = template::read(&set.template)?;
    let (wanted, outputs) = evaluated(&template, &set, &stack, context)?;
    let target = Content {
        template: set.template,
        parameters: set.parameters,
        capabilities: set.capabilities,
        tags: set.tags,
        resources: BTreeMap::new(),
        outputs,
    };
    let mut batch = Batch::default();
    run::execute(
        view,
        &mut stack,
        target,
        &wanted,
        input.client_request_token,
        context,
        &mut batch,
    )?;
    for found in view.scan::<ChangeSet>(&prefix(context, &stack.uuid)) {
        batch.delete(found?.0);
    }
    stack.store(context, &mut batch)?;
    Ok(Reply::with(json!({}), batch))
}

/// One that is not there is deleted as well as any other.
pub(super) fn delete(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    match known(view, context, &request.input()?) {
        Ok((set, stack)) => {
            let mut batch = Batch::default();
            batch.delete(key(context, &stack, &set.name));
            Ok(Reply::with(json!({}), batch))
        }
        Err(refusal) if refusal.code.query == "ChangeSetNotFound" => Ok(Reply::output(json!({}))),
        Err(refusal) => Err(refusal),
    }
}
