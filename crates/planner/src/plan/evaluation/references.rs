//! Who refers to whom, and where.

use std::collections::HashMap;

use super::Entry;
use crate::environment::declared::Resource;
use crate::plan::graph::Because;
use crate::plan::graph::meets;
use crate::resource::Address;
use crate::resource::Segment;
use crate::resource::Text;
use crate::resource::Unknown;
use crate::resource::Value;

/// One reference of one resource.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    /// Position of the resource referred to.
    pub(crate) target: usize,
    /// `None` is the whole resource.
    pub(crate) output: Option<String>,
    pub(crate) at: Because,
}

impl Use {
    /// Whether it stands at or below an attribute.
    pub(crate) fn is_under(&self, path: &[&str]) -> bool {
        matches!(&self.at, Because::Attribute(at) if at.len() >= path.len() && meets(at, path))
    }
}

/// The references of one resource to declared ones. Of an existing resource only what it is looked up by
/// counts: its attributes are never written.
pub(super) fn of(
    resource: &Resource,
    value: &Value,
    existing: Option<&Text>,
    index: &HashMap<&Address, usize>,
) -> Vec<Use> {
    let mut finder = Finder {
        index,
        path: Vec::new(),
        found: Vec::new(),
    };
    match existing {
        Some(name) => {
            finder.text(name, &Because::Existing);
            finder.scope(resource, value);
        }
        None => {
            if let Some((name, _)) = &resource.options.name {
                finder.text(name, &Because::Name);
            }
            finder.value(value);
        }
    }
    finder.found
}

struct Finder<'i> {
    index: &'i HashMap<&'i Address, usize>,
    path: Vec<Segment>,
    found: Vec<Use>,
}

impl Finder<'_> {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Text(text) if text.known().is_none() => self.text(text, &Because::Attribute(self.path.clone())),
            Value::Handle(address) => self.add(address, None, &Because::Attribute(self.path.clone())),
            Value::List(items) => {
                for (position, item) in items.iter().enumerate() {
                    self.below(Segment::Index(position), item);
                }
            }
            Value::Map(entries) => {
                for (key, value) in entries {
                    self.below(Segment::Key(key.clone()), value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Secret(_) => {}
        }
    }

    fn below(&mut self, segment: Segment, value: &Value) {
        self.path.push(segment);
        self.value(value);
        self.path.pop();
    }

    fn scope(&mut self, resource: &Resource, value: &Value) {
        let Value::Map(entries) = value else { return };
        for (key, value) in entries {
            if resource.schema.scope().contains(&key.as_str()) {
                self.below(Segment::Key(key.clone()), value);
            }
        }
    }

    fn text(&mut self, text: &Text, at: &Because) {
        for unknown in text.unknowns() {
            if let Unknown::Output(reference) = unknown {
                self.add(&reference.address, Some(&reference.output), at);
            }
        }
    }

    fn add(&mut self, address: &Address, output: Option<&String>, at: &Because) {
        if let Some(target) = self.index.get(address) {
            self.found.push(Use {
                target: *target,
                output: output.cloned(),
                at: at.clone(),
            });
        }
    }
}

/// Every position once, what is referred to before who refers to it; inside a circle of references as
/// declared. With it nearly every resource is evaluated once.
pub(super) fn targets_first(entries: &[Entry<'_>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(entries.len());
    let mut is_entered = vec![false; entries.len()];
    for start in 0..entries.len() {
        let mut path = vec![(start, 0)];
        while let Some((position, next)) = path.pop() {
            if next == 0 {
                match is_entered.get_mut(position) {
                    Some(entered) if !*entered => *entered = true,
                    _ => continue,
                }
            }
            match entries.get(position).and_then(|entry| entry.uses.get(next)) {
                Some(used) => {
                    path.push((position, next + 1));
                    path.push((used.target, 0));
                }
                None => order.push(position),
            }
        }
    }
    order
}
