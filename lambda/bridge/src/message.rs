//! From a message to a record: topic, key, headers and value, as the settings say.
//!
//! In the default value format the body must be a JSON object and is stored as it came, byte for byte in every
//! field, with `_id` set to the message's id: a message delivered twice then overwrites its own document. An `_id` of
//! the device's own is left out, since it could overwrite anybody's.
//!
//! An IoT rule hands on a payload that is no JSON in base64: `useBase64` of its SQS action encodes the whole message,
//! and `SELECT encode(*, 'base64') AS data, topic() AS mqtt_topic` one field of an object, whose other fields then
//! route the record. Both become the bytes that the device sent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::Deserialize;
use serde::de::Deserializer;
use serde::de::MapAccess;
use serde::de::Visitor;
use serde_json::value::RawValue;

use crate::event::Incoming;
use crate::sink::Outgoing;
use crate::template::Template;
use crate::template::Unfilled;

/// Where records go and what they hold.
#[derive(Clone, Debug)]
pub struct Routing {
    pub topic: Template,
    pub key: Template,
    pub headers: Vec<(String, Template)>,
    pub value: ValueFormat,
    /// The largest record in bytes: value, key and headers together.
    pub largest: usize,
}

/// What becomes of a message's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueFormat {
    /// The JSON object with `_id` set from the message's id.
    JsonWithId,
    /// The body as it came, whatever it is.
    AsIs,
    /// The bytes that the whole body encodes; templates read the object that they hold.
    Base64,
    /// The bytes that this field of the JSON object encodes; templates read its other fields.
    Base64Field(String),
}

/// Why a message makes no record. Names fields and sizes, never payloads.
#[derive(Debug, PartialEq, Eq)]
pub enum Unroutable {
    NoBody,
    NotAnObject { line: usize, column: usize },
    NotBase64(Option<String>),
    Unfilled(&'static str, Unfilled),
    BadTopic,
    TooLarge { size: usize, largest: usize },
}

impl std::fmt::Display for Unroutable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoBody => f.write_str("the message has no body, or one that is no text"),
            Self::NotAnObject { line, column } => {
                write!(f, "the body is not a JSON object: line {line} column {column}")
            }
            Self::NotBase64(None) => f.write_str("the body is not base64"),
            Self::NotBase64(Some(field)) => write!(f, "`{field}` of the message is no text in base64"),
            Self::Unfilled(what, unfilled) => write!(f, "the {what} cannot be made: {unfilled}"),
            Self::BadTopic => f.write_str(
                "the message's topic is no Kafka topic: 1 to 249 letters, digits, dots, hyphens, underscores",
            ),
            Self::TooLarge { size, largest } => {
                write!(
                    f,
                    "the record has {size} bytes, more than the {largest} of MAX_RECORD_BYTES"
                )
            }
        }
    }
}

impl Routing {
    /// The record of one message.
    ///
    /// # Errors
    /// The message makes none; it fails alone.
    pub fn record(&self, message: &Incoming<'_>) -> Result<Outgoing, Unroutable> {
        let body = message
            .body
            .and_then(|body| serde_json::from_str::<String>(body.get()).ok());
        let body = body.ok_or(Unroutable::NoBody)?.into_bytes();
        let body = match self.value {
            ValueFormat::Base64 => decoded(&body).ok_or(Unroutable::NotBase64(None))?,
            _ => body,
        };
        let object = if self.reads_fields() {
            Object::read(&body)?
        } else {
            Object(Vec::new())
        };
        let fill = |what, template: &Template| {
            let filled = template.fill(|name| object.text(name));
            filled.map_err(|unfilled| Unroutable::Unfilled(what, unfilled))
        };
        let topic = fill("topic", &self.topic)?;
        if !is_topic(&topic) {
            return Err(Unroutable::BadTopic);
        }
        let key = fill("key", &self.key)?.into_bytes();
        let mut headers = Vec::with_capacity(self.headers.len());
        for (name, template) in &self.headers {
            headers.push((name.clone(), fill("header", template)?.into_bytes()));
        }
        let value = match &self.value {
            ValueFormat::JsonWithId => object.with_id(&message.id),
            ValueFormat::AsIs | ValueFormat::Base64 => body,
            ValueFormat::Base64Field(name) => {
                let bytes = object.text(name).and_then(|text| decoded(text.as_bytes()));
                bytes.ok_or_else(|| Unroutable::NotBase64(Some(name.clone())))?
            }
        };
        self.fitting(Outgoing {
            topic,
            key,
            value,
            headers,
        })
    }

    fn reads_fields(&self) -> bool {
        matches!(self.value, ValueFormat::JsonWithId | ValueFormat::Base64Field(_))
            || self.topic.has_places()
            || self.key.has_places()
            || self.headers.iter().any(|(_, template)| template.has_places())
    }

    fn fitting(&self, record: Outgoing) -> Result<Outgoing, Unroutable> {
        let headers: usize = record
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        let size = record.value.len() + record.key.len() + headers;
        if size > self.largest {
            return Err(Unroutable::TooLarge {
                size,
                largest: self.largest,
            });
        }
        Ok(record)
    }
}

fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Kafka's own rule for names of topics.
fn is_topic(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=249).contains(&name.len()) && name.chars().all(legal) && name != "." && name != ".."
}

/// A JSON object whose values stay the texts they are: a number keeps every digit.
struct Object<'b>(Vec<(String, &'b RawValue)>);

impl<'b> Object<'b> {
    fn read(body: &'b [u8]) -> Result<Self, Unroutable> {
        serde_json::from_slice(body).map_err(|error| Unroutable::NotAnObject {
            line: error.line(),
            column: error.column(),
        })
    }

    /// A field as text; of a field that is there twice the last one counts, as for every JSON parser downstream.
    fn text(&self, name: &str) -> Option<String> {
        let (_, value) = self.0.iter().rev().find(|(field, _)| field == name)?;
        match serde_json::from_str(value.get()).ok()? {
            serde_json::Value::String(text) => Some(text),
            serde_json::Value::Number(_) | serde_json::Value::Bool(_) => Some(value.get().to_owned()),
            _ => None,
        }
    }

    fn with_id(&self, id: &str) -> Vec<u8> {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let mut text = format!("{{\"_id\":{}", quoted(id));
        for (name, value) in self.0.iter().filter(|(name, _)| name != "_id") {
            text.push(',');
            text.push_str(&quoted(name));
            text.push(':');
            text.push_str(value.get());
        }
        text.push('}');
        text.into_bytes()
    }
}

impl<'b> Deserialize<'b> for Object<'b> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'b> Visitor<'b> for Entries {
            type Value = Object<'b>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'b>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests;
