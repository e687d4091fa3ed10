//! What one environment may grow to.

use std::cell::Cell;

use crate::environment::tree::Data;
use crate::environment::tree::Node;
use crate::resource::Part;

/// What expansion may make at most, so that no file can fill the memory.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    nodes: Cell<usize>,
    resources: Cell<usize>,
    refused: Cell<bool>,
}

impl Budget {
    /// Resources of one environment; planning is measured at half of it.
    pub(crate) const RESOURCES: usize = 20_000;
    /// Values, and 64 bytes of text, after references are put in.
    pub(crate) const NODES: usize = 2_000_000;
    const BYTES_A_NODE: usize = 64;

    /// Counts values that were made.
    pub(crate) fn count(&self, nodes: usize) {
        self.nodes.set(self.nodes.get().saturating_add(nodes));
    }

    /// Counts what a reference brought; false once the limit is passed.
    pub(crate) fn take(&self, node: &Node) -> bool {
        self.count(weight(node));
        !self.is_spent()
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.nodes.get() > Self::NODES
    }

    /// Whether this refusal is the first, the one to report.
    pub(crate) fn first_refusal(&self) -> bool {
        !self.refused.replace(true)
    }

    /// Whether anything was left out, so that what was made is not all that is declared.
    pub(crate) fn was_refused(&self) -> bool {
        self.refused.get()
    }

    /// Counts a resource; false once the limit is passed.
    pub(super) fn resource(&self) -> bool {
        self.resources.set(self.resources.get().saturating_add(1));
        self.resources.get() <= Self::RESOURCES
    }
}

fn weight(node: &Node) -> usize {
    match &node.data {
        Data::Text(text) => {
            let literal = |part: &Part| match part {
                Part::Literal(literal) => literal.len(),
                Part::Unknown(_) => 1,
            };
            1 + text.parts().iter().map(literal).sum::<usize>() / Budget::BYTES_A_NODE
        }
        Data::List(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Data::Map(entries) => 1 + entries.iter().map(|entry| weight(&entry.value)).sum::<usize>(),
        _ => 1,
    }
}
