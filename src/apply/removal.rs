//! One object's end: look, ask once more whether it may go, delete, and prove that it is gone.
//!
//! Right before the delete it is asked again whose it is and whether it is protected; what may hold data is looked
//! at afresh, twice, since counts of messages are approximate. A lost answer is settled by looking. What may be gone or
//! hidden stops nothing: the end of the run tells which, where what it belonged to is proved gone.

use std::sync::Arc;
use std::time::Duration;

use eclusa_planner::plan::Action;
use eclusa_planner::plan::Live;
use eclusa_planner::plan::Reason;
use eclusa_planner::plan::Seen;
use eclusa_planner::resource::Outputs;
use eclusa_planner::resource::Owner;
use eclusa_planner::schema;
use eclusa_planner::schema::AnySchema;
use tokio::time::Instant;

use super::node;
use super::node::Done;
use super::outcome::NodeError;
use crate::clients::Class;
use crate::clients::Io;
use crate::clients::Operation;
use crate::clients::ProviderError;
use crate::clients::Service;
use crate::kinds::Wanted as Target;
use crate::observe::observe_one;
use eclusa_planner::plan::record::Remembering;

/// A deleted object may be seen for as long as this (SQS says 60 seconds).
const GONE_WITHIN: Duration = Duration::from_secs(75);

/// One object to be deleted.
pub(super) struct Removal {
    pub(super) target: Target,
    pub(super) owner: Owner,
    /// By its declaration; its mark is asked as well.
    pub(super) protect: bool,
    pub(super) may_lose_data: bool,
    /// A queue that must be empty first.
    pub(super) drains: Option<Target>,
    /// What the plan saw; `None`: look first.
    pub(super) live: Option<Live>,
    pub(super) memory: Arc<Remembering>,
}

impl Removal {
    /// Deletes it; absent is done.
    pub(super) async fn perform(self, io: &Io) -> Result<Done, NodeError> {
        let mut live = match self.live.clone() {
            Some(live) if self.may_lose_data => live,
            _ => look_for_data(io, &self.target, &self.memory).await?,
        };
        for look in 1..=node::LOOKS {
            if let Live::Hidden { because } = &live {
                return Ok(Done {
                    hidden: Some(because.clone()),
                    ..gone()
                });
            }
            match self.step(io, &live).await {
                Err(error) if look < node::LOOKS && node::is_worth_a_look(&error) => {
                    tokio::time::sleep(node::pause(look)).await;
                    live = observe_one(io, &self.target, &self.memory).await?;
                    if matches!(live, Live::Unreadable { .. }) {
                        // Nothing settles it: the write's own error says more than that of the look.
                        return Err(error);
                    }
                }
                other => return other.map(|()| gone()),
            }
        }
        Err(NodeError::Refused("it changes under our hands".to_owned()))
    }

    async fn step(&self, io: &Io, live: &Live) -> Result<(), NodeError> {
        let seen = match live {
            Live::Absent => return Ok(()),
            Live::Unreadable { because, .. } | Live::Unverified { because, .. } | Live::Hidden { because } => {
                return Err(NodeError::Unreadable(because.clone()));
            }
            Live::NotCompared { .. } => return Err(not_looked_for()),
            Live::Present(seen) => seen,
        };
        let mark = seen.mark.as_ref().filter(|mark| mark.owner == self.owner);
        let schema = schema::find(&self.target.address.kind);
        let may_lack_it = schema.is_some_and(|schema| schema.marking().needs_no_mark());
        if mark.is_none() && !may_lack_it {
            return Err(NodeError::Refused("it does not bear our mark: it is left".to_owned()));
        }
        if self.protect || mark.is_some_and(|mark| mark.protect) {
            return Err(NodeError::Refused("it is protected: it is left".to_owned()));
        }
        if !self.may_lose_data {
            keep_data(&self.target, seen)?;
        }
        if let Some(queue) = &self.drains {
            await_empty(io, queue, &self.memory).await?;
        }
        node::kind(&self.target.address)?
            .delete(io, &self.target, &seen.handle)
            .await?;
        await_absence(io, &self.target, &self.memory).await
    }
}

/// An apply looks for everything, whatever a drift job may list.
pub(super) fn not_looked_for() -> NodeError {
    NodeError::Unreadable("it was not looked for".to_owned())
}

fn gone() -> Done {
    Done::of(Action::Delete, Outputs::new())
}

/// A fresh look; where data may be lost, a second one if the first saw none.
pub(super) async fn look_for_data(io: &Io, target: &Target, memory: &Remembering) -> Result<Live, NodeError> {
    let first = observe_one(io, target, memory).await?;
    let may_hold = schema::find(&target.address.kind).and_then(AnySchema::data).is_some();
    match &first {
        Live::Present(seen) if may_hold && !seen.holds_data => Ok(observe_one(io, target, memory).await?),
        _ => Ok(first),
    }
}

/// Refuses to delete what holds data.
pub(super) fn keep_data(target: &Target, seen: &Seen) -> Result<(), NodeError> {
    if !seen.holds_data {
        return Ok(());
    }
    let data = schema::find(&target.address.kind).and_then(AnySchema::data);
    let reason = Reason::DataLoss {
        data: data.unwrap_or("what is").to_owned(),
        allow: target.address.current(),
    };
    Err(NodeError::Refused(reason.sentence()))
}

/// Waits until a queue has shown itself empty twice: its counts are approximate.
async fn await_empty(io: &Io, queue: &Target, memory: &Remembering) -> Result<(), NodeError> {
    let (began, limit) = (Instant::now(), io.limits.wait);
    let mut pause = Duration::from_millis(200);
    loop {
        match look_for_data(io, queue, memory).await? {
            Live::Present(seen) if seen.holds_data => {}
            Live::Present(_) | Live::Absent => return Ok(()),
            Live::Unreadable { because, .. } | Live::Unverified { because, .. } | Live::Hidden { because } => {
                return Err(NodeError::Unreadable(because));
            }
            Live::NotCompared { .. } => return Err(not_looked_for()),
        }
        if began.elapsed() + pause > limit {
            let read = Operation::read(Service::Sqs, "GetQueueAttributes");
            let text = format!(
                "{} still holds messages after {} s: it stays with the mapping that empties it",
                queue.address,
                limit.as_secs()
            );
            return Err(ProviderError::own(read, Class::Pending, "NotEmptyYet", text).into());
        }
        io.tell_waiting("its queue to be empty", "messages are left", began, limit);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

/// Proves by reading that it is gone.
pub(super) async fn await_absence(io: &Io, target: &Target, memory: &Remembering) -> Result<(), NodeError> {
    let began = Instant::now();
    let limit = GONE_WITHIN.min(io.limits.wait);
    let mut pause = Duration::from_millis(50);
    loop {
        let live = observe_one(io, target, memory).await?;
        // What was deleted, and is neither listed nor shown by its id, is gone.
        if matches!(live, Live::Absent | Live::Hidden { .. }) {
            return Ok(());
        }
        if began.elapsed() + pause > limit {
            if let Live::Unreadable { because, .. } = live {
                return Err(NodeError::Unreadable(because));
            }
            let read = Operation::read(Service::Sts, "read back");
            let text = format!(
                "{} is still there {} s after it was deleted",
                target.address,
                limit.as_secs()
            );
            return Err(ProviderError::own(read, Class::Pending, "StillThere", text).into());
        }
        io.tell_waiting("its absence", "still there", began, limit);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(3));
    }
}
