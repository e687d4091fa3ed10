//! Every write of what is shipped goes wrong once, in each way that a fault plan knows; the run itself comes through.
//!
//! The writes are those that an undisturbed run makes. A third of them goes wrong in one run: several of one resource's
//! in a row are more than a run looks for.

use std::collections::BTreeSet;

use crate::cloud::nth;
use crate::confluent::Confluent;
use crate::edits;
use crate::kills::on_confluent;
use crate::lease;
use crate::world::World;

const APPLY: [&str; 3] = ["apply", "local", "--yes"];
const DESTROY: [&str; 3] = ["destroy", "local", "--yes"];
const STACK: &str = "stacks/telemetry.yaml";
const PARTS: usize = 3;
/// A call limit that a hanging call reaches soon.
const IMPATIENT: &str = "limits: { call: 2s, wait: 30s }\n";

/// The operations that an undisturbed run writes resources with.
fn writes_of(world: &World, command: &[&str]) -> Vec<String> {
    world.forget_calls();
    world.ok(command);
    let writes: BTreeSet<String> = world.resource_writes().into_iter().collect();
    assert!(writes.len() >= 8, "{writes:?}");
    assert!(writes.iter().all(|write| !lease::WRITES.contains(&write.as_str())));
    writes.into_iter().collect()
}

/// Runs a command in which these writes go wrong at their first call.
fn with_faults(world: &World, command: &[&str], faulty: &[&String], fault: &str) {
    world.forget_calls();
    let plan: Vec<_> = faulty.iter().map(|operation| nth(operation, 1, fault)).collect();
    world.faults(&plan);
    let ran = world.run(command);
    world.no_faults();
    assert_eq!(ran.code, 0, "{fault} of {faulty:?}\n{}\n{}", ran.stdout, ran.stderr);
    for operation in faulty {
        let calls = world.calls();
        let first = calls.iter().find(|call| call.operation == **operation);
        assert!(
            first.is_some_and(|call| call.met_a_fault()),
            "{operation} met no {fault}"
        );
    }
}

fn every_write_meets(fault: &str) {
    let world = World::aws_half();
    let settings = world.read("environments/local.yaml");
    world.write("environments/local.yaml", &format!("{settings}{IMPATIENT}"));
    let shipped = world.read(STACK);
    let cloud = world.cloud();
    let creates = writes_of(&world, &APPLY);
    let whole = cloud.names().len();
    // Both ways of an edit: what is set and what is taken away again.
    let updates: Vec<Vec<String>> = [1, 2]
        .into_iter()
        .map(|turn| {
            edits::edit(&world, &shipped, turn, None);
            writes_of(&world, &APPLY)
        })
        .collect();
    let deletes = writes_of(&world, &DESTROY);
    for part in 0..PARTS {
        let third = |writes: &'_ [String]| -> Vec<String> {
            let third = writes.iter().enumerate().filter(|(place, _)| place % PARTS == part);
            third.map(|(_, operation)| operation.clone()).collect()
        };
        let run = |command: &[&str], writes: &[String]| {
            let third = third(writes);
            with_faults(&world, command, &third.iter().collect::<Vec<_>>(), fault);
        };
        run(&APPLY, &creates);
        world.expect_converged();
        assert_eq!(cloud.names().len(), whole, "{:?}", cloud.names());
        for (turn, writes) in updates.iter().enumerate() {
            edits::edit(&world, &shipped, 1 + turn, None);
            run(&APPLY, writes);
            world.expect_converged();
        }
        run(&DESTROY, &deletes);
        assert_eq!(cloud.names(), Vec::<String>::new());
    }
}

#[test]
fn throttled_writes_are_tried_again() {
    every_write_meets("throttle");
}

#[test]
fn failed_writes_are_looked_at_and_repeated() {
    every_write_meets("fail");
}

#[test]
fn lost_answers_are_looked_for() {
    every_write_meets("lose-answer");
}

#[test]
fn writes_that_are_cut_are_got_over() {
    every_write_meets("cut");
}

#[test]
fn writes_that_hang_are_got_over() {
    every_write_meets("hang");
}

/// The same of what the whole pipeline writes to Confluent, and of storing its keys.
fn every_write_to_confluent_meets(fault: &str) {
    let world = World::shipped();
    let settings = world.read("environments/local.yaml");
    world.write("environments/local.yaml", &format!("{settings}{IMPATIENT}"));
    let confluent = Confluent(&world);
    world.cloud();
    let creates = on_confluent(writes_of(&world, &APPLY));
    let whole = confluent.kinds();
    let deletes = on_confluent(writes_of(&world, &DESTROY));
    for part in 0..PARTS {
        let run = |command: &[&str], writes: &[String]| {
            let third = writes.iter().enumerate().filter(|(place, _)| place % PARTS == part);
            let third: Vec<&String> = third.map(|(_, operation)| operation).collect();
            with_faults(&world, command, &third, fault);
        };
        run(&APPLY, &creates);
        world.expect_converged();
        assert_eq!(confluent.kinds(), whole, "{fault}");
        run(&DESTROY, &deletes);
        assert_eq!(confluent.kinds().len(), 0, "{fault}");
    }
}

#[test]
fn throttled_writes_to_confluent_are_tried_again() {
    every_write_to_confluent_meets("throttle");
}

#[test]
fn failed_writes_to_confluent_are_looked_at_and_repeated() {
    every_write_to_confluent_meets("fail");
}

#[test]
fn lost_answers_of_confluent_are_looked_for() {
    every_write_to_confluent_meets("lose-answer");
}

#[test]
fn writes_to_confluent_that_are_cut_are_got_over() {
    every_write_to_confluent_meets("cut");
}

#[test]
fn writes_to_confluent_that_hang_are_got_over() {
    every_write_to_confluent_meets("hang");
}
