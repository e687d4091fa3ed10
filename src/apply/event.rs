//! What happens during a run, for whoever watches. Events are told in the order they happen; nobody waits
//! for the watcher.

use std::time::Duration;

use eclusa_planner::plan::Action;
use eclusa_planner::resource::Address;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A stage of the run began: `reading 5 resources`.
    Stage(String),
    Started {
        address: Address,
        action: Action,
    },
    /// A wait goes on: what for, since when, its limit, and what the provider last said.
    Waiting {
        address: Option<Address>,
        what: String,
        status: String,
        waited: Duration,
        limit: Duration,
    },
    Succeeded {
        address: Address,
        action: Action,
        took: Duration,
    },
    Failed {
        address: Address,
        action: Action,
        error: String,
    },
    Skipped {
        address: Address,
        because: Address,
    },
    /// The first Ctrl-C: nothing new starts.
    Stopping {
        in_flight: Vec<Address>,
    },
}

/// What travels to the watcher.
#[derive(Debug)]
pub enum Message {
    Event(Box<Event>),
    /// Everything before this is told once the sender hears back.
    Settle(oneshot::Sender<()>),
}

/// The sending half; cheap to clone. Without a watcher events go nowhere.
#[derive(Clone, Debug)]
pub struct Events(mpsc::UnboundedSender<Message>);

impl Events {
    pub fn channel() -> (Self, mpsc::UnboundedReceiver<Message>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    pub fn send(&self, event: Event) {
        // A watcher that has gone is not the run's concern.
        let _ = self.0.send(Message::Event(Box::new(event)));
    }

    /// Returns when everything sent so far has been told, so that other output does not cross it.
    pub async fn settle(&self) {
        let (done, told) = oneshot::channel();
        if self.0.send(Message::Settle(done)).is_ok() {
            let _ = told.await;
        }
    }
}
