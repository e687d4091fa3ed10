#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::plan::Because;

fn node(number: usize) -> Address {
    Address::new("t", "store", &format!("n{number:02}"))
}

fn graph(size: usize, edges: &[(usize, usize)]) -> Graph {
    let mut made = Graph::default();
    for number in 0..size {
        made.needs.entry(node(number)).or_default();
    }
    for (from, needed) in edges {
        if from != needed {
            made.add(&node(*from.max(needed)), &node(*from.min(needed)), Because::DependsOn);
        }
    }
    made
}

/// All that an address needs, directly or not.
fn needed_by(graph: &Graph, address: &Address) -> BTreeSet<Address> {
    let mut found = BTreeSet::new();
    let mut open = vec![address];
    while let Some(at) = open.pop() {
        for needed in &graph.needs[at] {
            if found.insert(needed.clone()) {
                open.push(needed);
            }
        }
    }
    found
}

const SIZE: usize = 14;

#[derive(Debug)]
struct Case {
    graph: Graph,
    nodes: Vec<Address>,
    /// Which of the running ends next, and whether it fails.
    turns: Vec<(usize, bool)>,
    stop_after: usize,
}

fn case() -> impl Strategy<Value = Case> {
    let turn = (0..SIZE, prop::bool::weighted(0.2));
    (
        prop::collection::vec((0..SIZE, 0..SIZE), 0..30),
        prop::collection::vec(prop::bool::weighted(0.7), SIZE),
        prop::collection::vec(turn, SIZE),
        0..3 * SIZE,
    )
        .prop_map(|(edges, takes_part, turns, stop_after)| Case {
            graph: graph(SIZE, &edges),
            nodes: (0..SIZE).filter(|number| takes_part[*number]).map(node).collect(),
            turns,
            stop_after,
        })
}

/// Runs a case to its end; asserts on the way what must hold at each step. Returns the order of starts.
fn run(case: &Case, schedule: &mut Schedule) -> Result<Vec<Address>, TestCaseError> {
    let mut started = Vec::new();
    let mut running = Vec::new();
    for step in 0.. {
        if step == case.stop_after {
            let left = schedule.stop();
            prop_assert!(
                left.iter()
                    .all(|address| schedule.states()[address] == State::NotStarted)
            );
        }
        for address in schedule.start_ready() {
            prop_assert!(step < case.stop_after);
            for needed in needed_by(&case.graph, &address) {
                let state = schedule.states().get(&needed);
                prop_assert!(
                    matches!(state, None | Some(State::Succeeded)),
                    "{address} needs {needed}: {state:?}"
                );
            }
            prop_assert_eq!(&schedule.states()[&address], &State::Running);
            started.push(address.clone());
            running.push(address);
        }
        prop_assert_eq!(schedule.is_drained(), running.is_empty());
        if running.is_empty() {
            break;
        }
        let (which, fails) = case.turns[step % SIZE];
        let address = running.remove(which % running.len());
        if fails {
            let skipped = schedule.failed(&address);
            for skipped in &skipped {
                let because = address.clone();
                prop_assert_eq!(&schedule.states()[skipped], &State::Skipped { because });
            }
        } else {
            schedule.succeeded(&address);
        }
    }
    Ok(started)
}

proptest! {
    #[test]
    fn nothing_starts_before_what_it_needs_or_twice_and_it_always_drains(case in case()) {
        let mut schedule = Schedule::new(&case.graph, case.nodes.clone());
        let started = run(&case, &mut schedule)?;
        let unique: BTreeSet<&Address> = started.iter().collect();
        prop_assert_eq!(unique.len(), started.len());
        prop_assert!(started.iter().all(|address| case.nodes.contains(address)));
        let open = |state: &State| matches!(state, State::Waiting | State::Running);
        prop_assert!(!schedule.states().values().any(open), "{:?}", schedule.states());
    }

    #[test]
    fn skipped_is_exactly_what_needs_a_failed_one(case in case()) {
        let case = Case { stop_after: usize::MAX, ..case };
        let mut schedule = Schedule::new(&case.graph, case.nodes.clone());
        run(&case, &mut schedule)?;
        for address in &case.nodes {
            let needed = needed_by(&case.graph, address);
            let failed = |needed: &Address| schedule.states().get(needed) == Some(&State::Failed);
            match &schedule.states()[address] {
                State::Skipped { because } => prop_assert!(needed.contains(because) && failed(because)),
                State::Succeeded | State::Failed => prop_assert!(!needed.iter().any(failed)),
                other => prop_assert!(false, "{address}: {other:?}"),
            }
        }
    }

    #[test]
    fn the_same_run_takes_the_same_order(case in case()) {
        let order = || run(&case, &mut Schedule::new(&case.graph, case.nodes.clone()));
        prop_assert_eq!(order()?, order()?);
    }
}

#[test]
fn the_longest_chain_starts_first_and_ties_go_as_given() {
    let graph = graph(6, &[(3, 1), (4, 3), (5, 2)]);
    let mut schedule = Schedule::new(&graph, [5, 4, 3, 2, 1, 0].map(node));
    assert_eq!(schedule.start_ready(), [1, 2, 0].map(node));
    assert_eq!(schedule.start_ready(), []);
}

#[test]
fn needs_pass_through_what_takes_no_part() {
    let graph = graph(4, &[(1, 0), (2, 1), (3, 2)]);
    let mut schedule = Schedule::new(&graph, [0, 3].map(node));
    assert_eq!(schedule.start_ready(), [node(0)]);
    assert_eq!(schedule.failed(&node(0)), [node(3)]);
    let mut schedule = Schedule::new(&graph, [0, 3].map(node));
    schedule.start_ready();
    schedule.succeeded(&node(0));
    assert_eq!(schedule.start_ready(), [node(3)]);
}

#[test]
fn what_runs_goes_on_after_a_stop_and_nothing_else_starts() {
    let graph = graph(3, &[(1, 0)]);
    let mut schedule = Schedule::new(&graph, [0, 1].map(node));
    assert_eq!(schedule.start_ready(), [node(0)]);
    assert_eq!(schedule.stop(), [node(1)]);
    assert!(!schedule.is_drained());
    schedule.succeeded(&node(0));
    assert!(schedule.is_drained() && schedule.start_ready().is_empty());
    assert_eq!(schedule.states()[&node(1)], State::NotStarted);
}

#[test]
fn an_end_told_twice_or_of_what_never_ran_says_nothing() {
    let graph = graph(2, &[(1, 0)]);
    let mut schedule = Schedule::new(&graph, [0, 1].map(node));
    schedule.succeeded(&node(0));
    assert_eq!(schedule.states()[&node(0)], State::Waiting);
    schedule.start_ready();
    schedule.succeeded(&node(0));
    assert_eq!(schedule.failed(&node(0)), []);
    schedule.succeeded(&node(7));
    assert_eq!(schedule.start_ready(), [node(1)]);
}

#[test]
fn what_lies_on_a_cycle_never_starts_and_holds_nothing_up() {
    let mut graph = graph(3, &[]);
    graph.add(&node(0), &node(1), Because::DependsOn);
    graph.add(&node(1), &node(0), Because::DependsOn);
    let mut schedule = Schedule::new(&graph, [0, 1, 2].map(node));
    assert_eq!(schedule.start_ready(), [node(2)]);
    schedule.succeeded(&node(2));
    assert!(schedule.is_drained());
}
