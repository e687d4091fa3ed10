//! Events, newest first, and the resources that they speak of.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::stack;
use super::stack::NameInput;
use super::stack::REVIEW;
use super::stack::Stack;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::clock::rfc3339;
use crate::store::View;

pub(super) const STACK_TYPE: &str = "AWS::CloudFormation::Stack";
/// Events on one page.
const PAGE: usize = 100;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Event {
    /// May lie ahead: then it has not happened.
    pub(super) at: u64,
    pub(super) id: String,
    pub(super) logical: String,
    pub(super) physical: String,
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) reason: Option<String>,
    /// Of the call that began the operation.
    pub(super) token: Option<String>,
}

impl Event {
    pub(super) fn is_of_stack(&self) -> bool {
        self.kind == STACK_TYPE
    }

    fn shown(&self, stack: &Stack, context: &Context) -> Value {
        let mut shown = json!({
            "StackId": stack.id(context),
            "EventId": self.id,
            "StackName": stack.name,
            "LogicalResourceId": self.logical,
            "PhysicalResourceId": self.physical,
            "ResourceType": self.kind,
            "Timestamp": rfc3339(self.at),
            "ResourceStatus": self.status,
        });
        if let Some(reason) = &self.reason {
            shown["ResourceStatusReason"] = json!(reason);
        }
        if let Some(token) = &self.token {
            shown["ClientRequestToken"] = json!(token);
        }
        shown
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PageInput {
    next_token: Option<String>,
}

pub(super) fn describe(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let stack = stack::known(view, context, &request.input::<NameInput>()?)?;
    let input: PageInput = request.input()?;
    let begin = input.next_token.and_then(|token| token.parse().ok()).unwrap_or(0);
    let happened = stack.events.iter().rev().filter(|event| event.at <= context.now);
    let mut rest = happened.skip(begin);
    let page: Vec<Value> = rest
        .by_ref()
        .take(PAGE)
        .map(|event| event.shown(&stack, context))
        .collect();
    let mut output = json!({"StackEvents": page});
    if rest.next().is_some() {
        output["NextToken"] = json!((begin + PAGE).to_string());
    }
    Ok(Reply::output(output))
}

/// The resources that a stack has or had, with their latest status.
pub(super) fn resources(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let stack = stack::known(view, context, &request.input::<NameInput>()?)?;
    if stack.status(context.now).0 == REVIEW {
        return Ok(Reply::output(json!({"StackResources": []})));
    }
    let mut latest: BTreeMap<(&str, &str), &Event> = BTreeMap::new();
    let happened = stack.events.iter().filter(|event| event.at <= context.now);
    for event in happened.filter(|event| !event.is_of_stack() && !event.physical.is_empty()) {
        latest.insert((&event.logical, &event.physical), event);
    }
    let resources: Vec<Value> = latest
        .values()
        .map(|event| {
            let mut shown = event.shown(&stack, context);
            if let Some(shown) = shown.as_object_mut() {
                shown.remove("EventId");
                shown.remove("ClientRequestToken");
            }
            shown["DriftInformation"] = json!({"StackResourceDriftStatus": "NOT_CHECKED"});
            shown
        })
        .collect();
    Ok(Reply::output(json!({"StackResources": resources})))
}
