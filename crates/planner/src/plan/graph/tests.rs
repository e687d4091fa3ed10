#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::plan::tests::address;
use crate::plan::tests::declared;
use crate::plan::tests::resource;
use crate::plan::tests::store;

fn node(number: usize) -> Address {
    Address::new("t", "store", &format!("n{number:04}"))
}

fn graph(edges: impl IntoIterator<Item = (usize, usize)>) -> Graph {
    let mut made = Graph::default();
    for (from, needed) in edges {
        made.add(&node(from), &node(needed), Because::DependsOn);
    }
    made
}

/// Whether each needs the next, and the last the first.
fn is_cycle(graph: &Graph, cycle: &[Address]) -> bool {
    let next = cycle.iter().skip(1).chain(cycle.first());
    !cycle.is_empty()
        && cycle
            .iter()
            .zip(next)
            .all(|(from, needed)| graph.needs[from].contains(needed))
}

/// Whether anything can be reached from itself.
fn has_cycle(graph: &Graph) -> bool {
    graph.needs.keys().any(|start| {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&Address> = graph.needs[start].iter().collect();
        while let Some(at) = open.pop() {
            if at == start {
                return true;
            }
            if seen.insert(at) {
                open.extend(&graph.needs[at]);
            }
        }
        false
    })
}

proptest! {
    #[test]
    fn a_cycle_is_found_exactly_where_there_is_one(edges in prop::collection::vec((0..12_usize, 0..12_usize), 0..24)) {
        let graph = graph(edges);
        match graph.cycle() {
            Some(cycle) => prop_assert!(is_cycle(&graph, &cycle), "{cycle:?}"),
            None => prop_assert!(!has_cycle(&graph)),
        }
        let cycles = graph.cycles();
        let nodes: BTreeSet<&Address> = cycles.iter().flatten().collect();
        prop_assert_eq!(nodes.len(), cycles.iter().map(Vec::len).sum::<usize>());
    }

    #[test]
    fn the_order_puts_what_is_needed_first_and_holds_everything_once(
        edges in prop::collection::vec((0..12_usize, 0..12_usize), 0..24),
    ) {
        let graph = graph(edges.into_iter().filter(|(from, needed)| from > needed));
        let preferred: Vec<&Address> = graph.needs.keys().rev().collect();
        let order: Vec<&Address> = graph.order(&preferred).into_iter().map(|position| preferred[position]).collect();
        let turn = |address: &Address| order.iter().position(|each| *each == address);
        for (from, needs) in &graph.needs {
            for needed in needs {
                prop_assert!(turn(needed) < turn(from));
            }
        }
        prop_assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), graph.needs.len());
    }
}

#[test]
fn the_order_keeps_to_the_preferred_one_where_nothing_is_needed() {
    let (a, b, c) = (node(1), node(2), node(3));
    let graph = graph([(3, 1)]);
    assert_eq!(graph.order(&[&c, &b, &a]), [1, 2, 0]);
}

#[test]
fn the_shortest_way_round_is_told_from_the_node_that_sorts_first() {
    let graph = graph([(5, 2), (2, 3), (3, 4), (4, 5), (3, 5), (1, 2), (5, 9)]);
    assert_eq!(graph.cycle(), Some(vec![node(2), node(3), node(5)]));
}

#[test]
fn two_circles_are_two_cycles_and_a_chain_of_thousands_is_none() {
    let circles = graph([(1, 2), (2, 1), (3, 3), (1, 3)]);
    assert_eq!(circles.cycles(), [vec![node(1), node(2)], vec![node(3)]]);
    assert_eq!(graph((0..9_000).map(|number| (number, number + 1))).cycle(), None);
}

#[test]
fn edges_come_from_unknown_outputs_must_exist_and_depends_on() {
    let mut a = resource(
        store(),
        "a",
        &json!({
            "text": "${store.b.arn}",
            "members": ["${store.b.id}", "x"],
            "target": "${store.c.arn}",
        }),
    );
    let depended = address(store(), "d");
    a.options.depends_on = vec![(depended.clone(), a.span)];
    let others = ["b", "c", "d"].map(|name| resource(store(), name, &json!({})));
    let declared = declared([vec![a], Vec::from(others)].concat());
    let evaluation = Evaluation::new(&declared).unwrap();
    let graph = Graph::of(&evaluation);
    let at = |path: &[Segment]| Because::Attribute(path.to_vec());
    let key = |key: &str| Segment::Key(key.to_owned());
    let from = address(store(), "a");
    assert_eq!(
        graph.because(&from, &address(store(), "b")),
        [at(&[key("members"), Segment::Index(0)])]
    );
    assert_eq!(graph.because(&from, &address(store(), "c")), [at(&[key("target")])]);
    assert_eq!(graph.because(&from, &depended), [Because::DependsOn]);
    assert_eq!(graph.needs[&from].len(), 3);
    assert!(graph.reversed().needs[&depended].contains(&from));
}

#[test]
fn a_whole_resource_is_needed() {
    let a = resource(store(), "a", &json!({ "target": "${store.b}" }));
    let b = resource(store(), "b", &json!({}));
    let declared = declared(vec![a, b]);
    let graph = Graph::of(&Evaluation::new(&declared).unwrap());
    assert_eq!(
        graph.needs[&address(store(), "a")],
        BTreeSet::from([address(store(), "b")])
    );
}
