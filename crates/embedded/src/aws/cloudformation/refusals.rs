//! The errors of CloudFormation. Codes: botocore `cloudformation/2010-05-15`; nearly everything is a `ValidationError`,
//! told apart by its text, as clients of the real service report it.

use crate::aws::refusal::Code;
use crate::aws::refusal::Refusal;

pub(super) fn validation(message: impl Into<String>) -> Refusal {
    Refusal::new(400, Code::general("ValidationError", "ValidationError"), message)
}

pub(super) fn template(message: impl std::fmt::Display) -> Refusal {
    validation(format!("Template format error: {message}"))
}

pub(super) fn missing(parameter: &str) -> Refusal {
    validation(format!(
        "1 validation error detected: Value null at '{parameter}' failed to satisfy constraint: Member must not be null"
    ))
}

pub(super) fn no_such_stack(name: &str) -> Refusal {
    validation(format!("Stack with id {name} does not exist"))
}

pub(super) fn no_such_stack_to_change(name: &str) -> Refusal {
    validation(format!("Stack [{name}] does not exist"))
}

pub(super) fn stack_exists(name: &str, change_set: &str) -> Refusal {
    validation(format!(
        "Stack [{name}] already exists and cannot be created again with the changeSet [{change_set}]."
    ))
}

pub(super) fn not_updatable(id: &str, status: &str) -> Refusal {
    validation(format!("Stack:{id} is in {status} state and can not be updated."))
}

pub(super) fn not_deletable(id: &str, status: &str) -> Refusal {
    validation(format!("Stack [{id}] cannot be deleted while in status {status}"))
}

pub(super) fn change_set_exists(name: &str) -> Refusal {
    let code = Code::modeled("AlreadyExistsException", "AlreadyExistsException");
    Refusal::new(400, code, format!("ChangeSet {name} already exists"))
}

pub(super) fn no_such_change_set(name: &str) -> Refusal {
    let code = Code::modeled("ChangeSetNotFoundException", "ChangeSetNotFound");
    Refusal::new(404, code, format!("ChangeSet [{name}] does not exist"))
}

pub(super) fn change_set_not_executable(id: &str, status: &str) -> Refusal {
    let code = Code::modeled("InvalidChangeSetStatusException", "InvalidChangeSetStatus");
    let message = format!("ChangeSet [{id}] cannot be executed in its current status of [{status}]");
    Refusal::new(400, code, message)
}
