//! Where an environment lies: the account, region, partition and organisation that the clouds' answers and
//! the environment file agree on.
//!
//! `plan` asks the clouds first, so everything is known. `validate` asks nothing: what the file does not say
//! is an unknown of known length, carried as a sentinel (see [`super::sentinel`]).

use serde::Serialize;

use super::mark::Owner;
use super::sentinel;

/// The values of a [`Place`] that a file may leave for the clouds to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum PlaceField {
    AccountId,
    Organization,
    Tag,
}

impl PlaceField {
    pub const ALL: [Self; 3] = [Self::AccountId, Self::Organization, Self::Tag];

    /// How the field is written in a reference.
    pub fn reference(self) -> &'static str {
        match self {
            Self::AccountId => "aws.account_id",
            Self::Organization => "confluent.organization",
            Self::Tag => "environment.tag",
        }
    }

    /// Length in characters, fixed by the provider (a tag is 8 hex digits, an organisation a UUID).
    pub fn length(self) -> usize {
        match self {
            Self::AccountId => 12,
            Self::Organization => 36,
            Self::Tag => 8,
        }
    }
}

/// Account, region, partition and organisation of one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    pub environment: String,
    pub account: Option<String>,
    pub region: String,
    pub partition: String,
    pub organization: Option<String>,
}

impl Place {
    /// The owner whose mark this environment's resources bear; `None` while the account is not known.
    pub fn owner(&self) -> Option<Owner> {
        self.account
            .as_ref()
            .map(|account| Owner(format!("{}@{account}/{}", self.environment, self.region)))
    }

    /// The value of one field, or its sentinel while it is not known.
    pub fn text(&self, field: PlaceField) -> String {
        let known = match field {
            PlaceField::AccountId => self.account.clone(),
            PlaceField::Organization => self.organization.clone(),
            PlaceField::Tag => self.owner().map(|owner| owner.tag()),
        };
        known.unwrap_or_else(|| sentinel::of_place(field))
    }
}

/// The partition that a region belongs to, by the published prefixes.
pub fn partition_of(region: &str) -> &'static str {
    match region {
        r if r.starts_with("cn-") => "aws-cn",
        r if r.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
