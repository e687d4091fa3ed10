//! Inputs: what a stack asks for, and what an environment answers under `with`.
//!
//! | type | holds | further words |
//! |---|---|---|
//! | `string` | text | `enum`, `min` and `max` in characters |
//! | `integer` | a whole number | `enum`, `min`, `max` |
//! | `boolean` | true or false | |
//! | `list` | a list | `values`: what its items are; `min` and `max` in items |
//! | `map` | a map of free keys | `values`: what its values are; `min` and `max` in entries |
//! | `object` | a map of known keys | `fields`; `open: true` admits others |
//! | `secret` | `{ secret: "env:NAME" }` | |
//!
//! Each may have a `description` and a `default`; without a default it must be given. Null means not given, so
//! it takes the default, and `default: null` makes the value null. Fields of an object take their own
//! defaults, but an object that is not given has none unless it says `default: {}`. Defaults and `with` may
//! refer to `environment`, `aws` and `confluent`. A default must fit its own declaration.
//!
//! Every problem of a value is framed where the value stands and where the input is declared.

use super::diagnostic::Diagnostic;
use super::interpolate::Scope;
use super::interpolate::poison;
use super::interpolate::source_of;
use super::source::Span;
use super::tree::Data;
use super::tree::Entry;
use super::tree::Node;

mod declaration;
mod fit;
mod shape;

pub(crate) use declaration::declarations;
pub(crate) use shape::Declaration;
pub(crate) use shape::Shape;

/// The inputs of one stack instance, each with its value.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    bound: Vec<Input>,
}

/// One input and its value; poison where its problem was reported.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) declaration: Declaration,
    pub(crate) value: Node,
}

impl Inputs {
    pub(crate) fn get(&self, name: &str) -> Option<&Input> {
        self.bound.iter().find(|input| input.declaration.name == name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.bound.iter().map(|input| input.declaration.name.as_str())
    }
}

/// Gives every declared input its value. `with` is the map under an instance's `with`, before interpolation;
/// `instance` is the instance's key, framed where an input is missing.
pub(crate) fn bind(
    declarations: &[Declaration],
    with: Option<&Entry>,
    instance: Span,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Inputs {
    let given: &[Entry] = match with.map(|with| &with.value.data) {
        Some(Data::Map(entries)) => entries,
        _ => &[],
    };
    for entry in given {
        if !declarations.iter().any(|declaration| declaration.name == entry.key) {
            problems.push(unknown(entry, declarations));
        }
    }
    let owner = with.map_or(instance, |with| with.key_span);
    let bound = declarations.iter().map(|declaration| {
        let value = match given.iter().find(|entry| entry.key == declaration.name) {
            Some(entry) => {
                let evaluated = scope.evaluate(&entry.value, problems);
                fit::value(evaluated, declaration, &declaration.name, problems)
            }
            None => absent(declaration, owner, problems),
        };
        Input {
            declaration: declaration.clone(),
            value,
        }
    });
    Inputs { bound: bound.collect() }
}

fn unknown(entry: &Entry, declarations: &[Declaration]) -> Diagnostic {
    let names: Vec<&str> = declarations
        .iter()
        .map(|declaration| declaration.name.as_str())
        .collect();
    Diagnostic::at(
        "unknown-input",
        format!("the stack has no input `{}`", entry.key),
        entry.key_span,
        "not declared under the stack's `inputs`",
    )
    .hint(super::wording::near_or_list(&entry.key, "input", &names))
}

fn absent(declaration: &Declaration, owner: Span, problems: &mut Vec<Diagnostic>) -> Node {
    if let Some(default) = &declaration.default {
        return default.clone();
    }
    if !matches!(declaration.shape, Shape::Broken) {
        problems.push(
            Diagnostic::at(
                "missing-input",
                format!("the input `{}` is not given", declaration.name),
                owner,
                format!("`{}` belongs under `with` here", declaration.name),
            )
            .and_at(declaration.span, "declared here, without a default")
            .hint(format!("add `{}: {}`", declaration.name, declaration.shape.example())),
        );
    }
    Node::new(poison(), owner)
}

/// A problem of a value, framed where it stands and at its declaration.
fn misfit(code: &'static str, message: String, value: &Node, label: &str, declaration: &Declaration) -> Diagnostic {
    Diagnostic::at(code, message, source_of(value), label).and_at(declaration.span, "the input is declared here")
}

#[cfg(test)]
mod tests;
