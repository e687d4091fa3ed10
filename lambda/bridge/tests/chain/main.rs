//! The bridge's binary against a real Apache Kafka: each fault a case, the log read back, and what must hold proved.
//!
//! Started by `.ci/chain/one-node` and `.ci/chain/three-nodes`, which bring the brokers; no part of `cargo test`. The
//! binary runs as Lambda runs it (a Runtime API, a stored key, thirty seconds an invocation), over TLS, with PLAIN
//! and with the two permissions that the shipped stack gives it, and through a proxy that can do to its connections
//! what networks do. The queue is a model of SQS: batches of ten, and what an answer keeps comes again.
//!
//! Each record's value says which delivery of which message made it, so that every copy in the log is told apart.
//! With that, the proof of each case (`proof`) is about all of the log:
//!
//! 1. Every acknowledged delivery is in the log, and exactly once: the client's own retries make no copies.
//! 2. On each device, acknowledged deliveries lie in the log in the order in which they were offered. Between two
//!    messages that were both acknowledged at their first delivery this is the order in which they were sent. A
//!    message that comes again comes after what was sent meanwhile, as with every standard queue: that is counted.
//! 3. Every further copy in the log is of a delivery that was reported as failed, and the queue brought that message
//!    again: the at-least-once of the queue, counted as duplicates. `_id` is equal in all of them, so that the sink
//!    stores one document.
//! 4. No invocation outlives its deadline, and in the end nothing is left in the queue.
#![allow(clippy::unwrap_used)]

mod cluster;
mod one_node;
mod proof;
mod proxy;
mod queue;
mod run;
mod three_nodes;

#[allow(
    dead_code,
    reason = "shared with the tests against an acted broker, which ask it for more"
)]
#[path = "../all/lambda.rs"]
mod lambda;
