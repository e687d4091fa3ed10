//! Policy documents: what the grammar of IAM policies demands of them, how much they may hold, and how answers spell
//! them. They are kept and given back as they were sent. Grammar: IAM user guide, "Grammar of the IAM JSON policy
//! language".

use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
use serde_json::Map;
use serde_json::Value;

use super::refusals;
use crate::aws::refusal::Refusal;

/// Characters of a trust policy that are not white space (IAM quotas).
const LONGEST_TRUST: usize = 2048;

const ELEMENTS: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT_ELEMENTS: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As GetRole and GetRolePolicy answer a document.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// What counts against quotas: all but white space.
pub(super) fn size(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

/// Reads a trust policy; its principals are checked elsewhere.
pub(super) fn trust(text: &str) -> Result<Value, Refusal> {
    let document = parsed(text)?;
    for statement in statements(&document) {
        check_trust_statement(statement)?;
    }
    if size(text) > LONGEST_TRUST {
        return Err(refusals::quota("ACLSizePerRole", LONGEST_TRUST));
    }
    Ok(document)
}

fn check_trust_statement(statement: &Map<String, Value>) -> Result<(), Refusal> {
    for prohibited in ["Resource", "NotResource"] {
        if statement.contains_key(prohibited) {
            return Err(refusals::malformed(format!("Has prohibited field {prohibited}")));
        }
    }
    if statement.contains_key("NotPrincipal") {
        return Err(refusals::malformed("AssumeRole policy may not use NotPrincipal"));
    }
    if !statement.contains_key("Principal") {
        return Err(refusals::malformed("Missing required field Principal"));
    }
    let actions = statement
        .get("Action")
        .ok_or_else(|| refusals::malformed("AssumeRole policy must contain actions."))?;
    if texts(actions).any(|action| !action.to_ascii_lowercase().starts_with("sts:")) {
        return Err(refusals::malformed(
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ));
    }
    Ok(())
}

/// Whether a role may have this permissions policy.
pub(super) fn check_permissions(text: &str) -> Result<(), Refusal> {
    let document = parsed(text)?;
    statements(&document).try_for_each(check_permissions_statement)
}

fn check_permissions_statement(statement: &Map<String, Value>) -> Result<(), Refusal> {
    if statement.contains_key("Principal") || statement.contains_key("NotPrincipal") {
        return Err(refusals::malformed("Policy document should not specify a principal."));
    }
    let actions = one_of(
        statement,
        "Action",
        "NotAction",
        "Policy statement must contain actions.",
    )?;
    for action in texts(actions) {
        let vendor = action.split_once(':').map(|(vendor, _)| vendor);
        if action != "*" && vendor.is_none_or(str::is_empty) {
            return Err(refusals::malformed(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            ));
        }
    }
    let resources = one_of(
        statement,
        "Resource",
        "NotResource",
        "Policy statement must contain resources.",
    )?;
    for resource in texts(resources) {
        if resource != "*" && !is_arn_pattern(resource) {
            let message = format!("Resource {resource} must be in ARN format or \"*\".");
            return Err(refusals::malformed(message));
        }
    }
    Ok(())
}

/// Six parts, of which the first is `arn`; any may hold wildcards.
fn is_arn_pattern(text: &str) -> bool {
    text.strip_prefix("arn:")
        .is_some_and(|rest| rest.splitn(5, ':').count() == 5 && !rest.ends_with(':'))
}

/// Exactly one of two elements.
fn one_of<'a>(
    statement: &'a Map<String, Value>,
    element: &str,
    inverse: &str,
    missing: &str,
) -> Result<&'a Value, Refusal> {
    match (statement.get(element), statement.get(inverse)) {
        (Some(_), Some(_)) => Err(syntax()),
        (Some(value), None) | (None, Some(value)) if texts(value).next().is_some() => Ok(value),
        _ => Err(refusals::malformed(missing)),
    }
}

fn syntax() -> Refusal {
    refusals::malformed("Syntax errors in policy.")
}

/// The document, if it fits the grammar that all policies share.
fn parsed(text: &str) -> Result<Value, Refusal> {
    let document: Value =
        serde_json::from_str(text).map_err(|_| refusals::malformed("This policy contains invalid Json"))?;
    let object = document.as_object().ok_or_else(syntax)?;
    only(object, ELEMENTS)?;
    match object.get("Version") {
        None => {}
        Some(Value::String(version)) if version == "2012-10-17" || version == "2008-10-17" => {}
        Some(_) => return Err(syntax()),
    }
    let list = match object.get("Statement") {
        Some(Value::Array(list)) if !list.is_empty() => list.as_slice(),
        Some(single @ Value::Object(_)) => std::slice::from_ref(single),
        _ => return Err(syntax()),
    };
    let mut sids = Vec::new();
    for statement in list {
        let statement = statement.as_object().ok_or_else(syntax)?;
        check_statement(statement, &mut sids)?;
    }
    Ok(document)
}

fn check_statement<'a>(statement: &'a Map<String, Value>, sids: &mut Vec<&'a str>) -> Result<(), Refusal> {
    only(statement, STATEMENT_ELEMENTS)?;
    match statement.get("Effect").map(Value::as_str) {
        Some(Some("Allow" | "Deny")) => {}
        None => return Err(refusals::malformed("Missing required field Effect")),
        Some(_) => return Err(syntax()),
    }
    for element in ["Action", "NotAction", "Resource", "NotResource"] {
        if statement.get(element).is_some_and(|value| !is_texts(value)) {
            return Err(syntax());
        }
    }
    if let Some(sid) = statement.get("Sid") {
        let sid = sid.as_str().ok_or_else(syntax)?;
        if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(refusals::malformed(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression \
                 [0-9A-Za-z]*",
            ));
        }
        if !sid.is_empty() && sids.contains(&sid) {
            let message = "Statement IDs (SID) in a single policy must be unique.";
            return Err(refusals::malformed(message));
        }
        sids.push(sid);
    }
    statement.get("Condition").map_or(Ok(()), check_condition)
}

/// `{operator: {key: value or list of values}}`.
fn check_condition(condition: &Value) -> Result<(), Refusal> {
    for keys in condition.as_object().ok_or_else(syntax)?.values() {
        for value in keys.as_object().ok_or_else(syntax)?.values() {
            let lawful = match value {
                Value::Array(values) => values.iter().all(is_scalar),
                single => is_scalar(single),
            };
            if !lawful {
                return Err(syntax());
            }
        }
    }
    Ok(())
}

fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}

fn only(object: &Map<String, Value>, known: &[&str]) -> Result<(), Refusal> {
    if object.keys().all(|key| known.contains(&key.as_str())) {
        Ok(())
    } else {
        Err(syntax())
    }
}

/// A text or a list of texts.
pub(super) fn is_texts(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(values) => values.iter().all(Value::is_string),
        _ => false,
    }
}

/// The texts of an element that takes one or a list.
pub(super) fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let list = match value {
        Value::Array(values) => values.as_slice(),
        single => std::slice::from_ref(single),
    };
    list.iter().filter_map(Value::as_str)
}

/// The statements, be they a list or a single one.
pub(super) fn statements(document: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    let list = match document.get("Statement") {
        Some(Value::Array(list)) => list.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    list.iter().filter_map(Value::as_object)
}
