//! What goes by itself when that goes in which it lives: a cluster takes its topics and ACLs along, so a destroy need not
//! delete them one by one. Each is still a step of the plan, done when the cluster is proved gone.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::Change;
use super::Evaluation;
use super::Graph;
use super::Intent;
use super::Plan;
use super::change::Action;
use crate::resource::Address;
use crate::schema;
use crate::schema::AnySchema;

impl Plan {
    /// What a destroy need not delete, or look at, since it goes by itself, with that in which it lives. `scope` says what
    /// that is, of what nothing declares too.
    pub fn goes_along<'s>(&self, scope: impl Fn(&Address) -> Option<&'s Address>) -> BTreeMap<Address, Address> {
        let of_action = |wanted: &[Action]| -> BTreeSet<&Address> {
            let changes = self.changes.iter().filter(|change| wanted.contains(&change.action));
            changes.map(|change| &change.address).collect()
        };
        if self.intent != Intent::Destroy {
            return BTreeMap::new();
        }
        let deleted = of_action(&[Action::Delete]);
        let goes = of_action(&[Action::Delete, Action::Check]).into_iter();
        let goes = goes.filter(|address| schema::find(&address.kind).is_some_and(AnySchema::goes_with_scope));
        let along = goes.filter_map(|address| Some((address, scope(address).filter(|scope| deleted.contains(scope))?)));
        along.map(|(address, scope)| (address.clone(), scope.clone())).collect()
    }
}

/// Who writes what goes along with a cluster, stays until that is proved gone: the keys, their accounts and what these
/// were granted. Until then they alone can look into it. `order` is a destroy's.
pub(super) fn keep_writers(order: &mut Graph, evaluation: &Evaluation<'_>, changes: &[Change]) {
    let resources = evaluation.declared().resources.iter();
    let goes_along = resources.filter(|resource| resource.schema.goes_with_scope());
    let mut pairs: BTreeSet<(&Address, &Address)> = BTreeSet::new();
    for resource in goes_along {
        for scope in proving(evaluation, changes, &resource.address) {
            pairs.extend(
                writers(evaluation, &resource.address)
                    .into_iter()
                    .map(|writer| (scope, writer)),
            );
        }
    }
    // All of them first: one that still goes before the cluster would make the others go around.
    for (scope, writer) in &pairs {
        if let Some(needs) = order.needs.get_mut(*scope) {
            needs.remove(*writer);
        }
    }
    for (scope, writer) in pairs {
        order.add_unless_circular(writer, scope);
    }
    keep_undeclared_keys(order, evaluation, changes);
}

/// What must be gone before nobody needs to look at something any more: the cluster in which it lives. Where that is in
/// doubt, so is what the cluster lives in; where it was not looked for, that is in doubt.
fn proving<'d>(evaluation: &Evaluation<'d>, changes: &[Change], address: &Address) -> Vec<&'d Address> {
    let mut found = Vec::new();
    let mut scope = evaluation.scope(address).into_iter().next();
    let mut is_innermost = true;
    while let Some(address) = scope {
        let planned = changes.iter().find(|change| change.address == *address);
        match planned.map(|change| change.action) {
            Some(Action::Check) => found.push(address),
            Some(Action::Delete) if is_innermost || !found.is_empty() => {
                found.push(address);
                return found;
            }
            _ => {}
        }
        is_innermost = false;
        scope = evaluation.scope(address).into_iter().next();
    }
    found
}

/// A key that nothing declares may be the one that this run made to look into a cluster, or a declared one whose cluster
/// cannot be seen: it goes after all that lives in a cluster, after clusters, and after what is in doubt.
fn keep_undeclared_keys(order: &mut Graph, evaluation: &Evaluation<'_>, changes: &[Change]) {
    let going = || changes.iter().filter(|change| change.action == Action::Delete);
    let keys = going().filter(|change| change.address.kind == KEY && evaluation.position(&change.address).is_none());
    for key in keys {
        let is_inside = |change: &&Change| schema::find(&change.address.kind).is_some_and(AnySchema::goes_with_scope);
        let is_scope = |change: &&Change| SCOPES.contains(&change.address.kind.as_str());
        let in_doubt = changes.iter().filter(|change| change.action == Action::Check);
        let clusters = going().filter(|change| change.address.kind == CLUSTER);
        for cluster in clusters.clone() {
            if let Some(needs) = order.needs.get_mut(&cluster.address) {
                needs.remove(&key.address);
            }
        }
        let before = going()
            .filter(is_inside)
            .chain(clusters)
            .chain(in_doubt.filter(is_scope));
        for other in before {
            order.add_unless_circular(&key.address, &other.address);
        }
    }
}

/// The key that writes a resource, its account, and what that was granted.
fn writers<'d>(evaluation: &Evaluation<'d>, address: &Address) -> Vec<&'d Address> {
    let Some(key) = evaluation.whole(address, "credentials") else {
        return Vec::new();
    };
    let mut found = vec![key];
    for account in evaluation.referred(key, OWNER) {
        found.push(account);
        let resources = evaluation.declared().resources.iter();
        let grants = resources.filter(|resource| {
            let mut paths = resource.schema.grants_to().iter();
            !resource.schema.goes_with_scope()
                && paths.any(|path| evaluation.referred(&resource.address, path).contains(&account))
        });
        found.extend(grants.map(|resource| &resource.address));
    }
    found
}

/// What takes a resource along when it is deleted, in its cloud if not in a plan: what it lives in, and the account that it
/// belongs to or serves.
pub fn holders<'d>(evaluation: &Evaluation<'d>, address: &Address) -> Vec<&'d Address> {
    let mut found = evaluation.scope(address);
    let grants = evaluation
        .resource(address)
        .map_or(&[][..], |resource| resource.schema.grants_to());
    for path in grants.iter().chain([&OWNER]) {
        found.extend(evaluation.referred(address, path));
    }
    found
}

const KEY: &str = "confluent_api_key";
const CLUSTER: &str = "confluent_kafka_cluster";
const SCOPES: [&str; 2] = ["confluent_environment", CLUSTER];

/// Names whose a key is.
const OWNER: schema::Path = &["owner"];

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
