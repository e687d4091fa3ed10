//! Checks after expansion: each resource against its schema, then the resources against each other.

use std::collections::HashSet;

use super::declared::Options;
use super::diagnostic::Diagnostic;
use super::expand::Expanded;
use super::interpolate::is_poisoned;
use super::interpolate::is_poisoned_text;
use super::nulls::LeftOut;
use super::settings;
use super::source::Sources;
use super::source::Span;
use super::stack::OPTIONS;
use super::tree::Data;
use super::tree::Node;
use super::walk::Absence;
use super::walk::Walk;
use crate::plan::sentinels::Sentinels;
use crate::resource::Part;
use crate::resource::PlaceField;
use crate::resource::Text;
use crate::resource::Unknown;
use crate::schema::AnySchema;
use crate::schema::Problem;

pub(crate) mod across;
mod confluent;
mod fifo;
mod own_outputs;
pub(crate) mod supplied_keys;
mod timeouts;

/// The walk's code for a required attribute that is not there.
pub(crate) const MISSING_ATTRIBUTE: &str = "missing-attribute";

/// Holds one resource against its kind; whether it stands. Nothing is required of what is only looked up, but in what
/// it lies.
pub(crate) fn resource(expanded: &Expanded, sources: &Sources, problems: &mut Vec<Diagnostic>) -> bool {
    let Some(schema) = expanded.schema else {
        return false;
    };
    let before = problems.len();
    let owner = format!("{}.{}", expanded.address.kind, expanded.address.name);
    let mut found = Vec::new();
    walk_schema(schema, expanded, &owner, sources, &mut found);
    if expanded.options.existing.is_some() {
        found.retain(|problem| problem.code != MISSING_ATTRIBUTE);
        found.extend(missing_scope(schema, expanded, &owner));
    } else if found.is_empty() {
        check(schema, expanded, &owner, &mut found);
    }
    let poisoned = without_poison(&expanded.attributes, &mut found) || poisoned_names(&expanded.options);
    problems.extend(found);
    names(schema, &expanded.options, problems);
    problems.extend(wrong_ending(schema, expanded));
    !poisoned && problems.len() == before
}

fn missing_scope(schema: &dyn AnySchema, expanded: &Expanded, owner: &str) -> Vec<Diagnostic> {
    let required = schema
        .json_schema()
        .get("required")
        .and_then(serde_json::Value::as_array);
    let is_required = |scope: &str| required.is_some_and(|names| names.iter().any(|name| name == scope));
    let scopes = schema.scope().iter();
    scopes
        .filter(|scope| is_required(scope) && expanded.attributes.get(scope).is_none())
        .map(|scope| {
            let message = format!("{owner} needs `{scope}`: what is looked up lies somewhere");
            Diagnostic::at(
                MISSING_ATTRIBUTE,
                message,
                expanded.span,
                format!("`{scope}` is missing"),
            )
        })
        .collect()
}

/// Asks the kind once more, now that the project's files are in; whether the resource still stands.
pub(crate) fn filled_in(expanded: &Expanded, problems: &mut Vec<Diagnostic>) -> bool {
    let Some(schema) = expanded.schema.filter(|schema| !schema.local().is_empty()) else {
        return true;
    };
    let before = problems.len();
    if expanded.options.existing.is_none() {
        let owner = format!("{}.{}", expanded.address.kind, expanded.address.name);
        check(schema, expanded, &owner, problems);
    }
    problems.len() == before
}

fn poisoned_names(options: &Options) -> bool {
    let named = [&options.name, &options.existing];
    named.into_iter().flatten().any(|(text, _)| is_poisoned_text(text))
}

/// Holds the merged environment file against its schema.
pub(crate) fn walked_settings(root: &Node) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let schema = settings::json_schema();
    Walk::new(&schema, "the environment")
        .secrets(settings::SECRETS)
        .over(root, &mut found);
    let unitless = settings::unitless_durations(root);
    for problem in &mut found {
        if problem
            .labels
            .first()
            .is_some_and(|label| unitless.contains(&label.span))
        {
            problem.hint = Some("a length of time has a unit: 40s, 10m, 4h".to_owned());
        }
    }
    without_poison(root, &mut found);
    found
}

/// Takes away what is about poison, whose problem is already reported; whether there is any.
fn without_poison(root: &Node, found: &mut Vec<Diagnostic>) -> bool {
    let mut poisoned = HashSet::new();
    collect_poisoned(root, &mut poisoned);
    found.retain(|problem| {
        !problem
            .labels
            .first()
            .is_some_and(|label| poisoned.contains(&label.span))
    });
    !poisoned.is_empty()
}

fn walk_schema(
    schema: &dyn AnySchema,
    expanded: &Expanded,
    owner: &str,
    sources: &Sources,
    found: &mut Vec<Diagnostic>,
) {
    Walk::new(schema.json_schema(), owner)
        .at(expanded.span)
        .secrets(schema.secrets())
        .may_be_secret(schema.may_be_secret())
        .takes(schema.takes())
        .near_misses(schema.near_misses())
        .options(&OPTIONS)
        .absent(&|path| absence(&expanded.left_out, path, sources))
        .over(&expanded.attributes, found);
}

/// Asks the kind what a JSON Schema cannot say, and frames its problems at the attributes they name.
fn check(schema: &dyn AnySchema, expanded: &Expanded, owner: &str, found: &mut Vec<Diagnostic>) {
    let spec = Sentinels::default().encode(&expanded.attributes.to_value());
    match schema.check(&spec) {
        Ok(problems) => found.extend(problems.found.iter().map(|problem| framed(problem, expanded, owner))),
        Err(error) => found.push(
            Diagnostic::at("internal", error.to_string(), expanded.span, "in this resource")
                .hint("this is a mistake of eclusa, not of the file: please report it"),
        ),
    }
}

fn framed(problem: &Problem, expanded: &Expanded, owner: &str) -> Diagnostic {
    let (place, origin) = find(&expanded.attributes, &problem.path, expanded.span);
    let made = Diagnostic::at(problem.code, problem.message.clone(), place, format!("in {owner}"));
    let made = match origin.filter(|origin| *origin != place) {
        Some(origin) => made.and_at(origin, "the value comes from here"),
        None => made,
    };
    match &problem.hint {
        Some(hint) => made.hint(hint.clone()),
        None => made,
    }
}

/// The place of the attribute at a path, or of the nearest one above that exists.
fn find(root: &Node, path: &[String], key: Span) -> (Span, Option<Span>) {
    let (mut node, mut place) = (root, (key, None));
    for segment in path {
        let below = match &node.data {
            Data::List(items) => segment.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => node.get(segment),
        };
        let Some(below) = below else {
            return place;
        };
        place = (below.span, below.origin);
        node = below;
    }
    place
}

fn collect_poisoned(node: &Node, found: &mut HashSet<Span>) {
    match &node.data {
        Data::List(items) => items.iter().for_each(|item| collect_poisoned(item, found)),
        Data::Map(entries) => entries.iter().for_each(|entry| collect_poisoned(&entry.value, found)),
        _ if is_poisoned(node) => {
            found.insert(node.span);
        }
        _ => {}
    }
}

/// Holds `name` and `existing` against the kind's alphabet and length.
fn names(schema: &dyn AnySchema, options: &Options, problems: &mut Vec<Diagnostic>) {
    let named = [("name", &options.name), ("existing", &options.existing)];
    for (option, (text, span)) in named
        .iter()
        .filter_map(|(option, given)| Some((option, given.as_ref()?)))
    {
        let Some(mut text) = stand_in(text) else {
            continue;
        };
        if *option == "name" && schema.marking().ends_names() {
            text = schema.naming().ending_in(&text, &"0".repeat(PlaceField::Tag.length()));
        }
        if let Err(expected) = schema.check_name(&text) {
            let message = format!("this `{option}` does not fit the kind {}", schema.name());
            problems.push(Diagnostic::at("bad-name", message, *span, expected));
        }
    }
}

/// Holds the end of `name` against what the kind's attribute says of it.
fn wrong_ending(schema: &dyn AnySchema, expanded: &Expanded) -> Option<Diagnostic> {
    let ending = schema.ending()?;
    let (name, span) = expanded.options.name.as_ref()?;
    // What another resource says may end so or not.
    let Part::Literal(last) = name.parts().last()? else {
        return None;
    };
    let attribute = expanded.attributes.get(ending.attribute);
    let wants = match attribute.map(|node| &node.data) {
        None | Some(Data::Bool(false)) => false,
        Some(Data::Bool(true)) => true,
        // Its own problem is reported.
        Some(_) => return None,
    };
    let (kind, text, flag) = (schema.name(), ending.text, ending.attribute);
    let made = match (wants, last.ends_with(text)) {
        (true, false) => Diagnostic::at(
            "bad-name",
            format!("the name of an {kind} with `{flag}: true` ends in {text}"),
            *span,
            format!("expected {name}{text}"),
        ),
        (false, true) => Diagnostic::at(
            "bad-name",
            format!("the name of an {kind} without `{flag}: true` does not end in {text}"),
            *span,
            format!("expected a name without {text}"),
        )
        .hint(format!("write {flag}: true, or take {text} off the name")),
        (true, true) | (false, false) => return None,
    };
    Some(match attribute {
        Some(node) => made.and_at(node.span, format!("`{flag}` is {wants} here")),
        None => made,
    })
}

/// A text with what only the cloud can say written as noughts; `None` where its length is not known.
fn stand_in(text: &Text) -> Option<String> {
    let parts = text.parts().iter().map(|part| match part {
        Part::Literal(literal) => Some(literal.clone()),
        Part::Unknown(Unknown::Place(field)) => Some("0".repeat(field.length())),
        Part::Unknown(Unknown::Output(_)) => None,
    });
    parts.collect()
}

/// Why a required attribute is not there: null left it out.
fn absence(left_out: &[LeftOut], path: &[String], sources: &Sources) -> Option<Absence> {
    let entry = left_out.iter().find(|entry| entry.path == path)?;
    let source = sources.get(entry.span.file);
    let written = source.and_then(|source| source.text.get(entry.span.start..entry.span.end));
    let reference = written.map(|written| written.trim_matches(['"', '\'']));
    Some(Absence {
        reason: match reference.filter(|written| written.starts_with("${") && !written.contains('\n')) {
            Some(reference) => format!("`{reference}` is null"),
            None => "it is null, which means not declared".to_owned(),
        },
        span: Some(entry.origin.unwrap_or(entry.span)),
    })
}

#[cfg(test)]
mod tests;
