//! What got another name in its declaration and can get it in its cloud too: an environment, a cluster. The live
//! object under its former name is taken for the declared one, so that it is changed in place and all that lies in it
//! stays. Only where nothing has the new name yet; then the former one is a leftover like any other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Evaluation;
use super::Observations;
use super::live::Live;
use super::live::Seen;
use super::owned;
use crate::resource::Address;
use crate::schema::AnySchema;

/// What is there, with each former object in the place of its successor.
pub(super) fn taken<'l>(evaluation: &Evaluation<'_>, live: &'l Observations) -> Cow<'l, Observations> {
    let mut former: BTreeMap<Address, usize> = BTreeMap::new();
    for (position, owned) in live.owned.iter().enumerate() {
        let successor = owned::successor(evaluation, owned).filter(|address| {
            let resource = evaluation.resource(address);
            let schema = resource
                .map(|resource| resource.schema)
                .filter(|schema| schema.renames());
            let is_free = matches!(live.get(address), None | Some(Live::Absent));
            match (&owned.live, schema) {
                (Live::Present(seen), Some(schema)) => is_free && lies_there(evaluation, live, address, schema, seen),
                _ => false,
            }
        });
        if let Some(address) = successor {
            former.entry(address).or_insert(position);
        }
    }
    if former.is_empty() {
        return Cow::Borrowed(live);
    }
    let mut moved = live.clone();
    for (address, position) in &former {
        if let Some(owned) = live.owned.get(*position) {
            moved.insert(address.clone(), owned.live.clone());
            moved.owned.retain(|other| other.address != owned.address);
        }
    }
    Cow::Owned(moved)
}

/// Whether it lies where it is declared: nothing moves in place.
fn lies_there(
    evaluation: &Evaluation<'_>,
    live: &Observations,
    address: &Address,
    schema: &dyn AnySchema,
    seen: &Seen,
) -> bool {
    let scopes = evaluation.scope(address);
    let id_of = |scope: &Address| {
        let under_former_name = || {
            let mut owned = live.owned.iter();
            let former = owned.find(|owned| owned::successor(evaluation, owned).as_ref() == Some(scope))?;
            former.live.seen()
        };
        let seen = live.get(scope).and_then(Live::seen).or_else(under_former_name);
        seen?.outputs.get("id")
    };
    let declared: Vec<&String> = scopes.into_iter().filter_map(id_of).collect();
    schema.scope().iter().all(|scope| {
        let id = seen.spec.pointer(&format!("/{scope}/outputs/id"));
        declared
            .iter()
            .any(|declared| id.and_then(|id| id.as_str()) == Some(declared))
    })
}
