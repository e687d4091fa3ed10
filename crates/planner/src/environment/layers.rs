//! Layers: an environment file over the one it extends.
//!
//! - Maps merge by key, at any depth. Keys of the layer below keep their order, new ones follow in theirs.
//! - Everything else replaces: lists, scalars, a map over something else, something else over a map.
//! - Null replaces too: what the layer below declares is then not declared.
//! - Every node keeps the place where it was written, so an error in a layer is framed in that layer; a key that
//!   both layers have is the upper one's.
//!
//! Layers are merged from the lowest upwards. The order of merging matters only where a key is a map in one
//! layer, something else in the next and a map again above: what replaced the map then separates the two.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::tree::Data;
use super::tree::Entry;
use super::tree::Node;

/// Puts `over` on top of `below`.
pub fn merge(below: Node, over: Node) -> Node {
    let Node { data, span, origin } = over;
    match (below.data, data) {
        // An empty map says nothing, so it leaves the other's places too.
        (Data::Map(entries), Data::Map(none)) if none.is_empty() => Node {
            data: Data::Map(entries),
            span: below.span,
            origin: below.origin,
        },
        (Data::Map(below), Data::Map(over)) => Node {
            data: Data::Map(merge_entries(below, over)),
            span,
            origin,
        },
        (_, data) => Node { data, span, origin },
    }
}

fn merge_entries(below: Vec<Entry>, over: Vec<Entry>) -> Vec<Entry> {
    let places: HashMap<String, usize> = over
        .iter()
        .enumerate()
        .map(|(place, entry)| (entry.key.clone(), place))
        .collect();
    let mut over: Vec<Option<Entry>> = over.into_iter().map(Some).collect();
    let mut merged: Vec<Entry> = below
        .into_iter()
        .map(|entry| {
            let upper = places.get(&entry.key).and_then(|place| over.get_mut(*place)?.take());
            match upper {
                Some(upper) => Entry {
                    value: merge(entry.value, upper.value),
                    ..upper
                },
                None => entry,
            }
        })
        .collect();
    merged.extend(over.into_iter().flatten());
    merged
}
