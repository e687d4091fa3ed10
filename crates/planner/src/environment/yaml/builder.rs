//! Parser events to spanned nodes, with the rules that hold for whole nodes: duplicate keys, aliases, tags,
//! depth, quotes that run on.

mod aliases;
mod refusals;

use std::collections::HashMap;

use granit_parser::Event;
use granit_parser::ScalarStyle;
use granit_parser::StructureStyle;

use self::aliases::Anchored;
use self::aliases::Size;
use super::DEPTH;
use super::scalar;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::source::FileId;
use crate::environment::source::Span;
use crate::environment::tree::Data;
use crate::environment::tree::Entry;
use crate::environment::tree::Node;
use crate::resource::Text;

/// The problem that ended the file is among the builder's.
#[derive(Debug)]
pub(super) struct Stopped;

/// Builds the tree of one file.
pub(super) struct Builder<'t> {
    /// As the file has it; the parser may see a text of the same length in which references are masked.
    text: &'t str,
    file: FileId,
    pub(super) problems: Vec<Diagnostic>,
    pub(super) root: Option<Node>,
    stack: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    /// Copied by aliases, and kept for them.
    copied: Size,
    kept: Size,
    documents: usize,
    tab_line: Option<usize>,
    /// Where the last event that has a text ended.
    pub(super) understood: usize,
    /// The last scalar with a text.
    pub(super) last_scalar: Option<(usize, usize)>,
}

/// A collection whose end has not come.
struct Open {
    start: usize,
    flow: bool,
    anchor: usize,
    kind: Collection,
    is_key: bool,
}

enum Collection {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        seen: HashMap<String, Span>,
        key: Option<Key>,
    },
}

/// A key that waits for its value; a refused one takes its value with it.
enum Key {
    Named { name: String, span: Span },
    Refused { end: usize },
}

impl<'t> Builder<'t> {
    pub(super) fn new(text: &'t str, file: FileId) -> Self {
        Self {
            text,
            file,
            problems: Vec::new(),
            root: None,
            stack: Vec::new(),
            anchors: HashMap::new(),
            copied: Size::default(),
            kept: Size::default(),
            documents: 0,
            tab_line: None,
            understood: 0,
            last_scalar: None,
        }
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span {
            file: self.file,
            start,
            end: end.max(start),
        }
    }

    /// Starts of the `{` and `[` that are open, outermost first.
    pub(super) fn open_flows(&self) -> impl Iterator<Item = usize> {
        self.stack.iter().filter(|open| open.flow).map(|open| open.start)
    }

    /// Takes one event of the parser.
    pub(super) fn event(&mut self, event: Event<'_>, at: granit_parser::Span) -> Result<(), Stopped> {
        let start = at.start.byte_offset().unwrap_or(self.understood);
        let end = at.end.byte_offset().unwrap_or(start);
        if end > start {
            self.understood = end;
        }
        let place = self.span(start, end);
        self.refuse_tag(&at, place);
        match event {
            Event::DocumentStart(..) => self.document(place),
            Event::SequenceStart(style, anchor, _) => self.open(place, style, anchor, Collection::List(Vec::new())),
            Event::MappingStart(style, anchor, _) => self.open(place, style, anchor, Collection::empty_map()),
            Event::SequenceEnd | Event::MappingEnd => self.close(place),
            Event::Alias(anchor) => self.alias(anchor, place),
            Event::UnresolvedAlias(name) => {
                self.problem(
                    Diagnostic::at(
                        "unknown-anchor",
                        format!("no anchor `&{name}` stands above"),
                        place,
                        "not defined",
                    )
                    .hint(format!("write \"*{name}\" if it is meant as text")),
                );
                self.place(text_node(&format!("*{name}"), place));
                Ok(())
            }
            Event::Scalar(value, style, anchor, _) => self.scalar(&value, style, anchor, place, at.indent.is_some()),
            _ => Ok(()),
        }
    }

    fn problem(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    fn open(&mut self, place: Span, style: StructureStyle, anchor: usize, kind: Collection) -> Result<(), Stopped> {
        if self.stack.len() >= DEPTH {
            self.problem(super::too_deep(place));
            return Err(Stopped);
        }
        let is_key = self.expects_key();
        if is_key {
            self.problem(complex_key(place));
        }
        self.stack.push(Open {
            start: place.start,
            flow: style == StructureStyle::Flow,
            anchor,
            kind,
            is_key,
        });
        Ok(())
    }

    fn close(&mut self, place: Span) -> Result<(), Stopped> {
        let Some(open) = self.stack.pop() else {
            return Ok(());
        };
        let (data, last) = match open.kind {
            Collection::List(items) => {
                let last = items.last().map(|item| item.span.end);
                (Data::List(items), last)
            }
            Collection::Map { entries, .. } => {
                let last = entries.last().map(|entry| entry.value.span.end.max(entry.key_span.end));
                (Data::Map(entries), last)
            }
        };
        let end = if open.flow {
            place.end
        } else {
            last.unwrap_or(open.start)
        };
        let node = Node::new(data, self.span(open.start, end));
        if open.is_key {
            self.refuse_key(end);
            return Ok(());
        }
        let size = if open.anchor == 0 {
            Size::default()
        } else {
            Size::of(&node)
        };
        self.anchor(open.anchor, &node, size)?;
        self.place(node);
        Ok(())
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        anchor: usize,
        place: Span,
        block_key: bool,
    ) -> Result<(), Stopped> {
        let empty = place.start == place.end && style == ScalarStyle::Plain;
        if !empty {
            self.last_scalar = Some((place.start, place.end));
        }
        let masked = self.masked(style, place);
        let value = masked.as_deref().unwrap_or(value);
        if style != ScalarStyle::Plain {
            self.refuse_reserved(value, place);
            self.refuse_running_quote(style, place);
        }
        if self.expects_key() {
            if block_key {
                self.refuse_tab(place);
            }
            let name = if empty { String::new() } else { value.to_owned() };
            self.keep_key_anchor(anchor, &name, place)?;
            self.key(name, place, style == ScalarStyle::Plain);
            return Ok(());
        }
        let node = match style {
            ScalarStyle::Plain if empty => Node::new(Data::Null, self.after_colon(place)),
            ScalarStyle::Plain => self.plain(value, place),
            _ => text_node(value, place),
        };
        if empty {
            self.refuse_lone_flow_key(place);
        }
        let size = Size::of_text(value.len());
        self.anchor(anchor, &node, size)?;
        self.place(node);
        Ok(())
    }

    /// The file's own text of a plain scalar in which the parser saw a masked reference.
    fn masked(&self, style: ScalarStyle, place: Span) -> Option<String> {
        let written = self.text.get(place.start..place.end)?;
        let masked = style == ScalarStyle::Plain && written.contains("${") && self.open_flows().next().is_some();
        masked.then(|| written.to_owned())
    }

    fn plain(&mut self, value: &str, place: Span) -> Node {
        let (data, refusal) = scalar::read(value);
        if let Some(refusal) = refusal {
            self.problem(Diagnostic::at(refusal.code, refusal.message, place, refusal.label).hint(refusal.hint));
        }
        Node::new(data, place)
    }

    /// An empty value stands behind the colon, not on it.
    fn after_colon(&self, place: Span) -> Span {
        let on_colon = self.text.as_bytes().get(place.start) == Some(&b':');
        let at = place.start + usize::from(on_colon);
        self.span(at, at)
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.stack.last(),
            Some(Open {
                kind: Collection::Map { key: None, .. },
                ..
            })
        )
    }

    fn key(&mut self, name: String, span: Span, plain: bool) {
        if plain && name.is_empty() {
            let expected = "expected a name before the colon";
            self.problem(
                Diagnostic::at("empty-key", "a key is missing", span, expected)
                    .hint("write \"\" if the empty text is meant"),
            );
            return self.refuse_key(span.end);
        }
        if plain && name == "<<" {
            let message = "the merge key `<<` is not part of the language";
            self.problem(
                Diagnostic::at("merge-key", message, span, "not expected")
                    .hint("share settings through `extends` in an environment file, or through an input of a stack"),
            );
            return self.refuse_key(span.end);
        }
        let Some(Open {
            kind: Collection::Map { seen, key, .. },
            ..
        }) = self.stack.last_mut()
        else {
            return;
        };
        if let Some(first) = seen.get(&name).copied() {
            self.problem(
                Diagnostic::at("duplicate-key", format!("`{name}` is given twice"), span, "given again")
                    .and_at(first, "first given here")
                    .hint("keep one of the two"),
            );
            return self.refuse_key(span.end);
        }
        seen.insert(name.clone(), span);
        *key = Some(Key::Named { name, span });
    }

    fn refuse_key(&mut self, end: usize) {
        if let Some(Open {
            kind: Collection::Map { key, .. },
            ..
        }) = self.stack.last_mut()
        {
            *key = Some(Key::Refused { end });
        }
    }

    /// Puts a complete node where it belongs.
    fn place(&mut self, node: Node) {
        if self.expects_key() {
            self.problem(complex_key(node.span));
            self.refuse_key(node.span.end);
            return;
        }
        match self.stack.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(Collection::List(items)) => items.push(node),
            Some(Collection::Map { entries, key, .. }) => {
                if let Some(Key::Named { name, span }) = key.take() {
                    entries.push(Entry {
                        key: name,
                        key_span: span,
                        value: node,
                    });
                }
            }
        }
    }
}

impl Collection {
    fn empty_map() -> Self {
        Self::Map {
            entries: Vec::new(),
            seen: HashMap::new(),
            key: None,
        }
    }
}

fn text_node(text: &str, span: Span) -> Node {
    Node::new(Data::Text(Text::literal(text)), span)
}

fn complex_key(place: Span) -> Diagnostic {
    let message = "a key is text, not a list or a map";
    Diagnostic::at("complex-key", message, place, "expected text").hint("quote it if it is a reference or holds braces")
}
