#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;
use crate::resource::PlaceField;

fn reference(name: &str) -> Reference {
    Reference {
        address: Address::new("t", "invented", name),
        output: "id".to_owned(),
    }
}

fn unknown(name: &str) -> Part {
    Part::Unknown(Unknown::Output(reference(name)))
}

fn text(parts: impl IntoIterator<Item = Part>) -> Value {
    Value::Text(parts.into_iter().collect())
}

fn literal_part(text: &str) -> Part {
    Part::Literal(text.to_owned())
}

fn map(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Map(
        entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

/// Sorts one list, joins another into a text and moves a third attribute, as no kind should.
fn unkind_canonical(mut spec: Json) -> Json {
    let mut sorted: Vec<String> = serde_json::from_value(spec["sorted"].clone()).unwrap();
    sorted.sort();
    spec["sorted"] = json!(sorted);
    let joined: Vec<String> = serde_json::from_value(spec["joined"].clone()).unwrap();
    spec["joined"] = json!(joined.join(","));
    let moved = spec.as_object_mut().unwrap().remove("from").unwrap();
    spec["to"] = json!([{ "deep": moved }]);
    spec
}

#[test]
fn what_canonical_sorts_joins_and_moves_is_found_again() {
    let secret = Value::Secret(SecretSource::Environment("PASSWORD".to_owned()));
    let handle = Value::Handle(Address::new("t", "invented", "whole"));
    let declared = map([
        (
            "sorted",
            Value::List(vec![
                text([unknown("b")]),
                Value::text("z"),
                text([unknown("a"), literal_part("!")]),
            ]),
        ),
        (
            "joined",
            Value::List(vec![text([unknown("a")]), Value::text("mid"), text([unknown("b")])]),
        ),
        ("from", Value::List(vec![secret.clone(), handle.clone()])),
    ]);
    let mut table = Sentinels::default();
    let spec = unkind_canonical(table.encode(&declared));
    let expected = map([
        (
            "sorted",
            Value::List(vec![
                Value::text("z"),
                text([unknown("b")]),
                text([unknown("a"), literal_part("!")]),
            ]),
        ),
        ("joined", text([unknown("a"), literal_part(",mid,"), unknown("b")])),
        (
            "to",
            Value::List(vec![map([("deep", Value::List(vec![secret, handle]))])]),
        ),
    ]);
    assert_eq!(table.restore(&spec), expected);
    let unknowns = ["b", "a"].map(|name| Unknown::Output(reference(name)));
    assert_eq!(table.unknowns(&spec), Some(unknowns.to_vec()));
}

#[test]
fn one_unknown_has_one_number_and_a_place_has_its_own() {
    let mut table = Sentinels::default();
    let place = Part::Unknown(Unknown::Place(PlaceField::Tag));
    let value = Value::List(vec![
        text([unknown("a"), place]),
        text([unknown("b")]),
        text([unknown("a")]),
    ]);
    let spec = table.encode(&value);
    let first = sentinel::numbered(sentinel::FIRST_FREE);
    let second = sentinel::numbered(sentinel::FIRST_FREE + 1);
    assert_eq!(
        spec,
        json!([format!("{first}{}", sentinel::of_place(PlaceField::Tag)), second, first])
    );
    assert_eq!(table.restore(&spec), value);
}

#[test]
fn a_sentinel_in_a_key_is_restored_as_its_reference_and_still_counts_as_unknown() {
    let mut table = Sentinels::default();
    let encoded = table.encode(&text([unknown("a")]));
    let spec = Json::Object([(encoded.as_str().unwrap().to_owned(), json!(1))].into_iter().collect());
    let key = "${t/invented.a.id}".to_owned();
    assert_eq!(
        table.restore(&spec),
        Value::Map([(key, Value::Number(1.into()))].into_iter().collect())
    );
    assert_eq!(table.unknowns(&spec), Some(vec![Unknown::Output(reference("a"))]));
}

#[test]
fn a_known_output_takes_the_place_of_its_unknown() {
    let mut table = Sentinels::default();
    let known = |unknown: &Unknown| match unknown {
        Unknown::Output(reference) if reference.address.name == "a" => Some(Cow::Borrowed("A")),
        _ => None,
    };
    let spec = table.encode_with(&text([literal_part("<"), unknown("a"), unknown("b")]), &known);
    assert_eq!(table.restore(&spec), text([literal_part("<A"), unknown("b")]));
}

#[test]
fn a_damaged_or_invented_sentinel_is_noticed() {
    let mut table = Sentinels::default();
    let spec = table.encode(&text([unknown("a")]));
    let whole = spec.as_str().unwrap();
    let cut: String = whole.chars().skip(1).collect();
    assert_eq!(table.unknowns(&json!([cut])), None);
    assert_eq!(table.unknowns(&json!(sentinel::numbered(400))), None);
    assert!(hangs_on_output(&cut) && hangs_on_output(whole));
    assert!(!hangs_on_output(&sentinel::of_place(PlaceField::AccountId)) && !hangs_on_output("plain"));
}

#[test]
fn a_live_text_cannot_pose_as_an_unknown() {
    let forged = json!([sentinel::numbered(sentinel::FIRST_FREE)]);
    let Value::List(items) = literal(&forged) else {
        panic!("a list stays a list")
    };
    assert!(matches!(items.as_slice(), [Value::Text(text)] if text.known().is_some()));
}
