//! What is not taken away, and what shows whose it is.

use std::collections::BTreeSet;

use super::*;
use crate::resource::mark::description;

#[test]
fn a_new_cluster_takes_all_inside_along_and_the_leave_for_it_covers_that() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    edit(&mut live, "confluent_kafka_cluster.main").spec["region"] = json!("us-east-1");
    let plan = planned(&declared, &live, Intent::Converge);
    assert!(matches!(
        reason(&plan, "confluent_kafka_cluster.main"),
        Reason::DataLoss { .. }
    ));
    for allowed in ["confluent_kafka_cluster.main", "confluent_environment.main"] {
        let request = Request {
            allow_data_loss: vec![at(allowed)],
            ..Request::from(Intent::Converge)
        };
        let plan = planned(&declared, &live, request);
        for text in [
            "confluent_kafka_cluster.main",
            "confluent_kafka_topic.readings[air]",
            "confluent_kafka_acl.sink[read]",
            "confluent_api_key.bridge",
            "confluent_connector.mongodb",
        ] {
            assert_eq!(
                plan.changes[turn(&plan, text)].action,
                Action::Replace,
                "{text} with {allowed}"
            );
        }
        assert_eq!(plan.blocked().count(), 0);
    }
}

#[test]
fn a_protected_topic_saves_its_cluster_its_key_and_what_that_needs() {
    let protect = (
        "  confluent_kafka_topic.readings:\n",
        "  confluent_kafka_topic.readings:\n    protect: true\n",
    );
    let declared = pipeline(&[protect]);
    let mut live = made(&declared);
    let plan = planned(&declared, &live, Intent::Destroy);
    let saved: BTreeSet<String> = plan.blocked().map(|change| short(&change.address)).collect();
    let expected = [
        "kafka_topic.readings[air]",
        "kafka_topic.readings[noise]",
        "kafka_cluster.main",
        "environment.main",
        "api_key.admin",
        "service_account.admin",
        "role_binding.admin",
        "secretsmanager_secret.admin_key",
    ];
    assert_eq!(saved, expected.map(str::to_owned).into());
    edit(&mut live, "confluent_kafka_cluster.main").spec["region"] = json!("us-east-1");
    let request = Request {
        allow_data_loss: vec![at("confluent_kafka_cluster.main")],
        ..Request::from(Intent::Converge)
    };
    let plan = planned(&declared, &live, request);
    assert!(matches!(
        reason(&plan, "confluent_kafka_cluster.main"),
        Reason::Protected { .. }
    ));
}

#[test]
fn protect_in_the_record_counts_like_protect_on_a_resource() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    let mut record = recorded(&declared, &live);
    let topic = record
        .entries
        .get_mut("telemetry/confluent_kafka_topic.readings[air]")
        .unwrap();
    topic.protect = true;
    remember(&declared, &mut live, record);
    let plan = planned(&declared, &live, Intent::Destroy);
    assert_eq!(reason(&plan, "confluent_kafka_cluster.main"), &Reason::MarkedProtected);
}

#[test]
fn what_holds_something_of_somebody_elses_survives_unless_its_loss_is_allowed() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    live.strangers
        .insert(at("confluent_kafka_cluster.main"), vec!["theirs".to_owned()]);
    let plan = planned(&declared, &live, Intent::Destroy);
    assert_eq!(done(&plan).iter().filter(|each| each.starts_with("blocked")).count(), 2);
    for text in ["confluent_kafka_cluster.main", "confluent_environment.main"] {
        let Reason::HoldsForeign { names, allow } = reason(&plan, text) else {
            panic!("{text}: {:?}", reason(&plan, text))
        };
        assert_eq!((names.as_slice(), allow), (["theirs".to_owned()].as_slice(), &at(text)));
    }
    let request = Request {
        allow_data_loss: vec![at("confluent_environment.main")],
        ..Request::from(Intent::Destroy)
    };
    assert_eq!(planned(&declared, &live, request).blocked().count(), 0);
}

#[test]
fn a_twin_in_which_something_is_blocks() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    live.doubles
        .insert(at("confluent_kafka_cluster.main"), vec!["lkc-2".to_owned()]);
    let plan = planned(&declared, &live, Intent::Converge);
    assert_eq!(done(&plan), ["blocked kafka_cluster.main"]);
}

#[test]
fn an_account_whose_description_lost_its_mark_gets_it_back() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    edit(&mut live, "confluent_service_account.sink").mark = Some(Mark::of(&owner_of(&declared)));
    let plan = planned(&declared, &live, Intent::Converge);
    assert_eq!(done(&plan), ["update service_account.sink"]);
    assert_eq!(
        reason(&plan, "confluent_service_account.sink"),
        &Reason::MarkMissing { also: None }
    );
}

#[test]
fn an_address_that_a_description_holds_cut_is_no_move() {
    let long = "a_name_of_an_account_that_is_rather_long";
    let declared = pipeline(&[(
        "confluent_service_account.sink",
        &format!("confluent_service_account.{long}"),
    )]);
    let mut live = made(&declared);
    let text = format!("confluent_service_account.{long}");
    let cut = description::address(&at(&text));
    assert!(cut.contains('~'), "{cut}");
    edit(&mut live, &text).mark.as_mut().unwrap().address = cut;
    assert_eq!(done(&planned(&declared, &live, Intent::Converge)), [""; 0]);
    edit(&mut live, &text).mark.as_mut().unwrap().address = "telemetry/confluent_service_account.other".to_owned();
    assert!(matches!(
        reason(&planned(&declared, &live, Intent::Converge), &text),
        Reason::Moved { .. }
    ));
}

/// A topic of the cluster that nothing declares any more, protected by the record.
fn former_topic(declared: &Declared, live: &mut Observations) {
    let Some(Live::Present(air)) = live.get(&at("confluent_kafka_topic.readings[air]")) else {
        panic!("made present")
    };
    let mut seen = air.clone();
    seen.mark = Some(Mark {
        protect: true,
        ..Mark::of(&owner_of(declared))
    });
    let mut record = Record::default();
    let mut entry = recorded(declared, live)
        .get(&at("confluent_kafka_topic.readings[air]"))
        .unwrap()
        .clone();
    entry.protect = true;
    record.put(&at("confluent_kafka_topic.former"), entry);
    live.record = Some(record);
    live.owned.push(Owned {
        address: at("confluent_kafka_topic.former"),
        identity: crate::resource::Identity::Name("former".to_owned()),
        cloud_name: "former".to_owned(),
        live: Live::Present(seen),
    });
}

#[test]
fn a_protected_topic_that_nothing_declares_saves_its_cluster_and_its_key_all_the_same() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    former_topic(&declared, &mut live);
    let plan = planned(&declared, &live, Intent::Destroy);
    let saved: BTreeSet<String> = plan.blocked().map(|change| short(&change.address)).collect();
    let expected = [
        "kafka_topic.former",
        "kafka_cluster.main",
        "environment.main",
        "api_key.admin",
        "service_account.admin",
        "role_binding.admin",
        "secretsmanager_secret.admin_key",
    ];
    assert_eq!(saved, expected.map(str::to_owned).into());
}

#[test]
fn of_what_nothing_declares_a_protected_topic_saves_what_it_lies_in() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    former_topic(&declared, &mut live);
    for (name, id, scope) in [
        (
            "confluent_kafka_cluster",
            "lkc-old",
            json!({ "environment": { "outputs": { "id": "env-old" } } }),
        ),
        ("confluent_environment", "env-old", json!({})),
    ] {
        let mut seen = foreign(&scope, &[("id", id)]);
        seen.mark = Some(Mark::of(&owner_of(&declared)));
        live.owned.push(Owned {
            address: at(&format!("{name}.old")),
            identity: crate::resource::Identity::Name(format!("{id}-name")),
            cloud_name: id.to_owned(),
            live: Live::Present(seen),
        });
    }
    let Live::Present(topic) = &mut live.owned[0].live else {
        panic!("made present")
    };
    topic.spec["kafka_cluster"] = json!({ "outputs": { "id": "lkc-old" } });
    let plan = planned(&declared, &live, Intent::Converge);
    for text in ["confluent_kafka_cluster.old", "confluent_environment.old"] {
        let holder = at("confluent_kafka_topic.former");
        assert_eq!(reason(&plan, text), &Reason::Protected { holder }, "{text}");
    }
    assert_eq!(
        plan.changes[turn(&plan, "confluent_kafka_cluster.main")].action,
        Action::Keep
    );
}

#[test]
fn what_lies_in_another_cluster_is_another_though_its_name_is_the_same() {
    let declared = pipeline(&[]);
    let live = made(&declared);
    let mut evaluation = Evaluation::new(&declared).unwrap();
    planned_with(&mut evaluation, &declared, &live);
    let marked = |scope: &str| {
        let identity = crate::resource::Identity::Name("prod.air".to_owned());
        let marked = owned::Marked::new(identity, "prod.air", &Mark::of(&owner_of(&declared))).within(scope);
        ("confluent_kafka_topic".to_owned(), marked)
    };
    let found = owned::addressed(&evaluation, vec![marked("lkc-main-"), marked("lkc-2")]).unwrap();
    let scopes: Vec<Option<&str>> = found.iter().map(|(_, marked)| marked.scope.as_deref()).collect();
    assert_eq!(scopes, [Some("lkc-2")]);
}

/// What is live as `made`, but the cluster under its former name.
fn renamed(declared: &Declared) -> Observations {
    let mut live = made(declared);
    let address = at("confluent_kafka_cluster.main");
    let mut cluster = live.declared.insert(address.clone(), Live::Absent).unwrap();
    if let Live::Present(seen) = &mut cluster {
        seen.outputs.insert("name".to_owned(), "former-1a2b3c4d".to_owned());
        let environment = live
            .get(&at("confluent_environment.main"))
            .and_then(Live::seen)
            .unwrap();
        seen.spec["environment"] = json!({ "outputs": { "id": environment.outputs["id"] } });
    }
    live.owned.push(Owned {
        address: address.as_former("former-1a2b3c4d"),
        identity: crate::resource::Identity::Name("former-1a2b3c4d".to_owned()),
        cloud_name: "former-1a2b3c4d".to_owned(),
        live: cluster,
    });
    live
}

#[test]
fn a_cluster_that_gets_another_name_is_renamed_and_all_in_it_stays() {
    let declared = pipeline(&[]);
    let mut live = renamed(&declared);
    let plan = planned(&declared, &live, Intent::Converge);
    assert_eq!(done(&plan), ["update kafka_cluster.main"]);
    let from = "former-1a2b3c4d".to_owned();
    assert_eq!(
        reason(&plan, "confluent_kafka_cluster.main"),
        &Reason::NameChanged { from, also: None }
    );
    let twin = made(&declared).declared[&at("confluent_kafka_cluster.main")].clone();
    put(&mut live, "confluent_kafka_cluster.main", twin);
    let plan = planned(&declared, &live, Intent::Converge);
    assert_eq!(done(&plan), ["blocked kafka_cluster.main (formerly former-1a2b3c4d)"]);
}

#[test]
fn topics_and_grants_go_with_their_cluster_and_connectors_do_not() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    let evaluation = Evaluation::new(&declared).unwrap();
    let along =
        planned(&declared, &live, Intent::Destroy).goes_along(|address| evaluation.scope(address).into_iter().next());
    let cluster = at("confluent_kafka_cluster.main");
    assert_eq!(along.get(&at("confluent_kafka_topic.readings[air]")), Some(&cluster));
    assert_eq!(along.get(&at("confluent_kafka_acl.sink[read]")), Some(&cluster));
    for stays in [
        "confluent_connector.mongodb",
        "confluent_api_key.admin",
        "confluent_kafka_cluster.main",
    ] {
        assert_eq!(along.get(&at(stays)), None, "{stays}");
    }
    live.strangers.insert(cluster, vec!["theirs".to_owned()]);
    let along =
        planned(&declared, &live, Intent::Destroy).goes_along(|address| evaluation.scope(address).into_iter().next());
    assert_eq!(along.len(), 0);
}

#[test]
fn a_key_that_nothing_declares_outlives_what_is_deleted_one_by_one() {
    let declared = pipeline(&[]);
    let mut live = made(&declared);
    let cluster = at("confluent_kafka_cluster.main");
    live.strangers.insert(cluster, vec!["theirs".to_owned()]);
    let Some(Live::Present(admin)) = live.get(&at("confluent_api_key.admin")) else {
        panic!("made present")
    };
    let key = Owned {
        address: at("confluent_api_key.temporary"),
        identity: crate::resource::Identity::Name("TEMPORARY".to_owned()),
        cloud_name: "TEMPORARY".to_owned(),
        live: Live::Present(admin.clone()),
    };
    live.owned.push(key);
    let plan = planned(&declared, &live, Intent::Destroy);
    let key = turn(&plan, "confluent_api_key.temporary");
    for inside in ["confluent_kafka_acl.sink[read]", "confluent_kafka_acl.bridge[write]"] {
        assert_eq!(plan.changes[turn(&plan, inside)].action, Action::Delete);
        assert!(turn(&plan, inside) < key, "{inside}");
        let needs = &plan.graph.needs[&at("confluent_api_key.temporary")];
        assert!(needs.contains(&at(inside)), "{needs:?}");
    }
}
