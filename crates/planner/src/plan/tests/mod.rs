//! Planning as a whole, on kinds invented for it: declarations and live objects written by hand.

#![allow(clippy::unwrap_used)]

mod apply;
mod confluent;
mod deciding;
mod destroying;
mod evaluating;
mod feeding;
mod invented;
mod owning;
mod planning;
mod shipped;

use std::time::Duration;

use serde_json::Value as Json;
use serde_json::json;

use super::*;
use crate::environment::Declared;
use crate::environment::declared::AwsSettings;
use crate::environment::declared::Cloud;
use crate::environment::declared::Delays;
use crate::environment::declared::EmbeddedSettings;
use crate::environment::declared::Libc;
use crate::environment::declared::Limits;
use crate::environment::declared::Options;
use crate::environment::declared::Resource;
use crate::environment::declared::Roles;
use crate::environment::declared::Settings;
use crate::environment::source::Sources;
use crate::environment::source::Span;
use crate::environment::tree::Data;
use crate::environment::tree::Entry;
use crate::environment::tree::Node;
use crate::resource::Address;
use crate::resource::Digest;
use crate::resource::Mark;
use crate::resource::Outputs;
use crate::resource::Owner;
use crate::resource::Part;
use crate::resource::Place;
use crate::resource::PlaceField;
use crate::resource::Reference;
use crate::resource::SecretSource;
use crate::resource::Text;
use crate::resource::Unknown;
use crate::resource::Value;
use crate::schema::AnySchema;

/// A place that is known in full.
pub(super) fn place() -> Place {
    Place {
        environment: "test".to_owned(),
        account: Some("123456789012".to_owned()),
        region: "us-east-1".to_owned(),
        partition: "aws".to_owned(),
        organization: None,
    }
}

pub(super) fn owner() -> Owner {
    place().owner().unwrap()
}

pub(super) fn span() -> Span {
    Span {
        file: Sources::default().add("stacks/t.yaml", ""),
        start: 0,
        end: 0,
    }
}

/// A declaration of these resources.
pub(super) fn declared(resources: Vec<Resource>) -> Declared {
    Declared {
        settings: Settings {
            environment: "test".to_owned(),
            path: "environments/test.yaml".to_owned(),
            cloud: Cloud::Embedded,
            aws: AwsSettings {
                region: "us-east-1".to_owned(),
                account: None,
                roles: Roles::Managed,
            },
            confluent: None,
            expires_after: None,
            limits: Limits {
                call: Duration::from_secs(40),
                wait: Duration::from_secs(600),
            },
            embedded: EmbeddedSettings {
                delays: Delays::Fast,
                idle: Duration::from_secs(60),
                faults: None,
            },
            unseen: Vec::new(),
            libc: Libc::Musl,
        },
        place: place(),
        resources,
        outputs: std::collections::BTreeMap::new(),
        sources: Sources::default(),
    }
}

/// A resource with attributes as in YAML: texts may hold `${kind.name.output}`, `${kind.name}` and place
/// fields; `{"secret": SOURCE}` is a secret. Its digest is of its attributes.
pub(super) fn resource(schema: &'static dyn AnySchema, name: &str, attributes: &Json) -> Resource {
    Resource {
        address: address(schema, name),
        schema,
        options: Options::default(),
        attributes: node(attributes),
        span: span(),
        digest: Digest(format!("1:{attributes}")),
    }
}

pub(super) fn address(schema: &dyn AnySchema, name: &str) -> Address {
    Address::new("t", schema.name(), name)
}

/// `name:` and `existing:` as an option holds them.
pub(super) fn option_text(text: &str) -> Option<(Text, Span)> {
    match parse(text) {
        Data::Text(text) => Some((text, span())),
        other => panic!("{other:?} is no text"),
    }
}

fn node(json: &Json) -> Node {
    let data = match json {
        Json::Null => Data::Null,
        Json::Bool(value) => Data::Bool(*value),
        Json::Number(number) => Data::Integer(number.as_i64().unwrap()),
        Json::String(text) => parse(text),
        Json::Array(items) => Data::List(items.iter().map(node).collect()),
        Json::Object(entries) => match entries.get("secret") {
            Some(source) => Data::Secret(SecretSource::parse(source.as_str().unwrap()).unwrap()),
            None => Data::Map(entries.iter().map(|(key, value)| entry(key, value)).collect()),
        },
    };
    Node::new(data, span())
}

fn entry(key: &str, value: &Json) -> Entry {
    Entry {
        key: key.to_owned(),
        key_span: span(),
        value: node(value),
    }
}

fn parse(text: &str) -> Data {
    let mut made = Text::default();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (reference, tail) = after.split_once('}').unwrap();
        made.push(Part::Literal(before.to_owned()));
        match unknown(reference) {
            Ok(unknown) => made.push(Part::Unknown(unknown)),
            Err(whole) => return Data::Handle(whole),
        }
        rest = tail;
    }
    made.push(Part::Literal(rest.to_owned()));
    Data::Text(made)
}

/// The whole of a resource as an error.
fn unknown(reference: &str) -> Result<Unknown, Address> {
    if let Some(field) = PlaceField::ALL.into_iter().find(|field| field.reference() == reference) {
        return Ok(Unknown::Place(field));
    }
    let mut parts = reference.split('.');
    let address = Address::new("t", parts.next().unwrap(), parts.next().unwrap());
    match parts.next() {
        Some(output) => Ok(Unknown::Output(Reference {
            address,
            output: output.to_owned(),
        })),
        None => Err(address),
    }
}

/// A live object of ours, last applied with this declaration.
pub(super) fn ours(resource: &Resource, spec: &Json, outputs: &[(&str, &str)]) -> Live {
    Live::Present(Seen {
        mark: Some(Mark {
            owner: owner(),
            address: resource.address.tag_text(),
            digest: resource.digest.clone(),
            protect: false,
        }),
        ..foreign(spec, outputs)
    })
}

/// A live object that bears no mark.
pub(super) fn foreign(spec: &Json, outputs: &[(&str, &str)]) -> Seen {
    Seen {
        spec: spec.clone(),
        outputs: self::outputs(outputs),
        mark: None,
        handle: super::live::Handle::default(),
        holds_data: false,
        open: super::live::OpenKeys::default(),
    }
}

pub(super) fn outputs(outputs: &[(&str, &str)]) -> Outputs {
    outputs
        .iter()
        .map(|(output, text)| ((*output).to_owned(), (*text).to_owned()))
        .collect()
}

/// Everything that the kinds' Specs default, so that `spec` needs to name only what matters.
pub(super) fn live_spec(schema: &dyn AnySchema, spec: &Json) -> Json {
    schema.canonical(spec).unwrap()
}

/// What a plan does to each resource that does not stay as it is: `create store a`.
pub(super) fn actions(plan: &Plan) -> Vec<String> {
    plan.changes
        .iter()
        .filter(|change| change.action != Action::Keep)
        .map(|change| format!("{:?} {}", change.action, change.address.name).to_lowercase())
        .collect()
}

pub(super) fn change<'p>(plan: &'p Plan, name: &str) -> &'p Change {
    plan.changes.iter().find(|change| change.address.name == name).unwrap()
}

/// The changed attributes, as a reader sees them: `size: 1 -> 2`.
pub(super) fn fields(change: &Change) -> Vec<String> {
    let shown = |value: &Option<Value>| {
        value
            .as_ref()
            .map_or_else(|| "null".to_owned(), |value| json!(value).to_string())
    };
    change
        .fields
        .iter()
        .map(|field| {
            let force = if field.forces_replacement {
                " # forces replacement"
            } else {
                ""
            };
            let path = super::written::Written(&field.path);
            format!("{path}: {} -> {}{force}", shown(&field.before), shown(&field.after))
        })
        .collect()
}

/// The kind of most tests.
pub(super) fn store() -> &'static dyn AnySchema {
    &invented::STORE
}
