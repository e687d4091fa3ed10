//! Whether a service can assume a role: what other services ask before they take one.

use serde_json::Map;
use serde_json::Value;

use super::document;
use super::role;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::store::View;

#[allow(dead_code, reason = "for the services that take roles, of which IoT is the first")]
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
#[allow(dead_code, reason = "for the services that take roles, of which IoT is the first")]
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
/// compared, and any other key is one that the call does not have. An operator that services' trust policies have no
/// use for holds never.
fn satisfied(operator: &str, key: &str, wanted: &Value, context: &Context) -> bool {
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    let present = match key {
        "aws:sourceaccount" | "aws:sourcearn" => true,
        _ if operator == "Null" => false,
        _ => return if_exists || operator.contains("Not"),
    };
    let account = &context.account;
    values(wanted).any(|value| match operator {
        "Null" => (value == "true") != present,
        "StringEquals" | "StringEqualsIgnoreCase" | "StringLike" | "ArnEquals" | "ArnLike"
            if key == "aws:sourcearn" =>
        {
            let of = value.splitn(6, ':').nth(4);
            value == "*" || of.is_some_and(|pattern| like(pattern, account))
        }
        "StringEquals" | "StringEqualsIgnoreCase" => value == *account,
        "StringLike" => like(&value, account),
        _ => false,
    }) || (operator == "StringNotEquals" && key == "aws:sourceaccount" && values(wanted).all(|value| value != *account))
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
    let mut reached = vec![true];
    let text: Vec<char> = text.chars().collect();
    reached.resize(text.len() + 1, false);
    for wanted in pattern.chars() {
        let mut next = Vec::with_capacity(reached.len());
        let mut before = false;
        let mut any = false;
        for (position, &here) in reached.iter().enumerate() {
            any |= here;
            let fits = position
                .checked_sub(1)
                .and_then(|last| text.get(last))
                .is_some_and(|&c| wanted == '?' || wanted == c);
            next.push(if wanted == '*' { any } else { before && fits });
            before = here;
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}
