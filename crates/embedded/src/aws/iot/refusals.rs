//! The errors of IoT's rule and thing operations.

use super::sql::SqlError;
use crate::aws::refusal::Code;
use crate::aws::refusal::Refusal;

fn modeled(status: u16, shape: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(status, Code::modeled(shape, shape), message)
}

pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    modeled(400, "InvalidRequestException", message)
}

/// A value that breaks its shape's rule, as AWS's own validation words it.
pub(super) fn constraint(value: &str, member: &str, rule: &str) -> Refusal {
    invalid(format!(
        "1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: Member must {rule}"
    ))
}

pub(super) fn missing(member: &str) -> Refusal {
    constraint("null", member, "not be null")
}

pub(super) fn sql(error: &SqlError) -> Refusal {
    modeled(
        400,
        "SqlParseException",
        format!("SQL statement does not parse: {error}."),
    )
}

/// The text that real clients match on (hashicorp/terraform-provider-aws#33433).
pub(super) fn not_assumable(role_arn: &str) -> Refusal {
    invalid(format!(
        "AWS IoT (iot.amazonaws.com) is unable to assume role (sts:AssumeRole) on resource: {role_arn}. If the role was \
         just created or updated, please try again in a few seconds."
    ))
}

/// What a missing rule is answered with.
pub(super) fn denied(rule: &str) -> Refusal {
    modeled(
        401,
        "UnauthorizedException",
        format!("Access to topic rule '{rule}' was denied"),
    )
}

pub(super) fn exists(rule: &str, arn: &str) -> Refusal {
    let refusal = modeled(
        409,
        "ResourceAlreadyExistsException",
        format!("Rule {rule} already exists."),
    );
    refusal.with_member("resourceId", rule).with_member("resourceArn", arn)
}

pub(super) fn conflicting(rule: &str) -> Refusal {
    let message = format!("Topic rule '{rule}' has another update that is still pending.");
    modeled(409, "ConflictingResourceUpdateException", message)
}

pub(super) fn no_such_resource(arn: &str) -> Refusal {
    modeled(
        404,
        "ResourceNotFoundException",
        format!("Resource {arn} does not exist."),
    )
}

pub(super) fn too_many_tags(most: usize) -> Refusal {
    modeled(
        410,
        "LimitExceededException",
        format!("A resource has at most {most} tags."),
    )
}

pub(super) fn thing_exists(thing: &str, arn: &str, id: &str) -> Refusal {
    let message = format!("Thing {thing} already exists in account with different attributes");
    let refusal = modeled(409, "ResourceAlreadyExistsException", message);
    refusal.with_member("resourceId", id).with_member("resourceArn", arn)
}

pub(super) fn no_such_thing(thing: &str) -> Refusal {
    modeled(404, "ResourceNotFoundException", format!("Thing {thing} not found"))
}

/// Types and billing groups are not implemented, so none exists.
pub(super) fn no_such(what: &str, name: &str) -> Refusal {
    modeled(
        404,
        "ResourceNotFoundException",
        format!("{what} {name} does not exist"),
    )
}

pub(super) fn version_conflict(thing: &str, expected: i64, version: i64) -> Refusal {
    modeled(
        409,
        "VersionConflictException",
        format!("Version conflict on thing {thing}: expected version {expected}, the latest is {version}"),
    )
}
