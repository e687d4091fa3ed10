//! Tokens of a rule's SQL, each with its place.

use super::SqlError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) line: usize,
    pub(super) column: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Word(String),
    /// Without its `@`.
    Variable(String),
    /// As written, without a sign.
    Number(String),
    /// Without its quotes, which may be single or double.
    Text(String, char),
    Symbol(&'static str),
    End,
}

/// Longer ones before those they begin with.
const SYMBOLS: &[&str] = &[
    "<>", "<=", ">=", "<", ">", "=", "+", "-", "*", "/", "%", "(", ")", "[", "]", "{", "}", ",", ".", ":", ";",
];

/// The longest name of a variable (awsdocs `iot-sql-set`).
const VARIABLE_LENGTH: usize = 64;

impl Token {
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(text) if text.eq_ignore_ascii_case(word))
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.kind, Kind::Symbol(found) if found == symbol)
    }

    pub(super) fn error(&self, problem: impl Into<String>) -> SqlError {
        SqlError {
            line: self.line,
            column: self.column,
            problem: problem.into(),
        }
    }

    /// As an error names it.
    pub(super) fn shown(&self) -> String {
        match &self.kind {
            Kind::Word(text) | Kind::Number(text) => format!("'{text}'"),
            Kind::Variable(name) => format!("'@{name}'"),
            Kind::Text(text, quote) => format!("{quote}{text}{quote}"),
            Kind::Symbol(symbol) => format!("'{symbol}'"),
            Kind::End => "the end".to_owned(),
        }
    }
}

/// The tokens, the last of which is [`Kind::End`].
pub(super) fn tokens(sql: &str) -> Result<Vec<Token>, SqlError> {
    let mut lexer = Lexer {
        rest: sql,
        line: 1,
        column: 1,
    };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next()?;
        let is_end = token.kind == Kind::End;
        tokens.push(token);
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'s> {
    rest: &'s str,
    line: usize,
    column: usize,
}

impl<'s> Lexer<'s> {
    fn next(&mut self) -> Result<Token, SqlError> {
        self.take_while(char::is_whitespace);
        let mut token = Token {
            kind: Kind::End,
            line: self.line,
            column: self.column,
        };
        token.kind = match self.rest.chars().next() {
            None => Kind::End,
            Some(quote @ ('\'' | '"')) => {
                let text = self.text(quote);
                Kind::Text(
                    text.ok_or_else(|| token.error(format!("no closing {quote} for the text")))?,
                    quote,
                )
            }
            Some('@') => {
                self.skip(1);
                let name = self.take_while(is_word);
                if name.is_empty() || name.len() > VARIABLE_LENGTH {
                    let expected = "expected a name of 1 to 64 letters, digits and underscores after '@'";
                    return Err(token.error(expected));
                }
                Kind::Variable(name.to_owned())
            }
            Some(first) if first.is_ascii_digit() => Kind::Number(self.number()),
            Some(first) if is_word(first) => Kind::Word(self.take_while(is_word).to_owned()),
            Some(other) => {
                let known = SYMBOLS.iter().find(|symbol| self.rest.starts_with(**symbol));
                let symbol = known.ok_or_else(|| token.error(format!("unexpected character '{other}'")))?;
                self.skip(symbol.len());
                Kind::Symbol(symbol)
            }
        };
        Ok(token)
    }

    /// A doubled quote stands for itself.
    fn text(&mut self, quote: char) -> Option<String> {
        let mut text = String::new();
        loop {
            self.skip(1);
            text.push_str(self.take_while(|c| c != quote));
            if self.rest.is_empty() {
                return None;
            }
            self.skip(1);
            if !self.rest.starts_with(quote) {
                return Some(text);
            }
            text.push(quote);
        }
    }

    /// `15`, `1.5`, `5E-12`: a dot or exponent without digits behind it is left standing.
    fn number(&mut self) -> String {
        let mut number = self.take_while(|c| c.is_ascii_digit()).to_owned();
        let digits_after = |rest: &str, skipped: usize| {
            rest.get(skipped..)
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        if self.rest.starts_with('.') && digits_after(self.rest, 1) {
            number.push_str(self.skip(1));
            number.push_str(self.take_while(|c| c.is_ascii_digit()));
        }
        if self.rest.starts_with(['e', 'E']) {
            let sign = usize::from(self.rest.get(1..).is_some_and(|rest| rest.starts_with(['-', '+'])));
            if digits_after(self.rest, 1 + sign) {
                number.push_str(self.skip(1 + sign));
                number.push_str(self.take_while(|c| c.is_ascii_digit()));
            }
        }
        number
    }

    fn take_while(&mut self, matches: impl Fn(char) -> bool) -> &'s str {
        let length = self.rest.find(|c| !matches(c)).unwrap_or(self.rest.len());
        self.skip(length)
    }

    fn skip(&mut self, bytes: usize) -> &'s str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        for c in taken.chars() {
            if c == '\n' {
                (self.line, self.column) = (self.line + 1, 1);
            } else {
                self.column += 1;
            }
        }
        self.rest = rest;
        taken
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
