//! A connector's configuration: what is wrong with it, what is kept of it and what is shown.

use std::collections::BTreeMap;

use super::property::PROPERTIES;
use super::property::Property;
use super::property::TLS_PROPERTIES;
use super::property::Type;
use crate::confluent::cmk::cluster::Cluster;
use crate::confluent::refusal::Refusal;
use crate::confluent::request::Context;
use crate::confluent::switches::ConnectionUser;
use crate::confluent::switches::MaskedSecrets;
use crate::confluent::switches::TlsProperties;

pub(super) type Config = BTreeMap<String, String>;

/// The only plugin.
pub(super) const PLUGIN: &str = "MongoDbAtlasSink";
pub(super) const MASK: &str = "****************";
/// Keys that the service adds; sent back to it they are passed over.
const ADDED: &[&str] = &[
    "cloud.environment",
    "cloud.provider",
    "kafka.dedicated",
    "kafka.endpoint",
    "kafka.max.partition.validation.disable",
    "kafka.region",
    "valid.kafka.api.key",
    "connector.crn",
    "confluent.resource.connector.tier",
];
const INTERNAL: &str = "config.internal.";

pub(super) fn properties(context: &Context) -> impl Iterator<Item = &'static Property> {
    let more = match context.switches.tls_properties {
        TlsProperties::Known => TLS_PROPERTIES,
        TlsProperties::Unknown => &[],
    };
    PROPERTIES.iter().chain(more)
}

/// What is set, by the property's name or its alias.
pub(super) fn value<'a>(config: &'a Config, property: &Property) -> Option<&'a str> {
    let named = config.get(property.name).or_else(|| config.get(property.alias));
    named.map(String::as_str).filter(|value| !value.is_empty())
}

pub(super) fn is_mask(value: &str) -> bool {
    value.len() >= 2 && value.bytes().all(|byte| byte == b'*')
}

/// Whether reads hide the value of this key.
fn is_masked(key: &str, context: &Context) -> bool {
    let masked_user = context.switches.connection_user == ConnectionUser::Masked && key == "connection.user";
    masked_user || properties(context).any(|property| property.name == key && property.kind == Type::Password)
}

/// The topics that the sink reads; a pattern names none.
pub(super) fn topics(config: &Config) -> Vec<&str> {
    let topics = config.get("topics").map_or("", String::as_str);
    topics
        .split(',')
        .map(str::trim)
        .filter(|topic| !topic.is_empty())
        .collect()
}

/// Everything that is wrong, by property.
pub(super) fn problems(config: &Config, context: &Context) -> BTreeMap<&'static str, Vec<String>> {
    let mut problems: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for property in properties(context) {
        let found = problems_of(property, value(config, property));
        if !found.is_empty() {
            problems.insert(property.name, found);
        }
    }
    for (name, problem) in joint_problems(config) {
        problems.entry(name).or_default().push(problem);
    }
    problems
}

fn problems_of(property: &Property, value: Option<&str>) -> Vec<String> {
    let name = property.name;
    let outside = |value: &str| format!("Value \"{value}\" doesn't belong to the property's \"{name}\" enum");
    let Some(value) = value else {
        let is_missing = property.required && property.default.is_empty();
        let mut problems = Vec::new();
        if is_missing {
            problems.push(missing(name));
        }
        if is_missing && !property.allowed.is_empty() {
            problems.push(outside("null"));
        }
        return problems;
    };
    let misread = |what: &str| vec![format!("Invalid value {value} for configuration {name}: {what}")];
    match property.kind {
        Type::Int if value.parse::<i32>().is_err() => misread("Not a number of type INT"),
        Type::Long if value.parse::<i64>().is_err() => misread("Not a number of type LONG"),
        Type::Boolean if !matches!(value, "true" | "false") => misread("Expected value to be either true or false"),
        _ if !property.allowed.is_empty() && !property.allowed.contains(&value) => vec![outside(value)],
        _ => Vec::new(),
    }
}

fn missing(name: &str) -> String {
    format!("\"{name}\" is required")
}

/// Rules over several properties.
fn joint_problems(config: &Config) -> Vec<(&'static str, String)> {
    let mut problems = Vec::new();
    if config.get("connector.class").is_some_and(|class| class != PLUGIN) {
        problems.push(("connector.class", format!("the connector class is not {PLUGIN}")));
    }
    let tasks = config.get("tasks.max").and_then(|tasks| tasks.parse::<i32>().ok());
    if tasks.is_some_and(|tasks| tasks < 1) {
        problems.push(("tasks.max", "Value must be at least 1".to_owned()));
    }
    let needed = credentials(config).iter().filter(|name| !is_set(config, name));
    problems.extend(needed.map(|name| (*name, missing(name))));
    problems.extend(topic_problem(config));
    let dead_letters = config.get("errors.deadletterqueue.topic.name");
    if dead_letters.is_some_and(|name| topics(config).contains(&name.as_str())) {
        let problem = "the dead letter queue cannot be one of the topics that are read";
        problems.push(("errors.deadletterqueue.topic.name", problem.to_owned()));
    }
    let transforms = config.get("transforms").map_or("", String::as_str);
    let aliases = transforms.split(',').map(str::trim).filter(|alias| !alias.is_empty());
    let untyped = aliases
        .map(|alias| format!("transforms.{alias}.type"))
        .filter(|name| !is_set(config, name));
    problems.extend(untyped.map(|name| ("transforms", missing(&name))));
    problems
}

fn is_set(config: &Config, name: &str) -> bool {
    config.get(name).is_some_and(|value| !value.is_empty())
}

/// The properties by which it gets into its cluster.
fn credentials(config: &Config) -> &'static [&'static str] {
    match config.get("kafka.auth.mode").map(String::as_str) {
        Some("SERVICE_ACCOUNT") => &["kafka.service.account.id"],
        None | Some("" | "KAFKA_API_KEY") => &["kafka.api.key", "kafka.api.secret"],
        Some(_) => &[],
    }
}

fn topic_problem(config: &Config) -> Option<(&'static str, String)> {
    match (is_set(config, "topics"), is_set(config, "topics.regex")) {
        (false, false) => Some(("topics", missing("topics"))),
        (true, true) => {
            let problem = "only one of \"topics\" and \"topics.regex\" can be set";
            Some(("topics.regex", problem.to_owned()))
        }
        _ => None,
    }
}

/// What is kept of a configuration that was sent: without the service's own keys, trimmed where the plugin trims.
///
/// # Errors
/// It cannot be, or masks stand where secrets should.
pub(super) fn accepted(
    sent: Config,
    name: &str,
    earlier: Option<&Config>,
    context: &Context,
) -> Result<Config, Refusal> {
    let mut config: Config = sent
        .into_iter()
        .filter(|(key, _)| !ADDED.contains(&key.as_str()) && !key.starts_with(INTERNAL))
        .collect();
    if config.get("name").is_some_and(|inside| inside != name) {
        return Err(bad_request(format!("name in the configuration is not {name}")));
    }
    config.insert("name".to_owned(), name.to_owned());
    for key in ["connection.host", "connection.user"] {
        if let Some(value) = config.get_mut(key) {
            *value = value.trim().to_owned();
        }
    }
    if config.contains_key("topics") {
        let trimmed = topics(&config).join(",");
        config.insert("topics".to_owned(), trimmed);
    }
    unmask(&mut config, earlier, context)?;
    let problems = problems(&config, context);
    if problems.is_empty() {
        return Ok(config);
    }
    let count = problems.values().map(Vec::len).sum::<usize>();
    let lines: Vec<_> = problems
        .iter()
        .flat_map(|(name, texts)| texts.iter().map(move |text| format!("{name}: {text}")))
        .collect();
    Err(bad_request(format!(
        "Connector configuration is invalid and contains {count} error(s): {}",
        lines.join("; ")
    )))
}

/// What becomes of asterisks where a secret belongs.
fn unmask(config: &mut Config, earlier: Option<&Config>, context: &Context) -> Result<(), Refusal> {
    for (key, value) in config.iter_mut() {
        if !is_mask(value) || !is_masked(key, context) {
            continue;
        }
        match context.switches.masked_secrets {
            MaskedSecrets::Stored => {}
            MaskedSecrets::Kept => {
                if let Some(kept) = earlier.and_then(|earlier| earlier.get(key)) {
                    value.clone_from(kept);
                }
            }
            MaskedSecrets::Refused => return Err(bad_request(format!("{key} is masked"))),
        }
    }
    Ok(())
}

pub(super) fn bad_request(message: impl Into<String>) -> Refusal {
    Refusal::general(400, "", message)
}

/// What reads show: secrets masked, and the service's own keys.
pub(super) fn shown(config: &Config, id: &str, cluster: &Cluster, context: &Context) -> Config {
    let masked = |key: &str| is_masked(key, context);
    let mut shown: Config = config
        .iter()
        .map(|(key, value)| {
            let value = if masked(key) { MASK } else { value };
            (key.clone(), value.to_owned())
        })
        .collect();
    let crn = cluster.crn(context).and("connector", id).to_string();
    let added = [
        ("cloud.environment", "prod".to_owned()),
        ("cloud.provider", cluster.cloud.to_lowercase()),
        ("kafka.dedicated", cluster.is_dedicated().to_string()),
        ("kafka.endpoint", cluster.bootstrap_endpoint()),
        ("kafka.max.partition.validation.disable", "false".to_owned()),
        ("kafka.region", cluster.region.clone()),
        ("valid.kafka.api.key", "true".to_owned()),
        ("connector.crn", crn),
        ("config.internal.offset.storage", "embedded".to_owned()),
    ];
    shown.extend(added.map(|(key, value)| (key.to_owned(), value)));
    shown
}
