//! How the AWS kinds are called.

pub mod cloudformation_stack;
pub mod iam_role;
pub mod iot_topic_rule;
pub mod lambda_event_source_mapping;
pub mod lambda_function;
pub mod secretsmanager_secret;
pub mod sqs_queue;
mod unreadable;

pub(crate) use unreadable::readable;
