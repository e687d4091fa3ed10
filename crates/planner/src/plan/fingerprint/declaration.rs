//! What the files say.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value as Json;
use serde_json::json;

use super::How;
use super::Moved;
use super::compared;
use super::of_json;
use crate::environment::declared::AwsSettings;
use crate::environment::declared::Cloud;
use crate::environment::declared::ConfluentSettings;
use crate::environment::declared::Declared;
use crate::environment::declared::Delays;
use crate::environment::declared::EmbeddedSettings;
use crate::environment::declared::Limits;
use crate::environment::declared::Options;
use crate::environment::declared::Resource;
use crate::environment::declared::Roles;
use crate::environment::declared::Settings;
use crate::environment::digest;
use crate::environment::tree::Data;
use crate::environment::tree::Node;

/// Everything that an environment declares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declarations {
    /// What the environment file says beside its place and stacks, by name, in words.
    pub settings: BTreeMap<String, String>,
    /// By address.
    pub resources: BTreeMap<String, Declaration>,
}

/// What one resource's declaration is told by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Attributes and options.
    pub declared: String,
    /// The content of what attributes name in the project, by attribute.
    pub sources: BTreeMap<String, String>,
}

impl Declarations {
    pub fn of(declared: &Declared) -> Self {
        let resources = declared.resources.iter();
        Self {
            settings: settings(&declared.settings),
            resources: resources
                .map(|resource| (resource.address.to_string(), Declaration::of(resource)))
                .collect(),
        }
    }

    /// What is declared otherwise now.
    pub fn moved(&self, now: &Self) -> Vec<Moved> {
        let mut moved = compared(&self.settings, &now.settings, |before, now| {
            let said = |text: Option<&String>| text.map_or_else(|| "not said".to_owned(), Clone::clone);
            let (before, now) = (said(before), said(now));
            if before == now {
                return Vec::new();
            }
            vec![How::Setting { before, now }]
        });
        moved.extend(compared(&self.resources, &now.resources, |before, now| {
            match (before, now) {
                (Some(before), Some(now)) => before.moved(now),
                (None, _) => vec![How::Declared],
                (_, None) => vec![How::NoLongerDeclared],
            }
        }));
        moved
    }
}

impl Declaration {
    fn of(resource: &Resource) -> Self {
        let Options {
            name: _, // In the digest.
            depends_on,
            protect,
            adopt,
            existing,
        } = &resource.options;
        let mut attributes = resource.attributes.clone();
        let sources = take_sources(resource, &mut attributes);
        let declared = json!([
            digest::of(&attributes, &resource.options).0,
            depends_on
                .iter()
                .map(|(address, _)| address.to_string())
                .collect::<Vec<_>>(),
            protect,
            adopt,
            existing.as_ref().map(|(name, _)| name.to_string()),
        ]);
        Self {
            declared: of_json(declared),
            sources,
        }
    }

    fn moved(&self, now: &Self) -> Vec<How> {
        let mut how = Vec::new();
        if self.declared != now.declared {
            how.push(How::Declaration);
        }
        let sources = compared(&self.sources, &now.sources, |before, now| {
            (before != now).then_some(How::Declaration).into_iter().collect()
        });
        how.extend(sources.into_iter().map(|moved| How::Source { attribute: moved.name }));
        how
    }
}

/// Takes what was filled in from the project's files out of the attributes.
fn take_sources(resource: &Resource, attributes: &mut Node) -> BTreeMap<String, String> {
    let mut sources = BTreeMap::new();
    for local in resource.schema.local() {
        if let Some(filled) = attributes.get(local.digest) {
            let content = serde_json::to_value(filled.to_value()).unwrap_or(Json::Null);
            sources.insert(local.attribute.to_owned(), of_json(content));
        }
        if let Data::Map(entries) = &mut attributes.data {
            entries.retain(|entry| entry.key != local.digest);
        }
    }
    sources
}

fn settings(settings: &Settings) -> BTreeMap<String, String> {
    let Settings {
        environment,
        path,
        cloud,
        aws,
        confluent,
        expires_after,
        limits: Limits { call, wait },
        embedded: EmbeddedSettings { delays, idle, faults },
        unseen,
        // It shows in the digests of what is compiled.
        libc: _,
    } = settings;
    let AwsSettings {
        region: _,
        account: _,
        roles,
    } = aws;
    let said = [
        ("environment", Some(environment.clone())),
        ("file", Some(path.clone())),
        ("cloud", Some(word(*cloud).to_owned())),
        ("aws.roles", Some(roles_text(roles))),
        ("confluent.api_key", confluent.as_ref().and_then(api_key)),
        ("confluent.kafka_api_keys", confluent.as_ref().and_then(kafka_api_keys)),
        ("expires_after", expires_after.map(|length| format!("{length:?}"))),
        ("limits.call", Some(format!("{call:?}"))),
        ("limits.wait", Some(format!("{wait:?}"))),
        ("embedded.delays", Some(speed(*delays).to_owned())),
        ("embedded.idle", Some(format!("{idle:?}"))),
        ("embedded.faults", faults.clone()),
        ("drift.unseen", (!unseen.is_empty()).then(|| unseen.join(", "))),
    ];
    said.into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), text?)))
        .collect()
}

fn word(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Live => "live",
        Cloud::Embedded => "embedded",
    }
}

fn speed(delays: Delays) -> &'static str {
    match delays {
        Delays::Fast => "fast",
        Delays::Real => "real",
    }
}

fn roles_text(roles: &Roles) -> String {
    match roles {
        Roles::Managed => "managed".to_owned(),
        Roles::Existing(role) => format!("existing {role}"),
    }
}

/// Where the key's parts come from.
fn api_key(confluent: &ConfluentSettings) -> Option<String> {
    let ConfluentSettings {
        organization: _,
        api_key,
        kafka_api_keys: _,
    } = confluent;
    api_key.as_ref().map(|(id, secret)| format!("{id} and {secret}"))
}

fn kafka_api_keys(confluent: &ConfluentSettings) -> Option<String> {
    let keys = confluent.kafka_api_keys.iter();
    let said: Vec<String> = keys
        .map(|(cluster, (id, secret))| format!("{cluster}: {id} and {secret}"))
        .collect();
    (!said.is_empty()).then(|| said.join(", "))
}
