//! How the AWS kinds are called.

use std::collections::HashMap;

pub mod cloudformation_stack;
pub mod iam_role;
pub mod iot_topic_rule;
pub mod lambda_event_source_mapping;
pub mod lambda_function;
pub mod secretsmanager_secret;
pub mod sqs_queue;

use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;

/// The tags of a function or a mapping.
async fn lambda_tags(io: &Io, operation: Operation, arn: &str) -> Result<HashMap<String, String>, ProviderError> {
    let request = || io.aws.lambda.list_tags().resource(arn);
    Ok(io.call(operation, || request().send()).await?.tags.unwrap_or_default())
}
