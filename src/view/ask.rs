//! Questions: only on a terminal, and never where `CI` is set.

use std::io::BufRead;
use std::io::IsTerminal;

use super::note;

/// Why nobody was asked, or what was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    /// No terminal, or `CI=true`.
    NobodyThere,
}

/// Asks for a word; only exactly this word is a yes.
pub fn for_word(question: &str, word: &str) -> Answer {
    let continuous_integration = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    if continuous_integration || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Answer::NobodyThere;
    }
    note(&format!(
        "\n{question}\n  Only '{word}' will be accepted.\n\n  Enter a value: "
    ));
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(_) if line.trim() == word => Answer::Yes,
        _ => Answer::No,
    }
}
