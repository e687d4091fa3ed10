//! What is there: absent, present or unreadable.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::resource::Address;
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
}

/// What the provider's calls name the object by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handle {
    /// Name, URL or id, as the kind's calls need it.
    pub id: String,
    /// For optimistic locking, where the provider has it.
    pub revision: Option<String>,
}

/// What was found for each declared address.
pub type Observations = BTreeMap<Address, Live>;
