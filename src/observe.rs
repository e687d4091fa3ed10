//! Declared + owned -> Live: reads only, one batch per kind, in waves.
//!
//! A wave reads every resource whose identity is known by then; what it finds may name the next ones. What
//! stays without an identity cannot exist yet: its parts do not. Beside the waves every kind lists what else bears
//! this owner's mark; what of that nothing declares is read by name like the rest.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use eclusa_planner::plan::Evaluation;
use eclusa_planner::plan::Live;
use eclusa_planner::plan::Observations;
use eclusa_planner::plan::Owned;
use eclusa_planner::plan::Seen;
use eclusa_planner::plan::Unlisted;
use eclusa_planner::plan::owned;
use eclusa_planner::plan::owned::Marked;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Identity;
use eclusa_planner::resource::Owner;
use eclusa_planner::schema::DecodeError;
use futures_util::future::try_join;
use futures_util::future::try_join_all;

use crate::clients::Io;
use crate::clients::ProviderError;
use crate::kinds;
use crate::kinds::Listed;
use crate::kinds::Wanted;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    pub live: Observations,
    /// Not looked for: nothing names them yet.
    pub unidentified: BTreeSet<Address>,
    /// What each was looked for by: what is made anew may lose that, and must be found once more to be deleted.
    pub targets: BTreeMap<Address, Wanted>,
}

/// Why nothing can be said at all.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("no calls are registered for the kind {0}")]
    NoCalls(String),
}

/// Looks for everything that is declared, and for what else is this owner's.
pub async fn observe(io: &Io, evaluation: &Evaluation<'_>, owner: &Owner) -> Result<Observed, ObserveError> {
    let io = &io.sharing_lists();
    let ((mut observed, known), listed) = try_join(declared(io, evaluation), list_owned(io, evaluation, owner)).await?;
    let mut found = Vec::new();
    for (kind, listed) in listed {
        if let Some(because) = listed.unread {
            let kind = kind.to_owned();
            observed.live.unlisted.push(Unlisted { kind, because });
        }
        found.extend(listed.owned.into_iter().map(|marked| (kind.to_owned(), marked)));
    }
    observed.live.owned = read_owned(io, owned::addressed(&known, found)?).await?;
    Ok(observed)
}

/// Each kind's own list, but of what is declared by a name that is known already.
async fn list_owned(
    io: &Io,
    evaluation: &Evaluation<'_>,
    owner: &Owner,
) -> Result<Vec<(&'static str, Listed)>, ObserveError> {
    let declared = evaluation.declared();
    let mut known: BTreeMap<&str, BTreeSet<Identity>> = BTreeMap::new();
    for resource in &declared.resources {
        let identity = evaluation.identity(&resource.address)?;
        known.entry(resource.schema.name()).or_default().insert(identity);
    }
    let managed = kinds::KINDS
        .iter()
        .filter(|kind| owned::is_managed(declared, kind.name()));
    let none = BTreeSet::new();
    let lists = managed.map(async |kind| {
        let known = known.get(kind.name()).unwrap_or(&none);
        Ok((kind.name(), kind.list_owned(io, owner, known).await?))
    });
    try_join_all(lists).await
}

/// Reads what nothing declares; what is gone since it was listed is left out.
async fn read_owned(io: &Io, found: Vec<(Address, Marked)>) -> Result<Vec<Owned>, ObserveError> {
    let mut batches: BTreeMap<String, Vec<Wanted>> = BTreeMap::new();
    for (address, marked) in &found {
        let target = owned_target(address, &marked.identity, &marked.cloud_name);
        batches.entry(address.kind.clone()).or_default().push(target);
    }
    let batches = batches.into_iter().map(|(kind, wanted)| batch(io, kind, wanted));
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

/// What something is known by that nothing declares.
pub fn owned_target(address: &Address, identity: &Identity, cloud_name: &str) -> Wanted {
    Wanted {
        address: address.clone(),
        identity: identity.clone(),
        name: cloud_name.to_owned(),
        existing: false,
    }
}

async fn declared<'d>(io: &Io, evaluation: &Evaluation<'d>) -> Result<(Observed, Evaluation<'d>), ObserveError> {
    let mut known = evaluation.clone();
    let mut observed = Observed {
        unidentified: known
            .declared()
            .resources
            .iter()
            .map(|each| each.address.clone())
            .collect(),
        ..Observed::default()
    };
    loop {
        let wave = wave(&known, &observed.unidentified)?;
        if wave.is_empty() {
            break;
        }
        for wanted in wave.values().flatten() {
            observed.targets.insert(wanted.address.clone(), wanted.clone());
        }
        let batches = wave.into_iter().map(|(kind, wanted)| batch(io, kind, wanted));
        for (address, live) in try_join_all(batches).await?.into_iter().flatten() {
            match &live {
                Live::Present(Seen { outputs, .. }) | Live::Unverified { outputs, .. } => {
                    known.learn(&address, outputs.clone());
                }
                Live::Absent | Live::Unreadable { .. } | Live::Hidden { .. } | Live::NotCompared { .. } => {}
            }
            observed.unidentified.remove(&address);
            observed.live.insert(address, live);
        }
    }
    for address in &observed.unidentified {
        observed.live.insert(address.clone(), Live::Absent);
    }
    Ok((observed, known))
}

/// Looks for one resource again, right before or after it is written.
pub async fn observe_one(io: &Io, target: &Wanted) -> Result<Live, ObserveError> {
    let found = batch(io, target.address.kind.clone(), vec![target.clone()]).await?;
    Ok(found.into_iter().next().map_or(Live::Absent, |(_, live)| live))
}

/// What can be looked for now, by kind.
fn wave(known: &Evaluation<'_>, open: &BTreeSet<Address>) -> Result<BTreeMap<String, Vec<Wanted>>, DecodeError> {
    let mut wave: BTreeMap<String, Vec<Wanted>> = BTreeMap::new();
    for address in open {
        let wanted = target(known, address)?;
        if wanted.identity != Identity::Unknown {
            wave.entry(address.kind.clone()).or_default().push(wanted);
        }
    }
    Ok(wave)
}

/// What one resource is known by, as far as it is known.
pub fn target(known: &Evaluation<'_>, address: &Address) -> Result<Wanted, DecodeError> {
    let name = known
        .cloud_name(address)
        .map(|name| name.to_string())
        .unwrap_or_default();
    Ok(Wanted {
        address: address.clone(),
        identity: known.identity(address)?,
        name,
        existing: known.is_existing(address),
    })
}

async fn batch(io: &Io, kind: String, wanted: Vec<Wanted>) -> Result<Vec<(Address, Live)>, ObserveError> {
    let calls = kinds::find(&kind).ok_or(ObserveError::NoCalls(kind))?;
    let found = calls.observe(io, &wanted).await?;
    Ok(wanted.into_iter().map(|each| each.address).zip(found).collect())
}
