//! Which declared secrets were sent, as far as the hashes in the record tell.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use eclusa_planner::plan::record::Remembering;
use eclusa_planner::resource::SecretSource;
use eclusa_planner::resource::Segment;

use super::Wanted;
use crate::clients::Io;
use crate::ownership::record::hashes;

/// The declared secrets whose text is not what was last sent, as far as hashes tell; one without a hash was never
/// sent. What cannot be read now is not compared.
pub async fn unsent(io: &Io, memory: &Remembering, wanted: &Wanted) -> BTreeSet<String> {
    let entry = memory.entry(&wanted.address.kind, &wanted.identity, wanted.scope_id());
    let mut unsent = BTreeSet::new();
    for (key, source) in keyed(wanted) {
        let Ok(text) = io.secrets.resolve(io, source).await else {
            continue;
        };
        let hash = entry.and_then(|entry| entry.hashes.get(key));
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
