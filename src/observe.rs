//! Declared + owned -> Live: reads only, one batch per kind, in waves.
//!
//! A wave reads every resource whose identity is known by then, and the id of what it lives in; what it finds may name
//! the next ones. What stays without an identity, or lives in what is not there, cannot exist: its parts do not. Then
//! every kind lists what else is this owner's, those first in which others live ([`around`]); what of that nothing
//! declares is read by name like the rest.

mod around;
mod targets;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use eclusa_planner::plan::Evaluation;
use eclusa_planner::plan::Live;
use eclusa_planner::plan::Observations;
use eclusa_planner::plan::Record;
use eclusa_planner::plan::Seen;
use eclusa_planner::plan::unseen;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Identity;
use eclusa_planner::schema::DecodeError;
use futures_util::future::try_join;
use futures_util::future::try_join_all;

pub use self::targets::Targets;
use self::targets::undeclared_scope;

use crate::clients::Io;
use crate::clients::ProviderError;
use crate::kinds;
use crate::kinds::Scope;
use crate::kinds::Wanted;
use eclusa_planner::plan::record::Remembering;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    pub live: Observations,
    /// Not looked for: nothing names them yet, or what they live in is not there.
    pub unidentified: BTreeSet<Address>,
    /// What each was looked for by: what is made anew may lose that, and must be found once more to be deleted.
    pub targets: BTreeMap<Address, Wanted>,
}

impl Observed {
    /// A live resource as what others live in, declared or not.
    pub fn scope(&self, address: &Address, targets: &Targets, known: &Evaluation<'_>) -> Option<Scope> {
        let owned = self.live.owned.iter().find(|owned| owned.address == *address);
        let seen = self.live.get(address).or(owned.map(|owned| &owned.live))?.seen()?;
        let mut scope = targets
            .scope(known, address)
            .unwrap_or_else(|| undeclared_scope(address, &seen.outputs));
        // A destroy learns nothing of what is live.
        scope.outputs.extend(seen.outputs.clone());
        Some(scope)
    }
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
pub async fn observe(
    io: &Io,
    evaluation: &Evaluation<'_>,
    targets: &Targets,
    unseen: &Unseen<'_>,
) -> Result<Observed, ObserveError> {
    let io = &io.sharing_lists();
    let at_once = around::at_once(io, evaluation, &targets.memory, unseen);
    let (mut waves, listed) = try_join(declared(io, evaluation, targets, unseen), at_once).await?;
    around::complete(io, &mut waves, targets, unseen, listed).await?;
    Ok(waves.observed)
}

/// Kinds that are not looked for: the key that looks cannot list them, and what is remembered of them stands in; or all
/// of a cloud that is out of reach. What a run writes is never of these.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unseen<'u> {
    pub kinds: &'u [String],
    pub record: Option<&'u Record>,
}

impl Unseen<'_> {
    fn has(&self, kind: &str) -> bool {
        self.kinds.iter().any(|unseen| unseen == kind)
    }
}

/// What the waves found, with all that is known by then.
pub(crate) struct Waves<'d> {
    observed: Observed,
    known: Evaluation<'d>,
}

async fn declared<'d>(
    io: &Io,
    evaluation: &Evaluation<'d>,
    targets: &Targets,
    unseen: &Unseen<'_>,
) -> Result<Waves<'d>, ObserveError> {
    let resources = &evaluation.declared().resources;
    let mut waves = Waves {
        observed: Observed {
            unidentified: resources.iter().map(|each| each.address.clone()).collect(),
            ..Observed::default()
        },
        known: evaluation.clone(),
    };
    loop {
        recall(&mut waves, unseen)?;
        let wave = wave(&waves, targets, unseen)?;
        if wave.is_empty() {
            break;
        }
        for wanted in wave.values().flatten() {
            waves.observed.targets.insert(wanted.address.clone(), wanted.clone());
        }
        let batches = wave
            .into_iter()
            .map(|(kind, wanted)| batch(io, kind, wanted, &targets.memory));
        for (address, live) in try_join_all(batches).await?.into_iter().flatten() {
            if let Live::Present(Seen { outputs, .. }) | Live::Unverified { outputs, .. } = &live {
                waves.known.learn(&address, outputs.clone());
            }
            waves.observed.unidentified.remove(&address);
            waves.observed.live.insert(address, live);
        }
    }
    for address in &waves.observed.unidentified {
        let live = match unseen.has(&address.kind) {
            true => Live::NotCompared { outputs: None },
            false => Live::Absent,
        };
        waves.observed.live.insert(address.clone(), live);
    }
    Ok(waves)
}

/// Takes what is remembered of the kinds that are not looked for, as far as it is known by now which is which.
fn recall(waves: &mut Waves<'_>, unseen: &Unseen<'_>) -> Result<(), DecodeError> {
    if unseen.kinds.is_empty() {
        return Ok(());
    }
    for (address, live) in unseen::recalled(&waves.known, unseen.record, unseen.kinds)? {
        if let Live::NotCompared {
            outputs: Some(outputs), ..
        } = &live
            && waves.observed.unidentified.remove(&address)
        {
            waves.known.learn(&address, outputs.clone());
            waves.observed.live.insert(address, live);
        }
    }
    Ok(())
}

/// What can be looked for now, by kind.
fn wave(
    waves: &Waves<'_>,
    targets: &Targets,
    unseen: &Unseen<'_>,
) -> Result<BTreeMap<String, Vec<Wanted>>, DecodeError> {
    let mut wave: BTreeMap<String, Vec<Wanted>> = BTreeMap::new();
    let seen = |address: &&Address| !unseen.has(&address.kind);
    for address in waves.observed.unidentified.iter().filter(seen) {
        let wanted = targets.of(&waves.known, address)?;
        let lives_nowhere = waves.known.scope(address).is_empty();
        let waits = waves
            .known
            .whole(address, "store")
            .is_some_and(|store| seen(&store) && waves.observed.unidentified.contains(store));
        if wanted.identity != Identity::Unknown && (lives_nowhere || wanted.scope.is_some()) && !waits {
            wave.entry(address.kind.clone()).or_default().push(wanted);
        }
    }
    Ok(wave)
}

/// Looks for one resource again, right before or after it is written.
pub async fn observe_one(io: &Io, target: &Wanted, memory: &Remembering) -> Result<Live, ObserveError> {
    let found = batch(io, target.address.kind.clone(), vec![target.clone()], memory).await?;
    Ok(found.into_iter().next().map_or(Live::Absent, |(_, live)| live))
}

/// Looks for several of one kind, and completes what is there with what is remembered.
async fn batch(
    io: &Io,
    kind: String,
    wanted: Vec<Wanted>,
    memory: &Remembering,
) -> Result<Vec<(Address, Live)>, ObserveError> {
    let Some(calls) = kinds::find(&kind) else {
        return Err(ObserveError::NoCalls(kind));
    };
    let found = calls.observe(io, &wanted).await?;
    let mut completed = Vec::with_capacity(wanted.len());
    for (wanted, mut live) in wanted.into_iter().zip(found) {
        if let Live::Present(seen) = &mut live {
            memory.complete(&kind, &wanted.identity, wanted.scope_id(), seen);
            seen.open.unsent = kinds::unsent(io, memory, &wanted).await;
        }
        completed.push((wanted.address, live));
    }
    Ok(completed)
}
