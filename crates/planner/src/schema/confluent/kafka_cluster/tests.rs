use proptest::prelude::*;
use serde_json::Value as Json;
use serde_json::json;

use super::*;
use crate::schema::AnySchema;
use crate::schema::Erased;
use crate::schema::tests::messages;

fn cluster(more: Json) -> Json {
    let mut cluster = json!({
        "environment": { "outputs": { "id": "env-1" } },
        "cloud": "AWS",
        "region": "eu-west-1",
    });
    cluster
        .as_object_mut()
        .expect("a map")
        .extend(more.as_object().expect("a map").clone());
    cluster
}

fn decode(more: Json) -> ClusterSpec {
    serde_json::from_value(cluster(more)).expect("a declaration")
}

prop_compose! {
    fn any_cluster()(
        availability in prop::sample::select(vec!["SINGLE_ZONE", "MULTI_ZONE", "LOW", "HIGH", "SOMEHOW"]),
        basic in prop::option::of(prop::option::of(1..5_u32)),
        dedicated in prop::option::of(1..5_u32),
        unsettled in prop::option::of("[A-Z]{1,5}"),
    ) -> ClusterSpec {
        ClusterSpec {
            availability: availability.to_owned(),
            basic: basic.map(|max_ecku| Elastic { max_ecku }),
            dedicated: dedicated.map(|cku| Dedicated { cku }),
            unsettled,
            ..decode(json!({}))
        }
    }
}

proptest! {
    #[test]
    fn canonical_is_idempotent(spec in any_cluster()) {
        let once = KafkaCluster::canonical(spec);
        prop_assert_eq!(KafkaCluster::canonical(once.clone()), once);
    }

    #[test]
    fn what_is_equal_is_never_refused(spec in any_cluster()) {
        let once = KafkaCluster::canonical(spec);
        prop_assert_eq!(KafkaCluster::refuses(&once, &once), None);
    }
}

#[test]
fn old_and_new_words_of_availability_are_equal() {
    for (old, new) in [("SINGLE_ZONE", "LOW"), ("MULTI_ZONE", "HIGH")] {
        let canonical = |word: &str| KafkaCluster::canonical(decode(json!({ "availability": word, "basic": {} })));
        assert_eq!(canonical(old), canonical(new));
    }
    assert_eq!(decode(json!({})).availability, "SINGLE_ZONE");
}

#[test]
fn only_basic_becomes_standard() {
    for is in TYPES {
        for wanted in TYPES {
            let of = |name: &str| {
                let capacity = if name == "dedicated" {
                    json!({ "cku": 2 })
                } else {
                    json!({})
                };
                decode(json!({ name: capacity }))
            };
            let may = is == wanted || (is, wanted) == ("basic", "standard");
            assert_eq!(
                KafkaCluster::refuses(&of(is), &of(wanted)).is_none(),
                may,
                "{is} to {wanted}"
            );
        }
    }
    let other = decode(json!({ "other_type": "serverless" }));
    assert!(KafkaCluster::refuses(&other, &decode(json!({ "basic": {} }))).is_some());
}

#[test]
fn capacity_fits_its_zones() {
    let schema = Erased::<KafkaCluster>::new();
    let problems = |more: Json| messages(&schema, &cluster(more));
    for right in [
        json!({ "dedicated": { "cku": 1 } }),
        json!({ "dedicated": { "cku": 2 }, "availability": "HIGH" }),
        json!({ "basic": { "max_ecku": 1 } }),
        json!({ "enterprise": { "max_ecku": 2 }, "availability": "MULTI_ZONE" }),
    ] {
        assert_eq!(problems(right.clone()), [""; 0], "{right}");
    }
    for (wrong, path) in [
        (
            json!({ "dedicated": { "cku": 1 }, "availability": "HIGH" }),
            "dedicated.cku",
        ),
        (
            json!({ "standard": { "max_ecku": 1 }, "availability": "MULTI_ZONE" }),
            "standard.max_ecku",
        ),
    ] {
        let found = problems(wrong);
        assert!(found.len() == 1 && found[0].starts_with(path), "{found:?}");
    }
}

#[test]
fn what_only_live_clusters_have_cannot_be_declared_and_differs() {
    let schema = Erased::<KafkaCluster>::new();
    let properties = &schema.json_schema()["properties"];
    assert!(properties.get("unsettled").is_none() && properties.get("other_type").is_none());
    let settled = KafkaCluster::canonical(decode(json!({ "basic": {} })));
    let unsettled = KafkaCluster::canonical(decode(json!({ "basic": {}, "unsettled": "PROVISIONING" })));
    assert_ne!(settled, unsettled);
}
