//! Where a key's secret is kept: a secret whose value only this kind writes.
//!
//! The version that PutSecretValue makes bears the key's id, padded to the 32 characters that a version's name has at
//! least: so DescribeSecret tells which key is the current one to those who may not read the value.

use std::time::Duration;

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;
use crate::clients::confluent::ApiKey;
use crate::kinds::Wanted;
use crate::kinds::aws::secretsmanager_secret::described;

const PUT: Operation = Operation::write(Service::SecretsManager, "PutSecretValue");
const CURRENT: &str = "AWSCURRENT";
const LENGTH: usize = 32;
const PADDING: char = '-';
const ATTRIBUTE: &str = "store";
/// How often a value is sent whose answer was lost; the same value under the same name is put once.
const TURNS: u32 = 4;

/// The name of the version that holds this key.
fn version(key: &str) -> String {
    format!("{key:-<LENGTH$}")
}

/// The key that a version is named after.
fn key_of(version: &str) -> Option<&str> {
    let key = version.trim_end_matches(PADDING);
    let is_id = key.len() >= 8
        && key
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (is_id && version.len() == LENGTH && key.len() < LENGTH).then_some(key)
}

/// Whether a version was written by a key of ours, so that nothing else is lost with it.
pub(crate) fn is_key_version(version: &str) -> bool {
    key_of(version).is_some()
}

/// The id of the key that the store holds; `None` where it holds none, or is not there.
pub(super) async fn current(io: &Io, target: &Wanted) -> Result<Option<String>, ProviderError> {
    let name = target.taken(ATTRIBUTE, "name");
    if name.is_empty() {
        return Ok(None);
    }
    let live = described(io, name).await?;
    Ok(live
        .as_ref()
        .as_ref()
        .and_then(|live| current_version(live))
        .and_then(key_of)
        .map(str::to_owned))
}

fn current_version(live: &DescribeSecretOutput) -> Option<&str> {
    if live.deleted_date().is_some() {
        return None;
    }
    let mut versions = live.version_ids_to_stages()?.iter();
    let is_current = |stages: &Vec<String>| stages.iter().any(|stage| stage == CURRENT);
    versions
        .find(|(_, stages)| is_current(stages))
        .map(|(id, _)| id.as_str())
}

/// Stores the key's secret.
pub(super) async fn put(io: &Io, target: &Wanted, key: &ApiKey) -> Result<(), ProviderError> {
    let name = target.taken(ATTRIBUTE, "name");
    let mut value = json!({"api_key": key.id(), "api_secret": key.secret().expose_secret()});
    if let Some(cluster) = &target.scope {
        let servers = cluster.output("bootstrap_endpoint");
        let servers = servers.split_once("://").map_or(servers, |(_, servers)| servers);
        value["bootstrap_servers"] = json!(servers);
        value["rest_endpoint"] = json!(cluster.output("rest_endpoint"));
    }
    let value = value.to_string();
    let token = version(key.id());
    let request = || {
        let request = io.aws.secretsmanager.put_secret_value().secret_id(name);
        request.client_request_token(&token).secret_string(&value)
    };
    let mut turn = 1;
    loop {
        match io.call(PUT, || request().send()).await {
            Ok(_) => break,
            Err(error) if error.class == Class::AnswerLost && turn < TURNS => {
                tokio::time::sleep(Duration::from_millis(200) * turn).await;
                turn += 1;
            }
            Err(error) => return Err(error),
        }
    }
    io.keyring.store(name, key.clone());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_names_its_key_and_no_other_version_does() {
        let named = version("ABCDEFGHIJKLMNOP");
        assert_eq!(named.len(), LENGTH);
        assert_eq!(key_of(&named), Some("ABCDEFGHIJKLMNOP"));
        for other in [
            "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE",
            "",
            "ABCDEFGHIJKLMNOP",
            "--------------------------------",
        ] {
            assert_eq!(key_of(other), None, "{other}");
        }
    }
}
