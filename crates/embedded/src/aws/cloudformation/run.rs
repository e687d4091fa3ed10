//! Operations on stacks, planned whole when they begin: one resource after the other, and back again where one fails.

use std::collections::BTreeMap;

use super::evaluate::Wanted;
use super::events::Event;
use super::events::STACK_TYPE;
use super::resource;
use super::resource::Kept;
use super::stack::Content;
use super::stack::Made;
use super::stack::Stack;
use crate::aws::delays::Wait;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::identifier::uuid;
use crate::store::Batch;
use crate::store::View;

/// What becomes of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Add,
    Modify,
    /// Another one is made, the former goes when all is done.
    Replace,
    Remove,
}

/// What brings the resources that there are to those that are wanted: first what is wanted, then what goes.
pub(super) fn changes(
    before: &BTreeMap<String, Made>,
    wanted: &[(String, Wanted)],
    tags_differ: bool,
) -> Vec<(String, Action)> {
    let mut changes = Vec::new();
    for (logical, wanted) in wanted {
        let tagged = tags_differ && wanted.kind != "AWS::CloudWatch::Dashboard";
        match before.get(logical) {
            None => changes.push((logical.clone(), Action::Add)),
            Some(made) if made.id != wanted.id || made.kind != wanted.kind => {
                changes.push((logical.clone(), Action::Replace));
            }
            Some(made) if made.properties != wanted.properties || tagged => {
                changes.push((logical.clone(), Action::Modify));
            }
            Some(_) => {}
        }
    }
    for logical in before.keys() {
        if !wanted.iter().any(|(name, _)| name == logical) {
            changes.push((logical.clone(), Action::Remove));
        }
    }
    changes
}

/// The events of one operation, as their times come.
struct Timeline<'c> {
    context: &'c Context,
    at: u64,
    stack: (String, String),
    token: Option<String>,
    events: Vec<Event>,
}

impl<'c> Timeline<'c> {
    fn new(stack: &Stack, token: Option<String>, context: &'c Context) -> Self {
        Self {
            context,
            at: context.now,
            stack: (stack.name.clone(), stack.id(context)),
            token,
            events: Vec::new(),
        }
    }

    /// As long as one resource takes.
    fn pass(&mut self) {
        self.at += Wait::StackResource.length(self.context.delays);
    }

    fn stack(&mut self, status: &str, reason: Option<&str>) {
        let (name, id) = self.stack.clone();
        self.push(&name, &id, STACK_TYPE, status, reason);
    }

    /// Two events, begun and ended.
    fn resource(&mut self, logical: &str, kind: &str, id: &str, verb: &str, fault: Option<&str>) {
        self.push(logical, id, kind, &format!("{verb}_IN_PROGRESS"), None);
        self.pass();
        let end = if fault.is_some() { "FAILED" } else { "COMPLETE" };
        self.push(logical, id, kind, &format!("{verb}_{end}"), fault);
    }

    fn push(&mut self, logical: &str, physical: &str, kind: &str, status: &str, reason: Option<&str>) {
        self.events.push(Event {
            at: self.at,
            id: uuid(),
            logical: logical.to_owned(),
            physical: physical.to_owned(),
            kind: kind.to_owned(),
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
            token: self.token.clone(),
        });
    }

    /// Hands the events over and says when all is over.
    fn end(self, stack: &mut Stack) {
        stack.over_at = self.at;
        // What lay ahead of an operation that was cut short does not happen.
        stack.events.retain(|event| event.at <= self.context.now);
        stack.events.extend(self.events);
    }
}

/// Brings a stack from what it holds to `target`, whose resources are `wanted`.
pub(super) fn execute(
    view: View<'_>,
    stack: &mut Stack,
    mut target: Content,
    wanted: &[(String, Wanted)],
    token: Option<String>,
    context: &Context,
    batch: &mut Batch,
) -> Result<(), Refusal> {
    let is_new = stack.content.template.is_empty();
    let before = stack.content.clone();
    let verb = if is_new { "CREATE" } else { "UPDATE" };
    let mut timeline = Timeline::new(stack, token, context);
    timeline.stack(&format!("{verb}_IN_PROGRESS"), Some("User Initiated"));
    let all = changes(&before.resources, wanted, before.tags != target.tags);
    let mut done: Vec<(&String, Action, &Wanted)> = Vec::new();
    let mut failed = None;
    for (logical, action) in &all {
        let Some((_, wanted)) = wanted.iter().find(|(name, _)| name == logical) else {
            continue;
        };
        let fault = fault(view, wanted, *action, context)?;
        let verb = if *action == Action::Modify || *action == Action::Replace {
            "UPDATE"
        } else {
            "CREATE"
        };
        let physical = if fault.is_some() && *action == Action::Add {
            ""
        } else {
            &wanted.id
        };
        timeline.resource(logical, &wanted.kind, physical, verb, fault.as_deref());
        if fault.is_some() {
            failed = Some(logical);
            break;
        }
        done.push((logical, *action, wanted));
    }
    stack.before = Content {
        template: target.template.clone(),
        ..before.clone()
    };
    if let Some(logical) = failed {
        roll_back(&mut timeline, is_new, logical, &done);
        target.outputs.clear();
        stack.content = if is_new { target } else { before };
        timeline.end(stack);
        return Ok(());
    }
    keep(stack, &before, wanted, &all, context, batch)?;
    if is_new {
        timeline.stack("CREATE_COMPLETE", None);
    } else {
        timeline.stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None);
        let gone = all
            .iter()
            .filter(|(_, action)| matches!(action, Action::Remove | Action::Replace));
        for (logical, made) in gone.filter_map(|(logical, _)| before.resources.get_key_value(logical)) {
            timeline.resource(logical, &made.kind, &made.id, "DELETE", None);
        }
        timeline.stack("UPDATE_COMPLETE", None);
        stack.updated_at = Some(context.now);
    }
    target.resources = wanted
        .iter()
        .map(|(logical, wanted)| (logical.clone(), made(wanted)))
        .collect();
    stack.content = target;
    timeline.end(stack);
    Ok(())
}

fn made(wanted: &Wanted) -> Made {
    Made {
        kind: wanted.kind.clone(),
        id: wanted.id.clone(),
        properties: wanted.properties.clone(),
    }
}

/// Why this resource cannot be made or changed.
fn fault(view: View<'_>, wanted: &Wanted, action: Action, context: &Context) -> Result<Option<String>, Refusal> {
    let fault = resource::fault(&wanted.kind, &wanted.id, &wanted.properties);
    if fault.is_some() || action == Action::Modify {
        return Ok(fault);
    }
    let taken: Option<Kept> = view.get(&resource::key(context, &wanted.kind, &wanted.id))?;
    Ok(taken.map(|_| {
        format!(
            "Resource handler returned message: \"Resource of type '{}' with identifier '{}' already exists.\" (HandlerErrorCode: AlreadyExists)",
            wanted.kind, wanted.id
        )
    }))
}

fn roll_back(timeline: &mut Timeline<'_>, is_new: bool, failed: &str, done: &[(&String, Action, &Wanted)]) {
    if is_new {
        let reason = format!("The following resource(s) failed to create: [{failed}]. Rollback requested by user.");
        timeline.stack("ROLLBACK_IN_PROGRESS", Some(&reason));
        for (logical, _, wanted) in done.iter().rev() {
            timeline.resource(logical, &wanted.kind, &wanted.id, "DELETE", None);
        }
        timeline.stack("ROLLBACK_COMPLETE", None);
        return;
    }
    let reason = format!("The following resource(s) failed to update: [{failed}].");
    timeline.stack("UPDATE_ROLLBACK_IN_PROGRESS", Some(&reason));
    for (logical, _, wanted) in done.iter().rev().filter(|(_, action, _)| *action == Action::Modify) {
        timeline.resource(logical, &wanted.kind, &wanted.id, "UPDATE", None);
    }
    timeline.stack("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", None);
    for (logical, _, wanted) in done.iter().rev().filter(|(_, action, _)| *action != Action::Modify) {
        timeline.resource(logical, &wanted.kind, &wanted.id, "DELETE", None);
    }
    timeline.stack("UPDATE_ROLLBACK_COMPLETE", None);
}

/// Keeps the resources that are wanted as documents, and lets go of the others.
fn keep(
    stack: &Stack,
    before: &Content,
    wanted: &[(String, Wanted)],
    changes: &[(String, Action)],
    context: &Context,
    batch: &mut Batch,
) -> Result<(), Refusal> {
    for (logical, action) in changes {
        if let Some(former) = before.resources.get(logical)
            && matches!(action, Action::Remove | Action::Replace)
        {
            batch.delete(resource::key(context, &former.kind, &former.id));
        }
        if let Some((_, wanted)) = wanted.iter().find(|(name, _)| name == logical) {
            let kept = Kept {
                stack: stack.uuid.clone(),
                properties: wanted.properties.clone(),
            };
            batch.put(resource::key(context, &wanted.kind, &wanted.id), &kept)?;
        }
    }
    Ok(())
}

/// Takes a stack and all it holds away.
pub(super) fn delete(stack: &mut Stack, token: Option<String>, context: &Context, batch: &mut Batch) {
    let mut timeline = Timeline::new(stack, token, context);
    if !stack.content.template.is_empty() {
        timeline.stack("DELETE_IN_PROGRESS", Some("User Initiated"));
        for (logical, made) in stack.content.resources.iter().rev() {
            timeline.resource(logical, &made.kind, &made.id, "DELETE", None);
            batch.delete(resource::key(context, &made.kind, &made.id));
        }
        timeline.pass();
    }
    timeline.stack(super::stack::DELETED, None);
    stack.before = std::mem::take(&mut stack.content);
    stack.content.template.clone_from(&stack.before.template);
    timeline.end(stack);
}
