//! What a drift job's key cannot list.

use super::*;
use crate::plan::unseen::recalled;

const ACCOUNT: &str = "confluent_service_account";
const ACL: &str = "confluent_kafka_acl.bridge[write]";
const CONNECTOR: &str = "confluent_connector.mongodb";

/// What a key finds that cannot list these kinds.
fn unlisting(declared: &Declared, live: &Observations, record: Option<&Record>, kinds: &[&str]) -> Observations {
    let mut evaluation = Evaluation::new(declared).unwrap();
    for resource in &declared.resources {
        if let Some(Live::Present(seen)) = live.get(&resource.address)
            && !kinds.contains(&resource.address.kind.as_str())
        {
            evaluation.learn(&resource.address, seen.outputs.clone());
        }
    }
    let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let mut found = live.clone();
    found.declared.extend(recalled(&evaluation, record, &kinds).unwrap());
    found
}

fn not_compared(plan: &Plan) -> Vec<String> {
    let open = plan.changes.iter();
    let open = open.filter(|change| matches!(change.reason, Reason::NotCompared { hangs_on: Some(_) }));
    open.map(|change| short(&change.address)).collect()
}

#[test]
fn with_the_record_only_the_kind_itself_is_not_compared() {
    let declared = pipeline(&[]);
    let live = made(&declared);
    let record = recorded(&declared, &live);
    let live = unlisting(&declared, &live, Some(&record), &[ACCOUNT, "confluent_role_binding"]);
    let plan = planned(&declared, &live, Intent::Converge);
    assert_eq!(plan.not_compared, ["confluent_role_binding", ACCOUNT]);
    assert!(!plan.has_changes() && plan.unread().next().is_none());
    assert_eq!(not_compared(&plan), [""; 0]);
    for text in ["confluent_service_account.sink", "confluent_role_binding.admin"] {
        let change = &plan.changes[turn(&plan, text)];
        assert_eq!(change.action, Action::Keep);
        assert_eq!(change.sentence(), "not compared: this key cannot list its kind");
    }
}

#[test]
fn what_refers_to_it_is_compared_with_the_id_that_the_record_holds() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    let record = recorded(&declared, &live);
    let id = "kafka.service.account.id";
    edit(&mut live, CONNECTOR).spec["config"][id] = json!("sa-other");
    let told = |record: Option<&Record>| {
        planned(
            &declared,
            &unlisting(&declared, &live, record, &[ACCOUNT]),
            Intent::Converge,
        )
    };
    let plan = told(Some(&record));
    assert_eq!(done(&plan), ["update connector.mongodb"]);
    let plan = told(None);
    assert_eq!(done(&plan), [""; 0]);
    assert_eq!(
        plan.changes[turn(&plan, CONNECTOR)].sentence(),
        "not compared: it hangs on telemetry/confluent_service_account.sink, whose kind this key cannot list"
    );
}

#[test]
fn without_the_record_the_rest_of_what_refers_to_it_is_still_compared() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    edit(&mut live, CONNECTOR).spec["config"]["tasks.max"] = json!("2");
    let live = unlisting(&declared, &live, None, &[ACCOUNT]);
    let plan = planned(&declared, &live, Intent::Converge);
    assert_eq!(done(&plan), ["update connector.mongodb"]);
    let change = &plan.changes[turn(&plan, CONNECTOR)];
    assert_eq!(fields(change), ["config[\"tasks.max\"]: \"2\" -> \"1\""]);
}

#[test]
fn without_the_record_what_is_known_by_it_was_not_looked_for_and_is_not_made() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    let bindings = ["confluent_role_binding.admin", ACL];
    for text in bindings {
        put(&mut live, text, Live::Absent);
    }
    let plan = planned(
        &declared,
        &unlisting(&declared, &live, None, &[ACCOUNT]),
        Intent::Converge,
    );
    assert_eq!(done(&plan), [""; 0]);
    let hanging = not_compared(&plan);
    for text in bindings {
        assert!(hanging.contains(&short(&at(text))), "{text} in {hanging:?}");
    }
    let record = recorded(&declared, &made(&declared));
    let plan = planned(
        &declared,
        &unlisting(&declared, &live, Some(&record), &[ACCOUNT]),
        Intent::Converge,
    );
    assert!(
        done(&plan).contains(&"create kafka_acl.bridge[write]".to_owned()),
        "{:?}",
        done(&plan)
    );
}

#[test]
fn what_lives_in_something_that_nobody_finds_is_not_compared_with_all_that_hangs_on_it() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    let cluster = "confluent_kafka_cluster.main";
    let topic = "confluent_kafka_topic.readings[air]";
    for text in [cluster, topic] {
        put(&mut live, text, Live::Absent);
    }
    let kinds = ["confluent_environment"];
    let plan = planned(&declared, &unlisting(&declared, &live, None, &kinds), Intent::Converge);
    let on = || Reason::NotCompared {
        hangs_on: Some(at("confluent_environment.main")),
    };
    for text in [cluster, topic] {
        assert_eq!(reason(&plan, text), &on(), "{text}");
    }
    assert_eq!(done(&plan), [""; 0]);
    let record = recorded(&declared, &made(&declared));
    let plan = planned(
        &declared,
        &unlisting(&declared, &live, Some(&record), &kinds),
        Intent::Converge,
    );
    assert_eq!(reason(&plan, cluster), &Reason::Absent);
}

#[test]
fn the_record_is_believed_only_of_the_same_thing_in_the_same_place() {
    let declared = pipeline(&[]);
    let live = made(&declared);
    let record = recorded(&declared, &live);
    let sink = "telemetry/confluent_service_account.sink";
    let outputs = |declared: &Declared, edit: fn(&mut Entry)| {
        let mut record = record.clone();
        edit(record.entries.get_mut(sink).unwrap());
        let found = unlisting(declared, &live, Some(&record), &[ACCOUNT]);
        match found.get(&Address::parse(sink).unwrap()) {
            Some(Live::NotCompared { outputs }) => outputs.clone(),
            other => panic!("{other:?}"),
        }
    };
    let known = outputs(&declared, |entry| entry.handle = "sa-1".to_owned()).unwrap();
    assert_eq!(known.get("id").map(String::as_str), Some("sa-1"));
    assert!(known["name"].starts_with("prod-telemetry-sink-"), "{known:?}");
    let named = outputs(&declared, |entry| entry.handle = "a name".to_owned()).unwrap();
    assert_eq!(named.get("id"), None, "a handle that is a name is no id");
    let other = |entry: &mut Entry| entry.identity = crate::resource::Identity::Name("other".to_owned());
    assert_eq!(outputs(&declared, other), None);
    assert_eq!(outputs(&declared, |entry| entry.scope = Some("s".to_owned())), None);
    let existing = pipeline(&[(
        "  confluent_service_account.sink:   {",
        "  confluent_service_account.sink:   { existing: theirs,",
    )]);
    assert_eq!(outputs(&existing, |_| ()), None);
}

#[test]
fn nothing_of_these_kinds_is_deleted() {
    let declared = pipeline(&[]);
    let mut live = unlisting(&declared, &made(&declared), None, &[ACCOUNT]);
    live.owned.push(Owned {
        address: at("confluent_service_account.former"),
        identity: crate::resource::Identity::Name("former".to_owned()),
        cloud_name: "former".to_owned(),
        live: Live::NotCompared { outputs: None },
    });
    assert_eq!(done(&planned(&declared, &live, Intent::Converge)), [""; 0]);
    let plan = planned(&declared, &live, Intent::Destroy);
    assert!(plan.changes.iter().all(|change| change.address.kind != ACCOUNT));
}

#[test]
fn a_destroy_leaves_out_what_it_does_not_reach_and_says_so() {
    let declared = pipeline(&[]);
    let live = made(&declared);
    let store = "aws_secretsmanager_secret";
    let live = unlisting(&declared, &live, None, &[store]);
    let plan = planned(&declared, &live, Intent::Destroy);
    assert!(plan.changes.iter().all(|change| change.address.kind != store));
    assert_eq!(plan.unread().count() + plan.blocked().count(), 0);
    let owner = owner_of(&declared);
    assert_eq!(plan.notes, [crate::plan::Note::AwsLeft { owner }]);
    let everything = planned(&declared, &made(&declared), Intent::Destroy);
    assert_eq!(everything.notes, []);
}
