//! A record, ready to tell each live object what is remembered of it.

use std::collections::BTreeSet;
use std::collections::HashMap;

use super::Entry;
use super::Record;
use super::entry::scope_id;
use crate::plan::Evaluation;
use crate::plan::Live;
use crate::plan::Observations;
use crate::plan::Seen;
use crate::resource::Address;
use crate::resource::Identity;
use crate::resource::Mark;
use crate::resource::Owner;
use crate::schema;
use crate::schema::AnySchema;
use crate::schema::DecodeError;

/// Kind, identity and id of the scope.
type Known = (String, Identity, Option<String>);

/// A record by what its entries are known by.
#[derive(Debug)]
pub struct Remembering {
    /// Whose record it is.
    pub owner: Owner,
    known: HashMap<Known, (Address, Entry)>,
}

impl Remembering {
    pub fn new(record: &Record, owner: &Owner) -> Self {
        let entries = record.entries.iter();
        let known = entries.filter_map(|(address, entry)| {
            let address = Address::parse(address)?;
            let known = (address.kind.clone(), entry.identity.clone(), entry.scope.clone());
            Some((known, (address, entry.clone())))
        });
        Self {
            owner: owner.clone(),
            known: known.collect(),
        }
    }

    /// Address and entry of what is known by this in this scope, under whatever address.
    pub fn of(&self, kind: &str, identity: &Identity, scope: Option<&str>) -> Option<&(Address, Entry)> {
        let known = (kind.to_owned(), identity.clone(), scope.map(str::to_owned));
        self.known.get(&known)
    }

    /// The entry of what is known by this in this scope, under whatever address.
    pub fn entry(&self, kind: &str, identity: &Identity, scope: Option<&str>) -> Option<&Entry> {
        self.of(kind, identity, scope).map(|(_, entry)| entry)
    }

    /// The address under which that is remembered: whose it is, where it cannot say so itself.
    pub fn address(&self, kind: &str, identity: &Identity, scope: Option<&str>) -> Option<Address> {
        self.of(kind, identity, scope).map(|(address, _)| address.clone())
    }

    /// The address under which something with this handle is remembered.
    pub fn by_handle(&self, kind: &str, handle: &str) -> Option<&Address> {
        let mut entries = self.known.iter().filter(|((of, ..), _)| of == kind);
        let found = entries.find(|(_, (_, entry))| entry.handle == handle);
        found.map(|(_, (address, _))| address)
    }

    /// What was last written for this address, by what its API calls it.
    pub fn handle_of(&self, address: &Address) -> Option<&str> {
        let mut entries = self.known.values();
        let (_, entry) = entries.find(|(written, _)| written == address)?;
        Some(&entry.handle)
    }

    /// Whether something in this scope is remembered that nothing declares by now: where the bearer of no mark may be ours
    /// only by that, a list that cannot be read hides nothing else of ours.
    pub fn knows_more(&self, kind: &str, scope: &str, declared: &BTreeSet<Identity>) -> bool {
        let mut known = self.known.keys();
        known.any(|(of, identity, within)| {
            of == kind && within.as_deref() == Some(scope) && !declared.contains(identity)
        })
    }

    /// A mark that says whose something is and, where that is remembered, of which address.
    pub fn mark(&self, kind: &str, identity: &Identity, scope: Option<&str>) -> Mark {
        let address = self.of(kind, identity, scope).map(|(address, _)| address.tag_text());
        Mark {
            address: address.unwrap_or_default(),
            ..Mark::of(&self.owner)
        }
    }

    /// Completes what was seen with what is remembered: digest and `protect` of a mark that cannot say them, a mark
    /// where the kind bears none, the keys that were declared.
    pub fn complete(&self, kind: &str, identity: &Identity, scope: Option<&str>, seen: &mut Seen) {
        let (Some(schema), Some(entry)) = (schema::find(kind), self.entry(kind, identity, scope)) else {
            return;
        };
        seen.open.formerly.extend(entry.keys.iter().cloned());
        let mark = match &mut seen.mark {
            Some(mark) if mark.owner == self.owner => mark,
            None if schema.marking().needs_no_mark() => seen.mark.insert(Mark::of(&self.owner)),
            _ => return,
        };
        mark.protect |= entry.protect;
        if !schema.marking().tells_address() {
            mark.digest = entry.digest.clone();
        }
    }
}

impl Observations {
    /// Takes a record in, and completes with it all that was seen.
    pub fn remember(&mut self, record: Record, evaluation: &Evaluation<'_>, owner: &Owner) -> Result<(), DecodeError> {
        let remembering = Remembering::new(&record, owner);
        for (address, live) in &mut self.declared {
            if let Live::Present(seen) = live {
                let (identity, scope) = (evaluation.identity(address)?, scope_id(evaluation, address));
                remembering.complete(&address.kind, &identity, scope.as_deref(), seen);
            }
        }
        for owned in &mut self.owned {
            if let Live::Present(seen) = &mut owned.live {
                let scopes = schema::find(&owned.address.kind).map_or(&[][..], AnySchema::scope);
                let scope = scopes
                    .first()
                    .and_then(|scope| seen.spec.pointer(&format!("/{scope}/outputs/id")));
                let scope = scope.and_then(serde_json::Value::as_str).map(str::to_owned);
                remembering.complete(&owned.address.kind, &owned.identity, scope.as_deref(), seen);
            }
        }
        self.record = Some(record);
        Ok(())
    }
}
