//! `confluent_kafka_cluster`: a Kafka cluster of Confluent Cloud.
//!
//! - **Name**: a display name that ends in the tag, unique among ours in one environment. It can be changed in
//!   place.
//! - **Type**: exactly one of `basic`, `standard`, `enterprise`, `freight` and `dedicated`. Only Basic becomes Standard
//!   in place, without a way back; every other change of type is refused, since a new cluster would be an empty one.
//! - **Replaced** by a change of cloud, region or availability. (openapi `cmk-v2`)
//! - **Equal**: `SINGLE_ZONE` and `LOW`, `MULTI_ZONE` and `HIGH`: the server renamed them for clusters that existed.
//! - **Server's choice**: `max_ecku`.
//! - **Settled**: a cluster that is not PROVISIONED shows its phase, which is never declared: so there is something to
//!   wait for.
//! - **Left out** until somebody asks: private networks, keys of one's own, the server's own deletion protection (it
//!   refuses Basic and Standard; `protect: true` covers all).
//! - **Data**: deleting a cluster deletes its topics.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::resource::sentinel;
use crate::schema::Effect;
use crate::schema::Marking;
use crate::schema::Path;
use crate::schema::Problems;
use crate::schema::Proof;
use crate::schema::Schema;
use crate::schema::Takes;
use crate::schema::Whole;

/// The kind `confluent_kafka_cluster`.
#[derive(Debug)]
pub struct KafkaCluster;

/// A Kafka cluster of Confluent Cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "confluent_kafka_cluster")]
pub struct ClusterSpec {
    /// The environment it lies in: ${confluent_environment.NAME}.
    pub environment: Whole,

    /// Whose data centres it runs in.
    #[schemars(extend("enum" = ["AWS", "GCP", "AZURE"]))]
    pub cloud: String,

    /// The cloud's region, such as eu-west-1.
    #[schemars(length(min = 1, max = 64))]
    pub region: String,

    /// SINGLE_ZONE or MULTI_ZONE, which newer words call LOW and HIGH.
    #[serde(default = "availability")]
    #[schemars(extend("enum" = ["SINGLE_ZONE", "MULTI_ZONE", "LOW", "HIGH"]))]
    pub availability: String,

    /// A Basic cluster: {}, or with a limit of its capacity. It can become Standard.
    #[serde(default)]
    pub basic: Option<Elastic>,

    /// A Standard cluster: {}, or with a limit of its capacity.
    #[serde(default)]
    pub standard: Option<Elastic>,

    /// An Enterprise cluster: {}, or with a limit of its capacity.
    #[serde(default)]
    pub enterprise: Option<Elastic>,

    /// A Freight cluster: {}, or with a limit of its capacity.
    #[serde(default)]
    pub freight: Option<Elastic>,

    /// A Dedicated cluster, with its capacity.
    #[serde(default)]
    pub dedicated: Option<Dedicated>,

    /// The type of a live cluster that is none of these. Never declared.
    #[serde(default)]
    #[schemars(skip)]
    pub other_type: Option<String>,

    /// Phase of a live cluster that is not PROVISIONED. Never declared.
    #[serde(default)]
    #[schemars(skip)]
    pub unsettled: Option<String>,
}

/// A cluster that grows by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Elastic {
    /// Most elastic units of capacity it may grow to. Left out, the server chooses.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_000))]
    pub max_ecku: Option<u32>,
}

/// A cluster of fixed capacity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Dedicated {
    /// Units of capacity, 2 at least in several zones.
    #[schemars(range(min = 1, max = 1_000))]
    pub cku: u32,
}

fn availability() -> String {
    SINGLE.to_owned()
}

const SINGLE: &str = "SINGLE_ZONE";
const MULTI: &str = "MULTI_ZONE";
/// Attributes of which a cluster has exactly one.
pub const TYPES: [&str; 5] = ["basic", "standard", "enterprise", "freight", "dedicated"];

impl ClusterSpec {
    /// The attribute that names its type; the first, where several are declared.
    pub fn cluster_type(&self) -> Option<&str> {
        self.types().next().or(self.other_type.as_deref())
    }

    fn types(&self) -> impl Iterator<Item = &'static str> {
        let declared = [
            self.basic.is_some(),
            self.standard.is_some(),
            self.enterprise.is_some(),
            self.freight.is_some(),
            self.dedicated.is_some(),
        ];
        TYPES
            .into_iter()
            .zip(declared)
            .filter(|(_, is)| *is)
            .map(|(name, _)| name)
    }

    fn elastic(&self) -> impl Iterator<Item = (&'static str, &Elastic)> {
        let elastic = [&self.basic, &self.standard, &self.enterprise, &self.freight];
        let named = TYPES.into_iter().zip(elastic);
        named.filter_map(|(name, elastic)| Some((name, elastic.as_ref()?)))
    }
}

impl Schema for KafkaCluster {
    const NAME: &'static str = "confluent_kafka_cluster";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[
        ("name", "prod-telemetry-main-1a2b3c4d"),
        ("id", "lkc-abc123"),
        ("environment_id", "env-abc123"),
        (
            "bootstrap_endpoint",
            "SASL_SSL://pkc-00000.eu-west-1.aws.confluent.cloud:9092",
        ),
        ("rest_endpoint", "https://pkc-00000.eu-west-1.aws.confluent.cloud:443"),
        (
            "rbac_crn",
            "crn://confluent.cloud/organization=1111aaaa-11aa-11aa-11aa-111111aaaaaa/environment=env-abc123/cloud-cluster=lkc-abc123",
        ),
    ];
    const NAMING: Naming = super::DISPLAY_NAME;
    const REPLACE_ON: &'static [Path] = &[&["cloud"], &["region"], &["availability"]];
    const SERVER_CHOSEN: &'static [Path] = &[
        &["basic", "max_ecku"],
        &["standard", "max_ecku"],
        &["enterprise", "max_ecku"],
        &["freight", "max_ecku"],
    ];
    const TAKES: &'static [Takes] = &[Takes {
        attribute: "environment",
        kind: "confluent_environment",
    }];
    const SCOPE: &'static [&'static str] = &["environment"];
    const RENAMES: bool = true;
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[
        ("display_name", "name"),
        ("environment_id", "environment"),
        ("provider", "cloud"),
        ("cloud_provider", "cloud"),
        ("type", "basic"),
        ("ckus", "cku"),
        ("max_eckus", "max_ecku"),
    ];
    const ON_REPLACED: &'static [(&'static str, Effect)] = &[("confluent_environment", Effect::Replace)];
    const DATA: Option<&'static str> = Some("the topics and what is");
    const MARKING: Marking = Marking::Name;
    const PROOF: Proof = Proof::ByList;
    const RANK: u8 = 62;

    type Spec = ClusterSpec;

    fn check(spec: &ClusterSpec, problems: &mut Problems) {
        let types: Vec<&str> = spec.types().collect();
        match types.as_slice() {
            [_] => {}
            [] => problems.add(
                &[],
                "a cluster needs its type: one of basic, standard, enterprise, freight and dedicated",
                Some("write `basic: {}` for the cheapest"),
            ),
            [_, other, ..] => problems.add(
                &[other],
                format!("a cluster has one type, found {}", types.join(" and ")),
                Some("remove all but one"),
            ),
        }
        let spans_zones = canonical_availability(&spec.availability) == MULTI;
        if spans_zones && spec.dedicated.as_ref().is_some_and(|dedicated| dedicated.cku < 2) {
            problems.add(
                &["dedicated", "cku"],
                "a Dedicated cluster in several zones needs 2 units of capacity at least, found 1",
                Some("write `cku: 2`, or `availability: SINGLE_ZONE`"),
            );
        }
        for (name, elastic) in spec.elastic() {
            if spans_zones && elastic.max_ecku == Some(1) {
                problems.add(
                    &[name, "max_ecku"],
                    "a cluster of high availability needs 2 elastic units at least, found 1",
                    None,
                );
            }
        }
    }

    fn canonical(spec: ClusterSpec) -> ClusterSpec {
        ClusterSpec {
            availability: canonical_availability(&spec.availability).to_owned(),
            ..spec
        }
    }

    fn refuses(live: &ClusterSpec, want: &ClusterSpec) -> Option<String> {
        let (is, wanted) = (live.cluster_type()?, want.cluster_type()?);
        if is == wanted || (is, wanted) == ("basic", "standard") {
            return None;
        }
        Some(format!(
            "it is a {is} cluster, and only Basic becomes Standard in place: declare it as it is, or ask for an empty \
             new one with `--replace`"
        ))
    }

    fn known_outputs(spec: &ClusterSpec, cloud_name: &str, _place: &Place) -> Outputs {
        let mut known = super::named(cloud_name);
        let environment = spec.environment.id();
        if !environment.is_empty() && !sentinel::is_in(environment) {
            known.insert("environment_id".to_owned(), environment.to_owned());
        }
        known
    }

    fn check_name(name: &str) -> Result<(), String> {
        super::check_display_name(name)
    }
}

fn canonical_availability(availability: &str) -> &str {
    match availability {
        "LOW" => SINGLE,
        "HIGH" => MULTI,
        other => other,
    }
}

#[cfg(test)]
mod tests;
