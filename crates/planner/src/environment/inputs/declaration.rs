//! Reads the declarations under a stack's `inputs`.

use super::Declaration;
use super::Shape;
use super::fit;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::diagnostic::nearest;
use crate::environment::interpolate::Scope;
use crate::environment::interpolate::poison;
use crate::environment::source::Span;
use crate::environment::tree::Data;
use crate::environment::tree::Entry;
use crate::environment::tree::Node;
use crate::environment::wording::near_or_list;

const TYPES: [&str; 7] = ["string", "integer", "boolean", "list", "map", "object", "secret"];

/// What other tools call the types.
const FOREIGN: [(&str, &str); 12] = [
    ("str", "string"),
    ("text", "string"),
    ("int", "integer"),
    ("number", "integer"),
    ("bool", "boolean"),
    ("array", "list"),
    ("set", "list"),
    ("tuple", "list"),
    ("dict", "map"),
    ("any", "object"),
    ("password", "secret"),
    ("sensitive", "secret"),
];

/// Every word of a declaration, with the types that know it; no types: all.
const WORDS: [(&str, &[&str]); 9] = [
    ("type", &[]),
    ("description", &[]),
    ("default", &[]),
    ("enum", &["string", "integer"]),
    ("min", &["string", "integer", "list", "map"]),
    ("max", &["string", "integer", "list", "map"]),
    ("values", &["list", "map"]),
    ("fields", &["object"]),
    ("open", &["object"]),
];

/// Reads all declarations. Defaults are evaluated in `scope`, which knows neither inputs nor resources.
pub(crate) fn declarations(
    inputs: Option<&Entry>,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Declaration> {
    let Some(inputs) = inputs else {
        return Vec::new();
    };
    let Data::Map(entries) = &inputs.value.data else {
        if !matches!(inputs.value.data, Data::Null) {
            problems.push(not_a_map(&inputs.value, "`inputs`"));
        }
        return Vec::new();
    };
    let mut read = Reader { scope, problems };
    entries
        .iter()
        .filter_map(|entry| {
            read.name(entry)?;
            Some(read.declaration(&entry.key, entry.key_span, &entry.value))
        })
        .collect()
}

struct Reader<'r, 's> {
    scope: &'r Scope<'s>,
    problems: &'r mut Vec<Diagnostic>,
}

impl Reader<'_, '_> {
    fn name(&mut self, entry: &Entry) -> Option<()> {
        let legal = entry.key.starts_with(|c: char| c.is_ascii_alphabetic())
            && entry.key.len() <= 40
            && entry
                .key
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if !legal {
            self.problems.push(
                Diagnostic::at(
                    "bad-name",
                    format!("`{}` cannot be the name of an input", entry.key),
                    entry.key_span,
                    "a letter, then letters, digits, `_` and `-`, 40 at most",
                )
                .hint("a reference must be able to name it: ${input.NAME}"),
            );
        }
        legal.then_some(())
    }

    fn declaration(&mut self, name: &str, span: Span, node: &Node) -> Declaration {
        let mut made = Declaration {
            name: name.to_owned(),
            span,
            shape: Shape::Broken,
            default: None,
            allowed: Vec::new(),
            min: None,
            max: None,
        };
        let Data::Map(entries) = &node.data else {
            let mut problem = not_a_map(node, &format!("the input `{name}`"));
            if let Some(word) = text_of(node).filter(|word| TYPES.contains(word)) {
                problem = problem.hint(format!("write {{ type: {word} }}"));
            }
            self.problems.push(problem);
            return made;
        };
        let Some(word) = self.type_word(name, span, node) else {
            return made;
        };
        let misspelt = self.words(name, word, entries);
        let values = || node.entry("values");
        made.shape = match word {
            "string" => Shape::Text,
            "integer" => Shape::Integer,
            "boolean" => Shape::Boolean,
            "secret" => Shape::Secret,
            "list" => Shape::List(values().map(|entry| Box::new(self.values(name, entry)))),
            "map" => Shape::Map(values().map(|entry| Box::new(self.values(name, entry)))),
            _ => self.object(node),
        };
        self.limits(&mut made, node);
        self.default(&mut made, node);
        if misspelt && made.default.is_none() {
            // The unknown word may mean the default, so nobody is told to give this input.
            made.default = Some(Node::new(poison(), span));
        }
        made
    }

    /// The known type that a declaration names.
    fn type_word(&mut self, name: &str, span: Span, node: &Node) -> Option<&'static str> {
        let Some(declared) = node.get("type") else {
            let problem = Diagnostic::at(
                "missing-type",
                format!("the input `{name}` has no type"),
                span,
                "`type` is missing",
            );
            self.problems
                .push(problem.hint(format!("add `type:`, one of {}", TYPES.join(", "))));
            return None;
        };
        let word = text_of(declared).unwrap_or_default();
        let known = TYPES.into_iter().find(|known| *known == word);
        if known.is_none() {
            let problem = Diagnostic::at(
                "unknown-type",
                format!("the input `{name}` has a type that does not exist"),
                declared.span,
                format!("expected one of {}", TYPES.join(", ")),
            );
            let meant = FOREIGN
                .iter()
                .find(|(foreign, _)| *foreign == word)
                .map(|(_, ours)| *ours);
            self.problems.push(match meant.or_else(|| nearest(word, TYPES)) {
                Some(meant) => problem.hint(format!("did you mean `{meant}`?")),
                None => problem,
            });
        }
        known
    }

    /// Reports words that a declaration of this type does not have; whether there is one that none has.
    fn words(&mut self, name: &str, word: &str, entries: &[Entry]) -> bool {
        let mut unknown = false;
        for entry in entries {
            let Some((_, types)) = WORDS.iter().find(|(known, _)| *known == entry.key) else {
                unknown = true;
                let known: Vec<&str> = WORDS.iter().map(|(known, _)| *known).collect();
                self.problems.push(
                    Diagnostic::at(
                        "unknown-attribute",
                        format!("an input has no `{}`", entry.key),
                        entry.key_span,
                        format!("in the declaration of the input `{name}`"),
                    )
                    .hint(near_or_list(&entry.key, "word", &known)),
                );
                continue;
            };
            if !types.is_empty() && !types.contains(&word) {
                let noun = if types.len() == 1 {
                    "only the type"
                } else {
                    "only the types"
                };
                self.problems.push(Diagnostic::at(
                    "unknown-attribute",
                    format!("an input of type `{word}` takes no `{}`", entry.key),
                    entry.key_span,
                    format!(
                        "{noun} {} {} it",
                        types.join(", "),
                        if types.len() == 1 { "takes" } else { "take" }
                    ),
                ));
            }
        }
        unknown
    }

    fn values(&mut self, name: &str, entry: &Entry) -> Declaration {
        self.declaration(&format!("{name}.*"), entry.key_span, &entry.value)
    }

    fn object(&mut self, node: &Node) -> Shape {
        let open = match node.get("open").map(|open| (&open.data, open)) {
            None | Some((Data::Null, _)) => false,
            Some((Data::Bool(open), _)) => *open,
            Some((_, other)) => {
                self.problems.push(mistyped(other, "true or false"));
                true
            }
        };
        let fields = match node.entry("fields") {
            Some(Entry { value, .. }) => match &value.data {
                Data::Map(entries) => entries.as_slice(),
                _ => {
                    self.problems.push(not_a_map(value, "`fields`"));
                    return Shape::Broken;
                }
            },
            None if open => &[],
            None => {
                self.problems.push(no_fields(node));
                return Shape::Broken;
            }
        };
        let fields = fields
            .iter()
            .filter_map(|entry| {
                self.name(entry)?;
                Some((
                    entry.key.clone(),
                    self.declaration(&entry.key, entry.key_span, &entry.value),
                ))
            })
            .collect();
        Shape::Object { fields, open }
    }

    fn limits(&mut self, made: &mut Declaration, node: &Node) {
        for (word, slot) in [("min", &mut made.min), ("max", &mut made.max)] {
            match node.get(word).map(|limit| (&limit.data, limit)) {
                None | Some((Data::Null, _)) => {}
                Some((Data::Integer(limit), _)) => *slot = Some(*limit),
                Some((_, other)) => self.problems.push(mistyped(other, "a whole number")),
            }
        }
        if let (Some(min), Some(max), Some(limit)) = (made.min, made.max, node.get("max"))
            && min > max
        {
            self.problems.push(Diagnostic::at(
                "empty-range",
                format!("no value of `{}` is both at least {min} and at most {max}", made.name),
                limit.span,
                "`max` is below `min`",
            ));
            (made.min, made.max) = (None, None);
        }
        let Some(allowed) = node.get("enum") else {
            return;
        };
        match &allowed.data {
            Data::List(items) if !items.is_empty() => {
                for item in items {
                    match (&made.shape, &item.data) {
                        (Shape::Text, Data::Text(_)) | (Shape::Integer, Data::Integer(_)) => {
                            made.allowed.push(item.clone());
                        }
                        (Shape::Text, _) => self.problems.push(mistyped(item, "text")),
                        (Shape::Integer, _) => self.problems.push(mistyped(item, "a whole number")),
                        _ => {}
                    }
                }
            }
            _ => self
                .problems
                .push(mistyped(allowed, "a list of the values that are allowed")),
        }
    }

    fn default(&mut self, made: &mut Declaration, node: &Node) {
        let Some(default) = node.get("default") else {
            return;
        };
        let evaluated = self.scope.evaluate(default, self.problems);
        made.default = Some(match evaluated.data {
            Data::Null => evaluated,
            _ => fit::value(evaluated, made, &made.name.clone(), self.problems),
        });
    }
}

fn text_of(node: &Node) -> Option<&str> {
    match &node.data {
        Data::Text(text) => text.known(),
        _ => None,
    }
}

fn no_fields(node: &Node) -> Diagnostic {
    let message = "an object without `fields` admits nothing";
    Diagnostic::at(
        "missing-fields",
        message,
        node.span,
        "neither `fields` nor `open: true`",
    )
    .hint("name its `fields`, or write `open: true` for any keys")
}

fn not_a_map(node: &Node, what: &str) -> Diagnostic {
    Diagnostic::at(
        "wrong-type",
        format!("{what} must be a map, and is {}", node.describe()),
        node.span,
        "expected a map",
    )
}

fn mistyped(node: &Node, expected: &str) -> Diagnostic {
    Diagnostic::at(
        "wrong-type",
        format!("expected {expected}, found {}", node.describe()),
        node.span,
        format!("expected {expected}"),
    )
}
