//! Trust policies: saved, and asked by other services before they take a role.

use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;

use super::document;
use super::parameters;
use super::parameters::Constraints;
use super::principal;
use super::role;
use crate::aws::delays::Wait;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;
use crate::aws::service::Reply;
use crate::store::View;

/// Whether a role may have this trust policy.
pub(super) fn check(view: View<'_>, context: &Context, text: &str) -> Result<(), Refusal> {
    let parsed = document::trust(text)?;
    principal::check(view, context, &parsed)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateInput {
    role_name: Option<String>,
    policy_document: Option<String>,
}

pub(super) fn update(view: View<'_>, request: &Request, context: &Context) -> Result<Reply, Refusal> {
    let input: UpdateInput = request.input()?;
    let mut constraints = Constraints::default();
    let name = constraints.required("roleName", input.role_name, &parameters::ROLE_NAME);
    let trust = constraints.required("policyDocument", input.policy_document, &parameters::DOCUMENT);
    constraints.kept()?;
    let mut role = role::named(view, context, &name)?;
    check(view, context, &trust)?;
    if role.trust != trust {
        role.trust = trust;
        role.assumable_at = context.now + Wait::RolePropagation.length(context.delays);
    }
    role.stored(context).map(Reply::done)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Assumability {
    Yes,
    /// The role or its trust policy is too new; the answer may be another one later.
    NotYet,
    /// There is no role of this account with exactly this ARN.
    NoSuchRole,
    /// The trust policy does not let the service, or denies it.
    TrustRefuses,
}

/// Whether the service (`iot.amazonaws.com`) can assume the role, acting for this account.
///
/// # Errors
/// The stored role cannot be read.
pub(crate) fn assumable(
    view: View<'_>,
    context: &Context,
    role_arn: &str,
    service_principal: &str,
) -> Result<Assumability, Refusal> {
    let Some(role) = role::by_arn(view, context, role_arn)? else {
        return Ok(Assumability::NoSuchRole);
    };
    if context.now < role.assumable_at {
        return Ok(Assumability::NotYet);
    }
    let trust: Value = serde_json::from_str(&role.trust)?;
    Ok(if lets(&trust, context, service_principal) {
        Assumability::Yes
    } else {
        Assumability::TrustRefuses
    })
}

fn lets(trust: &Value, context: &Context, service: &str) -> bool {
    let says = |effect: &str| {
        document::statements(trust).any(|statement| {
            statement.get("Effect").and_then(Value::as_str) == Some(effect)
                && statement.get("Action").is_some_and(assumes)
                && statement
                    .get("Principal")
                    .is_some_and(|principal| names(principal, service))
                && statement
                    .get("Condition")
                    .and_then(Value::as_object)
                    .is_none_or(|condition| holds(condition, context))
        })
    };
    says("Allow") && !says("Deny")
}

fn assumes(actions: &Value) -> bool {
    document::texts(actions).any(|action| like(&action.to_ascii_lowercase(), "sts:assumerole"))
}

/// `"*"` is everyone, services too; `{"AWS": "*"}` is not.
fn names(principal: &Value, service: &str) -> bool {
    match principal {
        Value::String(everyone) => everyone == "*",
        Value::Object(kinds) => kinds
            .get("Service")
            .is_some_and(|names| document::texts(names).any(|name| name == service)),
        _ => false,
    }
}

fn holds(condition: &Map<String, Value>, context: &Context) -> bool {
    condition.iter().all(|(operator, keys)| {
        keys.as_object().is_some_and(|keys| {
            keys.iter()
                .all(|(key, wanted)| satisfied(operator, &key.to_ascii_lowercase(), wanted, context))
        })
    })
}

/// Of what a service says about its call, only the account is known here: of `aws:SourceArn` the account in it is
/// compared, and any other key is one that the call does not have. An operator that trust policies of services have no
/// use for holds never.
fn satisfied(operator: &str, key: &str, wanted: &Value, context: &Context) -> bool {
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    let account = context.account.as_str();
    let positive = matches!(
        operator,
        "StringEquals" | "StringEqualsIgnoreCase" | "StringLike" | "ArnEquals" | "ArnLike"
    );
    match (key, operator) {
        ("aws:sourceaccount" | "aws:sourcearn", "Null") => values(wanted).any(|value| value == "false"),
        (_, "Null") => values(wanted).any(|value| value == "true"),
        ("aws:sourceaccount", "StringLike") => values(wanted).any(|value| like(&value, account)),
        ("aws:sourceaccount", "StringNotEquals") => values(wanted).all(|value| value != account),
        ("aws:sourceaccount", _) => positive && values(wanted).any(|value| value == account),
        ("aws:sourcearn", _) => positive && values(wanted).any(|value| is_of(&value, account)),
        _ => if_exists || operator.contains("Not"),
    }
}

/// Whether a pattern of ARNs can match one of this account.
fn is_of(pattern: &str, account: &str) -> bool {
    let of = pattern.split(':').nth(4);
    pattern == "*" || of.is_some_and(|of| like(of, account))
}

/// The values of a condition's key as texts: numbers and booleans are compared as they are written.
fn values(wanted: &Value) -> impl Iterator<Item = String> {
    let list = match wanted {
        Value::Array(values) => values.as_slice(),
        single => std::slice::from_ref(single),
    };
    list.iter()
        .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// Whether the text matches a pattern in which `*` is any text and `?` any character.
fn like(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // For each length of the text's beginning, whether the pattern so far matches it.
    let mut matched = vec![false; text.len() + 1];
    if let Some(empty) = matched.first_mut() {
        *empty = true;
    }
    for wanted in pattern.chars() {
        let step = |length: usize| -> bool {
            let one_less = length.checked_sub(1);
            if wanted == '*' {
                return matched.iter().take(length + 1).any(|&shorter| shorter);
            }
            one_less.is_some_and(|last| {
                let fits = text.get(last).is_some_and(|&c| wanted == '?' || wanted == c);
                fits && matched.get(last) == Some(&true)
            })
        };
        matched = (0..=text.len()).map(step).collect();
    }
    matched.last() == Some(&true)
}
