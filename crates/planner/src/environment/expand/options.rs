//! The options beside the attributes, as far as they are not asked before expansion.

use crate::environment::declared::Options;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::interpolate::Refused;
use crate::environment::interpolate::Scope;
use crate::environment::interpolate::is_poisoned;
use crate::environment::interpolate::source_of;
use crate::environment::reference;
use crate::environment::source::Span;
use crate::environment::stack::Template;
use crate::environment::stack::text_of;
use crate::environment::tree::Data;
use crate::environment::tree::Node;
use crate::resource::Address;
use crate::resource::Text;

pub(super) fn options(template: &Template, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) -> Options {
    Options {
        name: text(template, "name", scope, problems),
        depends_on: depends_on(template, scope, problems),
        protect: flag(template, "protect", scope, problems),
        adopt: flag(template, "adopt", scope, problems),
        existing: text(template, "existing", scope, problems),
    }
}

fn flag(template: &Template, name: &str, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) -> bool {
    let Some(entry) = template.option(name) else {
        return false;
    };
    let value = scope.evaluate(&entry.value, problems);
    match value.data {
        Data::Bool(flag) => flag,
        Data::Null => false,
        _ => {
            if !is_poisoned(&value) {
                problems.push(mistyped(name, &value, "true or false"));
            }
            false
        }
    }
}

fn text(template: &Template, name: &str, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) -> Option<(Text, Span)> {
    let entry = template.option(name)?;
    let value = scope.evaluate(&entry.value, problems);
    match &value.data {
        Data::Null => None,
        Data::Text(text) if text.known() == Some("") => {
            problems.push(
                Diagnostic::at(
                    "empty-name",
                    format!("`{name}` is empty"),
                    source_of(&value),
                    "expected a name",
                )
                .hint("leave it out, or let it be null, for the default"),
            );
            None
        }
        Data::Text(text) => Some((text.clone(), value.span)),
        _ => {
            problems.push(mistyped(name, &value, "text"));
            None
        }
    }
}

fn mistyped(name: &str, value: &Node, expected: &str) -> Diagnostic {
    let problem = Diagnostic::at(
        "wrong-type",
        format!("`{name}` takes {expected}, found {}", value.describe()),
        value.span,
        format!("expected {expected}"),
    );
    match value.origin.filter(|origin| *origin != value.span) {
        Some(origin) => problem.and_at(origin, "the value comes from here"),
        None => problem,
    }
}

fn depends_on(template: &Template, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) -> Vec<(Address, Span)> {
    let Some(entry) = template.option("depends_on") else {
        return Vec::new();
    };
    let items = match &entry.value.data {
        Data::List(items) => items,
        Data::Null => return Vec::new(),
        _ => {
            let problem = mistyped("depends_on", &entry.value, "a list");
            problems.push(problem.hint("write [kind.name], also for one"));
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    for item in items.iter().filter(|item| !matches!(item.data, Data::Null)) {
        let Some(reference) = text_of(item).and_then(reference::dependency) else {
            problems.push(no_dependency(item));
            continue;
        };
        match scope.dependencies(&reference, item.span) {
            Ok(addresses) => found.extend(addresses.into_iter().map(|address| (address, item.span))),
            Err(Refused::Problem(problem)) => problems.push(*problem),
            Err(Refused::Reported) => {}
        }
    }
    found
}

fn no_dependency(item: &Node) -> Diagnostic {
    let problem = Diagnostic::at(
        "bad-dependency",
        "an item of `depends_on` is the key of a resource",
        item.span,
        "expected kind.name, kind.name[key] or kind.name[each.key]",
    );
    match text_of(item) {
        Some(text) if text.contains("${") => problem.hint("write the key alone, without ${ }: [aws_sqs_queue.ingest]"),
        Some(text) if text.contains("[*]") => problem.hint("leave out [*]: the key alone means all instances"),
        _ => problem,
    }
}
