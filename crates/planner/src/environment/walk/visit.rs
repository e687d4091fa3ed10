//! The walk itself: which part of the schema holds for which node.

use serde_json::Value as Json;

use super::Absence;
use super::Walk;
use super::leaf;
use super::rule;
use super::rule::Range;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::diagnostic::PLAIN_SECRET;
use crate::environment::diagnostic::nearest;
use crate::environment::source::Span;
use crate::environment::tree::Data;
use crate::environment::tree::Entry;
use crate::environment::tree::Node;
use crate::resource::Segment;
use crate::schema::Takes;

/// What takes anything; secrets and resources in it are still looked for.
const ANYTHING: Json = Json::Bool(true);
/// As many known attributes are listed where none is alike.
const LISTED: usize = 12;

pub(super) struct Visitor<'w, 'p> {
    walk: Walk<'w>,
    path: Vec<Segment>,
    problems: &'p mut Vec<Diagnostic>,
}

impl<'w, 'p> Visitor<'w, 'p> {
    pub(super) fn new(walk: Walk<'w>, problems: &'p mut Vec<Diagnostic>) -> Self {
        Self {
            walk,
            path: Vec::new(),
            problems,
        }
    }

    pub(super) fn root(&mut self, node: &Node) {
        self.visit(self.walk.schema, node, self.walk.key.unwrap_or(node.span));
    }

    /// `key` is where a missing attribute of this node is framed.
    fn visit(&mut self, schema: &Json, node: &Node, key: Span) {
        if node.data == Data::Null {
            return;
        }
        if self.walk.secrets.iter().any(|path| self.is_at(path)) {
            return self.secret(node);
        }
        if let Some(takes) = self.walk.takes.iter().find(|takes| self.is_at(&[takes.attribute])) {
            return self.whole(takes, node);
        }
        match &node.data {
            Data::Secret(_) if self.walk.may_be_secret.iter().any(|path| self.is_at(path)) => return,
            Data::Secret(_) => return self.refuse_secret(node),
            Data::Handle(address) => {
                let message = format!("{}: a whole resource cannot stand here", self.name());
                let hint = format!("name one of its outputs: ${{{}.{}.…}}", address.kind, address.name);
                return self.report(
                    node,
                    "resource-not-allowed",
                    message,
                    "a whole resource".into(),
                    Some(hint),
                );
            }
            _ => {}
        }
        let alternatives = rule::alternatives(self.walk.schema, schema);
        let words: Option<Vec<_>> = alternatives.iter().map(|schema| rule::words(schema)).collect();
        if let Some(words) = words.filter(|words| !words.is_empty()) {
            return self.word(&words.concat(), node);
        }
        let fitting: Vec<&Json> = alternatives
            .iter()
            .copied()
            .filter(|schema| rule::takes(schema, &node.data))
            .collect();
        match fitting.as_slice() {
            [] => self.wrong_type(&alternatives, node),
            [schema] => self.hold(schema, node, key),
            several => self.hold_best(several, node, key),
        }
    }

    /// Of several alternatives of the right type, the one with the fewest problems.
    fn hold_best(&mut self, alternatives: &[&Json], node: &Node, key: Span) {
        let mut best: Option<Vec<Diagnostic>> = None;
        for schema in alternatives {
            let mut found = Vec::new();
            let mut inner = Visitor {
                walk: self.walk,
                path: self.path.clone(),
                problems: &mut found,
            };
            inner.hold(schema, node, key);
            if best.as_ref().is_none_or(|best| found.len() < best.len()) {
                best = Some(found);
            }
        }
        self.problems.extend(best.unwrap_or_default());
    }

    /// Holds a node against a schema that takes its type.
    fn hold(&mut self, schema: &Json, node: &Node, key: Span) {
        if *schema == Json::Bool(false) {
            let message = format!("{}: nothing may stand here", self.name());
            return self.report(node, "not-allowed", message, "not expected".into(), None);
        }
        if let Some(words) = rule::words(schema) {
            return self.word(&words, node);
        }
        match &node.data {
            Data::Integer(_) | Data::Float(_) => self.number(schema, node),
            Data::Text(text) => self.text(schema, text, node),
            Data::List(items) => self.list(schema, items, node),
            Data::Map(entries) => self.map(schema, entries, node, key),
            Data::Null | Data::Bool(_) | Data::Secret(_) | Data::Handle(_) => {}
        }
    }

    fn list(&mut self, schema: &Json, items: &[Node], node: &Node) {
        let range = Range::of_count(schema, "minItems", "maxItems");
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        if !range.holds(f64::from(count)) {
            let message = format!("{}: expected {} items, found {count}", self.name(), range.describe());
            let label = format!("expected {} items", range.describe());
            self.report(node, "out-of-range", message, label, None);
        }
        let item_schema = schema.get("items").unwrap_or(&ANYTHING);
        for (index, item) in items.iter().enumerate() {
            self.path.push(Segment::Index(index));
            self.visit(item_schema, item, item.span);
            self.path.pop();
        }
    }

    fn map(&mut self, schema: &Json, entries: &[Entry], node: &Node, key: Span) {
        let properties = schema.get("properties").and_then(Json::as_object);
        let additional = schema.get("additionalProperties").unwrap_or(&ANYTHING);
        let known: Vec<&str> = properties
            .into_iter()
            .flat_map(|properties| properties.keys())
            .map(String::as_str)
            .collect();
        let mut meant = Vec::new();
        for entry in entries {
            let schema = properties.and_then(|properties| properties.get(&entry.key));
            if schema.is_none() && *additional == Json::Bool(false) {
                meant.extend(self.unknown(entry, &known));
                continue;
            }
            self.path.push(Segment::Key(entry.key.clone()));
            self.visit(schema.unwrap_or(additional), &entry.value, entry.key_span);
            self.path.pop();
        }
        let required = schema.get("required").and_then(Json::as_array);
        for name in required.into_iter().flatten().filter_map(Json::as_str) {
            let declared = entries.iter().find(|entry| entry.key == name);
            match declared {
                Some(entry) if entry.value.data != Data::Null => {}
                // The misspelt one is the same mistake.
                None if meant.iter().any(|meant| meant == name) => {}
                entry => self.missing(name, entry, node, key),
            }
        }
    }

    /// Reports an unknown attribute; the word it means, if one is near.
    fn unknown(&mut self, entry: &Entry, known: &[&str]) -> Option<String> {
        let named = self.walk.near_misses.iter().find(|(word, _)| *word == entry.key);
        let options = if self.path.is_empty() { self.walk.options } else { &[] };
        let meant = match named {
            Some((_, meant)) => Some(*meant),
            None => nearest(&entry.key, known.iter().chain(options).copied()),
        };
        let message = format!("{} has no attribute `{}`", self.name(), entry.key);
        let mut problem = Diagnostic::at("unknown-attribute", message, entry.key_span, "not known");
        problem.hint = match meant {
            Some(meant) => Some(format!("did you mean `{meant}`?")),
            None if known.is_empty() || known.len() > LISTED => None,
            None => Some(format!("there is {}", known.join(", "))),
        };
        self.problems.push(problem);
        if let Some(meant) = meant {
            self.path.push(Segment::Key(meant.to_owned()));
            self.secrets_below(&entry.value);
            self.path.pop();
        }
        meant.map(str::to_owned)
    }

    /// What would be a secret under the attribute that was meant is one: so that its text is concealed.
    fn secrets_below(&mut self, node: &Node) {
        let Data::Map(entries) = &node.data else {
            return;
        };
        for entry in entries {
            self.path.push(Segment::Key(entry.key.clone()));
            match self.walk.secrets.iter().any(|path| self.is_at(path)) {
                true => self.secret(&entry.value),
                false => self.secrets_below(&entry.value),
            }
            self.path.pop();
        }
    }

    fn missing(&mut self, name: &str, null: Option<&Entry>, node: &Node, key: Span) {
        let message = format!("{} needs `{name}`", self.name());
        let label = format!("`{name}` is missing");
        let code = "missing-attribute";
        let problem = match ((self.walk.absent)(&self.path_to(name)), null) {
            (Some(Absence { reason, span }), _) => {
                let problem = Diagnostic::at(code, format!("{message}: {reason}"), key, label);
                match span {
                    Some(span) => problem.and_at(span, reason),
                    None => problem,
                }
            }
            (None, Some(entry)) => {
                let message = format!("{message}: null is not declared");
                Diagnostic::at(code, message, entry.key_span, "null here")
            }
            (None, None) => Diagnostic::at(code, message, key, label),
        };
        self.problems.push(with_origin(problem, node));
    }

    fn path_to(&self, name: &str) -> Vec<String> {
        let segments = self.path.iter().map(|segment| match segment {
            Segment::Key(key) => key.clone(),
            Segment::Index(index) => index.to_string(),
        });
        segments.chain([name.to_owned()]).collect()
    }

    /// Framed first where the text stands, which is what a rendering conceals.
    fn secret(&mut self, node: &Node) {
        // A map that names a source is a secret spelt wrong, which its reader reports.
        if matches!(node.data, Data::Secret(_)) || node.entry("secret").is_some() {
            return;
        }
        let message = format!("{}: expected {{ secret: … }}, found {}", self.name(), node.describe());
        let hint = "write { secret: \"env:NAME\" }, \"file:PATH\" or \"aws:SECRET_ID#json_key\", or pass it through an \
                    input of type secret";
        let value = node.origin.unwrap_or(node.span);
        let mut problem = Diagnostic::at(PLAIN_SECRET, message, value, "a secret stands here").hint(hint);
        if value != node.span {
            problem = problem.and_at(node.span, "it is used here");
        }
        self.problems.push(problem);
    }

    /// A resource of the kind that is asked for, as a whole.
    fn whole(&mut self, takes: &Takes, node: &Node) {
        let found = match &node.data {
            Data::Handle(address) if address.kind == takes.kind => return,
            Data::Handle(address) => format!("${{{}.{}}}", address.kind, address.name),
            Data::Text(text) => match text.unknowns().next() {
                Some(unknown) => leaf::written(unknown),
                None => "text".to_owned(),
            },
            _ => node.describe().to_owned(),
        };
        let expected = format!("a whole {}", takes.kind);
        let message = format!("{}: expected {expected}, found {found}", self.name());
        let hint = format!(
            "write ${{{kind}.NAME}}, without an output; one that is not made here is declared with `existing:`",
            kind = takes.kind
        );
        self.report(
            node,
            "resource-needed",
            message,
            format!("expected {expected}"),
            Some(hint),
        );
    }

    fn refuse_secret(&mut self, node: &Node) {
        let message = format!("{}: a secret cannot stand here", self.name());
        let paths = self.walk.secrets.iter().chain(self.walk.may_be_secret);
        let paths: Vec<String> = paths.map(|path| format!("`{}`", path.join("."))).collect();
        let hint = match paths.is_empty() {
            true => "no attribute here takes a secret: its text would be shown in plans".to_owned(),
            false => format!("secrets stand in {}", paths.join(", ")),
        };
        self.report(node, "secret-not-allowed", message, "a secret".into(), Some(hint));
    }

    fn is_at(&self, path: &[&str]) -> bool {
        let matches = |(wanted, segment): (&&str, &Segment)| match segment {
            Segment::Key(key) => wanted
                .strip_prefix('*')
                .map_or(*wanted == key, |end| key.ends_with(end)),
            Segment::Index(_) => *wanted == "*",
        };
        path.len() == self.path.len() && path.iter().zip(&self.path).all(matches)
    }

    /// What is walked: `` `redrive_policy.max_receive_count` of aws_sqs_queue.ingest ``.
    pub(super) fn name(&self) -> String {
        let mut path = String::new();
        for segment in &self.path {
            match segment {
                Segment::Key(key) if path.is_empty() => path.push_str(key),
                Segment::Key(key) => path.extend([".", key]),
                Segment::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        match path.as_str() {
            "" => self.walk.owner.to_owned(),
            path => format!("`{path}` of {}", self.walk.owner),
        }
    }

    /// Frames a problem at a node and at where its value came from.
    pub(super) fn report(
        &mut self,
        node: &Node,
        code: &'static str,
        message: String,
        label: String,
        hint: Option<String>,
    ) {
        let mut problem = with_origin(Diagnostic::at(code, message, node.span, label), node);
        problem.hint = hint;
        self.problems.push(problem);
    }
}

fn with_origin(problem: Diagnostic, node: &Node) -> Diagnostic {
    match node.origin.filter(|origin| *origin != node.span) {
        Some(origin) => problem.and_at(origin, "the value comes from here"),
        None => problem,
    }
}
