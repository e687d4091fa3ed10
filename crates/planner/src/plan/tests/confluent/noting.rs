//! What a plan says beside its changes.

use super::*;

const CLUSTER: &str = "confluent_kafka_cluster.main";

fn partitions(of: u32) -> Note {
    Note::Partitions {
        cluster: at(CLUSTER),
        partitions: of,
    }
}

fn of_nothing(declared: &Declared) -> Observations {
    let resources = declared.resources.iter();
    resources.map(|each| (each.address.clone(), Live::Absent)).collect()
}

/// What is noted where air has this many partitions and noise three, and nothing is there.
fn noted(air: u32) -> Vec<Note> {
    let declared = pipeline(&[("partitions: 6", &format!("partitions: {air}"))]);
    planned(&declared, &of_nothing(&declared), Intent::Converge).notes
}

#[test]
fn more_partitions_than_a_basic_cluster_makes_at_once_are_noted() {
    assert_eq!(noted(250 - 3), []);
    assert_eq!(noted(251 - 3), [partitions(251)]);
    assert_eq!(
        partitions(251).sentence(),
        "telemetry/confluent_kafka_cluster.main is a Basic cluster, which makes 250 partitions in 5 minutes: the 251 \
         of this plan take about 5 minutes longer"
    );
    for (made, minutes) in [(500, 5), (501, 10), (1_000, 15)] {
        let sentence = partitions(made).sentence();
        assert!(
            sentence.ends_with(&format!("about {minutes} minutes longer")),
            "{sentence}"
        );
    }
}

#[test]
fn a_topic_without_declared_partitions_counts_as_the_server_makes_it() {
    let noted = |topics: u32| {
        let sensors: String = (0..topics).map(|number| format!("s{number}: {{}}, ")).collect();
        let changes = [
            ("noise: {}", sensors.as_str()),
            ("air: { partitions: 6, retention_ms: 3600000 }, ", ""),
        ];
        let without = ("    partitions: ${each.value.partitions}\n", "");
        let declared = pipeline(&[changes[0], changes[1], without]);
        planned(&declared, &of_nothing(&declared), Intent::Converge).notes
    };
    assert_eq!(noted(41), []);
    assert_eq!(noted(42), [partitions(252)]);
}

#[test]
fn partitions_that_are_added_count_and_those_that_are_there_do_not() {
    let declared = pipeline(&[("partitions: 6", "partitions: 400")]);
    let mut live = made(&declared);
    assert_eq!(planned(&declared, &live, Intent::Converge).notes, []);
    edit(&mut live, "confluent_kafka_topic.readings[air]").spec["partitions"] = json!(150);
    assert_eq!(planned(&declared, &live, Intent::Converge).notes, []);
    edit(&mut live, "confluent_kafka_topic.readings[air]").spec["partitions"] = json!(149);
    let plan = planned(&declared, &live, Intent::Converge);
    assert_eq!(plan.notes, [partitions(251)]);
    assert_eq!(planned(&declared, &live, Intent::Destroy).notes, []);
}

#[test]
fn other_clusters_make_as_many_at_once_as_they_are_asked() {
    let declared = pipeline(&[("partitions: 6", "partitions: 900"), ("basic: {}", "standard: {}")]);
    assert_eq!(planned(&declared, &of_nothing(&declared), Intent::Converge).notes, []);
}

#[test]
fn accounts_of_the_same_environment_with_another_tag_are_named_and_change_nothing() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    let names: Vec<String> = (0..10)
        .map(|number| format!("prod-telemetry-a{number}-0badcafe"))
        .collect();
    live.namesakes.extend(names.iter().cloned());
    for intent in [Intent::Converge, Intent::Destroy] {
        let plan = planned(&declared, &live, intent);
        let [note @ Note::OtherTags { environment, accounts }] = plan.notes.as_slice() else {
            panic!("{:?}", plan.notes)
        };
        assert_eq!((environment.as_str(), accounts), ("prod", &names));
        let sentence = note.sentence();
        assert!(
            sentence.contains("`prod-telemetry-a7-0badcafe` and 2 more: they are"),
            "{sentence}"
        );
    }
    let plan = planned(&declared, &live, Intent::Converge);
    assert!(!plan.has_changes() && plan.unread().next().is_none());
}
