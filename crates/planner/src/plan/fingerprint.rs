//! Fingerprints of all that a plan was made from: what a saved plan is held against before it is applied.
//!
//! [`Declarations`] is of the files, [`Sightings`] of what was read. Two of one environment are compared by name: what
//! moved is an address or a setting, and in which respect. Nothing that a cloud or a file holds can be read from
//! them but the settings, which name sources of secrets and never hold their text.
//!
//! - **Declared**: each resource's attributes and options after inputs, `each` and environment values are put in, as its
//!   digest is made; beside it the content of each zip, program and template that it names. Of the environment file what
//!   eclusa keeps of it, but for account, region and organisation: they are said or found, and compared as the place.
//! - **Live**: attributes in canonical form and by what the kind's schema says is compared (what the server chose and
//!   nobody declared, what says only from what it is made, and the text of what lies where a secret may are left out);
//!   outputs; the mark; the provider's revision, where both sides have one. Of what is only looked up, its outputs. Absent,
//!   unreadable, gone or hidden, and not verified are findings too, without the provider's words for them, which may
//!   never be the same twice.
//! - **Beside**: what else lies in what is ours, doubles, and every entry of the record, hashes of secrets included.
//! - **Left out**: whether data is in it. Messages come and go; the plan that they change is compared as a plan, and
//!   they are looked for again before a delete. And what a plan only notes.

mod declaration;
mod sight;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value as Json;
use sha2::Digest as _;
use sha2::Sha256;

pub use self::declaration::Declaration;
pub use self::declaration::Declarations;
pub use self::sight::Sight;
pub use self::sight::Sightings;

/// One thing that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// An address, a setting of the environment file, a kind, or the record.
    pub name: String,
    /// In which respects; never empty.
    pub how: Vec<How>,
}

/// In which respect something moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    Setting {
        before: String,
        now: String,
    },
    Declaration,
    /// The content of what this attribute names in the project.
    Source {
        attribute: String,
    },
    Declared,
    NoLongerDeclared,
    Attributes,
    Outputs,
    Mark,
    Revision,
    Made,
    Gone,
    Readable,
    NotReadable,
    /// All that is ours of a kind could be listed only before, or only now.
    Listed,
    NotListed,
    /// What is neither declared nor ours in it.
    Strangers,
    /// Others of ours with its identity.
    Doubles,
    /// What is remembered of it.
    Record,
}

impl Moved {
    pub fn new(name: impl Into<String>, how: Vec<How>) -> Self {
        let name = name.into();
        Self { name, how }
    }
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how: Vec<String> = self.how.iter().map(ToString::to_string).collect();
        write!(f, "{} ({})", self.name, how.join(", "))
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting { before, now } => write!(f, "was {before}, is {now}"),
            Self::Declaration => f.write_str("its declaration"),
            Self::Source { attribute } => write!(f, "what its `{attribute}` names"),
            Self::Declared => f.write_str("it is declared now"),
            Self::NoLongerDeclared => f.write_str("it is no longer declared"),
            Self::Attributes => f.write_str("its live attributes"),
            Self::Outputs => f.write_str("its live outputs"),
            Self::Mark => f.write_str("its mark"),
            Self::Revision => f.write_str("its revision"),
            Self::Made => f.write_str("it exists now"),
            Self::Gone => f.write_str("it is gone"),
            Self::Readable => f.write_str("it can be read now"),
            Self::NotReadable => f.write_str("it can no longer be read"),
            Self::Listed => f.write_str("all of ours can be listed now"),
            Self::NotListed => f.write_str("not all of ours can be listed any more"),
            Self::Strangers => f.write_str("what else lies in it"),
            Self::Doubles => f.write_str("its doubles"),
            Self::Record => f.write_str("its entry in the record"),
        }
    }
}

/// What moved between two maps, by name in order.
fn compared<T>(
    before: &BTreeMap<String, T>,
    now: &BTreeMap<String, T>,
    how: impl Fn(Option<&T>, Option<&T>) -> Vec<How>,
) -> Vec<Moved> {
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    names
        .into_iter()
        .map(|name| Moved::new(name, how(before.get(name), now.get(name))))
        .filter(|moved| !moved.how.is_empty())
        .collect()
}

/// Hex digits of a fingerprint, two a byte.
const BYTES: usize = 16;

/// The fingerprint of JSON: the same for the same value, however its keys are ordered and its absences written.
fn of_json(json: Json) -> String {
    let hash = Sha256::digest(ordered(json).to_string().as_bytes());
    hash.iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// With its keys sorted, and without null entries.
fn ordered(json: Json) -> Json {
    match json {
        Json::Array(items) => items.into_iter().map(ordered).collect(),
        Json::Object(entries) => {
            let sorted: BTreeMap<String, Json> = entries.into_iter().filter(|(_, value)| !value.is_null()).collect();
            sorted.into_iter().map(|(key, value)| (key, ordered(value))).collect()
        }
        leaf => leaf,
    }
}

#[cfg(test)]
mod tests;
