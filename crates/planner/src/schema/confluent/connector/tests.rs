use proptest::prelude::*;
use serde_json::Value as Json;
use serde_json::json;

use super::*;
use crate::schema::Erased;
use crate::schema::tests::messages;

fn connector(config: Json, overrides: Json) -> Json {
    json!({ "kafka_cluster": { "outputs": { "id": "lkc-1" } }, "config": config, "config_overrides": overrides })
}

fn canonical(config: Json, overrides: Json) -> BTreeMap<String, Property> {
    let spec = serde_json::from_value(connector(config, overrides)).expect("a declaration");
    Connector::canonical(spec).config
}

fn sink() -> Json {
    json!({
        "connector.class": "MongoDbAtlasSink",
        "kafka.auth.mode": "SERVICE_ACCOUNT",
        "kafka.service.account.id": "sa-1",
        "topics": ["prod.air", "prod.noise"],
        "input.data.format": "JSON",
        "connection.host": "cluster0.abcde.mongodb.net",
        "connection.user": "sink",
        "connection.password": sentinel::numbered(sentinel::FIRST_FREE),
        "database": "telemetry",
        "tasks.max": 1,
    })
}

/// The problems of the sink with one property put in, or taken out where it is null.
fn with(name: &str, value: Json) -> Vec<String> {
    let mut config = sink();
    let properties = config.as_object_mut().expect("a map");
    match value {
        Json::Null => properties.remove(name),
        value => properties.insert(name.to_owned(), value),
    };
    messages(&Erased::<Connector>::new(), &connector(config, json!({})))
}

fn property() -> impl Strategy<Value = Json> {
    prop_oneof![
        "[a-c,* ]{0,6}".prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        any::<bool>().prop_map(Json::from),
        prop::collection::vec("[a-c]{1,2}", 0..3).prop_map(Json::from),
    ]
}

fn properties() -> impl Strategy<Value = Json> {
    let name = prop::sample::select(vec!["connector.class", "topics", "tasks.max", "topics.regex", "x"]);
    prop::collection::btree_map(name, property(), 0..5).prop_map(|entries| json!(entries))
}

proptest! {
    #[test]
    fn canonical_is_idempotent_and_leaves_no_overrides(config in properties(), overrides in properties()) {
        let spec: ConnectorSpec = serde_json::from_value(connector(config, overrides)).expect("a declaration");
        let once = Connector::canonical(spec);
        prop_assert_eq!(&once.config_overrides, &None);
        prop_assert_eq!(Connector::canonical(once.clone()), once);
    }

    #[test]
    fn no_property_makes_checking_fail(config in properties(), overrides in properties()) {
        messages(&Erased::<Connector>::new(), &connector(config, overrides));
    }
}

#[test]
fn lists_are_joined_and_numbers_and_booleans_are_texts() {
    let config = canonical(
        json!({ "topics": ["b", "a", "b"], "tasks.max": 1, "verbose": true, "order": ["b", "a"] }),
        json!({}),
    );
    let texts: Vec<(&str, &str)> = config
        .iter()
        .map(|(name, text)| (name.as_str(), text.0.as_str()))
        .collect();
    assert_eq!(
        texts,
        [
            ("order", "b,a"),
            ("tasks.max", "1"),
            ("topics", "a,b"),
            ("verbose", "true")
        ]
    );
}

#[test]
fn overrides_are_laid_over_entry_by_entry() {
    let config = canonical(json!({ "a": 1, "b": 2 }), json!({ "b": 3, "c": 4 }));
    assert_eq!(config, canonical(json!({ "a": 1, "b": 3, "c": 4 }), json!({})));
}

#[test]
fn a_sink_that_has_all_it_needs_has_no_problem() {
    assert_eq!(with("bulk.write.ordered", json!(false)), [""; 0]);
    assert_eq!(with("something.that.it.may.learn", json!("x")), [""; 0]);
}

#[test]
fn what_a_sink_needs_is_named() {
    for name in [
        "connection.host",
        "connection.user",
        "connection.password",
        "database",
        "input.data.format",
        "topics",
    ] {
        assert_eq!(
            with(name, Json::Null),
            [format!("config: MongoDbAtlasSink needs `{name}`")]
        );
    }
    assert_eq!(
        with("kafka.service.account.id", Json::Null),
        ["config.kafka.auth.mode: kafka.auth.mode: SERVICE_ACCOUNT needs kafka.service.account.id"]
    );
}

#[test]
fn words_of_the_property_table_are_held_against_it() {
    for (name, value) in [
        ("write.strategy", "InsertOne"),
        ("errors.tolerance", "ALL"),
        ("doc.id.strategy.overwrite.existing", "yes"),
        ("tasks.max", "0"),
    ] {
        assert_eq!(with(name, json!(value)).len(), 1, "{name}");
    }
    let unknown = sentinel::numbered(sentinel::FIRST_FREE);
    assert_eq!(with("write.strategy", json!(unknown)), [""; 0]);
}

#[test]
fn a_dead_letter_does_not_come_back() {
    let name = "errors.deadletterqueue.topic.name";
    assert_eq!(with(name, json!("prod.dead")), [""; 0]);
    assert_eq!(with(name, json!("prod.air")).len(), 1);
}

#[test]
fn a_problem_of_an_override_is_told_there() {
    let found = messages(
        &Erased::<Connector>::new(),
        &connector(sink(), json!({ "tasks.max": "none", "kafka.endpoint": "SASL_SSL://x" })),
    );
    assert_eq!(
        found,
        [
            "config_overrides.kafka.endpoint: Confluent fills in kafka.endpoint itself",
            "config_overrides.tasks.max: tasks.max: expected a whole number, 1 or more, found \"none\"",
        ]
    );
}
