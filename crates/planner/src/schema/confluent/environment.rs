//! `confluent_environment`: an environment of Confluent Cloud.
//!
//! - **Name**: a display name that ends in the tag. It is not unique in the organisation; among ours it is. It
//!   can be changed in place.
//! - **Stream governance**: left out, the server chooses (ESSENTIALS for new environments). ADVANCED cannot be taken
//!   back. (openapi `org-v2`; confluentinc/cli, its test server)
//! - **Data**: deleting an environment deletes all clusters in it.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::schema::Marking;
use crate::schema::Path;
use crate::schema::Proof;
use crate::schema::Schema;

/// The kind `confluent_environment`.
#[derive(Debug)]
pub struct Environment;

/// An environment of Confluent Cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "confluent_environment")]
pub struct EnvironmentSpec {
    /// Stream Governance, with the Schema Registry. Left out, the server chooses.
    #[serde(default)]
    pub stream_governance: Option<StreamGovernance>,
}

/// Stream Governance of an environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct StreamGovernance {
    /// ESSENTIALS costs nothing; ADVANCED cannot be taken back.
    #[schemars(extend("enum" = ["ESSENTIALS", "ADVANCED"]))]
    pub package: String,
}

const ADVANCED: &str = "ADVANCED";

impl Schema for Environment {
    const NAME: &'static str = "confluent_environment";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[
        ("name", "prod-telemetry-main-1a2b3c4d"),
        ("id", "env-abc123"),
        (
            "resource_name",
            "crn://confluent.cloud/organization=1111aaaa-11aa-11aa-11aa-111111aaaaaa/environment=env-abc123",
        ),
    ];
    const NAMING: Naming = super::DISPLAY_NAME;
    const SERVER_CHOSEN: &'static [Path] = &[&["stream_governance"]];
    const RENAMES: bool = true;
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[
        ("display_name", "name"),
        ("stream_governance_config", "stream_governance"),
    ];
    const DATA: Option<&'static str> = Some("the clusters and what is");
    const MARKING: Marking = Marking::Name;
    const PROOF: Proof = Proof::ByList;
    const RANK: u8 = 66;

    type Spec = EnvironmentSpec;

    fn canonical(spec: EnvironmentSpec) -> EnvironmentSpec {
        spec
    }

    fn refuses(live: &EnvironmentSpec, want: &EnvironmentSpec) -> Option<String> {
        let is_advanced = |spec: &EnvironmentSpec| {
            let governance = spec.stream_governance.as_ref();
            governance.map(|governance| governance.package == ADVANCED)
        };
        let sinks = is_advanced(live) == Some(true) && is_advanced(want) == Some(false);
        sinks.then(|| "Stream Governance ADVANCED cannot be taken back: declare it as it is".to_owned())
    }

    fn known_outputs(_spec: &EnvironmentSpec, cloud_name: &str, _place: &Place) -> Outputs {
        super::named(cloud_name)
    }

    fn check_name(name: &str) -> Result<(), String> {
        super::check_display_name(name)
    }
}
