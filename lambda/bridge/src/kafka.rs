//! The only place that knows the Kafka client, `krafka`.
//!
//! Settings, and what each is for:
//!
//! | setting | why |
//! | --- | --- |
//! | acks all, idempotent | an acknowledgement means stored on every replica in sync; the client's own retries make no duplicates |
//! | linger 0 | a batch is whole when it comes; waiting gains nothing |
//! | connect 1 s, request 2 s | a dead leader is found out within a batch; a request's clock covers its connecting |
//! | delivery 20 s | outlives the death of a leader (some 11 s), within the function's 30 s |
//! | block 0.6 s | how long a topic may be unknown to the brokers before its record is refused: one just made settles within it |
//! | patience 2.4 s | how long a topic is asked for while no broker answers: after an outage the client itself waits up to a second before it asks again. It costs the first record of a topic that long, and the rest of its topic nothing (see `batch`) |
//! | batch 16 KiB, at most the largest record | one topic's limit is not met by its small records together |
//! | buffer 8 MiB, or four of the largest records | more than a whole event; what is given up at the deadline leaves it when its delivery time is over |
//! | connections idle 4 min | below the 350 s after which a load balancer forgets a connection |
//! | no metrics push | a broker that asks for client metrics must not cost a frozen function time |
//!
//! The client stays in service through whatever it can retry; after what it calls fatal it is made anew, with the key
//! read again, so that a rotated key needs no new deployment. The partitioner is its default, Java's murmur2.
//!
//! Brokers that do not answer when the connection is made are asked again for as long as a record may take to be
//! delivered: a message that fails at once would come back no sooner than its visibility timeout.
//!
//! A topic deleted under records already taken would hold them for the whole delivery time: the client drops such a
//! topic from its metadata, which is asked every 0.1 s while answers are waited for, and costs no request as long as
//! the topic is there.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use krafka::CloseOptions;
use krafka::Kafka;
use krafka::KrafkaError;
use krafka::Record;
use krafka::auth::AuthConfig;
use krafka::auth::TlsConfig;
use krafka::error::ErrorCode;
use krafka::prelude::Compression;
use krafka::producer::Acks;
use krafka::producer::DeliveryHandle;
use krafka::producer::Producer;
use serde_json::json;
use tokio::time::Instant;
use tokio::time::sleep;

use crate::log;
use crate::log::Level;
use crate::secret::Key;
use crate::secret::Stored;
use crate::settings::bootstrap_of;
use crate::sink::Connector;
use crate::sink::Outgoing;
use crate::sink::Reach;
use crate::sink::Refusal;
use crate::sink::Sink;

const CONNECT: Duration = Duration::from_secs(1);
const REQUEST: Duration = Duration::from_secs(2);
const DELIVERY: Duration = Duration::from_secs(20);
const BLOCK: Duration = Duration::from_millis(600);
const PATIENCE: Duration = Duration::from_millis(2_400);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
const GLANCE: Duration = Duration::from_millis(100);
const IDLE: Duration = Duration::from_secs(240);
/// Room for the record's own framing, beside key, value and headers.
const FRAMING: usize = 4096;
/// The client's default for a whole request, which must hold at least one of its batches.
const SMALLEST_REQUEST: usize = 1_048_576;
const BATCH: usize = 16_384;
const BUFFER: usize = 8 * 1_048_576;

/// How the password travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// SASL_SSL.
    Tls,
    /// SASL_PLAINTEXT, for a broker on this machine.
    PlainOnLoopback,
}

/// Where the brokers are.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Without them, those of the stored key.
    pub servers: Option<String>,
    pub security: Security,
    /// PEM of the only authorities to trust.
    pub authority_file: Option<String>,
}

/// Connects with the stored key, read anew each time.
pub struct KafkaConnector {
    pub cluster: Cluster,
    pub stored: Stored,
    /// The largest record to let through.
    pub largest: usize,
}

impl Connector for KafkaConnector {
    type Sink = KafkaSink;

    async fn connect(&self) -> Result<KafkaSink, String> {
        let key = self.stored.key().await?;
        let (security, servers) = self.servers(&key)?;
        let plain = AuthConfig::sasl_plain(key.api_key, key.api_secret);
        let security = match security {
            Security::PlainOnLoopback => plain,
            Security::Tls => plain.with_tls(self.tls()),
        };
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            match self.open(&servers, security.clone()).await {
                Ok(sink) => return Ok(sink),
                // A dead broker, unlike a refused key, may be replaced within the batch's time.
                Err(error) if error.is_retriable() && began.elapsed() + pause < DELIVERY => {
                    if pause == FIRST_PAUSE {
                        let reason = [("reason", json!(error.to_string()))];
                        log::line(Level::Warn, "no connection yet", &reason);
                    }
                }
                Err(error) => return Err(format!("connecting to {servers}: {error}")),
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

impl KafkaConnector {
    async fn open(&self, servers: &str, security: AuthConfig) -> Result<KafkaSink, KrafkaError> {
        let kafka = Kafka::builder(servers)
            .client_id("eclusa-bridge")
            .security(security)
            .connect_timeout(CONNECT)
            .request_timeout(REQUEST)
            .connections_max_idle(Some(IDLE))
            .metadata_topic_cache_ttl(None)
            .connect()
            .await?;
        let producer = kafka
            .producer()
            .acks(Acks::All)
            .idempotent(true)
            .linger(Duration::ZERO)
            .compression(Compression::Lz4)
            .delivery_timeout(DELIVERY)
            .max_block(BLOCK)
            .batch_size(BATCH.min(self.largest))
            .buffer_memory(BUFFER.max(self.largest.saturating_mul(4)))
            .max_request_size(self.largest.saturating_add(FRAMING).max(SMALLEST_REQUEST))
            .metrics_push(false)
            .build()
            .await?;
        Ok(KafkaSink(producer))
    }

    fn servers(&self, key: &Key) -> Result<(Security, String), String> {
        let id = &self.stored.id;
        match (&self.cluster.servers, &key.bootstrap_servers) {
            (Some(servers), _) => Ok((self.cluster.security, servers.clone())),
            (None, Some(servers)) => {
                bootstrap_of(servers).map_err(|error| format!("bootstrap_servers of {id}: {error}"))
            }
            (None, None) => Err(format!(
                "neither KAFKA_BOOTSTRAP nor bootstrap_servers of {id} names a broker"
            )),
        }
    }

    fn tls(&self) -> TlsConfig {
        match &self.cluster.authority_file {
            Some(path) => TlsConfig::new().with_ca_cert(path.as_str()),
            None => TlsConfig::new(),
        }
    }
}

/// An idempotent producer.
pub struct KafkaSink(Producer);

impl Sink for KafkaSink {
    type Receipt = KafkaReceipt;

    async fn offer(&self, record: Outgoing) -> Result<KafkaReceipt, Refusal> {
        let mut to_send = Record::new(record.topic, record.value).key(record.key);
        for (name, value) in record.headers {
            to_send = to_send.header(name, value);
        }
        let began = Instant::now();
        loop {
            match self.0.enqueue(to_send.clone()).await {
                Ok(handle) => return Ok(KafkaReceipt(handle)),
                Err(error) if passes(&error) && began.elapsed() < PATIENCE => {}
                Err(error) => return Err(refusal(&error)),
            }
        }
    }

    async fn gone(&self, topic: &str) -> Refusal {
        loop {
            sleep(GLANCE).await;
            match self.0.partitions_for(topic).await {
                Err(error) if is_unknown_topic(&error) => return refusal(&error),
                _ => {}
            }
        }
    }

    async fn close(self) {
        // What it gives up is reported by the receipts.
        let _ = self.0.close_with(CloseOptions::new().timeout(Duration::ZERO)).await;
    }
}

/// The broker's answer to one record.
pub struct KafkaReceipt(DeliveryHandle);

impl Future for KafkaReceipt {
    type Output = Result<(), Refusal>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|answer| match answer {
            Ok(stored) if stored.is_persisted() => Ok(()),
            Ok(_) => Err(Refusal::new(
                Reach::Record,
                "the broker's answer did not say that it stored the record",
            )),
            Err(error) => Err(refusal(&error)),
        })
    }
}

fn is_unknown_topic(error: &KrafkaError) -> bool {
    let code = ErrorCode::UnknownTopicOrPartition;
    matches!(error, KrafkaError::UnknownTopic { .. })
        || matches!(error, KrafkaError::Broker { code: it, .. } if *it == code)
}

/// Whether an offer was refused only because nobody said where the topic is.
fn passes(error: &KrafkaError) -> bool {
    matches!(error, KrafkaError::Timeout { .. }) || (error.is_retriable() && !is_unknown_topic(error))
}

fn refusal(error: &KrafkaError) -> Refusal {
    let reach = match error {
        KrafkaError::Auth { .. } => Reach::Key,
        KrafkaError::Broker { code, .. } if *code == ErrorCode::SaslAuthenticationFailed => Reach::Key,
        _ if error.is_fatal() => Reach::Connection,
        KrafkaError::UnknownTopic { .. } | KrafkaError::Timeout { .. } | KrafkaError::Network(_) => Reach::Topic,
        KrafkaError::Broker { code, .. } if speaks_for_topic(*code) => Reach::Topic,
        _ => Reach::Record,
    };
    Refusal::new(reach, error.to_string())
}

fn speaks_for_topic(code: ErrorCode) -> bool {
    code.is_retriable() || matches!(code, ErrorCode::InvalidTopic | ErrorCode::TopicAuthorizationFailed)
}
