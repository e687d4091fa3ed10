//! What got another name in its declaration and can get it in its cloud too: an environment, a cluster. The live
//! object under its former name is taken for the declared one, so that it is changed in place and all that lies in it
//! stays. Only where nothing has the new name yet; then the former one is a leftover like any other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Change;
use super::Evaluation;
use super::Observations;
use super::change::Action;
use super::change::Reason;
use super::live::Live;
use super::owned;
use crate::resource::Address;

/// What is there, with each former object in the place of its successor; and the former names by address.
pub(super) fn taken<'l>(
    evaluation: &Evaluation<'_>,
    live: &'l Observations,
) -> (Cow<'l, Observations>, BTreeMap<Address, String>) {
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
        return (Cow::Borrowed(live), BTreeMap::new());
    }
    let (mut moved, mut names) = (live.clone(), BTreeMap::new());
    for (address, position) in &former {
        if let Some(owned) = live.owned.get(*position) {
            names.insert(address.clone(), owned.cloud_name.clone());
            moved.insert(address.clone(), owned.live.clone());
            moved.owned.retain(|other| other.address != owned.address);
        }
    }
    (Cow::Owned(moved), names)
}

/// Says of each that stays that its name changes.
pub(super) fn tell(changes: &mut [Change], names: &BTreeMap<Address, String>) {
    for change in changes.iter_mut() {
        let stays = matches!(change.action, Action::Keep | Action::Update);
        let Some(from) = names.get(&change.address).filter(|_| stays) else {
            continue;
        };
        let also = (change.action == Action::Update).then(|| Box::new(change.reason.clone()));
        change.action = Action::Update;
        change.reason = Reason::NameChanged {
            from: from.clone(),
            also,
        };
    }
}
