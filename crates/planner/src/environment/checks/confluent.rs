//! What the Confluent kinds ask of each other.
//!
//! - A secret named by `store` serves one key, and is ours.
//! - `credentials` are a key of the same cluster.
//! - In an `existing` cluster a topic's name holds the environment's tag, since nothing else there shows whose it is; a
//!   topic that is itself `existing` aside.
//! - A sink reads declared topics (see [`sinks`]).
//! - Descriptions leave room for the mark.
//! - What only Dedicated clusters know is not asked of others, nor roles of Basic ones that have none.

mod sinks;
#[cfg(test)]
mod tests;

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::environment::Declared;
use crate::environment::declared::Resource;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::source::Span;
use crate::plan::Evaluation;
use crate::resource::Address;
use crate::resource::PlaceField;
use crate::resource::identity::length;
use crate::resource::mark::description;
use crate::schema::DecodeError;
use crate::schema::confluent::kafka_topic::settings;
use crate::schema::confluent::role_binding::ROLES_IN_CLUSTERS;

const CLUSTER: &str = "confluent_kafka_cluster";
const TOPIC: &str = "confluent_kafka_topic";
const BINDING: &str = "confluent_role_binding";
const CONNECTOR: &str = "confluent_connector";
const IN_CLUSTER: &str = "kafka_cluster";
const CREDENTIALS: &str = "credentials";
const STORE: &str = "store";

pub(super) fn check(
    declared: &Declared,
    evaluation: &Evaluation<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Result<(), DecodeError> {
    stores(declared, evaluation, problems);
    for resource in declared
        .resources
        .iter()
        .filter(|each| !evaluation.is_existing(&each.address))
    {
        credentials(resource, evaluation, problems);
        room_for_mark(resource, declared, evaluation, problems)?;
        match resource.schema.name() {
            TOPIC => {
                tag_in_name(resource, declared, evaluation, problems);
                settings_of_cluster(resource, evaluation, problems)?;
            }
            BINDING => roles_of_cluster(resource, evaluation, problems)?,
            CONNECTOR => sinks::check(resource, declared, evaluation, problems)?,
            _ => {}
        }
    }
    Ok(())
}

/// The place of an attribute, else of its resource.
fn place(resource: &Resource, path: &[&str]) -> Span {
    let found = path.iter().try_fold(&resource.attributes, |node, key| node.get(key));
    found.map_or(resource.span, |node| node.span)
}

fn stores(declared: &Declared, evaluation: &Evaluation<'_>, problems: &mut Vec<Diagnostic>) {
    let mut served: IndexMap<&Address, Vec<&Resource>> = IndexMap::new();
    for resource in &declared.resources {
        if let Some(secret) = evaluation.whole(&resource.address, STORE) {
            served.entry(secret).or_default().push(resource);
        }
    }
    for (secret, keys) in served {
        let [first, others @ ..] = keys.as_slice() else {
            continue;
        };
        if evaluation.is_existing(secret) {
            let message = format!("{secret} is only looked up, and a key's store must be ours");
            let hint = "declare a secret without `existing:` for this key";
            problems
                .push(Diagnostic::at("foreign-store", message, place(first, &[STORE]), "written by eclusa").hint(hint));
        }
        if others.is_empty() {
            continue;
        }
        let message = format!("{secret} stores one key, and {} name it", keys.len());
        let label = |key: &Resource| format!("the store of {}", key.address);
        let mut problem = Diagnostic::at("one-store", message, place(first, &[STORE]), label(first));
        for other in others {
            problem = problem.and_at(place(other, &[STORE]), label(other));
        }
        problems.push(problem.hint("declare an aws_secretsmanager_secret for each key"));
    }
}

fn credentials(resource: &Resource, evaluation: &Evaluation<'_>, problems: &mut Vec<Diagnostic>) {
    let (Some(key), Some(cluster)) = (
        evaluation.whole(&resource.address, CREDENTIALS),
        evaluation.whole(&resource.address, IN_CLUSTER),
    ) else {
        return;
    };
    let opened = evaluation.whole(key, "managed_resource");
    if opened == Some(cluster) || evaluation.is_existing(key) {
        return;
    }
    let opens = opened.map_or("the cloud, not a cluster".to_owned(), Address::to_string);
    let message = format!("{key} opens {opens}, but {} lives in {cluster}", resource.address);
    let mut problem = Diagnostic::at(
        "wrong-credentials",
        message,
        place(resource, &[CREDENTIALS]),
        "a key of another place",
    );
    if let Some(key) = evaluation.resource(key) {
        problem = problem.and_at(place(key, &["managed_resource"]), format!("opens {opens}"));
    }
    problems.push(problem.hint("name a key whose `managed_resource` is that cluster"));
}

/// Its mark stands at the end of a description, whatever the declared text is.
fn room_for_mark(
    resource: &Resource,
    declared: &Declared,
    evaluation: &Evaluation<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Result<(), DecodeError> {
    if !resource.schema.marking().is_described() {
        return Ok(());
    }
    let wanted = evaluation.wanted(&resource.address)?.spec;
    let text = wanted.get("description").and_then(Json::as_str).unwrap_or_default();
    let room = description::room(&declared.place.environment, &resource.address);
    let found = length(text);
    if found > room {
        let message = format!(
            "the description of {} has {found} characters, and its mark leaves {room} of {}",
            resource.address,
            description::LENGTH
        );
        let place = place(resource, &["description"]);
        let label = format!("expected at most {room} characters");
        problems.push(
            Diagnostic::at("no-room-for-mark", message, place, label)
                .hint("the mark holds the names of environment, instance and resource: shorter ones leave more"),
        );
    }
    Ok(())
}

fn tag_in_name(resource: &Resource, declared: &Declared, evaluation: &Evaluation<'_>, problems: &mut Vec<Diagnostic>) {
    let cluster = evaluation.whole(&resource.address, IN_CLUSTER);
    let Some(cluster) = cluster.filter(|cluster| evaluation.is_existing(cluster)) else {
        return;
    };
    let tag = declared.place.text(PlaceField::Tag);
    let name = evaluation.cloud_name(&resource.address);
    if name.is_none_or(|name| name.contains(&tag)) {
        return;
    }
    let named = resource.options.name.as_ref().map(|(_, span)| *span);
    let message = format!(
        "{} lies in an existing cluster, where its name must hold ${{environment.tag}}",
        resource.address
    );
    let mut problem = Diagnostic::at(
        "no-tag-in-name",
        message,
        named.unwrap_or(resource.span),
        "nothing else there shows whose it is",
    );
    if let Some((_, span)) = evaluation
        .resource(cluster)
        .and_then(|cluster| cluster.options.existing.as_ref())
    {
        problem = problem.and_at(*span, "the cluster is only looked up");
    }
    problems.push(
        problem.hint("write `name: ${environment.name}-${environment.tag}.NAME`, or `existing:` for a topic of others"),
    );
}

/// The declared cluster's Spec; null for one that is only looked up.
fn cluster_spec(evaluation: &Evaluation<'_>, cluster: &Address) -> Result<Json, DecodeError> {
    Ok(evaluation.wanted(cluster)?.spec)
}

fn has(spec: &Json, attribute: &str) -> bool {
    spec.get(attribute).is_some_and(|value| !value.is_null())
}

fn settings_of_cluster(
    resource: &Resource,
    evaluation: &Evaluation<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Result<(), DecodeError> {
    let Some(cluster) = evaluation.whole(&resource.address, IN_CLUSTER) else {
        return Ok(());
    };
    let spec = cluster_spec(evaluation, cluster)?;
    if spec.is_null() || has(&spec, "dedicated") {
        return Ok(());
    }
    let wanted = evaluation.wanted(&resource.address)?.spec;
    let config = wanted.get("config").and_then(Json::as_object);
    for (name, value) in config.into_iter().flatten() {
        let bytes = value.as_str().and_then(|text| text.parse::<i64>().ok());
        let is_too_large = name == "max.message.bytes" && bytes.is_some_and(|it| it > settings::SHARED_MESSAGE_BYTES);
        let message = if settings::is_dedicated_only(name) {
            format!("{name} exists on Dedicated clusters only, and {cluster} is none")
        } else if is_too_large {
            let most = settings::SHARED_MESSAGE_BYTES;
            format!("{name}: expected at most {most} on a cluster that is not Dedicated")
        } else {
            continue;
        };
        let mut problem = Diagnostic::at(
            "not-on-this-cluster",
            message,
            place(resource, &["config", name]),
            "set here",
        );
        if let Some(cluster) = evaluation.resource(cluster) {
            problem = problem.and_at(cluster.span, "the cluster is declared here");
        }
        problems.push(problem);
    }
    Ok(())
}

fn roles_of_cluster(
    resource: &Resource,
    evaluation: &Evaluation<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Result<(), DecodeError> {
    let wanted = evaluation.wanted(&resource.address)?.spec;
    let role = wanted.get("role_name").and_then(Json::as_str).unwrap_or_default();
    if !ROLES_IN_CLUSTERS.contains(&role) {
        return Ok(());
    }
    for cluster in evaluation.referred(&resource.address, &["crn_pattern"]) {
        if cluster.kind == CLUSTER && has(&cluster_spec(evaluation, cluster)?, "basic") {
            let message = format!("Basic clusters know no {role}");
            let mut problem = Diagnostic::at(
                "not-on-this-cluster",
                message,
                place(resource, &["role_name"]),
                "given here",
            );
            if let Some(cluster) = evaluation.resource(cluster) {
                problem = problem.and_at(place(cluster, &["basic"]), "a Basic cluster");
            }
            problems.push(problem.hint("declare a confluent_kafka_acl, or a Standard cluster"));
        }
    }
    Ok(())
}
