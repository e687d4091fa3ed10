//! The few styles in use.

use std::fmt::Display;

use anstyle::AnsiColor;
use anstyle::Style;
use eclusa_planner::plan::Action;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(super) const RED: Style = AnsiColor::Red.on_default();
pub(super) const CYAN: Style = AnsiColor::Cyan.on_default();

/// The text in a style.
pub(super) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Terraform's symbols.
pub(super) fn symbol(action: Action) -> String {
    match action {
        Action::Create => paint(GREEN, "+"),
        Action::Update => paint(YELLOW, "~"),
        Action::Replace => format!("{}/{}", paint(RED, "-"), paint(GREEN, "+")),
        Action::Delete => paint(RED, "-"),
        Action::Adopt => paint(CYAN, "="),
        Action::Check => paint(CYAN, "?"),
        Action::Blocked => paint(RED, "!"),
        Action::Keep => " ".to_owned(),
    }
}
