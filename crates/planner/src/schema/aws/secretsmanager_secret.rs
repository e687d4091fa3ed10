//! `aws_secretsmanager_secret`: a secret of Secrets Manager. Its value is written by whoever names it in `store`.
//!
//! - **Name**: letters, digits and `/_+=.@-`, at most 512; cannot change. AWS advises against names that end in a hyphen
//!   and six characters, which a search by a part of an ARN can mistake; eclusa asks by whole names only. (API
//!   reference, CreateSecret)
//! - **ARN**: ends in six random characters, another six when the secret is made anew, so it is not known before.
//!   `arn_pattern` is, and fits policies.
//! - **Recovery window**: the choice of a delete call, which no read gives back; it is kept on the secret as the tag
//!   `eclusa:recovery`, which is compared. 0 deletes at once; a secret without the tag counts as 30, the default of AWS.
//! - **Equal**: no key and the service's own key (`alias/aws/secretsmanager`); empty texts and absent ones.
//! - **Scheduled for deletion** is a state of its own: ours counts as absent and is restored instead of made, somebody
//!   else's blocks.
//! - **Data**: a secret that holds a value. The value itself is never read.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use super::arn;
use crate::resource::Naming;
use crate::resource::Outputs;
use crate::resource::Place;
use crate::schema::Marking;
use crate::schema::Path;
use crate::schema::Problems;
use crate::schema::Proof;
use crate::schema::Schema;

/// The kind `aws_secretsmanager_secret`.
#[derive(Debug)]
pub struct SecretsManagerSecret;

/// A secret of Secrets Manager.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "aws_secretsmanager_secret")]
pub struct SecretSpec {
    /// What the secret is for.
    #[serde(default)]
    #[schemars(length(max = 2_048))]
    pub description: String,

    /// Encryption with a KMS key of your own: its id, ARN or alias. Left out, the key of Secrets Manager.
    #[serde(default)]
    #[schemars(length(max = 2_048))]
    pub kms_key_id: Option<String>,

    /// Days for which the secret can be restored after it was deleted, 7 to 30; 0 deletes it at once.
    #[serde(default = "recovery_window")]
    #[schemars(range(min = 0, max = 30))]
    pub recovery_window_in_days: u32,

    /// The value, as a secret. Left out, the value is somebody else's: the key's that names this secret in `store`.
    #[serde(default)]
    pub value: Option<String>,
}

fn recovery_window() -> u32 {
    DEFAULT_WINDOW
}

/// Days for which AWS keeps a deleted secret unless told otherwise.
pub const DEFAULT_WINDOW: u32 = 30;
const SHORTEST_WINDOW: u32 = 7;

/// The key that a secret without one is encrypted with.
const OWN_KEY: &str = "alias/aws/secretsmanager";

impl Schema for SecretsManagerSecret {
    const NAME: &'static str = "aws_secretsmanager_secret";
    const OUTPUTS: &'static [(&'static str, &'static str)] = &[
        ("name", "prod-telemetry-bridge_key"),
        (
            "arn",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod-telemetry-bridge_key-a1B2c3",
        ),
        (
            "arn_pattern",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod-telemetry-bridge_key-??????",
        ),
    ];
    const NAMING: Naming = Naming {
        punctuation: "/_+=.@-",
        replacement: '-',
        length: 512,
        tagged: false,
    };
    const SECRETS: &'static [Path] = &[&["value"]];
    const NEAR_MISSES: &'static [(&'static str, &'static str)] = &[
        ("recovery_window", "recovery_window_in_days"),
        ("kms_master_key_id", "kms_key_id"),
        ("secret_string", "value"),
        ("name_prefix", "name"),
    ];
    const MARKING: Marking = Marking::Tags;
    const PROOF: Proof = Proof::ByName;
    const RANK: u8 = 60;

    type Spec = SecretSpec;

    fn check(spec: &SecretSpec, problems: &mut Problems) {
        let days = spec.recovery_window_in_days;
        if (1..SHORTEST_WINDOW).contains(&days) {
            problems.add(
                &["recovery_window_in_days"],
                format!("expected 0 or {SHORTEST_WINDOW} to {DEFAULT_WINDOW} days, found {days}"),
                Some("0 deletes the secret at once"),
            );
        }
        if spec.value.is_some() {
            problems.not_built(
                &["value"],
                "the value of a secret cannot be declared yet",
                "leave it out and write the value by hand: what is there is left alone",
            );
        }
    }

    fn canonical(spec: SecretSpec) -> SecretSpec {
        SecretSpec {
            kms_key_id: spec.kms_key_id.filter(|key| !key.is_empty() && key != OWN_KEY),
            ..spec
        }
    }

    fn known_outputs(_spec: &SecretSpec, cloud_name: &str, place: &Place) -> Outputs {
        let pattern = arn(place, "secretsmanager", &format!("secret:{cloud_name}-??????"));
        [("name", cloud_name.to_owned()), ("arn_pattern", pattern)]
            .map(|(name, text)| (name.to_owned(), text))
            .into()
    }
}

#[cfg(test)]
mod tests;
