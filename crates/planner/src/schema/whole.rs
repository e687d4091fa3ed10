//! Whole resources as attributes: `kafka_cluster: ${confluent_kafka_cluster.main}`.

use std::borrow::Cow;

use schemars::JsonSchema;
use schemars::Schema as JsonSchemaOf;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;
use serde::Serialize;

use crate::resource::Outputs;

/// An attribute that takes a whole resource, and of which kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Takes {
    pub attribute: &'static str,
    pub kind: &'static str,
}

/// The whole of another resource, as a Spec holds it: whose it is, and its outputs. What is not known of these is a
/// sentinel, so that a Spec without unknowns has them all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whole {
    /// A sentinel of its address in a declaration; empty in what was read from a cloud.
    #[serde(default)]
    pub resource: String,
    pub outputs: Outputs,
}

impl Whole {
    /// What a cloud says of the resource that an object lives in or belongs to: its id alone.
    pub fn of_id(id: impl Into<String>) -> Self {
        Self {
            resource: String::new(),
            outputs: Outputs::from([("id".to_owned(), id.into())]),
        }
    }

    /// One output, empty where the resource has none of that name.
    pub fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }

    /// The id in its cloud.
    pub fn id(&self) -> &str {
        self.output("id")
    }
}

/// A file writes it as a reference, which is text.
impl JsonSchema for Whole {
    fn schema_name() -> Cow<'static, str> {
        "resource".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> JsonSchemaOf {
        json_schema!({ "type": "string" })
    }
}
