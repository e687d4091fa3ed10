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
    /// Taken, and then its topic is deleted.
    TopicDeleted,
    ConnectionLost,
    /// Refused until the next connection, which has the new key.
    KeyRefused,
}

/// Acts out the fate that a record's value names, and remembers what was acknowledged.
#[derive(Clone, Default)]
struct Acted {
    fates: Rc<RefCell<Vec<Fate>>>,
    acknowledged: Rc<RefCell<Vec<usize>>>,
    offered: Rc<Cell<usize>>,
    deleted: Rc<RefCell<BTreeSet<String>>>,
    /// The ids of the messages whose records were stored, as their values tell them.
    stored: Rc<RefCell<Vec<String>>>,
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
        let stored = Rc::clone(&self.stored);
        let value: serde_json::Value = serde_json::from_slice(&record.value).unwrap();
        let id = value["_id"].as_str().unwrap().to_owned();
        let refused = |reach| Refusal::new(reach, "acted");
        match fate {
            Fate::RefusedAtOnce => return Err(refused(Reach::Record)),
            Fate::TopicRefused => return Err(refused(Reach::Topic)),
            Fate::Hanging => std::future::pending::<()>().await,
            Fate::TopicDeleted => {
                self.deleted.borrow_mut().insert(record.topic);
            }
            _ => {}
        }
        Ok(Box::pin(async move {
            match fate {
                Fate::Stored => {
                    acknowledged.borrow_mut().push(number);
                    stored.borrow_mut().push(id);
                    Ok(())
                }
                Fate::ConnectionLost => Err(refused(Reach::Connection)),
                Fate::KeyRefused => Err(refused(Reach::Key)),
                Fate::AnswerLost | Fate::TopicDeleted => std::future::pending().await,
                _ => Err(refused(Reach::Record)),
            }
        }))
    }

    async fn gone(&self, topic: &str) -> Refusal {
        sleep(Duration::from_secs(1)).await;
        if !self.deleted.borrow().contains(topic) {
            std::future::pending::<()>().await;
        }
        Refusal::new(Reach::Topic, "acted")
    }

    async fn close(self) {
        for fate in self.fates.borrow_mut().iter_mut() {
            if *fate == Fate::KeyRefused {
                *fate = Fate::Stored;
            }
        }
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
    let meter = Meter::new("bridge".to_owned(), Instant::now());
    (Bridge::new(routing, connector, meter), sink, made)
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
fn a_sink_that_says_nothing_until_the_deadline_is_not_trusted_again() {
    let (mut bridge, _, made) = bridge(&[Fate::Stored, Fate::AnswerLost], false);
    let batch = event(&["a", "a"]);
    for time in 1..=2 {
        assert_eq!(reported(&handled(&mut bridge, &batch).unwrap()), BTreeSet::from([1]));
        assert_eq!(made.get(), time);
    }
}

#[test]
fn a_refused_key_is_read_again_and_what_it_refused_is_offered_once_more() {
    let (mut bridge, sink, made) = bridge(&[Fate::Stored, Fate::KeyRefused, Fate::KeyRefused], false);
    paused(bridge.connect(Instant::now() + LIMIT)).unwrap();
    assert_eq!(
        reported(&handled(&mut bridge, &event(&["a"; 3])).unwrap()),
        BTreeSet::new()
    );
    assert_eq!(*sink.acknowledged.borrow(), [0, 1, 2]);
    assert_eq!((made.get(), sink.offered.get()), (2, 5));
}

#[test]
fn a_key_that_is_refused_as_it_is_stored_is_not_read_twice_in_one_invocation() {
    let (mut bridge, _, made) = bridge(&[Fate::KeyRefused; 2], false);
    let kept = reported(&handled(&mut bridge, &event(&["a"; 2])).unwrap());
    assert_eq!((kept, made.get()), (BTreeSet::from([0, 1]), 1));
}

#[test]
fn a_topic_deleted_under_its_records_is_not_waited_for() {
    let fates = [Fate::Stored, Fate::TopicDeleted, Fate::Stored, Fate::TopicDeleted];
    let (mut bridge, _, _) = bridge(&fates, false);
    let took = paused(async {
        let began = Instant::now();
        let answer = bridge.handle(&event(&["a", "a", "a", "a"]), began + LIMIT).await;
        assert_eq!(reported(&answer.unwrap()), BTreeSet::from([1, 3]));
        began.elapsed()
    });
    assert!(took < LIMIT, "{took:?}");
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
        1 => Just(Fate::TopicDeleted),
        1 => Just(Fate::Hanging),
        1 => Just(Fate::ConnectionLost),
        1 => Just(Fate::KeyRefused),
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
    fn any_bytes_at_all_never_panic_and_never_acknowledge_what_was_not_stored(
        bytes in prop::collection::vec(any::<u8>(), 0..300)
    ) {
        judge(&bytes)?;
    }

    #[test]
    fn a_mangled_event_never_panics_and_never_acknowledges_what_was_not_stored(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..6)
    ) {
        let mut mangled = event(&["a", "b", "a", "c"]);
        for (at, byte, how) in changes {
            if mangled.is_empty() {
                break;
            }
            let at = at.index(mangled.len());
            match how {
                0 => mangled[at] = byte,
                1 => mangled.insert(at, byte),
                2 => drop(mangled.remove(at)),
                _ => mangled.truncate(at),
            }
        }
        judge(&mangled)?;
    }

    #[test]
    fn an_event_of_any_other_shape_never_panics_and_never_acknowledges_what_was_not_stored(
        records in prop::collection::vec(
            (prop_oneof![4 => Just("messageId"), 1 => Just("id")], any_json(), any_json(), any::<bool>()), 0..6)
    ) {
        let records: Vec<_> = records
            .into_iter()
            .map(|(name, id, body, as_text)| {
                let body = if as_text { json!(body.to_string()) } else { body };
                json!({ name: id, "body": body })
            })
            .collect();
        judge(json!({ "Records": records }).to_string().as_bytes())?;
    }
}

/// JSON of which a good part is nearly what the bridge expects.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(|value| json!(value)),
        any::<i64>().prop_map(|value| json!(value)),
        ".{0,12}".prop_map(|text| json!(text)),
        (0u8..5).prop_map(|number| json!(number.to_string())),
        (0u8..5).prop_map(|number| json!({ "topic": "a", "number": number })),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|list| json!(list)),
            prop::collection::btree_map("topic|number|_id|.{0,6}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

/// Hands these bytes to a bridge whose sink stores every record: the event is refused whole, or every message that is
/// not kept was stored, by its own number of copies.
fn judge(event: &[u8]) -> Result<(), TestCaseError> {
    let (mut bridge, sink, _) = bridge(&[Fate::Stored; 10], false);
    let Ok(answer) = handled(&mut bridge, event) else {
        return Ok(());
    };
    let ids = |value: &serde_json::Value, list: &str, name: &str| -> Vec<String> {
        let list = value[list].as_array().cloned().unwrap_or_default();
        list.iter()
            .map(|item| item[name].as_str().unwrap().to_owned())
            .collect()
    };
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    let kept = ids(&answer, "batchItemFailures", "itemIdentifier");
    let mut left = match serde_json::from_slice(event) {
        Ok(given) => ids(&given, "Records", "messageId"),
        // What nobody reads may be no text at all; then the bridge's own reading tells which messages there were.
        Err(_) => event::read(event)
            .unwrap()
            .messages
            .into_iter()
            .map(|message| message.id)
            .collect(),
    };
    left.retain(|id| !kept.contains(id));
    let mut stored: Vec<String> = sink.stored.borrow().clone();
    // A message that shares its id with one that is kept may be stored and kept: a duplicate, never a loss.
    stored.retain(|id| !kept.contains(id));
    left.sort_unstable();
    stored.sort_unstable();
    prop_assert_eq!(left, stored);
    Ok(())
}
