//! A place among the tokens of a statement, and what is expected there.

use super::SqlError;
use super::lexer::Kind;
use super::lexer::Token;
use super::lexer::tokens;

pub(super) struct Cursor {
    /// The last one is the end, which is never passed.
    tokens: Vec<Token>,
    at: usize,
}

impl Cursor {
    pub(super) fn begin(sql: &str) -> Result<Self, SqlError> {
        let tokens = tokens(sql)?;
        Ok(Self { tokens, at: 0 })
    }

    pub(super) fn name(&mut self, expected: &str) -> Result<String, SqlError> {
        let Kind::Word(name) = self.token().kind.clone() else {
            return Err(self.unexpected(expected));
        };
        self.advance();
        Ok(name)
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), SqlError> {
        if !self.next_is_word(word) {
            return Err(self.unexpected(word));
        }
        self.advance();
        Ok(())
    }

    pub(super) fn expect_symbol(&mut self, symbol: &str) -> Result<(), SqlError> {
        if !self.next_is_symbol(symbol) {
            return Err(self.unexpected(&format!("'{symbol}'")));
        }
        self.advance();
        Ok(())
    }

    pub(super) fn unexpected(&self, expected: &str) -> SqlError {
        let found = self.token();
        found.error(format!("expected {expected}, found {}", found.shown()))
    }

    pub(super) fn next_is_word(&self, word: &str) -> bool {
        self.token().is_word(word)
    }

    pub(super) fn next_is_symbol(&self, symbol: &str) -> bool {
        self.token().is_symbol(symbol)
    }

    pub(super) fn token(&self) -> &Token {
        self.peek(0)
    }

    pub(super) fn peek(&self, ahead: usize) -> &Token {
        const END: &Token = &Token {
            kind: Kind::End,
            line: 1,
            column: 1,
        };
        self.tokens.get(self.at + ahead).or(self.tokens.last()).unwrap_or(END)
    }

    pub(super) fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len().saturating_sub(1));
    }
}
