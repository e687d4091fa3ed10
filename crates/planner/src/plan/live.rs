//! What is there: absent, present, unreadable, or gone or hidden; and what else is ours.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Serialize;

use serde_json::Value as Json;

use super::record::Record;
use crate::resource::Address;
use crate::resource::Identity;
use crate::resource::Mark;
use crate::resource::Outputs;

/// What observing one declared resource found.
#[derive(Clone, Debug, PartialEq)]
pub enum Live {
    /// Proved not to exist.
    Absent,
    Present(Seen),
    /// Could not be read; it is read again right before it would be written.
    Unreadable {
        because: String,
        /// The resource whose existence would make it readable, if that is the cause.
        until: Option<Address>,
    },
    /// Only looked up, and it may not be read: taken to be there, with the outputs that follow from its name.
    Unverified {
        because: String,
        outputs: Outputs,
    },
    /// A list that may be read lacks it, it was ours (the record knows it), and asked for by its id the answer is 403,
    /// which Confluent gives for what is gone and for what this key may not see. A plan says so; in an apply the create
    /// decides: what a fresh look right before the write still finds so is decided as [`Live::settled`].
    Hidden {
        because: String,
    },
    /// The key that looks cannot list its kind, and the environment file says so (`drift: { unseen: … }`). It stays as it
    /// is, and what refers to it is compared with these outputs, which the record remembers ([`super::unseen::recalled`]);
    /// without them not either. Only a plan that is made to be read gets this: an apply writes nothing from memory.
    NotCompared {
        outputs: Option<Outputs>,
    },
}

impl Live {
    /// What was seen, where it could be.
    pub fn seen(&self) -> Option<&Seen> {
        match self {
            Self::Present(seen) => Some(seen),
            _ => None,
        }
    }
}

/// A live object in the shape of its kind's Spec.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The Spec as JSON, before `canonical`.
    pub spec: Json,
    pub outputs: Outputs,
    /// `None`: it bears no mark at all.
    pub mark: Option<Mark>,
    pub handle: Handle,
    /// Deleting it would lose data (a queue with messages).
    pub holds_data: bool,
    pub open: OpenKeys,
}

/// What is known about the keys of a kind's open map beside their values: which a declaration of ours once had, and
/// what holds for those that nobody set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenKeys {
    /// From the record: live and no longer declared, such a key is unset.
    pub formerly: BTreeSet<String>,
    /// What the cloud says holds where a key is not set.
    pub defaults: BTreeMap<String, String>,
    /// Declared secrets among them whose text is not what was last sent, as far as the record's hashes tell.
    pub unsent: BTreeSet<String>,
}

/// What the provider's calls name the object by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handle {
    /// Name, URL or id, as the kind's calls need it.
    pub id: String,
    /// For optimistic locking, where the provider has it.
    pub revision: Option<String>,
}

/// A live object that bears this owner's mark and whose identity nothing declares.
#[derive(Clone, Debug, PartialEq)]
pub struct Owned {
    /// That of its mark; see [`super::owned::addressed`].
    pub address: Address,
    pub identity: Identity,
    pub cloud_name: String,
    /// As it was read by name; never absent.
    pub live: Live,
}

/// A kind of which not everything that is ours could be listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unlisted {
    pub kind: String,
    pub because: String,
}

/// What was found: for each declared address, and beside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observations {
    pub declared: BTreeMap<Address, Live>,
    pub owned: Vec<Owned>,
    pub unlisted: Vec<Unlisted>,
    /// By what holds them: clusters, connectors and topics that are neither declared nor ours, server-made ones aside.
    pub strangers: BTreeMap<Address, Vec<String>>,
    /// By address, others of ours with its identity in which something is; see [`super::doubles`].
    pub doubles: BTreeMap<Address, Vec<String>>,
    /// Display names of service accounts that bear this environment's name with another tag
    /// ([`Owner::is_namesake_of`](crate::resource::Owner::is_namesake_of)).
    pub namesakes: BTreeSet<String>,
    /// What was remembered; `None` where there is no record to read, or it could not be read.
    pub record: Option<Record>,
}

impl Live {
    /// What a write is decided on: whether what is gone or hidden is there, its create tells.
    pub fn settled(self) -> Self {
        match self {
            Self::Hidden { .. } => Self::Absent,
            other => other,
        }
    }
}

impl Observations {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn get(&self, address: &Address) -> Option<&Live> {
        self.declared.get(address)
    }

    pub fn insert(&mut self, address: Address, live: Live) {
        self.declared.insert(address, live);
    }
}

impl FromIterator<(Address, Live)> for Observations {
    fn from_iter<T: IntoIterator<Item = (Address, Live)>>(found: T) -> Self {
        Self {
            declared: found.into_iter().collect(),
            ..Self::default()
        }
    }
}
