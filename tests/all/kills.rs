//! kill -9 of eclusa at every write of what is shipped: while it is made, edited, replaced and destroyed. The next run
//! goes on at once, and nothing is made twice.
//!
//! The writes are those that an undisturbed run makes, so that a new kind is in the loop as soon as it is shipped. Each
//! is met in both ways: killed before the cloud did it (the call hangs), and after (it was done, and nobody was told).

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::cloud::Cloud;
use crate::cloud::every;
use crate::confluent::Confluent;
use crate::edits;
use crate::world::World;
use crate::world::until;

const APPLY: [&str; 3] = ["apply", "local", "--yes"];
const DESTROY: [&str; 3] = ["destroy", "local", "--yes"];
const STACK: &str = "stacks/telemetry.yaml";
/// What makes an object under a name of its own; done twice it would be two, or refused.
const CREATES: [&str; 6] = [
    "cloudformation.ExecuteChangeSet",
    "iam.CreateRole",
    "iot.CreateTopicRule",
    "lambda.CreateEventSourceMapping",
    "lambda.CreateFunction",
    "secretsmanager.CreateSecret",
];

#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    Before,
    After,
}

/// Kills a run at its first call of this operation.
pub(crate) fn kill_at(world: &World, command: &[&str], operation: &str, moment: Moment) {
    world.forget_calls();
    match moment {
        Moment::Before => world.faults(&[every(operation, "hang")]),
        Moment::After => world.faults(&[every(operation, "lose-answer")]),
    }
    let run = world.start(command);
    match moment {
        Moment::Before => world.await_call(operation, 1),
        Moment::After => until(operation, || (world.performed(operation) > 0).then_some(())),
    }
    run.kill();
    world.no_faults();
}

/// The operations that an undisturbed run writes with.
pub(crate) fn writes_of(world: &World, command: &[&str]) -> BTreeSet<String> {
    world.forget_calls();
    world.ok(command);
    world.writes().into_iter().collect()
}

fn creates(world: &World) -> BTreeMap<&'static str, usize> {
    CREATES.map(|operation| (operation, world.performed(operation))).into()
}

/// Kinds and how many there are of each: names made anew may differ, their number may not.
fn kinds(cloud: &Cloud) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for name in cloud.names() {
        let (kind, _) = name.split_once(' ').unwrap();
        *kinds.entry(kind.to_owned()).or_default() += 1;
    }
    kinds
}

#[test]
fn an_apply_killed_at_any_write_goes_on_at_once_and_makes_nothing_twice() {
    let world = World::aws_half();
    let cloud = world.cloud();
    let writes = writes_of(&world, &APPLY);
    let (made, whole) = (creates(&world), kinds(&cloud));
    world.destroy();
    assert!(writes.len() >= 11, "{writes:?}");
    for operation in &writes {
        for moment in [Moment::Before, Moment::After] {
            kill_at(&world, &APPLY, operation, moment);
            // The same budget as ever for a holder that is alive: a dead one on this machine is not waited for.
            world.ok(&[&APPLY[..], &["--lock-timeout", "0s"]].concat());
            world.expect_converged();
            assert_eq!(kinds(&cloud), whole, "{operation} {moment:?}");
            for (create, count) in creates(&world) {
                // What was done for a client that died meanwhile is not counted.
                assert!(count <= made[create], "{create} after {operation} {moment:?}");
            }
            world.destroy();
            assert_eq!(cloud.names(), Vec::<String>::new(), "{operation} {moment:?}");
        }
    }
}

#[test]
fn an_edit_and_a_replace_killed_at_any_write_are_finished_by_the_next_run() {
    let world = World::aws_half();
    let cloud = world.cloud();
    world.apply();
    let whole = kinds(&cloud);
    let shipped = world.read(STACK);
    // Another name for the queue: it and what hangs on it are made anew, the old ones go last.
    let edit = |turn: usize| edits::edit(&world, &shipped, turn, Some(&format!("ingest-{turn}")));
    // Odd turns set what even ones take away.
    let writes = [1, 2].map(|turn| {
        edit(turn);
        writes_of(&world, &APPLY)
    });
    assert!(writes.iter().all(|writes| writes.len() >= 12), "{writes:?}");
    let every: BTreeSet<&String> = writes.iter().flatten().collect();
    let mut turn = 2;
    for operation in every {
        for moment in [Moment::Before, Moment::After] {
            turn += 1;
            if !writes[1 - turn % 2].contains(operation) {
                edit(turn);
                world.apply();
                turn += 1;
            }
            edit(turn);
            kill_at(&world, &APPLY, operation, moment);
            world.ok(&[&APPLY[..], &["--lock-timeout", "0s"]].concat());
            world.expect_converged();
            assert_eq!(kinds(&cloud), whole, "{operation} {moment:?}");
        }
    }
}

#[test]
fn a_destroy_killed_at_any_write_is_finished_by_the_next() {
    let world = World::aws_half();
    let cloud = world.cloud();
    world.apply();
    let writes = writes_of(&world, &DESTROY);
    assert!(writes.len() >= 8, "{writes:?}");
    for operation in &writes {
        for moment in [Moment::Before, Moment::After] {
            world.apply();
            kill_at(&world, &DESTROY, operation, moment);
            world.ok(&[&DESTROY[..], &["--lock-timeout", "0s"]].concat());
            assert_eq!(cloud.names(), Vec::<String>::new(), "{operation} {moment:?}");
        }
    }
}

/// The writes of the shipped pipeline that are Confluent's, and those that store its keys.
pub(crate) fn on_confluent(writes: impl IntoIterator<Item = String>) -> Vec<String> {
    let is_it = |operation: &String| {
        operation.starts_with("confluent.") || operation.starts_with("kafka.") || operation.ends_with(".PutSecretValue")
    };
    writes.into_iter().filter(is_it).collect()
}

#[test]
fn an_apply_killed_at_any_write_to_confluent_converges_and_makes_nothing_twice() {
    let world = World::shipped();
    let confluent = Confluent(&world);
    world.cloud();
    let writes = on_confluent(writes_of(&world, &APPLY));
    let whole = confluent.kinds();
    assert!(writes.len() >= 9, "{writes:?}");
    for operation in &writes {
        for moment in [Moment::Before, Moment::After] {
            world.destroy();
            kill_at(&world, &APPLY, operation, moment);
            world.ok(&[&APPLY[..], &["--lock-timeout", "0s"]].concat());
            // A key that nobody could store is deleted once another one is in its place.
            world.ok(&APPLY);
            world.expect_converged();
            assert_eq!(confluent.kinds(), whole, "{operation} {moment:?}");
        }
    }
}

#[test]
fn a_destroy_killed_at_any_write_to_confluent_is_finished_by_the_next() {
    let world = World::shipped();
    let confluent = Confluent(&world);
    world.apply();
    let writes = on_confluent(writes_of(&world, &DESTROY));
    assert!(writes.len() >= 6, "{writes:?}");
    for operation in &writes {
        for moment in [Moment::Before, Moment::After] {
            world.apply();
            kill_at(&world, &DESTROY, operation, moment);
            world.ok(&[&DESTROY[..], &["--lock-timeout", "0s"]].concat());
            assert_eq!(confluent.inventory(), BTreeMap::new(), "{operation} {moment:?}");
            assert_eq!(world.cloud().names(), Vec::<String>::new(), "{operation} {moment:?}");
        }
    }
}
