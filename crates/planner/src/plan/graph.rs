//! What must go before what. Nodes are the plan's changes; edges come from references that are not known
//! before apply, from references under a kind's `MUST_EXIST`, and from `depends_on`.
//!
//! A reference to an output that follows from names alone orders nothing, which keeps two resources that name
//! each other free of cycles. The graph follows from the declaration alone; nothing live is asked. Each edge
//! remembers why it is there, so that an error can frame the places.

mod cycles;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::BinaryHeap;
use std::collections::HashMap;

use super::evaluation::Evaluation;
use super::evaluation::Use;
use crate::environment::declared::Resource;
use crate::environment::source::Span;
use crate::environment::tree::Data;
use crate::environment::tree::Node;
use crate::resource::Address;
use crate::resource::Segment;
use crate::schema::AnySchema;
use crate::schema::Path;

/// For each address, the addresses that it needs first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    pub needs: BTreeMap<Address, BTreeSet<Address>>,
    /// Why the first of a pair needs the second, as declared.
    because: BTreeMap<(Address, Address), Vec<Because>>,
}

/// Where a need is declared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Because {
    /// A reference in this attribute.
    Attribute(Vec<Segment>),
    /// A reference in the option `name:`.
    Name,
    /// A reference in the option `existing:`.
    Existing,
    DependsOn,
}

impl Because {
    /// The place in the files; `needed` tells one `depends_on` from another.
    pub fn span(&self, resource: &Resource, needed: &Address) -> Span {
        let options = &resource.options;
        let found = match self {
            Self::Attribute(path) => node_at(&resource.attributes, path).map(|node| node.span),
            Self::Name => options.name.as_ref().map(|(_, span)| *span),
            Self::Existing => options.existing.as_ref().map(|(_, span)| *span),
            Self::DependsOn => options
                .depends_on
                .iter()
                .find(|(address, _)| address == needed)
                .map(|(_, span)| *span),
        };
        found.unwrap_or(resource.span)
    }
}

impl Graph {
    /// The graph of a declaration: every resource is a node of it.
    pub fn of(evaluation: &Evaluation<'_>) -> Self {
        let mut made = Self::default();
        let resources = &evaluation.declared().resources;
        for (position, resource) in resources.iter().enumerate() {
            made.needs.entry(resource.address.clone()).or_default();
            for used in evaluation.uses(position) {
                if let Some(target) = resources.get(used.target)
                    && orders(evaluation, resource.schema, used)
                {
                    made.add(&resource.address, &target.address, used.at.clone());
                }
            }
            for (needed, _) in &resource.options.depends_on {
                if evaluation.position(needed).is_some() {
                    made.add(&resource.address, needed, Because::DependsOn);
                }
            }
        }
        made
    }

    /// Adds one edge, and its nodes where they are new.
    pub fn add(&mut self, from: &Address, needed: &Address, because: Because) {
        self.needs.entry(needed.clone()).or_default();
        self.needs.entry(from.clone()).or_default().insert(needed.clone());
        let reasons = self.because.entry((from.clone(), needed.clone())).or_default();
        if !reasons.contains(&because) {
            reasons.push(because);
        }
    }

    /// Adds one edge that no declaration asks for, unless it would close a circle.
    pub(crate) fn add_unless_circular(&mut self, from: &Address, needed: &Address) {
        if from != needed && !self.reaches(needed, from) {
            self.needs.entry(needed.clone()).or_default();
            self.needs.entry(from.clone()).or_default().insert(needed.clone());
        }
    }

    /// What these need, directly or not, themselves included.
    pub(crate) fn with_needs<'a>(&self, wanted: impl IntoIterator<Item = &'a Address>) -> BTreeSet<Address> {
        let mut open: Vec<&Address> = Vec::new();
        let mut found: BTreeSet<Address> = wanted.into_iter().cloned().collect();
        for address in &found {
            open.extend(self.needs.get(address).into_iter().flatten());
        }
        let mut reached: BTreeSet<&Address> = BTreeSet::new();
        while let Some(address) = open.pop() {
            if reached.insert(address) {
                open.extend(self.needs.get(address).into_iter().flatten());
            }
        }
        found.extend(reached.into_iter().cloned());
        found
    }

    fn reaches(&self, from: &Address, needed: &Address) -> bool {
        self.with_needs([from]).contains(needed)
    }

    /// Why `from` needs `needed`, each place once, attributes before `depends_on`; empty where there is no
    /// edge, and for the edges of a graph that was turned round.
    pub fn because(&self, from: &Address, needed: &Address) -> &[Because] {
        self.because
            .get(&(from.clone(), needed.clone()))
            .map_or(&[], Vec::as_slice)
    }

    /// The shortest cycle through one of its nodes, from the node that sorts first: each needs the next, and
    /// the last needs the first. The same declaration gives the same cycle.
    pub fn cycle(&self) -> Option<Vec<Address>> {
        self.cycles().into_iter().next()
    }

    /// Cycles that share no node, so that each can be told as one error.
    pub fn cycles(&self) -> Vec<Vec<Address>> {
        cycles::find(&self.needs)
    }

    /// The order of a destroy: what needs a resource goes before it.
    pub fn reversed(&self) -> Self {
        let mut needs: BTreeMap<Address, BTreeSet<Address>> = self
            .needs
            .keys()
            .map(|address| (address.clone(), BTreeSet::new()))
            .collect();
        for (from, needed) in &self.needs {
            for needed in needed {
                needs.entry(needed.clone()).or_default().insert(from.clone());
            }
        }
        Self {
            needs,
            because: BTreeMap::new(),
        }
    }

    /// Positions of `preferred`, what is needed first and otherwise as they stand there. What lies on a cycle,
    /// or behind one, comes last.
    pub(crate) fn order(&self, preferred: &[&Address]) -> Vec<usize> {
        let positions: HashMap<&Address, usize> = preferred
            .iter()
            .enumerate()
            .map(|(position, address)| (*address, position))
            .collect();
        let mut missing = vec![0_usize; preferred.len()];
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); preferred.len()];
        for (position, address) in preferred.iter().enumerate() {
            for needed in self.needs.get(*address).into_iter().flatten() {
                if let Some(users) = positions.get(needed).and_then(|needed| users.get_mut(*needed)) {
                    users.push(position);
                    missing[position] += 1;
                }
            }
        }
        let mut ready: BinaryHeap<Reverse<usize>> = (0..preferred.len())
            .filter(|position| missing[*position] == 0)
            .map(Reverse)
            .collect();
        let mut order = Vec::with_capacity(preferred.len());
        while let Some(Reverse(position)) = ready.pop() {
            order.push(position);
            for user in &users[position] {
                missing[*user] -= 1;
                if missing[*user] == 0 {
                    ready.push(Reverse(*user));
                }
            }
        }
        order.extend((0..preferred.len()).filter(|position| missing[*position] > 0));
        order
    }
}

/// Whether one reference asks for an order.
fn orders(evaluation: &Evaluation<'_>, schema: &dyn AnySchema, used: &Use) -> bool {
    let is_known = used
        .output
        .as_ref()
        .is_some_and(|output| evaluation.is_known_before_apply(used.target, output));
    !is_known || matches!(&used.at, Because::Attribute(path) if is_under_any(path, schema.must_exist()))
}

/// Whether a place in a tree lies at or below one of a schema's paths.
pub(crate) fn is_under_any(place: &[Segment], paths: &[Path]) -> bool {
    paths.iter().any(|path| place.len() >= path.len() && meets(place, path))
}

/// Whether a place and a schema's path agree as far as both go.
pub(crate) fn meets(place: &[Segment], path: &[&str]) -> bool {
    place.iter().zip(path).all(|(segment, expected)| match segment {
        _ if *expected == "*" => true,
        Segment::Key(key) => key == expected,
        Segment::Index(_) => false,
    })
}

fn node_at<'n>(node: &'n Node, path: &[Segment]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, segment| match (segment, &node.data) {
        (Segment::Key(key), _) => node.get(key),
        (Segment::Index(position), Data::List(items)) => items.get(*position),
        (Segment::Index(_), _) => None,
    })
}

#[cfg(test)]
mod tests;
