//! Checks of the resources against each other: two addresses with one identity, circles of needs; in
//! `timeouts` a function that may run longer than its queue hides a message, in `fifo` what cannot stand beside a FIFO
//! queue, in `confluent` what those kinds ask.
//!
//! - What only is looked up may be looked up by many; what is made has one address.
//! - A circle is one error: its way, and the place of every reference and `depends_on` on it. References to
//!   outputs that are known before apply order nothing, unless the kind says so, and so make no circle.

use indexmap::IndexMap;

use super::confluent;
use super::fifo;
use super::own_outputs;
use super::timeouts;
use crate::environment::Declared;
use crate::environment::declared::Resource;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::reference;
use crate::environment::reference::Expression;
use crate::environment::reference::Piece;
use crate::environment::source::Sources;
use crate::environment::source::Span;
use crate::plan::Evaluation;
use crate::plan::Graph;
use crate::plan::graph::Because;
use crate::resource::Address;
use crate::resource::Identity;
use crate::resource::Part;
use crate::resource::Text;
use crate::resource::Unknown;
use crate::resource::sentinel;
use crate::resource::sentinel::Piece as SentinelPiece;
use crate::schema::DecodeError;

pub(crate) fn check(declared: &Declared, problems: &mut Vec<Diagnostic>) {
    if let Err(error) = checked(declared, problems) {
        problems.push(
            Diagnostic::nowhere("internal", error.to_string())
                .hint("this is a mistake of eclusa, not of the file: please report it"),
        );
    }
}

fn checked(declared: &Declared, problems: &mut Vec<Diagnostic>) -> Result<(), DecodeError> {
    let evaluation = Evaluation::new(declared)?;
    identities(declared, &evaluation, problems)?;
    timeouts::check(&evaluation, problems)?;
    confluent::check(declared, &evaluation, problems)?;
    fifo::check(&evaluation, problems)?;
    own_outputs::check(&evaluation, problems)?;
    let graph = Graph::of(&evaluation);
    let circles = graph.cycles();
    problems.extend(circles.iter().map(|circle| framed_circle(circle, &graph, declared)));
    Ok(())
}

fn identities(
    declared: &Declared,
    evaluation: &Evaluation<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Result<(), DecodeError> {
    let mut by_identity: IndexMap<(&str, Vec<String>, Identity), Vec<&Resource>> = IndexMap::new();
    for resource in &declared.resources {
        let identity = evaluation.identity(&resource.address)?;
        if identity != Identity::Unknown {
            let key = (resource.schema.name(), scope_of(resource), identity);
            by_identity.entry(key).or_default().push(resource);
        }
    }
    for ((kind, _, identity), resources) in &by_identity {
        let [first, others @ ..] = resources.as_slice() else {
            continue;
        };
        let all_looked_up = resources
            .iter()
            .all(|resource| evaluation.is_existing(&resource.address));
        if others.is_empty() || all_looked_up {
            continue;
        }
        problems.push(framed_identity(kind, identity, first, others));
    }
    Ok(())
}

/// What a resource lives in, as it is declared.
fn scope_of(resource: &Resource) -> Vec<String> {
    let attributes = resource.schema.scope().iter();
    attributes
        .map(|name| {
            format!(
                "{:?}",
                resource
                    .attributes
                    .get(name)
                    .map(crate::environment::tree::Node::to_value)
            )
        })
        .collect()
}

fn framed_identity(kind: &str, identity: &Identity, first: &Resource, others: &[&Resource]) -> Diagnostic {
    let called = match identity {
        Identity::Name(name) => readable(name),
        Identity::Natural(parts) => parts.iter().map(|part| readable(part)).collect::<Vec<_>>().join(", "),
        Identity::Unknown => String::new(),
    };
    let label = |resource: &Resource| format!("{} is called so here", resource.address);
    let place = |resource: &Resource| {
        let named = resource.options.name.as_ref().or(resource.options.existing.as_ref());
        named.map_or(resource.span, |(_, span)| *span)
    };
    let mut problem = Diagnostic::at(
        "one-identity",
        format!(
            "{} addresses have one identity: the {kind} `{called}`",
            others.len() + 1
        ),
        place(first),
        label(first),
    );
    for other in others {
        problem = problem.and_at(place(other), label(other));
    }
    problem.hint("a name defaults to <environment>-<instance>-<name>[-<key>]: give one of them another `name:`")
}

/// A text with its sentinels written as references.
fn readable(text: &str) -> String {
    let pieces = sentinel::pieces(text).into_iter().map(|piece| match piece {
        SentinelPiece::Literal(literal) => Part::Literal(literal.to_owned()),
        SentinelPiece::Sentinel(number) => match sentinel::place_field(number) {
            Some(field) => Part::Unknown(Unknown::Place(field)),
            None => Part::Literal("…".to_owned()),
        },
    });
    pieces.collect::<Text>().to_string()
}

/// A circle lies in one instance, so its addresses are written as the stack file writes them.
fn framed_circle(circle: &[Address], graph: &Graph, declared: &Declared) -> Diagnostic {
    let way: Vec<String> = circle.iter().chain(circle.first()).map(in_stack).collect();
    let mut problem = Diagnostic::nowhere(
        "cycle",
        match circle {
            [only] => format!("`{}` needs itself", in_stack(only)),
            _ => format!("these resources need each other: {}", way.join(" -> ")),
        },
    );
    for (position, from) in circle.iter().enumerate() {
        let needed = circle.get(position + 1).or(circle.first()).unwrap_or(from);
        let Some(resource) = declared.resources.iter().find(|resource| resource.address == *from) else {
            continue;
        };
        for because in graph.because(from, needed) {
            let place = because.span(resource, needed);
            let place = match because {
                Because::DependsOn => place,
                _ => narrowed(&declared.sources, place, needed),
            };
            problem = problem.and_at(place, format!("`{}` needs `{}`", in_stack(from), in_stack(needed)));
        }
    }
    problem.hint("nothing can be made first: take one of these references or `depends_on` away")
}

fn in_stack(address: &Address) -> String {
    let text = address.to_string();
    text.split_once('/').map_or(text.clone(), |(_, rest)| rest.to_owned())
}

/// The reference to `needed` inside a scalar.
fn narrowed(sources: &Sources, scalar: Span, needed: &Address) -> Span {
    let raw = sources
        .get(scalar.file)
        .and_then(|source| source.text.get(scalar.start..scalar.end))
        .unwrap_or_default();
    let found = reference::pieces(raw).into_iter().find_map(|piece| match piece {
        Piece::Reference(Expression::Resource(reference), range)
            if reference.kind == needed.kind && reference.name == needed.name =>
        {
            Some(range)
        }
        _ => None,
    });
    found.map_or(scalar, |range| Span {
        file: scalar.file,
        start: scalar.start + range.start,
        end: scalar.start + range.end,
    })
}
