//! Addresses: `telemetry/aws_sqs_queue.ingest`, and `telemetry/confluent_kafka_topic.readings[air]` for an
//! instance of `for_each`. A live object whose address is another's by now is told apart by its cloud name:
//! `telemetry/aws_sqs_queue.ingest (formerly prod-ingest)`.

use std::fmt;

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::de::Error as _;

/// What a resource is called in the files: instance, kind, name and, under `for_each`, its key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    pub instance: String,
    pub kind: String,
    pub name: String,
    pub key: Option<String>,
    /// The cloud name of a live object that bears this address though another object has it by now.
    pub former: Option<String>,
}

impl Address {
    /// An address without a key.
    pub fn new(instance: &str, kind: &str, name: &str) -> Self {
        Self {
            instance: instance.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            key: None,
            former: None,
        }
    }

    /// The same resource's instance of `for_each` with this key.
    pub fn with_key(&self, key: &str) -> Self {
        Self {
            key: Some(key.to_owned()),
            ..self.clone()
        }
    }

    /// The same address for an object of this cloud name, which has it no longer.
    pub fn as_former(&self, cloud_name: &str) -> Self {
        Self {
            former: Some(cloud_name.to_owned()),
            ..self.clone()
        }
    }

    /// The address as files write it.
    pub fn current(&self) -> Self {
        Self {
            former: None,
            ..self.clone()
        }
    }

    /// Whether this address is meant by one that a user wrote: itself, or any instance of a `for_each` named as a
    /// whole. Who an object was formerly makes no difference.
    pub fn is_meant_by(&self, written: &Self) -> bool {
        let is_whole = written.key.is_none() || written.key == self.key;
        is_whole && (&self.instance, &self.kind, &self.name) == (&written.instance, &written.kind, &written.name)
    }

    /// The form a tag may hold: `[key]` is written `:key`, since tags know no brackets.
    pub fn tag_text(&self) -> String {
        let Self {
            instance,
            kind,
            name,
            key,
            former: _,
        } = self;
        match key {
            Some(key) => format!("{instance}/{kind}.{name}:{key}"),
            None => format!("{instance}/{kind}.{name}"),
        }
    }

    /// Reads what [`Address::tag_text`] wrote; `None` for any other text.
    pub fn from_tag_text(text: &str) -> Option<Self> {
        let (address, key) = match text.split_once(':') {
            Some((address, key)) => (address, Some(key)),
            None => (text, None),
        };
        Self::from_parts(address, key)
    }

    /// Reads the written form, `instance/kind.name` or `instance/kind.name[key]`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
            Some((address, key)) => Self::from_parts(address, Some(key)),
            None => Self::from_parts(text, None),
        }
    }

    fn from_parts(address: &str, key: Option<&str>) -> Option<Self> {
        let (instance, rest) = address.split_once('/')?;
        let (kind, name) = rest.split_once('.')?;
        let named = |text: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        let keyed = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        if !named(instance) || !named(kind) || !named(name) || !key.is_none_or(keyed) {
            return None;
        }
        Some(Self {
            key: key.map(str::to_owned),
            ..Self::new(instance, kind, name)
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}.{}", self.instance, self.kind, self.name)?;
        if let Some(key) = &self.key {
            write!(f, "[{key}]")?;
        }
        match &self.former {
            Some(name) => write!(f, " (formerly {name})"),
            None => Ok(()),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The written form alone: what an object was formerly called is shown, and never read back.
impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is no address")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_written_forms_read_back() {
        let plain = Address::new("telemetry", "aws_sqs_queue", "ingest");
        let keyed = plain.with_key("air.v2-x");
        for address in [plain, keyed] {
            assert_eq!(Address::parse(&address.to_string()), Some(address.clone()));
            let json = serde_json::to_value(&address).expect("an address is JSON");
            assert_eq!(serde_json::from_value::<Address>(json).ok(), Some(address.clone()));
            assert_eq!(Address::from_tag_text(&address.tag_text()), Some(address));
        }
    }

    #[test]
    fn a_whole_for_each_means_each_of_its_instances() {
        let whole = Address::new("telemetry", "aws_sqs_queue", "ingest");
        let (air, noise) = (whole.with_key("air"), whole.with_key("noise"));
        assert!(air.is_meant_by(&whole) && whole.is_meant_by(&whole) && air.as_former("x").is_meant_by(&air));
        assert!(!air.is_meant_by(&noise) && !whole.is_meant_by(&air));
        assert!(!Address::new("other", "aws_sqs_queue", "ingest").is_meant_by(&whole));
    }

    #[test]
    fn a_former_address_names_the_object_and_is_no_written_form() {
        let former = Address::new("telemetry", "aws_sqs_queue", "ingest").as_former("old");
        assert_eq!(former.to_string(), "telemetry/aws_sqs_queue.ingest (formerly old)");
        assert_eq!(Address::parse(&former.to_string()), None);
        assert_eq!(former.tag_text(), former.current().tag_text());
    }

    #[test]
    fn other_text_is_no_address() {
        for text in [
            "",
            "aws_sqs_queue.ingest",
            "a/b",
            "a/b.c[",
            "a/b.c[]",
            "a/b.c]",
            "A/b.c",
            "a/b.c[x y]",
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }
}
