//! Finding cycles without recursion: a declaration may chain thousands of resources.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::VecDeque;

use crate::resource::Address;

/// Positions in place of addresses: `needs[n]` holds what `n` needs, in the order of addresses.
struct Numbered {
    needs: Vec<Vec<usize>>,
    users: Vec<Vec<usize>>,
    /// Needs left of each; what has none left lies on no cycle.
    missing: Vec<usize>,
    is_left: Vec<bool>,
}

pub(super) fn find(needs: &BTreeMap<Address, BTreeSet<Address>>) -> Vec<Vec<Address>> {
    let addresses: Vec<&Address> = needs.keys().collect();
    let mut graph = Numbered::new(needs, &addresses);
    graph.peel(
        (0..addresses.len())
            .filter(|position| graph.missing[*position] == 0)
            .collect(),
    );
    let mut found = Vec::new();
    while let Some(start) = graph.is_left.iter().position(|is_left| *is_left) {
        let cycle = graph.shortest_through(graph.first_on_a_cycle(start));
        found.push(cycle.iter().map(|position| addresses[*position].clone()).collect());
        graph.peel(cycle);
    }
    found
}

impl Numbered {
    fn new(needs: &BTreeMap<Address, BTreeSet<Address>>, addresses: &[&Address]) -> Self {
        let positions: HashMap<&Address, usize> = addresses
            .iter()
            .enumerate()
            .map(|(position, address)| (*address, position))
            .collect();
        let needs: Vec<Vec<usize>> = needs
            .values()
            .map(|needed| {
                needed
                    .iter()
                    .filter_map(|address| positions.get(address).copied())
                    .collect()
            })
            .collect();
        let mut users = vec![Vec::new(); needs.len()];
        for (position, needed) in needs.iter().enumerate() {
            for needed in needed {
                users[*needed].push(position);
            }
        }
        Self {
            missing: needs.iter().map(Vec::len).collect(),
            is_left: vec![true; needs.len()],
            needs,
            users,
        }
    }

    /// Takes these away, and whatever has no needs left by it.
    fn peel(&mut self, mut gone: Vec<usize>) {
        while let Some(position) = gone.pop() {
            if !std::mem::replace(&mut self.is_left[position], false) {
                continue;
            }
            for user in &self.users[position] {
                self.missing[*user] -= 1;
                if self.missing[*user] == 0 {
                    gone.push(*user);
                }
            }
        }
    }

    fn needs_left(&self, position: usize) -> impl Iterator<Item = usize> {
        self.needs[position]
            .iter()
            .copied()
            .filter(|needed| self.is_left[*needed])
    }

    /// Everything left needs something left, so that walking on must come back; the smallest of the circle.
    fn first_on_a_cycle(&self, start: usize) -> usize {
        let mut is_seen = vec![false; self.needs.len()];
        let mut at = start;
        while !std::mem::replace(&mut is_seen[at], true) {
            at = self.needs_left(at).next().unwrap_or(at);
        }
        let (turn, mut smallest) = (at, at);
        loop {
            at = self.needs_left(at).next().unwrap_or(turn);
            smallest = smallest.min(at);
            if at == turn {
                return smallest;
            }
        }
    }

    /// Breadth first from a node back to itself.
    fn shortest_through(&self, start: usize) -> Vec<usize> {
        let mut came_from: HashMap<usize, usize> = HashMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            for needed in self.needs_left(at) {
                if needed == start {
                    return path_back(&came_from, start, at);
                }
                if let std::collections::hash_map::Entry::Vacant(entry) = came_from.entry(needed) {
                    entry.insert(at);
                    queue.push_back(needed);
                }
            }
        }
        vec![start]
    }
}

fn path_back(came_from: &HashMap<usize, usize>, start: usize, end: usize) -> Vec<usize> {
    let mut path = VecDeque::from([end]);
    let mut at = end;
    while at != start {
        let Some(before) = came_from.get(&at) else { break };
        at = *before;
        path.push_front(at);
    }
    path.into()
}
