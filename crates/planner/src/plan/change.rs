//! What a plan says about one resource.

use serde::Serialize;

use crate::resource::Address;
use crate::resource::Owner;
use crate::resource::Segment;
use crate::resource::Value;

/// What is to be done with one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Keep,
    Create,
    Update,
    /// Delete, then create, under one identity.
    Replace,
    Delete,
    Adopt,
    /// It could not be read: it is read again right before it would be written.
    Check,
    /// It may not be touched; the reason says why.
    Blocked,
}

/// Why; data, so that every view can say it in its own way.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Reason {
    /// It equals its declaration.
    Equal,
    /// It does not exist.
    Absent,
    /// The declaration is the one last applied, so the live side was changed by somebody else.
    Drift,
    /// The declaration changed since it was last applied.
    Declared,
    /// It differs, and its mark does not say since when.
    CauseUnknown,
    /// Attributes that cannot be changed in place, and whose change asks for a new object.
    CannotChange { paths: Vec<String> },
    /// Something it hangs on is replaced.
    Replaced { dependency: Address },
    /// Its name is taken by something without our mark (`None`) or with another owner's.
    NotOurs { owner: Option<Owner> },
    /// It could not be read.
    Unreadable { because: String, until: Option<Address> },
    /// The environment is destroyed.
    Destroyed,
    /// `existing:` names something that is not there.
    ExistingAbsent,
}

/// One attribute's change; paths lead into the canonical Spec.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    pub path: Vec<Segment>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    /// This change alone makes it a replace.
    pub forces_replacement: bool,
}

/// What a plan says about one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub address: Address,
    /// What it is called in the cloud, for the reader; `None` while not known.
    pub cloud_name: Option<String>,
    pub action: Action,
    pub reason: Reason,
    /// Empty for keep, delete and blocked.
    pub fields: Vec<FieldChange>,
}
