//! What a plan says about one resource.

use std::fmt::Write as _;

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
    /// Only secrets differ: their texts are not what was last sent, or nobody knows whether they are.
    SecretNotSent,
    /// Attributes that cannot be changed in place, and whose change asks for a new object.
    CannotChange {
        paths: Vec<String>,
        /// [`Reason::Drift`], [`Reason::Declared`], [`Reason::CauseUnknown`] or [`Reason::Replaced`].
        since: Box<Reason>,
    },
    /// Something it hangs on is made anew: replaced, or created again because it was gone.
    Replaced { dependency: Address },
    /// Its name is taken by something without our mark (`None`) or with another owner's.
    NotOurs { owner: Option<Owner> },
    /// A destroy found something that it may not delete: without our mark (`None`) or with another owner's.
    NotOursToDelete { owner: Option<Owner> },
    /// It could not be read.
    Unreadable { because: String, until: Option<Address> },
    /// It was ours, and what answers for it says the same of what is gone and of what this key may not see.
    GoneOrHidden {
        because: String,
        /// Whether an apply makes it anew; nothing does where it was to go.
        anew: bool,
    },
    /// Its kind is one that this key cannot list, or it hangs on something of such a kind.
    NotCompared { hangs_on: Option<Address> },
    /// The environment is destroyed.
    Destroyed,
    /// `existing:` names something that is not there.
    ExistingAbsent,
    /// `existing:` names something that is gone, or hidden from this key.
    ExistingGoneOrHidden { because: String },
    /// Another resource of ours, of another kind, made it and holds it.
    PartOf { holder: Address },
    /// Deleting or replacing it is forbidden by its own `protect: true`, or by that of what lives in it.
    Protected { holder: Address },
    /// The same by the mark on the live object, though nothing declares it any more.
    MarkedProtected,
    /// It is ours, and nothing declares it any more.
    NotDeclared,
    /// Its declaration has another name by now; this one goes last.
    Superseded { by: Address },
    /// The same, and what it holds is worked off first.
    Drained { by: Address },
    /// It empties a queue that goes: it stays until that is done.
    Drains { queue: Address },
    /// Another object of ours, under its former name, stands for this declaration: the new one is made first.
    Renamed { from: String },
    /// The same object gets another name in place.
    NameChanged { from: String, also: Option<Box<Reason>> },
    /// Only its mark differs: it names another address of ours (as in a tag).
    Moved { from: String, also: Option<Box<Reason>> },
    /// `protect:` is not what its mark says.
    ProtectChanged { protect: bool, also: Option<Box<Reason>> },
    /// Deleting or replacing it would lose data.
    DataLoss { data: String, allow: Address },
    /// It bears no mark (`None`) or another owner's, and may be taken over.
    Adopted { from: Option<Owner> },
    /// It may be taken over, but cannot be made to match in place.
    CannotAdopt { paths: Vec<String> },
    /// It may be taken over, but never renamed to show whose it is.
    CannotBearMark,
    /// Its description lacks our mark.
    MarkMissing { also: Option<Box<Reason>> },
    /// The service does not do it; the sentence says why, and the way out.
    Refused { sentence: String },
    /// What lies in it is neither ours nor declared.
    HoldsForeign { names: Vec<String>, allow: Address },
    /// Others of ours have its identity, and something is in them.
    Doubled { others: Vec<String> },
    /// A grant of an account of ours that the record does not know: it may be somebody else's.
    NotRecorded { account: Address },
    /// It was asked for by `--replace`.
    Asked,
    /// It is only looked up and may not be read; it is taken to be there.
    NotVerified { because: String },
}

/// One attribute's change; paths lead into the canonical Spec.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    pub path: Vec<Segment>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    /// This change alone makes it a replace.
    pub forces_replacement: bool,
}

/// What a plan says about one resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub address: Address,
    /// What it is called in the cloud, for the reader; `None` while not known.
    pub cloud_name: Option<String>,
    pub action: Action,
    pub reason: Reason,
    /// Empty for keep, delete, check and blocked, and for what is only touched.
    pub fields: Vec<FieldChange>,
    /// Dependencies made anew that ask for an update though no attribute changes ([`crate::schema::Effect`]).
    pub touched_by: Vec<Address>,
}

impl Change {
    /// Why, as one sentence without a full stop.
    pub fn sentence(&self) -> String {
        match &self.reason {
            Reason::Protected { holder } if *holder == self.address => {
                "it is protected: take its `protect: true` out first".to_owned()
            }
            reason => reason.sentence(),
        }
    }
}

impl Reason {
    /// Why, as one sentence in lower case without a full stop; what can be done is in it.
    pub fn sentence(&self) -> String {
        match self {
            Self::Equal => "it equals its declaration".to_owned(),
            Self::Absent => "it does not exist".to_owned(),
            Self::Drift => "changed outside eclusa since the last apply".to_owned(),
            Self::Declared => "the declaration changed".to_owned(),
            Self::CauseUnknown => "it differs from its declaration, and its mark does not say since when".to_owned(),
            Self::SecretNotSent => "a secret in it is not what was last sent".to_owned(),
            Self::CannotChange { paths, since } => {
                format!("{} cannot be changed in place; {}", quoted(paths), since.sentence())
            }
            Self::Replaced { dependency } => format!("{dependency}, on which it hangs, is made anew"),
            Self::NotOurs { owner: None } => "its name is taken by a resource without eclusa's mark: adopt it with \
                                              `adopt: true` or `eclusa adopt`, or set another `name:`"
                .to_owned(),
            Self::NotOurs { owner: Some(owner) } => format!(
                "its name is taken by a resource of {owner}: set another `name:`, only look it up with `existing:`, \
                 or take it over with `eclusa adopt --from {owner}`"
            ),
            Self::NotOursToDelete { owner: None } => "it bears no mark of eclusa, so it is left alone".to_owned(),
            Self::NotOursToDelete { owner: Some(owner) } => format!("it belongs to {owner}, so it is left alone"),
            Self::Unreadable { because, until } => unreadable(because, until.as_ref()),
            Self::GoneOrHidden { because, anew } => {
                let anew = if *anew {
                    "; apply makes it anew where the key may"
                } else {
                    ""
                };
                format!("it was ours and no list shows it: it is gone, or hidden from this key ({because}){anew}")
            }
            Self::NotCompared { hangs_on: None } => "not compared: this key cannot list its kind".to_owned(),
            Self::NotCompared { hangs_on: Some(on) } => {
                format!("not compared: it hangs on {on}, whose kind this key cannot list")
            }
            Self::Destroyed => "the environment is destroyed".to_owned(),
            Self::ExistingAbsent => "`existing:` names something that does not exist: correct the name, or leave \
                                     `existing:` out to have it made"
                .to_owned(),
            Self::ExistingGoneOrHidden { because } => format!(
                "`existing:` names something that is gone, or hidden from this key ({because}): correct the name, or \
                 take a key that may see it"
            ),
            Self::PartOf { holder } => {
                format!("its name is taken by a part of {holder}: set another `name:`, or take it out there")
            }
            Self::Protected { holder } => {
                format!("it is protected by {holder}: take the `protect: true` out there first")
            }
            Self::MarkedProtected => "its mark says that it is protected: declare it as it is without `protect: \
                                      true`, apply that, then this"
                .to_owned(),
            Self::NotDeclared => "it is no longer declared".to_owned(),
            Self::Superseded { by } => format!("{by} has another name now"),
            Self::Drains { queue } => format!("{queue} goes, and this empties it first"),
            Self::Drained { by } => format!("{by} has another name now; it goes once it is empty"),
            Self::Renamed { from } => {
                format!("it is called {from:?} so far; the new one is made first, the old one deleted last")
            }
            Self::NameChanged { from, also } => with(format!("it is called {from:?} so far"), also.as_deref()),
            Self::Moved { from, also } => with(format!("it was {from} and keeps its name"), also.as_deref()),
            Self::ProtectChanged { protect: true, also } => {
                with("it is protected from now on".to_owned(), also.as_deref())
            }
            Self::ProtectChanged { protect: false, also } => {
                with("it is no longer protected".to_owned(), also.as_deref())
            }
            Self::DataLoss { data, allow } => {
                format!("{data} in it would be lost: allow that with `--allow-data-loss {allow}`")
            }
            Self::Adopted { from: None } => "it bears no mark of eclusa so far".to_owned(),
            Self::Adopted { from: Some(owner) } => format!("it belongs to {owner} so far"),
            Self::CannotAdopt { paths } => format!(
                "it cannot be adopted as declared, since {} cannot be changed in place: declare it as it is, or set \
                 another `name:`",
                quoted(paths)
            ),
            Self::CannotBearMark => {
                "it cannot be renamed to bear eclusa's mark: only look it up with `existing:`, or set \
                                     another `name:`"
                    .to_owned()
            }
            Self::MarkMissing { also } => with("its description lacks eclusa's mark".to_owned(), also.as_deref()),
            Self::Refused { sentence } => sentence.clone(),
            Self::HoldsForeign { names, allow } => format!(
                "in it lies what is neither declared nor of this environment, {}: move that, or allow its loss with \
                 `--allow-data-loss {allow}`",
                quoted(names)
            ),
            Self::Doubled { others } => format!(
                "there are more of it, and something is in them, {}: delete all but one by hand",
                quoted(others)
            ),
            Self::NotRecorded { account } => format!(
                "{account} stays, and the record does not know this grant, so it is left: delete it by hand if nobody \
                 needs it"
            ),
            Self::Asked => "it was asked for with `--replace`".to_owned(),
            Self::NotVerified { because } => format!("it is taken to be there, but not verified: {because}"),
        }
    }
}

fn with(text: String, also: Option<&Reason>) -> String {
    match also {
        Some(also) => format!("{text}; {}", also.sentence()),
        None => text,
    }
}

fn unreadable(because: &str, until: Option<&Address>) -> String {
    let mut text = format!("it could not be read: {because}");
    if let Some(address) = until {
        // Writing to a String cannot fail.
        let _ = write!(text, "; it is read again after {address}");
    }
    text
}

fn quoted(paths: &[String]) -> String {
    let each: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
    each.join(", ")
}
