//! One resource's turn: look, decide, write, and look again where the answer to a write was lost.
//!
//! A lost answer is never followed by a blind repeat: what is there now decides what is left to do. So a create
//! that was performed without an answer ends as done, one that was half performed as an update, and one that
//! was not performed as a create.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use eclusa_planner::environment::declared::Resource;
use eclusa_planner::plan::Action;
use eclusa_planner::plan::Change;
use eclusa_planner::plan::Live;
use eclusa_planner::plan::decide;
use eclusa_planner::plan::decide_again;
use eclusa_planner::plan::evaluation::Wanted;
use eclusa_planner::resource::Address;
use eclusa_planner::resource::Mark;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::schema::DecodeError;

use super::outcome::NodeError;
use super::removal;
use crate::clients::Class;
use crate::clients::Io;
use crate::kinds;
use crate::kinds::AnyKind;
use crate::kinds::Wanted as Target;
use crate::observe::observe_one;
use eclusa_planner::plan::record::Remembering;

/// How often a resource is looked at again after a lost answer.
pub(super) const LOOKS: u32 = 4;

/// One resource to be made as declared, with everything its turn needs.
pub(super) struct Node<'d> {
    pub(super) resource: &'d Resource,
    pub(super) owner: Owner,
    pub(super) target: Target,
    pub(super) wanted: Wanted,
    pub(super) planned: Change,
    /// Dependencies that this run made anew so far.
    pub(super) made_anew: BTreeSet<Address>,
    /// What the plan saw; `None`: look first.
    pub(super) live: Option<Live>,
    /// What it was known by before it gets another name in place.
    pub(super) former: Option<Target>,
    pub(super) memory: Arc<Remembering>,
    /// Looks right before a first write share their lists: nobody else of this run makes what they are for.
    pub(super) before: Io,
    pub(super) may_lose_data: bool,
    /// The old object of a replace is gone: nothing is replaced twice.
    pub(super) is_gone: AtomicBool,
}

/// What a turn did.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) action: Action,
    pub(super) outputs: Outputs,
    /// Of the secrets that were sent, by attribute.
    pub(super) hashes: BTreeMap<String, String>,
    /// It was to go, and is gone or hidden from this key: the cloud's words.
    pub(super) hidden: Option<String>,
}

impl Done {
    pub(super) fn of(action: Action, outputs: Outputs) -> Self {
        Self {
            action,
            outputs,
            hashes: BTreeMap::new(),
            hidden: None,
        }
    }
}

impl Node<'_> {
    /// Takes the turn.
    pub(super) async fn perform(self, io: &Io) -> Result<Done, NodeError> {
        let kind = kind(&self.resource.address)?;
        let mut live = match self.live.clone() {
            Some(live) => live,
            None => self.look(&self.before).await?.settled(),
        };
        let mut first = None;
        for look in 1..=LOOKS {
            // Asked before the step, which may change the answer: a lost answer must not turn a replace into "nothing".
            let intended = self.decide(&live).ok().map(|change| change.action);
            let step = match look {
                1 => self.converge(io, kind, &live).await,
                _ => self.finish(io, kind, &live).await,
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
                    let seen = self.look(io).await?.settled();
                    if matches!(seen, Live::Unreadable { .. }) {
                        // Nothing settles it: the write's own error says more than that of the look.
                        return Err(error);
                    }
                    first = first.or(intended);
                    live = seen;
                }
                Err(error) => return Err(error),
            }
        }
        Err(NodeError::Refused("it changes under our hands".to_owned()))
    }

    fn decide(&self, live: &Live) -> Result<Change, DecodeError> {
        let Self {
            resource,
            owner,
            wanted,
            ..
        } = self;
        if self.is_gone.load(Ordering::Relaxed) {
            return decide(resource, owner, wanted, live);
        }
        decide_again(&self.planned, resource, owner, wanted, live, &self.made_anew)
    }

    async fn look(&self, io: &Io) -> Result<Live, NodeError> {
        let live = observe_one(io, &self.target, &self.memory).await?;
        match &self.former {
            Some(former) if live == Live::Absent => Ok(observe_one(io, former, &self.memory).await?),
            _ => Ok(live),
        }
    }

    /// Converges what an earlier step may have written. Where all of it is there but the mark, which goes last, the
    /// mark is written after it: it says which declaration was applied.
    async fn finish(&self, io: &Io, kind: &dyn AnyKind, live: &Live) -> Result<Done, NodeError> {
        let mark = self.mark();
        let change = self.decide(live)?;
        match live {
            Live::Present(seen)
                if change.action == Action::Keep && !self.wanted.existing && seen.mark.as_ref() != Some(&mark) =>
            {
                let outputs = kind.update(io, &self.target, &mark, seen, &self.wanted.spec, &change);
                self.sent(io, Action::Update, outputs.await?).await
            }
            _ => self.converge(io, kind, live).await,
        }
    }

    async fn converge(&self, io: &Io, kind: &dyn AnyKind, live: &Live) -> Result<Done, NodeError> {
        let change = self.decide(live)?;
        let action = change.action;
        let outputs = match (action, live) {
            (Action::Keep, Live::Present(seen)) => seen.outputs.clone(),
            (Action::Create, _) => self.create(io, kind).await?,
            (Action::Update | Action::Adopt, Live::Present(seen)) => {
                kind.update(io, &self.target, &self.mark(), seen, &self.wanted.spec, &change)
                    .await?
            }
            (Action::Replace, Live::Present(seen)) => {
                self.keep_data(io).await?;
                self.judge(io, kind, &change).await?;
                kind.delete(io, &self.target, &seen.handle).await?;
                removal::await_absence(io, &self.target, &self.memory).await?;
                self.is_gone.store(true, Ordering::Relaxed);
                self.create(io, kind).await?
            }
            (Action::Keep, Live::Unverified { outputs, .. }) => outputs.clone(),
            (Action::Check, Live::Unreadable { because, .. }) => return Err(NodeError::Unreadable(because.clone())),
            _ => return Err(NodeError::Refused(refusal(&change))),
        };
        match action {
            Action::Keep => Ok(Done::of(action, outputs)),
            _ => self.sent(io, action, outputs).await,
        }
    }

    /// Done, with hashes of the secrets that went along.
    async fn sent(&self, io: &Io, action: Action, outputs: Outputs) -> Result<Done, NodeError> {
        let hashes = kinds::hashes_of(io, &self.target).await;
        Ok(Done {
            action,
            outputs,
            hashes,
            hidden: None,
        })
    }

    async fn create(&self, io: &Io, kind: &dyn AnyKind) -> Result<Outputs, NodeError> {
        Ok(kind.create(io, &self.target, &self.mark(), &self.wanted.spec).await?)
    }

    /// What the cloud would not take must not cost the old object of a replace.
    async fn judge(&self, io: &Io, kind: &dyn AnyKind, change: &Change) -> Result<(), NodeError> {
        let problems = kind.judge(io, &self.target, None, &self.wanted.spec, change).await?;
        match problems.is_empty() {
            true => Ok(()),
            false => Err(NodeError::Refused(format!(
                "{} does not take this configuration: {}",
                self.resource.address.kind,
                problems.join("; ")
            ))),
        }
    }

    /// What would be lost by a replace is looked for once more.
    async fn keep_data(&self, io: &Io) -> Result<(), NodeError> {
        if self.may_lose_data || self.resource.schema.data().is_none() {
            return Ok(());
        }
        match removal::look_for_data(io, &self.target, &self.memory).await? {
            Live::Present(seen) => removal::keep_data(&self.target, &seen),
            Live::Unreadable { because, .. } => Err(NodeError::Unreadable(because)),
            Live::NotCompared { .. } => Err(removal::not_looked_for()),
            Live::Absent | Live::Unverified { .. } | Live::Hidden { .. } => Ok(()),
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

/// The calls of a resource's kind.
pub(super) fn kind(address: &Address) -> Result<&'static dyn AnyKind, NodeError> {
    let name = &address.kind;
    kinds::find(name).ok_or_else(|| NodeError::Refused(format!("no calls are registered for the kind {name}")))
}

/// Whether looking can settle it: the write may have been performed, or somebody else was faster.
pub(super) fn is_worth_a_look(error: &NodeError) -> bool {
    matches!(error.class(), Some(Class::AnswerLost | Class::AlreadyExists))
}

pub(super) fn pause(look: u32) -> Duration {
    Duration::from_millis(200) * 2_u32.saturating_pow(look.saturating_sub(1))
}

fn refusal(change: &Change) -> String {
    change.sentence()
}
