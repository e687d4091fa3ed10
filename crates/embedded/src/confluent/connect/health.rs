//! What stands in a connector's way. It is looked at on every read, so what is repaired runs again by itself.

use super::config::Config;
use super::config::is_mask;
use super::config::topics;
use super::connector::Connector;
use crate::confluent::cmk::cluster::Cluster;
use crate::confluent::iam::accounts;
use crate::confluent::iam::keys;
use crate::confluent::iam::keys::ApiKey;
use crate::confluent::iam::keys::Resource;
use crate::confluent::kafka::authorize::Authority;
use crate::confluent::kafka::authorize::Kind;
use crate::confluent::kafka::topic;
use crate::confluent::key::USER;
use crate::confluent::refusal::Refusal;
use crate::confluent::request::Context;
use crate::store::View;

/// What no time heals: a database that cannot be reached or does not know the password.
pub(super) fn unusable(config: &Config) -> Option<String> {
    let text = |key: &str| config.get(key).map_or("", String::as_str);
    let host = text("connection.host");
    if host.starts_with("unreachable") || host.ends_with(".invalid") {
        return Some(format!("Unable to connect to the server at {host}."));
    }
    let password = text("connection.password");
    is_mask(password).then(|| "Authentication failed for the user at the server.".to_owned())
}

/// Why it cannot run, if it cannot.
pub(super) fn problem(
    view: View<'_>,
    context: &Context,
    cluster: &Cluster,
    connector: &Connector,
) -> Result<Option<String>, Refusal> {
    let config = &connector.config;
    if let Some(problem) = unusable(config) {
        return Ok(Some(problem));
    }
    for name in topics(config) {
        if !topic::is_there(view, context, &cluster.id, name)? {
            return Ok(Some(format!("Topic {name} does not exist.")));
        }
    }
    let authority = match principal(view, context, cluster, config)? {
        Ok(owner) if owner == USER => return Ok(None),
        Ok(owner) => Authority::of_account(view, context, cluster, &owner)?,
        Err(problem) => return Ok(Some(problem)),
    };
    let (group, dead_letters) = (format!("connect-{}", connector.id), connector.dead_letters());
    let mut needed = vec![
        ("READ", Kind::Group, group.as_str()),
        ("CREATE", Kind::Topic, dead_letters.as_str()),
        ("WRITE", Kind::Topic, dead_letters.as_str()),
    ];
    needed.extend(topics(config).into_iter().map(|name| ("READ", Kind::Topic, name)));
    let lacking = needed
        .into_iter()
        .find(|(operation, kind, name)| !authority.allows(operation, *kind, name));
    Ok(lacking.map(|(operation, kind, name)| {
        let kind = match kind {
            Kind::Topic => "topic",
            Kind::Group => "group",
            Kind::Cluster => "cluster",
        };
        format!("Not authorized: the connector's account may not {operation} {kind} {name}.")
    }))
}

/// As whom it works in the cluster, or why as nobody.
fn principal(
    view: View<'_>,
    context: &Context,
    cluster: &Cluster,
    config: &Config,
) -> Result<Result<String, String>, Refusal> {
    let text = |key: &str| config.get(key).map_or("", String::as_str);
    if text("kafka.auth.mode") == "SERVICE_ACCOUNT" {
        let id = text("kafka.service.account.id");
        let is_there = accounts::find(view, context, id)?.is_some();
        return Ok(if is_there {
            Ok(id.to_owned())
        } else {
            Err(format!("Service account {id} does not exist."))
        });
    }
    let found: Option<ApiKey> = view.get(&keys::key(context, text("kafka.api.key")))?;
    let opens = |key: &ApiKey| {
        key.secret == text("kafka.api.secret")
            && matches!(&key.resource, Resource::Cluster { id, .. } if *id == cluster.id)
    };
    let owner = found.filter(opens).map(|key| key.owner);
    // A key that is not of this cloud's making is the user's own, as on the cluster's host.
    let foreign = text("kafka.api.key").starts_with("CLUSTER").then(|| USER.to_owned());
    Ok(owner
        .or(foreign)
        .ok_or_else(|| "The Kafka API key is not valid.".to_owned()))
}
