//! The brokers that `.ci/chain` started: killed, started, administered and read through what Kafka itself offers.

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use krafka::ConsumerRecord;
use krafka::Kafka;
use krafka::KrafkaError;
use krafka::admin::AdminClient;
use krafka::admin::ConfigOp;
use krafka::admin::ConfigResource;
use krafka::admin::CreateTopicsOptions;
use krafka::admin::DeleteTopicsOptions;
use krafka::admin::IncrementalAlterConfigsOptions;
use krafka::admin::ListTopicsOptions;
use krafka::admin::NewTopic;
use krafka::consumer::Consumer;
use serde_json::Value;
use tokio::process::Command;
use tokio::time::sleep;

use crate::proof::Copy;
use crate::queue::Delivery;

pub(crate) const PARTITIONS: i32 = 6;

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run .ci/chain/one-node or three-nodes"))
}

#[derive(Clone)]
pub(crate) struct Cluster {
    pub(crate) folder: PathBuf,
    broker: PathBuf,
    base: u16,
    pub(crate) nodes: u16,
}

impl Cluster {
    pub(crate) fn of_environment() -> Self {
        Self {
            folder: variable("ECLUSA_CHAIN").into(),
            broker: variable("ECLUSA_CHAIN_BROKER").into(),
            base: variable("ECLUSA_CHAIN_BASE").parse().unwrap(),
            nodes: variable("ECLUSA_CHAIN_NODES").parse().unwrap(),
        }
    }

    fn port(&self, node: u16, offset: u16) -> u16 {
        self.base + 10 * node + offset
    }

    /// Where a node listens behind a proxy, and where the proxy must listen.
    pub(crate) fn proxied(&self, node: u16) -> (u16, u16) {
        (self.port(node, 6), self.port(node, 7))
    }

    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.join("pki/ca.pem")
    }

    pub(crate) async fn kill(&self, node: u16) {
        self.run(&["stop", &node.to_string(), "KILL"]).await;
    }

    /// Ends a node as an operator does: it hands its partitions over first.
    pub(crate) async fn shut_down(&self, node: u16) {
        self.run(&["stop", &node.to_string()]).await;
    }

    pub(crate) async fn start(&self, node: u16) {
        self.run(&["start", &node.to_string()]).await;
    }

    async fn run(&self, arguments: &[&str]) {
        let status = Command::new(&self.broker).args(arguments).status().await.unwrap();
        assert!(status.success(), "broker {arguments:?}: {status}");
    }

    /// As the super user.
    async fn kafka(&self) -> Kafka {
        let servers = (1..=self.nodes).map(|node| format!("127.0.0.1:{}", self.port(node, 1)));
        let servers = servers.collect::<Vec<_>>().join(",");
        again(|| async {
            let kafka = Kafka::builder(servers.as_str()).request_timeout(Duration::from_secs(10));
            kafka.connect().await
        })
        .await
    }

    async fn admin(&self) -> AdminClient {
        self.kafka().await.admin()
    }

    /// Makes a topic, and waits until each partition has a leader that answers.
    pub(crate) async fn make_topic(&self, name: &str) {
        let kafka = self.kafka().await;
        again(|| async {
            let topic = NewTopic::new(name, PARTITIONS, -1)?;
            let made = kafka
                .admin()
                .create_topics([topic], CreateTopicsOptions::default())
                .await?;
            succeeded(made.into_values())
        })
        .await;
        let consumer = kafka.consumer_without_group().build().await.unwrap();
        for partition in 0..PARTITIONS {
            again(|| consumer.fetch_watermarks(name, partition)).await;
        }
        consumer.close().await.unwrap();
    }

    /// Deletes a topic, and waits until the brokers no longer know it: what is acknowledged after that is not lost
    /// with it.
    pub(crate) async fn delete_topic(&self, name: &str) {
        let admin = self.admin().await;
        again(|| async {
            succeeded(
                admin
                    .delete_topics([name], DeleteTopicsOptions::default())
                    .await?
                    .into_values(),
            )
        })
        .await;
        while admin
            .list_topics(ListTopicsOptions::default())
            .await
            .unwrap()
            .iter()
            .any(|topic| topic == name)
        {
            sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn limit_records(&self, topic: &str, bytes: u32) {
        let set = ConfigOp::set("max.message.bytes", bytes.to_string());
        let change = (ConfigResource::topic(topic), vec![set]);
        let options = IncrementalAlterConfigsOptions::default();
        let done = self
            .admin()
            .await
            .incremental_alter_configs([change], options)
            .await
            .unwrap();
        succeeded(done.into_values()).unwrap();
    }

    /// Gives the user `bridge` another password, at once, on the listener that proxies stand before.
    pub(crate) async fn set_password(&self, password: &str) {
        let module = "org.apache.kafka.common.security.plain.PlainLoginModule";
        let login = format!("{module} required user_bridge=\"{password}\" user_other=\"right\";");
        let admin = self.admin().await;
        for node in 1..=self.nodes {
            let set = ConfigOp::set("listener.name.proxy.plain.sasl.jaas.config", login.as_str());
            let change = (ConfigResource::broker(i32::from(node)), vec![set]);
            let options = IncrementalAlterConfigsOptions::default();
            let done = admin.incremental_alter_configs([change], options).await.unwrap();
            succeeded(done.into_values()).unwrap();
        }
    }

    /// Everything in a topic's log up to its end of now.
    pub(crate) async fn log(&self, topic: &str) -> Vec<Copy> {
        let kafka = self.kafka().await;
        let consumer = kafka.consumer_without_group().build().await.unwrap();
        let mut ends = Vec::new();
        for partition in 0..PARTITIONS {
            ends.push(again(|| consumer.fetch_watermarks(topic, partition)).await.1);
        }
        consumer.assign(topic, (0..PARTITIONS).collect()).await.unwrap();
        for partition in 0..PARTITIONS {
            consumer.seek_to_beginning(topic, partition).await.unwrap();
        }
        let mut copies = Vec::new();
        while !is_read(&consumer, topic, &ends).await {
            let records = consumer.poll(Duration::from_secs(10)).await.unwrap();
            copies.extend(records.iter().map(copy));
        }
        consumer.close().await.unwrap();
        copies
    }
}

async fn is_read(consumer: &Consumer, topic: &str, ends: &[i64]) -> bool {
    for (partition, end) in (0..).zip(ends) {
        let position = consumer.position(topic, partition).await.unwrap_or(0);
        if position < *end {
            return false;
        }
    }
    true
}

fn copy(record: &ConsumerRecord) -> Copy {
    let value: Value = serde_json::from_slice(record.value.as_deref().unwrap()).unwrap();
    let message = usize::try_from(value["message"].as_u64().unwrap()).unwrap();
    assert_eq!(value["_id"], format!("message-{message}"));
    Copy {
        topic: record.topic.to_string(),
        partition: record.partition,
        offset: record.offset,
        key: String::from_utf8(record.key.as_deref().unwrap().to_vec()).unwrap(),
        delivery: Delivery {
            message,
            time: u32::try_from(value["time"].as_u64().unwrap()).unwrap(),
        },
    }
}

fn succeeded(results: impl IntoIterator<Item = Result<(), KrafkaError>>) -> Result<(), KrafkaError> {
    results.into_iter().collect()
}

/// Until it works, for a minute at most: brokers that have just started answer in their own time.
async fn again<T, F: Future<Output = Result<T, KrafkaError>>>(work: impl Fn() -> F) -> T {
    let mut left = 300;
    loop {
        match work().await {
            Ok(done) => return done,
            Err(error) if left == 0 || !error.is_retriable() => panic!("{error}"),
            Err(_) => left -= 1,
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// Where a case's records go: one topic for each sensor.
pub(crate) fn topic(case: &str, sensor: &str) -> String {
    format!("chain.{case}.{sensor}")
}

/// Appends to a file of the run's folder.
pub(crate) fn append(path: &Path, text: &str) {
    use std::io::Write;
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    file.unwrap().write_all(text.as_bytes()).unwrap();
}
