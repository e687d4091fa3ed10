//! What is said about scalars: numbers in range, words of a list, lengths and patterns of texts.

use serde_json::Value as Json;

use super::rule;
use super::rule::Range;
use super::visit::Visitor;
use crate::environment::diagnostic::nearest;
use crate::environment::tree::Data;
use crate::environment::tree::Node;
use crate::resource::Part;
use crate::resource::Reference;
use crate::resource::Text;
use crate::resource::Unknown;

impl Visitor<'_, '_> {
    pub(super) fn number(&mut self, schema: &Json, node: &Node) {
        let (value, written) = match node.data {
            #[allow(clippy::cast_precision_loss)] // limits are far below 2^53
            Data::Integer(value) => (value as f64, value.to_string()),
            Data::Float(value) => (value, value.to_string()),
            _ => return,
        };
        let range = Range::of(schema);
        if !range.holds(value) {
            let message = format!("{}: expected {}, found {written}", self.name(), range.describe());
            let label = format!("expected {}", range.describe());
            self.report(node, "out-of-range", message, label, None);
        }
    }

    pub(super) fn text(&mut self, schema: &Json, text: &Text, node: &Node) {
        let range = Range::of_count(schema, "minLength", "maxLength");
        if let Some(length) = length(text).filter(|length| !range.holds(f64::from(*length))) {
            let message = format!(
                "{}: expected {} characters, found {length}",
                self.name(),
                range.describe()
            );
            let label = format!("expected {} characters", range.describe());
            self.report(node, "out-of-range", message, label, counted(text));
        }
        let pattern = schema.get("pattern").and_then(Json::as_str);
        let regex = pattern.and_then(|pattern| regex_lite::Regex::new(pattern).ok());
        if let (Some(pattern), Some(regex), Some(known)) = (pattern, regex, text.known())
            && !regex.is_match(known)
        {
            let message = format!("{}: `{known}` does not match `{pattern}`", self.name());
            self.report(node, "no-match", message, format!("expected `{pattern}`"), None);
        }
    }

    pub(super) fn word(&mut self, words: &[&Json], node: &Node) {
        if let Data::Text(text) = &node.data
            && text.known().is_none()
        {
            return self.refuse_reference(text, node, &listed(words));
        }
        let found = match &node.data {
            Data::Text(text) => Json::from(text.to_string()),
            Data::Integer(value) => Json::from(*value),
            Data::Float(value) => Json::from(*value),
            Data::Bool(value) => Json::from(*value),
            _ => Json::Null,
        };
        if words.contains(&&found) {
            return;
        }
        let shown = match &node.data {
            Data::List(_) | Data::Map(_) => node.describe().to_owned(),
            _ => shown(&found),
        };
        let meant = found
            .as_str()
            .and_then(|word| nearest(word, words.iter().filter_map(|word| word.as_str())))
            .map(|meant| format!("did you mean `{meant}`?"));
        let message = format!("{}: expected {}, found {shown}", self.name(), listed(words));
        let label = match words {
            [_] => format!("expected {}", listed(words)),
            _ => "not one of these".to_owned(),
        };
        self.report(node, "not-allowed", message, label, meant);
    }

    pub(super) fn wrong_type(&mut self, alternatives: &[&Json], node: &Node) {
        let expected = rule::expected(alternatives);
        if let Data::Text(text) = &node.data
            && text.known().is_none()
        {
            return self.refuse_reference(text, node, &expected);
        }
        let takes = |data: &Data| alternatives.iter().any(|schema| rule::takes(schema, data));
        let hint = match &node.data {
            Data::Text(text) => unquoted(text.known().unwrap_or_default())
                .filter(|data| takes(data))
                .map(|_| "write it without quotes".to_owned()),
            Data::Bool(_) | Data::Integer(_) | Data::Float(_) if takes(&Data::Text(Text::default())) => {
                Some("put it into quotes".to_owned())
            }
            _ => None,
        };
        let message = format!("{}: expected {expected}, found {}", self.name(), node.describe());
        self.report(node, "wrong-type", message, format!("expected {expected}"), hint);
    }

    /// A reference stands for text that nobody knows yet.
    fn refuse_reference(&mut self, text: &Text, node: &Node, expected: &str) {
        let reference = text.unknowns().next().map(written).unwrap_or_default();
        let message = format!("{}: expected {expected}, found {reference}, which is text", self.name());
        let label = "text that is not known before the apply".to_owned();
        let hint = "write the value here, or pass it through an input".to_owned();
        self.report(node, "reference-not-text", message, label, Some(hint));
    }
}

/// As a file writes it, without the instance.
pub(super) fn written(unknown: &Unknown) -> String {
    match unknown {
        Unknown::Output(Reference { address, output }) => {
            let key = address.key.as_ref().map_or_else(String::new, |key| format!("[{key}]"));
            format!("${{{}.{}{key}.{output}}}", address.kind, address.name)
        }
        Unknown::Place(field) => format!("${{{}}}", field.reference()),
    }
}

/// Characters of a text, a place's fields counted as long as they will be; `None` with an output in it.
fn length(text: &Text) -> Option<u32> {
    let lengths = text.parts().iter().map(|part| match part {
        Part::Literal(literal) => Some(literal.chars().count()),
        Part::Unknown(Unknown::Place(field)) => Some(field.length()),
        Part::Unknown(Unknown::Output(_)) => None,
    });
    lengths
        .sum::<Option<usize>>()
        .map(|length| u32::try_from(length).unwrap_or(u32::MAX))
}

/// Which lengths were counted without knowing the text.
fn counted(text: &Text) -> Option<String> {
    let counted: Vec<String> = text
        .unknowns()
        .filter_map(|unknown| match unknown {
            Unknown::Place(field) => Some(format!("{} for {}", field.length(), field.reference())),
            Unknown::Output(_) => None,
        })
        .collect();
    (!counted.is_empty()).then(|| format!("this counts {}", counted.join(", ")))
}

/// What a quoted text would be without its quotes, if not text.
fn unquoted(text: &str) -> Option<Data> {
    match text {
        "true" => Some(Data::Bool(true)),
        "false" => Some(Data::Bool(false)),
        _ => {
            let integer = text.parse::<i64>().ok().filter(|value| value.to_string() == text);
            integer.map(Data::Integer).or_else(|| {
                text.parse::<f64>()
                    .ok()
                    .filter(|value| value.is_finite())
                    .map(Data::Float)
            })
        }
    }
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

fn listed(words: &[&Json]) -> String {
    let shown: Vec<String> = words.iter().map(|word| shown(word)).collect();
    match shown.as_slice() {
        [] => "nothing".to_owned(),
        [word] => word.clone(),
        words => format!("one of {}", words.join(", ")),
    }
}
