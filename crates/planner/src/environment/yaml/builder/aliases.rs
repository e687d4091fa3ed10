//! Anchors and aliases: what is copied, and how much of it.

use super::super::ALIAS_NODES;
use super::super::ALIAS_TEXT;
use super::super::DEPTH;
use super::Builder;
use super::Stopped;
use super::text_node;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::source::Span;
use crate::environment::tree::Data;
use crate::environment::tree::Node;
use crate::environment::yaml;
use crate::resource::Part;

/// A complete value that aliases may name.
pub(super) struct Anchored {
    node: Node,
    size: Size,
}

/// What a copy of a node costs.
#[derive(Clone, Copy, Default)]
pub(super) struct Size {
    nodes: usize,
    text: usize,
    depth: usize,
}

impl Builder<'_> {
    /// Keeps what an alias may copy. Anchors inside anchors are kept twice, so this has the same limit.
    pub(super) fn anchor(&mut self, anchor: usize, node: &Node, size: Size) -> Result<(), Stopped> {
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

    pub(super) fn alias(&mut self, anchor: usize, place: Span) -> Result<(), Stopped> {
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
        let (size, origin) = (*size, node.origin.unwrap_or(node.span));
        if self.stack.len() + size.depth > DEPTH {
            self.problem(yaml::too_deep(place));
            return Err(Stopped);
        }
        // The limit is asked before the copy is made.
        self.copied.add(size);
        self.refuse_excess(self.copied, place)?;
        let data = self.anchors.get(&anchor).map(|anchored| anchored.node.data.clone());
        match data.unwrap_or(Data::Null) {
            Data::Text(text) if self.expects_key() => self.key(text.to_string(), place, false),
            data => self.place(Node {
                data,
                span: place,
                origin: Some(origin),
            }),
        }
        Ok(())
    }

    pub(super) fn keep_key_anchor(&mut self, anchor: usize, name: &str, place: Span) -> Result<(), Stopped> {
        let size = Size::of_text(name.len());
        self.anchor(anchor, &text_node(name, place), size)
    }
}

impl Size {
    pub(super) fn of_text(length: usize) -> Self {
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

    pub(super) fn of(node: &Node) -> Self {
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
