use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::resource::PlaceField;
use crate::resource::sentinel;
use crate::schema::Problems;

pub(crate) fn document(value: Json) -> Document {
    serde_json::from_value(value).expect("a map")
}

/// A document whose one statement is an allowing one with these parts.
fn stating(parts: Json) -> Document {
    let mut statement = json!({ "Effect": "Allow" });
    for (key, value) in parts.as_object().expect("parts") {
        statement[key] = value.clone();
    }
    document(json!({ "Version": "2012-10-17", "Statement": [statement] }))
}

fn equal(one: Document, other: Document) -> bool {
    one.canonical().to_text() == other.canonical().to_text()
}

fn problems(grant: Grant, found: Document) -> Vec<String> {
    let mut problems = Problems::default();
    found.check(grant, &["policy"], &mut problems);
    let line = |problem: crate::schema::Problem| {
        let hint = problem.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{}: {}{hint}", problem.path.join("."), problem.message)
    };
    problems.found.into_iter().map(line).collect()
}

#[test]
fn spellings_of_one_meaning_are_equal() {
    let pairs = [
        (
            json!({ "Action": "sqs:SendMessage" }),
            json!({ "Action": ["sqs:SendMessage"] }),
        ),
        (
            json!({ "NotAction": ["b:B", "a:A"] }),
            json!({ "NotAction": ["a:A", "b:B", "a:A"] }),
        ),
        (json!({ "Resource": ["*"] }), json!({ "Resource": "*" })),
        (json!({ "NotResource": ["*"] }), json!({ "NotResource": "*" })),
        (json!({ "Effect": "allow" }), json!({ "Effect": "Allow" })),
        (
            json!({ "Principal": { "Service": ["iot.amazonaws.com"] } }),
            json!({ "Principal": { "Service": "iot.amazonaws.com" } }),
        ),
        (
            json!({ "Principal": { "AWS": "123456789012" } }),
            json!({ "Principal": { "AWS": ["arn:aws-cn:iam::123456789012:root"] } }),
        ),
        (
            json!({ "Principal": "arn:aws:iam::123456789012:root" }),
            json!({ "Principal": "123456789012" }),
        ),
        (json!({ "Principal": {} }), json!({})),
        (json!({ "Principal": { "AWS": [], "Service": [] } }), json!({})),
        (
            json!({ "Condition": { "Bool": { "aws:SecureTransport": true } } }),
            json!({ "Condition": { "Bool": { "aws:SecureTransport": ["true"] } } }),
        ),
        (
            json!({ "Condition": { "NumericLessThan": { "a:b": 5, "a:a": [2, "1"] } } }),
            json!({ "Condition": { "NumericLessThan": { "a:a": ["1", "2"], "a:b": "5" } } }),
        ),
    ];
    for (one, other) in pairs {
        assert!(equal(stating(one.clone()), stating(other.clone())), "{one} {other}");
    }
}

#[test]
fn spellings_of_other_meanings_differ() {
    let pairs = [
        (
            json!({ "Action": "sqs:SendMessage" }),
            json!({ "Action": "sqs:sendmessage" }),
        ),
        (json!({ "Principal": "*" }), json!({ "Principal": { "AWS": "*" } })),
        (json!({ "Sid": "a" }), json!({})),
        (json!({ "NotPrincipal": {} }), json!({})),
        (json!({ "Effect": "Allow" }), json!({ "Effect": "Deny" })),
        (
            json!({ "Principal": { "AWS": "123456789012" } }),
            json!({ "Principal": { "AWS": "arn:aws:iam::123456789012:role/root" } }),
        ),
        (
            json!({ "Principal": { "AWS": "1234567890123" } }),
            json!({ "Principal": { "AWS": "arn:aws:iam::1234567890123:root" } }),
        ),
        (
            json!({ "Principal": { "Service": "arn:aws:iam::123456789012:root" } }),
            json!({ "Principal": { "Service": "123456789012" } }),
        ),
        (
            json!({ "Condition": { "Bool": { "aws:SecureTransport": "true" } } }),
            json!({ "Condition": { "Bool": { "AWS:SecureTransport": "true" } } }),
        ),
    ];
    for (one, other) in pairs {
        assert!(!equal(stating(one.clone()), stating(other.clone())), "{one} {other}");
    }
}

#[test]
fn a_missing_version_is_not_the_newest() {
    let with = json!({ "Version": "2012-10-17", "Statement": [] });
    assert!(!equal(document(with), document(json!({ "Statement": [] }))));
}

#[test]
fn one_statement_is_a_list_of_one() {
    let statement = json!({ "Effect": "Allow", "Action": "a:A", "Resource": "*" });
    let single = document(json!({ "Version": "2012-10-17", "Statement": statement.clone() }));
    assert!(equal(
        single,
        document(json!({ "Statement": [statement], "Version": "2012-10-17" }))
    ));
}

#[test]
fn what_is_no_policy_stays_as_it_is() {
    for odd in [
        json!({}),
        json!({ "Statement": "text" }),
        json!({ "Statement": [1, null, [[]]], "x": { "b": 1, "a": [2, 1] } }),
        json!({ "Statement": { "Action": [["a"], ["a"]], "Principal": [], "Condition": [1], "Effect": {} } }),
        json!({ "Statement": { "Action": [["a"]], "Condition": { "Bool": { "k": [[true]] } } } }),
    ] {
        let once = document(odd.clone()).canonical();
        assert_eq!(once.clone().canonical().to_text(), once.to_text(), "{odd}");
    }
}

#[test]
fn a_list_of_one_document_reads_as_the_document() {
    let text = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let read = Document::from_text(text).expect("a document");
    assert_eq!(read.to_text(), text);
    assert_eq!(Document::from_text(&format!("[{text}]")), Some(read));
    for other in ["", "[]", "1", "{", &format!("[{text},{text}]")] {
        assert_eq!(Document::from_text(other), None, "{other}");
    }
}

#[test]
fn size_counts_no_whitespace_and_no_unknown_output() {
    let compact = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let of = |id: &str| document(json!({ "Version": "2012-10-17", "Id": id, "Statement": [] })).size();
    assert_eq!(
        document(json!({ "Statement": [], "Version": "2012-10-17" })).size(),
        compact.len()
    );
    assert_eq!(
        of("a b\tc").cmp(&of("abc")),
        std::cmp::Ordering::Greater,
        "a tab is escaped, two characters"
    );
    assert_eq!(of("a b"), of("ab"));
    assert_eq!(of(&sentinel::numbered(16)), of(""));
    assert_eq!(of(&sentinel::of_place(PlaceField::AccountId)), of("123456789012"));
}

#[test]
fn every_problem_of_a_document_is_reported_at_its_place() {
    let found = document(json!({
        "version": "2012-10-17",
        "Statement": [
            { "Sid": "a", "Effect": "allow", "Actions": "sqs:SendMessage", "Resource": [] },
            { "Sid": "a", "Action": ["SendMessage", 5], "NotAction": "a:A", "Resource": "ingest", "Principal": "*" },
            { "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "Bool": true, "Null": { "k": {} } } },
            "text",
        ],
    }));
    let expected = [
        "policy.version: `version` is not part of a policy; expected Version, Id, Statement (did you mean Version?)",
        "policy: the document has no Version (write Version: \"2012-10-17\"; without it the document is read as one \
         of 2008-10-17)",
        "policy.Statement.0.Actions: `Actions` is not part of a policy; expected Sid, Effect, Principal, \
         NotPrincipal, Action, NotAction, Resource, NotResource, Condition (did you mean Action?)",
        "policy.Statement.0.Effect: expected Allow or Deny, found \"allow\" (did you mean Allow?)",
        "policy.Statement.0: the statement has neither Action nor NotAction",
        "policy.Statement.0.Resource: expected text or a list of texts, found an empty list",
        "policy.Statement.1.Sid: a second statement with the Sid \"a\"",
        "policy.Statement.1: the statement has no Effect (write Effect: Allow)",
        "policy.Statement.1.NotAction: a statement has Action or NotAction, not both",
        "policy.Statement.1.Principal: a role's own policy is about that role and names no principal (remove \
         Principal)",
        "policy.Statement.1.Action.0: expected an action such as sqs:SendMessage or \"*\", found \"SendMessage\"",
        "policy.Statement.1.Action.1: expected text or a list of texts, found 5",
        "policy.Statement.1.Resource: expected an ARN or \"*\", found \"ingest\"",
        "policy.Statement.2.Condition.Bool: expected a map of condition keys, found true (write { StringEquals: { \
         \"aws:SourceAccount\": … } })",
        "policy.Statement.2.Condition.Null.k: expected a value or a list of values, found an empty map",
        "policy.Statement.3: expected a statement, found \"text\"",
    ];
    assert_eq!(problems(Grant::Identity, found), expected);
}

#[test]
fn each_use_of_a_document_has_its_own_rules() {
    let trust = || stating(json!({ "Principal": { "Service": "iot.amazonaws.com" }, "Action": "sts:AssumeRole" }));
    let identity = || stating(json!({ "Action": "sqs:SendMessage", "Resource": "*" }));
    assert!(problems(Grant::Trust, trust()).is_empty());
    assert!(problems(Grant::Resource, trust()).is_empty());
    assert!(problems(Grant::Identity, identity()).is_empty());
    assert_eq!(problems(Grant::Identity, trust()).len(), 2);
    assert_eq!(problems(Grant::Trust, identity()).len(), 2);
    assert_eq!(problems(Grant::Resource, identity()).len(), 1);
}

#[test]
fn a_principal_is_everyone_or_a_map() {
    let of = |principal: Json| {
        problems(
            Grant::Trust,
            stating(json!({ "Principal": principal, "Action": "sts:AssumeRole" })),
        )
    };
    assert!(of(json!("*")).is_empty());
    assert!(of(json!({ "AWS": ["123456789012"], "Service": "iot.amazonaws.com" })).is_empty());
    assert_eq!(of(json!("iot.amazonaws.com")).len(), 1);
    assert_eq!(of(json!({})).len(), 1);
    let [misspelt] = of(json!({ "service": "iot.amazonaws.com" }))
        .try_into()
        .expect("one problem");
    assert!(misspelt.ends_with("(did you mean Service?)"), "{misspelt}");
}

#[test]
fn statements_are_missing_empty_or_misshapen() {
    for statement in [json!(null), json!([]), json!("text"), json!(1)] {
        let found = document(json!({ "Version": "2012-10-17", "Statement": statement }));
        assert_eq!(problems(Grant::Identity, found).len(), 1);
    }
    let none = problems(Grant::Identity, document(json!({ "Version": "2012-10-17" })));
    assert_eq!(none, ["policy: the document has no Statement"]);
    let old = problems(
        Grant::Identity,
        document(json!({ "Version": "2012-10-18", "Statement": [] })),
    );
    assert!(
        old[0].starts_with("policy.Version: expected 2012-10-17 or 2008-10-17, found"),
        "{old:?}"
    );
}

#[test]
fn what_is_not_known_yet_is_passed_over() {
    let unknown = sentinel::numbered(16);
    let found = stating(json!({ "Sid": unknown, "Effect": unknown, "Action": [unknown], "Resource": unknown }));
    assert!(problems(Grant::Identity, found).is_empty());
}

pub(crate) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]:[A-C]",
        (16..19_usize).prop_map(sentinel::numbered),
        (16..19_usize).prop_map(|number| format!("a:{}", sentinel::numbered(number))),
    ]
}

fn any_texts() -> impl Strategy<Value = Json> {
    prop_oneof![
        any_text().prop_map(Json::from),
        prop::collection::vec(any_text(), 0..4).prop_map(Json::from),
    ]
}

fn any_condition() -> impl Strategy<Value = Json> {
    let scalar = || {
        prop_oneof![
            any::<bool>().prop_map(Json::from),
            (0..3).prop_map(Json::from),
            any_texts()
        ]
    };
    prop::collection::btree_map("[a-b]", scalar(), 0..3).prop_map(|keys| json!({ "StringEquals": keys }))
}

fn any_statement() -> impl Strategy<Value = Json> {
    let effect = prop_oneof![Just("Allow"), Just("deny")];
    let account = prop_oneof![Just("123456789012"), Just("arn:aws:iam::123456789012:root"), Just("a")];
    let principal = prop_oneof![
        Just(json!("*")),
        prop::collection::vec(account, 1..3).prop_map(|accounts| json!({ "AWS": accounts })),
        any_texts().prop_map(|services| json!({ "Service": services })),
    ];
    (effect, principal, any_texts(), any_texts(), any_condition()).prop_map(
        |(effect, principal, action, resource, condition)| {
            json!({
                "Effect": effect,
                "Principal": principal,
                "Action": action,
                "Resource": resource,
                "Condition": condition,
            })
        },
    )
}

pub(crate) fn any_document() -> impl Strategy<Value = Document> {
    let statements = prop_oneof![
        any_statement(),
        prop::collection::vec(any_statement(), 0..4).prop_map(Json::from),
    ];
    statements.prop_map(|statement| document(json!({ "Version": "2012-10-17", "Statement": statement })))
}

/// Any JSON, with the words of a policy among its keys.
fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (0..3).prop_map(Json::from),
        any_text().prop_map(Json::from),
    ];
    let key = prop_oneof![
        prop::sample::select(STATEMENT_KEYS).prop_map(str::to_owned),
        prop::sample::select(DOCUMENT_KEYS).prop_map(str::to_owned),
        Just(AWS.to_owned()),
        "[a-b]",
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::hash_map(key.clone(), inner, 0..4)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

/// Lists and maps in another order, decided by the numbers of `seed` in turn.
fn shuffled(value: Json, seed: &mut impl Iterator<Item = usize>) -> Json {
    fn in_other_order<T>(mut items: Vec<T>, seed: &mut impl Iterator<Item = usize>) -> Vec<T> {
        for last in (1..items.len()).rev() {
            let other = seed.next().unwrap_or_default() % (last + 1);
            items.swap(last, other);
        }
        items
    }
    match value {
        Json::Array(items) => {
            let items = items.into_iter().map(|item| shuffled(item, seed)).collect();
            Json::Array(in_other_order(items, seed))
        }
        Json::Object(entries) => {
            let entries = entries
                .into_iter()
                .map(|(key, value)| (key, shuffled(value, seed)))
                .collect();
            Json::Object(in_other_order(entries, seed).into_iter().collect())
        }
        other => other,
    }
}

/// The document once its unknowns are known; all of them turn out to be the same text.
fn known(found: &Document) -> Document {
    let mut text = found.to_text();
    for number in 16..19 {
        text = text.replace(&sentinel::numbered(number), "a:A");
    }
    Document::from_text(&text).expect("a document")
}

proptest! {
    #[test]
    fn canonical_is_idempotent_on_documents(found in any_document()) {
        let once = found.canonical();
        prop_assert_eq!(once.clone().canonical().to_text(), once.to_text());
    }

    #[test]
    fn canonical_is_total_and_idempotent_on_any_json(entries in prop::collection::vec(any_json(), 1..3)) {
        let odd = json!({ "Statement": entries, "Version": 1 });
        let once = document(odd).canonical();
        prop_assert_eq!(once.clone().canonical().to_text(), once.to_text());
    }

    #[test]
    fn checking_any_json_ends_without_a_panic(entries in prop::collection::vec(any_json(), 1..3)) {
        let odd = document(json!({ "Statement": entries }));
        for grant in [Grant::Trust, Grant::Identity, Grant::Resource] {
            prop_assert!(!problems(grant, odd.clone()).is_empty(), "Version is missing");
        }
    }

    #[test]
    fn order_means_nothing(found in any_document(), seed in prop::collection::vec(any::<usize>(), 40)) {
        let other = shuffled(Json::Object(found.0.clone()), &mut seed.into_iter());
        prop_assert_eq!(document(other).canonical().to_text(), found.canonical().to_text());
    }

    #[test]
    fn canonical_before_and_after_the_unknowns_are_known_is_canonical_after(found in any_document()) {
        let early = known(&found.clone().canonical()).canonical();
        prop_assert_eq!(early.to_text(), known(&found).canonical().to_text());
    }
}
