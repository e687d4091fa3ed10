//! Declared -> Live: reads only, one batch per kind, in waves.
//!
//! A wave reads every resource whose identity is known by then; what it finds may name the next ones. What
//! stays without an identity cannot exist yet: its parts do not.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use eclusa_planner::plan::Evaluation;
use eclusa_planner::plan::Live;
use eclusa_planner::plan::Observations;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Identity;
use eclusa_planner::schema::DecodeError;
use futures_util::future::try_join_all;

use crate::clients::Io;
use crate::clients::ProviderError;
use crate::kinds;
use crate::kinds::Wanted;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    pub live: Observations,
    /// Not looked for: nothing names them yet.
    pub unidentified: BTreeSet<Address>,
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

/// Looks for everything that is declared.
pub async fn observe(io: &Io, evaluation: &Evaluation<'_>) -> Result<Observed, ObserveError> {
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
        let batches = wave.into_iter().map(|(kind, wanted)| batch(io, kind, wanted));
        for (address, live) in try_join_all(batches).await?.into_iter().flatten() {
            if let Live::Present(seen) = &live {
                known.learn(&address, seen.outputs.clone());
            }
            observed.unidentified.remove(&address);
            observed.live.insert(address, live);
        }
    }
    for address in &observed.unidentified {
        observed.live.insert(address.clone(), Live::Absent);
    }
    Ok(observed)
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
    })
}

async fn batch(io: &Io, kind: String, wanted: Vec<Wanted>) -> Result<Vec<(Address, Live)>, ObserveError> {
    let calls = kinds::find(&kind).ok_or(ObserveError::NoCalls(kind))?;
    let found = calls.observe(io, &wanted).await?;
    Ok(wanted.into_iter().map(|each| each.address).zip(found).collect())
}
