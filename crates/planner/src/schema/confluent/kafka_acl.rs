//! `confluent_kafka_acl`: what a principal may do with topics, groups or the cluster.
//!
//! - **Identity**: all seven fields, within its cluster. Nothing changes in place, one that is found equal is satisfied
//!   whoever made it, and there is nothing to name.
//! - **Fields** are Kafka's: not every operation exists for every type (Apache Kafka, `AclEntry.supportedOperations`);
//!   the cluster is called `kafka-cluster` and is named literally. (openapi `kafkarest-v3`)
//! - **Credentials**: the cluster's key that writes it; left out, the one that the user supplies.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use super::check_principal;
use crate::resource::Identity;
use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::resource::sentinel;
use crate::resource::sentinel::shown;
use crate::schema::Effect;
use crate::schema::Marking;
use crate::schema::Path;
use crate::schema::Problems;
use crate::schema::Proof;
use crate::schema::Schema;
use crate::schema::Takes;
use crate::schema::Whole;

/// The kind `confluent_kafka_acl`.
#[derive(Debug)]
pub struct KafkaAcl;

/// An access rule of a Kafka cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "confluent_kafka_acl")]
pub struct AclSpec {
    /// The cluster it holds in: ${confluent_kafka_cluster.NAME}.
    pub kafka_cluster: Whole,

    /// The key that writes it: ${confluent_api_key.NAME}. Left out, the one supplied for the cluster.
    #[serde(default)]
    pub credentials: Option<Whole>,

    /// Who may: "User:${confluent_service_account.NAME.id}".
    #[schemars(length(min = 1))]
    pub principal: String,

    /// Of what sort that is which it is about.
    #[schemars(extend("enum" = ["TOPIC", "GROUP", "CLUSTER", "TRANSACTIONAL_ID", "DELEGATION_TOKEN"]))]
    pub resource_type: String,

    /// Its name or the beginning of it, "*" for all, kafka-cluster for the cluster.
    #[schemars(length(min = 1, max = 249))]
    pub resource_name: String,

    /// Whether resource_name is a whole name or the beginning of names.
    #[serde(default = "literal")]
    #[schemars(extend("enum" = ["LITERAL", "PREFIXED"]))]
    pub pattern_type: String,

    /// From where; Confluent Cloud knows "*" only.
    #[serde(default = "any_host")]
    #[schemars(extend("enum" = ["*"]))]
    pub host: String,

    /// What may be done.
    #[schemars(extend("enum" = [
        "ALL", "READ", "WRITE", "CREATE", "DELETE", "ALTER", "DESCRIBE", "CLUSTER_ACTION", "DESCRIBE_CONFIGS",
        "ALTER_CONFIGS", "IDEMPOTENT_WRITE"
    ]))]
    pub operation: String,

    /// ALLOW, or DENY, which wins over it.
    #[serde(default = "allow")]
    #[schemars(extend("enum" = ["ALLOW", "DENY"]))]
    pub permission: String,
}

fn literal() -> String {
    LITERAL.to_owned()
}

fn any_host() -> String {
    "*".to_owned()
}

fn allow() -> String {
    "ALLOW".to_owned()
}

const LITERAL: &str = "LITERAL";
const CLUSTER: &str = "CLUSTER";
/// What every cluster is called in its own ACLs.
const CLUSTER_NAME: &str = "kafka-cluster";

impl Schema for KafkaAcl {
    const NAME: &'static str = "confluent_kafka_acl";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[];
    const NAMING: Naming = Naming {
        punctuation: "",
        replacement: '-',
        length: 0,
        tagged: false,
    };
    const REPLACE_ON: &'static [Path] = &[
        &["principal"],
        &["resource_type"],
        &["resource_name"],
        &["pattern_type"],
        &["host"],
        &["operation"],
        &["permission"],
    ];
    const TAKES: &'static [Takes] = &[super::IN_CLUSTER, super::WRITTEN_WITH];
    const SCOPE: &'static [&'static str] = &["kafka_cluster"];
    const GOES_WITH_SCOPE: bool = true;
    const NEEDS: &'static [Path] = &[&["credentials"]];
    const GRANTS_TO: &'static [Path] = &[&["principal"]];
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[
        ("type", "resource_type"),
        ("pattern", "pattern_type"),
        ("cluster", "kafka_cluster"),
        ("permission_type", "permission"),
        ("resource_pattern_type", "pattern_type"),
    ];
    const ON_REPLACED: &'static [(&'static str, Effect)] = &[
        ("confluent_kafka_cluster", Effect::Replace),
        ("confluent_service_account", Effect::Replace),
    ];
    const MARKING: Marking = Marking::Nothing;
    const PROOF: Proof = Proof::ByList;
    const RANK: u8 = 52;

    type Spec = AclSpec;

    fn check(spec: &AclSpec, problems: &mut Problems) {
        check_principal(&spec.principal, problems);
        let allowed = operations(&spec.resource_type);
        if !allowed.contains(&spec.operation.as_str()) && !allowed.is_empty() {
            problems.add(
                &["operation"],
                format!("a {} knows no {}", spec.resource_type, spec.operation),
                Some(&format!("there is {}", allowed.join(", "))),
            );
        }
        if spec.resource_type == CLUSTER {
            check_cluster(spec, problems);
        }
    }

    fn canonical(spec: AclSpec) -> AclSpec {
        spec
    }

    fn identity(spec: &AclSpec, _cloud_name: &str) -> Identity {
        let fields = [
            &spec.resource_type,
            &spec.resource_name,
            &spec.pattern_type,
            &spec.principal,
            &spec.host,
            &spec.operation,
            &spec.permission,
        ];
        Identity::Natural(fields.into_iter().cloned().collect())
    }

    fn known_outputs(_spec: &AclSpec, _cloud_name: &str, _place: &Place) -> Outputs {
        Outputs::new()
    }

    fn check_name(_name: &str) -> Result<(), String> {
        Err("an ACL has no name: it is known by all its fields".to_owned())
    }
}

fn check_cluster(spec: &AclSpec, problems: &mut Problems) {
    if spec.resource_name != CLUSTER_NAME && !sentinel::is_in(&spec.resource_name) {
        problems.add(
            &["resource_name"],
            format!(
                "a cluster is called kafka-cluster here, found {}",
                shown(&spec.resource_name)
            ),
            Some("write `resource_name: kafka-cluster`"),
        );
    }
    if spec.pattern_type != LITERAL {
        problems.add(
            &["pattern_type"],
            format!("a cluster is named literally, found {}", spec.pattern_type),
            Some("leave it out"),
        );
    }
}

/// The operations that a type of resource knows.
fn operations(resource_type: &str) -> &'static [&'static str] {
    match resource_type {
        "TOPIC" => &[
            "ALL",
            "READ",
            "WRITE",
            "CREATE",
            "DELETE",
            "ALTER",
            "DESCRIBE",
            "DESCRIBE_CONFIGS",
            "ALTER_CONFIGS",
        ],
        "GROUP" => &["ALL", "READ", "DELETE", "DESCRIBE"],
        CLUSTER => &[
            "ALL",
            "CREATE",
            "ALTER",
            "DESCRIBE",
            "CLUSTER_ACTION",
            "DESCRIBE_CONFIGS",
            "ALTER_CONFIGS",
            "IDEMPOTENT_WRITE",
        ],
        "TRANSACTIONAL_ID" => &["ALL", "WRITE", "DESCRIBE"],
        "DELEGATION_TOKEN" => &["ALL", "DESCRIBE"],
        _ => &[],
    }
}
