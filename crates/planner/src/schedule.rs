//! The order of a run as a pure state machine: no async, no clock, no threads.
//!
//! A node is ready when everything it needs has succeeded. A node that fails (or is refused, or pends) skips
//! exactly what needs it, directly or not, and each skipped node remembers because of what.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

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
        because: Address,
    },
    /// The run was told to stop before it could start.
    NotStarted,
}

/// The run's order.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    _needs: BTreeMap<Address, BTreeSet<Address>>,
    states: BTreeMap<Address, State>,
}

impl Schedule {
    /// Only `nodes` take part; edges through others are kept (what they need, their dependents need).
    pub fn new(_graph: &Graph, _nodes: impl IntoIterator<Item = Address>) -> Self {
        Self::default()
    }

    /// Takes every node that may start now; each is handed out once and is [`State::Running`] from here.
    /// Nodes with the longest chain behind them come first.
    pub fn start_ready(&mut self) -> Vec<Address> {
        Vec::new()
    }

    pub fn succeeded(&mut self, _address: &Address) {}

    /// Returns what is skipped because of it.
    pub fn failed(&mut self, _address: &Address) -> Vec<Address> {
        Vec::new()
    }

    /// Starts nothing more; what runs goes on. Returns what was not started.
    pub fn stop(&mut self) -> Vec<Address> {
        Vec::new()
    }

    /// Whether nothing runs and nothing can start.
    pub fn is_drained(&self) -> bool {
        true
    }

    pub fn states(&self) -> &BTreeMap<Address, State> {
        &self.states
    }
}
