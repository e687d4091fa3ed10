//! How requests name functions: by name, by ARN, by a part of one.

use super::refusals;
use crate::aws::refusal::Refusal;
use crate::aws::request::Context;
use crate::aws::request::Request;

const LONGEST: usize = 64;
const PATTERN: &str = "(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?\
                       ([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?";

/// The ARN of a function of this account and region.
pub(super) fn arn(context: &Context, name: &str) -> String {
    context.arn("lambda", &format!("function:{name}"))
}

/// The name in the path.
///
/// # Errors
/// It names no function of this account and region, whatever exists.
pub(super) fn labelled<'r>(request: &'r Request, context: &Context) -> Result<&'r str, Refusal> {
    let text = request
        .labels
        .get("FunctionName")
        .map(String::as_str)
        .unwrap_or_default();
    plain(text, context)
}

/// The plain name in any of the forms.
pub(super) fn plain<'t>(text: &'t str, context: &Context) -> Result<&'t str, Refusal> {
    let whole = context.arn("lambda", "function:");
    let partial = format!("{}:function:", context.account);
    let elsewhere = text.starts_with("arn:") && !text.starts_with(&whole);
    if elsewhere {
        return Err(refusals::no_function(text));
    }
    let name = text
        .strip_prefix(&whole)
        .or_else(|| text.strip_prefix(&partial))
        .or_else(|| text.strip_prefix("function:"))
        .unwrap_or(text);
    let name = name.strip_suffix(":$LATEST").unwrap_or(name);
    if let Some((_, qualifier)) = name.split_once(':') {
        // There are no versions and no aliases here.
        return Err(refusals::no_function(&format!("{}:{qualifier}", arn(context, name))));
    }
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || !name.bytes().all(legal) {
        let rule = format!("satisfy regular expression pattern: {PATTERN}");
        return Err(refusals::constraint(&format!("'{text}'"), "functionName", &rule));
    }
    match name.len() > LONGEST {
        true => Err(refusals::constraint(
            &format!("'{text}'"),
            "functionName",
            "have length less than or equal to 64",
        )),
        false => Ok(name),
    }
}
