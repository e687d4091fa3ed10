//! The whole of what is shipped, on both clouds: made, unchanged, edited, mended and destroyed, and what eclusa does
//! where somebody else has been there.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use serde_json::json;

use crate::confluent::Confluent;
use crate::world::Ran;
use crate::world::World;

const STACK: &str = "stacks/telemetry.yaml";
const ENVIRONMENT: &str = "environments/local.yaml";
const TOPICS: &str = "telemetry/confluent_kafka_topic.readings";

/// A world in which all that is shipped is there.
fn applied() -> World {
    let world = World::shipped();
    world.apply();
    world
}

fn path_of_connectors(confluent: &Confluent<'_>) -> String {
    let (environment, cluster) = (confluent.id("environment"), confluent.id("cluster"));
    format!("/connect/v1/environments/{environment}/clusters/{cluster}/connectors")
}

fn connector(confluent: &Confluent<'_>) -> (String, Json) {
    let all = confluent.control(
        "GET",
        &format!("{}?expand=info,status", path_of_connectors(confluent)),
        Json::Null,
    );
    let all = all.as_object().unwrap().clone();
    assert_eq!(all.len(), 1);
    all.into_iter().next().unwrap()
}

#[test]
fn what_is_shipped_comes_up_on_both_clouds_stays_and_goes() {
    let world = World::shipped();
    let ran = world.apply();
    assert!(ran.stdout.contains("43 created"), "{}", ran.stdout);
    let confluent = Confluent(&world);
    let expected: BTreeMap<String, usize> = [
        ("account", 4),
        ("acl", 15),
        ("binding", 2),
        ("cluster", 1),
        ("connector", 1),
        ("environment", 1),
        ("key", 4),
        ("topic", 2),
    ]
    .map(|(kind, count)| (kind.to_owned(), count))
    .into();
    assert_eq!(confluent.kinds(), expected);
    let (name, sink) = connector(&confluent);
    assert_eq!(sink["status"]["connector"]["state"], "RUNNING", "{name}");
    assert_eq!(sink["info"]["config"]["topics"], "local.air,local.noise");
    world.forget_calls();
    world.expect_converged();
    world.ok(&["apply", "local", "--yes"]).expect_said("No changes");
    assert_eq!(world.writes(), Vec::<String>::new());
    world.destroy();
    assert_eq!(confluent.inventory(), BTreeMap::new());
    assert_eq!(world.cloud().names(), Vec::<String>::new());
    world.ok(&["destroy", "local", "--yes"]);
}

#[test]
fn every_secret_of_the_stack_stays_out_of_what_is_said_and_written() {
    let world = World::shipped();
    world.write("environments/local.password", "hush-hush-hush");
    let ran = world.apply();
    let plan = world.plan_json().to_string();
    let history = world.ok(&["history", "local"]).stdout;
    for text in [&ran.stdout, &ran.stderr, &plan, &history] {
        assert!(!text.contains("hush-hush"), "{text}");
        assert!(!text.contains("cflt"), "{text}");
    }
}

#[test]
fn an_edit_plans_exactly_itself_on_both_clouds() {
    let world = applied();
    world.edit(
        ENVIRONMENT,
        "air: { partitions: 6 }",
        "air: { partitions: 8, retention_ms: 3600000 }",
    );
    world.edit(
        STACK,
        "doc.id.strategy: ProvidedInValueStrategy",
        "doc.id.strategy: FullKeyStrategy",
    );
    world.edit(STACK, "\"MongoDB sink\"", "\"The sink\"");
    let planned: Vec<(String, String, Vec<String>)> = world
        .plan()
        .into_iter()
        .map(|change| (change.address, change.action, change.fields))
        .collect();
    let update = |address: &str, fields: &[&str]| {
        let fields = fields.iter().map(|field| (*field).to_owned()).collect();
        (address.to_owned(), "update".to_owned(), fields)
    };
    assert_eq!(
        planned,
        [
            update(
                "telemetry/confluent_connector.mongodb",
                &["config[\"doc.id.strategy\"]"]
            ),
            update(&format!("{TOPICS}[air]"), &["partitions", "config[\"retention.ms\"]"]),
            update("telemetry/confluent_service_account.sink", &["description"]),
        ]
    );
    world.apply();
    world.expect_converged();
    let (_, sink) = connector(&Confluent(&world));
    assert_eq!(sink["info"]["config"]["doc.id.strategy"], "FullKeyStrategy");
    // Taken out of the file again, a setting is unset: the record knows that it was declared.
    world.edit(ENVIRONMENT, ", retention_ms: 3600000", "");
    let [change] = world.plan().try_into().unwrap();
    assert_eq!(
        (change.fields.as_slice(), change.reason.as_str()),
        (&["config[\"retention.ms\"]".to_owned()][..], "the declaration changed")
    );
    world.apply();
    world.expect_converged();
}

#[test]
fn a_secret_that_changed_is_sent_again_and_one_that_did_not_is_not() {
    let world = applied();
    world.write("environments/local.password", "another one");
    let [change] = world.plan().try_into().unwrap();
    assert_eq!(change.address, "telemetry/confluent_connector.mongodb");
    assert_eq!(change.reason, "a secret in it is not what was last sent");
    world.apply();
    world.expect_converged();
}

#[test]
fn what_a_connector_does_not_take_blocks_the_plan_before_anything_is_written() {
    let world = applied();
    let strategy = "      doc.id.strategy: ProvidedInValueStrategy";
    world.edit(STACK, strategy, &format!("      transforms: mask\n{strategy}"));
    world.edit(STACK, "\"MongoDB sink\"", "\"The sink\"");
    world.forget_calls();
    let planned = world.plan();
    let [refused, account] = planned.as_slice() else {
        panic!("{planned:?}")
    };
    assert_eq!(refused.short(), "telemetry/confluent_connector.mongodb blocked");
    assert!(refused.reason.contains("transforms.mask.type"), "{}", refused.reason);
    assert_eq!(account.short(), "telemetry/confluent_service_account.sink update");
    world
        .ends(4, &["apply", "local", "--yes"])
        .expect_said("transforms.mask.type");
    assert_eq!(world.writes(), Vec::<String>::new());
    // Where something it needs is still to be made, the apply asks.
    world.edit(
        ENVIRONMENT,
        "        air: { partitions: 6 }",
        "        air: { partitions: 6 }\n        rain: { partitions: 1 }",
    );
    let connector = world
        .plan()
        .into_iter()
        .find(|change| change.address.contains("connector"));
    assert_eq!(connector.unwrap().action, "update");
    let ran = world.ends(1, &["apply", "local", "--yes"]);
    ran.expect_said("MongoDbAtlasSink does not take this configuration");
    world.edit(STACK, "      transforms: mask\n", "");
    world.apply();
    world.expect_converged();
}

#[test]
fn what_somebody_deletes_by_hand_comes_back_and_nothing_twice() {
    let world = applied();
    let confluent = Confluent(&world);
    let whole = confluent.kinds();
    let cluster = confluent.id("cluster");
    type Deletion<'d> = (&'d str, Box<dyn Fn() + 'd>);
    let delete: [Deletion<'_>; 5] = [
        (
            "topic",
            Box::new(|| drop(confluent.kafka(&cluster, "DELETE", "/topics/local.air", Json::Null))),
        ),
        (
            "acl",
            Box::new(|| {
                let query = "resource_type=GROUP&pattern_type=PREFIXED&resource_name=connect-lcc&operation=READ&permission=ALLOW";
                confluent.kafka(&cluster, "DELETE", &format!("/acls?{query}"), Json::Null);
            }),
        ),
        (
            "key",
            Box::new(|| {
                let key = confluent.id("key local-telemetry-bridge ");
                confluent.control("DELETE", &format!("/iam/v2/api-keys/{key}"), Json::Null);
            }),
        ),
        (
            "binding",
            Box::new(|| {
                let binding = confluent.id("binding CloudClusterAdmin");
                confluent.control("DELETE", &format!("/iam/v2/role-bindings/{binding}"), Json::Null);
            }),
        ),
        (
            "connector",
            Box::new(|| {
                let (name, _) = connector(&confluent);
                let path = path_of_connectors(&confluent);
                confluent.control("DELETE", &format!("{path}/{name}"), Json::Null);
            }),
        ),
    ];
    for (kind, delete) in delete {
        delete();
        crate::world::until(kind, || (confluent.kinds() != whole).then_some(()));
        assert_ne!(world.plan(), [], "{kind}");
        world.apply();
        assert_eq!(confluent.kinds(), whole, "{kind}");
        world.expect_converged();
    }
}

#[test]
fn a_cluster_deleted_by_hand_comes_back_with_all_that_was_in_it() {
    let world = applied();
    let confluent = Confluent(&world);
    let whole = confluent.kinds();
    let (environment, cluster) = (confluent.id("environment"), confluent.id("cluster"));
    let (name, _) = connector(&confluent);
    let path = path_of_connectors(&confluent);
    confluent.control("DELETE", &format!("{path}/{name}"), Json::Null);
    crate::world::until("no connector", || {
        (!confluent.kinds().contains_key("connector")).then_some(())
    });
    confluent.control(
        "DELETE",
        &format!("/cmk/v2/clusters/{cluster}?environment={environment}"),
        Json::Null,
    );
    crate::world::until("no cluster", || {
        (!confluent.kinds().contains_key("cluster")).then_some(())
    });
    world.apply();
    world.expect_converged();
    assert_eq!(confluent.kinds(), whole);
}

#[test]
fn what_lies_in_our_cluster_and_is_not_ours_keeps_it_until_its_loss_is_allowed() {
    let world = applied();
    let confluent = Confluent(&world);
    let cluster = confluent.id("cluster");
    confluent.make_topic(&cluster, "somebody.elses");
    world.expect_converged();
    let ran = world.ends(4, &["destroy", "local", "--yes"]);
    assert!(ran.stdout.contains("somebody.elses"), "{}", ran.stdout);
    let left = confluent.inventory();
    assert!(left.contains_key("topic somebody.elses"), "{left:?}");
    assert!(left.keys().any(|name| name.starts_with("environment ")), "{left:?}");
    let allow = "telemetry/confluent_environment.main";
    world.ok(&["destroy", "local", "--yes", "--allow-data-loss", allow]);
    assert_eq!(confluent.inventory(), BTreeMap::new());
}

#[test]
fn a_grant_of_ours_that_nobody_remembers_is_named_and_left_while_its_account_stays() {
    let world = applied();
    let confluent = Confluent(&world);
    let (cluster, account) = (confluent.id("cluster"), confluent.id("account local-telemetry-sink"));
    let acl = json!({
        "resource_type": "TOPIC", "resource_name": "extra", "pattern_type": "LITERAL",
        "principal": format!("User:{account}"), "host": "*", "operation": "READ", "permission": "ALLOW"
    });
    confluent.kafka(&cluster, "POST", "/acls", acl);
    let plan = world.ok(&["plan", "local"]).stdout;
    assert!(plan.contains("extra") && plan.contains("delete it by hand"), "{plan}");
    world.ok(&["apply", "local", "--yes"]);
    assert!(confluent.inventory().keys().any(|name| name.contains("TOPIC extra")));
    world.destroy();
    assert_eq!(confluent.inventory(), BTreeMap::new());
}

#[test]
fn a_protected_topic_saves_its_cluster_its_key_and_its_account() {
    let world = World::shipped();
    world.edit(STACK, "    kafka_cluster: ${confluent_kafka_cluster.main}\n    credentials: ${confluent_api_key.admin}\n    partitions", "    protect: true\n    kafka_cluster: ${confluent_kafka_cluster.main}\n    credentials: ${confluent_api_key.admin}\n    partitions");
    world.apply();
    world.ends(4, &["destroy", "local", "--yes"]);
    let left = Confluent(&world).kinds();
    for (kind, count) in [
        ("topic", 2),
        ("cluster", 1),
        ("environment", 1),
        ("key", 1),
        ("account", 1),
        ("binding", 1),
    ] {
        assert_eq!(left.get(kind), Some(&count), "{left:?}");
    }
    assert_eq!(left.get("connector"), None, "{left:?}");
    world.edit(STACK, "    protect: true\n", "");
    world.apply();
    world.destroy();
    assert_eq!(Confluent(&world).inventory(), BTreeMap::new());
}

#[test]
fn a_destroy_without_any_stored_key_finds_all_that_is_ours_and_nothing_else() {
    let world = applied();
    let confluent = Confluent(&world);
    confluent.control(
        "POST",
        "/org/v2/environments",
        json!({"display_name": "somebody-elses"}),
    );
    let cloud = world.cloud();
    for secret in cloud
        .names()
        .iter()
        .filter_map(|name| name.strip_prefix("aws_secretsmanager_secret "))
    {
        let request = cloud.aws.secretsmanager.delete_secret().secret_id(secret);
        cloud.run(request.force_delete_without_recovery(true).send()).unwrap();
    }
    let ran = world.destroy();
    assert!(ran.stderr.contains("making a key of"), "{}", ran.stderr);
    let left: Vec<String> = confluent.inventory().into_keys().collect();
    assert!(
        left.len() == 1 && left[0].starts_with("environment somebody-elses"),
        "{left:?}"
    );
    assert_eq!(cloud.names(), Vec::<String>::new());
}

/// The calls of a run that finds nothing to do: by service, however many topics there are.
#[test]
fn a_plan_that_finds_nothing_asks_each_list_once() {
    let world = applied();
    let plan = world.plan_json();
    assert_eq!(plan["changes"], json!([]));
    let expected = json!({
        "cloudformation": 3, "confluent": 9, "iam": 10, "iot": 3, "kafka": 3, "lambda": 4, "secretsmanager": 7, "sqs": 7,
        "sts": 1
    });
    assert_eq!(plan["calls"], expected);
    let more: String = (0..40)
        .map(|number| format!("        s{number}: {{ partitions: 1 }}\n"))
        .collect();
    world.edit(ENVIRONMENT, "      sensors:\n", &format!("      sensors:\n{more}"));
    world.apply();
    assert_eq!(world.plan_json()["calls"], expected);
}

/// What a drift job may use: keys that only read, and of AWS nothing but reads and the record's value.
#[test]
fn a_reader_with_the_drift_keys_sees_the_same_and_reads_no_secret() {
    let world = applied();
    let keys = stored_keys(&world, &["drift_cloud_key", "drift_key"]);
    world.edit(
        ENVIRONMENT,
        "stacks:\n  telemetry:",
        "drift: { unseen: [confluent_service_account, confluent_api_key, confluent_role_binding] }\n\
         confluent:\n  api_key: { id: { secret: \"env:CLOUD_KEY\" }, secret: { secret: \"env:CLOUD_SECRET\" } }\n  kafka_api_keys:\n    \
         telemetry/confluent_kafka_cluster.main: { id: { secret: \"env:KAFKA_KEY\" }, secret: { secret: \"env:KAFKA_SECRET\" } }\n\
         stacks:\n  telemetry:",
    );
    world.forget_calls();
    let mut command = world.command(&["plan", "local", "--format", "json"]);
    command
        .env("CLOUD_KEY", &keys[0].0)
        .env("CLOUD_SECRET", &keys[0].1)
        .env("KAFKA_KEY", &keys[1].0)
        .env("KAFKA_SECRET", &keys[1].1);
    let ran = crate::process::finish(command);
    let plan: Json = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (ran.code, &plan["changes"]),
        (0, &json!([])),
        "{}\n{}",
        ran.stdout,
        ran.stderr
    );
    let read = world.performed("secretsmanager.GetSecretValue");
    assert_eq!(read, 1, "the record's alone");
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// Ids and secrets of keys, as they lie in their stores.
fn stored_keys(world: &World, stores: &[&str]) -> Vec<(String, String)> {
    let cloud = world.cloud();
    let read = stores.iter().map(|store| {
        let request = cloud.aws.secretsmanager.get_secret_value();
        let got = cloud
            .run(request.secret_id(format!("local-telemetry-{store}")).send())
            .unwrap();
        let value: Json = serde_json::from_str(got.secret_string().unwrap()).unwrap();
        let text = |name: &str| value[name].as_str().unwrap().to_owned();
        (text("api_key"), text("api_secret"))
    });
    read.collect()
}

#[test]
fn without_its_record_nothing_is_deleted_and_the_next_apply_writes_it_again() {
    let world = applied();
    let confluent = Confluent(&world);
    let before = confluent.inventory();
    let cloud = world.cloud();
    let request = cloud
        .aws
        .secretsmanager
        .delete_secret()
        .secret_id("eclusa/local/record-0");
    cloud.run(request.force_delete_without_recovery(true).send()).unwrap();
    // A topic that nothing declares any more is nobody's without the record: it is left.
    world.edit(
        ENVIRONMENT,
        "        noise: { partitions: 3, retention_ms: 86400000 }\n",
        "",
    );
    let plan = world.ok(&["plan", "local"]).stdout;
    assert!(plan.contains("the record does not know"), "{plan}");
    assert!(!plan.contains("local.noise will be"), "{plan}");
    world.apply();
    world.expect_converged();
    let left = confluent.inventory();
    assert!(left.contains_key("topic local.noise"), "{left:?}");
    assert_eq!(before.len(), left.len());
}

/// Runs a command with another Cloud key than the embedded one.
pub(crate) fn with_cloud_key(world: &World, key: &str, arguments: &[&str]) -> Ran {
    let before = world.read(ENVIRONMENT);
    let keyed = "confluent:\n  api_key: { id: { secret: \"env:CLOUD_KEY\" }, secret: { secret: \"env:CLOUD_SECRET\" } }\nstacks:\n  telemetry:";
    world.edit(ENVIRONMENT, "stacks:\n  telemetry:", keyed);
    let mut command = world.command(arguments);
    command.env("CLOUD_KEY", key).env("CLOUD_SECRET", "any");
    let ran = crate::process::finish(command);
    world.write(ENVIRONMENT, &before);
    ran
}

#[test]
fn a_key_that_sees_half_makes_nothing_a_second_time() {
    let world = applied();
    let confluent = Confluent(&world);
    let before = confluent.kinds();
    for key in ["HALF", "HIDING-main", "HIDING-telemetry", "HIDING-admin"] {
        let ran = with_cloud_key(&world, key, &["apply", "local", "--yes"]);
        assert_ne!(ran.code, 0, "{key}\n{}", ran.stdout);
        assert_eq!(confluent.kinds(), before, "{key}\n{}\n{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn a_destroy_whose_key_cannot_see_the_environment_leaves_who_can_look_into_it() {
    let world = applied();
    let ran = with_cloud_key(&world, "HIDING-main", &["destroy", "local", "--yes"]).expect(1);
    ran.expect_said("telemetry/confluent_environment.main: it still cannot be read: it is hidden from this key");
    let left = Confluent(&world).kinds();
    assert_eq!((left.get("environment"), left.get("cluster")), (Some(&1), Some(&1)));
    for writer in [
        "account local-telemetry-admin",
        "binding CloudClusterAdmin",
        "key local-telemetry-admin",
    ] {
        assert!(!Confluent(&world).id(writer).is_empty());
    }
    world.destroy();
    assert_eq!(Confluent(&world).inventory(), BTreeMap::new());
    assert_eq!(world.cloud().names(), Vec::<String>::new());
}

#[test]
fn the_pipeline_lives_where_confluent_does_the_other_of_all_that_nobody_has_seen() {
    let world = World::shipped();
    std::fs::create_dir_all(world.cloud_folder()).unwrap();
    let others = json!({"confluent": {
        "status_codes": "specified", "empty_lists": "list", "dead_key": "unauthorized", "fresh_key": "forbidden",
        "global_keys": "everywhere", "orphaned_keys": "deleted", "duplicate_environments": "refused",
        "duplicate_clusters": "refused", "duplicate_role_bindings": "refused", "duplicate_connectors": "conflict",
        "other_name_inside": "refused", "duplicate_acls": "accepted", "role_binding_search": "prefix",
        "availability": "as_sent", "masked_secrets": "kept", "connection_user": "plain", "tls_properties": "known",
        "kafka_throttle_headers": "present"
    }});
    world.write(".eclusa/embedded/local/settings.json", &others.to_string());
    world.apply();
    assert!(world.read(".eclusa/embedded/local/settings.json").contains("as_sent"));
    world.expect_converged();
    world.edit(
        STACK,
        "doc.id.strategy: ProvidedInValueStrategy",
        "doc.id.strategy: FullKeyStrategy",
    );
    world.apply();
    world.expect_converged();
    world.destroy();
    assert_eq!(Confluent(&world).inventory(), BTreeMap::new());
}
