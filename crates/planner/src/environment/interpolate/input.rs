//! What a reference to an input or to `each` names. `at` is the scalar it stands in: a value stands there, and a
//! problem is framed there until the caller narrows it to the reference.

use super::Each;
use super::Refused;
use super::Scope;
use super::brought_to;
use super::is_poisoned;
use super::source_of;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::inputs::Input;
use crate::environment::inputs::Shape;
use crate::environment::source::Span;
use crate::environment::tree::Data;
use crate::environment::tree::Node;
use crate::environment::wording::near_or_list;

impl Scope<'_> {
    pub(super) fn input(&self, path: &[String], at: Span) -> Result<Node, Refused> {
        let [first, below @ ..] = path else {
            return Err(Refused::Reported);
        };
        let input = self.declared_input(first, at)?;
        let (mut value, mut shape, mut written) = (&input.value, Some(&input.declaration.shape), first.clone());
        for field in below {
            if is_poisoned(value) {
                return Err(Refused::Reported);
            }
            let below = field_shape(shape, field, &written, input, at)?;
            value = match self.field(value, field, &written, at)? {
                Some(found) => found,
                None if matches!(shape, Some(Shape::Object { open: true, .. })) => return Ok(absent(value, at)),
                None => {
                    let message = format!("the input `{written}` has no key `{field}`");
                    let problem = Diagnostic::at("unknown-field", message, at, "no such key")
                        .and_at(source_of(value), "its value comes from here");
                    return Err(problem.hint(near_or_list(field, "key", &keys_of(value))).into());
                }
            };
            shape = below;
            written = format!("{written}.{field}");
        }
        if is_poisoned(value) {
            return Err(Refused::Reported);
        }
        Ok(brought_to(value, at))
    }

    fn declared_input(&self, name: &str, at: Span) -> Result<&Input, Refused> {
        let Some(inputs) = self.inputs else {
            return Err(Diagnostic::at(
                "not-available",
                format!("an input cannot be named in {}", self.within),
                at,
                "only environment, aws and confluent can be named here",
            )
            .into());
        };
        inputs.get(name).ok_or_else(|| {
            let declared: Vec<&str> = inputs.names().collect();
            let message = format!("there is no input `{name}`");
            let problem = Diagnostic::at("unknown-input", message, at, "not declared under `inputs`");
            problem.hint(near_or_list(name, "input", &declared)).into()
        })
    }

    /// One step into a value. Null has only null fields; `Ok(None)` is a map without that key.
    fn field<'v>(&self, value: &'v Node, field: &str, written: &str, at: Span) -> Result<Option<&'v Node>, Refused> {
        match &value.data {
            Data::Null => Ok(Some(value)),
            Data::Map(_) => Ok(value.get(field)),
            _ => Err(Diagnostic::at(
                "unknown-field",
                format!("`{written}` is {} and has no field `{field}`", value.describe()),
                at,
                "only a map or an object has fields",
            )
            .and_at(source_of(value), "its value comes from here")
            .into()),
        }
    }

    pub(super) fn each(&self, at: Span) -> Result<&Each, Refused> {
        match self.each {
            Some(each) if each.unsettled => Err(Refused::Reported),
            Some(each) => Ok(each),
            None => Err(Diagnostic::at(
                "not-available",
                "`each` can be named only inside a resource with `for_each`",
                at,
                "there is no `for_each` here",
            )
            .into()),
        }
    }

    pub(super) fn each_value(&self, path: &[String], at: Span) -> Result<Node, Refused> {
        let each = self.each(at)?;
        let (mut value, mut written) = (&each.value, "each.value".to_owned());
        for field in path {
            if is_poisoned(value) {
                return Err(Refused::Reported);
            }
            let Some(found) = self.field(value, field, &written, at)? else {
                let problem = Diagnostic::at(
                    "unknown-field",
                    format!("`{written}` has no key `{field}` where `each.key` is `{}`", each.key),
                    at,
                    "no such key",
                )
                .and_at(each.key_span, "the entry is here");
                return Err(problem.hint(near_or_list(field, "key", &keys_of(value))).into());
            };
            value = found;
            written = format!("{written}.{field}");
        }
        if is_poisoned(value) {
            return Err(Refused::Reported);
        }
        Ok(brought_to(value, at))
    }
}

/// The declared type of a field, where there is one; an error where the type has no such field.
fn field_shape<'i>(
    shape: Option<&'i Shape>,
    field: &str,
    written: &str,
    input: &Input,
    at: Span,
) -> Result<Option<&'i Shape>, Refused> {
    let (fields, open) = match shape {
        Some(Shape::Object { fields, open }) => (fields, *open),
        Some(Shape::Map(values)) => return Ok(values.as_ref().map(|values| &values.shape)),
        Some(Shape::Broken) => return Err(Refused::Reported),
        _ => return Ok(None),
    };
    let declared = fields.iter().find(|(name, _)| name == field);
    if declared.is_some() || open {
        return Ok(declared.map(|(_, declaration)| &declaration.shape));
    }
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    let message = format!("the input `{written}` has no field `{field}`");
    let problem = Diagnostic::at("unknown-field", message, at, "not declared under `fields`")
        .and_at(input.declaration.span, "the input is declared here");
    Err(problem.hint(near_or_list(field, "field", &names)).into())
}

/// What an open object does not hold is null.
fn absent(object: &Node, at: Span) -> Node {
    Node {
        data: Data::Null,
        span: at,
        origin: Some(source_of(object)),
    }
}

fn keys_of(node: &Node) -> Vec<&str> {
    match &node.data {
        Data::Map(entries) => entries.iter().map(|entry| entry.key.as_str()).collect(),
        _ => Vec::new(),
    }
}
