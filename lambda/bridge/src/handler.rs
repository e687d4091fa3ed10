//! One invocation: an event in, the ids to keep in the queue out.
//!
//! The connection is made once, during init, and kept. After a refusal that speaks for the whole connection it is
//! dropped once every outcome is known, and the next invocation makes it anew. Where no connection can be had, every
//! message is reported as failed: the queue keeps them, and the function goes on without a restart.

use std::time::Duration;
use std::time::SystemTime;

use serde_json::json;
use tokio::time::Instant;
use tokio::time::sleep;
use tokio::time::timeout_at;

use crate::batch;
use crate::event;
use crate::event::EventError;
use crate::event::Incoming;
use crate::log;
use crate::log::Level;
use crate::message::Routing;
use crate::sink::Connector;
use crate::sink::Outgoing;
use crate::sink::Reach;
use crate::sink::Refusal;

/// After a gap this long the process was probably frozen.
const GAP: Duration = Duration::from_secs(5);
/// Lets the client's own sweep close what went idle meanwhile; it runs when its timer is next polled, and a produce
/// that comes before it takes a dead connection and its whole request timeout.
const SWEEP: Duration = Duration::from_millis(5);

/// What lives from one invocation to the next.
pub struct Bridge<C: Connector> {
    routing: Routing,
    connector: C,
    sink: Option<C::Sink>,
    /// By both clocks: which of them goes on during a freeze is the platform's affair.
    ended: Option<(Instant, SystemTime)>,
}

/// Outcomes in the order of the messages; a failure holds its reason.
type Outcome = Result<(), String>;

impl<C: Connector> Bridge<C> {
    pub fn new(routing: Routing, connector: C) -> Self {
        Self {
            routing,
            connector,
            sink: None,
            ended: None,
        }
    }

    /// Makes the connection unless there is one.
    ///
    /// # Errors
    /// None can be had until `deadline`: a sentence for the log.
    pub async fn connect(&mut self, deadline: Instant) -> Result<(), String> {
        if self.sink.is_none() {
            let connecting = timeout_at(deadline, self.connector.connect()).await;
            self.sink = Some(connecting.unwrap_or_else(|_| Err("no connection before the deadline".to_owned()))?);
        }
        Ok(())
    }

    /// Handles one event and returns the response, at `deadline` at the latest.
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
        let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        log::line(
            Level::Info,
            "batch",
            &[
                ("messages", json!(event.messages.len())),
                ("failed", json!(failed.len())),
                ("milliseconds", json!(took)),
            ],
        );
        self.ended = Some((Instant::now(), SystemTime::now()));
        event::response(failed)
    }

    async fn thaw(&self) {
        let Some((instant, wall)) = self.ended else { return };
        if instant.elapsed() > GAP || wall.elapsed().is_ok_and(|gap| gap > GAP) {
            sleep(SWEEP).await;
        }
    }

    async fn outcomes(&mut self, messages: &[Incoming<'_>], deadline: Instant) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(messages.len());
        let mut places = Vec::new();
        let mut records = Vec::new();
        for (place, message) in messages.iter().enumerate() {
            match self.routing.record(message) {
                Ok(record) => {
                    places.push(place);
                    records.push(record);
                    outcomes.push(Err("not sent".to_owned()));
                }
                Err(unroutable) => outcomes.push(Err(unroutable.to_string())),
            }
        }
        for (place, stored) in places.into_iter().zip(self.store(records, deadline).await) {
            if let Some(outcome) = outcomes.get_mut(place) {
                *outcome = stored.map_err(|refusal| refusal.reason);
            }
        }
        outcomes
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
        let spent =
            |outcome: &Result<(), Refusal>| matches!(outcome, Err(refusal) if refusal.reach == Reach::Connection);
        if stored.iter().any(spent) {
            self.sink = None;
        }
        stored
    }
}

#[cfg(test)]
mod tests;
