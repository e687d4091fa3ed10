//! What the Confluent kinds are.
//!
//! - **Marks**: Confluent has no tags. Environments, clusters and connectors show their owner by a display name that ends
//!   in `-<tag>`, accounts by that and their description, keys by their description; topics by where they lie, bindings
//!   and ACLs by whom they serve. `protect`, and where the resource cannot say them address and digest, are in the
//!   record.
//! - **Whole resources**: `environment`, `kafka_cluster`, `managed_resource`, `credentials` and `store` take one, and
//!   are not compared: what was read was read there.
//! - **`existing:`** takes a display name or an id (`env-…`, `lkc-…`, `sa-…`).

pub mod api_key;
pub mod connector;
pub mod environment;
pub mod kafka_acl;
pub mod kafka_cluster;
pub mod kafka_topic;
pub mod role_binding;
pub mod service_account;

use super::Problems;
use super::Takes;
use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::identity::length;
use crate::resource::sentinel;
use crate::resource::sentinel::shown;

/// Characters of a display name (confluentinc/cli, `iam/command_service_account.go`, for accounts; not published for the
/// others).
const NAME_LENGTH: usize = 64;

/// Default display names: letters, digits, `-`, `_` and `.`, and the owner's tag.
const DISPLAY_NAME: Naming = Naming {
    punctuation: "-_.",
    replacement: '-',
    length: NAME_LENGTH,
    tagged: true,
};

/// What lives in a cluster names it so.
const IN_CLUSTER: Takes = Takes {
    attribute: "kafka_cluster",
    kind: "confluent_kafka_cluster",
};
/// The key that writes topics and ACLs.
const WRITTEN_WITH: Takes = Takes {
    attribute: "credentials",
    kind: "confluent_api_key",
};

/// Holds a display name that somebody chose against what the console takes: any characters but control characters.
fn check_display_name(name: &str) -> Result<(), String> {
    let found = if name.trim().is_empty() {
        "found none".to_owned()
    } else if length(name) > NAME_LENGTH {
        format!("found {}", length(name))
    } else if name.trim() != name {
        "found white space at an end".to_owned()
    } else if name.chars().any(char::is_control) {
        "found a control character".to_owned()
    } else {
        return Ok(());
    };
    Err(format!(
        "expected 1 to {NAME_LENGTH} characters, `-<tag>` included, {found}"
    ))
}

/// The output `name` alone.
fn named(cloud_name: &str) -> Outputs {
    Outputs::from([("name".to_owned(), cloud_name.to_owned())])
}

/// Reports a text that cannot be a principal.
fn check_principal(principal: &str, problems: &mut Problems) {
    let is_one = ["User:", "Group:"]
        .iter()
        .any(|kind| principal.strip_prefix(kind).is_some_and(|id| !id.is_empty()));
    if !is_one && !principal.starts_with(sentinel::OPEN) {
        problems.add(
            &["principal"],
            format!("expected a principal, User:…, found {}", shown(principal)),
            Some("write \"User:${confluent_service_account.NAME.id}\""),
        );
    }
}

#[cfg(test)]
mod tests;
