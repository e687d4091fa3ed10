//! The digest of a declaration: `1:` and 16 hex digits of SHA-256.
//!
//! It covers the attributes and the `name` option after inputs, `each` and environment values are put in, as
//! JSON with sorted keys. References to resources stay as text and secrets as the names of their sources, so
//! that it changes with the declaration and with nothing else; `protect`, `adopt` and `depends_on` are not in
//! it. What a literal `${` and a reference would write alike is kept apart by writing the literal as `$${`.

use serde_json::Value as Json;
use sha2::Digest as _;
use sha2::Sha256;

use super::declared::Options;
use super::tree::Data;
use super::tree::Node;
use crate::resource::Digest;
use crate::resource::Part;
use crate::resource::Text;

/// Changes with the way this digest is made.
const VERSION: &str = "1";
const BYTES: usize = 8;

pub(crate) fn of(attributes: &Node, options: &Options) -> Digest {
    let name = options
        .name
        .as_ref()
        .map_or(Json::Null, |(name, _)| Json::String(text(name)));
    let declaration = Json::Array(vec![json(attributes), name]);
    let hash = Sha256::digest(declaration.to_string().as_bytes());
    let hex: String = hash.iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect();
    Digest(format!("{VERSION}:{hex}"))
}

fn json(node: &Node) -> Json {
    match &node.data {
        Data::Null => Json::Null,
        Data::Bool(value) => Json::Bool(*value),
        Data::Integer(value) => Json::Number((*value).into()),
        Data::Float(value) => serde_json::Number::from_f64(*value).map_or(Json::Null, Json::Number),
        Data::Text(value) => Json::String(text(value)),
        Data::List(items) => Json::Array(items.iter().map(json).collect()),
        Data::Map(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|one, other| one.key.cmp(&other.key));
            Json::Object(
                sorted
                    .into_iter()
                    .map(|entry| (entry.key.clone(), json(&entry.value)))
                    .collect(),
            )
        }
        Data::Secret(source) => Json::Object(
            [("secret".to_owned(), Json::String(source.to_string()))]
                .into_iter()
                .collect(),
        ),
        Data::Handle(address) => Json::String(format!("${{{address}}}")),
    }
}

fn text(text: &Text) -> String {
    let parts = text.parts().iter().map(|part| match part {
        Part::Literal(literal) => literal.replace("${", "$${"),
        Part::Unknown(unknown) => format!("${{{unknown}}}"),
    });
    parts.collect()
}

#[cfg(test)]
mod tests;
