//! The SQL of a rule, as far as it can be judged without a cloud.
//!
//! `SELECT [VALUE] list [FROM 'topic/filter'] [WHERE condition]`, once each and in this order; `FROM` is left out
//! by rules that only Basic Ingest reaches. Texts stand in quotes, there are no comments. Clauses within brackets
//! belong to nested queries and are not judged. (awsdocs `iot-sql-reference`, `iot-sql-from`)
//!
//! **Topic filter**: at most 256 bytes and 7 slashes (the `$aws/rules/<rule>/` of Basic Ingest not counted), `#`
//! only as the whole last level, `+` only as a whole level, of the reserved topics only things, events and
//! Basic Ingest. (awsdocs `limits-iot`)
//!
//! Whether a backslash escapes a quote is not published: SQL with one is neither judged nor changed.

use crate::resource::identity;
use crate::resource::sentinel;
use crate::schema::Problems;
use crate::schema::aws::shown;

const PATH: &[&str] = &["sql"];
const CLAUSES: &[&str] = &["SELECT", "FROM", "WHERE"];
const FILTER_BYTES: usize = 256;
const FILTER_SLASHES: usize = 7;
const BASIC_INGEST: &str = "$aws/rules/";
/// Reserved topics that a rule may read.
const RESERVED: &[&str] = &["$aws/things/", "$aws/events/", BASIC_INGEST];

/// Whitespace outside quotes as single spaces, none at the ends.
pub(super) fn canonical(sql: &str) -> String {
    if has_escaped_quote(sql) {
        return sql.to_owned();
    }
    let mut made = String::with_capacity(sql.len());
    let mut quote = None;
    let mut gap = false;
    for c in sql.chars() {
        if quote.is_none() && c.is_whitespace() {
            gap = true;
            continue;
        }
        if gap && !made.is_empty() {
            made.push(' ');
        }
        gap = false;
        quote = match quote {
            Some(open) if open == c => None,
            None if is_quote(c) => Some(c),
            unchanged => unchanged,
        };
        made.push(c);
    }
    made
}

/// Reports what the rules engine would refuse; passes over SQL of which an output is not known yet.
pub(super) fn check(sql: &str, problems: &mut Problems) {
    if sentinel::awaits_output(sql) || has_escaped_quote(sql) {
        return;
    }
    let found = tokens(sql).and_then(|tokens| {
        check_brackets(&tokens)?;
        check_clauses(&tokens)
    });
    match found {
        Err((message, hint)) => problems.add(PATH, message, hint),
        Ok(Some(filter)) => check_filter(filter, problems),
        Ok(None) => {}
    }
}

/// What is wrong, and what to do about it.
type Wrong = (String, Option<&'static str>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Token<'s> {
    kind: TokenKind,
    /// Without quotes.
    text: &'s str,
    /// In characters, counted from 1.
    place: usize,
}

impl Token<'_> {
    fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum TokenKind {
    Word,
    /// In single or double quotes.
    Quoted(char),
    Symbol(char),
}

fn is_quote(c: char) -> bool {
    c == '\'' || c == '"'
}

fn has_escaped_quote(sql: &str) -> bool {
    sql.contains("\\'") || sql.contains("\\\"")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || c == sentinel::OPEN || c == sentinel::CLOSE
}

fn tokens(sql: &str) -> Result<Vec<Token<'_>>, Wrong> {
    let mut found = Vec::new();
    let mut rest = sql;
    let mut place = 1;
    while let Some(first) = rest.chars().next() {
        let (kind, text, taken) = match first {
            quote if is_quote(quote) => {
                let Some((text, _)) = rest.get(1..).and_then(|inner| inner.split_once(quote)) else {
                    let message = format!("the quote {quote} at character {place} is never closed");
                    return Err((message, None));
                };
                (TokenKind::Quoted(quote), text, text.len() + 2)
            }
            first if is_word(first) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or(rest);
                (TokenKind::Word, word, end)
            }
            symbol => {
                let end = symbol.len_utf8();
                (TokenKind::Symbol(symbol), rest.get(..end).unwrap_or(rest), end)
            }
        };
        if !first.is_whitespace() {
            found.push(Token { kind, text, place });
        }
        let (taken, left) = rest.split_at(taken);
        place += taken.chars().count();
        rest = left;
    }
    Ok(found)
}

fn check_brackets(tokens: &[Token<'_>]) -> Result<(), Wrong> {
    let mut open: Vec<(char, usize)> = Vec::new();
    for token in tokens {
        match token.kind {
            TokenKind::Symbol(symbol @ ('(' | '[' | '{')) => open.push((symbol, token.place)),
            TokenKind::Symbol(symbol @ (')' | ']' | '}')) => {
                let closed = open.pop().map(|(opened, _)| opened);
                if closed != Some(opening_of(symbol)) {
                    let message = format!("the {symbol} at character {} closes nothing", token.place);
                    return Err((message, None));
                }
            }
            _ => {}
        }
    }
    match open.pop() {
        Some((symbol, place)) => Err((format!("the {symbol} at character {place} is never closed"), None)),
        None => Ok(()),
    }
}

fn opening_of(closing: char) -> char {
    match closing {
        ')' => '(',
        ']' => '[',
        _ => '{',
    }
}

/// Checks the order of clauses; returns the topic filter, if there is one.
fn check_clauses<'s>(tokens: &[Token<'s>]) -> Result<Option<&'s str>, Wrong> {
    let clauses = clauses(tokens);
    let order: Vec<&str> = clauses.iter().map(|(clause, _)| *clause).collect();
    if !matches!(
        order.as_slice(),
        ["SELECT"] | ["SELECT", "FROM"] | ["SELECT", "WHERE"] | ["SELECT", "FROM", "WHERE"]
    ) || tokens.first().is_none_or(|first| !first.is_word("SELECT"))
    {
        let found = if order.is_empty() {
            "none of them".to_owned()
        } else {
            order.join(", ")
        };
        let message = format!("expected SELECT … FROM '…' WHERE …, each once and in this order, found {found}");
        return Err((message, None));
    }
    if let Some((clause, _)) = clauses.iter().find(|(_, content)| content.is_empty()) {
        return Err((format!("nothing follows {clause}"), None));
    }
    match clauses.iter().find(|(clause, _)| *clause == "FROM") {
        Some((_, content)) => topic_filter(content).map(Some),
        None => check_misspelt_from(tokens).map(|()| None),
    }
}

/// The clauses outside of brackets, each with what follows it.
fn clauses<'t, 's>(tokens: &'t [Token<'s>]) -> Vec<(&'static str, &'t [Token<'s>])> {
    let mut starts = Vec::new();
    let mut depth = 0_usize;
    let mut before = None;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Symbol('(' | '[' | '{') => depth += 1,
            TokenKind::Symbol(')' | ']' | '}') => depth = depth.saturating_sub(1),
            TokenKind::Word if depth == 0 && !names_a_field(before) => {
                let clause = CLAUSES.iter().find(|clause| token.is_word(clause));
                starts.extend(clause.map(|clause| (*clause, index)));
            }
            _ => {}
        }
        before = Some(token);
    }
    let ends = starts.iter().skip(1).map(|(_, index)| *index).chain([tokens.len()]);
    let content = |(start, end): (usize, usize)| tokens.get(start + 1..end).unwrap_or_default();
    starts
        .iter()
        .zip(ends)
        .map(|((clause, start), end)| (*clause, content((*start, end))))
        .collect()
}

/// After a dot or AS, a word is a field's name whatever it spells.
fn names_a_field(before: Option<&Token<'_>>) -> bool {
    before.is_some_and(|token| token.kind == TokenKind::Symbol('.') || token.is_word("AS"))
}

fn topic_filter<'s>(content: &[Token<'s>]) -> Result<&'s str, Wrong> {
    const SINGLE: Option<&str> = Some("enclose the topic filter in single quotes, FROM 'city/+/readings'");
    let Some((filter, rest)) = content.split_first() else {
        return Err(("nothing follows FROM".to_owned(), SINGLE));
    };
    if filter.kind != TokenKind::Quoted('\'') {
        let message = format!(
            "expected a topic filter in single quotes after FROM, found {}",
            shown(filter.text)
        );
        return Err((message, SINGLE));
    }
    match rest {
        [] => Ok(filter.text),
        [end] if end.kind == TokenKind::Symbol(';') => Ok(filter.text),
        [alias, ..] if alias.is_word("AS") => Ok(filter.text),
        [other, ..] => {
            let message = format!(
                "expected WHERE or nothing after the topic filter, found {}",
                shown(other.text)
            );
            Err((message, None))
        }
    }
}

/// Without FROM: a word right before a text that is no operator is a clause misspelt (`FORM 'a/b'`).
fn check_misspelt_from(tokens: &[Token<'_>]) -> Result<(), Wrong> {
    const BEFORE_TEXT: &[&str] = &[
        "SELECT", "WHERE", "VALUE", "AND", "OR", "NOT", "CASE", "WHEN", "THEN", "ELSE", "IN", "LIKE", "AS",
    ];
    for pair in tokens.windows(2) {
        let [word, text] = pair else { continue };
        let is_pair = word.kind == TokenKind::Word && matches!(text.kind, TokenKind::Quoted(_));
        if is_pair && !BEFORE_TEXT.iter().any(|known| word.is_word(known)) {
            let message = format!("expected FROM before {}, found {}", shown(text.text), shown(word.text));
            return Err((message, None));
        }
    }
    Ok(())
}

fn check_filter(filter: &str, problems: &mut Problems) {
    let mut add = |message: String| problems.add(PATH, format!("topic filter {}: {message}", shown(filter)), None);
    if filter.is_empty() {
        return add("it is empty".to_owned());
    }
    let reserved = filter.starts_with("$aws/") || filter == "$aws";
    if reserved && !RESERVED.iter().any(|known| filter.starts_with(known)) {
        let known = RESERVED.join("…, ");
        add(format!("of the reserved topics a rule reads only {known}…"));
    }
    let levels: Vec<&str> = filter.split('/').collect();
    for (index, level) in levels.iter().enumerate() {
        if level.contains('#') && (*level != "#" || index + 1 < levels.len()) {
            add("`#` stands alone in the last level".to_owned());
        }
        if level.contains('+') && *level != "+" {
            add(format!("`+` stands alone in its level, found {}", shown(level)));
        }
    }
    let counted = match filter.strip_prefix(BASIC_INGEST) {
        Some(rest) => rest.split_once('/').map_or("", |(_, topic)| topic),
        None => filter,
    };
    let slashes = counted.matches('/').count();
    if slashes > FILTER_SLASHES {
        add(format!("expected at most {FILTER_SLASHES} slashes, found {slashes}"));
    }
    let bytes = bytes(counted);
    if bytes > FILTER_BYTES {
        add(format!("expected at most {FILTER_BYTES} bytes, found {bytes}"));
    }
}

/// Bytes as UTF-8, a place's sentinel counted as what it stands for (ASCII, so its characters).
fn bytes(text: &str) -> usize {
    sentinel::pieces(text)
        .iter()
        .map(|piece| match piece {
            sentinel::Piece::Literal(literal) => literal.len(),
            sentinel::Piece::Sentinel(number) => identity::length(&sentinel::numbered(*number)),
        })
        .sum()
}

#[cfg(test)]
mod tests;
