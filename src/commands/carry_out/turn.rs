//! A run's turn: the lease taken as it was read where there is one, what is live looked at again where that is stale, the plan carried
//! out under the gate, receipts before and after, the lease given back.
//!
//! Taking the lease as it was read proves that no run wrote since. If it moved, or a minute has passed, everything is
//! observed again while the lease is held: where somebody was asked, any difference refuses; where consent was given
//! beforehand, the new plan is shown and carried out; of a saved plan, any difference from what it was made from refuses.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Instant;

use eclusa_planner::plan::Intent;
use eclusa_planner::plan::Plan;
use eclusa_planner::plan::Request;
use tokio::sync::watch;

use super::Consent;
use super::has_work;
use super::look;
use super::refuse;
use super::show;
use crate::apply::event::Event;
use crate::apply::event::Events;
use crate::apply::outcome::Outcome;
use crate::apply::run::Run;
use crate::clients::Io;
use crate::clients::ProviderError;
use crate::clients::clock::Moment;
use crate::failure::Exit;
use crate::failure::Failure;
use crate::interrupt;
use crate::kinds::confluent::api_key::temporary;
use crate::kinds::confluent::kafka_topic::UNREAD;
use crate::ownership::Holder;
use crate::ownership::Kept;
use crate::ownership::Lease;
use crate::ownership::Read;
use crate::ownership::record;
use crate::ownership::record::Stored;
use crate::session::Looked;
use crate::session::Session;
use crate::view;

/// The lease as it was read before anything else was.
pub(super) struct Reading {
    read: Read,
    at: Moment,
}

impl Reading {
    pub(super) fn of(read: Read) -> Self {
        let at = Moment::now();
        Self { read, at }
    }
}

/// What is to be done with the lease itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    None,
    /// An expiry is declared and none is kept.
    KeepExpiry(String),
    /// Nothing is left but the lease of a destroy that was cut short.
    Remove,
}

impl Errand {
    pub(super) fn of(session: &Session, intent: Intent, reading: Option<&Reading>, blocked: Exit) -> Self {
        let Some(reading) = reading else {
            return Self::None;
        };
        match intent {
            Intent::Converge => {
                let declared = session.declared.settings.expires_after;
                Lease::expiry_to_keep(&reading.read, declared).map_or(Self::None, Self::KeepExpiry)
            }
            Intent::Destroy if reading.read.is_some() && blocked == Exit::Done => Self::Remove,
            Intent::Destroy => Self::None,
        }
    }

    /// One line for the reader, or nothing.
    pub(super) fn text(&self) -> String {
        match self {
            Self::KeepExpiry(at) => format!("The environment will expire at {at} (`expires_after`).\n"),
            Self::None | Self::Remove => String::new(),
        }
    }
}

/// A run that has consent, and waits for its turn.
pub(super) struct Turn<'r> {
    pub(super) session: &'r Session,
    pub(super) given: &'r str,
    pub(super) request: &'r Request,
    pub(super) consent: &'r Consent,
    pub(super) events: Events,
    pub(super) began: Instant,
    pub(super) me: Holder,
    /// How it ends at best.
    pub(super) at_best: Exit,
}

/// How a turn ended that had something to do.
pub(super) struct Done {
    pub(super) outcome: Outcome,
    pub(super) blocked: Exit,
    /// Log groups that may come back.
    pub(super) late_logs: Vec<String>,
    /// Why the record is not as it should be.
    pub(super) unremembered: Option<ProviderError>,
}

impl Turn<'_> {
    /// Takes the lease, carries the plan out, gives the lease back.
    pub(super) async fn take(self, lease: Option<(Lease, Reading)>, looked: Looked<'_>) -> Result<Exit, Failure> {
        let (stop, stopped) = watch::channel(false);
        let guard = interrupt::watch(stop);
        let ended = self.alone(lease, looked, stopped).await;
        guard.abort();
        ended
    }

    async fn alone(
        &self,
        lease: Option<(Lease, Reading)>,
        looked: Looked<'_>,
        stop: watch::Receiver<bool>,
    ) -> Result<Exit, Failure> {
        let (held, stale) = match lease {
            Some((lease, reading)) => {
                let (kept, moved) = self.hold(&lease, reading.read, stop.clone()).await?;
                let stale = moved || Moment::now().since(reading.at) >= lease.dead_after();
                (Some(kept), stale)
            }
            None => (None, false),
        };
        let done = self.work(held.as_ref(), looked, stale, stop).await;
        self.events.settle().await;
        let finished = self.request.intent == Intent::Destroy && matches!(&done, Ok(Some(done)) if done.is_finished());
        let given_back = match held {
            None => Ok(()),
            Some(kept) if finished => kept.delete().await,
            Some(kept) => kept.release().await,
        };
        if let Err(error) = given_back {
            view::note(&format!(
                "the lease could not be given back ({error}); it is dead a minute after its last renewal\n"
            ));
        }
        match done? {
            Some(done) => self.tell(&done),
            None => Ok(self.at_best),
        }
    }

    /// The lease in our hands, and whether it had moved since it was read.
    async fn hold(
        &self,
        lease: &Lease,
        mut read: Read,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(Kept, bool), Failure> {
        let mut moved = false;
        loop {
            if *stop.borrow() {
                return Err(Failure::Interrupted);
            }
            let expires = match self.request.intent {
                Intent::Converge => Lease::expiry_to_keep(&read, self.session.declared.settings.expires_after),
                Intent::Destroy => None,
            };
            if let Some(kept) = lease.take(&read, expires.as_deref()).await? {
                return Ok((kept, moved));
            }
            moved = true;
            let stopped = async {
                if stop.wait_for(|stop| *stop).await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            read = tokio::select! {
                read = lease.wait(self.consent.lock_timeout) => read?,
                () = stopped => return Err(Failure::Interrupted),
            };
        }
    }

    /// `None`: looked at again, there is nothing left to do.
    async fn work(
        &self,
        held: Option<&Kept>,
        mut looked: Looked<'_>,
        stale: bool,
        stop: watch::Receiver<bool>,
    ) -> Result<Option<Done>, Failure> {
        if stale && !self.look_again(&mut looked).await? {
            return Ok(None);
        }
        if *stop.borrow() {
            return Err(Failure::Interrupted);
        }
        let io = match held {
            Some(kept) => self.session.io.under(kept.gate()),
            // Where AWS is not asked there is no lease.
            None => self.session.io.unleased(),
        };
        if self.open_clusters(&io, &looked).await {
            looked = look(self.session, self.request, self.consent, &self.events).await?;
            show(self.session, &looked.plan, self.began);
        }
        let blocked = refuse(&looked.plan)?;
        self.begin(&looked.plan).await?;
        let run = Run {
            io: &io,
            plan: &looked.plan,
            evaluation: looked.evaluation,
            observed: looked.observed,
            targets: looked.targets,
            events: self.events.clone(),
            stop,
            made_anew: BTreeSet::new(),
            before: io.sharing_lists(),
            hidden: BTreeMap::new(),
        };
        let outcome = run.carry_out().await;
        let mut done = Done {
            outcome,
            blocked,
            late_logs: looked.plan.late_logs,
            unremembered: None,
        };
        done.unremembered = self.remember(&io, looked.stored.as_ref(), &done).await.err();
        Ok(Some(done))
    }

    /// Makes a key for each cluster that is to go and that nobody could look into; true if there is one now.
    async fn open_clusters(&self, io: &Io, looked: &Looked<'_>) -> bool {
        let live = &looked.observed.live;
        let mut opened = false;
        if self.request.intent != Intent::Destroy {
            return false;
        }
        for (address, names) in &live.strangers {
            let scope = looked.observed.scope(address, &looked.targets, &looked.evaluation);
            let (Some(cluster), true) = (scope, names.iter().any(|name| name == UNREAD)) else {
                continue;
            };
            let Some(account) = temporary::account_for(&cluster, live) else {
                continue;
            };
            self.events.send(Event::Stage(format!(
                "making a key of {address} for this run alone, since no other could look into it"
            )));
            match temporary::make(io, &cluster, &account, &self.session.owner).await {
                Ok(()) => opened = true,
                Err(error) => view::note(&format!("no key of {address} could be made: {error}\n")),
            }
        }
        opened
    }

    /// Writes the record once, after all else; a destroy that left nothing deletes it.
    async fn remember(&self, io: &Io, stored: Option<&Stored>, done: &Done) -> Result<(), ProviderError> {
        let (Some(stored), owner) = (stored, &self.session.owner) else {
            return Ok(());
        };
        let environment = &self.session.declared.settings.environment;
        match &done.outcome.record {
            _ if self.request.intent == Intent::Destroy && done.is_finished() => {
                record::delete(io, owner, environment).await
            }
            Some(record) => record::write(io, owner, stored, record).await,
            None => Ok(()),
        }
    }

    /// Observes again; false if nothing is left to do.
    async fn look_again<'s>(&'s self, looked: &mut Looked<'s>) -> Result<bool, Failure> {
        let again = look(self.session, self.request, self.consent, &self.events).await?;
        let moved = differences(&looked.plan, &again.plan);
        *looked = again;
        if moved.is_empty() {
            return Ok(true);
        }
        if !self.consent.yes {
            return Err(Failure::Refused {
                message: format!(
                    "nothing was written, since what is live has changed after the plan was shown: {}",
                    moved.join(", ")
                ),
                hint: "run the same command again to see the new plan".to_owned(),
            });
        }
        self.events.send(Event::Stage(format!(
            "planned again, since this changed: {}",
            moved.join(", ")
        )));
        self.events.settle().await;
        show(self.session, &looked.plan, self.began);
        Ok(has_work(&looked.plan))
    }
}

/// The addresses whose changes are not the same.
fn differences(shown: &Plan, now: &Plan) -> Vec<String> {
    let changes = |plan: &Plan| -> BTreeMap<_, _> {
        plan.changes
            .iter()
            .map(|change| (change.address.clone(), change.clone()))
            .collect()
    };
    let (shown, now) = (changes(shown), changes(now));
    let addresses: BTreeSet<_> = shown.keys().chain(now.keys()).collect();
    let differs = addresses
        .into_iter()
        .filter(|address| shown.get(*address) != now.get(*address));
    differs.map(ToString::to_string).collect()
}
