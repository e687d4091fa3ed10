//! The table of unknowns and secrets that travel through a Spec as sentinels, and back.
//!
//! An output that is not known yet becomes its sentinel inside whatever text it stands in; a secret becomes a text of
//! nothing but its sentinel, and a whole resource the object of a [`Whole`], whose address is one. `canonical` may sort, join and move texts as it
//! likes: [`Sentinels::restore`] finds each sentinel where it ended up. Numbers are given in order of first
//! appearance from [`sentinel::FIRST_FREE`] on; the fields of a place have fixed numbers in every table.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::HashSet;

use serde_json::Value as Json;
use serde_json::json;

use crate::resource::Address;
use crate::resource::Part;
use crate::resource::Reference;
use crate::resource::SecretSource;
use crate::resource::Text;
use crate::resource::Unknown;
use crate::resource::Value;
use crate::resource::sentinel;
use crate::resource::sentinel::Piece;
use crate::schema;
use crate::schema::AnySchema;

/// The fields of [`schema::Whole`].
const RESOURCE: &str = "resource";
const OUTPUTS: &str = "outputs";

/// One table per evaluation of one declaration.
#[derive(Clone, Debug, Default)]
pub struct Sentinels {
    carried: Vec<Carried>,
    numbers: HashMap<Carried, usize>,
}

/// What a numbered sentinel stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Carried {
    Output(Reference),
    Secret(SecretSource),
    Handle(Address),
}

impl Sentinels {
    /// The value as JSON, what is not known or secret as sentinel text.
    pub fn encode(&mut self, value: &Value) -> Json {
        self.encode_with(value, &|_| None)
    }

    /// As [`Sentinels::encode`], with the text that `known` has for an unknown in its stead.
    pub(crate) fn encode_with<'k>(&mut self, value: &Value, known: &impl Fn(&Unknown) -> Option<Cow<'k, str>>) -> Json {
        match value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => Json::Number(number.clone()),
            Value::Text(text) => Json::String(self.encode_text(text, known)),
            Value::List(items) => items.iter().map(|item| self.encode_with(item, known)).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.clone(), self.encode_with(value, known)))
                .collect(),
            Value::Secret(source) => Json::String(self.sentinel(Carried::Secret(source.clone()))),
            Value::Handle(address) => self.whole(address, known),
        }
    }

    /// A whole resource with all outputs that its kind has, known or as sentinels.
    fn whole<'k>(&mut self, address: &Address, known: &impl Fn(&Unknown) -> Option<Cow<'k, str>>) -> Json {
        let resource = self.sentinel(Carried::Handle(address.clone()));
        let listed = schema::find(&address.kind).map_or(&[][..], AnySchema::outputs);
        let mut outputs = serde_json::Map::new();
        for (output, _) in listed {
            let reference = Reference {
                address: address.clone(),
                output: (*output).to_owned(),
            };
            let text: Text = std::iter::once(Part::Unknown(Unknown::Output(reference))).collect();
            outputs.insert((*output).to_owned(), Json::String(self.encode_text(&text, known)));
        }
        json!({ RESOURCE: resource, OUTPUTS: outputs })
    }

    pub(crate) fn encode_text<'k>(&mut self, text: &Text, known: &impl Fn(&Unknown) -> Option<Cow<'k, str>>) -> String {
        let mut encoded = String::new();
        for part in text.parts() {
            match part {
                Part::Literal(literal) => encoded.push_str(literal),
                Part::Unknown(unknown) => match (known(unknown), unknown) {
                    (Some(known), _) => encoded.push_str(&known),
                    (None, Unknown::Place(field)) => encoded.push_str(&sentinel::of_place(*field)),
                    (None, Unknown::Output(reference)) => {
                        encoded.push_str(&self.sentinel(Carried::Output(reference.clone())));
                    }
                },
            }
        }
        encoded
    }

    fn sentinel(&mut self, carried: Carried) -> String {
        let next = self.carried.len();
        let number = *self.numbers.entry(carried).or_insert_with_key(|carried| {
            self.carried.push(carried.clone());
            next
        });
        sentinel::numbered(sentinel::FIRST_FREE + number)
    }

    /// The value again, wherever `canonical` put its sentinels. A map's key can only be text: a sentinel in
    /// one is written as its reference.
    pub fn restore(&self, spec: &Json) -> Value {
        match spec {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => Value::Number(number.clone()),
            Json::String(text) => self.restore_text(text),
            Json::Array(items) => Value::List(items.iter().map(|item| self.restore(item)).collect()),
            Json::Object(entries) if let Some(address) = self.as_whole(entries) => Value::Handle(address.clone()),
            Json::Object(entries) => Value::Map(
                entries
                    .iter()
                    .map(|(key, value)| (self.restore_key(key), self.restore(value)))
                    .collect(),
            ),
        }
    }

    /// The resource that an object is the whole of. Nothing that a file holds is taken for one: no file holds a
    /// sentinel.
    fn as_whole(&self, entries: &serde_json::Map<String, Json>) -> Option<&Address> {
        let text = entries
            .get(RESOURCE)
            .filter(|_| entries.contains_key(OUTPUTS))?
            .as_str()?;
        match sentinel::pieces(text).as_slice() {
            [Piece::Sentinel(number)] => match self.carried(*number)? {
                Carried::Handle(address) => Some(address),
                Carried::Output(_) | Carried::Secret(_) => None,
            },
            _ => None,
        }
    }

    fn restore_text(&self, text: &str) -> Value {
        if !sentinel::is_in(text) {
            return Value::text(text);
        }
        let pieces = sentinel::pieces(text);
        if let [Piece::Sentinel(number)] = pieces.as_slice()
            && let Some(Carried::Secret(source)) = self.carried(*number)
        {
            return Value::Secret(source.clone());
        }
        Value::Text(pieces.iter().map(|piece| self.restore_piece(piece)).collect())
    }

    fn restore_piece(&self, piece: &Piece<'_>) -> Part {
        let number = match piece {
            Piece::Literal(literal) => return Part::Literal((*literal).to_owned()),
            Piece::Sentinel(number) => *number,
        };
        if let Some(field) = sentinel::place_field(number) {
            return Part::Unknown(Unknown::Place(field));
        }
        match self.carried(number) {
            Some(Carried::Output(reference)) => Part::Unknown(Unknown::Output(reference.clone())),
            Some(Carried::Secret(source)) => Part::Literal(format!("${{secret {source}}}")),
            Some(Carried::Handle(address)) => Part::Literal(format!("${{{address}}}")),
            None => Part::Literal(sentinel::numbered(number)),
        }
    }

    fn restore_key(&self, key: &str) -> String {
        if !sentinel::is_in(key) {
            return key.to_owned();
        }
        let text: Text = sentinel::pieces(key)
            .iter()
            .map(|piece| self.restore_piece(piece))
            .collect();
        text.to_string()
    }

    /// The unknowns in a Spec, keys included, each once, in order of appearance. `None` if a sentinel was
    /// damaged on its way: a Spec like that must reach neither a plan nor a cloud.
    pub(crate) fn unknowns(&self, spec: &Json) -> Option<Vec<Unknown>> {
        let mut found = Appearance::default();
        self.collect(spec, &mut found).then_some(found.order)
    }

    fn collect(&self, spec: &Json, found: &mut Appearance) -> bool {
        match spec {
            Json::String(text) => self.collect_text(text, found),
            Json::Array(items) => items.iter().all(|item| self.collect(item, found)),
            Json::Object(entries) => entries
                .iter()
                .all(|(key, value)| self.collect_text(key, found) && self.collect(value, found)),
            Json::Null | Json::Bool(_) | Json::Number(_) => true,
        }
    }

    fn collect_text(&self, text: &str, found: &mut Appearance) -> bool {
        if !text.contains([sentinel::OPEN, sentinel::CLOSE]) {
            return true;
        }
        sentinel::pieces(text).iter().all(|piece| match piece {
            Piece::Literal(literal) => !literal.contains([sentinel::OPEN, sentinel::CLOSE]),
            Piece::Sentinel(number) => match (sentinel::place_field(*number), self.carried(*number)) {
                (Some(field), _) => found.add(Unknown::Place(field)),
                (None, Some(Carried::Output(reference))) => found.add(Unknown::Output(reference.clone())),
                (None, Some(Carried::Secret(_) | Carried::Handle(_))) => true,
                (None, None) => false,
            },
        })
    }

    fn carried(&self, number: usize) -> Option<&Carried> {
        self.carried.get(number.checked_sub(sentinel::FIRST_FREE)?)
    }
}

/// Unknowns in order of first appearance.
#[derive(Default)]
struct Appearance {
    seen: HashSet<Unknown>,
    order: Vec<Unknown>,
}

impl Appearance {
    /// Always true, for use in `all`.
    fn add(&mut self, unknown: Unknown) -> bool {
        if self.seen.insert(unknown.clone()) {
            self.order.push(unknown);
        }
        true
    }
}

/// JSON that holds no sentinels, as a value: what a cloud answers may hold any character.
pub(crate) fn literal(spec: &Json) -> Value {
    match spec {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Number(number.clone()),
        Json::String(text) => Value::text(text),
        Json::Array(items) => Value::List(items.iter().map(literal).collect()),
        Json::Object(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), literal(value)))
                .collect(),
        ),
    }
}

/// Whether a text holds what only another resource can tell, or what is left of it after a cut. Sentinels of a
/// place's fields do not count: they stand for values that are fixed and merely not asked for.
pub(crate) fn hangs_on_output(text: &str) -> bool {
    sentinel::awaits_output(text)
        || sentinel::pieces(text).iter().any(
            |piece| matches!(piece, Piece::Literal(literal) if literal.contains([sentinel::OPEN, sentinel::CLOSE])),
        )
}

#[cfg(test)]
mod tests;
