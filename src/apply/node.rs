//! One resource's turn: look, decide, write, and look again where the answer to a write was lost.
//!
//! A lost answer is never followed by a blind repeat: what is there now decides what is left to do. So a create
//! that was performed without an answer ends as done, one that was half performed as an update, and one that
//! was not performed as a create.

use std::collections::BTreeSet;
use std::time::Duration;

use eclusa_planner::environment::declared::Resource;
use eclusa_planner::plan::Action;
use eclusa_planner::plan::Change;
use eclusa_planner::plan::Live;
use eclusa_planner::plan::Seen;
use eclusa_planner::plan::decide::decide_again;
use eclusa_planner::plan::evaluation::Wanted;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::schema::DecodeError;
use tokio::time::Instant;

use super::outcome::NodeError;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;
use crate::kinds;
use crate::kinds::AnyKind;
use crate::kinds::Wanted as Target;
use crate::observe::observe_one;

/// How often a resource is looked at again after a lost answer.
const LOOKS: u32 = 4;
/// A deleted object may be seen for as long as this (SQS says 60 seconds).
const GONE_WITHIN: Duration = Duration::from_secs(75);

/// One resource with everything its turn needs.
pub(super) struct Node<'d> {
    pub(super) resource: &'d Resource,
    pub(super) owner: Owner,
    pub(super) target: Target,
    /// `None`: it is to be deleted.
    pub(super) wanted: Option<Wanted>,
    pub(super) planned: Change,
    /// Dependencies that this run made anew so far.
    pub(super) made_anew: BTreeSet<Address>,
    /// What the plan saw; `None`: look first.
    pub(super) live: Option<Live>,
}

/// What a turn did.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) action: Action,
    pub(super) outputs: Outputs,
}

impl Node<'_> {
    /// Takes the turn.
    pub(super) async fn perform(self, io: &Io) -> Result<Done, NodeError> {
        let kind = self.kind()?;
        let mut live = match self.live.clone() {
            Some(live) => live,
            None => self.look(io).await?,
        };
        let mut first = None;
        for look in 1..=LOOKS {
            let step = match &self.wanted {
                Some(wanted) if look == 1 => self.converge(io, kind, wanted, &live).await,
                Some(wanted) => self.finish(io, kind, wanted, &live).await,
                None => self.delete(io, kind, &live).await,
            };
            match step {
                Ok(done) => {
                    return Ok(Done {
                        action: first.unwrap_or(done.action),
                        ..done
                    });
                }
                Err(error) if look < LOOKS && is_worth_a_look(&error) => {
                    tokio::time::sleep(pause(look)).await;
                    let seen = self.look(io).await?;
                    if matches!(seen, Live::Unreadable { .. }) {
                        // Nothing settles it: the write's own error says more than that of the look.
                        return Err(error);
                    }
                    first = first.or(self.planned_action(&live));
                    live = seen;
                }
                Err(error) => return Err(error),
            }
        }
        Err(NodeError::Refused("it changes under our hands".to_owned()))
    }

    fn kind(&self) -> Result<&'static dyn AnyKind, NodeError> {
        let name = &self.resource.address.kind;
        kinds::find(name).ok_or_else(|| NodeError::Refused(format!("no calls are registered for the kind {name}")))
    }

    fn decide(&self, wanted: &Wanted, live: &Live) -> Result<Change, DecodeError> {
        decide_again(&self.planned, self.resource, &self.owner, wanted, live, &self.made_anew)
    }

    async fn look(&self, io: &Io) -> Result<Live, NodeError> {
        Ok(observe_one(io, &self.target).await?)
    }

    /// What the first step set out to do, so that a lost answer does not turn a create into "nothing".
    fn planned_action(&self, live: &Live) -> Option<Action> {
        match &self.wanted {
            None => Some(Action::Delete),
            Some(wanted) => self.decide(wanted, live).ok().map(|change| change.action),
        }
    }

    /// Converges what an earlier step may have written. Where all of it is there but the mark, which goes last, the
    /// mark is written after it: it says which declaration was applied.
    async fn finish(&self, io: &Io, kind: &dyn AnyKind, wanted: &Wanted, live: &Live) -> Result<Done, NodeError> {
        let mark = self.mark();
        let change = self.decide(wanted, live)?;
        match live {
            Live::Present(seen)
                if change.action == Action::Keep && !wanted.existing && seen.mark.as_ref() != Some(&mark) =>
            {
                Ok(Done {
                    action: Action::Update,
                    outputs: kind.update(io, &mark, seen, &wanted.spec, &change).await?,
                })
            }
            _ => self.converge(io, kind, wanted, live).await,
        }
    }

    async fn converge(&self, io: &Io, kind: &dyn AnyKind, wanted: &Wanted, live: &Live) -> Result<Done, NodeError> {
        let change = self.decide(wanted, live)?;
        let action = change.action;
        let outputs = match (action, live) {
            (Action::Keep, Live::Present(seen)) => seen.outputs.clone(),
            (Action::Create, _) => self.create(io, kind, wanted).await?,
            (Action::Update, Live::Present(seen)) => kind.update(io, &self.mark(), seen, &wanted.spec, &change).await?,
            (Action::Replace, Live::Present(seen)) => {
                kind.delete(io, &seen.handle).await?;
                self.await_absence(io).await?;
                self.create(io, kind, wanted).await?
            }
            (Action::Check, Live::Unreadable { because, .. }) => return Err(NodeError::Unreadable(because.clone())),
            _ => return Err(NodeError::Refused(refusal(&change))),
        };
        Ok(Done { action, outputs })
    }

    async fn create(&self, io: &Io, kind: &dyn AnyKind, wanted: &Wanted) -> Result<Outputs, NodeError> {
        Ok(kind.create(io, &self.target, &self.mark(), &wanted.spec).await?)
    }

    async fn delete(&self, io: &Io, kind: &dyn AnyKind, live: &Live) -> Result<Done, NodeError> {
        match live {
            Live::Absent => {}
            Live::Unreadable { because, .. } => return Err(NodeError::Unreadable(because.clone())),
            Live::Present(seen) if !self.is_ours(seen) => {
                return Err(NodeError::Refused("it does not bear our mark: it is left".to_owned()));
            }
            Live::Present(seen) => {
                kind.delete(io, &seen.handle).await?;
                self.await_absence(io).await?;
            }
        }
        Ok(Done {
            action: Action::Delete,
            outputs: Outputs::new(),
        })
    }

    fn is_ours(&self, seen: &Seen) -> bool {
        seen.mark.as_ref().is_some_and(|mark| mark.owner == self.owner)
    }

    /// Proves by reading that it is gone.
    async fn await_absence(&self, io: &Io) -> Result<(), NodeError> {
        let began = Instant::now();
        let limit = GONE_WITHIN.min(io.limits.wait);
        let mut pause = Duration::from_millis(50);
        loop {
            let live = self.look(io).await?;
            if live == Live::Absent {
                return Ok(());
            }
            if began.elapsed() + pause > limit {
                if let Live::Unreadable { because, .. } = live {
                    return Err(NodeError::Unreadable(because));
                }
                let read = Operation::read(Service::Sts, "read back");
                let text = format!(
                    "{} is still there {} s after it was deleted",
                    self.resource.address,
                    limit.as_secs()
                );
                return Err(ProviderError::own(read, Class::Pending, "StillThere", text).into());
            }
            io.tell_waiting("its absence", "still there", began, limit);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(3));
        }
    }

    fn mark(&self) -> Mark {
        Mark {
            owner: self.owner.clone(),
            address: self.resource.address.tag_text(),
            digest: self.resource.digest.clone(),
            protect: self.resource.options.protect,
        }
    }
}

/// Whether looking can settle it: the write may have been performed, or somebody else was faster.
fn is_worth_a_look(error: &NodeError) -> bool {
    matches!(error.class(), Some(Class::AnswerLost | Class::AlreadyExists))
}

fn pause(look: u32) -> Duration {
    Duration::from_millis(200) * 2_u32.saturating_pow(look.saturating_sub(1))
}

fn refusal(change: &Change) -> String {
    change.sentence()
}
