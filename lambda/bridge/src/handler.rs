//! One invocation: an event in, the ids to keep in the queue out.
//!
//! The connection is made once, during init, and kept. After a refusal that speaks for the whole connection, or a
//! silence until the deadline, it is given up once every outcome is known, and the next invocation makes it anew. Where its key was refused it is made
//! anew at once, with the key that is stored now, and what was refused is offered once more: a rotated key costs no
//! message its visibility timeout. Where no connection can be had, every message is reported as failed: the queue
//! keeps them, and the function goes on without a restart.

use std::time::Duration;
use std::time::SystemTime;

use serde_json::json;
use tokio::time::Instant;
use tokio::time::sleep;
use tokio::time::timeout;
use tokio::time::timeout_at;

use crate::batch;
use crate::event;
use crate::event::EventError;
use crate::event::Incoming;
use crate::log;
use crate::log::Level;
use crate::measure::Meter;
use crate::message::Routing;
use crate::sink::Connector;
use crate::sink::Outgoing;
use crate::sink::Reach;
use crate::sink::Refusal;
use crate::sink::Sink;

/// After a gap this long the process was probably frozen.
const GAP: Duration = Duration::from_secs(5);
/// Lets the client's own sweep close what went idle meanwhile; it runs when its timer is next polled, and a produce
/// that comes before it takes a dead connection and its whole request timeout.
const SWEEP: Duration = Duration::from_millis(5);

/// What giving up a connection may cost.
const CLOSE: Duration = Duration::from_millis(100);

/// What lives from one invocation to the next.
pub struct Bridge<C: Connector> {
    routing: Routing,
    connector: C,
    meter: Meter,
    sink: Option<C::Sink>,
    /// When the process was last seen to run, by both clocks: which of them goes on during a freeze is the
    /// platform's affair.
    awake: Option<(Instant, SystemTime)>,
}

/// Outcomes in the order of the messages; a failure holds its reason.
type Outcome = Result<(), String>;

impl<C: Connector> Bridge<C> {
    pub fn new(routing: Routing, connector: C, meter: Meter) -> Self {
        Self {
            routing,
            connector,
            meter,
            sink: None,
            awake: None,
        }
    }

    /// Makes the connection unless there is one.
    ///
    /// # Errors
    /// None can be had until `deadline`: a sentence for the log.
    pub async fn connect(&mut self, deadline: Instant) -> Result<(), String> {
        if self.sink.is_none() {
            let began = Instant::now();
            let connecting = timeout_at(deadline, self.connector.connect()).await;
            self.sink = Some(connecting.unwrap_or_else(|_| Err("no connection before the deadline".to_owned()))?);
            self.meter.connected(began.elapsed());
            self.awake = Some((Instant::now(), SystemTime::now()));
        }
        Ok(())
    }

    /// Handles one event and returns the response, at `deadline` at the latest, or 0.1 s after it where the connection
    /// is given up.
    ///
    /// # Errors
    /// The event is none, or its answer cannot be written: the invocation must fail, which keeps all its messages.
    pub async fn handle(&mut self, event: &[u8], deadline: Instant) -> Result<Vec<u8>, EventError> {
        let began = Instant::now();
        self.thaw().await;
        let event = event::read(event)?;
        let outcomes = self.outcomes(&event.messages, deadline).await;
        let mut failed = Vec::new();
        for (message, outcome) in event.messages.iter().zip(&outcomes) {
            if let Err(reason) = outcome {
                failed.push(message.id.as_str());
                let fields = [("messageId", json!(message.id)), ("reason", json!(reason))];
                log::line(Level::Warn, "message kept in the queue", &fields);
            }
        }
        self.meter.batch(event.messages.len(), failed.len(), began.elapsed());
        self.awake = Some((Instant::now(), SystemTime::now()));
        event::response(failed)
    }

    async fn thaw(&self) {
        let Some((instant, wall)) = self.awake else { return };
        if instant.elapsed() > GAP || wall.elapsed().is_ok_and(|gap| gap > GAP) {
            sleep(SWEEP).await;
        }
    }

    async fn outcomes(&mut self, messages: &[Incoming<'_>], deadline: Instant) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = messages.iter().map(|_| Err("not sent".to_owned())).collect();
        let mut places: Vec<usize> = (0..messages.len()).collect();
        // A connection made in this very invocation has the stored key: asking again would change nothing.
        let had_connection = self.sink.is_some();
        places = self.attempt(messages, &places, &mut outcomes, deadline).await;
        if had_connection && !places.is_empty() {
            log::line(Level::Warn, "key refused: reading it again", &[]);
            self.attempt(messages, &places, &mut outcomes, deadline).await;
        }
        outcomes
    }

    /// Offers the messages at `places`, in their order, and returns the places of those refused for the key.
    async fn attempt(
        &mut self,
        messages: &[Incoming<'_>],
        places: &[usize],
        outcomes: &mut [Outcome],
        deadline: Instant,
    ) -> Vec<usize> {
        let mut sent = Vec::new();
        let mut records = Vec::new();
        for &place in places {
            let Some(message) = messages.get(place) else { continue };
            match self.routing.record(message) {
                Ok(record) => {
                    sent.push(place);
                    records.push(record);
                }
                Err(unroutable) => set(outcomes, place, Err(unroutable.to_string())),
            }
        }
        let mut refused = Vec::new();
        for (place, stored) in sent.into_iter().zip(self.store(records, deadline).await) {
            if stored.as_ref().is_err_and(|refusal| refusal.reach == Reach::Key) {
                refused.push(place);
            }
            set(outcomes, place, stored.map_err(|refusal| refusal.reason));
        }
        refused
    }

    async fn store(&mut self, records: Vec<Outgoing>, deadline: Instant) -> Vec<Result<(), Refusal>> {
        if records.is_empty() {
            return Vec::new();
        }
        if let Err(reason) = self.connect(deadline).await {
            return vec![Err(Refusal::new(Reach::Connection, reason)); records.len()];
        }
        let Some(sink) = &self.sink else { return Vec::new() };
        let stored = batch::store(sink, records, deadline).await;
        let spent = |outcome: &Result<(), Refusal>| matches!(outcome, Err(refusal) if matches!(refusal.reach, Reach::Connection | Reach::Key));
        if stored.iter().any(spent)
            && let Some(sink) = self.sink.take()
        {
            // The deadline may be over; the margin before Lambda's own allows this much.
            let _ = timeout(CLOSE, sink.close()).await;
        }
        stored
    }
}

fn set(outcomes: &mut [Outcome], place: usize, outcome: Outcome) {
    if let Some(slot) = outcomes.get_mut(place) {
        *slot = outcome;
    }
}

#[cfg(test)]
mod tests;
