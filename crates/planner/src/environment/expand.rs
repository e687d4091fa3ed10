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

use super::declared::Options;
use super::diagnostic::Diagnostic;
use super::inputs::Inputs;
use super::interpolate::Each;
use super::interpolate::Scope;
use super::nulls;
use super::nulls::LeftOut;
use super::source::Span;
use super::stack::Stack;
use super::stack::Template;
use super::targets::Shape;
use super::targets::Target;
use super::targets::Targets;
use super::tree::Data;
use super::tree::Node;
use crate::resource::Address;
use crate::schema::AnySchema;

mod budget;
mod options;
mod settle;

pub(crate) use budget::Budget;

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
    let mut targets = Targets::default();
    let mut settled = Vec::new();
    for template in &stack.templates {
        let (shape, eaches) = settle::settle(template, &early, problems);
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
    let mut made = Instance::default();
    for (template, target, eaches) in &settled {
        made.resources
            .extend(instances(template, target, eaches, &late, problems));
    }
    for entry in &stack.outputs {
        made.outputs.push((entry.key.clone(), output(&late, entry, problems)));
    }
    made
}

/// The resources that one template makes.
fn instances(
    template: &Template,
    target: &Target,
    eaches: &[Each],
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Expanded> {
    let mut made = Vec::new();
    if matches!(target.shape, Shape::One { off: None }) {
        made.extend(one(template, target.address.clone(), scope, problems));
    }
    for each in eaches {
        let scope = Scope {
            each: Some(each),
            ..*scope
        };
        let address = match each.unsettled {
            true => target.address.clone(),
            false => target.address.with_key(&each.key),
        };
        made.extend(one(template, address, &scope, problems));
    }
    made
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
