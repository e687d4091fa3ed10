//! Secrets Manager, awsJson 1.1. Model: botocore `secretsmanager/2017-10-17`; behaviour: the API reference, and where
//! that is silent what clients of the real service report.
//!
//! | document | key | what |
//! | --- | --- | --- |
//! | `secret::Secret` | `<account>/<region>/secretsmanager/secret/<name>` | the secret with its tags and all its versions |
//! | `deletion::Forced` | `…/secretsmanager/forced/<name>` | a name that may not be used again yet |
//!
//! - An ARN ends in six random characters: it changes when a secret is made anew.
//! - A secret that is scheduled for deletion can be described, restored and deleted for good, nothing else; its name is
//!   taken until its day has come.
//! - Values are kept as they were sent: this cloud's state holds dummies.

mod deletion;
mod list;
mod refusals;
mod secret;
mod tags;
#[cfg(test)]
mod tests;
mod value;

use super::protocol::Protocol;
use super::refusal::Code;
use super::service::Operation;
use super::service::Service;

pub(crate) const SERVICE: Service = Service {
    name: "secretsmanager",
    protocol: Protocol::Json {
        target: "secretsmanager",
        version: "1.1",
        namespace: "com.amazonaws.secretsmanager",
        query_compatible: false,
    },
    regional: true,
    throttle: (400, Code::general("ThrottlingException", "Throttling")),
    failure: Code::modeled("InternalServiceError", "InternalServiceError"),
    operations: &[
        Operation::writes("CreateSecret", secret::create),
        Operation::writes("DeleteSecret", deletion::delete),
        Operation::reads("DescribeSecret", secret::describe),
        Operation::reads("GetSecretValue", value::get),
        Operation::reads("ListSecrets", list::list),
        Operation::writes("PutSecretValue", value::put),
        Operation::writes("RestoreSecret", deletion::restore),
        Operation::writes("TagResource", tags::tag),
        Operation::writes("UntagResource", tags::untag),
        Operation::writes("UpdateSecret", secret::update),
    ],
};
