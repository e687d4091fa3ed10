//! How the AWS kinds are called.

pub mod sqs_queue;
mod unreadable;

pub(crate) use unreadable::readable;
