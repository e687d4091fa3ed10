//! Null means not declared: a null attribute, map entry or list item is left out before decoding, and so is a
//! map of nothing but nulls. An empty map that was written stays, and a list stays when its items are gone.

use super::source::Span;
use super::tree::Data;
use super::tree::Entry;
use super::tree::Node;

/// What null left out, so that "missing" can say why.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LeftOut {
    pub(crate) path: Vec<String>,
    /// Where null stands.
    pub(crate) span: Span,
    /// Where null came from, if that is another place.
    pub(crate) origin: Option<Span>,
}

/// The attributes without nulls; the map itself stays.
pub(crate) fn leave_out(attributes: Node) -> (Node, Vec<LeftOut>) {
    let (mut left_out, mut path) = (Vec::new(), Vec::new());
    let (span, origin) = (attributes.span, attributes.origin);
    let kept = kept(attributes, &mut path, &mut left_out);
    (
        kept.unwrap_or(Node {
            data: Data::Map(Vec::new()),
            span,
            origin,
        }),
        left_out,
    )
}

fn kept(node: Node, path: &mut Vec<String>, left_out: &mut Vec<LeftOut>) -> Option<Node> {
    let Node { data, span, origin } = node;
    let data = match data {
        Data::Null => None,
        Data::Map(entries) => {
            let had_entries = !entries.is_empty();
            let entries = kept_entries(entries, path, left_out);
            (!had_entries || !entries.is_empty()).then_some(Data::Map(entries))
        }
        Data::List(items) => {
            let mut stay = Vec::new();
            for item in items {
                path.push(stay.len().to_string());
                stay.extend(kept(item, path, left_out));
                path.pop();
            }
            Some(Data::List(stay))
        }
        other => Some(other),
    };
    if data.is_none() {
        left_out.push(LeftOut {
            path: path.clone(),
            span,
            origin,
        });
    }
    data.map(|data| Node { data, span, origin })
}

fn kept_entries(entries: Vec<Entry>, path: &mut Vec<String>, left_out: &mut Vec<LeftOut>) -> Vec<Entry> {
    let mut stay = Vec::new();
    for Entry { key, key_span, value } in entries {
        path.push(key.clone());
        if let Some(value) = kept(value, path, left_out) {
            stay.push(Entry { key, key_span, value });
        }
        path.pop();
    }
    stay
}

#[cfg(test)]
mod tests;
