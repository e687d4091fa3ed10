//! What a reference to a resource may find: the resources of one stack instance, after `for_each` and `when`
//! were asked and before any attribute is looked at.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::source::Span;
use crate::resource::Address;
use crate::schema::AnySchema;

/// The resources of one stack instance by `kind.name`, in file order.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    pub(crate) by_name: IndexMap<String, Target>,
}

/// One declared resource.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Without a key.
    pub(crate) address: Address,
    /// `None`: not built yet, or no kind at all. Every output is accepted then, its problem is reported once.
    pub(crate) schema: Option<&'static dyn AnySchema>,
    /// Its key in the stack file.
    pub(crate) span: Span,
    pub(crate) shape: Shape,
}

/// How many resources it makes. What `when` switched off carries the place of that `when`.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    One {
        off: Option<Span>,
    },
    Many {
        instances: BTreeMap<String, Option<Span>>,
    },
    /// Its `for_each` or `when` has a reported problem, so nothing is said about its instances.
    Unsettled,
}

impl Target {
    /// `kind.name`, as the stack file writes it.
    pub(crate) fn written(&self) -> String {
        format!("{}.{}", self.address.kind, self.address.name)
    }

    /// The resources that are declared: all instances, without what is switched off.
    pub(crate) fn addresses(&self) -> Vec<Address> {
        match &self.shape {
            Shape::One { off: None } => vec![self.address.clone()],
            Shape::One { off: Some(_) } | Shape::Unsettled => Vec::new(),
            Shape::Many { instances } => instances
                .iter()
                .filter(|(_, off)| off.is_none())
                .map(|(key, _)| self.address.with_key(key))
                .collect(),
        }
    }
}
