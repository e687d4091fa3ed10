//! What an owner has on Confluent when its AWS account is empty, another one, or not to be reached any more: a destroy
//! still finds and removes it, and nothing else.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value as Json;
use serde_json::json;

use crate::confluent::Confluent;
use crate::credentials::with_key;
use crate::world::World;
use crate::world::until;

const DESTROY: [&str; 3] = ["destroy", "local", "--yes"];
const OWNER: &str = "local@123456789012/us-east-1";
const IN_LOCAL: &str = "aws:\n  region: us-east-1\n";

/// All that is shipped, and an environment of somebody else's in the same organization.
fn applied() -> World {
    let world = World::shipped();
    world.apply();
    let foreign = json!({"display_name": "somebody-elses"});
    Confluent(&world).control("POST", "/org/v2/environments", foreign);
    world
}

#[track_caller]
fn expect_only_the_foreign_one(world: &World) {
    let left: Vec<String> = Confluent(world).inventory().into_keys().collect();
    assert!(
        left.len() == 1 && left[0].starts_with("environment somebody-elses"),
        "{left:?}"
    );
}

/// What was asked of AWS since the last reset, who it is aside.
fn asked_of_aws(world: &World) -> Vec<String> {
    let calls = world.calls().into_iter().map(|call| call.operation);
    let of_aws = calls.filter(|call| !call.starts_with("confluent.") && !call.starts_with("kafka."));
    of_aws.filter(|call| call != "sts.GetCallerIdentity").collect()
}

/// Empties the account, as whoever closes it does.
fn wipe_aws(world: &World) {
    let pid = world.server().unwrap().pid;
    world.ask_server("POST", "stop");
    let process = format!("/proc/{pid}");
    until("the server's end", || (!fs::exists(&process).unwrap()).then_some(()));
    for file in ["journal.jsonl", "snapshot.json"] {
        let path = world.cloud_folder().join(file);
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let lines = text.lines().map(|line| {
            let mut line: Json = serde_json::from_str(line).unwrap();
            for documents in ["put", "documents"] {
                if let Some(documents) = line[documents].as_object_mut() {
                    documents.retain(|key, _| !key.starts_with("123456789012/"));
                }
            }
            line.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            format!("{line}\n")
        });
        fs::write(&path, lines.collect::<String>()).unwrap();
    }
}

#[test]
fn an_account_that_lost_everything_hides_nothing_on_confluent() {
    let world = applied();
    wipe_aws(&world);
    assert_eq!(world.cloud().names(), Vec::<String>::new());
    world.destroy();
    expect_only_the_foreign_one(&world);
    assert_eq!(world.cloud().names(), Vec::<String>::new());
}

#[test]
fn dead_credentials_leave_aws_alone_and_end_in_5_with_confluent_empty() {
    for key in ["EXPIRED", "LABENDED"] {
        let world = applied();
        let before = world.cloud().inventory();
        world.forget_calls();
        let ran = with_key(&world, key, &DESTROY).expect(5);
        ran.expect_said(&format!(
            "AWS is not asked: whatever {OWNER} has there is neither shown nor deleted"
        ));
        ran.expect_said("making a key of");
        let asked = asked_of_aws(&world);
        assert!(asked.iter().all(|call| call == "iot.DescribeThing"), "{asked:?}");
        expect_only_the_foreign_one(&world);
        assert_eq!(world.cloud().inventory(), before);
        with_key(&world, key, &DESTROY).expect(5).expect_said("Nothing of");
        // With credentials that live the rest goes too.
        world.destroy();
        expect_only_the_foreign_one(&world);
        assert_eq!(world.cloud().names(), Vec::<String>::new());
    }
}

#[test]
fn dead_credentials_still_end_every_other_command() {
    let world = applied();
    world.forget_calls();
    for arguments in [&["plan", "local"][..], &["apply", "local", "--yes"]] {
        with_key(&world, "EXPIRED", arguments).expect(5);
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn whose_things_they_are_is_never_guessed() {
    let world = applied();
    let before = Confluent(&world).inventory();
    fs::remove_dir_all(world.path(".eclusa/receipts")).unwrap();
    let ran = with_key(&world, "EXPIRED", &DESTROY).expect(5);
    ran.expect_said("with --account and --region");
    assert_eq!(Confluent(&world).inventory(), before);
    let mut named = DESTROY.to_vec();
    named.extend(["--account", "123456789012"]);
    with_key(&world, "EXPIRED", &named).expect(0);
    expect_only_the_foreign_one(&world);
}

#[test]
fn what_is_protected_stays_with_all_it_needs_without_aws_too() {
    let world = World::shipped();
    let topic = "    kafka_cluster: ${confluent_kafka_cluster.main}\n    credentials: ${confluent_api_key.admin}\n    partitions";
    world.edit("stacks/telemetry.yaml", topic, &format!("    protect: true\n{topic}"));
    world.apply();
    with_key(&world, "EXPIRED", &DESTROY).expect(5);
    let left = Confluent(&world).kinds();
    let expected: BTreeMap<String, usize> = [
        ("account", 1),
        ("binding", 1),
        ("cluster", 1),
        ("environment", 1),
        ("key", 1),
        ("topic", 2),
    ]
    .map(|(kind, count)| (kind.to_owned(), count))
    .into();
    assert_eq!(left, expected);
}

#[test]
fn under_a_new_account_the_former_owner_is_named_with_the_command_that_removes_it() {
    for (moved, option) in [
        (
            "aws:\n  region: us-east-1\n  account: \"222222222222\"\n",
            "--account 123456789012",
        ),
        ("aws:\n  region: eu-west-1\n", "--region us-east-1"),
    ] {
        let world = applied();
        let before = Confluent(&world).inventory();
        world.edit("environments/local.yaml", IN_LOCAL, moved);
        world.forget_calls();
        let command = "eclusa destroy local --account 123456789012 --region us-east-1";
        for arguments in [&DESTROY[..], &["apply", "local", "--yes"]] {
            let ran = world.ends(4, arguments);
            ran.expect_said(OWNER);
            ran.expect_said(command);
        }
        assert_eq!(world.writes(), Vec::<String>::new());
        assert_eq!(Confluent(&world).inventory(), before);

        let mut named = DESTROY.to_vec();
        named.extend(option.split(' '));
        world.forget_calls();
        world.ok(&named);
        assert_eq!(asked_of_aws(&world), Vec::<String>::new());
        expect_only_the_foreign_one(&world);
        world.ok(&named).expect_said("Nothing of");
        // The former owner is done with: nothing has to be said to go on.
        world.apply();
        world.destroy();
        expect_only_the_foreign_one(&world);
    }
}

#[test]
fn an_owner_who_is_these_credentials_is_destroyed_whole() {
    let world = applied();
    let mut named = DESTROY.to_vec();
    named.extend(["--account", "123456789012", "--region", "us-east-1"]);
    world.ok(&named);
    expect_only_the_foreign_one(&world);
    assert_eq!(world.cloud().names(), Vec::<String>::new());
}

#[test]
fn an_environment_without_confluent_has_nothing_to_destroy_elsewhere() {
    let world = World::inflow();
    world.apply();
    let ran = world.ends(4, &["destroy", "local", "--yes", "--account", "222222222222"]);
    ran.expect_said("nothing of environments/local.yaml lies on Confluent");
    with_key(&world, "EXPIRED", &DESTROY).expect(5);
}
