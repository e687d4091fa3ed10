//! One deadline over a whole batch.
//!
//! Records of one topic are offered in order, topics beside each other, so that a topic whose metadata cannot be
//! had holds up no other. After the first refusal that speaks for the topic the rest of it is refused unasked. What
//! has no answer when the deadline comes is refused: it may still be stored later, and the queue's next delivery
//! then makes a duplicate, never a loss. After the deadline nothing is offered. A topic that turns out to be deleted
//! is not waited for. A sink that has taken a record and says nothing until the deadline, longer than it may try to
//! deliver, is not trusted with another batch.

use std::pin::pin;

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::time::Instant;
use tokio::time::timeout_at;

use crate::sink::Outgoing;
use crate::sink::Reach;
use crate::sink::Refusal;
use crate::sink::Sink;

/// Stores records and returns one outcome for each, in their order, at `deadline` at the latest.
pub async fn store<S: Sink>(sink: &S, records: Vec<Outgoing>, deadline: Instant) -> Vec<Result<(), Refusal>> {
    let mut outcomes: Vec<Result<(), Refusal>> = records.iter().map(|_| Err(late())).collect();
    let topics = by_topic(records).into_iter();
    for answered in join_all(topics.map(|topic| store_topic(sink, topic, deadline))).await {
        for (index, outcome) in answered {
            if let Some(slot) = outcomes.get_mut(index) {
                *slot = outcome;
            }
        }
    }
    outcomes
}

fn late() -> Refusal {
    Refusal::new(Reach::Record, "not acknowledged before the deadline")
}

fn silent() -> Refusal {
    Refusal::new(Reach::Connection, "taken, and not acknowledged before the deadline")
}

type Numbered = Vec<(usize, Outgoing)>;

fn by_topic(records: Vec<Outgoing>) -> Vec<Numbered> {
    let mut topics: Vec<Numbered> = Vec::new();
    for (index, record) in records.into_iter().enumerate() {
        let of_same = |topic: &&mut Numbered| topic.first().is_some_and(|(_, first)| first.topic == record.topic);
        match topics.iter_mut().find(of_same) {
            Some(topic) => topic.push((index, record)),
            None => topics.push(vec![(index, record)]),
        }
    }
    topics
}

type Outcomes = Vec<(usize, Result<(), Refusal>)>;

async fn store_topic<S: Sink>(sink: &S, records: Numbered, deadline: Instant) -> Outcomes {
    let topic = records
        .first()
        .map(|(_, record)| record.topic.clone())
        .unwrap_or_default();
    let mut outcomes = Vec::with_capacity(records.len());
    let mut receipts = Vec::with_capacity(records.len());
    let mut refused: Option<Refusal> = None;
    for (index, record) in records {
        if refused.is_none() && Instant::now() >= deadline {
            refused = Some(late());
        }
        if let Some(refusal) = &refused {
            outcomes.push((index, Err(refusal.clone())));
            continue;
        }
        match timeout_at(deadline, sink.offer(record)).await {
            Ok(Ok(receipt)) => receipts.push((index, receipt)),
            Ok(Err(refusal)) => {
                if refusal.reach != Reach::Record {
                    refused = Some(refusal.clone());
                }
                outcomes.push((index, Err(refusal)));
            }
            Err(_) => outcomes.push((index, Err(late()))),
        }
    }
    outcomes.extend(answers(sink, &topic, receipts, deadline).await);
    outcomes
}

async fn answers<S: Sink>(sink: &S, topic: &str, receipts: Vec<(usize, S::Receipt)>, deadline: Instant) -> Outcomes {
    let mut gone = pin!(sink.gone(topic));
    let mut refused: Option<Refusal> = None;
    let mut outcomes = Vec::with_capacity(receipts.len());
    for (index, mut receipt) in receipts {
        let outcome = if let Some(refusal) = &refused {
            (&mut receipt).now_or_never().unwrap_or_else(|| Err(refusal.clone()))
        } else {
            tokio::select! {
                biased;
                answer = timeout_at(deadline, &mut receipt) => answer.unwrap_or_else(|_| Err(silent())),
                refusal = &mut gone => Err(refused.insert(refusal).clone()),
            }
        };
        outcomes.push((index, outcome));
    }
    outcomes
}
