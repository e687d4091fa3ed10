//! Puts values into longer texts.

use crate::environment::diagnostic::Diagnostic;
use crate::environment::source::Span;
use crate::environment::tree::Data;
use crate::environment::tree::Node;
use crate::resource::Part;
use crate::resource::Text;

/// Why a value cannot be part of a longer text.
pub(super) struct NotText {
    code: &'static str,
    message: String,
    label: &'static str,
    hint: &'static str,
    origin: Option<Span>,
}

impl NotText {
    pub(super) fn framed(self, at: Span) -> Diagnostic {
        let problem = Diagnostic::at(self.code, self.message, at, self.label).hint(self.hint);
        match self.origin {
            Some(origin) => problem.and_at(origin, "the value comes from here"),
            None => problem,
        }
    }
}

/// Appends a value to a longer text.
pub(super) fn join(made: &mut Text, node: Node, written: &str) -> Result<(), NotText> {
    match &node.data {
        Data::Text(text) => text.parts().iter().cloned().for_each(|part| made.push(part)),
        Data::Bool(value) => made.push(Part::Literal(value.to_string())),
        Data::Integer(value) => made.push(Part::Literal(value.to_string())),
        Data::Float(value) => made.push(Part::Literal(value.to_string())),
        Data::Null | Data::List(_) | Data::Map(_) | Data::Secret(_) | Data::Handle(_) => {
            return Err(not_text(&node, written));
        }
    }
    Ok(())
}

fn not_text(node: &Node, written: &str) -> NotText {
    let (code, noun, label, hint) = match &node.data {
        Data::Null => (
            "null-in-text",
            "null, and null",
            "null here",
            "null means not declared: give it a value, or let the whole attribute be this one reference",
        ),
        Data::List(_) => (
            "list-in-text",
            "a list, and a list",
            "a list here",
            "let the whole attribute be this one reference, or name one instance: ${kind.name[key].output}",
        ),
        Data::Secret(_) => (
            "secret-in-text",
            "a secret, and a secret",
            "a secret here",
            "only an attribute that takes a secret may hold it, and then whole",
        ),
        Data::Handle(_) => (
            "resource-in-text",
            "a whole resource, and that",
            "a whole resource here",
            "name one of its outputs: ${kind.name.output}",
        ),
        _ => (
            "map-in-text",
            "a map, and a map",
            "a map here",
            "name one of its values: ${input.name.field}",
        ),
    };
    NotText {
        code,
        message: format!("`{written}` is {noun} cannot be part of a longer text"),
        label,
        hint,
        origin: node.origin.filter(|origin| *origin != node.span),
    }
}
