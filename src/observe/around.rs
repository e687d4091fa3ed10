//! What else is this owner's: what every kind lists in all that is around, read by name where nothing declares it.
//!
//! Stage by stage, since what was found says where to look on: what lives in nothing, while the waves go on; then
//! environments; then the clusters in them; then what lives in those or serves an account.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use eclusa_planner::plan::Evaluation;
use eclusa_planner::plan::Live;
use eclusa_planner::plan::Owned;
use eclusa_planner::plan::Seen;
use eclusa_planner::plan::Unlisted;
use eclusa_planner::plan::owned;
use eclusa_planner::plan::owned::Marked;
use eclusa_planner::plan::record;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Identity;
use eclusa_planner::schema::Schema;
use eclusa_planner::schema::confluent::environment::Environment;
use eclusa_planner::schema::confluent::kafka_cluster::KafkaCluster;
use futures_util::future::try_join_all;

use super::ObserveError;
use super::Targets;
use super::Unseen;
use super::Waves;
use super::batch;
use super::targets::undeclared_scope;
use crate::clients::Io;
use crate::kinds;
use crate::kinds::AnyKind;
use crate::kinds::Around;
use crate::kinds::Listed;
use crate::kinds::Scope;
use crate::kinds::Standing;
use crate::kinds::Stranger;
use crate::kinds::Wanted;
use eclusa_planner::plan::record::Remembering;

/// What the lists of some kinds said.
pub(super) type Lists = Vec<(&'static str, Listed)>;

/// Lists the kinds that live in nothing and serve nobody: AWS's.
pub(super) async fn at_once(
    io: &Io,
    evaluation: &Evaluation<'_>,
    memory: &Arc<Remembering>,
    unseen: &Unseen<'_>,
) -> Result<Lists, ObserveError> {
    let around = Around::new(memory);
    let is_meant = |kind: &str| !record::is_kept_for(kind) && !unseen.has(kind);
    list(io, evaluation, &around, is_meant).await
}

/// Adds to what the waves found what else is this owner's, and what is nobody's of us in what is ours.
pub(super) async fn complete(
    io: &Io,
    waves: &mut Waves<'_>,
    targets: &Targets,
    unseen: &Unseen<'_>,
    at_once: Lists,
) -> Result<(), ObserveError> {
    let mut around = Around::new(&targets.memory);
    take_in(io, waves, targets, &mut around, at_once).await?;
    if !record::concerns(waves.known.declared()) {
        return Ok(());
    }
    around.declared = standing(waves);
    for scope in [Environment::NAME, KafkaCluster::NAME] {
        let found = declared_scopes(waves, targets, scope);
        around.scopes.entry(scope.to_owned()).or_default().extend(found);
        let listed = list(io, &waves.known, &around, |kind| kind == scope && !unseen.has(kind)).await?;
        take_in(io, waves, targets, &mut around, listed).await?;
    }
    let scopes = [Environment::NAME, KafkaCluster::NAME];
    let rest = |kind: &str| record::is_kept_for(kind) && !scopes.contains(&kind) && !unseen.has(kind);
    let listed = list(io, &waves.known, &around, rest).await?;
    take_in(io, waves, targets, &mut around, listed).await
}

/// How each declared resource was found.
fn standing(waves: &Waves<'_>) -> Vec<(Wanted, Standing)> {
    let found = waves.observed.targets.iter().map(|(address, wanted)| {
        let standing = match waves.observed.live.get(address) {
            Some(Live::Present(seen)) => Standing::Present(seen.handle.id.clone()),
            Some(Live::Absent) => Standing::Absent,
            _ => Standing::Unread,
        };
        (wanted.clone(), standing)
    });
    found
        .filter(|(wanted, _)| record::is_kept_for(&wanted.address.kind))
        .collect()
}

/// The declared resources of one kind that are there.
fn declared_scopes(waves: &Waves<'_>, targets: &Targets, kind: &str) -> Vec<Scope> {
    let addresses = waves.observed.targets.keys().filter(|address| address.kind == kind);
    let there = addresses.filter(|address| {
        matches!(
            waves.observed.live.get(address),
            Some(Live::Present(_) | Live::Unverified { .. })
        )
    });
    there
        .filter_map(|address| targets.scope(&waves.known, address))
        .collect()
}

/// Each kind's own list, but of what is declared by a name that is known already.
async fn list(
    io: &Io,
    evaluation: &Evaluation<'_>,
    around: &Around,
    is_meant: impl Fn(&str) -> bool,
) -> Result<Lists, ObserveError> {
    let declared = evaluation.declared();
    let mut known: BTreeMap<&str, BTreeSet<Identity>> = BTreeMap::new();
    for resource in declared.resources.iter().filter(|each| is_meant(each.schema.name())) {
        let identity = evaluation.identity(&resource.address)?;
        known.entry(resource.schema.name()).or_default().insert(identity);
    }
    let is_listed = |kind: &&&'static dyn AnyKind| is_meant(kind.name()) && owned::is_managed(declared, kind.name());
    let none = BTreeSet::new();
    let lists = kinds::KINDS.iter().filter(is_listed).map(async |kind| {
        let known = known.get(kind.name()).unwrap_or(&none);
        let owner = &around.memory.owner;
        Ok((kind.name(), kind.list_owned(io, owner, around, known).await?))
    });
    try_join_all(lists).await
}

/// Sorts what was listed; what of ours nothing declares is read, and may be where to look on.
async fn take_in(
    io: &Io,
    waves: &mut Waves<'_>,
    targets: &Targets,
    around: &mut Around,
    lists: Lists,
) -> Result<(), ObserveError> {
    let mut found = Vec::new();
    for (kind, listed) in lists {
        if let Some(because) = listed.unread {
            let kind = kind.to_owned();
            waves.observed.live.unlisted.push(Unlisted { kind, because });
        }
        waves.observed.live.namesakes.extend(listed.namesakes);
        for stranger in listed.strangers {
            add_stranger(waves, around, kind, stranger);
        }
        for twin in listed.full_twins {
            add_twin(waves, around, kind, twin);
        }
        found.extend(listed.owned.into_iter().map(|marked| (kind.to_owned(), marked)));
    }
    let addressed = owned::addressed(&waves.known, found)?;
    for owned in read(io, targets, around, &mut waves.observed.targets, addressed).await? {
        if let Live::Present(Seen { outputs, .. }) = &owned.live {
            let scope = undeclared_scope(&owned.address, outputs);
            around.scopes.entry(owned.address.kind.clone()).or_default().push(scope);
        }
        waves.observed.live.owned.push(owned);
    }
    Ok(())
}

fn add_stranger(waves: &mut Waves<'_>, around: &Around, kind: &str, stranger: Stranger) {
    let Some(holder) = stranger.holder else {
        return;
    };
    let mut declared = around.declared.iter().map(|(wanted, _)| wanted);
    let is_it = |wanted: &Wanted| {
        let holds = wanted.scope.as_ref().is_some_and(|scope| scope.address == holder);
        wanted.address.kind == kind && holds && wanted.identity == stranger.identity
    };
    if !declared.any(is_it) {
        waves
            .observed
            .live
            .strangers
            .entry(holder)
            .or_default()
            .push(stranger.name);
    }
}

fn add_twin(waves: &mut Waves<'_>, around: &Around, kind: &str, twin: Stranger) {
    let mut declared = around.declared.iter().map(|(wanted, _)| wanted);
    let it = declared.find(|wanted| {
        let holder = wanted.scope.as_ref().map(|scope| &scope.address);
        wanted.address.kind == kind && wanted.identity == twin.identity && holder == twin.holder.as_ref()
    });
    if let Some(it) = it {
        waves
            .observed
            .live
            .doubles
            .entry(it.address.clone())
            .or_default()
            .push(twin.name);
    }
}

/// Reads what nothing declares; what is gone since it was listed is left out.
async fn read(
    io: &Io,
    targets: &Targets,
    around: &Around,
    looked_for: &mut BTreeMap<Address, Wanted>,
    found: Vec<(Address, Marked)>,
) -> Result<Vec<Owned>, ObserveError> {
    let mut batches: BTreeMap<String, Vec<Wanted>> = BTreeMap::new();
    for (address, marked) in &found {
        let mut scopes = around.scopes.values().flatten();
        let scope = marked
            .scope
            .as_ref()
            .and_then(|id| scopes.find(|scope| scope.id() == id));
        let target = targets.owned(address, &marked.identity, &marked.cloud_name, scope);
        looked_for.insert(address.clone(), target.clone());
        batches.entry(address.kind.clone()).or_default().push(target);
    }
    let batches = batches
        .into_iter()
        .map(|(kind, wanted)| batch(io, kind, wanted, &targets.memory));
    let mut read: BTreeMap<Address, Live> = try_join_all(batches).await?.into_iter().flatten().collect();
    let owned = found.into_iter().filter_map(|(address, marked)| {
        let live = read.remove(&address).filter(|live| *live != Live::Absent)?;
        Some(Owned {
            address,
            identity: marked.identity,
            cloud_name: marked.cloud_name,
            live,
        })
    });
    Ok(owned.collect())
}
