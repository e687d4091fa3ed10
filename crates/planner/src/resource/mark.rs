//! Marks: what shows on a resource itself whose it is.
//!
//! The owner is `<environment>@<account>/<region>`, not the environment's name alone: two students may share
//! an organisation, two regions one IAM. On AWS a mark is four tags, written by the very call that creates
//! and with each real update. Confluent has no tags: a display name ends in `-<tag>`, the first 8 hex digits of the
//! owner's SHA-256, and a description ends in the rest of the mark (see [`description`]).

pub mod description;

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::Serialize;
use sha2::Digest as _;
use sha2::Sha256;

/// Whose a resource is: `<environment>@<account>/<region>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Owner(pub String);

impl Owner {
    /// What a display name or a description tells of an owner who is not the reader: environment and tag.
    pub fn of_tag(environment: &str, tag: &str) -> Self {
        Self(format!("{environment}#{tag}"))
    }

    /// The first 8 hex digits of the owner's SHA-256.
    pub fn tag(&self) -> String {
        let digest = Sha256::digest(self.0.as_bytes());
        digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether this is another owner with an environment of the same name, as a mark tells it.
    pub fn is_namesake_of(&self, owner: &Self) -> bool {
        self != owner && self.environment() == owner.environment()
    }

    /// Account and region; `None` of an owner that is known by its tag only.
    pub fn account_and_region(&self) -> Option<(&str, &str)> {
        let (_, place) = self.0.split_once('@')?;
        place.split_once('/')
    }

    /// The environment's name.
    pub fn environment(&self) -> &str {
        let end = self.0.find(['@', '#']).unwrap_or(self.0.len());
        self.0.get(..end).unwrap_or_default()
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `1:` and 16 hex digits over the merged declaration (references to resources as text, secrets as source
/// names). It only classifies a difference that exists, it never makes one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Digest(pub String);

/// A mark as it is written on, or read from, one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    pub owner: Owner,
    /// [`super::Address::tag_text`]; what a description could not hold whole is as it was cut
    /// ([`description::address`]). Empty where the resource does not say it.
    pub address: String,
    pub digest: Digest,
    pub protect: bool,
}

/// The tag that says whose a resource is.
pub const OWNER_TAG: &str = "eclusa:owner";
const ADDRESS: &str = "eclusa:address";
const DIGEST: &str = "eclusa:digest";
const PROTECT: &str = "eclusa:protect";

impl Mark {
    /// A mark that tells nothing but whose it is.
    pub fn of(owner: &Owner) -> Self {
        Self {
            owner: owner.clone(),
            address: String::new(),
            digest: Digest(String::new()),
            protect: false,
        }
    }

    /// What the display name of an environment, a cluster or a connector tells: nothing, unless it ends in this
    /// owner's tag. Other names may end in eight hex digits by chance.
    pub fn from_display_name(name: &str, owner: &Owner) -> Option<Self> {
        name.ends_with(&format!("-{}", owner.tag())).then(|| Self::of(owner))
    }

    /// The mark as tags. No value is empty: IoT refuses empty ones.
    pub fn tags(&self) -> BTreeMap<String, String> {
        [
            (OWNER_TAG, self.owner.0.clone()),
            (ADDRESS, self.address.clone()),
            (DIGEST, self.digest.0.clone()),
            (PROTECT, self.protect.to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }

    /// Reads a mark from tags; without an owner there is none. What is missing beside it reads as unknown.
    pub fn from_tags<'t>(tags: impl IntoIterator<Item = (&'t str, &'t str)>) -> Option<Self> {
        let tags: BTreeMap<&str, &str> = tags.into_iter().collect();
        let text = |key: &str| tags.get(key).copied().unwrap_or_default().to_owned();
        Some(Self {
            owner: Owner((*tags.get(OWNER_TAG)?).to_owned()),
            address: text(ADDRESS),
            digest: Digest(text(DIGEST)),
            protect: tags.get(PROTECT).is_some_and(|value| *value == "true"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_name_tells_its_owner_by_the_tag_at_its_end() {
        let owner = Owner("local@123456789012/us-east-1".to_owned());
        let tag = owner.tag();
        assert_eq!((tag.len(), owner.environment()), (8, "local"));
        assert_eq!(
            Mark::from_display_name(&format!("main-{tag}"), &owner),
            Some(Mark::of(&owner))
        );
        for name in [
            "main".to_owned(),
            format!("main{tag}"),
            format!("main-{tag}-2"),
            "main-0badcafe".to_owned(),
        ] {
            assert_eq!(Mark::from_display_name(&name, &owner), None, "{name}");
        }
    }

    #[test]
    fn an_owner_with_another_tag_and_the_same_environment_is_a_namesake() {
        let owner = Owner("local@123456789012/us-east-1".to_owned());
        for (other, expected) in [
            (owner.clone(), false),
            (Owner("local@123456789012/eu-west-1".to_owned()), true),
            (Owner::of_tag("local", "0badcafe"), true),
            (Owner::of_tag("locals", "0badcafe"), false),
        ] {
            assert_eq!(other.is_namesake_of(&owner), expected, "{other}");
        }
    }

    #[test]
    fn a_mark_reads_back_from_its_tags_among_others() {
        let mark = Mark {
            owner: Owner("local@123456789012/us-east-1".to_owned()),
            address: "telemetry/aws_sqs_queue.ingest".to_owned(),
            digest: Digest("1:0123456789abcdef".to_owned()),
            protect: true,
        };
        let mut tags = mark.tags();
        tags.insert("team".to_owned(), "sensors".to_owned());
        let read = Mark::from_tags(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        assert_eq!(read, Some(mark));
        assert_eq!(Mark::from_tags([("team", "sensors")]), None);
    }
}
