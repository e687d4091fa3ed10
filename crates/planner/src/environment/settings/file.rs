//! The shape of an environment file, published as its JSON Schema. Nothing is decoded into these types: the
//! tree that was walked against the schema is read itself, since it knows every place.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::Value as Json;

/// An environment: where and how much.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentFile {
    /// Equals the file's name: a small letter, then small letters, digits and `-`, 20 at most.
    pub environment: String,
    /// A layer below, relative to the folder of this file: maps merge by key, lists and scalars replace.
    pub extends: Option<String>,
    /// The real clouds (the default), or both clouds inside eclusa.
    pub cloud: Option<CloudWord>,
    pub aws: AwsSection,
    pub confluent: Option<ConfluentSection>,
    /// How long the environment may live, such as `4h`; kept once, set by the first apply.
    pub expires_after: Option<String>,
    pub limits: Option<LimitsSection>,
    /// For `cloud: embedded`.
    pub embedded: Option<EmbeddedSection>,
    pub drift: Option<DriftSection>,
    pub build: Option<BuildSection>,
    /// Stacks by instance name: a small letter, then small letters, digits and `_`, 20 at most.
    pub stacks: Option<BTreeMap<String, StackSection>>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CloudWord {
    Live,
    Embedded,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsSection {
    /// Such as `us-east-1`.
    #[schemars(length(min = 1, max = 32))]
    pub region: String,
    /// `any`, or the only account (12 digits, quoted) that may be written to.
    pub account: Option<String>,
    /// `managed`, or `{ existing: NAME }`: every role answers with that one, and none is written.
    pub roles: Option<Json>,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfluentSection {
    /// `any`, or the only organisation that may be written to.
    pub organization: Option<String>,
    pub api_key: Option<ApiKeySection>,
    /// Keys for the inside of clusters that no stack declares, each by the cluster's address with its instance:
    /// `telemetry/confluent_kafka_cluster.main`.
    pub kafka_api_keys: Option<BTreeMap<String, ApiKeySection>>,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeySection {
    /// `{ secret: "env:NAME" }`
    pub id: String,
    /// `{ secret: "env:NAME" }`
    pub secret: String,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsSection {
    /// The longest one call may take, such as `40s`.
    pub call: Option<String>,
    /// The longest one wait may take, such as `10m`.
    pub wait: Option<String>,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbeddedSection {
    /// `fast` (milliseconds, the default) or `real`.
    pub delays: Option<DelaysWord>,
    /// The server exits after this long without a call, such as `1m`.
    pub idle: Option<String>,
    /// A fault plan, relative to the root.
    pub faults: Option<String>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DelaysWord {
    Fast,
    Real,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftSection {
    /// Kinds that the drift job's key cannot list.
    pub unseen: Option<Vec<String>>,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildSection {
    /// What programs for Lambda are linked with: `musl` (the default), which is linked in and runs anywhere, or `gnu`, the
    /// C library of the machine that compiles.
    pub libc: Option<LibcWord>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LibcWord {
    Musl,
    Gnu,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StackSection {
    /// `stacks/<stack>.yaml`
    pub stack: String,
    /// Values of the stack's inputs.
    pub with: Option<BTreeMap<String, Json>>,
}
