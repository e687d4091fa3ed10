//! The errors of Secrets Manager. Codes: botocore `secretsmanager/2017-10-17`; texts as clients of the real service
//! report them.

use crate::aws::refusal::Code;
use crate::aws::refusal::Refusal;

fn modeled(shape: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(400, Code::modeled(shape, shape), message)
}

pub(super) fn invalid_parameter(message: impl Into<String>) -> Refusal {
    modeled("InvalidParameterException", message)
}

pub(super) fn missing(parameter: &str) -> Refusal {
    invalid_parameter(format!("You must provide a value for the parameter {parameter}."))
}

fn invalid_request(message: impl Into<String>) -> Refusal {
    modeled("InvalidRequestException", message)
}

pub(super) fn no_such_secret() -> Refusal {
    modeled(
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret.",
    )
}

pub(super) fn no_such_value(wanted: &str) -> Refusal {
    let message = format!("Secrets Manager can't find the specified secret value for {wanted}");
    modeled("ResourceNotFoundException", message)
}

pub(super) fn exists(name: &str) -> Refusal {
    let message = format!("The operation failed because the secret {name} already exists.");
    modeled("ResourceExistsException", message)
}

pub(super) fn token_in_use(token: &str, arn: &str) -> Refusal {
    let message = format!(
        "You can't use ClientRequestToken {token} because that value is already in use for a version of secret {arn}."
    );
    modeled("ResourceExistsException", message)
}

pub(super) fn name_scheduled_for_deletion() -> Refusal {
    invalid_request("You can't create this secret because a secret with this name is already scheduled for deletion.")
}

pub(super) fn marked_for_deletion() -> Refusal {
    invalid_request("You can't perform this operation on the secret because it was marked for deletion.")
}

pub(super) fn window_and_force() -> Refusal {
    invalid_parameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
}

pub(super) fn window_out_of_range() -> Refusal {
    invalid_parameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
}

pub(super) fn bad_page() -> Refusal {
    modeled("InvalidNextTokenException", "The NextToken value is invalid.")
}
