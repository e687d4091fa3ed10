//! A connector's configuration: what is declared with its secrets, what is live without what the server fills in.

use std::collections::BTreeMap;

use eclusa_planner::resource::SecretSource;
use eclusa_planner::resource::Segment;
use eclusa_planner::schema::Whole;
use eclusa_planner::schema::confluent::connector::CLASS;
use eclusa_planner::schema::confluent::connector::ConnectorSpec;
use eclusa_planner::schema::confluent::connector::Property;
use eclusa_planner::schema::confluent::connector::TOPICS;
use eclusa_planner::schema::confluent::connector::is_server_filled;
use eclusa_planner::schema::confluent::connector::topics;

use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::confluent::connectors as api;
use crate::clients::confluent::connectors::ConnectorConfig;
use crate::clients::confluent::connectors::is_masked;
use crate::clients::confluent::connectors::plugin;
use crate::kinds::Update;
use crate::kinds::Wanted;

const CONFIG: &str = "config";
/// Confluent has the connector's name among its properties; here it is beside them.
const NAME: &str = "name";

/// What is sent for a declaration: secrets read from their sources now.
pub(super) async fn of(
    io: &Io,
    target: &Wanted,
    want: &ConnectorSpec,
    operation: Operation,
) -> Result<ConnectorConfig, ProviderError> {
    let mut config = ConnectorConfig::default();
    config.plain.insert(NAME.to_owned(), target.name.clone());
    for (name, Property(text)) in &want.config {
        match source(target, name) {
            None => {
                config.plain.insert(name.clone(), text.clone());
            }
            Some(source) => {
                let secret = io.secrets.resolve(io, source).await;
                let secret = secret.map_err(|unresolved| unresolved.into_error(operation, Class::Invalid))?;
                config.secrets.insert(name.clone(), secret);
            }
        }
    }
    Ok(config)
}

/// Where a property's text comes from, if it is a secret.
fn source<'t>(target: &'t Wanted, name: &str) -> Option<&'t SecretSource> {
    let path = [Segment::Key(CONFIG.to_owned()), Segment::Key(name.to_owned())];
    let mut sources = target.sources.iter();
    sources.find(|(at, _)| *at == path).map(|(_, source)| source)
}

/// Adds what is live and neither declared nor just taken out: a PUT would remove it.
pub(super) fn keep_undeclared(config: &mut ConnectorConfig, update: &Update<'_, ConnectorSpec>) {
    let is_taken_out = |name: &String| {
        let path = [Segment::Key(CONFIG.to_owned()), Segment::Key(name.clone())];
        update
            .fields
            .iter()
            .any(|field| field.path == path && field.after.is_none())
    };
    for (name, Property(text)) in &update.seen.spec.config {
        let is_declared = update.want.config.contains_key(name);
        if !is_declared && !is_taken_out(name) {
            config.plain.insert(name.clone(), text.clone());
        }
    }
}

/// What the kind of connector says is wrong with a configuration, property by property.
pub(super) async fn problems(
    io: &Io,
    of: api::In<'_>,
    want: &ConnectorSpec,
    config: &ConnectorConfig,
) -> Result<Vec<String>, ProviderError> {
    let class = class(want);
    let judged = plugin::validate(io, of, class, config).await?;
    let mut problems = Vec::new();
    for property in &judged.properties {
        let name = &property.value.name;
        problems.extend(
            property
                .value
                .errors
                .iter()
                .map(|error| match error.contains(name.as_str()) {
                    true => error.clone(),
                    false => format!("{name}: {error}"),
                }),
        );
    }
    if judged.error_count > 0 && problems.is_empty() {
        problems.push("no property is named".to_owned());
    }
    Ok(problems)
}

/// Has a configuration judged before it is written.
pub(super) async fn judge(
    io: &Io,
    of: api::In<'_>,
    want: &ConnectorSpec,
    config: &ConnectorConfig,
) -> Result<(), ProviderError> {
    let problems = problems(io, of, want, config).await?;
    if problems.is_empty() {
        return Ok(());
    }
    Err(ProviderError::own(
        plugin::VALIDATE,
        Class::Invalid,
        "ConfigurationRefused",
        format!(
            "{} does not take this configuration: {}",
            class(want),
            problems.join("; ")
        ),
    ))
}

fn class(want: &ConnectorSpec) -> &str {
    want.config.get(CLASS).map_or("", |Property(class)| class.as_str())
}

/// The live side as a declaration has it.
pub(super) fn spec(one: &api::Connector, cluster: &str) -> ConnectorSpec {
    let declarable = |name: &str| name != NAME && !is_server_filled(name);
    let config = one.info.config.iter().filter(|(name, _)| declarable(name));
    ConnectorSpec {
        kafka_cluster: Whole::of_id(cluster),
        status: one.status.connector.state.clone(),
        config: config
            .map(|(name, text)| (name.clone(), Property(text.clone())))
            .collect(),
        config_overrides: None,
    }
}

/// Whether what is read is what was sent, as far as it is shown.
pub(super) fn reads_back(target: &Wanted, want: &ConnectorSpec, live: &BTreeMap<String, String>) -> bool {
    want.config.iter().all(|(name, Property(text))| {
        let is_it = |read: &String| is_masked(read) || read == text || (name == TOPICS && same_topics(read, text));
        source(target, name).is_some() || live.get(name).is_some_and(is_it)
    })
}

fn same_topics(one: &str, other: &str) -> bool {
    let sorted = |list: &str| {
        let mut names: Vec<String> = topics(list).map(str::to_owned).collect();
        names.sort_unstable();
        names
    };
    sorted(one) == sorted(other)
}
