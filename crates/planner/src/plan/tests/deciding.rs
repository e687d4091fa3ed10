use super::invented::ROLE;
use super::invented::STORE;
use super::*;
use crate::plan::written::Written;

/// Decides one store against a live one.
fn decide_store(attributes: &Json, live: &Live) -> Change {
    decide_resource(resource(&STORE, "a", attributes), live)
}

fn decide_resource(resource: Resource, live: &Live) -> Change {
    let declared = declared(vec![resource]);
    let evaluation = Evaluation::new(&declared).unwrap();
    let resource = &declared.resources[0];
    decide(resource, &owner(), &evaluation.wanted(&resource.address).unwrap(), live).unwrap()
}

/// A live store of ours with these attributes, last applied as `attributes` declares.
fn live_store(attributes: &Json, spec: &Json) -> Live {
    ours(&resource(&STORE, "a", attributes), &live_spec(&STORE, spec), &[])
}

fn against(attributes: &Json, spec: &Json) -> Change {
    decide_store(attributes, &live_store(attributes, spec))
}

#[test]
fn what_is_absent_is_created_with_all_that_is_declared_or_defaulted() {
    let change = decide_store(&json!({ "size": 2, "text": "x" }), &Live::Absent);
    assert_eq!((change.action, &change.reason), (Action::Create, &Reason::Absent));
    assert_eq!(
        fields(&change),
        ["size: null -> 2", "text: null -> \"x\"", "members: null -> []"]
    );
    assert_eq!(change.cloud_name.as_deref(), Some("test-t-a"));
}

#[test]
fn what_equals_its_declaration_stays_whatever_digest_its_mark_bears_and_whatever_is_no_address() {
    let Live::Present(mut seen) = live_store(&json!({}), &json!({ "text": "  x " })) else {
        panic!("made present")
    };
    for digest in ["1:other", "2:x", ""] {
        let mark = seen.mark.as_mut().unwrap();
        mark.digest = Digest(digest.to_owned());
        mark.address = "cut off".to_owned();
        let change = decide_store(&json!({ "text": "x" }), &Live::Present(seen.clone()));
        assert_eq!(
            (change.action, change.reason),
            (Action::Keep, Reason::Equal),
            "{digest}"
        );
    }
}

#[test]
fn the_digest_tells_drift_from_a_declaration_not_yet_applied() {
    let Live::Present(mut seen) = live_store(&json!({ "size": 2 }), &json!({ "size": 1 })) else {
        panic!("made present")
    };
    let same = seen.mark.as_ref().unwrap().digest.0.clone();
    for (digest, reason) in [
        (same.as_str(), Reason::Drift),
        ("1:other", Reason::Declared),
        ("2:other", Reason::CauseUnknown),
        ("", Reason::CauseUnknown),
    ] {
        seen.mark.as_mut().unwrap().digest = Digest(digest.to_owned());
        let change = decide_store(&json!({ "size": 2 }), &Live::Present(seen.clone()));
        assert_eq!((change.action, &change.reason), (Action::Update, &reason), "{digest}");
        assert_eq!(fields(&change), ["size: 1 -> 2"]);
    }
}

#[test]
fn an_undeclared_attribute_edited_behind_our_back_shows() {
    let change = against(&json!({}), &json!({ "text": "theirs" }));
    assert_eq!(fields(&change), ["text: \"theirs\" -> null"]);
    assert_eq!(change.action, Action::Update);
}

#[test]
fn what_cannot_change_in_place_is_replaced_and_says_since_when() {
    let change = against(&json!({ "fixed": "b", "size": 2 }), &json!({ "fixed": "a", "size": 1 }));
    assert_eq!(change.action, Action::Replace);
    assert_eq!(
        fields(&change),
        ["size: 1 -> 2", "fixed: \"a\" -> \"b\" # forces replacement"]
    );
    assert_eq!(
        change.sentence(),
        "`fixed` cannot be changed in place; changed outside eclusa since the last apply"
    );
}

#[test]
fn a_whole_that_comes_or_goes_forces_replacement_only_by_what_it_holds_at_the_path() {
    let forced = against(&json!({ "nested": { "fixed": "b" } }), &json!({}));
    assert_eq!(forced.action, Action::Replace);
    let harmless = against(&json!({ "nested": { "chosen": 1 } }), &json!({}));
    assert_eq!(harmless.action, Action::Update);
}

#[test]
fn what_the_server_chooses_is_compared_only_where_declared() {
    let chosen = json!({ "chosen": 7, "nested": { "chosen": 3 } });
    assert_eq!(against(&json!({}), &chosen).action, Action::Keep);
    let fixed = json!({ "nested": { "fixed": "x", "chosen": 3 } });
    assert_eq!(
        fields(&against(&json!({}), &fixed)),
        ["nested: {\"chosen\":null,\"fixed\":\"x\"} -> null # forces replacement"]
            .map(|line| line.replace("{\"chosen\":null,\"fixed\":\"x\"}", "{\"fixed\":\"x\",\"chosen\":null}"))
    );
    assert_eq!(fields(&against(&json!({ "chosen": 8 }), &chosen)), ["chosen: 7 -> 8"]);
}

#[test]
fn an_open_map_is_compared_by_declared_key() {
    let live = json!({ "config": { "a": "1", "b": "2" } });
    assert_eq!(against(&json!({}), &live).action, Action::Keep);
    assert_eq!(against(&json!({ "config": { "b": "2" } }), &live).action, Action::Keep);
    let change = against(&json!({ "config": { "b": "3", "c": "4" } }), &live);
    assert_eq!(fields(&change), ["config.b: \"2\" -> \"3\"", "config.c: null -> \"4\""]);
}

#[test]
fn a_set_knows_neither_order_nor_repetition_and_shows_what_came_and_went() {
    let live = json!({ "members": ["c", "a", "b", "a"] });
    assert_eq!(
        against(&json!({ "members": ["b", "b", "c", "a"] }), &live).action,
        Action::Keep
    );
    let less = against(&json!({ "members": ["b", "c"] }), &live);
    assert_eq!(fields(&less), ["members[2]: \"a\" -> null"]);
    let other = against(&json!({ "members": ["d", "c", "b"] }), &live);
    assert_eq!(fields(&other), ["members[2]: \"a\" -> \"d\""]);
}

#[test]
fn a_set_that_holds_an_unknown_is_never_no_changes() {
    let resources = || {
        vec![
            resource(&STORE, "a", &json!({ "members": ["x", "${store.b.id}"] })),
            resource(&STORE, "b", &json!({})),
        ]
    };
    for members in [json!(["x"]), json!(["x", "i-1"]), json!([])] {
        let declared = declared(resources());
        let evaluation = Evaluation::new(&declared).unwrap();
        let resource = &declared.resources[0];
        let live = ours(resource, &live_spec(&STORE, &json!({ "members": members })), &[]);
        let wanted = evaluation.wanted(&resource.address).unwrap();
        let change = decide(resource, &owner(), &wanted, &live).unwrap();
        assert_eq!(change.action, Action::Update, "{members}");
    }
}

#[test]
fn a_secret_is_sent_at_create_and_never_compared() {
    let declared = json!({ "password": { "secret": "env:P" } });
    let change = decide_store(&declared, &Live::Absent);
    assert!(
        fields(&change).contains(&"password: null -> {\"secret\":\"env:P\"}".to_owned()),
        "{:?}",
        fields(&change)
    );
    for live in [json!({}), json!({ "password": "****" })] {
        assert_eq!(against(&declared, &live).action, Action::Keep, "{live}");
    }
}

#[test]
fn what_lies_undeclared_where_a_secret_may_lie_is_a_difference_whose_text_is_not_shown() {
    let change = against(&json!({}), &json!({ "password": "marker" }));
    assert_eq!(change.action, Action::Update);
    assert_eq!(fields(&change), ["password: \"(not shown)\" -> null"]);
}

#[test]
fn what_bears_no_mark_or_anothers_is_blocked_and_says_what_can_be_done() {
    let mut seen = foreign(&live_spec(&STORE, &json!({})), &[]);
    let change = decide_store(&json!({}), &Live::Present(seen.clone()));
    assert_eq!((change.action, &change.fields), (Action::Blocked, &Vec::new()));
    assert_eq!(
        change.sentence(),
        "its name is taken by a resource without eclusa's mark: adopt it with `adopt: true` or `eclusa adopt`, or set \
         another `name:`"
    );
    let theirs = Owner("other@123456789012/us-east-1".to_owned());
    seen.mark = Some(Mark {
        owner: theirs.clone(),
        address: "t/store.a".to_owned(),
        digest: Digest("1:x".to_owned()),
        protect: false,
    });
    let change = decide_store(&json!({}), &Live::Present(seen));
    assert_eq!(change.action, Action::Blocked);
    assert_eq!(change.reason, Reason::NotOurs { owner: Some(theirs) });
}

#[test]
fn what_is_not_ours_is_blocked_even_where_it_does_not_decode() {
    let seen = foreign(&json!({ "size": "strange" }), &[]);
    assert_eq!(decide_store(&json!({}), &Live::Present(seen)).action, Action::Blocked);
}

#[test]
fn a_live_spec_of_ours_that_does_not_decode_is_told_as_a_bug() {
    let resource = resource(&STORE, "a", &json!({}));
    let live = ours(&resource, &json!({ "size": "strange" }), &[]);
    let declared = declared(vec![resource]);
    let evaluation = Evaluation::new(&declared).unwrap();
    let resource = &declared.resources[0];
    let wanted = evaluation.wanted(&resource.address).unwrap();
    assert_eq!(decide(resource, &owner(), &wanted, &live).unwrap_err().kind, "store");
}

#[test]
fn what_cannot_be_read_is_checked_later() {
    let live = Live::Unreadable {
        because: "access denied".to_owned(),
        until: None,
    };
    let change = decide_store(&json!({}), &live);
    assert_eq!(change.action, Action::Check);
    assert_eq!(change.sentence(), "it could not be read: access denied");
}

#[test]
fn what_only_exists_is_never_written() {
    let mut role = resource(&ROLE, "r", &json!({}));
    role.options.existing = option_text("Theirs");
    let found = Live::Present(foreign(&json!({ "trust": "theirs" }), &[]));
    assert_eq!(decide_resource(role.clone(), &found).action, Action::Keep);
    let change = decide_resource(role, &Live::Absent);
    assert_eq!(
        (change.action, change.reason),
        (Action::Blocked, Reason::ExistingAbsent)
    );
}

#[test]
fn what_is_protected_is_updated_but_not_replaced() {
    let mut protected = resource(&STORE, "a", &json!({ "fixed": "b" }));
    protected.options.protect = true;
    let live = ours(&protected, &live_spec(&STORE, &json!({ "fixed": "a" })), &[]);
    let change = decide_resource(protected.clone(), &live);
    assert_eq!(change.action, Action::Blocked);
    assert_eq!(change.sentence(), "it is protected: take its `protect: true` out first");
    let live = ours(&protected, &live_spec(&STORE, &json!({ "fixed": "b", "size": 3 })), &[]);
    assert_eq!(decide_resource(protected, &live).action, Action::Update);
}

#[test]
fn a_change_within_a_document_is_one_of_the_whole() {
    let queue = crate::schema::find("aws_sqs_queue").unwrap();
    let policy = |actions: &[&str]| {
        let statements: Vec<Json> = actions
            .iter()
            .map(|action| json!({ "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*" }))
            .collect();
        json!({ "delay_seconds": 1, "policy": { "Version": "2012-10-17", "Statement": statements } })
    };
    let attributes = policy(&["sqs:SendMessage", "sqs:ReceiveMessage"]);
    let live = ours(
        &resource(queue, "a", &attributes),
        &live_spec(queue, &policy(&["sqs:DeleteMessage"])),
        &[],
    );
    let change = decide_resource(resource(queue, "a", &attributes), &live);
    let paths: Vec<String> = change
        .fields
        .iter()
        .map(|field| Written(&field.path).to_string())
        .collect();
    assert_eq!(paths, ["policy"]);
    let held = |value: &Option<Value>| serde_json::to_string(value).unwrap();
    assert!(
        held(&change.fields[0].before).contains("DeleteMessage"),
        "{:?}",
        change.fields[0].before
    );
    assert!(
        held(&change.fields[0].after).contains("ReceiveMessage"),
        "{:?}",
        change.fields[0].after
    );
}
