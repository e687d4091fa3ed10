//! How values and paths are written for readers, in text and in JSON.

use std::fmt;

use serde::Serialize;
use serde::Serializer;
use serde::ser::SerializeMap as _;

use crate::resource::Segment;
use crate::resource::Value;

/// Text with its unknowns as `${...}`, a secret as `{"secret": SOURCE}`, a whole resource as `${ADDRESS}`.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.collect_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) => serializer.collect_map(entries),
            Self::Secret(source) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("secret", &source.to_string())?;
                map.end()
            }
            Self::Handle(address) => serializer.collect_str(&format_args!("${{{address}}}")),
        }
    }
}

/// A key as text, an index as a number.
impl Serialize for Segment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Key(key) => serializer.serialize_str(key),
            Self::Index(position) => position.serialize(serializer),
        }
    }
}

/// A path as readers write it: `redrive_policy.max_receive_count`, `statement[0].action`, and with quotes where
/// a key is no word, `config["retention.ms"]`.
pub struct Written<'p>(pub &'p [Segment]);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if !is_word(key) => write!(f, "[{key:?}]")?,
                Segment::Key(key) if position == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

fn is_word(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Address;
    use crate::resource::Part;
    use crate::resource::Reference;
    use crate::resource::SecretSource;
    use crate::resource::Unknown;

    #[test]
    fn a_key_that_is_no_word_is_quoted_in_a_path() {
        let key = |key: &str| Segment::Key(key.to_owned());
        let path = [key("config"), key("retention.ms"), Segment::Index(2), key("a-b")];
        assert_eq!(Written(&path).to_string(), "config[\"retention.ms\"][2].a-b");
    }

    #[test]
    fn json_shows_unknowns_as_references_and_secrets_by_their_source() {
        let address = Address::new("t", "invented", "a");
        let reference = Reference {
            address: address.clone(),
            output: "id".to_owned(),
        };
        let parts = [Part::Literal("<".to_owned()), Part::Unknown(Unknown::Output(reference))];
        let value = Value::List(vec![
            Value::Text(parts.into_iter().collect()),
            Value::Secret(SecretSource::Environment("PASSWORD".to_owned())),
            Value::Handle(address),
            Value::Null,
        ]);
        let json = serde_json::to_value(&value).expect("a value is JSON");
        assert_eq!(
            json,
            serde_json::json!(["<${t/invented.a.id}", { "secret": "env:PASSWORD" }, "${t/invented.a}", null])
        );
    }
}
