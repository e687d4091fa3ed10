//! kill -9 of eclusa, and of its cloud, in the middle of a run; Ctrl-C once and twice. Whatever is half done, the next
//! run goes on from it.
//!
//! The middle is a call that a fault holds: a hanging one is never performed, a throttled one is tried again until the
//! test lets it through. Everything that needs no held call is done by then.

use crate::cloud::every;
use crate::process::signal;
use crate::world::LOCAL;
use crate::world::World;
use crate::world::until;

const APPLY: [&str; 3] = ["apply", "local", "--yes"];
const DESTROY: [&str; 3] = ["destroy", "local", "--yes"];
/// Settings under which a run whose cloud has gone soon ends.
const IMPATIENT: &str = "embedded\nlimits: { wait: 2s }\n";
/// The shipped stack holds so many queues, one role and one rule.
const QUEUES: usize = 3;
const RESOURCES: usize = 5;

/// Waits until the cloud has done this so often, and holds the first call of what is awaited. What is counted
/// afterwards must be among what is done or held: a call whose client dies is performed, but answered to nobody.
fn await_middle(world: &World, done: &[(&str, usize)], held: &str) {
    for (operation, count) in done {
        until(&format!("{count} of {operation}"), || {
            (world.performed(operation) >= *count).then_some(())
        });
    }
    world.await_call(held, 1);
}

/// Where an apply is cut off: what is done by then, and the call that hangs, from which on nothing is.
const APPLY_POINTS: &[(&[(&str, usize)], &str)] = &[
    (&[("sts.GetCallerIdentity", 1)], "iam.GetRole"),
    (&[("iam.CreateRole", 1)], "sqs.CreateQueue"),
    (&[("sqs.CreateQueue", QUEUES)], "iam.CreateRole"),
    (
        &[("sqs.CreateQueue", QUEUES), ("iam.CreateRole", 1)],
        "iam.PutRolePolicy",
    ),
    (
        &[("sqs.CreateQueue", QUEUES), ("iam.PutRolePolicy", 1)],
        "iot.CreateTopicRule",
    ),
];

const UPDATE_POINTS: &[(&[(&str, usize)], &str)] = &[
    (&[("iam.TagRole", 1)], "sqs.SetQueueAttributes"),
    (&[("sqs.SetQueueAttributes", 1)], "sqs.TagQueue"),
    (&[("iam.UpdateRole", 1)], "iam.TagRole"),
    (&[("sqs.TagQueue", 1), ("iam.TagRole", 1)], "iot.ReplaceTopicRule"),
    (&[("iot.ReplaceTopicRule", 1)], "iot.TagResource"),
];

const DESTROY_POINTS: &[(&[(&str, usize)], &str)] = &[
    (&[], "iot.DeleteTopicRule"),
    (&[("iot.DeleteTopicRule", 1), ("iam.DeleteRole", 1)], "sqs.DeleteQueue"),
    (&[("sqs.DeleteQueue", QUEUES)], "iam.DeleteRolePolicy"),
    (
        &[("sqs.DeleteQueue", QUEUES), ("iam.DeleteRolePolicy", 1)],
        "iam.DeleteRole",
    ),
];

/// Starts a command, waits until it is in the middle, and kills it there.
fn cut_off(world: &World, arguments: &[&str], (done, held): (&[(&str, usize)], &str)) {
    world.forget_calls();
    world.faults(&[every(held, "hang")]);
    let run = world.start(arguments);
    await_middle(world, done, held);
    run.kill();
    world.no_faults();
}

#[test]
fn an_apply_that_is_killed_goes_on_where_it_was_and_makes_nothing_twice() {
    let world = World::inflow();
    let cloud = world.cloud();
    for point in APPLY_POINTS {
        cut_off(&world, &APPLY, *point);
        world.apply();
        world.expect_converged();
        assert_eq!(cloud.names().len(), RESOURCES, "{point:?}");
        for (operation, count) in [
            ("sqs.CreateQueue", QUEUES),
            ("iam.CreateRole", 1),
            ("iot.CreateTopicRule", 1),
        ] {
            assert_eq!(world.performed(operation), count, "{operation} after {point:?}");
        }
        world.destroy();
        assert_eq!(cloud.names(), Vec::<String>::new(), "{point:?}");
    }
}

#[test]
fn an_update_that_is_killed_is_finished_by_the_next_run() {
    let world = World::inflow();
    world.apply();
    let stack = world.read("stacks/telemetry.yaml");
    for (turn, point) in UPDATE_POINTS.iter().enumerate() {
        let edited = stack
            .replace(
                "visibility_timeout_seconds: 180",
                &format!("visibility_timeout_seconds: {}", 200 + turn),
            )
            .replace(
                "aws_iam_role.rule:\n",
                &format!("aws_iam_role.rule:\n    max_session_duration: {}\n", 4000 + turn),
            )
            .replace("SELECT *,", &format!("SELECT *, {turn} AS turn,"));
        world.set_stack(&edited);
        cut_off(&world, &APPLY, *point);
        world.apply();
        world.expect_converged();
    }
    let cloud = world.cloud();
    assert_eq!(cloud.names().len(), RESOURCES);
}

#[test]
fn a_destroy_that_is_killed_is_finished_by_the_next() {
    let world = World::inflow();
    let cloud = world.cloud();
    for point in DESTROY_POINTS {
        world.apply();
        cut_off(&world, &DESTROY, *point);
        assert!(!cloud.names().is_empty(), "{point:?} is no middle");
        world.destroy();
        assert_eq!(cloud.names(), Vec::<String>::new(), "{point:?}");
        for (operation, count) in [
            ("sqs.DeleteQueue", QUEUES),
            ("iam.DeleteRole", 1),
            ("iot.DeleteTopicRule", 1),
        ] {
            assert_eq!(world.performed(operation), count, "{operation} after {point:?}");
        }
    }
}

/// All that was answered is on disk.
#[test]
fn a_cloud_that_is_killed_in_the_middle_of_an_apply_has_lost_nothing() {
    let world = World::inflow();
    let settings = world.read("environments/local.yaml").replace("embedded\n", IMPATIENT);
    world.write("environments/local.yaml", &settings);
    for point in APPLY_POINTS {
        let (done, held) = *point;
        world.cloud();
        world.forget_calls();
        world.faults(&[every(held, "hang")]);
        let run = world.start(&APPLY);
        await_middle(&world, done, held);
        // What is held stays held, and no held call is needed to look: without a role there is none to get.
        let made = world.cloud().names();
        signal("KILL", &world.server().unwrap().pid.to_string());
        world.no_faults();
        let ran = run.ended();
        assert!([1, 6].contains(&ran.code), "{point:?}\n{}\n{}", ran.stdout, ran.stderr);
        // A run that had not yet its lease has nothing to go on from, and says to begin again.
        let next = [
            "Next: eclusa apply local (it goes on from what is really there)",
            "hint: run the same command again",
        ];
        assert!(
            next.iter().any(|words| ran.said().contains(words)),
            "{point:?}\n{}",
            ran.said()
        );
        world.apply();
        world.expect_converged();
        // The new server counts from nought: what had been made was not made again.
        let names = world.cloud().names();
        assert_eq!(names.len(), RESOURCES, "{point:?}");
        assert!(made.iter().all(|name| names.contains(name)), "{made:?} {names:?}");
        let made_since = ["sqs.CreateQueue", "iam.CreateRole", "iot.CreateTopicRule"];
        let made_since: usize = made_since.iter().map(|operation| world.performed(operation)).sum();
        assert_eq!(made.len() + made_since, RESOURCES, "{point:?}");
        world.destroy();
    }
}

#[test]
fn ctrl_c_once_finishes_what_is_in_flight_and_starts_nothing_new() {
    let world = World::inflow();
    world.cloud();
    world.forget_calls();
    world.faults(&[every("iam.CreateRole", "throttle")]);
    let run = world.start(&APPLY);
    await_middle(&world, &[("sqs.CreateQueue", QUEUES)], "iam.CreateRole");
    run.signal("INT");
    run.await_said("interrupted: nothing new is started; finishing telemetry/aws_iam_role.rule");
    world.no_faults();
    let ran = run.ended().expect(130);
    ran.expect_said("telemetry/aws_iam_role.rule: created");
    ran.expect_said("not done: telemetry/aws_iot_topic_rule.to_queue, the run was interrupted before its turn");
    ran.expect_said("Apply incomplete: 4 created");
    ran.expect_said("Next: eclusa apply local");
    assert_eq!(
        (world.performed("iam.CreateRole"), world.performed("iam.PutRolePolicy")),
        (1, 1)
    );
    assert!(!world.writes().contains(&"iot.CreateTopicRule".to_owned()));
    world.apply().expect_said("Apply complete: 1 created, 0 updated");
    world.expect_converged();
}

#[test]
fn ctrl_c_twice_ends_at_once_and_leaves_the_cloud_alone() {
    let world = World::inflow();
    // The cloud is a child of this very run.
    world.faults(&[every("iam.CreateRole", "hang")]);
    let run = world.start(&APPLY);
    await_middle(&world, &[], "iam.CreateRole");
    until("all queues", || {
        (world.performed("sqs.CreateQueue") == QUEUES).then_some(())
    });
    let pid = world.server().unwrap().pid;
    run.signal_group("INT");
    run.await_said("press Ctrl-C again to stop at once");
    run.signal_group("INT");
    run.ended().expect(130);
    let health = world.ask_server("GET", "health").expect("the cloud is gone");
    assert_eq!(health["pid"], pid);
    world.no_faults();
    world.apply();
    world.expect_converged();
    assert_eq!(world.performed("sqs.CreateQueue"), QUEUES);
}

#[test]
fn a_terminated_run_ends_like_an_interrupted_one() {
    let world = World::new(LOCAL);
    world.set_stack("stack: telemetry\nresources:\n  aws_sqs_queue.one: {}\n");
    world.cloud();
    world.forget_calls();
    world.faults(&[every("sqs.CreateQueue", "throttle")]);
    let run = world.start(&APPLY);
    world.await_call("sqs.CreateQueue", 1);
    run.signal("TERM");
    run.await_said("interrupted: nothing new is started");
    world.no_faults();
    run.ended().expect(130);
    world.expect_converged();
}

/// A dead server's port file is never trusted.
#[test]
fn a_server_that_died_is_replaced_by_the_next_command() {
    let world = World::inflow();
    world.apply();
    let first = world.server().unwrap();
    signal("KILL", &first.pid.to_string());
    until("the server's end", || {
        world.ask_server("GET", "health").is_none().then_some(())
    });
    world.expect_converged();
    assert_ne!(world.server().unwrap().pid, first.pid);
}
