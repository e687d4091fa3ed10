//! A lease that is held: renewed in the background until it is given back.
//!
//! A renewal changes `renewed` alone. On a conflict or a lost answer the thing is read: this run's holder still there,
//! it goes on from the new version (an `extend` moved it, or the renewal was performed after all); else the lease is
//! lost and the gate never opens again. An error that passes is tried again for as long as it takes: the gate shuts by
//! itself meanwhile.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::alone::Timing;
use super::lease;
use super::thing::RENEWED;
use super::thing::Thing;
use super::thing::Things;
use super::thing::Wrote;
use super::thing::stamp;
use crate::clients::Class;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;
use crate::clients::clock::Moment;
use crate::clients::gate::Gate;
use crate::clients::gate::Tenure;

/// A lease in this run's hands. Dropped without being given back it is renewed no more, and dies.
#[derive(Debug)]
pub struct Kept {
    things: Things,
    holder: String,
    version: Arc<AtomicI64>,
    gate: Gate,
    renewing: JoinHandle<()>,
}

impl Kept {
    pub(super) fn keep(things: Things, holder: String, timing: Timing, version: i64, sent: Moment) -> Self {
        let (tenure, watched) = watch::channel(Tenure::Held { renewed: sent });
        let version = Arc::new(AtomicI64::new(version));
        let keeper = Keeper {
            things: things.clone(),
            holder: holder.clone(),
            version: Arc::clone(&version),
            timing,
        };
        Self {
            things,
            holder,
            version,
            gate: Gate::new(watched, timing.dead_after),
            renewing: tokio::spawn(keeper.run(tenure, sent)),
        }
    }

    /// What writes pass.
    pub fn gate(&self) -> Gate {
        self.gate.clone()
    }

    /// Gives it back: the thing stays, its holder goes.
    pub async fn release(self) -> Result<(), ProviderError> {
        self.renewing.abort();
        let version = self.version.load(Ordering::SeqCst);
        lease::clear(&self.things, &self.holder, version).await.map(|_| ())
    }

    /// Deletes the thing, since nothing is left that it could guard.
    pub async fn delete(self) -> Result<(), ProviderError> {
        self.renewing.abort();
        lease::delete(&self.things, &self.holder, self.version.load(Ordering::SeqCst)).await
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

struct Keeper {
    things: Things,
    holder: String,
    version: Arc<AtomicI64>,
    timing: Timing,
}

impl Keeper {
    async fn run(self, tenure: watch::Sender<Tenure>, mut renewed: Moment) {
        loop {
            let age = Moment::now().since(renewed);
            tokio::time::sleep(self.timing.renew_every.saturating_sub(age)).await;
            match self.renew().await {
                Ok(sent) => {
                    renewed = sent;
                    tenure.send_replace(Tenure::Held { renewed });
                }
                Err(because) => {
                    tenure.send_replace(Tenure::Lost(because));
                    return;
                }
            }
        }
    }

    /// Renews once, however many attempts it takes; answers when the one that was performed was sent.
    async fn renew(&self) -> Result<Moment, ProviderError> {
        loop {
            let (sent, text) = (Moment::now(), stamp(SystemTime::now()));
            let version = self.version.load(Ordering::SeqCst);
            match self.things.update(version, &[(RENEWED, &text)]).await {
                Ok(Wrote::Done) => {
                    self.version.store(version + 1, Ordering::SeqCst);
                    return Ok(sent);
                }
                Ok(Wrote::Moved | Wrote::Unknown(_)) => {
                    if self.look().await?.is_some_and(|renewed| renewed == text) {
                        return Ok(sent);
                    }
                }
                Err(error) if passes(&error) => {}
                Err(error) => return Err(error),
            }
            tokio::time::sleep(self.timing.look_every).await;
        }
    }

    /// Goes on from the version that is there, if this run still holds it; answers its `renewed`.
    async fn look(&self) -> Result<Option<String>, ProviderError> {
        match self.things.read().await {
            Ok(Some(thing)) if thing.holder.as_deref() == Some(self.holder.as_str()) => {
                self.version.store(thing.version, Ordering::SeqCst);
                Ok(thing.renewed)
            }
            Ok(now) => Err(lost(now.as_ref())),
            Err(error) if passes(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether trying again may help.
fn passes(error: &ProviderError) -> bool {
    matches!(error.class, Class::Throttled | Class::Unavailable | Class::Pending)
}

fn lost(now: Option<&Thing>) -> ProviderError {
    let by = now.and_then(Thing::held_by);
    let text = match by {
        Some(who) => format!("{who} has taken the environment's lease, so this run writes nothing more"),
        None => "the environment's lease was taken from this run, so it writes nothing more".to_owned(),
    };
    let renewal = Operation::write(Service::Iot, "UpdateThing");
    ProviderError::own(renewal, Class::LeaseLost, "LeaseLost", text)
}
