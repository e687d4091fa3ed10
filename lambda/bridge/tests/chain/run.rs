//! One case: the brokers, proxies before them, the bridge behind them, and the queue that feeds it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::future::Future;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;
use tokio::process::Child;
use tokio::process::Command;

use crate::cluster::Cluster;
use crate::cluster::append;
use crate::cluster::topic;
use crate::lambda::Answer;
use crate::lambda::Lambda;
use crate::proof;
use crate::proof::Copy;
use crate::proof::Seen;
use crate::proxy::Proxy;
use crate::queue;
use crate::queue::Queue;
use crate::queue::SENSORS;

/// As long as the shipped function has.
const TIME: Duration = Duration::from_secs(30);

pub(crate) struct Run {
    case: &'static str,
    key: Value,
    pub(crate) cluster: Cluster,
    /// One before each node, in their order.
    pub(crate) proxies: Vec<Proxy>,
    pub(crate) lambda: Lambda,
    pub(crate) queue: Queue,
    bridge: Child,
    times: Vec<Duration>,
    proved: Seen,
    /// What each invocation has.
    pub(crate) time: Duration,
    began: Instant,
}

pub(crate) fn key(user: &str, password: &str) -> Value {
    json!({ "api_key": user, "api_secret": password })
}

impl Run {
    pub(crate) async fn start(case: &'static str) -> Self {
        Self::start_with_key(case, key("bridge", "right")).await
    }

    pub(crate) async fn start_with_key(case: &'static str, stored: Value) -> Self {
        let began = Instant::now();
        let cluster = Cluster::of_environment();
        for sensor in SENSORS {
            cluster.make_topic(&topic(case, sensor)).await;
        }
        let mut proxies = Vec::new();
        for node in 1..=cluster.nodes {
            let (target, port) = cluster.proxied(node);
            proxies.push(Proxy::start(port, target).await);
        }
        let lambda = Lambda::start(stored.clone()).await;
        let bridge = spawn(case, &cluster, &lambda);
        Self {
            case,
            key: stored,
            cluster,
            proxies,
            lambda,
            queue: Queue::default(),
            bridge,
            times: Vec::new(),
            proved: Seen::default(),
            time: TIME,
            began,
        }
    }

    /// Sends new messages, in batches with what comes again.
    pub(crate) async fn send(&mut self, messages: usize) {
        self.send_during(messages, async {}).await;
    }

    /// Sends at least so many new messages, and goes on until the fault is over.
    pub(crate) async fn send_during(&mut self, messages: usize, fault: impl Future<Output = ()>) {
        let until = self.queue.sent + messages;
        let mut fault = pin!(fault);
        let mut over = false;
        while self.queue.sent < until || !over {
            let fresh = if over { until - self.queue.sent } else { usize::MAX };
            let batch = self.queue.batch(fresh);
            let mut invoked = pin!(self.invoke(batch));
            loop {
                tokio::select! {
                    () = &mut invoked => break,
                    () = &mut fault, if !over => over = true,
                }
            }
        }
    }

    /// Delivers until nothing is left in the queue.
    pub(crate) async fn drain(&mut self) {
        while self.queue.waits() > 0 {
            let batch = self.queue.batch(0);
            self.invoke(batch).await;
        }
    }

    /// Sends one batch of new messages, and kills the process at some moment before its answer, or right after it. In
    /// the first case the queue never hears of the batch, and brings all of it again.
    pub(crate) async fn send_and_kill(&mut self, moment: impl Future<Output = ()>) {
        let batch = self.queue.batch(queue::BATCH);
        let answered = {
            let mut invoked = pin!(self.lambda.invoke_within(queue::event(&batch), self.time));
            tokio::select! {
                answer = &mut invoked => Some(answer),
                () = moment => None,
            }
        };
        self.bridge.start_kill().unwrap();
        self.bridge.wait().await.unwrap();
        match answered {
            Some(answer) => self.answered(&batch, &answer),
            None => self.queue.unanswered(&batch),
        }
        self.lambda = Lambda::start(self.key.clone()).await;
        self.bridge = spawn(self.case, &self.cluster, &self.lambda);
    }

    async fn invoke(&mut self, batch: Vec<queue::Delivery>) {
        let began = Instant::now();
        let answer = self.lambda.invoke_within(queue::event(&batch), self.time).await;
        self.times.push(began.elapsed());
        self.answered(&batch, &answer);
    }

    fn answered(&mut self, batch: &[queue::Delivery], answer: &Answer) {
        let Answer::Response(response) = answer else {
            panic!("{}: {answer:?}", self.case);
        };
        let failures = response["batchItemFailures"].as_array().unwrap();
        let id = |failure: &Value| failure["itemIdentifier"].as_str().unwrap().to_owned();
        let kept: BTreeSet<String> = failures.iter().map(id).collect();
        self.queue.answered(batch, |id| kept.contains(id));
    }

    /// Stops the process as Lambda does between invocations, until `fault` is over.
    pub(crate) async fn freeze_during(&mut self, fault: impl Future<Output = ()>) {
        self.signal("-STOP").await;
        fault.await;
        self.signal("-CONT").await;
    }

    async fn signal(&self, signal: &str) {
        let id = self.bridge.id().unwrap().to_string();
        let status = Command::new("kill").args([signal, &id]).status().await.unwrap();
        assert!(status.success());
    }

    async fn log(&self) -> Vec<Copy> {
        let mut log = Vec::new();
        for sensor in SENSORS {
            log.extend(self.cluster.log(&topic(self.case, sensor)).await);
        }
        log
    }

    /// Proves what has been sent so far against the log, which is then deleted with its topics; so many messages find
    /// none, and then the topics are made again.
    pub(crate) async fn remake_topics(&mut self, meanwhile: usize) {
        self.prove_so_far().await;
        self.queue.forget_acknowledged();
        let cluster = self.cluster.clone();
        for sensor in SENSORS {
            cluster.delete_topic(&topic(self.case, sensor)).await;
        }
        self.send(meanwhile).await;
        let case = self.case;
        self.send_during(0, async {
            for sensor in SENSORS {
                cluster.make_topic(&topic(case, sensor)).await;
            }
        })
        .await;
    }

    /// What a record may have at most, compressed and with its framing; the broker's default is 1048588.
    pub(crate) async fn limit_records(&self, bytes: u32) {
        for sensor in SENSORS {
            self.cluster.limit_records(&topic(self.case, sensor), bytes).await;
        }
    }

    async fn prove_so_far(&mut self) -> Vec<Copy> {
        let log = self.log().await;
        let seen = match proof::judge(&self.queue.offered, &log) {
            Ok(seen) => seen,
            Err(problems) => {
                let some: Vec<_> = problems.iter().take(10).collect();
                panic!("{}: {} problems, of them {some:#?}", self.case, problems.len());
            }
        };
        let proved = &mut self.proved;
        proved.acknowledged += seen.acknowledged;
        proved.copies += seen.copies;
        proved.duplicates += seen.duplicates;
        proved.overtaken += seen.overtaken;
        proved.most_deliveries = proved.most_deliveries.max(seen.most_deliveries);
        log
    }

    /// Delivers what is left, proves the whole log, and writes down what was seen; returns it.
    pub(crate) async fn prove(mut self) -> Seen {
        self.drain().await;
        let log = self.prove_so_far().await;
        assert_eq!(
            self.proved.acknowledged, self.queue.sent,
            "{}: not every message was acknowledged",
            self.case
        );
        self.proved.reported = self.queue.reported;
        self.bridge.start_kill().unwrap();
        self.bridge.wait().await.unwrap();
        self.write_down(&log);
        self.proved
    }

    fn write_down(&mut self, log: &[Copy]) {
        let mut lines = String::new();
        for copy in log {
            let Copy {
                topic,
                partition,
                offset,
                key,
                delivery,
            } = copy;
            writeln!(
                lines,
                "{topic} {partition} {offset} {key} {} {}",
                delivery.message, delivery.time
            )
            .unwrap();
        }
        append(&self.cluster.folder.join("read.txt"), &lines);
        self.times.sort_unstable();
        let time = |of: usize| {
            self.times
                .get(self.times.len() * of / 100)
                .or(self.times.last())
                .unwrap()
        };
        let milliseconds = |time: &Duration| format!("{:.1}", time.as_secs_f64() * 1e3);
        let seen = &self.proved;
        let cut: usize = self.proxies.iter().map(Proxy::cut).sum();
        let row = format!(
            "| {} | {} | {} | {} | {} | {} | {cut} | {} | {} | {} | {:.0} |\n",
            self.case.replace('_', " "),
            seen.acknowledged,
            seen.reported,
            seen.most_deliveries,
            seen.duplicates,
            seen.overtaken,
            milliseconds(time(50)),
            milliseconds(time(99)),
            milliseconds(time(100)),
            self.began.elapsed().as_secs_f64()
        );
        append(&self.cluster.folder.join("figures.md"), &row);
    }
}

fn spawn(case: &str, cluster: &Cluster, lambda: &Lambda) -> Child {
    let servers: Vec<String> = (1..=cluster.nodes)
        .map(|node| format!("localhost:{}", cluster.proxied(node).1))
        .collect();
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(cluster.folder.join(format!("{case}.log")));
    Command::new(env!("CARGO_BIN_EXE_bootstrap"))
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", &lambda.address)
        .env("AWS_ENDPOINT_URL", format!("http://{}", lambda.address))
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "AKID")
        .env("AWS_SECRET_ACCESS_KEY", "aws-secret")
        .env("KAFKA_SECRET_ID", "local-telemetry-bridge_key")
        .env("KAFKA_BOOTSTRAP", format!("SASL_SSL://{}", servers.join(",")))
        .env("KAFKA_CA_FILE", cluster.authority())
        .env("TOPIC_TEMPLATE", topic(case, "{mqtt_topic:2}"))
        .stdout(Stdio::from(log.unwrap()))
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}
