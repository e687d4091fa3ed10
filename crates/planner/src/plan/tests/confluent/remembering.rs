//! What the record adds to what is live.

use super::*;
use crate::resource::Identity;

#[test]
fn what_the_record_lacks_is_something_to_do_and_then_no_more() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    let record = recorded(&declared, &live);
    let on_confluent = declared
        .resources
        .iter()
        .filter(|each| record::is_kept_for(&each.address.kind))
        .count();
    live.record = Some(Record::default());
    let plan = planned(&declared, &live, Intent::Converge);
    assert_eq!((done(&plan).len(), plan.unrecorded.len()), (0, on_confluent));
    assert!(plan.has_changes());
    remember(&declared, &mut live, record);
    assert!(!planned(&declared, &live, Intent::Converge).has_changes());
}

#[test]
fn a_record_names_the_key_that_writes_and_the_keys_that_are_declared() {
    let declared = pipeline(&[]);
    let record = recorded(&declared, &made(&declared));
    let topic = record.get(&at("confluent_kafka_topic.readings[air]")).unwrap();
    assert_eq!(topic.writing_key.as_deref(), Some("prod-telemetry-admin_key"));
    assert_eq!(topic.scope.as_deref(), Some("lkc-main-"));
    assert_eq!(topic.keys, ["cleanup.policy", "retention.ms"].map(str::to_owned).into());
    let text = serde_json::to_string(&record).unwrap();
    assert!(
        !text.contains("MONGODB_PASSWORD") && !text.contains("secret\":"),
        "{text}"
    );
}

#[test]
fn what_is_recorded_and_no_longer_declared_is_told_by_identity_and_scope() {
    let declared = pipeline(&[]);
    let live = made(&declared);
    let record = recorded(&declared, &live);
    let fewer = pipeline(&[(", noise: {}", "")]);
    let mut evaluation = Evaluation::new(&fewer).unwrap();
    planned_with(&mut evaluation, &fewer, &live);
    let left: Vec<String> = record
        .undeclared(&evaluation)
        .unwrap()
        .iter()
        .map(|(address, _)| short(address))
        .collect();
    assert_eq!(left, ["kafka_topic.readings[noise]"]);
    let mut elsewhere = record.clone();
    let topic = elsewhere
        .entries
        .get_mut("telemetry/confluent_kafka_topic.readings[air]")
        .unwrap();
    topic.scope = Some("lkc-old".to_owned());
    assert_eq!(elsewhere.undeclared(&evaluation).unwrap().len(), 2);
}

/// A grant to the account of the bridge that nothing declares.
fn extra_grant(declared: &Declared, live: &Observations) -> Owned {
    let Some(Live::Present(seen)) = live.get(&at("confluent_kafka_acl.bridge[write]")) else {
        panic!("made present")
    };
    let mut seen = seen.clone();
    seen.spec["operation"] = json!("ALTER");
    let identity = declared
        .resources
        .iter()
        .find(|each| each.address.kind == "confluent_kafka_acl")
        .unwrap();
    Owned {
        address: at("confluent_kafka_acl.extra"),
        identity: identity.schema.identity(&seen.spec, "").unwrap(),
        cloud_name: "ALTER".to_owned(),
        live: Live::Present(seen),
    }
}

#[test]
fn a_grant_of_an_account_that_stays_goes_only_if_the_record_knows_it() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    live.owned.push(extra_grant(&declared, &live));
    let plan = planned(&declared, &live, Intent::Converge);
    assert_eq!(done(&plan), [""; 0]);
    assert_eq!(
        reason(&plan, "confluent_kafka_acl.extra"),
        &Reason::NotRecorded {
            account: at("confluent_service_account.bridge")
        }
    );
    assert_eq!(
        reason(&planned(&declared, &live, Intent::Destroy), "confluent_kafka_acl.extra"),
        &Reason::Destroyed
    );
    let mut record = recorded(&declared, &live);
    let like = record.get(&at("confluent_kafka_acl.bridge[write]")).unwrap().clone();
    let identity = live.owned[0].identity.clone();
    record.put(&at("confluent_kafka_acl.extra"), Entry { identity, ..like });
    remember(&declared, &mut live, record);
    assert_eq!(
        done(&planned(&declared, &live, Intent::Converge)),
        ["delete kafka_acl.extra"]
    );
}

#[test]
fn a_grant_to_an_account_of_others_is_left_unless_the_record_says_that_we_made_it() {
    let existing = (
        "  confluent_service_account.sink:   {",
        "  confluent_service_account.sink:   { existing: theirs,",
    );
    let declared = pipeline(&[existing]);
    let mut live = made(&declared);
    let record = recorded(&declared, &live);
    let destroyed = planned(&declared, &live, Intent::Destroy);
    let acl = &destroyed.changes[turn(&destroyed, "confluent_kafka_acl.sink[read]")];
    assert_eq!(
        (acl.action, &acl.reason),
        (Action::Keep, &Reason::NotOursToDelete { owner: None })
    );
    remember(&declared, &mut live, record);
    let destroyed = planned(&declared, &live, Intent::Destroy);
    assert_eq!(reason(&destroyed, "confluent_kafka_acl.sink[read]"), &Reason::Destroyed);
}

#[test]
fn a_secret_that_is_not_what_was_sent_is_sent_again_and_not_shown() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    let record = recorded(&declared, &live);
    remember(&declared, &mut live, record);
    let seen = edit(&mut live, "confluent_connector.mongodb");
    seen.open
        .unsent
        .extend(["connection.password", "connection.host"].map(str::to_owned));
    let plan = planned(&declared, &live, Intent::Converge);
    assert_eq!(done(&plan), ["update connector.mongodb"]);
    let change = &plan.changes[turn(&plan, "confluent_connector.mongodb")];
    assert_eq!(
        fields(change),
        ["config[\"connection.password\"]: \"(not shown)\" -> {\"secret\":\"env:MONGODB_PASSWORD\"}"]
    );
    assert_eq!(change.reason, Reason::SecretNotSent);
}

#[test]
fn what_cannot_say_its_address_is_found_by_what_it_is_known_by() {
    let declared = pipeline(&[]);
    let record = recorded(&declared, &made(&declared));
    let owner = owner_of(&declared);
    let remembering = record::Remembering::new(&record, &owner);
    let air = at("confluent_kafka_topic.readings[air]");
    let identity = Identity::Name("prod.air".to_owned());
    assert_eq!(
        remembering.address(&air.kind, &identity, Some("lkc-main-")),
        Some(air.clone())
    );
    assert_eq!(remembering.address(&air.kind, &identity, Some("lkc-2")), None);
}
