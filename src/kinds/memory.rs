//! What the record remembers, by what things are known by; and whose record it is.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use eclusa_planner::plan::Record;
use eclusa_planner::plan::Seen;
use eclusa_planner::plan::record::Entry;
use eclusa_planner::plan::record::Remembering;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Owner;
use eclusa_planner::resource::SecretSource;
use eclusa_planner::resource::Segment;

use super::Wanted;
use crate::clients::Io;
use crate::ownership::record::hashes;

/// Kind, identity, id of the scope.
type Known = (String, Identity, Option<String>);

/// What an owner's record remembers; empty where there is none.
#[derive(Debug)]
pub struct Memory {
    pub owner: Owner,
    known: HashMap<Known, (Address, Entry)>,
}

impl Memory {
    pub fn new(owner: &Owner, record: Option<&Record>) -> Self {
        let entries = record.into_iter().flat_map(|record| &record.entries);
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

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The address and entry of what is known by this in this scope.
    pub fn of(&self, kind: &str, identity: &Identity, scope: Option<&str>) -> Option<&(Address, Entry)> {
        let known = (kind.to_owned(), identity.clone(), scope.map(str::to_owned));
        self.known.get(&known)
    }

    /// Whether something in this scope is remembered that nothing declares by now: where the bearer of no mark may be ours
    /// only by that, a list that cannot be read hides nothing else of ours.
    pub fn knows_more(&self, kind: &str, scope: &str, declared: &BTreeSet<Identity>) -> bool {
        let mut known = self.known.keys();
        known.any(|(of, identity, within)| {
            of == kind && within.as_deref() == Some(scope) && !declared.contains(identity)
        })
    }

    /// The address under which something with this handle is remembered.
    pub fn by_handle(&self, kind: &str, handle: &str) -> Option<&Address> {
        let mut entries = self.known.iter().filter(|((of, ..), _)| of == kind);
        let found = entries.find(|(_, (_, entry))| entry.handle == handle);
        found.map(|(_, (address, _))| address)
    }

    /// Completes what was seen with what is remembered of it.
    pub fn complete(&self, kind: &str, identity: &Identity, scope: Option<&str>, seen: &mut Seen) {
        let Some((address, entry)) = self.of(kind, identity, scope) else {
            return;
        };
        let record = Record {
            entries: BTreeMap::from([(address.to_string(), entry.clone())]),
        };
        Remembering::new(&record, &self.owner).complete(kind, identity, scope, seen);
    }

    /// The declared secrets whose text is not what was last sent, as far as hashes tell; one without a hash was never
    /// sent. What cannot be read now is not compared.
    pub async fn unsent(&self, io: &Io, wanted: &Wanted) -> BTreeSet<String> {
        let entry = self.of(&wanted.address.kind, &wanted.identity, wanted.scope_id());
        let mut unsent = BTreeSet::new();
        for (key, source) in keyed(wanted) {
            let Ok(text) = io.secrets.resolve(io, source).await else {
                continue;
            };
            let hash = entry.and_then(|(_, entry)| entry.hashes.get(key));
            let was_sent = match hash {
                Some(hash) => hashes::is_of(&text, hash).await,
                None => false,
            };
            if !was_sent {
                unsent.insert(key.to_owned());
            }
        }
        unsent
    }
}

/// Hashes of the secrets that were just sent, by the attribute that they stand for.
pub async fn hashes_of(io: &Io, wanted: &Wanted) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (key, source) in keyed(wanted) {
        // What cannot be read now was not sent; without a hash it counts as such.
        if let Ok(text) = io.secrets.resolve(io, source).await
            && let Ok(hash) = hashes::of(&text).await
        {
            found.insert(key.to_owned(), hash);
        }
    }
    found
}

fn keyed(wanted: &Wanted) -> impl Iterator<Item = (&str, &SecretSource)> {
    wanted.sources.iter().filter_map(|(path, source)| match path.last() {
        Some(Segment::Key(key)) => Some((key.as_str(), source)),
        _ => None,
    })
}
