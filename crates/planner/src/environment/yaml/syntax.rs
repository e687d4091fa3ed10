//! What the parser's errors mean to the writer of the file: framed where the mistake was made, which is often
//! not where the parser noticed it.

use granit_parser::ErrorKind;
use granit_parser::ScanError;

use super::builder::Builder;
use super::lexer;
use super::lexer::Finding;
use super::lexer::Lexer;
use crate::environment::diagnostic::Diagnostic;
use crate::environment::source::FileId;
use crate::environment::source::Span;

const CODE: &str = "yaml-syntax";

/// Explains one error of the parser.
pub(super) fn explain(text: &str, file: FileId, error: &ScanError, builder: &Builder<'_>) -> Diagnostic {
    let at = floor(text, error.marker().byte_offset().unwrap_or(builder.understood));
    let place = |start: usize, end: usize| Span { file, start, end };
    let depth = builder.open_flows().count();
    let kind = error.kind();
    if let Some(tab) = first_tab(text, builder.understood, at, depth, is_about_tabs(kind)) {
        return super::tab(place(tab, tab + 1));
    }
    let here = place(at, next_character(text, at));
    match kind {
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            unclosed_quote(text, file, at, None)
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            let (open, end) = quote_before(text, builder.understood, depth, at);
            if text.get(open..at).is_some_and(|quoted| quoted.contains('\n')) {
                unclosed_quote(text, file, open, Some(end))
            } else {
                text_behind_quote(text, place(open, end), here)
            }
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate => bad_escape(text, file, at),
        ErrorKind::RecursionLimitExceeded => super::too_deep(here),
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::MismatchedFlowCollectionEnd { .. }
        | ErrorKind::InvalidColonPlacement => unfinished_flow(text, file, here, builder),
        ErrorKind::MappingValueNotAllowed => misplaced_colon(text, file, here, builder),
        ErrorKind::ExpectedDocumentStart
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation => misplaced_line(text, file, at),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => no_colon(text, file, at),
        ErrorKind::MissingAnchorOrAliasName => Diagnostic::at(
            CODE,
            "a `*` or `&` here needs a name behind it",
            here,
            "no name follows",
        )
        .hint("quote the text if it is meant literally: \"*\""),
        ErrorKind::UnexpectedCharacter { character } => unexpected_character(*character, here),
        ErrorKind::DirectiveDisallowed => {
            Diagnostic::at(CODE, "directives are not part of the language", here, "not expected")
                .hint("remove the line; files are read as YAML 1.2")
        }
        ErrorKind::MisplacedFlowCollectionEnd => {
            Diagnostic::at(CODE, "this bracket closes nothing", here, "nothing is open")
                .hint("remove it, or quote the text that begins with it")
        }
        _ => Diagnostic::at(CODE, error.info().to_owned(), here, "the parser stopped here"),
    }
}

/// A quote that opens at `open` and, if `end` is given, closes by accident somewhere else.
pub(super) fn unclosed_quote(text: &str, file: FileId, open: usize, end: Option<usize>) -> Diagnostic {
    let place = |start: usize, end: usize| Span { file, start, end };
    let problem = Diagnostic::at(
        "unclosed-quote",
        "this quote is not closed",
        place(open, next_character(text, open)),
        "opened here",
    )
    .hint("close it on its line; a longer text is written with `|` or `>` and indented lines below");
    match end {
        Some(end) => {
            let last = floor(text, end.saturating_sub(1));
            problem.and_at(place(last, end.min(text.len())), "the next one ends it here")
        }
        None => problem,
    }
}

fn text_behind_quote(text: &str, quoted: Span, here: Span) -> Diagnostic {
    let hint = match text.as_bytes().get(quoted.start) {
        Some(b'\'') => "write '' for a quote inside '...', or put the text into \"...\"",
        _ => "write \\\" for a quote inside \"...\", or put the text into '...'",
    };
    Diagnostic::at(
        "unclosed-quote",
        "text follows a closing quote",
        quoted,
        "the quoted text is this",
    )
    .and_at(here, "not expected here")
    .hint(hint)
}

fn is_about_tabs(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::InvalidBlockEntryWhitespace
            | ErrorKind::InvalidMappingValueWhitespace
    )
}

/// The tab that indents between what was understood and the error's line; behind it, if the parser says that
/// a tab is the matter.
fn first_tab(text: &str, from: usize, at: usize, depth: usize, anywhere: bool) -> Option<usize> {
    let limit = if anywhere {
        text.len()
    } else {
        lexer::line_end(text, at)
    };
    // A line that starts with its indentation shows a tab in it only when looked at from its start.
    let start = lexer::line_start(text, from);
    let blank = text.get(start..from).is_some_and(|before| before.trim().is_empty());
    let found = Lexer::new(text, if blank { start } else { from }, depth)
        .find_map(|finding| match finding {
            Finding::Tab { at } => Some(Some(at)),
            Finding::Quote { end: None, .. } => Some(None),
            _ => None,
        })
        .flatten()
        .filter(|tab| *tab < limit);
    let in_line = || {
        let line = text.get(lexer::line_start(text, at)..)?;
        let line = line.get(..line.find('\n').unwrap_or(line.len()))?;
        line.find('\t').map(|tab| lexer::line_start(text, at) + tab)
    };
    let below = || text.get(at..)?.find("\n\t").map(|newline| at + newline + 1);
    found.or_else(|| anywhere.then(|| in_line().or_else(below)).flatten())
}

/// The quoted scalar that ends at `at`, or the last one before it.
fn quote_before(text: &str, from: usize, depth: usize, at: usize) -> (usize, usize) {
    let mut last = (at, at);
    for finding in Lexer::new(text, from, depth) {
        match finding {
            Finding::Quote { open, .. } if open >= at => break,
            Finding::Quote { open, end } => last = (open, end.unwrap_or(at).min(text.len())),
            _ => {}
        }
        if last.1 >= at && last.0 < at {
            break;
        }
    }
    last
}

fn bad_escape(text: &str, file: FileId, open: usize) -> Diagnostic {
    let mut characters = text.get(open + 1..).unwrap_or_default().char_indices();
    let mut place = (open, next_character(text, open));
    while let Some((offset, character)) = characters.next() {
        let start = open + 1 + offset;
        match character {
            '"' => break,
            '\\' => match characters.next() {
                Some((_, escape)) if !is_good_escape(escape, text.get(start + 2..).unwrap_or_default()) => {
                    place = (start, start + 1 + escape.len_utf8());
                    break;
                }
                _ => {}
            },
            _ => {}
        }
    }
    let span = Span {
        file,
        start: place.0,
        end: place.1,
    };
    Diagnostic::at(
        "bad-escape",
        "this escape does not exist in \"...\"",
        span,
        "no character",
    )
    .hint("write \\\\ for a backslash, or put the text into '...'")
}

fn is_good_escape(escape: char, rest: &str) -> bool {
    let hex = |width: usize| {
        let code = rest
            .get(..width)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        code.and_then(char::from_u32).is_some()
    };
    match escape {
        'x' => hex(2),
        'u' => hex(4),
        'U' => hex(8),
        _ => "0abt\tnvfre \"/\\N_LP\n\r".contains(escape),
    }
}

fn unfinished_flow(text: &str, file: FileId, here: Span, builder: &Builder<'_>) -> Diagnostic {
    let Some(open) = builder.open_flows().last() else {
        return Diagnostic::at(CODE, "this bracket does not fit", here, "not expected here");
    };
    let (bracket, closing) = match text.as_bytes().get(open) {
        Some(b'[') => ('[', ']'),
        _ => ('{', '}'),
    };
    let opening = Span {
        file,
        start: open,
        end: open + 1,
    };
    let at_end = here.start == open || here.start >= text.trim_end().len();
    if at_end || lexer::line_start(text, open) != lexer::line_start(text, here.start) {
        let problem = Diagnostic::at(CODE, format!("this `{bracket}` is not closed"), opening, "opened here")
            .hint(format!("write the `{closing}` that belongs to it"));
        return if at_end {
            problem
        } else {
            problem.and_at(here, "not expected inside it")
        };
    }
    Diagnostic::at(CODE, format!("expected `,` or `{closing}`"), here, "not expected here")
        .and_at(opening, "inside this")
        .hint("quote a text that holds brackets, braces, a comma or a colon")
}

fn misplaced_colon(text: &str, file: FileId, here: Span, builder: &Builder<'_>) -> Diagnostic {
    let above = builder.last_scalar.filter(|(start, end)| {
        *end <= here.start && text.get(*start..*end).is_some_and(|written| written.contains('\n'))
    });
    let Some((start, end)) = above else {
        return Diagnostic::at(CODE, "a second `: ` on one line", here, "not expected here")
            .hint("quote the text if the colon is part of it");
    };
    let first_line = lexer::line_end(text, start);
    let key_line = lexer::line_start(text, end.saturating_sub(1));
    let indent = text
        .get(key_line..end)
        .map_or(0, |line| line.len() - line.trim_start().len());
    let place = |start: usize, end: usize| Span { file, start, end };
    let (value, key) = (place(start, first_line), place(key_line + indent, end));
    match text.get(start..first_line).unwrap_or_default().split_once(':') {
        Some((name, rest)) if !name.contains(' ') && !rest.is_empty() => Diagnostic::at(
            CODE,
            "a space is missing behind the colon",
            value,
            "read as one text that goes on below",
        )
        .and_at(key, "so that this is no key")
        .hint(format!("write `{name}: {rest}`")),
        _ => Diagnostic::at(CODE, "a key cannot stand here", key, "read as more of the text above")
            .and_at(value, "this text goes on below")
            .hint("align it with the key above, or give that key no value of its own"),
    }
}

fn line_content(text: &str, file: FileId, at: usize) -> Span {
    let (start, end) = (lexer::line_start(text, at), lexer::line_end(text, at));
    let line = text.get(start..end).unwrap_or_default();
    let indent = line.len() - line.trim_start().len();
    Span {
        file,
        start: start + indent,
        end: (start + line.trim_end().len()).max(start + indent),
    }
}

fn misplaced_line(text: &str, file: FileId, at: usize) -> Diagnostic {
    Diagnostic::at(
        CODE,
        "this line does not fit what stands above",
        line_content(text, file, at),
        "not expected here",
    )
    .hint("keys of one map, and the `-` of one list, start in the same column")
}

fn no_colon(text: &str, file: FileId, at: usize) -> Diagnostic {
    let line = line_content(text, file, at);
    let written = text.get(line.start..line.end).unwrap_or_default();
    let hint = match written.split_once(':') {
        Some((key, rest)) if !rest.starts_with(' ') && !rest.is_empty() => {
            format!("a space is missing behind the colon: `{key}: {rest}`")
        }
        _ => "write `key: value`; a list item starts with `- `".to_owned(),
    };
    Diagnostic::at(CODE, "expected a key, a colon and a value", line, "no key").hint(hint)
}

fn unexpected_character(character: char, here: Span) -> Diagnostic {
    if character.is_control() {
        let message = format!("the character U+{:04X} may not stand in YAML", u32::from(character));
        return Diagnostic::at(CODE, message, here, "remove it");
    }
    Diagnostic::at(
        CODE,
        format!("text cannot start with `{character}`"),
        here,
        "reserved by YAML",
    )
    .hint("put the text into quotes")
}

fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Behind the character at `at`; `at` itself at the end of a line or of the text.
fn next_character(text: &str, at: usize) -> usize {
    let width = text
        .get(at..)
        .and_then(|rest| rest.chars().next())
        .filter(|c| *c != '\n');
    at + width.map_or(0, char::len_utf8)
}
