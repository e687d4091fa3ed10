//! The bridge between the queue and Kafka: a batch of SQS messages in, one Kafka record for each, a partial batch
//! response out.
//!
//! ```text
//! event -> messages -> records -> sink -> outcome of each -> batchItemFailures
//! ```
//!
//! The one rule: a message leaves the queue only when Kafka has acknowledged its record (acks=all). Every outcome
//! starts as "failed" and only an acknowledgement turns it; whatever is not understood, not sent, not answered
//! before the deadline or not known is reported as failed, and the queue delivers it again or, after its
//! `maxReceiveCount`, moves it to the dead letters. One message's failure is its own.
//!
//! | module | does |
//! | --- | --- |
//! | `settings` | the environment, read once |
//! | `event` | what the queue hands over and hears back |
//! | `message`, `template` | from a message to a record: topic, key, headers, value |
//! | `sink`, `batch` | what takes records, and one deadline over all of them |
//! | `kafka` | the only place that knows the Kafka client |
//! | `handler` | one invocation; the connection kept between invocations, made anew after a fatal error |
//! | `secret`, `sign`, `http` | the stored key, by a signed request |
//! | `log`, `measure` | JSON lines; timings and counts among them |
//! | `runtime` | the Lambda Runtime API |

pub mod batch;
pub mod event;
pub mod handler;
pub mod http;
pub mod kafka;
pub mod log;
pub mod measure;
pub mod message;
pub mod runtime;
pub mod secret;
pub mod settings;
pub mod sign;
pub mod sink;
pub mod template;
