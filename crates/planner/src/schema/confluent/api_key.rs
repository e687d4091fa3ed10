//! `confluent_api_key`: a key of an account, for one cluster or for the cloud itself.
//!
//! - **Identity**: owner, what it opens, and display name. Keys are found by their description, or because the store's
//!   current version names them; two that are equal are told apart by which of them the store holds.
//! - **Secret**: answered once, by the call that makes the key, and put into `store` before anything else, as JSON with
//!   `api_key`, `api_secret`, `bootstrap_servers` and `rest_endpoint`. So `store` is required, serves one key, and is
//!   ours.
//! - **Replaced** by another owner, cluster or store: nothing about a key but its texts can be changed.
//! - **Description**: the declared text and the mark, 128 characters together.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

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

/// The kind `confluent_api_key`.
#[derive(Debug)]
pub struct ApiKey;

/// An API key of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "confluent_api_key")]
pub struct KeySpec {
    /// Id of the account it belongs to: ${confluent_service_account.NAME.id}.
    #[schemars(length(min = 1))]
    pub owner: String,

    /// The cluster it opens: ${confluent_kafka_cluster.NAME}. Left out, a Cloud key, for all that is not in a cluster.
    #[serde(default)]
    pub managed_resource: Option<Whole>,

    /// Where its secret is kept: ${aws_secretsmanager_secret.NAME}, one secret for each key.
    pub store: Whole,

    /// What the key is for.
    #[serde(default)]
    #[schemars(length(max = 128))]
    pub description: String,
}

/// Stands for the cluster in the identity of a Cloud key, as the API writes it.
pub const CLOUD: &str = "cloud";

/// What a key is known by: the id of its owner, the id of its cluster or [`CLOUD`], and its display name.
pub fn identity_of(owner: &str, cluster: Option<&str>, name: &str) -> Identity {
    Identity::Natural(vec![
        owner.to_owned(),
        cluster.unwrap_or(CLOUD).to_owned(),
        name.to_owned(),
    ])
}

impl Schema for ApiKey {
    const NAME: &'static str = "confluent_api_key";
    const OUTPUTS: &'static [(&'static str, &'static str)] =
        &[("name", "prod-telemetry-bridge"), ("id", "ABCDEFGHIJKLMNOP")];
    const NAMING: Naming = Naming {
        tagged: false,
        ..super::DISPLAY_NAME
    };
    const REPLACE_ON: &'static [Path] = &[&["owner"]];
    const TAKES: &'static [Takes] = &[
        Takes {
            attribute: "managed_resource",
            kind: "confluent_kafka_cluster",
        },
        Takes {
            attribute: "store",
            kind: "aws_secretsmanager_secret",
        },
    ];
    const SCOPE: &'static [&'static str] = &["managed_resource"];
    const NEEDS: &'static [Path] = &[&["owner"], &["store"]];
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[
        ("display_name", "name"),
        ("service_account", "owner"),
        ("resource", "managed_resource"),
        ("kafka_cluster", "managed_resource"),
        ("secret", "store"),
    ];
    const ON_REPLACED: &'static [(&'static str, Effect)] = &[
        ("confluent_service_account", Effect::Replace),
        ("confluent_kafka_cluster", Effect::Replace),
        ("aws_secretsmanager_secret", Effect::Replace),
    ];
    const MARKING: Marking = Marking::Description;
    const PROOF: Proof = Proof::ByList;
    const RANK: u8 = 56;

    type Spec = KeySpec;

    fn check(spec: &KeySpec, problems: &mut Problems) {
        let owner = &spec.owner;
        let is_id = ["sa-", "u-"].iter().any(|kind| owner.starts_with(kind));
        if !is_id && !owner.starts_with(sentinel::OPEN) {
            problems.add(
                &["owner"],
                format!("expected the id of an account, sa-…, found {}", shown(owner)),
                Some("write ${confluent_service_account.NAME.id}"),
            );
        }
    }

    fn canonical(spec: KeySpec) -> KeySpec {
        spec
    }

    fn identity(spec: &KeySpec, cloud_name: &str) -> Identity {
        let cluster = spec.managed_resource.as_ref().map(Whole::id);
        let mut parts = [Some(spec.owner.as_str()), cluster, Some(cloud_name)]
            .into_iter()
            .flatten();
        match parts.any(sentinel::awaits_output) {
            true => Identity::Unknown,
            false => identity_of(&spec.owner, cluster, cloud_name),
        }
    }

    fn known_outputs(_spec: &KeySpec, cloud_name: &str, _place: &Place) -> Outputs {
        super::named(cloud_name)
    }

    fn check_name(name: &str) -> Result<(), String> {
        super::check_display_name(name)
    }
}
