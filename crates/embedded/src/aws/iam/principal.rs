//! Principals of trust policies: who may be named in one. AWS looks when the policy is saved, and refuses principals
//! that do not exist (yet).

use serde_json::Value;

use super::document;
use super::refusals;
use super::role;
use crate::aws::credentials;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::store::View;

/// # Errors
/// A principal is of no known form, or does not exist in this account. Other accounts cannot be looked into here; AWS
/// would.
pub(super) fn check(view: View<'_>, context: &Context, trust: &Value) -> Result<(), Refusal> {
    for principal in document::statements(trust).filter_map(|statement| statement.get("Principal")) {
        check_element(view, context, principal)?;
    }
    Ok(())
}

fn check_element(view: View<'_>, context: &Context, principal: &Value) -> Result<(), Refusal> {
    match principal {
        Value::String(text) if text == "*" => Ok(()),
        Value::Object(kinds) if !kinds.is_empty() => {
            for (kind, names) in kinds {
                check_kind(view, context, kind, names)?;
            }
            Ok(())
        }
        Value::String(text) => Err(refusals::malformed(format!("Invalid principal in policy: \"{text}\""))),
        _ => Err(refusals::malformed("Syntax errors in policy.")),
    }
}

fn check_kind(view: View<'_>, context: &Context, kind: &str, names: &Value) -> Result<(), Refusal> {
    if !document::is_texts(names) || document::texts(names).next().is_none() {
        return Err(refusals::malformed("Syntax errors in policy."));
    }
    for name in document::texts(names) {
        let exists = match kind {
            "Service" => is_service(name),
            "AWS" => exists(view, context, name)?,
            "Federated" => !name.is_empty(),
            _ => return Err(refusals::malformed("Syntax errors in policy.")),
        };
        if !exists {
            let kind = kind.to_ascii_uppercase();
            let message = format!("Invalid principal in policy: \"{kind}\":\"{name}\"");
            return Err(refusals::malformed(message));
        }
    }
    Ok(())
}

fn is_service(name: &str) -> bool {
    [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com"]
        .iter()
        .filter_map(|domain| name.strip_suffix(domain))
        .any(|service| {
            !service.is_empty()
                && service
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte))
        })
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit())
}

/// Whether an AWS principal is there: everyone, an account, or a role or user of this account. A role that was only just
/// made is not, until the news of it has spread.
fn exists(view: View<'_>, context: &Context, name: &str) -> Result<bool, Refusal> {
    if name == "*" || is_account(name) {
        return Ok(true);
    }
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let &["arn", partition, service, "", account, resource] = parts.as_slice() else {
        return Ok(false);
    };
    if partition != context.partition() || !is_account(account) || resource.contains(['*', '?']) {
        return Ok(false);
    }
    if account != context.account {
        return Ok(true);
    }
    match (service, resource.split_once('/')) {
        ("iam", None) => Ok(resource == "root"),
        ("iam", Some(("role", _))) => {
            let role = role::by_arn(view, context, name)?;
            Ok(role.is_some_and(|role| role.known_at <= context.now))
        }
        ("iam", Some(("user", _))) => Ok(name == credentials::caller(context)),
        ("sts", Some(("assumed-role", session))) => match session.split_once('/') {
            Some((role, session)) if !session.is_empty() => role::known(view, context, role),
            _ => Ok(false),
        },
        _ => Ok(false),
    }
}
