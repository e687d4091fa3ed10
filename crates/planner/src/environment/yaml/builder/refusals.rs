//! What YAML allows and the language does not.

use granit_parser::ScalarStyle;

use super::Builder;
use super::Collection;
use super::Key;
use super::Open;
use super::Stopped;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::source::Span;
use crate::environment::yaml;
use crate::environment::yaml::lexer;
use crate::resource::sentinel;

impl Builder<'_> {
    pub(super) fn document(&mut self, place: Span) -> Result<(), Stopped> {
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

    pub(super) fn refuse_tag(&mut self, at: &granit_parser::Span, node: Span) {
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

    /// `{a:1}` is the key `a:1` without a value to YAML, and never meant so.
    pub(super) fn refuse_lone_flow_key(&mut self, value: Span) {
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

    pub(super) fn refuse_reserved(&mut self, value: &str, place: Span) {
        let written = self.text.get(place.start..place.end).unwrap_or_default();
        let reserved = |text: &str| text.contains([sentinel::OPEN, sentinel::CLOSE]);
        if reserved(value) && !reserved(written) {
            self.problem(yaml::reserved_character(place));
        }
    }

    /// Whether a tab stands before a key of block style.
    pub(super) fn refuse_tab(&mut self, key: Span) {
        let start = lexer::line_start(self.text, key.start);
        let before = self.text.get(start..key.start).unwrap_or_default();
        let prefix = before.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'-' | b'?'));
        if let Some(tab) = before.find('\t')
            && prefix
            && self.tab_line != Some(start)
        {
            self.tab_line = Some(start);
            let at = self.span(start + tab, start + tab + 1);
            self.problem(yaml::tab(at));
        }
    }

    /// A quoted text that goes on at or before its parent's column has swallowed what should follow it.
    pub(super) fn refuse_running_quote(&mut self, style: ScalarStyle, place: Span) {
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
            let problem = yaml::syntax::unclosed_quote(self.text, self.file, place.start, Some(place.end));
            self.problem(problem);
        }
    }
}
