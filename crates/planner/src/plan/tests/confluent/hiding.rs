//! What is gone, or hidden from the key that asked.

use super::*;

const TOPIC: &str = "confluent_kafka_topic.readings[air]";
const CLUSTER: &str = "confluent_kafka_cluster.main";

fn hidden() -> Live {
    Live::Hidden {
        because: "403 forbidden".to_owned(),
    }
}

#[test]
fn what_is_gone_or_hidden_is_told_as_that_and_makes_the_answer_incomplete() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    put(&mut live, TOPIC, hidden());
    let plan = planned(&declared, &live, Intent::Converge);
    assert_eq!(done(&plan), ["check kafka_topic.readings[air]"]);
    assert_eq!(plan.unread().count(), 1);
    assert_eq!(
        plan.changes[turn(&plan, TOPIC)].sentence(),
        "it was ours and no list shows it: it is gone, or hidden from this key (403 forbidden); apply makes it anew \
         where the key may"
    );
}

#[test]
fn right_before_its_write_the_create_decides() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    put(&mut live, TOPIC, hidden());
    let mut evaluation = Evaluation::new(&declared).unwrap();
    let plan = planned_with(&mut evaluation, &declared, &live);
    let resource = evaluation.resource(&at(TOPIC)).unwrap();
    let again = |live: &Live| {
        let wanted = evaluation.wanted(&at(TOPIC)).unwrap();
        let planned = &plan.changes[turn(&plan, TOPIC)];
        let made_anew = std::collections::BTreeSet::new();
        decide_again(planned, resource, &owner_of(&declared), &wanted, live, &made_anew).unwrap()
    };
    assert_eq!(again(&hidden()).action, Action::Check);
    assert_eq!(again(&hidden().settled()).action, Action::Create);
    let there = live.get(&at("confluent_kafka_topic.readings[noise]")).unwrap().clone();
    assert_eq!(there.clone().settled(), there);
}

#[test]
fn what_lives_in_something_gone_or_hidden_cannot_be_read() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    put(&mut live, CLUSTER, hidden());
    for text in [TOPIC, "confluent_connector.mongodb"] {
        put(&mut live, text, Live::Absent);
    }
    let plan = planned(&declared, &live, Intent::Converge);
    assert!(matches!(reason(&plan, CLUSTER), Reason::GoneOrHidden { .. }));
    for text in [TOPIC, "confluent_connector.mongodb"] {
        assert_eq!(
            plan.changes[turn(&plan, text)].sentence(),
            "it could not be read: telemetry/confluent_kafka_cluster.main, in which it lives, is gone, or hidden from \
             this key; it is read again after telemetry/confluent_kafka_cluster.main",
            "{text}"
        );
    }
}

#[test]
fn a_hidden_topic_in_a_cluster_that_is_made_is_made() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    put(&mut live, CLUSTER, Live::Absent);
    put(&mut live, TOPIC, hidden());
    let plan = planned(&declared, &live, Intent::Converge);
    assert_eq!(reason(&plan, TOPIC), &Reason::Absent);
}

#[test]
fn what_only_exists_and_is_gone_or_hidden_blocks_and_nothing_is_said_of_what_lives_there() {
    let existing = "kafka: { environment: main, cluster: shared }\n      topic_prefix: \"${environment.name}-\
                    ${environment.tag}.\"\n      mqtt_filter: city";
    let declared = pipeline(&[("mqtt_filter: city", existing)]);
    let mut live = made(&declared);
    put(&mut live, CLUSTER, hidden());
    put(&mut live, TOPIC, Live::Absent);
    let plan = planned(&declared, &live, Intent::Converge);
    let cluster = &plan.changes[turn(&plan, CLUSTER)];
    assert_eq!(cluster.action, Action::Blocked);
    assert_eq!(
        cluster.sentence(),
        "`existing:` names something that is gone, or hidden from this key (403 forbidden): correct the name, or take \
         a key that may see it"
    );
    assert!(matches!(reason(&plan, TOPIC), Reason::Unreadable { .. }));
}

#[test]
fn a_destroy_names_what_is_gone_or_hidden_and_takes_the_rest() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    put(&mut live, TOPIC, hidden());
    live.owned.push(Owned {
        address: at("confluent_kafka_topic.former"),
        identity: crate::resource::Identity::Name("former".to_owned()),
        cloud_name: "former".to_owned(),
        live: hidden(),
    });
    let plan = planned(&declared, &live, Intent::Destroy);
    assert_eq!(plan.counts().delete, declared.resources.len() - 1);
    for text in [TOPIC, "confluent_kafka_topic.former"] {
        let change = &plan.changes[turn(&plan, text)];
        assert_eq!(change.action, Action::Check, "{text}");
        assert_eq!(
            change.sentence(),
            "it was ours and no list shows it: it is gone, or hidden from this key (403 forbidden)"
        );
    }
    let converged = planned(&declared, &live, Intent::Converge);
    assert_eq!(
        converged.changes[turn(&converged, "confluent_kafka_topic.former")].action,
        Action::Check
    );
}

/// The addresses after which a destroy deletes something.
fn waits_for(plan: &Plan, text: &str) -> Vec<String> {
    let needs = plan.graph.needs.get(&at(text)).into_iter().flatten();
    needs.map(short).collect()
}

#[test]
fn who_writes_a_cluster_stays_while_it_is_in_doubt() {
    const CLUSTER: &str = "confluent_kafka_cluster.main";
    const ENVIRONMENT: &str = "confluent_environment.main";
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    put(&mut live, CLUSTER, hidden());
    let plan = planned(&declared, &live, Intent::Destroy);
    for writer in [
        "confluent_api_key.admin",
        "confluent_service_account.admin",
        "confluent_role_binding.admin",
    ] {
        let before = waits_for(&plan, writer);
        for scope in ["kafka_cluster.main", "environment.main"] {
            assert!(before.iter().any(|one| one == scope), "{writer} waits for {before:?}");
        }
    }
    // Nobody looked for what lives in an environment that cannot be read.
    put(&mut live, CLUSTER, Live::Absent);
    let because = "403".to_owned();
    put(&mut live, ENVIRONMENT, Live::Unreadable { because, until: None });
    let plan = planned(&declared, &live, Intent::Destroy);
    let before = waits_for(&plan, "confluent_service_account.admin");
    assert!(before.iter().any(|one| one == "environment.main"), "{before:?}");
    put(
        &mut live,
        ENVIRONMENT,
        made(&declared).get(&at(ENVIRONMENT)).unwrap().clone(),
    );
    let plan = planned(&declared, &live, Intent::Destroy);
    let before = waits_for(&plan, "confluent_role_binding.admin");
    assert!(!before.iter().any(|one| one == "environment.main"), "{before:?}");
}
