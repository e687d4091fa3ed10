//! Asks `for_each` and `when`, before any resource is known.

use std::collections::BTreeMap;

use crate::environment::diagnostic::Diagnostic;
use crate::environment::interpolate::Each;
use crate::environment::interpolate::Scope;
use crate::environment::interpolate::is_poisoned;
use crate::environment::interpolate::poison;
use crate::environment::reference;
use crate::environment::source::Span;
use crate::environment::stack::Template;
use crate::environment::targets::Shape;
use crate::environment::tree::Data;
use crate::environment::tree::Entry;
use crate::environment::tree::Node;

/// Asks `for_each` and `when`. The entries returned are those that `when` left on, in key order.
pub(super) fn settle(template: &Template, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) -> (Shape, Vec<Each>) {
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
    instances(template, entries, &scope, problems)
}

/// The instances of a `for_each` that has these entries.
fn instances(
    template: &Template,
    entries: Vec<Entry>,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> (Shape, Vec<Each>) {
    let (mut instances, mut eaches, mut broken) = (BTreeMap::new(), Vec::new(), false);
    for Entry { key, key_span, value } in entries {
        if matches!(value.data, Data::Null) {
            continue;
        }
        if !reference::is_instance_key(&key) {
            problems.push(bad_key(&key, key_span, template.span));
            broken = true;
            continue;
        }
        let each = Each {
            key,
            key_span,
            value,
            unsettled: false,
        };
        let inside = Scope {
            each: Some(&each),
            ..*scope
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
    let shape = match broken {
        true => Shape::Unsettled,
        false => Shape::Many { instances },
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
