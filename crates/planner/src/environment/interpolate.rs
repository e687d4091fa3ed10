//! Puts values in the place of references.
//!
//! A scalar that is one reference takes the type of what it names, quoted or not. In a longer text, text and
//! plain scalars are joined; a list, a map, a secret or a whole resource there is an error, and so is null,
//! framed at the reference and at what made it null. What only the cloud can say stays in the text as an
//! unknown part. `{ secret: "env:NAME" }` becomes a secret; the schema walk judges whether one may stand there.
//!
//! A value whose problem was reported becomes [`poison`], an unknown text that every later check passes over,
//! so that one mistake is one error.

use std::ops::Range;

use super::diagnostic::Diagnostic;
use super::diagnostic::PLAIN_SECRET;
use super::expand::Budget;
use super::inputs::Inputs;
use super::reference;
use super::reference::Expression;
use super::reference::Frames;
use super::reference::Piece;
use super::source::Sources;
use super::source::Span;
use super::targets::Targets;
use super::tree::Data;
use super::tree::Entry;
use super::tree::Node;
use crate::resource::Part;
use crate::resource::Place;
use crate::resource::PlaceField;
use crate::resource::SecretSource;
use crate::resource::Text;
use crate::resource::Unknown;

mod input;
mod join;
mod poison;
mod resource;

pub(crate) use poison::is_poisoned;
pub(crate) use poison::is_poisoned_text;
pub(crate) use poison::poison;
pub(crate) use poison::poison_at;

use join::join;
use poison::push_poison;

/// What references may name in one place.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    pub(crate) sources: &'s Sources,
    pub(crate) place: &'s Place,
    pub(crate) budget: &'s Budget,
    /// What is interpolated, for messages: `a default`, `for_each`.
    pub(crate) within: &'static str,
    /// `None`: inputs cannot be named here.
    pub(crate) inputs: Option<&'s Inputs>,
    /// `None`: this is not inside a resource with `for_each`.
    pub(crate) each: Option<&'s Each>,
    /// `None`: resources cannot be named here.
    pub(crate) targets: Option<&'s Targets>,
}

/// One entry of a `for_each`.
#[derive(Clone, Debug)]
pub(crate) struct Each {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
    /// The `for_each` has a reported problem, so nothing is said about key and value.
    pub(crate) unsettled: bool,
}

/// Why a reference has no value.
pub(crate) enum Refused {
    /// Something it hangs on has a problem that is already reported.
    Reported,
    Problem(Box<Diagnostic>),
}

impl From<Diagnostic> for Refused {
    fn from(problem: Diagnostic) -> Self {
        Self::Problem(Box::new(problem))
    }
}

/// What stands where a source of a secret belongs may be the secret itself, so it is concealed.
pub(crate) fn no_source(at: Span, expected: String) -> Diagnostic {
    Diagnostic::at(PLAIN_SECRET, "this names no source of a secret", at, expected)
}

/// The node as seen from `standing`: it and all below it stand there and come from where they stood.
pub(crate) fn brought_to(node: &Node, standing: Span) -> Node {
    let mut moved = node.clone();
    bring(&mut moved, standing);
    moved
}

fn bring(node: &mut Node, standing: Span) {
    node.origin = Some(node.origin.unwrap_or(node.span));
    node.span = standing;
    match &mut node.data {
        Data::List(items) => items.iter_mut().for_each(|item| bring(item, standing)),
        Data::Map(entries) => entries.iter_mut().for_each(|entry| bring(&mut entry.value, standing)),
        _ => {}
    }
}

/// Where a value came from: its origin, else where it stands.
pub(crate) fn source_of(node: &Node) -> Span {
    node.origin.unwrap_or(node.span)
}

impl Scope<'_> {
    /// Problems that one text may have before the rest of it is passed over.
    const PROBLEMS_A_TEXT: usize = 50;

    /// The template with every reference replaced.
    pub(crate) fn evaluate(&self, template: &Node, problems: &mut Vec<Diagnostic>) -> Node {
        let data = match &template.data {
            Data::Text(text) => match text.known() {
                Some(known) if !reference::is_plain(known) => {
                    return self.text(known, template.span, problems);
                }
                _ => template.data.clone(),
            },
            Data::List(items) => Data::List(items.iter().map(|item| self.evaluate(item, problems)).collect()),
            Data::Map(entries) => self.map(entries, problems),
            other => other.clone(),
        };
        self.budget.count(1);
        Node {
            data,
            span: template.span,
            origin: template.origin,
        }
    }

    /// Reports that the budget is spent, once.
    fn overspent(&self, at: Span, problems: &mut Vec<Diagnostic>) {
        if self.budget.first_refusal() {
            problems.push(
                Diagnostic::at(
                    "too-large",
                    "this environment grows too large when its references are put in",
                    at,
                    "the limit was reached here",
                )
                .hint("an input is repeated very often, or is itself very large"),
            );
        }
    }

    fn map(&self, entries: &[Entry], problems: &mut Vec<Diagnostic>) -> Data {
        if let [only] = entries
            && only.key == "secret"
            && let Some(data) = self.secret(&only.value, problems)
        {
            return data;
        }
        let made = entries.iter().map(|entry| Entry {
            key: self.key(entry, problems),
            key_span: entry.key_span,
            value: self.evaluate(&entry.value, problems),
        });
        Data::Map(made.collect())
    }

    /// Keys are not interpolated; `$${` in one is the text `${`.
    fn key(&self, entry: &Entry, problems: &mut Vec<Diagnostic>) -> String {
        if reference::is_plain(&entry.key) {
            return entry.key.clone();
        }
        let frames = Frames::new(self.sources, entry.key_span, &entry.key);
        let mut key = String::new();
        for piece in reference::pieces(&entry.key) {
            match piece {
                Piece::Literal(literal) => key.push_str(&literal),
                Piece::Reference(_, range) | Piece::Malformed(reference::Malformed { range, .. }) => {
                    let at = frames.of(&range);
                    problems.push(
                        Diagnostic::at("reference-in-key", "a key cannot hold a reference", at, "in this key")
                            .hint("references stand in values; for the text ${ itself write $${"),
                    );
                }
            }
        }
        key
    }

    /// Reads the text of `{ secret: … }`; `None` where this is a map that only looks like one.
    fn secret(&self, node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Data> {
        let evaluated = self.evaluate(node, problems);
        let Data::Text(text) = &evaluated.data else {
            return None;
        };
        if is_poisoned(&evaluated) {
            return Some(poison());
        }
        let Some(known) = text.known() else {
            problems.push(
                Diagnostic::at(
                    "bad-secret",
                    "the source of a secret must be known before anything is asked",
                    node.span,
                    "this refers to something the clouds say",
                )
                .hint("write the source out: { secret: \"env:NAME\" }"),
            );
            return Some(poison());
        };
        match SecretSource::parse(known) {
            Ok(source) => Some(Data::Secret(source)),
            Err(_) if !known.contains(':') => None,
            Err(expected) => {
                problems.push(no_source(evaluated.span, expected));
                Some(poison())
            }
        }
    }

    fn text(&self, template: &str, span: Span, problems: &mut Vec<Diagnostic>) -> Node {
        let frames = Frames::new(self.sources, span, template);
        let pieces = reference::pieces(template);
        if let [Piece::Reference(expression, range)] = pieces.as_slice() {
            return self.found(expression, &frames, range, span, problems);
        }
        let (mut made, mut origins, before) = (Text::default(), Vec::new(), problems.len());
        for piece in pieces {
            if problems.len() >= before + Self::PROBLEMS_A_TEXT {
                break;
            }
            match piece {
                Piece::Literal(literal) => made.push(Part::Literal(literal)),
                Piece::Malformed(malformed) => {
                    let at = frames.of(&malformed.range);
                    problems.push(
                        Diagnostic::at("malformed-reference", malformed.message, at, "here").hint(malformed.hint),
                    );
                    push_poison(&mut made);
                }
                Piece::Reference(expression, range) => {
                    let node = self.found(&expression, &frames, &range, span, problems);
                    origins.extend(node.origin);
                    let written = template.get(range.clone()).unwrap_or_default();
                    if let Err(problem) = join(&mut made, node, written) {
                        problems.push(problem.framed(frames.of(&range)));
                        push_poison(&mut made);
                    }
                }
            }
        }
        Node {
            data: Data::Text(made),
            span,
            origin: match origins.as_slice() {
                [only] => Some(*only),
                _ => None,
            },
        }
    }

    /// The value of one reference, or poison after its problem was reported.
    fn found(
        &self,
        expression: &Expression,
        frames: &Frames<'_>,
        range: &Range<usize>,
        span: Span,
        problems: &mut Vec<Diagnostic>,
    ) -> Node {
        if self.budget.is_spent() {
            return Node::new(poison(), span);
        }
        match self.resolve(expression, span) {
            Ok(node) if self.budget.take(&node) => return node,
            Ok(_) => self.overspent(span, problems),
            Err(Refused::Problem(mut problem)) => {
                if let Some(primary) = problem.labels.first_mut() {
                    primary.span = frames.of(range);
                }
                problems.push(*problem);
            }
            Err(Refused::Reported) => {}
        }
        Node::new(poison(), span)
    }

    /// The value of one reference that stands in the scalar at `standing`; a problem's first place is that, too.
    fn resolve(&self, expression: &Expression, standing: Span) -> Result<Node, Refused> {
        let known = |text: &str| Ok(Node::new(Data::Text(Text::literal(text)), standing));
        match expression {
            Expression::EnvironmentName => known(&self.place.environment),
            Expression::Region => known(&self.place.region),
            Expression::Partition => known(&self.place.partition),
            Expression::Place(field) => Ok(Node::new(Data::Text(self.place_text(*field)), standing)),
            Expression::Input(path) => self.input(path, standing),
            Expression::EachKey => {
                let each = self.each(standing)?;
                Ok(Node {
                    data: Data::Text(Text::literal(&each.key)),
                    span: standing,
                    origin: Some(each.key_span),
                })
            }
            Expression::EachValue(path) => self.each_value(path, standing),
            Expression::Resource(reference) => self.resource(reference, standing),
        }
    }

    fn place_text(&self, field: PlaceField) -> Text {
        let known = match field {
            PlaceField::AccountId => self.place.account.is_some(),
            PlaceField::Organization => self.place.organization.is_some(),
            PlaceField::Tag => self.place.owner().is_some(),
        };
        if known {
            Text::literal(self.place.text(field))
        } else {
            [Part::Unknown(Unknown::Place(field))].into_iter().collect()
        }
    }
}

#[cfg(test)]
mod tests;
