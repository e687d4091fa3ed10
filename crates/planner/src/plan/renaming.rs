//! What got another name in its declaration and can get it in its cloud too: an environment, a cluster. The live
//! object under its former name is taken for the declared one, so that it is changed in place and all that lies in it
//! stays. Only where nothing has the new name yet; then the former one is a leftover like any other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Evaluation;
use super::Observations;
use super::live::Live;
use super::owned;
use crate::resource::Address;

/// What is there, with each former object in the place of its successor.
pub(super) fn taken<'l>(evaluation: &Evaluation<'_>, live: &'l Observations) -> Cow<'l, Observations> {
    let mut former: BTreeMap<Address, usize> = BTreeMap::new();
    for (position, owned) in live.owned.iter().enumerate() {
        let successor = owned::successor(evaluation, owned).filter(|address| {
            let can = evaluation
                .resource(address)
                .is_some_and(|resource| resource.schema.renames());
            can && matches!(live.get(address), None | Some(Live::Absent)) && matches!(owned.live, Live::Present(_))
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
