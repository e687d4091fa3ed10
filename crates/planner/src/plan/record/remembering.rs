//! A record, ready to tell each live object what is remembered of it.

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
type Known<'r> = (String, &'r Identity, Option<&'r str>);

/// A record by what its entries are known by.
pub struct Remembering<'r> {
    owner: Owner,
    known: HashMap<Known<'r>, (Address, &'r Entry)>,
}

impl<'r> Remembering<'r> {
    pub fn new(record: &'r Record, owner: &Owner) -> Self {
        let entries = record.entries.iter();
        let known = entries.filter_map(|(address, entry)| {
            let address = Address::parse(address)?;
            let known = (address.kind.clone(), &entry.identity, entry.scope.as_deref());
            Some((known, (address, entry)))
        });
        Self {
            owner: owner.clone(),
            known: known.collect(),
        }
    }

    /// The entry of what is known by this in this scope, under whatever address.
    pub fn entry(&self, kind: &str, identity: &Identity, scope: Option<&str>) -> Option<&'r Entry> {
        self.known
            .get(&(kind.to_owned(), identity, scope))
            .map(|(_, entry)| *entry)
    }

    /// The address under which that is remembered: whose it is, where it cannot say so itself.
    pub fn address(&self, kind: &str, identity: &Identity, scope: Option<&str>) -> Option<Address> {
        self.known
            .get(&(kind.to_owned(), identity, scope))
            .map(|(address, _)| address.clone())
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
