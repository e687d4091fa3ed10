//! `confluent_service_account`: who a key or a grant is for.
//!
//! - **Name**: unique in the organisation, at most 64 characters, ends in the tag; cannot change, so another name is
//!   another account, without the keys and grants of the old one.
//! - **Description**: the declared text and the mark, 128 characters together.
//! - Deleting an account deletes its keys. (openapi `iam-v2`)

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::schema::Marking;
use crate::schema::Proof;
use crate::schema::Schema;

/// The kind `confluent_service_account`.
#[derive(Debug)]
pub struct ServiceAccount;

/// A service account of the organisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "confluent_service_account")]
pub struct AccountSpec {
    /// What the account is for.
    #[serde(default)]
    #[schemars(length(max = 128))]
    pub description: String,
}

impl Schema for ServiceAccount {
    const NAME: &'static str = "confluent_service_account";
    const OUTPUTS: &'static [(&'static str, &'static str)] =
        &[("name", "prod-telemetry-bridge-1a2b3c4d"), ("id", "sa-abc123")];
    const NAMING: Naming = super::DISPLAY_NAME;
    const FIXED_NAME: bool = true;
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[("display_name", "name")];
    const MARKING: Marking = Marking::NameAndDescription;
    const PROOF: Proof = Proof::ByList;
    const RANK: u8 = 64;

    type Spec = AccountSpec;

    fn canonical(spec: AccountSpec) -> AccountSpec {
        spec
    }

    fn known_outputs(_spec: &AccountSpec, cloud_name: &str, _place: &Place) -> Outputs {
        super::named(cloud_name)
    }

    fn check_name(name: &str) -> Result<(), String> {
        super::check_display_name(name)
    }
}
