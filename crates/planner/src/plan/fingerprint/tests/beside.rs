//! What counts beside the resources themselves.

use std::collections::BTreeSet;

use super::*;
use crate::plan::Owned;
use crate::plan::Unlisted;
use crate::plan::record::Entry;
use crate::plan::record::Record;
use crate::resource::Identity;
use crate::schema::AnySchema;

fn queue() -> &'static dyn AnySchema {
    crate::schema::find("aws_sqs_queue").unwrap()
}

fn owned(cloud_name: &str, delay: u32) -> Owned {
    let spec = queue().canonical(&json!({ "delay_seconds": delay })).unwrap();
    Owned {
        address: address(queue(), "old"),
        identity: Identity::Name(cloud_name.to_owned()),
        cloud_name: cloud_name.to_owned(),
        live: Live::Present(foreign(&spec, &[])),
    }
}

#[test]
fn what_is_ours_and_undeclared_counts_as_well() {
    let declared = declared(Vec::new());
    let of = |owned: Vec<Owned>| {
        let observed = Observations {
            owned,
            ..Observations::default()
        };
        sightings(&declared, &observed)
    };
    let before = of(vec![owned("old", 1)]);
    let moved = |now: Vec<Owned>| before.moved(&of(now));
    let named = |how: How| [Moved::new("t/aws_sqs_queue.old", vec![how])];
    assert_eq!(moved(vec![owned("old", 1)]), []);
    assert_eq!(moved(vec![owned("old", 2)]), named(How::Attributes));
    assert_eq!(moved(vec![owned("another", 1)]), named(How::Outputs));
    assert_eq!(moved(Vec::new()), named(How::Gone));
    assert_eq!(of(Vec::new()).moved(&before), named(How::Made));
}

#[test]
fn a_list_that_is_denied_by_now_counts_whatever_it_says() {
    let declared = declared(Vec::new());
    let of = |because: Option<&str>| {
        let unlisted = because.map(|because| Unlisted {
            kind: "aws_sqs_queue".to_owned(),
            because: because.to_owned(),
        });
        let observed = Observations {
            unlisted: unlisted.into_iter().collect(),
            ..Observations::default()
        };
        sightings(&declared, &observed)
    };
    let denied = of(Some("denied"));
    assert_eq!(
        of(None).moved(&denied),
        [Moved::new("aws_sqs_queue", vec![How::NotListed])]
    );
    assert_eq!(
        denied.moved(&of(None)),
        [Moved::new("aws_sqs_queue", vec![How::Listed])]
    );
    assert_eq!(denied.moved(&of(Some("request 2 was denied"))), []);
}

/// What was found beside one store that stays as it is.
fn beside(edit: impl FnOnce(&mut Observations)) -> Sightings {
    let mut observed: Observations = [(one().address, seen(|_| ()))].into_iter().collect();
    edit(&mut observed);
    sightings(&declared(vec![one()]), &observed)
}

#[test]
fn strangers_and_doubles_count_by_their_names_in_whatever_order() {
    let with = |strangers: &[&str], doubles: &[&str]| {
        let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        beside(|observed| {
            observed.strangers.insert(one().address, texts(strangers));
            observed.doubles.insert(one().address, texts(doubles));
        })
    };
    let before = with(&["a", "b"], &["c"]);
    assert_eq!(before.moved(&with(&["b", "a"], &["c"])), []);
    assert_eq!(with(&[], &[]).moved(&beside(|_| ())), []);
    for other in [with(&["a"], &["c"]), with(&[], &["c"])] {
        assert_eq!(before.moved(&other), [Moved::new("t/store.a", vec![How::Strangers])]);
        assert_eq!(other.moved(&before), [Moved::new("t/store.a", vec![How::Strangers])]);
    }
    assert_eq!(
        before.moved(&with(&["a", "b"], &[])),
        [Moved::new("t/store.a", vec![How::Doubles])]
    );
}

fn entry(edit: impl FnOnce(&mut Entry)) -> Record {
    let mut entry = Entry {
        identity: Identity::Name("a".to_owned()),
        handle: "i-1".to_owned(),
        scope: None,
        writing_key: None,
        digest: Digest("1:a".to_owned()),
        protect: false,
        keys: BTreeSet::new(),
        hashes: [("password".to_owned(), "$argon2id$1".to_owned())].into(),
    };
    edit(&mut entry);
    Record {
        entries: [("t/store.a".to_owned(), entry)].into(),
    }
}

#[test]
fn whatever_the_record_says_of_something_counts_as_that() {
    let with = |record: Option<Record>| beside(|observed| observed.record = record);
    let before = with(Some(entry(|_| ())));
    assert_eq!(before.moved(&with(Some(entry(|_| ())))), []);
    let edits: [fn(&mut Entry); 8] = [
        |entry| entry.identity = Identity::Name("b".to_owned()),
        |entry| entry.handle = "i-2".to_owned(),
        |entry| entry.scope = Some("s".to_owned()),
        |entry| entry.writing_key = Some("s".to_owned()),
        |entry| entry.digest = Digest("1:b".to_owned()),
        |entry| entry.protect = true,
        |entry| entry.keys.extend(["k".to_owned()]),
        |entry| drop(entry.hashes.insert("password".to_owned(), "$argon2id$2".to_owned())),
    ];
    let named = [Moved::new("t/store.a", vec![How::Record])];
    for (number, edit) in edits.into_iter().enumerate() {
        assert_eq!(before.moved(&with(Some(entry(edit)))), named, "{number}");
    }
    for gone in [None, Some(Record::default())] {
        assert_eq!(before.moved(&with(gone.clone())), named);
        assert_eq!(with(gone).moved(&before), named);
    }
    assert_eq!(
        with(None).moved(&with(Some(Record::default()))),
        [Moved::new("the record", vec![How::Made])]
    );
}

#[test]
fn one_thing_that_moved_in_several_respects_is_named_once() {
    let before = beside(|_| ());
    let now = beside(|observed| {
        observed.insert(one().address, seen(|seen| seen.mark = None));
        observed.strangers.insert(one().address, vec!["theirs".to_owned()]);
        observed.record = Some(entry(|_| ()));
    });
    let how = vec![How::Mark, How::Strangers, How::Record];
    assert_eq!(before.moved(&now), [Moved::new("t/store.a", how)]);
}

#[test]
fn a_plan_of_before_is_read_though_it_says_nothing_of_what_counts_by_now() {
    let before: Sightings = serde_json::from_value(json!({ "declared": {}, "owned": {}, "unlisted": [] })).unwrap();
    assert_eq!(before, Sightings::default());
}

#[test]
fn nothing_that_was_found_beside_can_be_read_from_fingerprints() {
    const MARKER: &str = "marker-text";
    let sightings = beside(|observed| {
        observed.strangers.insert(one().address, vec![MARKER.to_owned()]);
        observed.doubles.insert(one().address, vec![MARKER.to_owned()]);
        observed.record = Some(entry(|entry| {
            entry.hashes.insert("password".to_owned(), MARKER.to_owned());
            entry.handle = MARKER.to_owned();
        }));
    });
    let text = serde_json::to_string(&sightings).unwrap();
    assert!(!text.contains(MARKER), "{text}");
    assert_eq!(serde_json::from_str::<Sightings>(&text).unwrap(), sightings);
}
