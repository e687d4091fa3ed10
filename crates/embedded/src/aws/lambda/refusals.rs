//! The errors of Lambda. Codes and statuses: botocore `lambda/2015-03-31`; texts as clients of the real service report
//! them.

use crate::aws::refusal::Code;
use crate::aws::refusal::Refusal;

fn modeled(status: u16, shape: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(status, Code::modeled(shape, shape), message).with_member("Type", "User")
}

pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    modeled(400, "InvalidParameterValueException", message)
}

/// A value that breaks its shape's rule, as AWS's own validation words it.
pub(super) fn constraint(value: &str, member: &str, rule: &str) -> Refusal {
    let message = format!(
        "1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: Member must {rule}"
    );
    Refusal::new(400, Code::general("ValidationException", "ValidationError"), message)
}

pub(super) fn missing(member: &str) -> Refusal {
    constraint("null", member, "not be null")
}

pub(super) fn no_function(arn: &str) -> Refusal {
    modeled(404, "ResourceNotFoundException", format!("Function not found: {arn}"))
}

pub(super) fn no_mapping() -> Refusal {
    let message = "The resource you requested does not exist.";
    modeled(404, "ResourceNotFoundException", message)
}

pub(super) fn function_exists(name: &str) -> Refusal {
    conflict(format!("Function already exist: {name}"))
}

pub(super) fn mapping_exists(queue: &str, function: &str, uuid: &str) -> Refusal {
    conflict(format!(
        "An event source mapping with SQS arn (\" {queue} \") and function (\" {function} \") already exists. Please \
         update or delete the existing mapping with UUID {uuid}"
    ))
}

pub(super) fn is_pending() -> Refusal {
    conflict(
        "The operation cannot be performed at this time. The function is currently in the following state: Pending",
    )
}

pub(super) fn is_updated(arn: &str) -> Refusal {
    conflict(format!(
        "The operation cannot be performed at this time. An update is in progress for resource: {arn}"
    ))
}

fn conflict(message: impl Into<String>) -> Refusal {
    modeled(409, "ResourceConflictException", message)
}

pub(super) fn other_revision() -> Refusal {
    let message = "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to \
                   retrieve the latest Revision Id";
    modeled(412, "PreconditionFailedException", message)
}

pub(super) fn mapping_in_use(verb: &str) -> Refusal {
    let message = format!("Cannot {verb} the event source mapping because it is in use.");
    modeled(400, "ResourceInUseException", message)
}

/// The text that real clients match on (hashicorp/terraform-provider-aws `lambda/function.go`).
pub(super) fn not_assumable() -> Refusal {
    invalid("The role defined for the function cannot be assumed by Lambda.")
}

pub(super) fn no_zip() -> Refusal {
    invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
}

/// AWS measures the whole request (clients report 70,167,211 bytes).
pub(super) fn too_large(bytes: usize) -> Refusal {
    let message = format!("Request must be smaller than 69905067 bytes for the CreateFunction operation: {bytes}");
    modeled(413, "RequestEntityTooLargeException", message)
}
