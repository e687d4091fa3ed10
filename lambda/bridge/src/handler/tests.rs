//! The handler over a sink that acts out what a broker can do, on a paused clock.
#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use proptest::prelude::*;

use super::*;
use crate::message::ValueFormat;
use crate::sink::Sink;
use crate::template::Template;

/// What happens to one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Stored,
    RefusedAtOnce,
    RefusedLater,
    TopicRefused,
    /// Stored, and its answer never comes.
    AnswerLost,
    /// Taken by nobody: the offer itself hangs.
    Hanging,
    ConnectionLost,
}

/// Acts out the fate that a record's value names, and remembers what was acknowledged.
#[derive(Clone, Default)]
struct Acted {
    fates: Rc<RefCell<Vec<Fate>>>,
    acknowledged: Rc<RefCell<Vec<usize>>>,
    offered: Rc<Cell<usize>>,
}

impl Acted {
    /// A record's number is its key; one that is none, or has no fate, is refused.
    fn fate(&self, record: &Outgoing) -> (usize, Fate) {
        let number = std::str::from_utf8(&record.key).ok().and_then(|key| key.parse().ok());
        let number = number.unwrap_or(usize::MAX);
        (
            number,
            self.fates.borrow().get(number).copied().unwrap_or(Fate::RefusedAtOnce),
        )
    }
}

impl Sink for Acted {
    type Receipt = Pin<Box<dyn Future<Output = Result<(), Refusal>>>>;

    async fn offer(&self, record: Outgoing) -> Result<Self::Receipt, Refusal> {
        self.offered.set(self.offered.get() + 1);
        let (number, fate) = self.fate(&record);
        let acknowledged = Rc::clone(&self.acknowledged);
        let refused = |reach| Refusal::new(reach, "acted");
        match fate {
            Fate::RefusedAtOnce => return Err(refused(Reach::Record)),
            Fate::TopicRefused => return Err(refused(Reach::Topic)),
            Fate::Hanging => std::future::pending::<()>().await,
            _ => {}
        }
        Ok(Box::pin(async move {
            match fate {
                Fate::Stored => {
                    acknowledged.borrow_mut().push(number);
                    Ok(())
                }
                Fate::ConnectionLost => Err(refused(Reach::Connection)),
                Fate::AnswerLost => std::future::pending().await,
                _ => Err(refused(Reach::Record)),
            }
        }))
    }
}

/// Hands out one sink, and counts how often.
struct Counting {
    sink: Acted,
    made: Rc<Cell<usize>>,
    refuses: bool,
}

impl Connector for Counting {
    type Sink = Acted;

    async fn connect(&self) -> Result<Acted, String> {
        self.made.set(self.made.get() + 1);
        if self.refuses {
            return Err("wrong password".to_owned());
        }
        Ok(self.sink.clone())
    }
}

fn bridge(fates: &[Fate], refuses: bool) -> (Bridge<Counting>, Acted, Rc<Cell<usize>>) {
    let sink = Acted::default();
    *sink.fates.borrow_mut() = fates.to_vec();
    let made = Rc::new(Cell::new(0));
    let routing = Routing {
        topic: Template::parse("t.{topic}").unwrap(),
        key: Template::parse("{number}").unwrap(),
        headers: Vec::new(),
        value: ValueFormat::JsonWithId,
        largest: 1000,
    };
    let connector = Counting {
        sink: sink.clone(),
        made: Rc::clone(&made),
        refuses,
    };
    (Bridge::new(routing, connector), sink, made)
}

/// Messages `0..`, each with a topic of the given ones.
fn event(topics: &[&str]) -> Vec<u8> {
    let records: Vec<_> = topics
        .iter()
        .enumerate()
        .map(|(number, topic)| {
            let body = json!({ "topic": topic, "number": number }).to_string();
            json!({ "messageId": number.to_string(), "body": body })
        })
        .collect();
    json!({ "Records": records }).to_string().into_bytes()
}

fn reported(response: &[u8]) -> BTreeSet<usize> {
    let response: serde_json::Value = serde_json::from_slice(response).unwrap();
    let failures = response["batchItemFailures"].as_array().unwrap();
    let id = |failure: &serde_json::Value| failure["itemIdentifier"].as_str().unwrap().parse().unwrap();
    failures.iter().map(id).collect()
}

/// Runs on one thread with a clock that jumps to whatever is waited for.
fn paused<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(work)
}

const LIMIT: Duration = Duration::from_secs(25);

fn handled(bridge: &mut Bridge<Counting>, event: &[u8]) -> Result<Vec<u8>, EventError> {
    paused(async {
        let deadline = Instant::now() + LIMIT;
        let answer = bridge.handle(event, deadline).await;
        assert!(Instant::now() <= deadline + SWEEP, "the answer came after the deadline");
        answer
    })
}

#[test]
fn only_what_was_acknowledged_leaves_the_queue() {
    let fates = [
        Fate::Stored,
        Fate::RefusedLater,
        Fate::Stored,
        Fate::AnswerLost,
        Fate::RefusedAtOnce,
    ];
    let (mut bridge, _, _) = bridge(&fates, false);
    let answer = handled(&mut bridge, &event(&["a"; 5])).unwrap();
    assert_eq!(reported(&answer), BTreeSet::from([1, 3, 4]));
}

#[test]
fn an_unknown_topic_is_asked_for_once_and_other_topics_go_on() {
    let fates = [
        Fate::TopicRefused,
        Fate::Stored,
        Fate::TopicRefused,
        Fate::TopicRefused,
        Fate::Stored,
    ];
    let (mut bridge, sink, _) = bridge(&fates, false);
    let answer = handled(&mut bridge, &event(&["bad", "good", "bad", "bad", "good"])).unwrap();
    assert_eq!(reported(&answer), BTreeSet::from([0, 2, 3]));
    assert_eq!(sink.offered.get(), 3);
}

#[test]
fn a_topic_that_hangs_holds_up_no_other() {
    let (mut bridge, _, _) = bridge(&[Fate::Hanging, Fate::Stored, Fate::Stored], false);
    let answer = handled(&mut bridge, &event(&["hangs", "hangs", "good"])).unwrap();
    assert_eq!(reported(&answer), BTreeSet::from([0, 1]));
}

#[test]
fn after_a_fatal_refusal_the_connection_is_made_anew() {
    let (mut bridge, _, made) = bridge(&[Fate::ConnectionLost, Fate::Stored], false);
    let batch = event(&["a", "a"]);
    assert_eq!(reported(&handled(&mut bridge, &batch).unwrap()), BTreeSet::from([0]));
    assert_eq!(made.get(), 1);
    handled(&mut bridge, &batch).unwrap();
    assert_eq!(made.get(), 2);
}

#[test]
fn without_a_connection_every_message_is_reported() {
    let (mut bridge, _, made) = bridge(&[Fate::Stored; 3], true);
    for time in 1..=2 {
        let answer = handled(&mut bridge, &event(&["a"; 3])).unwrap();
        assert_eq!(reported(&answer), BTreeSet::from([0, 1, 2]));
        assert_eq!(made.get(), time);
    }
}

#[test]
fn a_deadline_in_the_past_stores_nothing_and_reports_all() {
    let (mut bridge, sink, _) = bridge(&[Fate::Stored; 2], false);
    let answer = paused(async { bridge.handle(&event(&["a"; 2]), Instant::now()).await });
    assert_eq!(reported(&answer.unwrap()), BTreeSet::from([0, 1]));
    assert_eq!(sink.offered.get(), 0);
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Stored),
        1 => Just(Fate::RefusedAtOnce),
        1 => Just(Fate::RefusedLater),
        1 => Just(Fate::TopicRefused),
        1 => Just(Fate::AnswerLost),
        1 => Just(Fate::Hanging),
        1 => Just(Fate::ConnectionLost),
    ]
}

proptest! {
    #[test]
    fn whatever_befalls_the_records_the_answer_keeps_all_that_was_not_acknowledged(
        batch in prop::collection::vec((fate(), prop::sample::select(vec!["a", "b", "c"])), 0..10)
    ) {
        let (fates, topics): (Vec<Fate>, Vec<&str>) = batch.into_iter().unzip();
        let (mut bridge, sink, _) = bridge(&fates, false);
        let kept = reported(&handled(&mut bridge, &event(&topics)).unwrap());
        let acknowledged: BTreeSet<usize> = sink.acknowledged.borrow().iter().copied().collect();
        let all: BTreeSet<usize> = (0..fates.len()).collect();
        prop_assert_eq!(&kept | &acknowledged, all);
        prop_assert!(kept.is_disjoint(&acknowledged), "kept {:?}, acknowledged {:?}", kept, acknowledged);
    }

    #[test]
    fn a_mangled_event_never_panics_and_never_acknowledges_what_was_not_stored(
        cut in 0usize..400, at in 0usize..400, byte in any::<u8>(), insert in any::<bool>()
    ) {
        let whole = event(&["a", "b", "a", "c"]);
        let mut mangled = whole.clone();
        mangled.truncate(whole.len().saturating_sub(cut / 40));
        let at = at % mangled.len();
        if insert { mangled.insert(at, byte) } else { mangled[at] = byte }
        let (mut bridge, sink, _) = bridge(&[Fate::Stored; 10], false);
        if let Ok(answer) = handled(&mut bridge, &mangled) {
            let given: serde_json::Value = serde_json::from_slice(&mangled).unwrap();
            let messages = given["Records"].as_array().unwrap().len();
            let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
            let kept = answer["batchItemFailures"].as_array().unwrap().len();
            prop_assert_eq!(messages - kept, sink.acknowledged.borrow().len());
        }
    }
}
