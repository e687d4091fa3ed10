//! Timings and counts, as CloudWatch's embedded metric format: a log line that CloudWatch also counts, without an API
//! call.
//!
//! | metric | unit | of |
//! | --- | --- | --- |
//! | `Messages`, `Kept` | Count | a batch: its messages, and those of them that stay in the queue |
//! | `BatchTime` | Milliseconds | a batch, from its event read to its answer made |
//! | `ConnectTime` | Milliseconds | a connection: the stored key read, TLS, SASL, metadata, producer id |
//! | `ColdStartTime` | Milliseconds | the first batch of a process: from the process's start to the answer made |
//!
//! All in the namespace `eclusa/bridge`, by `FunctionName`.
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;

use crate::log;
use crate::log::Level;

const NAMESPACE: &str = "eclusa/bridge";

/// Writes the measured lines of one process.
pub struct Meter {
    function: String,
    started: Instant,
    cold: bool,
}

enum Amount {
    Count(usize),
    Time(Duration),
}

impl Meter {
    /// `function` is the dimension; `started` is when the process began.
    pub fn new(function: String, started: Instant) -> Self {
        Self {
            function,
            started,
            cold: true,
        }
    }

    /// A connection that took this long to make.
    pub fn connected(&self, took: Duration) {
        self.write("connected", &[("ConnectTime", Amount::Time(took))]);
    }

    /// A batch that is answered.
    pub fn batch(&mut self, messages: usize, kept: usize, took: Duration) {
        let mut amounts = vec![
            ("Messages", Amount::Count(messages)),
            ("Kept", Amount::Count(kept)),
            ("BatchTime", Amount::Time(took)),
        ];
        if std::mem::take(&mut self.cold) {
            amounts.push(("ColdStartTime", Amount::Time(self.started.elapsed())));
        }
        self.write("batch", &amounts);
    }

    fn write(&self, what: &str, amounts: &[(&str, Amount)]) {
        let fields = fields(&self.function, amounts, SystemTime::now());
        let fields: Vec<(&str, Value)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        log::line(Level::Info, what, &fields);
    }
}

fn fields(function: &str, amounts: &[(&str, Amount)], now: SystemTime) -> Map<String, Value> {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let metrics: Vec<Value> = amounts
        .iter()
        .map(|(name, amount)| json!({ "Name": name, "Unit": amount.unit() }))
        .collect();
    let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [["FunctionName"]], "Metrics": metrics });
    let timestamp = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let mut fields = Map::new();
    fields.insert(
        "_aws".to_owned(),
        json!({ "Timestamp": timestamp, "CloudWatchMetrics": [directive] }),
    );
    fields.insert("FunctionName".to_owned(), function.into());
    for (name, amount) in amounts {
        fields.insert((*name).to_owned(), amount.value());
    }
    fields
}

impl Amount {
    fn unit(&self) -> &'static str {
        match self {
            Self::Count(_) => "Count",
            Self::Time(_) => "Milliseconds",
        }
    }

    /// Times to the microsecond.
    fn value(&self) -> Value {
        match self {
            Self::Count(count) => json!(count),
            Self::Time(time) => json!((time.as_secs_f64() * 1e6).round() / 1e3),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_metric_that_the_directive_names_is_a_number_beside_it() {
        let amounts = [
            ("Messages", Amount::Count(10)),
            ("BatchTime", Amount::Time(Duration::from_nanos(1_234_567))),
        ];
        let line = Value::Object(fields(
            "local-bridge",
            &amounts,
            UNIX_EPOCH + Duration::from_millis(1_234),
        ));
        assert_eq!(line["_aws"]["Timestamp"], 1_234);
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], NAMESPACE);
        for dimension in directive["Dimensions"][0].as_array().unwrap() {
            assert!(line[dimension.as_str().unwrap()].is_string());
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        let units: Vec<&str> = metrics.iter().map(|metric| metric["Unit"].as_str().unwrap()).collect();
        assert_eq!(units, ["Count", "Milliseconds"]);
        for metric in metrics {
            assert!(line[metric["Name"].as_str().unwrap()].is_number());
        }
        assert_eq!(line["BatchTime"], 1.235);
    }
}
