//! A run: the plan's changes, each as soon as what it needs is done.
//!
//! One failure skips exactly its dependents; everything else goes on. The first interrupt starts nothing new
//! and lets what is in flight finish. Every write of a resource happens under here, in [`super::node`].

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use eclusa_planner::environment::declared::Resource;
use eclusa_planner::plan::Action;
use eclusa_planner::plan::Change;
use eclusa_planner::plan::Evaluation;
use eclusa_planner::plan::Intent;
use eclusa_planner::plan::Live;
use eclusa_planner::plan::Owned;
use eclusa_planner::plan::Plan;
use eclusa_planner::plan::Reason;
use eclusa_planner::plan::evaluation;
use eclusa_planner::plan::goes_along;
use eclusa_planner::plan::is_loss_allowed;
use eclusa_planner::plan::owned;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Outputs;
use eclusa_planner::schedule::Schedule;
use eclusa_planner::schedule::State;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;
use tokio::time::Instant;

use super::event::Event;
use super::event::Events;
use super::node::Done;
use super::node::Node;
use super::outcome::Ended;
use super::outcome::NodeError;
use super::outcome::Outcome;
use super::remembered;
use super::removal::Removal;
use crate::clients::Io;
use crate::kinds::Wanted;
use crate::observe::Observed;
use crate::observe::Targets;

/// What a run works with.
pub struct Run<'r, 'd> {
    pub io: &'r Io,
    pub plan: &'r Plan,
    pub evaluation: Evaluation<'d>,
    pub observed: Observed,
    pub targets: Targets,
    pub events: Events,
    /// Turns true at the first interrupt.
    pub stop: watch::Receiver<bool>,
    /// What this run replaced or created so far.
    pub made_anew: BTreeSet<Address>,
    /// For the looks right before a first write.
    pub before: Io,
    /// What was to go and may be gone or hidden, with the cloud's words.
    pub hidden: BTreeMap<Address, String>,
}

/// What is done for one address.
enum Turn<'d> {
    Converge(Box<Node<'d>>),
    Remove(Box<Removal>),
    Stay,
}

impl Turn<'_> {
    async fn perform(self, io: &Io) -> Result<Done, NodeError> {
        match self {
            Self::Converge(node) => node.perform(io).await,
            Self::Remove(removal) => removal.perform(io).await,
            Self::Stay => Ok(Done::of(Action::Keep, Outputs::new())),
        }
    }
}

/// How one node came back: what was done, since when, with what end.
type Finished = (Address, Action, Instant, Result<Done, NodeError>);

impl<'d> Run<'_, 'd> {
    /// Carries the plan out.
    pub async fn carry_out(mut self) -> Outcome {
        let along = self
            .plan
            .goes_along(|address| Some(&self.observed.targets.get(address)?.scope.as_ref()?.address));
        let mut actions = self.actions();
        actions.retain(|address, _| !along.contains_key(address));
        let mut schedule = Schedule::new(&self.plan.graph, actions.keys().cloned());
        let mut outcome = Outcome::default();
        let mut running = FuturesUnordered::new();
        loop {
            for address in schedule.start_ready() {
                let action = actions.get(&address).copied().unwrap_or(Action::Keep);
                self.events.send(Event::Started {
                    address: address.clone(),
                    action,
                });
                let prepared = self.prepare(&address, action);
                let io = self.io.about(&address);
                running.push(async move {
                    let began = Instant::now();
                    let ended = match prepared {
                        Ok(turn) => turn.perform(&io).await,
                        Err(error) => Err(error),
                    };
                    (address, action, began, ended)
                });
            }
            if schedule.is_drained() {
                break;
            }
            tokio::select! {
                Some(finished) = running.next() => self.finish(finished, &mut schedule, &mut outcome),
                () = stopped(&mut self.stop), if !outcome.interrupted => self.interrupt(&mut schedule, &mut outcome),
                else => break,
            }
        }
        close(&schedule, &mut outcome);
        self.take_along(along, &mut outcome);
        self.settle_hidden(&mut outcome);
        outcome.record = remembered::of(&self, &outcome);
        outcome
    }

    /// Each of these ended as that in which it lived.
    fn take_along(&self, along: BTreeMap<Address, Address>, outcome: &mut Outcome) {
        for (address, scope) in along {
            let ended = match outcome.ended.get(&scope) {
                Some(Ended::Done { action, took, .. }) => Ended::Done {
                    action: *action,
                    took: *took,
                    outputs: Outputs::new(),
                    hashes: BTreeMap::new(),
                },
                Some(Ended::NotStarted) => Ended::NotStarted,
                _ => Ended::Skipped { because: scope },
            };
            outcome.ended.insert(address, ended);
        }
    }

    /// What has something to do, with its action.
    fn actions(&self) -> BTreeMap<Address, Action> {
        let idle = [Action::Keep, Action::Blocked];
        let busy = self.plan.changes.iter().filter(|change| !idle.contains(&change.action));
        let firsts = self.plan.firsts.keys().map(|first| (first.clone(), Action::Delete));
        let lasts = self.plan.lasts.keys().map(|last| (last.clone(), Action::Update));
        busy.map(|change| (change.address.clone(), change.action))
            .chain(firsts)
            .chain(lasts)
            .collect()
    }

    fn prepare(&self, address: &Address, action: Action) -> Result<Turn<'d>, NodeError> {
        let undeclared = self.observed.live.owned.iter().find(|owned| owned.address == *address);
        if let Some(owned) = undeclared {
            return self.prune(owned);
        }
        if let Some(replaced) = self.plan.firsts.get(address) {
            return self.go_first(replaced);
        }
        let last = self.plan.lasts.get(address);
        let address = last.unwrap_or(address);
        let is_seen = last.is_none() && action != Action::Check && self.stands_as_seen(address);
        let former = self.former(address);
        let live = match &former {
            Some(former) => Some(former.live.clone()),
            None => self.observed.live.get(address).filter(|_| is_seen).cloned(),
        };
        if self.plan.intent == Intent::Destroy {
            let protect = self.resource(address)?.options.protect;
            let target = match self.observed.targets.get(address) {
                Some(target) => target.clone(),
                None => self.targets.of(&self.evaluation, address)?,
            };
            return Ok(Turn::Remove(Box::new(self.removal(target, protect, live))));
        }
        let keeps = last.is_none() && self.plan.lasts.values().any(|role| role == address);
        let wanted = match &live {
            Some(Live::Present(seen)) if keeps => self.evaluation.wanted_beside(address, &seen.spec)?,
            _ => self.evaluation.wanted(address)?,
        };
        let former = former.and_then(|former| self.observed.targets.get(&former.address).cloned());
        self.converge(address, wanted, live, former)
    }

    /// What gets this resource's name in place.
    fn former(&self, address: &Address) -> Option<&Owned> {
        let change = self.plan.changes.iter().find(|change| change.address == *address)?;
        let Reason::NameChanged { from, .. } = &change.reason else {
            return None;
        };
        let mut owned = self.observed.live.owned.iter();
        owned.find(|owned| owned.address.current() == *address && owned.cloud_name == *from)
    }

    /// Whether nothing of this run has touched it since it was observed.
    fn stands_as_seen(&self, address: &Address) -> bool {
        let has_gone = self.plan.firsts.values().any(|replaced| replaced == address)
            || goes_along(&self.evaluation, address, &self.plan.changes);
        !has_gone && !self.observed.unidentified.contains(address)
    }

    fn converge(
        &self,
        address: &Address,
        wanted: evaluation::Wanted,
        live: Option<Live>,
        former: Option<Wanted>,
    ) -> Result<Turn<'d>, NodeError> {
        if let Some(unknown) = wanted.unknown.first() {
            return Err(NodeError::StillUnknown(unknown.to_string()));
        }
        Ok(Turn::Converge(Box::new(Node {
            resource: self.resource(address)?,
            owner: self.plan.owner.clone(),
            target: self.targets.of(&self.evaluation, address)?,
            former,
            memory: Arc::clone(&self.targets.memory),
            before: self.before.about(address),
            wanted,
            planned: self.planned(address)?,
            made_anew: self.made_anew.clone(),
            live,
            may_lose_data: self.may_lose_data(address),
            is_gone: AtomicBool::new(false),
        })))
    }

    /// What is made anew after what it hangs on: looked for by what it was known by, since that may go with the other.
    fn go_first(&self, replaced: &Address) -> Result<Turn<'d>, NodeError> {
        let target = self.looked_for(replaced)?;
        let protect = self.resource(replaced)?.options.protect;
        Ok(Turn::Remove(Box::new(self.removal(target, protect, None))))
    }

    /// What turned out to be declared after all, once its name was known, stays.
    fn prune(&self, owned: &Owned) -> Result<Turn<'d>, NodeError> {
        let target = self.looked_for(&owned.address)?;
        let kind = &owned.address.kind;
        if owned::is_declared(&self.evaluation, kind, &owned.identity, target.scope_id())? {
            return Ok(Turn::Stay);
        }
        let mut removal = self.removal(target, false, None);
        removal.drains = self.drained_by(&owned.address)?;
        Ok(Turn::Remove(Box::new(removal)))
    }

    /// The queue that this mapping empties before it goes.
    fn drained_by(&self, mapping: &Address) -> Result<Option<Wanted>, NodeError> {
        let Reason::Drains { queue } = self.planned(mapping)?.reason else {
            return Ok(None);
        };
        Ok(self.observed.targets.get(&queue).cloned())
    }

    /// What it was looked for by.
    fn looked_for(&self, address: &Address) -> Result<Wanted, NodeError> {
        let target = self.observed.targets.get(address).cloned();
        target.ok_or_else(|| NodeError::Refused(format!("{address} was not looked for")))
    }

    fn removal(&self, mut target: Wanted, protect: bool, live: Option<Live>) -> Removal {
        let scope = target.scope.as_ref().map(|scope| &scope.address);
        let mut reached = std::iter::once(&target.address).chain(scope);
        let allowed = &self.plan.request.allow_data_loss;
        target.takes_along = reached.any(|address| allowed.iter().any(|written| address.is_meant_by(written)));
        Removal {
            may_lose_data: self.may_lose_data(&target.address),
            target,
            owner: self.plan.owner.clone(),
            protect,
            drains: None,
            live,
            memory: Arc::clone(&self.targets.memory),
        }
    }

    /// Leave to lose what something holds is leave to lose what lies in it too.
    fn may_lose_data(&self, address: &Address) -> bool {
        let request = &self.plan.request;
        request.allows_data_loss(address) || is_loss_allowed(&self.evaluation, address, request)
    }

    fn planned(&self, address: &Address) -> Result<Change, NodeError> {
        let change = self
            .plan
            .changes
            .iter()
            .find(|change| change.address == *address)
            .cloned();
        change.ok_or_else(|| NodeError::Refused(format!("{address} is not planned")))
    }

    fn resource(&self, address: &Address) -> Result<&'d Resource, NodeError> {
        let declared: &'d _ = self.evaluation.declared();
        let found = declared.resources.iter().find(|each| each.address == *address);
        found.ok_or_else(|| NodeError::Refused(format!("{address} is not declared")))
    }

    fn finish(&mut self, finished: Finished, schedule: &mut Schedule, outcome: &mut Outcome) {
        let (address, planned, began, ended) = finished;
        let took = began.elapsed();
        match self.with_doubt(&address, ended) {
            Ok(done) => {
                if let Some(because) = &done.hidden {
                    self.hidden.insert(address.clone(), because.clone());
                }
                // A predecessor goes by a turn of its own, so that what stands for a replace here is a create.
                let is_replaced = planned == Action::Replace && done.action == Action::Create;
                let action = if is_replaced { planned } else { done.action };
                if action != Action::Delete && address.former.is_none() {
                    self.evaluation.learn(&address, done.outputs.clone());
                }
                if matches!(action, Action::Create | Action::Replace) {
                    self.made_anew.insert(address.clone());
                }
                schedule.succeeded(&address);
                self.events.send(Event::Succeeded {
                    address: address.clone(),
                    action,
                    took,
                });
                if self.plan.firsts.contains_key(&address) || self.plan.lasts.contains_key(&address) {
                    // Half of a change that is told once.
                    return;
                }
                outcome.ended.insert(
                    address,
                    Ended::Done {
                        action,
                        took,
                        outputs: done.outputs,
                        hashes: done.hashes,
                    },
                );
            }
            Err(error) => {
                let text = error.to_string();
                self.events.send(Event::Failed {
                    address: address.clone(),
                    action: planned,
                    error: text,
                });
                for skipped in schedule.failed(&address) {
                    self.events.send(Event::Skipped {
                        address: skipped,
                        because: address.clone(),
                    });
                }
                outcome.ended.insert(address, Ended::Failed { action: planned, error });
            }
        }
    }

    fn interrupt(&self, schedule: &mut Schedule, outcome: &mut Outcome) {
        outcome.interrupted = true;
        schedule.stop();
        let in_flight: BTreeSet<&Address> = schedule
            .states()
            .iter()
            .filter(|(_, state)| **state == State::Running)
            .map(|(address, _)| address)
            .collect();
        self.events.send(Event::Stopping {
            in_flight: in_flight.into_iter().cloned().collect(),
        });
    }
}

/// Resolves at the first interrupt, never if nobody can interrupt.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Adds what never had its turn.
fn close(schedule: &Schedule, outcome: &mut Outcome) {
    for (address, state) in schedule.states() {
        let ended = match state {
            State::Skipped { because } => Ended::Skipped {
                because: because.clone(),
            },
            State::NotStarted | State::Waiting => Ended::NotStarted,
            State::Running | State::Succeeded | State::Failed => continue,
        };
        outcome.ended.entry(address.clone()).or_insert(ended);
    }
}
