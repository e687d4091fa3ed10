#![allow(clippy::unwrap_used)]

mod beside;

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::environment::Declared;
use crate::environment::declared::Cloud;
use crate::environment::declared::ConfluentSettings;
use crate::environment::declared::Delays;
use crate::environment::declared::Resource;
use crate::environment::declared::Roles;
use crate::plan::Evaluation;
use crate::plan::Intent;
use crate::plan::Live;
use crate::plan::Observations;
use crate::plan::Plan;
use crate::plan::Seen;
use crate::plan::tests::address;
use crate::plan::tests::declared;
use crate::plan::tests::foreign;
use crate::plan::tests::option_text;
use crate::plan::tests::ours;
use crate::plan::tests::outputs;
use crate::plan::tests::owner;
use crate::plan::tests::resource;
use crate::plan::tests::span;
use crate::plan::tests::store;
use crate::resource::Digest;
use crate::resource::Owner;
use crate::resource::SecretSource;

const ID: &[(&str, &str)] = &[("id", "i-1")];

/// One store and how it was found.
fn sighted(resource: &Resource, live: &Live) -> Sightings {
    let observed = [(resource.address.clone(), live.clone())].into_iter().collect();
    sightings(&declared(vec![resource.clone()]), &observed)
}

fn sightings(declared: &Declared, observed: &Observations) -> Sightings {
    Sightings::of(&Evaluation::new(declared).unwrap(), observed).unwrap()
}

fn plan(declared: &Declared, observed: &Observations) -> Plan {
    let mut evaluation = Evaluation::new(declared).unwrap();
    crate::plan::plan(&mut evaluation, &owner(), observed, Intent::Converge).unwrap()
}

fn one() -> Resource {
    resource(store(), "a", &json!({ "size": 1, "password": { "secret": "env:P" } }))
}

fn seen(edit: impl FnOnce(&mut Seen)) -> Live {
    let Live::Present(mut seen) = ours(&one(), &json!({ "size": 1 }), ID) else {
        panic!("made present")
    };
    edit(&mut seen);
    Live::Present(seen)
}

#[track_caller]
fn expect_moved(before: &Live, now: &Live, how: &[How]) {
    let moved = sighted(&one(), before).moved(&sighted(&one(), now));
    let expected: Vec<Moved> = (!how.is_empty())
        .then(|| Moved::new("t/store.a", how.to_vec()))
        .into_iter()
        .collect();
    assert_eq!(moved, expected);
}

#[test]
fn every_respect_is_named() {
    let before = seen(|_| ());
    let mark = |edit: fn(&mut crate::resource::Mark)| seen(|seen| edit(seen.mark.as_mut().unwrap()));
    expect_moved(&before, &before, &[]);
    expect_moved(&before, &seen(|seen| seen.spec["size"] = 2.into()), &[How::Attributes]);
    expect_moved(
        &before,
        &seen(|seen| seen.outputs = outputs(&[("id", "i-2")])),
        &[How::Outputs],
    );
    expect_moved(&before, &seen(|seen| seen.mark = None), &[How::Mark]);
    expect_moved(
        &before,
        &mark(|mark| mark.owner = Owner("other".to_owned())),
        &[How::Mark],
    );
    expect_moved(
        &before,
        &mark(|mark| mark.address = "t/store.b".to_owned()),
        &[How::Mark],
    );
    expect_moved(
        &before,
        &mark(|mark| mark.digest = Digest("1:other".to_owned())),
        &[How::Mark],
    );
    expect_moved(&before, &mark(|mark| mark.protect = true), &[How::Mark]);
    let all = seen(|seen| {
        seen.spec["size"] = 2.into();
        seen.outputs.clear();
        seen.mark = None;
    });
    expect_moved(&before, &all, &[How::Attributes, How::Outputs, How::Mark]);
}

#[test]
fn what_came_went_or_can_no_longer_be_read_is_named() {
    let unreadable = |because: &str| Live::Unreadable {
        because: because.to_owned(),
        until: None,
    };
    let unverified = |id: &str| Live::Unverified {
        because: "denied".to_owned(),
        outputs: outputs(&[("id", id)]),
    };
    let there = seen(|_| ());
    expect_moved(&there, &Live::Absent, &[How::Gone]);
    expect_moved(&Live::Absent, &there, &[How::Made]);
    expect_moved(&there, &unreadable("denied"), &[How::NotReadable]);
    expect_moved(&unreadable("denied"), &there, &[How::Readable]);
    expect_moved(&unreadable("denied"), &Live::Absent, &[How::Readable]);
    expect_moved(
        &unreadable("request 1 was denied"),
        &unreadable("request 2 was denied"),
        &[],
    );
    let hidden = |because: &str| Live::Hidden {
        because: because.to_owned(),
    };
    let not_compared = |id: &str| Live::NotCompared {
        outputs: Some(outputs(&[("id", id)])),
    };
    expect_moved(&there, &not_compared("i-1"), &[How::NotReadable]);
    expect_moved(&not_compared("i-1"), &there, &[How::Readable]);
    expect_moved(&not_compared("i-1"), &not_compared("i-1"), &[]);
    expect_moved(&not_compared("i-1"), &not_compared("i-2"), &[How::Outputs]);
    expect_moved(&there, &hidden("403"), &[How::NotReadable]);
    expect_moved(&hidden("403"), &Live::Absent, &[How::Readable]);
    expect_moved(&hidden("request 1: 403"), &hidden("request 2: 403"), &[]);
    expect_moved(&unverified("i-1"), &unverified("i-1"), &[]);
    expect_moved(&unverified("i-1"), &unverified("i-2"), &[How::Outputs]);
}

#[test]
fn what_is_not_compared_moves_nothing() {
    let with = |spec: Json| seen(|seen| seen.spec = spec);
    let before = with(json!({ "size": 1, "text": "x", "members": ["a", "b"] }));
    for same in [
        json!({ "members": ["b", "a", "b"], "text": " x ", "size": 1 }),
        json!({ "size": 1, "text": "x", "members": ["a", "b"], "chosen": 7, "nested": { "chosen": 7 } }),
        json!({ "size": 1, "text": "x", "members": ["a", "b"], "config": { "undeclared": "7" } }),
        json!({ "size": 1, "text": "x", "members": ["a", "b"], "password": "in plain text" }),
    ] {
        expect_moved(&before, &with(same), &[]);
    }
}

#[test]
fn messages_that_come_or_go_move_nothing() {
    expect_moved(&seen(|_| ()), &seen(|seen| seen.holds_data = true), &[]);
}

#[test]
fn a_revision_counts_where_both_sides_have_one_that_is_no_number() {
    let of = |revision: Option<&str>| seen(|seen| seen.handle.revision = revision.map(str::to_owned));
    expect_moved(&of(Some("5-a")), &of(Some("6-b")), &[How::Revision]);
    expect_moved(&of(None), &of(Some("6-b")), &[]);
    expect_moved(&of(Some("5-a")), &of(None), &[]);
    expect_moved(&of(Some("5")), &of(Some("6")), &[]);
}

#[test]
fn of_what_is_only_looked_up_the_outputs_count_alone() {
    let mut looked_up = resource(store(), "a", &json!({}));
    looked_up.options.existing = option_text("theirs");
    let live = |size: u32, id: &str| Live::Present(foreign(&json!({ "size": size }), &[("id", id)]));
    let before = sighted(&looked_up, &live(1, "i-1"));
    assert_eq!(before.moved(&sighted(&looked_up, &live(2, "i-1"))), []);
    assert_eq!(
        before.moved(&sighted(&looked_up, &live(1, "i-2"))),
        [Moved::new("t/store.a", vec![How::Outputs])]
    );
    assert_eq!(
        before.moved(&sighted(&looked_up, &Live::Absent)),
        [Moved::new("t/store.a", vec![How::Gone])]
    );
}

/// What moved between two declarations of one store.
fn declared_otherwise(edit: impl FnOnce(&mut Resource)) -> Vec<Moved> {
    let mut other = one();
    edit(&mut other);
    let of = |resource: Resource| Declarations::of(&declared(vec![resource]));
    of(one()).moved(&of(other))
}

#[test]
fn attributes_and_every_option_are_the_declaration() {
    assert_eq!(declared_otherwise(|_| ()), []);
    let edits: [fn(&mut Resource); 8] = [
        |other| other.attributes = resource(store(), "a", &json!({ "size": 2 })).attributes,
        |other| {
            let attributes = json!({ "size": 1, "password": { "secret": "env:Q" } });
            other.attributes = resource(store(), "a", &attributes).attributes;
        },
        |other| other.options.name = option_text("named"),
        |other| other.options.existing = option_text("theirs"),
        |other| other.options.protect = true,
        |other| other.options.adopt = true,
        |other| other.options.depends_on = vec![(address(store(), "b"), span())],
        |other| other.options.depends_on = vec![(address(store(), "c"), span())],
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let moved = declared_otherwise(edit);
        assert_eq!(moved, [Moved::new("t/store.a", vec![How::Declaration])], "{number}");
    }
}

#[test]
fn what_is_declared_newly_or_no_longer_is_named() {
    let (none, some) = (
        Declarations::of(&declared(Vec::new())),
        Declarations::of(&declared(vec![one()])),
    );
    assert_eq!(none.moved(&some), [Moved::new("t/store.a", vec![How::Declared])]);
    assert_eq!(
        some.moved(&none),
        [Moved::new("t/store.a", vec![How::NoLongerDeclared])]
    );
}

#[test]
fn the_content_of_a_file_is_told_from_the_declaration_that_names_it() {
    let function = crate::schema::find("aws_lambda_function").unwrap();
    let of = |filename: &str, source: &str| {
        let attributes = json!({ "filename": filename, "source": source });
        Declarations::of(&declared(vec![resource(function, "f", &attributes)]))
    };
    let before = of("code.zip", "sha256:1");
    let source = How::Source {
        attribute: "filename".to_owned(),
    };
    let named = |how: &[How]| [Moved::new("t/aws_lambda_function.f", how.to_vec())];
    assert_eq!(before.moved(&of("code.zip", "sha256:1")), []);
    assert_eq!(
        before.moved(&of("code.zip", "sha256:2")),
        named(std::slice::from_ref(&source))
    );
    assert_eq!(before.moved(&of("other.zip", "sha256:1")), named(&[How::Declaration]));
    assert_eq!(
        before.moved(&of("other.zip", "sha256:2")),
        named(&[How::Declaration, source])
    );
}

type Edit = fn(&mut Declared);

#[test]
fn a_setting_is_named_with_both_its_values() {
    let edits: [(&str, Edit); 10] = [
        ("cloud", |other| other.settings.cloud = Cloud::Live),
        ("aws.roles", |other| {
            other.settings.aws.roles = Roles::Existing("LabRole".to_owned());
        }),
        ("confluent.api_key", |other| {
            let secret = |name: &str| SecretSource::Environment(name.to_owned());
            other.settings.confluent = Some(ConfluentSettings {
                organization: None,
                api_key: Some((secret("ID"), secret("KEY"))),
                kafka_api_keys: BTreeMap::new(),
            });
        }),
        ("confluent.kafka_api_keys", |other| {
            let secret = |name: &str| SecretSource::Environment(name.to_owned());
            let key = (secret("ID"), secret("KEY"));
            other.settings.confluent = Some(ConfluentSettings {
                organization: None,
                api_key: None,
                kafka_api_keys: [("t/confluent_kafka_cluster.main".to_owned(), key)].into(),
            });
        }),
        ("expires_after", |other| {
            other.settings.expires_after = Some(Duration::from_secs(60));
        }),
        ("limits.call", |other| {
            other.settings.limits.call = Duration::from_secs(1)
        }),
        ("limits.wait", |other| {
            other.settings.limits.wait = Duration::from_secs(1)
        }),
        ("embedded.delays", |other| other.settings.embedded.delays = Delays::Real),
        ("embedded.faults", |other| {
            other.settings.embedded.faults = Some("faults.json".to_owned());
        }),
        ("drift.unseen", |other| {
            other.settings.unseen = vec!["aws_sqs_queue".to_owned()]
        }),
    ];
    let before = Declarations::of(&declared(Vec::new()));
    for (name, edit) in edits {
        let mut other = declared(Vec::new());
        edit(&mut other);
        let moved = before.moved(&Declarations::of(&other));
        let names: Vec<&str> = moved.iter().map(|moved| moved.name.as_str()).collect();
        assert_eq!(names, [name]);
    }
    let mut other = declared(Vec::new());
    other.settings.expires_after = Some(Duration::from_secs(60));
    let moved = before.moved(&Declarations::of(&other));
    assert_eq!(moved[0].to_string(), "expires_after (was not said, is 60s)");
}

#[test]
fn what_moved_reads_as_one_phrase() {
    let moved = Moved::new("t/store.a", vec![How::Attributes, How::Mark]);
    assert_eq!(moved.to_string(), "t/store.a (its live attributes, its mark)");
}

/// How a store may be found, from few values so that two findings are often the same.
fn any_live() -> impl Strategy<Value = Live> {
    let spec = (
        0..2_u32,
        prop::collection::vec(prop::sample::select(vec!["a", "b"]), 0..3),
        prop::option::of(0..3_u32),
        prop::option::of("[a-z]{3}"),
    );
    let spec = spec.prop_map(|(size, members, chosen, password)| {
        json!({ "size": size, "members": members, "chosen": chosen, "password": password })
    });
    let present = (spec, 0..2_u32, any::<bool>(), any::<bool>()).prop_map(|(spec, id, is_ours, protect)| {
        let id = format!("i-{id}");
        let Live::Present(mut seen) = ours(&one(), &spec, &[("id", &id)]) else {
            panic!("made present")
        };
        seen.mark = seen.mark.filter(|_| is_ours);
        if let Some(mark) = &mut seen.mark {
            mark.protect = protect;
        }
        Live::Present(seen)
    });
    let unreadable = Live::Unreadable {
        because: "denied".to_owned(),
        until: None,
    };
    prop_oneof![
        1 => Just(Live::Absent),
        1 => Just(unreadable),
        1 => Just(Live::Hidden { because: "denied".to_owned() }),
        1 => prop::option::of(0..2_u32).prop_map(|id| Live::NotCompared {
            outputs: id.map(|id| outputs(&[("id", &format!("i-{id}"))])),
        }),
        6 => present,
    ]
}

/// Two stores, the second of which names the first.
fn two() -> Declared {
    let second = json!({ "size": 0, "text": "${store.a.id}", "members": ["a"] });
    declared(vec![one(), resource(store(), "b", &second)])
}

fn observed(declared: &Declared, lives: &[Live]) -> Observations {
    let addresses = declared.resources.iter().map(|resource| resource.address.clone());
    addresses.zip(lives.iter().cloned()).collect()
}

/// How many of [`EDITS`] change nothing that is compared.
const NEUTRAL: usize = 5;

const EDITS: [fn(&mut Seen); 9] = [
    |seen| seen.spec["chosen"] = 9.into(),
    |seen| {
        if seen.spec["password"].is_string() {
            seen.spec["password"] = "other".into();
        }
    },
    |seen| seen.spec["members"].as_array_mut().unwrap().reverse(),
    |seen| {
        let members = seen.spec["members"].as_array_mut().unwrap();
        members.extend_from_within(..);
    },
    |seen| seen.spec["config"] = json!({ "undeclared": "9" }),
    |seen| seen.spec["size"] = 0.into(),
    |seen| seen.spec["members"] = json!(["a"]),
    |seen| drop(seen.outputs.insert("id".to_owned(), "i-0".to_owned())),
    |seen| seen.mark = None,
];

proptest! {
    /// What a saved plan stands on: where nothing moved, the plan is the same; and what is not compared moves nothing.
    #[test]
    fn what_has_the_same_fingerprints_is_planned_the_same(
        lives in [any_live(), any_live()],
        edits in prop::collection::vec((0..2_usize, 0..EDITS.len()), 0..4),
    ) {
        let declared = two();
        let mut edited = lives.clone();
        for (which, edit) in &edits {
            if let Live::Present(seen) = &mut edited[*which] {
                EDITS[*edit](seen);
            }
        }
        let (before, now) = (observed(&declared, &lives), observed(&declared, &edited));
        let moved = sightings(&declared, &before).moved(&sightings(&declared, &now));
        if edits.iter().all(|(_, edit)| *edit < NEUTRAL) {
            prop_assert_eq!(&moved, &[]);
        }
        if moved.is_empty() {
            prop_assert_eq!(plan(&declared, &before).changes, plan(&declared, &now).changes);
        }
    }

    #[test]
    fn exactly_what_was_found_otherwise_is_named(first in any_live(), second in any_live(), third in any_live()) {
        let declared = two();
        let before = sightings(&declared, &observed(&declared, &[first.clone(), second]));
        let now = sightings(&declared, &observed(&declared, &[first, third]));
        let names = |moved: Vec<Moved>| moved.into_iter().map(|moved| moved.name).collect::<Vec<_>>();
        let (there, back) = (names(before.moved(&now)), names(now.moved(&before)));
        prop_assert!(there.iter().all(|name| name == "t/store.b"), "{there:?}");
        prop_assert_eq!(there, back);
    }

    #[test]
    fn fingerprints_are_read_back_from_json(lives in [any_live(), any_live()]) {
        let declared = two();
        let sightings = sightings(&declared, &observed(&declared, &lives));
        let declarations = Declarations::of(&declared);
        let text = serde_json::to_string(&(&sightings, &declarations)).unwrap();
        let read: (Sightings, Declarations) = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read, (sightings, declarations));
    }

    /// Wherever it lies.
    #[test]
    fn nothing_that_is_live_can_be_read_from_fingerprints(place in 0..6_usize) {
        const MARKER: &str = "marker-text";
        let live = seen(|seen| match place {
            0 => seen.spec["text"] = MARKER.into(),
            1 => seen.spec["password"] = MARKER.into(),
            2 => seen.spec["members"] = json!([MARKER]),
            3 => drop(seen.outputs.insert("id".to_owned(), MARKER.to_owned())),
            4 => seen.mark.as_mut().unwrap().owner = Owner(MARKER.to_owned()),
            _ => seen.handle.id = MARKER.to_owned(),
        });
        let text = serde_json::to_string(&sighted(&one(), &live)).unwrap();
        prop_assert!(!text.contains(MARKER), "{text}");
    }
}
