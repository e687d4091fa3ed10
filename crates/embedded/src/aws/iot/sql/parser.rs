//! Clauses, from tokens to the tree. Expressions are read by module `expression`.

use super::Expression;
use super::Item;
use super::Select;
use super::Source;
use super::SqlError;
use super::Statement;
use super::Version;
use super::cursor::Cursor;
use super::lexer::Kind;
use super::lexer::Token;
use super::topic_filter;

/// Words that begin or part clauses, and so are no attributes.
const RESERVED: &[&str] = &[
    "SELECT", "FROM", "WHERE", "AS", "AND", "OR", "NOT", "CASE", "WHEN", "THEN", "ELSE", "END",
];

/// Reads a rule's SQL.
///
/// # Errors
/// The first place where it is not the syntax that the module describes.
pub(in super::super) fn parse(sql: &str, version: Version) -> Result<Statement, SqlError> {
    let mut parser = Parser {
        tokens: Cursor::begin(sql)?,
        version,
        depth: 0,
        links: 0,
    };
    let variables = parser.variables()?;
    let select = parser.select(Parser::topic)?;
    if parser.tokens.next_is_symbol(";") {
        parser.tokens.advance();
    }
    match parser.tokens.token().kind {
        Kind::End => Ok(Statement { variables, select }),
        _ => Err(parser.tokens.unexpected("the end of the statement")),
    }
}

/// Recursive descent.
pub(super) struct Parser {
    pub(super) tokens: Cursor,
    pub(super) version: Version,
    /// How far within brackets, signs and nested selects the place is.
    pub(super) depth: usize,
    /// Operators and dots so far.
    pub(super) links: usize,
}

pub(super) type Parsed<T> = Result<T, SqlError>;

impl Parser {
    fn variables(&mut self) -> Parsed<Vec<(String, Expression)>> {
        let mut variables: Vec<(String, Expression)> = Vec::new();
        if !self.tokens.next_is_word("SET") {
            return Ok(variables);
        }
        loop {
            self.tokens.advance();
            let Kind::Variable(name) = self.tokens.token().kind.clone() else {
                return Err(self.tokens.unexpected("a variable, '@name'"));
            };
            if variables.iter().any(|(known, _)| *known == name) {
                return Err(self
                    .tokens
                    .token()
                    .error(format!("the variable '@{name}' is set twice")));
            }
            self.tokens.advance();
            self.tokens.expect_symbol("=")?;
            variables.push((name, self.expression()?));
            if !self.tokens.next_is_symbol(",") {
                return Ok(variables);
            }
        }
    }

    pub(super) fn select(&mut self, source: fn(&mut Self) -> Parsed<Source>) -> Parsed<Select> {
        self.tokens.expect_word("SELECT")?;
        let value = self.is_value_keyword();
        if value {
            self.tokens.advance();
        }
        let mut items = vec![self.item()?];
        while self.tokens.next_is_symbol(",") {
            if value {
                return Err(self.tokens.token().error("SELECT VALUE takes one item"));
            }
            self.tokens.advance();
            items.push(self.item()?);
        }
        let from = match self.tokens.next_is_word("FROM") {
            true => {
                self.tokens.advance();
                Some(source(self)?)
            }
            false => None,
        };
        let condition = match self.tokens.next_is_word("WHERE") {
            true => {
                self.tokens.advance();
                Some(self.expression()?)
            }
            false => None,
        };
        Ok(Select {
            value,
            items,
            from,
            condition,
        })
    }

    /// VALUE is no reserved word: an attribute may bear that name.
    fn is_value_keyword(&self) -> bool {
        let (after, further) = (self.tokens.peek(1), self.tokens.peek(2));
        let ends = |token: &Token| {
            matches!(token.kind, Kind::End) || token.is_word("FROM") || token.is_word("WHERE") || token.is_symbol(")")
        };
        self.tokens.next_is_word("VALUE")
            && match &after.kind {
                Kind::Word(word) => !is_reserved(word) || is_opening(word),
                Kind::Number(_) | Kind::Text(..) | Kind::Variable(_) => true,
                Kind::Symbol("(" | "[" | "{") => true,
                Kind::Symbol("*") => ends(further),
                Kind::Symbol(_) | Kind::End => false,
            }
    }

    fn item(&mut self) -> Parsed<Item> {
        let what = self.star_or_expression()?;
        let mut alias = Vec::new();
        if self.tokens.next_is_word("AS") {
            self.tokens.advance();
            alias = self.path("a name after AS")?;
        }
        Ok(Item { what, alias })
    }

    fn topic(&mut self) -> Parsed<Source> {
        let Kind::Text(filter, '\'') = self.tokens.token().kind.clone() else {
            return Err(self.tokens.unexpected("a topic filter in single quotes"));
        };
        if let Some(problem) = topic_filter::problem(&filter) {
            return Err(self.tokens.token().error(problem));
        }
        self.tokens.advance();
        Ok(Source::Topic(filter))
    }

    pub(super) fn attribute_path(&mut self) -> Parsed<Source> {
        self.path("the name of an attribute").map(Source::Path)
    }

    fn path(&mut self, expected: &str) -> Parsed<Vec<String>> {
        let mut path = vec![self.tokens.name(expected)?];
        while self.tokens.next_is_symbol(".") {
            self.tokens.advance();
            path.push(self.tokens.name("a name after '.'")?);
        }
        Ok(path)
    }
}

pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Reserved words with which an expression may begin.
fn is_opening(word: &str) -> bool {
    word.eq_ignore_ascii_case("CASE") || word.eq_ignore_ascii_case("NOT")
}
