//! Three bridges in one run: this repository's, one in Python (confluent-kafka, librdkafka within) and one in Node
//! (kafkajs), each a process under the same Runtime API before the same Kafka over SASL_SSL, fed with the same events.
//! Started by `benches/bridge/run`; prints a table in Markdown.
//!
//! | column | is |
//! | --- | --- |
//! | cold | from the start of the process to the answer to its first event, ten records acknowledged: median and worst of some runs |
//! | warm | from an event handed over to its answer, p50 and p99, by the size of the batch |
//! | memory | `VmHWM` after all of that |
//! | zip | what would be uploaded |
//!
//! The others are spared what this bridge does besides: they are given the key instead of reading it from Secrets
//! Manager, log nothing, and speak to the Runtime API with their standard library alone.
#![allow(clippy::unwrap_used)]

use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;
use tokio::process::Child;
use tokio::process::Command;

use crate::lambda::Answer;
use crate::lambda::Lambda;

#[allow(dead_code, reason = "shared with the bridge's tests, which ask it for more")]
#[path = "../../../lambda/bridge/tests/all/lambda.rs"]
mod lambda;

const TIME: Duration = Duration::from_secs(30);
const COLD: usize = 9;
/// Size of a batch, and how many of it are measured.
const WARM: [(usize, usize); 3] = [(10, 1000), (100, 300), (1000, 60)];
/// Invocations before the first that is measured: the just-in-time compiler's share.
const UNMEASURED: usize = 20;

struct Contender {
    name: String,
    command: Vec<String>,
    zip: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!("| bridge | cold ms, median (worst) | warm 10: p50 / p99 ms | 100 | 1,000 | memory MiB | zip KiB |");
    println!("|---|---|---|---|---|---|---|");
    let contenders: Vec<Contender> = std::env::args().skip(1).map(|text| contender(&text)).collect();
    for contender in &contenders {
        let row = measure(contender).await;
        println!("| {} | {row} |", contender.name);
    }
}

/// `name=zip=command argument ..`
fn contender(text: &str) -> Contender {
    let mut parts = text.splitn(3, '=');
    let mut next = || parts.next().expect("name=zip=command").to_owned();
    Contender {
        name: next(),
        zip: next(),
        command: next().split(' ').map(str::to_owned).collect(),
    }
}

async fn measure(contender: &Contender) -> String {
    let mut cold = Vec::new();
    for number in 0..=COLD {
        let (mut lambda, event) = (start_lambda().await, event(10));
        let began = Instant::now();
        let mut process = spawn(contender, &lambda);
        invoke(contender, &mut lambda, event).await;
        // The first run warms the broker and the page cache, for each contender.
        if number > 0 {
            cold.push(began.elapsed());
        }
        process.kill().await.unwrap();
    }
    let mut cells = vec![format!(
        "{} ({})",
        milliseconds(&mut cold, 50),
        milliseconds(&mut cold, 100)
    )];
    let mut lambda = start_lambda().await;
    let mut process = spawn(contender, &lambda);
    for (size, batches) in WARM {
        let mut times = Vec::with_capacity(batches);
        for number in 0..UNMEASURED + batches {
            let event = event(size);
            let began = Instant::now();
            invoke(contender, &mut lambda, event).await;
            if number >= UNMEASURED {
                times.push(began.elapsed());
            }
        }
        cells.push(format!(
            "{} / {}",
            milliseconds(&mut times, 50),
            milliseconds(&mut times, 99)
        ));
    }
    cells.push(format!("{:.1}", high_water_mark(&process) / 1024.0));
    process.kill().await.unwrap();
    let zip = std::fs::metadata(&contender.zip).unwrap().len();
    cells.push(format!("{:.0}", f64::from(u32::try_from(zip).unwrap()) / 1024.0));
    cells.join(" | ")
}

async fn start_lambda() -> Lambda {
    Lambda::start(json!({ "api_key": "bridge", "api_secret": "right" })).await
}

fn spawn(contender: &Contender, lambda: &Lambda) -> Child {
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let (program, arguments) = contender.command.split_first().unwrap();
    Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", variable("PATH"))
        .env("AWS_LAMBDA_RUNTIME_API", &lambda.address)
        .env("AWS_ENDPOINT_URL", format!("http://{}", lambda.address))
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "AKID")
        .env("AWS_SECRET_ACCESS_KEY", "aws-secret")
        .env("KAFKA_SECRET_ID", "key")
        .env("KAFKA_USER", "bridge")
        .env("KAFKA_PASSWORD", "right")
        .env("KAFKA_BOOTSTRAP", variable("KAFKA_BOOTSTRAP"))
        .env("KAFKA_CA_FILE", variable("KAFKA_CA_FILE"))
        .env("TOPIC_TEMPLATE", "chain.{mqtt_topic:2}")
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

async fn invoke(contender: &Contender, lambda: &mut Lambda, event: Vec<u8>) {
    let answer = lambda.invoke_within(event, TIME).await;
    let Answer::Response(response) = &answer else {
        panic!("{}: {answer:?}", contender.name);
    };
    assert_eq!(response["batchItemFailures"], json!([]), "{}", contender.name);
}

/// Some three hundred bytes a message, from fifty devices.
fn event(size: usize) -> Vec<u8> {
    let records: Vec<Value> = (0..size).map(message).collect();
    json!({ "Records": records }).to_string().into_bytes()
}

fn message(number: usize) -> Value {
    let body = json!({
        "mqtt_topic": format!("city/air/device-{}", number % 50),
        "number": number,
        "readings": [20.5, 1013.25, 0.042, 417, 33.1, 0.9],
        "place": { "street": "Avenida da Liberdade", "latitude": 38.7203, "longitude": -9.1462 },
        "firmware": "2.14.0-rc1",
        "received_at": 1_790_000_000_000_u64,
    });
    json!({
        "messageId": format!("059f36b4-87a3-44ab-83d2-{number:012}"),
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body.to_string(),
        "attributes": { "ApproximateReceiveCount": "1", "SentTimestamp": "1790000000000" },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:local-telemetry-ingest",
        "awsRegion": "eu-central-1",
    })
}

fn milliseconds(times: &mut [Duration], percent: usize) -> String {
    times.sort_unstable();
    let place = (times.len() * percent / 100).min(times.len() - 1);
    format!("{:.1}", times[place].as_secs_f64() * 1e3)
}

/// In KiB.
fn high_water_mark(process: &Child) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id().unwrap())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
