//! From the templates of one stack instance to its resources: `for_each`, `when`, the other options, and
//! every reference put in.
//!
//! It goes twice over the templates. First `for_each` and `when` are asked, which see inputs and the place but
//! no resource; then the whole set of instances is known, and names, attributes and outputs are interpolated.
//!
//! - `for_each` takes a map; null makes none; instances go in the order of their keys' bytes.
//! - `when` takes a boolean, with `for_each` once per instance; null is as if it were not there.
//! - Null attributes, entries and items are left out, and so is a map of nothing but nulls. An empty map or
//!   list that was written stays.
//! - Limits: [`Budget::RESOURCES`] resources an environment, [`Budget::NODES`] values after expansion.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::declared::Options;
use super::diagnostic::Diagnostic;
use super::inputs::Inputs;
use super::interpolate::Each;
use super::interpolate::Scope;
use super::interpolate::is_poisoned;
use super::interpolate::poison;
use super::interpolate::source_of;
use super::nulls;
use super::nulls::LeftOut;
use super::reference;
use super::source::Span;
use super::stack::Stack;
use super::stack::Template;
use super::stack::text_of;
use super::targets::Shape;
use super::targets::Target;
use super::targets::Targets;
use super::tree::Data;
use super::tree::Node;
use crate::resource::Address;
use crate::schema::AnySchema;

mod options;

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

    fn resource(&self) -> bool {
        self.resources.set(self.resources.get().saturating_add(1));
        self.resources.get() <= Self::RESOURCES
    }
}

fn weight(node: &Node) -> usize {
    match &node.data {
        Data::Text(text) => {
            let literal = |part: &crate::resource::Part| match part {
                crate::resource::Part::Literal(literal) => literal.len(),
                crate::resource::Part::Unknown(_) => 1,
            };
            1 + text.parts().iter().map(literal).sum::<usize>() / Budget::BYTES_A_NODE
        }
        Data::List(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Data::Map(entries) => 1 + entries.iter().map(|entry| weight(&entry.value)).sum::<usize>(),
        _ => 1,
    }
}

/// One resource before it is held against its schema.
#[derive(Debug)]
pub(crate) struct Expanded {
    pub(crate) address: Address,
    /// `None`: its kind's problem is reported.
    pub(crate) schema: Option<&'static dyn AnySchema>,
    pub(crate) span: Span,
    pub(crate) options: Options,
    pub(crate) attributes: Node,
    /// What null left out of the attributes.
    pub(crate) left_out: Vec<LeftOut>,
}

/// One stack instance, expanded.
#[derive(Debug, Default)]
pub(crate) struct Instance {
    pub(crate) resources: Vec<Expanded>,
    pub(crate) outputs: Vec<(String, Node)>,
}

/// Expands a stack as the instance `name`.
pub(crate) fn expand(
    stack: &Stack,
    name: &str,
    inputs: &Inputs,
    base: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Instance {
    let early = Scope {
        inputs: Some(inputs),
        ..*base
    };
    let mut settled = Vec::new();
    let mut targets = Targets::default();
    for template in &stack.templates {
        let (shape, eaches) = settle(template, &early, problems);
        let target = Target {
            address: Address::new(name, &template.kind, &template.name),
            schema: template.schema,
            span: template.span,
            shape,
        };
        targets.by_name.insert(target.written(), target.clone());
        settled.push((template, target, eaches));
    }
    let late = Scope {
        targets: Some(&targets),
        within: "an attribute",
        ..early
    };
    let mut resources = Vec::new();
    for (template, target, eaches) in &settled {
        if matches!(target.shape, Shape::One { off: None }) {
            resources.extend(one(template, target.address.clone(), &late, problems));
        }
        for each in eaches {
            let scope = Scope {
                each: Some(each),
                ..late
            };
            let address = match each.unsettled {
                true => target.address.clone(),
                false => target.address.with_key(&each.key),
            };
            resources.extend(one(template, address, &scope, problems));
        }
    }
    let outputs = stack
        .outputs
        .iter()
        .map(|entry| (entry.key.clone(), output(&late, entry, problems)))
        .collect();
    Instance { resources, outputs }
}

fn output(scope: &Scope<'_>, entry: &super::tree::Entry, problems: &mut Vec<Diagnostic>) -> Node {
    let node = scope.evaluate(&entry.value, problems);
    if holds_secret(&node) {
        problems.push(
            Diagnostic::at(
                "secret-not-allowed",
                format!("the output `{}` holds a secret", entry.key),
                node.span,
                "outputs are printed",
            )
            .hint("leave it out: whoever needs it reads it where it comes from"),
        );
    }
    node
}

fn holds_secret(node: &Node) -> bool {
    match &node.data {
        Data::Secret(_) => true,
        Data::List(items) => items.iter().any(holds_secret),
        Data::Map(entries) => entries.iter().any(|entry| holds_secret(&entry.value)),
        _ => false,
    }
}

/// Asks `for_each` and `when`. The entries returned are those that `when` left on, in key order.
fn settle(template: &Template, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) -> (Shape, Vec<Each>) {
    let Some(for_each) = template.option("for_each") else {
        return match when(template, scope, problems) {
            Ok(off) => (Shape::One { off }, Vec::new()),
            Err(Reported) => (Shape::Unsettled, vec![unsettled(template)]),
        };
    };
    let scope = Scope {
        within: "`for_each`",
        ..*scope
    };
    let value = scope.evaluate(&for_each.value, problems);
    let entries = match value.data {
        Data::Null => Vec::new(),
        Data::Map(entries) => entries,
        _ => {
            if !is_poisoned(&value) {
                problems.push(not_a_map(&value));
            }
            return (Shape::Unsettled, vec![unsettled(template)]);
        }
    };
    let (mut instances, mut eaches, mut broken) = (BTreeMap::new(), Vec::new(), false);
    for entry in entries {
        if matches!(entry.value.data, Data::Null) {
            continue;
        }
        if !reference::is_instance_key(&entry.key) {
            problems.push(bad_key(&entry.key, entry.key_span, template.span));
            broken = true;
            continue;
        }
        let each = Each {
            key: entry.key,
            key_span: entry.key_span,
            value: entry.value,
            unsettled: false,
        };
        let inside = Scope {
            each: Some(&each),
            ..scope
        };
        match when(template, &inside, problems) {
            Ok(off) => {
                instances.insert(each.key.clone(), off);
                if off.is_none() {
                    eaches.push(each);
                }
            }
            Err(Reported) => broken = true,
        }
    }
    eaches.sort_by(|one, other| one.key.cmp(&other.key));
    let shape = if broken {
        Shape::Unsettled
    } else {
        Shape::Many { instances }
    };
    (shape, eaches)
}

/// Stands for the instances of a resource whose `for_each` or `when` has a problem, so that the others in it
/// are found all the same.
fn unsettled(template: &Template) -> Each {
    Each {
        key: String::new(),
        key_span: template.span,
        value: Node::new(poison(), template.span),
        unsettled: true,
    }
}

fn not_a_map(value: &Node) -> Diagnostic {
    let problem = Diagnostic::at(
        "wrong-type",
        format!("`for_each` takes a map, found {}", value.describe()),
        value.span,
        "expected a map, from an input or written here",
    );
    let problem = match &value.data {
        Data::List(_) => problem
            .hint("the keys of a map name its instances and stay when another is removed: { air: {}, noise: {} }"),
        _ => problem,
    };
    match value.origin.filter(|origin| *origin != value.span) {
        Some(origin) => problem.and_at(origin, "the value comes from here"),
        None => problem,
    }
}

fn bad_key(key: &str, at: Span, resource: Span) -> Diagnostic {
    Diagnostic::at(
        "bad-key",
        format!("`{key}` cannot be a key of `for_each`"),
        at,
        "letters, digits, `.`, `_` and `-`, 1 to 40 of them",
    )
    .and_at(resource, "it would name an instance of this resource")
    .hint(if key == "each.key" {
        "`each.key` itself means the key of the instance"
    } else {
        "the key is part of an address and of the name in the cloud"
    })
}

/// A problem that is already reported.
struct Reported;

/// Asks `when`: `Ok(Some(place))` is switched off there.
fn when(template: &Template, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) -> Result<Option<Span>, Reported> {
    let Some(entry) = template.option("when") else {
        return Ok(None);
    };
    let scope = Scope {
        within: "`when`",
        ..*scope
    };
    let value = scope.evaluate(&entry.value, problems);
    match value.data {
        Data::Null | Data::Bool(true) => Ok(None),
        Data::Bool(false) => Ok(Some(entry.value.span)),
        _ if is_poisoned(&value) => Err(Reported),
        _ => {
            let problem = Diagnostic::at(
                "wrong-type",
                format!("`when` takes true or false, found {}", value.describe()),
                value.span,
                "expected true or false",
            );
            problems.push(match value.origin.filter(|origin| *origin != value.span) {
                Some(origin) => problem.and_at(origin, "the value comes from here"),
                None => problem.hint("give it an input of type `boolean`: when: ${input.flag}"),
            });
            Err(Reported)
        }
    }
}

/// One instance with everything put in; `None` where the environment has too many resources.
fn one(template: &Template, address: Address, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) -> Option<Expanded> {
    if !scope.budget.resource() {
        if scope.budget.first_refusal() {
            problems.push(
                Diagnostic::at(
                    "too-large",
                    format!("an environment holds {} resources at most", Budget::RESOURCES),
                    template.span,
                    "the limit was reached here",
                )
                .hint("split it into several environments"),
            );
        }
        return None;
    }
    let options = options::options(template, scope, problems);
    let evaluated = scope.evaluate(&template.attributes, problems);
    let (attributes, left_out) = nulls::leave_out(evaluated);
    Some(Expanded {
        address,
        schema: template.schema,
        span: template.span,
        options,
        attributes,
        left_out,
    })
}

#[cfg(test)]
mod tests;
