//! The order of a run as a pure state machine: no async, no clock, no threads.
//!
//! A node is ready when everything it needs has succeeded. A node that fails (or is refused, or pends) skips
//! exactly what needs it, directly or not, and each skipped node remembers because of what. Resources with
//! nothing to do take no part, but what they need, their dependents need: inside they are passed through the
//! moment all they need is done. Every node and edge is looked at once, however the run goes.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use crate::plan::Graph;
use crate::resource::Address;

/// Where one node stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Waiting,
    Running,
    Succeeded,
    Failed,
    Skipped {
        /// The node that failed.
        because: Address,
    },
    /// The run was told to stop before it could start.
    NotStarted,
}

/// The run's order.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    nodes: Vec<Node>,
    positions: HashMap<Address, usize>,
    /// May start: the longest chain behind first, then as given.
    ready: BTreeSet<(Reverse<usize>, usize, usize)>,
    states: BTreeMap<Address, State>,
    running: usize,
    is_stopped: bool,
}

/// One address of the graph.
#[derive(Clone, Debug)]
struct Node {
    address: Address,
    /// Its place among the nodes given; `None` takes no part.
    turn: Option<usize>,
    /// How many of the nodes that it needs are not done.
    missing: usize,
    users: Vec<usize>,
    /// Participating nodes on the longest chain behind it.
    behind: usize,
    is_skipped: bool,
}

impl Schedule {
    /// Only `nodes` take part; edges through others are kept (what they need, their dependents need). What
    /// lies on a cycle never starts.
    pub fn new(graph: &Graph, nodes: impl IntoIterator<Item = Address>) -> Self {
        let mut made = Self::default();
        for (turn, address) in nodes.into_iter().enumerate() {
            let position = made.position_of(&address);
            made.nodes[position].turn.get_or_insert(turn);
            made.states.insert(address, State::Waiting);
        }
        for (address, needs) in &graph.needs {
            let position = made.position_of(address);
            for needed in needs {
                let needed = made.position_of(needed);
                made.nodes[needed].users.push(position);
                made.nodes[position].missing += 1;
            }
        }
        made.measure();
        let free: Vec<usize> = (0..made.nodes.len())
            .filter(|position| made.nodes[*position].missing == 0)
            .collect();
        for position in free {
            made.is_free(position);
        }
        made
    }

    /// Takes every node that may start now; each is handed out once and is [`State::Running`] from here.
    /// Nodes with the longest chain behind them come first.
    pub fn start_ready(&mut self) -> Vec<Address> {
        let ready = std::mem::take(&mut self.ready);
        let mut started = Vec::with_capacity(ready.len());
        for (_, _, position) in ready {
            let address = self.nodes[position].address.clone();
            self.states.insert(address.clone(), State::Running);
            started.push(address);
        }
        self.running += started.len();
        started
    }

    /// Says that a running node is done; of any other it says nothing.
    pub fn succeeded(&mut self, address: &Address) {
        if let Some(position) = self.finish(address, State::Succeeded) {
            self.is_done(position);
        }
    }

    /// Says that a running node failed. Returns what is skipped because of it, in the order of the nodes given.
    pub fn failed(&mut self, address: &Address) -> Vec<Address> {
        let Some(position) = self.finish(address, State::Failed) else {
            return Vec::new();
        };
        let mut skipped = Vec::new();
        let mut open = self.nodes[position].users.clone();
        while let Some(user) = open.pop() {
            let node = &mut self.nodes[user];
            if std::mem::replace(&mut node.is_skipped, true) {
                continue;
            }
            open.extend(&node.users);
            if let Some(turn) = node.turn
                && let Some(state @ State::Waiting) = self.states.get_mut(&node.address)
            {
                *state = State::Skipped {
                    because: address.clone(),
                };
                skipped.push((turn, node.address.clone()));
            }
        }
        skipped.sort();
        skipped.into_iter().map(|(_, address)| address).collect()
    }

    /// Starts nothing more; what runs goes on. Returns what was not started, in the order of the nodes given.
    pub fn stop(&mut self) -> Vec<Address> {
        self.is_stopped = true;
        self.ready.clear();
        let mut left = Vec::new();
        for (address, state) in &mut self.states {
            if *state == State::Waiting {
                *state = State::NotStarted;
                let turn = self
                    .positions
                    .get(address)
                    .and_then(|position| self.nodes[*position].turn);
                left.push((turn, address.clone()));
            }
        }
        left.sort();
        left.into_iter().map(|(_, address)| address).collect()
    }

    /// Whether nothing runs and nothing can start.
    pub fn is_drained(&self) -> bool {
        self.running == 0 && self.ready.is_empty()
    }

    pub fn states(&self) -> &BTreeMap<Address, State> {
        &self.states
    }

    fn position_of(&mut self, address: &Address) -> usize {
        if let Some(position) = self.positions.get(address) {
            return *position;
        }
        let position = self.nodes.len();
        self.positions.insert(address.clone(), position);
        self.nodes.push(Node {
            address: address.clone(),
            turn: None,
            missing: 0,
            users: Vec::new(),
            behind: 0,
            is_skipped: false,
        });
        position
    }

    /// Measures the chains: the last of each first, so that every node sees its users' lengths.
    fn measure(&mut self) {
        let mut missing: Vec<usize> = self.nodes.iter().map(|node| node.missing).collect();
        let mut order: Vec<usize> = (0..missing.len()).filter(|position| missing[*position] == 0).collect();
        let mut next = 0;
        while let Some(position) = order.get(next).copied() {
            next += 1;
            for user in &self.nodes[position].users {
                missing[*user] -= 1;
                if missing[*user] == 0 {
                    order.push(*user);
                }
            }
        }
        for position in order.into_iter().rev() {
            let longest = self.nodes[position].users.iter().map(|user| {
                let user = &self.nodes[*user];
                user.behind + usize::from(user.turn.is_some())
            });
            self.nodes[position].behind = longest.max().unwrap_or(0);
        }
    }

    fn finish(&mut self, address: &Address, state: State) -> Option<usize> {
        let held = self.states.get_mut(address)?;
        if *held != State::Running {
            return None;
        }
        *held = state;
        self.running -= 1;
        self.positions.get(address).copied()
    }

    /// All it needs is done: it may start, or is passed through.
    fn is_free(&mut self, position: usize) {
        let mut free = vec![position];
        while let Some(position) = free.pop() {
            let node = &self.nodes[position];
            match node.turn {
                Some(_) if self.is_stopped => {}
                Some(turn) => {
                    self.ready.insert((Reverse(node.behind), turn, position));
                }
                None => self.count_down(position, &mut free),
            }
        }
    }

    fn is_done(&mut self, position: usize) {
        let mut free = Vec::new();
        self.count_down(position, &mut free);
        for position in free {
            self.is_free(position);
        }
    }

    fn count_down(&mut self, position: usize, free: &mut Vec<usize>) {
        let users = std::mem::take(&mut self.nodes[position].users);
        for user in &users {
            self.nodes[*user].missing -= 1;
            if self.nodes[*user].missing == 0 {
                free.push(*user);
            }
        }
        self.nodes[position].users = users;
    }
}

#[cfg(test)]
mod tests;
