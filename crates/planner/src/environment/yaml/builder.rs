//! Parser events to spanned nodes, with the rules that hold for whole nodes: duplicate keys, aliases, tags,
//! depth, quotes that run on.

use std::collections::HashMap;

use granit_parser::Event;
use granit_parser::ScalarStyle;
use granit_parser::StructureStyle;

use super::ALIAS_NODES;
use super::ALIAS_TEXT;
use super::DEPTH;
use super::lexer;
use super::scalar;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::source::FileId;
use crate::environment::source::Span;
use crate::environment::tree::Data;
use crate::environment::tree::Entry;
use crate::environment::tree::Node;
use crate::resource::Part;
use crate::resource::Text;
use crate::resource::sentinel;

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

struct Anchored {
    node: Node,
    size: Size,
}

/// What a copy of a node costs.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    text: usize,
    depth: usize,
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

    fn document(&mut self, place: Span) -> Result<(), Stopped> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        self.problem(
            Diagnostic::at(
                "several-documents",
                "a file holds one document",
                place,
                "a second one starts here",
            )
            .hint("put it into a file of its own"),
        );
        Err(Stopped)
    }

    fn refuse_tag(&mut self, at: &granit_parser::Span, node: Span) {
        if at.tag_start.is_none() {
            return;
        }
        let place = at
            .tag_span()
            .and_then(|tag| Some(self.span(tag.start.byte_offset()?, tag.end.byte_offset()?)))
            .unwrap_or(node);
        self.problem(
            Diagnostic::at(
                "yaml-tag",
                "tags are not part of the language",
                place,
                "not expected here",
            )
            .hint("CloudFormation's `!Ref` and `!Sub` belong in a template file; elsewhere write \"text\" or ${...}"),
        );
    }

    fn open(&mut self, place: Span, style: StructureStyle, anchor: usize, kind: Collection) -> Result<(), Stopped> {
        if self.stack.len() >= DEPTH {
            self.problem(super::too_deep(place));
            return Err(Stopped);
        }
        let is_key = self.expects_key();
        if is_key {
            self.problem(
                Diagnostic::at(
                    "complex-key",
                    "a key is text, not a list or a map",
                    place,
                    "expected a text",
                )
                .hint("quote it if it is a reference or holds braces"),
            );
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

    /// Keeps what an alias may copy. Anchors inside anchors are kept twice, so this has the same limit.
    fn anchor(&mut self, anchor: usize, node: &Node, size: Size) -> Result<(), Stopped> {
        if anchor == 0 {
            return Ok(());
        }
        self.kept.add(size);
        self.refuse_excess(self.kept, node.span)?;
        let node = node.clone();
        self.anchors.insert(anchor, Anchored { node, size });
        Ok(())
    }

    fn refuse_excess(&mut self, size: Size, place: Span) -> Result<(), Stopped> {
        if size.nodes <= ALIAS_NODES && size.text <= ALIAS_TEXT {
            return Ok(());
        }
        self.problem(
            Diagnostic::at(
                "alias-limit",
                "aliases make this file too large",
                place,
                "the limit is passed here",
            )
            .hint(format!(
                "anchors and aliases may make {ALIAS_NODES} values with {ALIAS_TEXT} bytes of text in a file"
            )),
        );
        Err(Stopped)
    }

    fn alias(&mut self, anchor: usize, place: Span) -> Result<(), Stopped> {
        let Some(Anchored { node, size }) = self.anchors.get(&anchor) else {
            self.problem(
                Diagnostic::at(
                    "alias-in-itself",
                    "an alias stands inside what it names",
                    place,
                    "never ends",
                )
                .hint("an anchor can be used once its value is complete"),
            );
            self.place(Node::new(Data::Null, place));
            return Ok(());
        };
        let size = *size;
        if let Data::Text(text) = &node.data
            && self.expects_key()
        {
            let name = text.known().unwrap_or_default().to_owned();
            self.key(name, place, false);
            return Ok(());
        }
        if self.stack.len() + size.depth > DEPTH {
            self.problem(super::too_deep(place));
            return Err(Stopped);
        }
        let origin = node.origin.unwrap_or(node.span);
        // The limit is asked before the copy is made.
        self.copied.add(size);
        self.refuse_excess(self.copied, place)?;
        let data = self.anchors.get(&anchor).map(|anchored| anchored.node.data.clone());
        let node = Node {
            data: data.unwrap_or(Data::Null),
            span: place,
            origin: Some(origin),
        };
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

    fn keep_key_anchor(&mut self, anchor: usize, name: &str, place: Span) -> Result<(), Stopped> {
        let size = Size::of_text(name.len());
        self.anchor(anchor, &text_node(name, place), size)
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
            self.problem(
                Diagnostic::at(
                    "empty-key",
                    "a key is missing",
                    span,
                    "expected a name before the colon",
                )
                .hint("write \"\" if the empty text is meant"),
            );
            self.refuse_key(span.end);
            return;
        }
        if plain && name == "<<" {
            self.problem(
                Diagnostic::at(
                    "merge-key",
                    "the merge key `<<` is not part of the language",
                    span,
                    "not expected",
                )
                .hint("share settings through `extends` in an environment file, or through an input of a stack"),
            );
            self.refuse_key(span.end);
            return;
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
            self.refuse_key(span.end);
            return;
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
            self.problem(Diagnostic::at(
                "complex-key",
                "a key is text, not a list or a map",
                node.span,
                "expected a text",
            ));
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

    /// `{a:1}` is the key `a:1` without a value to YAML, and never meant so.
    fn refuse_lone_flow_key(&mut self, value: Span) {
        let Some(Open {
            flow: true,
            kind: Collection::Map { key: Some(key), .. },
            ..
        }) = self.stack.last()
        else {
            return;
        };
        let (name, span) = match key {
            Key::Named { name, span } => (name.clone(), *span),
            Key::Refused { end } => (String::new(), self.span(*end, *end)),
        };
        let behind = self
            .text
            .get(span.end..value.start.max(span.end) + 1)
            .unwrap_or_default();
        if name.is_empty() || behind.contains(':') {
            return;
        }
        let hint = match name.split_once(':') {
            Some((before, after)) => format!("a space is missing behind the colon: `{before}: {after}`"),
            None => format!("write `{name}: value`, or `{name}: null`"),
        };
        self.problem(
            Diagnostic::at(
                "no-value",
                format!("`{name}` has no value"),
                span,
                "expected a colon and a value",
            )
            .hint(hint),
        );
    }

    fn refuse_reserved(&mut self, value: &str, place: Span) {
        let written = self.text.get(place.start..place.end).unwrap_or_default();
        let reserved = |text: &str| text.contains([sentinel::OPEN, sentinel::CLOSE]);
        if reserved(value) && !reserved(written) {
            self.problem(super::reserved_character(place));
        }
    }

    /// Whether a tab stands before a key of block style.
    fn refuse_tab(&mut self, key: Span) {
        let start = lexer::line_start(self.text, key.start);
        let before = self.text.get(start..key.start).unwrap_or_default();
        let prefix = before.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'-' | b'?'));
        if let Some(tab) = before.find('\t')
            && prefix
            && self.tab_line != Some(start)
        {
            self.tab_line = Some(start);
            let at = self.span(start + tab, start + tab + 1);
            self.problem(super::tab(at));
        }
    }

    /// A quoted text that goes on at or before its parent's column has swallowed what should follow it.
    fn refuse_running_quote(&mut self, style: ScalarStyle, place: Span) {
        let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let Some(parent) = self.stack.last().filter(|open| quoted && !open.flow) else {
            return;
        };
        let column = parent.start - lexer::line_start(self.text, parent.start);
        let written = self.text.get(place.start..place.end).unwrap_or_default();
        let runs_on = written.lines().skip(1).any(|line| {
            let text = line.trim_start();
            !text.is_empty() && line.len() - text.len() <= column
        });
        if runs_on {
            let problem = super::syntax::unclosed_quote(self.text, self.file, place.start, Some(place.end));
            self.problem(problem);
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

impl Size {
    fn of_text(length: usize) -> Self {
        Self {
            nodes: 1,
            text: length,
            depth: 0,
        }
    }

    fn add(&mut self, more: Self) {
        self.nodes = self.nodes.saturating_add(more.nodes);
        self.text = self.text.saturating_add(more.text);
    }

    fn of(node: &Node) -> Self {
        let mut size = Self::of_text(0);
        let mut add = |inner: Self| {
            size.nodes += inner.nodes;
            size.text += inner.text;
            size.depth = size.depth.max(inner.depth + 1);
        };
        match &node.data {
            Data::Text(text) => text.parts().iter().for_each(|part| {
                if let Part::Literal(literal) = part {
                    size.text += literal.len();
                }
            }),
            Data::List(items) => {
                add(Self::default());
                items.iter().for_each(|item| add(Self::of(item)));
            }
            Data::Map(entries) => {
                add(Self::default());
                for entry in entries {
                    add(Self {
                        text: entry.key.len(),
                        ..Self::default()
                    });
                    add(Self::of(&entry.value));
                }
            }
            _ => {}
        }
        size
    }
}

fn text_node(text: &str, span: Span) -> Node {
    Node::new(Data::Text(Text::literal(text)), span)
}
