//! What goes by itself when that goes in which it lives: a cluster takes its topics and ACLs along, so a destroy need not
//! delete them one by one. Each is still a step of the plan, done when the cluster is proved gone.

use std::collections::BTreeMap;

use super::Change;
use super::Evaluation;
use super::Plan;
use super::change::Action;
use crate::resource::Address;
use crate::schema;

impl Plan {
    /// Each delete that another one makes needless, with that one.
    pub fn goes_along(&self, evaluation: &Evaluation<'_>) -> BTreeMap<Address, Address> {
        let actions: BTreeMap<&Address, Action> = self
            .changes
            .iter()
            .map(|change| (&change.address, change.action))
            .collect();
        let is_deleted = |address: &Address| actions.get(address) == Some(&Action::Delete);
        let deleted = actions.keys().filter(|address| is_deleted(address));
        let along = deleted.filter_map(|address| {
            let resource = evaluation.resource(address)?;
            let scope = evaluation.scope(address).into_iter().find(|scope| is_deleted(scope))?;
            resource
                .schema
                .goes_with_scope()
                .then(|| ((*address).clone(), scope.clone()))
        });
        along.collect()
    }
}

/// Whether everything of a kind goes by itself: it does with its scope, and every scope of the kind it lives in is ours and
/// deleted, or not there.
pub(super) fn goes_whole(evaluation: &Evaluation<'_>, changes: &[Change], kind: &str) -> bool {
    let Some(schema) = schema::find(kind).filter(|schema| schema.goes_with_scope()) else {
        return false;
    };
    let is_scope = |kind: &str| {
        let mut takes = schema.takes().iter();
        takes.any(|takes| schema.scope().contains(&takes.attribute) && takes.kind == kind)
    };
    let mut stays = changes.iter().filter(|change| is_scope(&change.address.kind));
    let mut declared = evaluation.declared().resources.iter().map(|resource| &resource.address);
    stays.all(|change| change.action == Action::Delete)
        && !declared.any(|address| is_scope(&address.kind) && evaluation.is_existing(address))
}
