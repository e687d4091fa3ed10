//! SQS as the bridge sees it: batches of ten, and what an answer keeps is delivered again, later.

use std::collections::VecDeque;

use serde_json::Value;
use serde_json::json;

pub(crate) const BATCH: usize = 10;
/// So many batches pass before a kept message comes again: its visibility timeout.
const INVISIBLE: usize = 20;
const DEVICES: usize = 37;
pub(crate) const SENSORS: [&str; 2] = ["air", "noise"];

/// One delivery of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Delivery {
    pub(crate) message: usize,
    /// Counted from 1, as `ApproximateReceiveCount`.
    pub(crate) time: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offered {
    pub(crate) delivery: Delivery,
    pub(crate) acknowledged: bool,
}

/// The queue, and every delivery that it made, in order.
#[derive(Default)]
pub(crate) struct Queue {
    /// Messages sent so far; they are numbered.
    pub(crate) sent: usize,
    waiting: VecDeque<(usize, Delivery)>,
    batches: usize,
    pub(crate) offered: Vec<Offered>,
    /// Deliveries reported as failed so far.
    pub(crate) reported: usize,
}

/// The MQTT topic of a message's device: runs of three messages each, so that a batch holds neighbours of one device.
pub(crate) fn device(message: usize) -> String {
    let device = message / 3 % DEVICES;
    format!("city/{}/device-{device}", SENSORS[device % SENSORS.len()])
}

impl Queue {
    /// The next batch: what is due again, then up to `fresh` new messages, then, with no new ones left, whatever
    /// waits. Empty when there is nothing.
    pub(crate) fn batch(&mut self, fresh: usize) -> Vec<Delivery> {
        self.batches += 1;
        let mut batch = Vec::with_capacity(BATCH);
        let new = fresh.min(BATCH);
        while batch.len() < BATCH
            && let Some((due, _)) = self.waiting.front()
            && (*due <= self.batches || new == 0)
        {
            batch.extend(self.waiting.pop_front().map(|(_, delivery)| delivery));
        }
        for _ in 0..new.min(BATCH - batch.len()) {
            batch.push(Delivery {
                message: self.sent,
                time: 1,
            });
            self.sent += 1;
        }
        batch
    }

    /// What nobody answered stays.
    pub(crate) fn unanswered(&mut self, batch: &[Delivery]) {
        self.answered(batch, |_| true);
    }

    /// What the bridge answered to a batch: which ids stay.
    pub(crate) fn answered(&mut self, batch: &[Delivery], stays: impl Fn(&str) -> bool) {
        for delivery in batch {
            let acknowledged = !stays(&id(delivery.message));
            self.offered.push(Offered {
                delivery: *delivery,
                acknowledged,
            });
            if !acknowledged {
                self.reported += 1;
                let again = Delivery {
                    time: delivery.time + 1,
                    ..*delivery
                };
                self.waiting.push_back((self.batches + INVISIBLE, again));
            }
        }
    }

    pub(crate) fn waits(&self) -> usize {
        self.waiting.len()
    }

    /// Forgets what was acknowledged: the log that held it is gone.
    pub(crate) fn forget_acknowledged(&mut self) {
        self.offered.retain(|offered| !offered.acknowledged);
    }
}

fn id(message: usize) -> String {
    format!("message-{message}")
}

/// The event of a batch.
pub(crate) fn event(batch: &[Delivery]) -> Vec<u8> {
    let records: Vec<Value> = batch.iter().map(message).collect();
    json!({ "Records": records }).to_string().into_bytes()
}

fn message(delivery: &Delivery) -> Value {
    let body = json!({
        "mqtt_topic": device(delivery.message),
        "message": delivery.message,
        "time": delivery.time,
        "readings": [20.5, 1013.25, 0.042, 417],
        "firmware": "2.14.0-rc1",
        "received_at": 1_790_000_000_000_u64,
    });
    json!({
        "messageId": id(delivery.message),
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body.to_string(),
        "attributes": { "ApproximateReceiveCount": delivery.time.to_string() },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:local-telemetry-ingest",
        "awsRegion": "eu-central-1",
    })
}
