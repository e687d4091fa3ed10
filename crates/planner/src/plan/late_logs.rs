//! Log groups that come back after their function went.
//!
//! Lambda writes a function's last lines some time after it ended. Where the function's role may create log groups, the
//! group is made again then, without retention and tags, and stays: no template and no plan knows it. A role of ours
//! that may not is a promise that nothing comes back.

use serde_json::Value as Json;

use super::Change;
use super::Evaluation;
use super::change::Action;
use crate::schema::DecodeError;

const FUNCTION: &str = "aws_lambda_function";
const CREATE_LOG_GROUP: &str = "logs:createloggroup";

/// The log groups that may come back after these changes, by name.
pub(super) fn of(evaluation: &Evaluation<'_>, changes: &[Change]) -> Result<Vec<String>, DecodeError> {
    let mut groups = Vec::new();
    for change in changes {
        let goes = change.action == Action::Delete && change.address.kind == FUNCTION;
        if let Some(name) = change.cloud_name.as_ref().filter(|_| goes)
            && may_come_back(evaluation, change)?
        {
            groups.push(format!("/aws/lambda/{name}"));
        }
    }
    groups.sort();
    Ok(groups)
}

/// Of what nothing declares any more, the role is not known.
fn may_come_back(evaluation: &Evaluation<'_>, change: &Change) -> Result<bool, DecodeError> {
    let is_declared = evaluation.position(&change.address).is_some();
    if !is_declared {
        return Ok(true);
    }
    let function = evaluation.wanted(&change.address)?;
    let role = function.spec.get("role").and_then(Json::as_str).unwrap_or_default();
    for resource in &evaluation.declared().resources {
        let outputs = evaluation.outputs(&resource.address);
        let is_it = outputs
            .and_then(|outputs| outputs.get("arn"))
            .is_some_and(|arn| arn == role);
        if is_it && resource.address.kind == super::evaluation::ROLE && !evaluation.is_existing(&resource.address) {
            return Ok(may_create_groups(&evaluation.wanted(&resource.address)?.spec));
        }
    }
    Ok(true)
}

/// What managed policies allow is not known here.
fn may_create_groups(role: &Json) -> bool {
    let has_managed = role
        .get("managed_policy_arns")
        .and_then(Json::as_array)
        .is_some_and(|arns| !arns.is_empty());
    has_managed || role.get("inline_policy").is_some_and(names_it)
}

/// Any text that stands for the action, an `Effect` or `NotAction` around it aside: it is better to name one too many.
fn names_it(policy: &Json) -> bool {
    match policy {
        Json::String(text) => stands_for(&text.to_ascii_lowercase()),
        Json::Array(items) => items.iter().any(names_it),
        Json::Object(entries) => entries
            .iter()
            .any(|(key, value)| key == "NotAction" || (key != "Resource" && names_it(value))),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

fn stands_for(action: &str) -> bool {
    match action.split_once('*') {
        Some((before, _)) => CREATE_LOG_GROUP.starts_with(before) && (before.is_empty() || before.contains(':')),
        None => action == CREATE_LOG_GROUP,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn allows(action: &Json) -> bool {
        let statement = json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
        may_create_groups(&json!({ "inline_policy": { "p": { "Version": "2012-10-17", "Statement": [statement] } } }))
    }

    #[test]
    fn a_role_may_create_groups_by_name_by_wildcard_or_by_what_a_managed_policy_says() {
        for action in ["logs:CreateLogGroup", "logs:*", "*", "logs:Create*"] {
            assert!(allows(&json!([action, "sqs:SendMessage"])), "{action}");
        }
        for action in ["logs:PutLogEvents", "logs:CreateLogStream", "sqs:*", "logs:Put*"] {
            assert!(!allows(&json!(action)), "{action}");
        }
        assert!(may_create_groups(
            &json!({ "managed_policy_arns": ["arn:aws:iam::aws:policy/X"] })
        ));
        assert!(!may_create_groups(
            &json!({ "inline_policy": {}, "managed_policy_arns": [] })
        ));
    }
}
