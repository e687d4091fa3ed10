//! Problems for the reader of a file: what is wrong, framed at every place it concerns, what was expected,
//! and what to do. Problems are collected, never first-only.

mod nearest;
mod render;
#[cfg(test)]
mod tests;

use super::source::Span;

pub use nearest::nearest;
pub use render::render;
pub use render::render_with;

/// Code of the problem that a secret's text stands in a file. The primary place of such a problem is concealed,
/// in the frames of every problem rendered with it.
pub const PLAIN_SECRET: &str = "plain-secret";

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// Stable, kebab-case: `unknown-attribute`, `kind-not-built`.
    pub code: &'static str,
    /// One sentence without a full stop.
    pub message: String,
    /// The first is the primary place; a problem without a place (a missing file) has none.
    pub labels: Vec<Label>,
    /// The word meant, the command to type, the way out.
    pub hint: Option<String>,
}

/// A framed place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

impl Diagnostic {
    /// A problem framed at one place.
    pub fn at(code: &'static str, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self {
            labels: vec![Label {
                span,
                text: label.into(),
            }],
            ..Self::nowhere(code, message)
        }
    }

    /// A problem without a place in a file.
    pub fn nowhere(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            labels: Vec::new(),
            hint: None,
        }
    }

    /// Adds a second place.
    #[must_use]
    pub fn and_at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: label.into(),
        });
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
