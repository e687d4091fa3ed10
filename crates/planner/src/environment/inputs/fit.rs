//! Holds one value against its declaration, and fills what is left out.

use super::Declaration;
use super::Shape;
use super::misfit;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::diagnostic::PLAIN_SECRET;
use crate::environment::diagnostic::nearest;
use crate::environment::interpolate::is_poisoned;
use crate::environment::interpolate::poison;
use crate::environment::interpolate::source_of;
use crate::environment::source::Span;
use crate::environment::tree::Data;
use crate::environment::tree::Entry;
use crate::environment::tree::Node;
use crate::environment::wording::near_or_list;
use crate::resource::Part;
use crate::resource::Text;
use crate::resource::Unknown;
use crate::resource::identity;
use crate::resource::sentinel;

/// The value with defaults filled in, or poison after its problems were reported. `written` is what a reader
/// calls it: `mongodb.host`.
pub(super) fn value(node: Node, declaration: &Declaration, written: &str, problems: &mut Vec<Diagnostic>) -> Node {
    if is_poisoned(&node) || matches!(declaration.shape, Shape::Broken) {
        return Node { data: poison(), ..node };
    }
    if matches!(node.data, Data::Null) {
        return null(node, declaration, written, problems);
    }
    let before = problems.len();
    let made = typed(node, declaration, written, problems);
    match made.data {
        // A structure keeps what is right in it; its parts are poisoned one by one.
        Data::List(_) | Data::Map(_) => made,
        _ if problems.len() > before => Node { data: poison(), ..made },
        _ => made,
    }
}

fn null(node: Node, declaration: &Declaration, written: &str, problems: &mut Vec<Diagnostic>) -> Node {
    if let Some(default) = &declaration.default {
        return default.clone();
    }
    let problem = misfit(
        "missing-input",
        format!("the input `{written}` is not given: null means not declared"),
        &node,
        "null here",
        declaration,
    );
    problems.push(problem.hint(format!("expected {}", declaration.shape.noun())));
    Node { data: poison(), ..node }
}

fn typed(node: Node, declaration: &Declaration, written: &str, problems: &mut Vec<Diagnostic>) -> Node {
    match (&declaration.shape, &node.data) {
        (Shape::Text, Data::Text(text)) => {
            let length = known_length(text);
            limits(&node, declaration, written, length, "characters", problems);
            allowed(&node, declaration, written, problems);
        }
        (Shape::Integer, Data::Integer(number)) => {
            limits(&node, declaration, written, Some(*number), "", problems);
            allowed(&node, declaration, written, problems);
        }
        (Shape::Boolean, Data::Bool(_)) | (Shape::Secret, Data::Secret(_)) => {}
        (Shape::List(_), Data::List(_)) => return list(node, declaration, written, problems),
        (Shape::Map(_), Data::Map(_)) => return map(node, declaration, written, problems),
        (Shape::Object { fields, open }, Data::Map(_)) => {
            let (fields, open) = (fields.clone(), *open);
            return object(node, declaration, &fields, open, written, problems);
        }
        _ => {
            problems.push(mistyped(&node, declaration, written));
            return Node { data: poison(), ..node };
        }
    }
    node
}

fn mistyped(node: &Node, declaration: &Declaration, written: &str) -> Diagnostic {
    let expected = declaration.shape.noun();
    if matches!(declaration.shape, Shape::Secret) {
        return misfit(
            PLAIN_SECRET,
            format!("the input `{written}` is a secret and cannot be written out"),
            node,
            "expected { secret: … }",
            declaration,
        )
        .hint("name where it comes from: { secret: \"env:NAME\" }, \"file:PATH\" or \"aws:SECRET_ID#json_key\"");
    }
    let problem = misfit(
        "wrong-type",
        format!("the input `{written}` takes {expected}, found {}", node.describe()),
        node,
        &format!("expected {expected}"),
        declaration,
    );
    match (&declaration.shape, &node.data) {
        (Shape::Text, Data::Integer(_) | Data::Float(_) | Data::Bool(_)) => problem.hint("quote it to make it text"),
        (Shape::Integer, Data::Text(text)) if text.known().is_some_and(|text| text.parse::<i64>().is_ok()) => {
            problem.hint("leave out the quotes to make it a number")
        }
        (Shape::Boolean, Data::Text(_)) => problem.hint("write true or false, without quotes"),
        (_, Data::Secret(_)) => problem.hint("only an input of type `secret` takes a secret"),
        _ => problem,
    }
}

fn list(node: Node, declaration: &Declaration, written: &str, problems: &mut Vec<Diagnostic>) -> Node {
    let (Shape::List(values), Data::List(items)) = (&declaration.shape, node.data) else {
        return Node {
            data: poison(),
            span: node.span,
            origin: node.origin,
        };
    };
    let items: Vec<Node> = items
        .into_iter()
        .filter(|item| !matches!(item.data, Data::Null))
        .enumerate()
        .map(|(index, item)| match values {
            Some(values) => value(item, values, &format!("{written}[{index}]"), problems),
            None => item,
        })
        .collect();
    let count = i64::try_from(items.len()).ok();
    let made = Node {
        data: Data::List(items),
        span: node.span,
        origin: node.origin,
    };
    limits(&made, declaration, written, count, "items", problems);
    made
}

fn map(node: Node, declaration: &Declaration, written: &str, problems: &mut Vec<Diagnostic>) -> Node {
    let (Shape::Map(values), Data::Map(entries)) = (&declaration.shape, node.data) else {
        return Node {
            data: poison(),
            span: node.span,
            origin: node.origin,
        };
    };
    let entries: Vec<Entry> = entries
        .into_iter()
        .filter(|entry| !matches!(entry.value.data, Data::Null))
        .map(|entry| match values {
            Some(values) => Entry {
                value: value(entry.value, values, &format!("{written}.{}", entry.key), problems),
                key: entry.key,
                key_span: entry.key_span,
            },
            None => entry,
        })
        .collect();
    let count = i64::try_from(entries.len()).ok();
    let made = Node {
        data: Data::Map(entries),
        span: node.span,
        origin: node.origin,
    };
    limits(&made, declaration, written, count, "entries", problems);
    made
}

fn object(
    node: Node,
    declaration: &Declaration,
    fields: &[(String, Declaration)],
    open: bool,
    written: &str,
    problems: &mut Vec<Diagnostic>,
) -> Node {
    let place = source_of(&node);
    let Node {
        data: Data::Map(mut given),
        span,
        origin,
    } = node
    else {
        return node;
    };
    let mut made = Vec::new();
    for (name, declared) in fields {
        let position = given.iter().position(|entry| entry.key == *name);
        let entry = position.map(|position| given.remove(position));
        made.push(field(name, entry, declared, (written, place), problems));
    }
    if open {
        made.extend(given);
    } else {
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        let unknown = |entry: &Entry| unknown_field(entry, declaration, written, &names);
        problems.extend(given.iter().map(unknown));
    }
    Node {
        data: Data::Map(made),
        span,
        origin,
    }
}

/// One field of an object with its value; the object's path and place say where it belongs.
fn field(
    name: &str,
    given: Option<Entry>,
    declared: &Declaration,
    (object, place): (&str, Span),
    problems: &mut Vec<Diagnostic>,
) -> Entry {
    let path = format!("{object}.{name}");
    let (key_span, value) = match (given, &declared.default) {
        (Some(entry), _) => (entry.key_span, value(entry.value, declared, &path, problems)),
        (None, Some(default)) => (declared.span, default.clone()),
        (None, None) => {
            if !matches!(declared.shape, Shape::Broken) {
                let message = format!("the input `{path}` is not given");
                let problem = Diagnostic::at("missing-input", message, place, format!("`{name}` is missing here"))
                    .and_at(declared.span, "declared here, without a default");
                problems.push(problem.hint(format!("add `{name}: {}`", declared.shape.example())));
            }
            (declared.span, Node::new(poison(), place))
        }
    };
    Entry {
        key: name.to_owned(),
        key_span,
        value,
    }
}

fn unknown_field(entry: &Entry, declaration: &Declaration, written: &str, names: &[&str]) -> Diagnostic {
    Diagnostic::at(
        "unknown-field",
        format!("the input `{written}` has no field `{}`", entry.key),
        entry.key_span,
        "not declared under `fields`",
    )
    .and_at(declaration.span, "the input is declared here")
    .hint(near_or_list(&entry.key, "field", names))
}

fn limits(
    node: &Node,
    declaration: &Declaration,
    written: &str,
    size: Option<i64>,
    unit: &str,
    problems: &mut Vec<Diagnostic>,
) {
    let Some(size) = size else {
        return;
    };
    let fits = declaration.min.is_none_or(|min| size >= min) && declaration.max.is_none_or(|max| size <= max);
    if fits {
        return;
    }
    let range = match (declaration.min, declaration.max) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => return,
    };
    let unit = if unit.is_empty() {
        String::new()
    } else {
        format!(" {unit}")
    };
    problems.push(misfit(
        "out-of-range",
        format!("the input `{written}` takes {range}{unit}, found {size}"),
        node,
        &format!("expected {range}{unit}"),
        declaration,
    ));
}

fn allowed(node: &Node, declaration: &Declaration, written: &str, problems: &mut Vec<Diagnostic>) {
    let known = match &node.data {
        Data::Text(text) => text.known().map(str::to_owned),
        Data::Integer(number) => Some(number.to_string()),
        _ => None,
    };
    let (Some(known), false) = (known, declaration.allowed.is_empty()) else {
        return;
    };
    if declaration.allowed.iter().any(|allowed| allowed.data == node.data) {
        return;
    }
    let words: Vec<String> = declaration.allowed.iter().filter_map(plain).collect();
    let problem = misfit(
        "not-allowed",
        format!("the input `{written}` does not take `{known}`"),
        node,
        &format!("expected one of {}", words.join(", ")),
        declaration,
    );
    let near = nearest(&known, words.iter().map(String::as_str));
    problems.push(match near {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem,
    });
}

fn plain(node: &Node) -> Option<String> {
    match &node.data {
        Data::Text(text) => text.known().map(str::to_owned),
        Data::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Length in characters; what only the cloud can say counts as what it stands for.
fn known_length(text: &Text) -> Option<i64> {
    let mut written = String::new();
    for part in text.parts() {
        match part {
            Part::Literal(literal) => written.push_str(literal),
            Part::Unknown(Unknown::Place(field)) => written.push_str(&sentinel::of_place(*field)),
            Part::Unknown(Unknown::Output(_)) => return None,
        }
    }
    i64::try_from(identity::length(&written)).ok()
}
