//! How the Confluent kinds are called.
//!
//! - **Lists first**: every kind is found in the list of what it lives in, read once a look ([`lists`]). A list that can be
//!   read proves absence; but keys with few rights are shown short lists, so what is remembered and missing is asked for
//!   by its id ([`lookup`]): 404 is gone, 403 is gone or hidden.
//! - **One by one** only right before and after a write, where a list would be read for each of a thousand topics.
//! - **Keys**: the control plane takes the environment's Cloud key; a cluster's own host takes a key of that cluster
//!   ([`access`]).

pub mod access;
pub mod api_key;
pub mod connector;
pub mod environment;
pub mod kafka_acl;
pub mod kafka_cluster;
pub mod kafka_topic;
mod lists;
mod lookup;
pub mod role_binding;
pub mod service_account;
mod waiting;

use eclusa_planner::plan::live::Handle;
use eclusa_planner::resource::Outputs;

use crate::clients::Class;
use crate::clients::Operation;
use crate::clients::ProviderError;

/// The handle of what has an id.
fn handle(id: &str) -> Handle {
    Handle {
        id: id.to_owned(),
        revision: None,
    }
}

/// Name, id and whatever else, those that are known.
fn outputs<const N: usize>(known: [(&str, &str); N]) -> Outputs {
    let known = known.into_iter().filter(|(_, text)| !text.is_empty());
    known.map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

/// What is gone already was to be deleted.
fn gone_is_done(deleted: Result<(), ProviderError>) -> Result<(), ProviderError> {
    match deleted {
        Err(error) if error.class == Class::NotFound => Ok(()),
        other => other,
    }
}

fn unexpected(operation: Operation, problem: impl Into<String>) -> ProviderError {
    ProviderError::own(operation, Class::Unexpected, "AnswerNotUnderstood", problem)
}

/// What would go with what lies there, though nobody said that it may.
fn holds_others<'n>(operation: Operation, kind: &str, names: impl Iterator<Item = &'n str>) -> ProviderError {
    let names = names.collect::<Vec<_>>().join(", ");
    let text = format!("in it still lies a {kind} that is not this environment's: {names}");
    ProviderError::own(operation, Class::NotOurs, "HoldsOthers", text)
}

/// What lives in something was asked for before that had an id: a mistake of ours.
fn without_scope(operation: Operation) -> ProviderError {
    unexpected(operation, "what it lives in has no id yet")
}
