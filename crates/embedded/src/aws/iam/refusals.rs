//! The errors of IAM. Codes and statuses: botocore `iam/2010-05-08`; texts as clients of the real service report them.

use crate::aws::refusal::Code;
use crate::aws::refusal::Refusal;

fn modeled(status: u16, shape: &'static str, query: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(status, Code::modeled(shape, query), message)
}

fn no_such_entity(message: impl Into<String>) -> Refusal {
    modeled(404, "NoSuchEntityException", "NoSuchEntity", message)
}

pub(super) fn no_such_role(name: &str) -> Refusal {
    no_such_entity(format!("The role with name {name} cannot be found."))
}

pub(super) fn no_such_role_policy(name: &str) -> Refusal {
    no_such_entity(format!("The role policy with name {name} cannot be found."))
}

pub(super) fn no_such_policy(arn: &str) -> Refusal {
    no_such_entity(format!("Policy {arn} does not exist or is not attachable."))
}

pub(super) fn not_attached(arn: &str) -> Refusal {
    no_such_entity(format!("Policy {arn} was not found."))
}

pub(super) fn no_such_boundary(arn: &str) -> Refusal {
    no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable."))
}

pub(super) fn no_boundary(role: &str) -> Refusal {
    no_such_entity(format!("Role {role} does not have a permissions boundary."))
}

pub(super) fn role_exists(name: &str) -> Refusal {
    let message = format!("Role with name {name} already exists.");
    modeled(409, "EntityAlreadyExistsException", "EntityAlreadyExists", message)
}

pub(super) fn delete_conflict(first: &str) -> Refusal {
    let message = format!("Cannot delete entity, must {first} first.");
    modeled(409, "DeleteConflictException", "DeleteConflict", message)
}

pub(super) fn malformed(message: impl Into<String>) -> Refusal {
    modeled(
        400,
        "MalformedPolicyDocumentException",
        "MalformedPolicyDocument",
        message,
    )
}

pub(super) fn limit(message: impl Into<String>) -> Refusal {
    modeled(409, "LimitExceededException", "LimitExceeded", message)
}

pub(super) fn quota(name: &str, most: usize) -> Refusal {
    limit(format!("Cannot exceed quota for {name}: {most}"))
}

pub(super) fn invalid_input(message: impl Into<String>) -> Refusal {
    modeled(400, "InvalidInputException", "InvalidInput", message)
}

pub(super) fn not_attachable() -> Refusal {
    let message = "Cannot attach a Service Role Policy to a Customer Role.";
    modeled(400, "PolicyNotAttachableException", "PolicyNotAttachable", message)
}

/// Not in the model: what every query service answers where a parameter breaks its shape's constraints.
pub(super) fn validation(message: impl Into<String>) -> Refusal {
    Refusal::new(400, Code::general("ValidationException", "ValidationError"), message)
}
