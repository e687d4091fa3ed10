//! One run at a time: the lease, whoever holds it, however it ends; and what is told of runs afterwards.

use std::collections::HashMap;
use std::process::Command;

use aws_sdk_iot::types::AttributePayload;
use serde_json::Value as Json;
use serde_json::json;

use crate::cloud::Cloud;
use crate::cloud::every;
use crate::cloud::nth;
use crate::process::Running;
use crate::process::finish;
use crate::world::LOCAL;
use crate::world::World;

/// The writes of the lease itself.
pub(crate) const WRITES: [&str; 3] = ["iot.CreateThing", "iot.DeleteThing", "iot.UpdateThing"];

const APPLY: [&str; 3] = ["apply", "local", "--yes"];
const DESTROY: [&str; 3] = ["destroy", "local", "--yes"];
/// A process on a host that this one knows nothing of.
const ELSEWHERE: &str = "ann,elsewhere,boot,1,5,77,0123456789abcdef";
/// Calls of a second, so that a lease may be dead within three.
pub(crate) const BRISK: &str = "cloud: embedded\naws: { region: us-east-1 }\nlimits: { call: 1s }\n";

/// A command for which a lease is dead after three seconds.
pub(crate) fn brisk(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command.env("ECLUSA_LEASE_DEAD_AFTER_MS", "3000");
    command
}

/// The attributes of the lease's thing; `None` where there is none.
fn lease(cloud: &Cloud) -> Option<HashMap<String, String>> {
    let read = cloud.aws.iot.describe_thing().thing_name("eclusa-local").send();
    Some(cloud.run(read).ok()?.attributes().cloned().unwrap_or_default())
}

fn holder(cloud: &Cloud) -> Option<String> {
    lease(cloud)?.remove("holder")
}

/// What somebody else writes into the lease.
fn set(cloud: &Cloud, name: &str, text: &str) {
    let payload = AttributePayload::builder().attributes(name, text).merge(true).build();
    let iot = &cloud.aws.iot;
    let made = iot.create_thing().thing_name("eclusa-local");
    if lease(cloud).is_none() {
        cloud.run(made.attribute_payload(payload).send()).unwrap();
    } else {
        let update = iot.update_thing().thing_name("eclusa-local");
        cloud.run(update.attribute_payload(payload).send()).unwrap();
    }
}

fn delayed(operation: &str, milliseconds: u32) -> Json {
    let mut fault = every(operation, "delay");
    fault["after_ms"] = milliseconds.into();
    fault
}

fn queues(world: &World, delays: &[(&str, u32)]) {
    let declared: Vec<(String, Json)> = delays
        .iter()
        .map(|(name, delay)| (format!("aws_sqs_queue.{name}"), json!({ "delay_seconds": delay })))
        .collect();
    world.set_resources(declared.iter().map(|(key, attributes)| (key.as_str(), attributes)));
}

#[test]
fn a_run_gives_its_lease_back_and_a_finished_destroy_leaves_none() {
    let world = World::new(LOCAL);
    queues(&world, &[("one", 1)]);
    let cloud = world.cloud();
    world.apply();
    let kept = lease(&cloud).expect("a lease");
    assert!(kept.contains_key("renewed") && !kept.contains_key("holder"), "{kept:?}");
    world.destroy();
    assert_eq!(lease(&cloud), None);
}

#[test]
fn without_anything_to_do_the_lease_is_read_but_never_written() {
    let world = World::new(LOCAL);
    queues(&world, &[("one", 1)]);
    world.apply();
    for (arguments, reads) in [(&APPLY[..], 1), (&["plan", "local"], 0)] {
        world.forget_calls();
        world.ok(arguments).expect_said("No changes.");
        assert_eq!(world.writes(), Vec::<String>::new());
        assert_eq!(world.performed("iot.DescribeThing"), reads, "{arguments:?}");
    }
    world.destroy();
    world.forget_calls();
    world.destroy();
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_second_apply_waits_for_the_first_and_finds_nothing_left_to_do() {
    let world = World::new(LOCAL);
    queues(&world, &[("one", 1), ("two", 1)]);
    world.cloud();
    world.faults(&[delayed("sqs.CreateQueue", 1_500)]);
    world.forget_calls();
    let first = world.start(&APPLY);
    world.await_call("sqs.CreateQueue", 1);
    let second = world.ok(&APPLY);
    second.expect_said("who holds the lease of local");
    second.expect_said("No changes.");
    first.ended().expect(0);
    assert_eq!(world.performed("sqs.CreateQueue"), 2);
}

#[test]
fn a_run_that_waited_in_vain_is_pending_and_names_the_holder() {
    let world = World::new(LOCAL);
    queues(&world, &[("one", 1)]);
    let cloud = world.cloud();
    set(&cloud, "holder", ELSEWHERE);
    world.forget_calls();
    for verb in ["apply", "destroy"] {
        let ran = world.ends(6, &[verb, "local", "--yes", "--lock-timeout", "1s"]);
        ran.expect_said("local is held by ann on elsewhere (process 5)");
        ran.expect_said("eclusa unlock local");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(holder(&cloud).as_deref(), Some(ELSEWHERE));
    world.ok(&["plan", "local"]);
}

#[test]
fn a_dead_holder_on_this_host_is_not_waited_for() {
    let world = World::new(LOCAL);
    queues(&world, &[("one", 1), ("two", 1)]);
    let cloud = world.cloud();
    world.faults(&[delayed("sqs.CreateQueue", 1_000)]);
    world.forget_calls();
    let first = world.start(&APPLY);
    world.await_call("sqs.CreateQueue", 1);
    first.kill();
    assert!(holder(&cloud).is_some());
    world.no_faults();
    let second = world.ok(&["apply", "local", "--yes", "--lock-timeout", "1s"]);
    second.expect_said("ended without clearing it");
    assert!(!second.said().contains("waiting up to"), "{}", second.said());
    assert_eq!(holder(&cloud), None);
    world.expect_converged();
}

#[test]
fn a_holder_elsewhere_is_dead_once_its_lease_has_not_moved() {
    let world = World::new(BRISK);
    queues(&world, &[("one", 1)]);
    let cloud = world.cloud();
    set(&cloud, "holder", ELSEWHERE);
    let ran = finish(brisk(&world, &APPLY)).expect(0);
    ran.expect_said("ann on elsewhere (process 5), who holds the lease of local");
    ran.expect_said("has not renewed it for 3.0 s");
    assert_eq!(holder(&cloud), None);
    world.expect_converged();
}

#[test]
fn a_suspended_holder_writes_nothing_once_another_run_had_its_lease() {
    let world = World::new(BRISK);
    // One call at a time, so that none is between the gate and the wire when the process is suspended.
    let second = json!({ "depends_on": ["aws_sqs_queue.first"] });
    world.set_resources([("aws_sqs_queue.first", &json!({})), ("aws_sqs_queue.second", &second)]);
    let cloud = world.cloud();
    world.faults(&[delayed("sqs.CreateQueue", 500)]);
    world.forget_calls();
    let suspended = Running::of(brisk(&world, &APPLY));
    world.await_call("sqs.CreateQueue", 1);
    suspended.signal("STOP");
    world.no_faults();
    finish(brisk(&world, &APPLY))
        .expect(0)
        .expect_said("has not renewed it for");
    let made = cloud.inventory();
    world.forget_calls();
    suspended.signal("CONT");
    let woken = suspended.ended().expect(1);
    woken.expect_said("LeaseLost");
    // Its renewal is refused, since the version it names is gone.
    let others: Vec<String> = world
        .writes()
        .into_iter()
        .filter(|write| write != "iot.UpdateThing")
        .collect();
    assert_eq!((others, world.performed("iot.UpdateThing")), (Vec::new(), 0));
    assert_eq!(cloud.inventory(), made);
    world.expect_converged();
}

#[test]
fn a_holder_renews_for_as_long_as_its_run_takes() {
    let world = World::new(BRISK);
    queues(&world, &[("one", 1)]);
    world.cloud();
    let recently =
        json!({ "service": "sqs", "operation": "CreateQueue", "every": 1, "fault": "throttle", "after_ms": 5000 });
    world.faults(&[recently]);
    world.forget_calls();
    let first = Running::of(brisk(&world, &APPLY));
    world.await_call("iot.UpdateThing", 6);
    world.no_faults();
    first.ended().expect(0);
    world.expect_converged();
}

/// Each call of the lease goes wrong in this way, in a whole life: made, changed, destroyed.
fn each_call_of_the_lease_meets(fault: &str) {
    let world = World::new(LOCAL);
    queues(&world, &[("one", 1)]);
    let cloud = world.cloud();
    let calls = ["DescribeThing", "CreateThing", "UpdateThing", "DeleteThing"];
    let plan: Vec<Json> = calls
        .iter()
        .flat_map(|call| [1, 3].map(|n| nth(&format!("iot.{call}"), n, fault)))
        .collect();
    for (delay, arguments) in [(1, APPLY), (2, APPLY), (2, DESTROY)] {
        queues(&world, &[("one", delay)]);
        world.faults(&plan);
        world.forget_calls();
        world.ok(&arguments);
        assert!(world.calls().iter().any(|call| call.met_a_fault()), "{arguments:?}");
        world.no_faults();
        assert_eq!(holder(&cloud), None, "{fault} {arguments:?}");
        if arguments == APPLY {
            world.expect_converged();
        }
    }
    assert_eq!((lease(&cloud), cloud.names()), (None, Vec::new()), "{fault}");
}

#[test]
fn a_lost_answer_to_any_call_of_the_lease_costs_nothing() {
    each_call_of_the_lease_meets("lose-answer");
}

#[test]
fn a_cut_call_of_the_lease_costs_nothing() {
    each_call_of_the_lease_meets("cut");
}

#[test]
fn a_failed_call_of_the_lease_costs_nothing() {
    each_call_of_the_lease_meets("fail");
}

#[test]
fn a_throttled_call_of_the_lease_costs_nothing() {
    each_call_of_the_lease_meets("throttle");
}

#[test]
fn a_lease_that_moved_after_it_was_read_makes_the_run_plan_again() {
    let world = World::new(LOCAL);
    queues(&world, &[("one", 1), ("two", 1)]);
    let cloud = world.cloud();
    world.apply();
    queues(&world, &[("one", 2), ("two", 1)]);
    let mut late = nth("iot.UpdateThing", 1, "delay");
    late["after_ms"] = 2_000.into();
    world.faults(&[late]);
    world.forget_calls();
    let run = world.start(&APPLY);
    world.await_call("iot.UpdateThing", 1);
    set(&cloud, "renewed", "moved");
    let url = "https://sqs.us-east-1.amazonaws.com/123456789012/local-telemetry-two";
    cloud.run(cloud.aws.sqs.delete_queue().queue_url(url).send()).unwrap();
    let ran = run.ended().expect(0);
    ran.expect_said("planned again, since this changed: telemetry/aws_sqs_queue.two");
    ran.expect_said("1 to create, 1 to update");
    world.expect_converged();
}

#[test]
fn an_expiry_is_kept_once_and_moved_by_extend_alone() {
    let world = World::new(&format!("{LOCAL}expires_after: 1h\n"));
    queues(&world, &[("one", 1)]);
    let cloud = world.cloud();
    let expires = || lease(&cloud).and_then(|mut lease| lease.remove("expires"));
    world
        .ends(4, &["extend", "local", "1h"])
        .expect_said("nothing of it was applied");
    world.apply().expect_said("The environment will expire at");
    let first = expires().expect("an expiry");
    world.edit("environments/local.yaml", "expires_after: 1h", "expires_after: 9h");
    queues(&world, &[("one", 2)]);
    world.apply();
    assert_eq!(expires().as_ref(), Some(&first));
    world.ok(&["extend", "local", "24h"]);
    let second = expires().expect("an expiry");
    assert!(second > first, "{second} {first}");
}

#[test]
fn an_expiry_declared_later_is_something_to_do() {
    let world = World::new(LOCAL);
    queues(&world, &[("one", 1)]);
    let cloud = world.cloud();
    world.apply();
    world.edit(
        "environments/local.yaml",
        "cloud: embedded\n",
        "cloud: embedded\nexpires_after: 1h\n",
    );
    world.ends(4, &["apply", "local"]).expect_said("not confirmed");
    world.apply();
    assert!(lease(&cloud).is_some_and(|lease| lease.contains_key("expires") && !lease.contains_key("holder")));
    world.forget_calls();
    world.apply();
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_holder_whose_lease_is_extended_meanwhile_goes_on() {
    let world = World::new(LOCAL);
    queues(&world, &[("one", 1)]);
    let cloud = world.cloud();
    world.faults(&[delayed("sqs.CreateQueue", 2_000)]);
    world.forget_calls();
    let first = world.start(&APPLY);
    world.await_call("sqs.CreateQueue", 1);
    world.ok(&["extend", "local", "1h"]);
    assert!(holder(&cloud).is_some());
    first.ended().expect(0);
    let kept = lease(&cloud).expect("a lease");
    assert!(kept.contains_key("expires") && !kept.contains_key("holder"), "{kept:?}");
}

#[test]
fn unlock_says_whose_it_is_asks_and_clears() {
    let world = World::new(LOCAL);
    let cloud = world.cloud();
    world
        .ok(&["unlock", "local"])
        .expect_said("nobody holds the lease of local");
    set(&cloud, "holder", ELSEWHERE);
    let asked = world.ends(4, &["unlock", "local"]);
    asked.expect_said("local is held by ann on elsewhere (process 5)");
    assert_eq!(holder(&cloud).as_deref(), Some(ELSEWHERE));
    world
        .ok(&["unlock", "local", "--yes"])
        .expect_said("the lease of local is free");
    assert_eq!(holder(&cloud), None);
}

#[test]
fn a_run_whose_lease_was_unlocked_writes_nothing_more() {
    let world = World::new(BRISK);
    queues(&world, &[("one", 1)]);
    let cloud = world.cloud();
    let throttled =
        json!({ "service": "sqs", "operation": "CreateQueue", "every": 1, "fault": "throttle", "after_ms": 3000 });
    world.faults(&[throttled]);
    world.forget_calls();
    let first = Running::of(brisk(&world, &APPLY));
    world.await_call("sqs.CreateQueue", 1);
    world.ok(&["unlock", "local", "--yes"]);
    world.no_faults();
    first
        .ended()
        .expect(1)
        .expect_said("the environment's lease was taken from this run");
    assert_eq!((world.performed("sqs.CreateQueue"), cloud.names()), (0, Vec::new()));
}

#[test]
fn every_apply_and_destroy_leaves_two_lines_that_history_tells() {
    let world = World::new(LOCAL);
    queues(&world, &[("one", 1)]);
    world
        .ok(&["history", "local"])
        .expect_said("nothing was ever applied to local");
    world.apply();
    world.apply();
    world.destroy();
    let lines = world.read(".eclusa/receipts/local.jsonl");
    let lines: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(
        events,
        ["begun", "ended", "begun", "ended"],
        "the second apply had nothing to do"
    );
    assert_eq!(lines[0]["owner"], "local@123456789012/us-east-1");
    assert_eq!((&lines[1]["exit"], &lines[1]["complete"]), (&json!(0), &json!(true)));
    assert!(
        lines[1]["writes"]
            .as_array()
            .unwrap()
            .iter()
            .all(|write| write["request_id"].is_string())
    );
    let told = world.ok(&["history", "local"]).stdout;
    let (apply, destroy) = told.split_once('\n').unwrap();
    assert!(
        apply.contains("apply") && destroy.contains("destroy") && told.lines().count() == 2,
        "{told}"
    );
    let document: Json = serde_json::from_str(&world.ok(&["history", "local", "--format", "json"]).stdout).unwrap();
    assert_eq!(document["runs"].as_array().unwrap().len(), 2);
}

#[test]
fn another_owner_than_the_last_one_is_refused_until_it_is_said() {
    let world = World::new(LOCAL);
    queues(&world, &[("one", 1)]);
    world.apply();
    world.edit("environments/local.yaml", "region: us-east-1", "region: eu-west-1");
    let refused = world.ends(4, &APPLY);
    refused.expect_said("local@123456789012/us-east-1");
    refused.expect_said("--new-owner");
    world.ok(&["apply", "local", "--yes", "--new-owner"]);
    world.ok(&APPLY);
    world.edit("environments/local.yaml", "region: eu-west-1", "region: us-east-1");
    world.ends(4, &APPLY);
}
