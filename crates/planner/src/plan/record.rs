//! The record: what an environment remembers of resources that cannot say it themselves. A memory, never a proof:
//! nothing in it is taken for live, and losing it costs reasons, the pruning of grants and topics, and the check of
//! changed secrets.
//!
//! - One entry for each Confluent resource of ours, by address. Nothing in it is secret.
//! - It lies in shards, an entry's shard being the hash of its address, so that each stays small enough for one secret.
//!   Shards of one record agree on how many there are; the number may grow with any write.
//! - [`Remembering`] tells a live object of ours what the record knows of it.
//! - An entry that is missing, or says other than what is live and declared, is something to do. A digest that is stale
//!   is not.

mod entry;
mod remembering;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use sha2::Digest as _;
use sha2::Sha256;

pub use self::entry::Entry;
pub(super) use self::entry::scope_id;
pub use self::remembering::Remembering;
use super::Change;
use super::Evaluation;
use super::Observations;
use super::change::Action;
use super::change::Reason;
use super::live::Live;
use crate::environment::Declared;
use crate::resource::Address;
use crate::resource::Identity;
use crate::schema::DecodeError;

/// Every entry by the written form of its address ([`Address::parse`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub entries: BTreeMap<String, Entry>,
}

/// The version that this program reads and writes.
const VERSION: u32 = 1;

/// A part of a record, as one secret holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shard {
    pub version: u32,
    /// How many shards the record has.
    pub of: u32,
    pub entries: BTreeMap<String, Entry>,
}

/// A record that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error("it was written by a newer eclusa (version {0} of the record)")]
    Newer(u32),
    #[error("it is not whole: {found} of {of} parts were found")]
    Incomplete { found: usize, of: u32 },
    #[error("its parts are of different writes")]
    Mixed,
}

/// Whether resources of a kind are remembered.
pub fn is_kept_for(kind: &str) -> bool {
    kind.starts_with("confluent_")
}

/// Whether anything may be remembered for a declaration: something of these kinds is in it, or a key to their cloud.
pub fn concerns(declared: &Declared) -> bool {
    let mut resources = declared.resources.iter();
    declared.settings.confluent.is_some() || resources.any(|each| is_kept_for(&each.address.kind))
}

impl Record {
    /// The shard of `of` in which an address lies.
    pub fn shard_of(address: &str, of: u32) -> u32 {
        let hash = Sha256::digest(address.as_bytes());
        let number = hash
            .iter()
            .take(4)
            .fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        number.checked_rem(of).unwrap_or(0)
    }

    /// The record in `of` shards, at least one, in their order.
    pub fn split(&self, of: u32) -> Vec<Shard> {
        let of = of.max(1);
        let empty = |_| Shard {
            version: VERSION,
            of,
            entries: BTreeMap::new(),
        };
        let mut shards: Vec<Shard> = (0..of).map(empty).collect();
        for (address, entry) in &self.entries {
            let position = usize::try_from(Self::shard_of(address, of)).unwrap_or(usize::MAX);
            if let Some(shard) = shards.get_mut(position) {
                shard.entries.insert(address.clone(), entry.clone());
            }
        }
        shards
    }

    /// A record from its shards, in any order.
    pub fn merge(shards: impl IntoIterator<Item = Shard>) -> Result<Self, RecordError> {
        let (mut merged, mut found, mut parts) = (Self::default(), 0_usize, None);
        for shard in shards {
            if shard.version != VERSION {
                return Err(RecordError::Newer(shard.version));
            }
            if *parts.get_or_insert(shard.of) != shard.of {
                return Err(RecordError::Mixed);
            }
            found += 1;
            merged.entries.extend(shard.entries);
        }
        match parts {
            Some(of) if usize::try_from(of) != Ok(found) => Err(RecordError::Incomplete { found, of }),
            _ => Ok(merged),
        }
    }

    pub fn get(&self, address: &Address) -> Option<&Entry> {
        self.entries.get(&address.to_string())
    }

    /// Remembers a resource. Hashes of secrets are kept unless the new entry has some of its own.
    pub fn put(&mut self, address: &Address, mut entry: Entry) {
        let key = address.to_string();
        if entry.hashes.is_empty()
            && let Some(before) = self.entries.remove(&key)
        {
            entry.hashes = before.hashes;
        }
        self.entries.insert(key, entry);
    }

    /// Forgets what is proved gone.
    pub fn forget(&mut self, address: &Address) {
        self.entries.remove(&address.to_string());
    }

    /// What it knows of that nothing declares any more, by identity and scope: to be looked for, and deleted if it is
    /// still there.
    pub fn undeclared(&self, evaluation: &Evaluation<'_>) -> Result<Vec<(Address, &Entry)>, DecodeError> {
        let mut declared: BTreeMap<(&str, Identity), Vec<Option<String>>> = BTreeMap::new();
        for resource in &evaluation.declared().resources {
            let kind = resource.address.kind.as_str();
            let identity = evaluation.identity(&resource.address)?;
            let scope = entry::scope_id(evaluation, &resource.address);
            declared.entry((kind, identity)).or_default().push(scope);
        }
        let parsed = self.entries.iter();
        let parsed = parsed.filter_map(|(address, entry)| Some((Address::parse(address)?, entry)));
        Ok(parsed
            .filter(|(address, entry)| {
                let scopes = declared.get(&(address.kind.as_str(), entry.identity.clone()));
                !scopes.is_some_and(|scopes| scopes.contains(&entry.scope))
            })
            .collect())
    }
}

/// What is live, declared and ours, and stays as it is, but is not remembered so.
pub(super) fn unrecorded(
    evaluation: &Evaluation<'_>,
    live: &Observations,
    changes: &[Change],
) -> Result<Vec<Address>, DecodeError> {
    let Some(record) = &live.record else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    let stays =
        |change: &&Change| change.action == Action::Keep && !matches!(change.reason, Reason::NotCompared { .. });
    for change in changes.iter().filter(stays) {
        let address = &change.address;
        let (Some(resource), Some(Live::Present(seen))) = (evaluation.resource(address), live.get(address)) else {
            continue;
        };
        if !is_kept_for(&address.kind) || evaluation.is_existing(address) {
            continue;
        }
        let expected = Entry::of(evaluation, resource, &seen.handle.id)?;
        if !record.get(address).is_some_and(|entry| entry.agrees_with(&expected)) {
            found.push(address.clone());
        }
    }
    Ok(found)
}
