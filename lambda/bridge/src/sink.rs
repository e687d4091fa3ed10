//! What takes records: the trait that keeps the Kafka client behind one file.

use std::future::Future;

/// One record to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    pub topic: String,
    /// Records of one key keep their order.
    pub key: Vec<u8>,
    pub value: Vec<u8>,
    pub headers: Vec<(String, Vec<u8>)>,
}

/// Why a record was not stored, as far as anybody knows: it may have been, and its answer lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For the log: names topics and codes, never payloads.
    pub reason: String,
    pub reach: Reach,
}

/// What else a refusal speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// This record alone.
    Record,
    /// Every record of this topic: asking again for each would only spend the deadline.
    Topic,
    /// The connection is of no more use: it must be made anew before the next batch.
    Connection,
    /// As `Connection`, because the brokers no longer take its key: with the key that is stored now, the record may
    /// be offered again.
    Key,
}

impl Refusal {
    pub fn new(reach: Reach, reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            reach,
        }
    }
}

/// Takes records and says when each is stored.
pub trait Sink {
    /// Resolves when it is known that one record is stored (`Ok` means exactly that), or why not.
    type Receipt: Future<Output = Result<(), Refusal>> + Unpin;

    /// Hands one record over; records are stored in the order in which they were handed over, by partition.
    /// Dropping the future before it resolves hands nothing over.
    ///
    /// # Errors
    /// The record was not taken and will not be stored.
    fn offer(&self, record: Outgoing) -> impl Future<Output = Result<Self::Receipt, Refusal>>;

    /// Resolves when a topic turns out to be gone from under records that were taken; never otherwise. What is left
    /// of them without an answer need not be waited for.
    fn gone(&self, topic: &str) -> impl Future<Output = Refusal>;

    /// Gives up what was taken and has no answer, lest it be stored after what the next sink stores.
    fn close(self) -> impl Future<Output = ()>;
}

/// Makes sinks.
pub trait Connector {
    type Sink: Sink;

    /// # Errors
    /// A sentence for the log: what failed and what was expected.
    fn connect(&self) -> impl Future<Output = Result<Self::Sink, String>>;
}
