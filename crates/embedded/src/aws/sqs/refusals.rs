//! The errors of SQS, in both spellings.

use crate::aws::refusal::Code;
use crate::aws::refusal::Refusal;

fn modeled(shape: &'static str, query: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(400, Code::modeled(shape, query), message)
}

pub(super) fn no_such_queue() -> Refusal {
    let message = "The specified queue does not exist.";
    modeled("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", message)
}

pub(super) fn deleted_recently() -> Refusal {
    let message = "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
    modeled(
        "QueueDeletedRecently",
        "AWS.SimpleQueueService.QueueDeletedRecently",
        message,
    )
}

pub(super) fn name_exists(attribute: &str) -> Refusal {
    let message = format!("A queue already exists with the same name and a different value for attribute {attribute}");
    modeled("QueueNameExists", "QueueAlreadyExists", message)
}

pub(super) fn purge_in_progress(queue: &str) -> Refusal {
    let message = format!("Only one PurgeQueue operation on {queue} is allowed every 60 seconds.");
    modeled(
        "PurgeQueueInProgress",
        "AWS.SimpleQueueService.PurgeQueueInProgress",
        message,
    )
}

pub(super) fn unknown_attribute(name: &str) -> Refusal {
    modeled(
        "InvalidAttributeName",
        "InvalidAttributeName",
        format!("Unknown Attribute {name}."),
    )
}

pub(super) fn invalid_attribute(name: &str) -> Refusal {
    let message = format!("Invalid value for the parameter {name}.");
    modeled("InvalidAttributeValue", "InvalidAttributeValue", message)
}

pub(super) fn invalid_attribute_because(name: &str, reason: &str) -> Refusal {
    let message = format!("Invalid value for the parameter {name}. Reason: {reason}");
    modeled("InvalidAttributeValue", "InvalidAttributeValue", message)
}

pub(super) fn invalid_contents() -> Refusal {
    let message = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | \
                   #xE000 to #xFFFD | #x10000 to #x10FFFF.";
    modeled("InvalidMessageContents", "InvalidMessageContents", message)
}

pub(super) fn invalid_receipt(handle: &str) -> Refusal {
    let message = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
    modeled("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", message)
}

pub(super) fn unsupported(message: impl Into<String>) -> Refusal {
    modeled(
        "UnsupportedOperation",
        "AWS.SimpleQueueService.UnsupportedOperation",
        message,
    )
}

/// Not in the model: what the service answers for parameters that are no attributes, and for redrive policies.
pub(super) fn invalid_parameter(value: &str, parameter: &str, reason: &str) -> Refusal {
    invalid(format!(
        "Value {value} for parameter {parameter} is invalid. Reason: {reason}"
    ))
}

pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(
        400,
        Code::general("InvalidParameterValueException", "InvalidParameterValue"),
        message,
    )
}

pub(super) fn missing(parameter: &str) -> Refusal {
    let message = format!("The request must contain the parameter {parameter}.");
    Refusal::new(
        400,
        Code::general("MissingRequiredParameterException", "MissingParameter"),
        message,
    )
}
