//! From tokens to the tree: recursive descent, operators by their precedence.

use super::Case;
use super::Expression;
use super::Item;
use super::Operator;
use super::Select;
use super::Sign;
use super::Source;
use super::SqlError;
use super::Statement;
use super::Type;
use super::Version;
use super::lexer::Kind;
use super::lexer::Token;
use super::lexer::tokens;
use super::topic_filter;

/// Brackets, signs and nested selects within each other, and links of the tree in all: more would exhaust the stack
/// when the tree is walked or dropped, and nobody writes them by hand.
const DEEPEST: usize = 100;
const MOST_LINKS: usize = 2_000;

/// Words that begin or part clauses, and so are no attributes.
const RESERVED: &[&str] = &[
    "SELECT", "FROM", "WHERE", "AS", "AND", "OR", "NOT", "CASE", "WHEN", "THEN", "ELSE", "END",
];

const OPERATORS: &[(&str, Operator, u8)] = &[
    ("OR", Operator::Or, 1),
    ("AND", Operator::And, 2),
    ("=", Operator::Equal, BINDS_AS_COMPARISON),
    ("<>", Operator::NotEqual, BINDS_AS_COMPARISON),
    ("<", Operator::Less, BINDS_AS_COMPARISON),
    ("<=", Operator::LessOrEqual, BINDS_AS_COMPARISON),
    (">", Operator::Greater, BINDS_AS_COMPARISON),
    (">=", Operator::GreaterOrEqual, BINDS_AS_COMPARISON),
    ("+", Operator::Add, 4),
    ("-", Operator::Subtract, 4),
    ("*", Operator::Multiply, 5),
    ("/", Operator::Divide, 5),
    ("%", Operator::Remainder, 5),
];

const BINDS_AS_COMPARISON: u8 = 3;

/// Reads a rule's SQL.
///
/// # Errors
/// The first place where it is not the syntax that the module describes.
pub(in super::super) fn parse(sql: &str, version: Version) -> Result<Statement, SqlError> {
    let mut parser = Parser {
        tokens: tokens(sql)?,
        at: 0,
        version,
        depth: 0,
        links: 0,
    };
    let variables = parser.variables()?;
    let select = parser.select(Parser::topic)?;
    if parser.next_is_symbol(";") {
        parser.advance();
    }
    match parser.token().kind {
        Kind::End => Ok(Statement { variables, select }),
        _ => Err(parser.unexpected("the end of the statement")),
    }
}

struct Parser {
    /// The last one is the end, which is never passed.
    tokens: Vec<Token>,
    at: usize,
    version: Version,
    depth: usize,
    links: usize,
}

type Parsed<T> = Result<T, SqlError>;

impl Parser {
    fn variables(&mut self) -> Parsed<Vec<(String, Expression)>> {
        let mut variables: Vec<(String, Expression)> = Vec::new();
        if !self.next_is_word("SET") {
            return Ok(variables);
        }
        loop {
            self.advance();
            let Kind::Variable(name) = self.token().kind.clone() else {
                return Err(self.unexpected("a variable, '@name'"));
            };
            if variables.iter().any(|(known, _)| *known == name) {
                return Err(self.token().error(format!("the variable '@{name}' is set twice")));
            }
            self.advance();
            self.expect_symbol("=")?;
            variables.push((name, self.expression()?));
            if !self.next_is_symbol(",") {
                return Ok(variables);
            }
        }
    }

    fn select(&mut self, source: fn(&mut Self) -> Parsed<Source>) -> Parsed<Select> {
        self.expect_word("SELECT")?;
        let value = self.is_value_keyword();
        if value {
            self.advance();
        }
        let mut items = vec![self.item()?];
        while self.next_is_symbol(",") {
            if value {
                return Err(self.token().error("SELECT VALUE takes one item"));
            }
            self.advance();
            items.push(self.item()?);
        }
        let from = match self.next_is_word("FROM") {
            true => {
                self.advance();
                Some(source(self)?)
            }
            false => None,
        };
        let condition = match self.next_is_word("WHERE") {
            true => {
                self.advance();
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
        let (after, further) = (self.peek(1), self.peek(2));
        let ends = |token: &Token| {
            matches!(token.kind, Kind::End) || token.is_word("FROM") || token.is_word("WHERE") || token.is_symbol(")")
        };
        self.next_is_word("VALUE")
            && match &after.kind {
                Kind::Word(word) => !RESERVED.iter().any(|known| word.eq_ignore_ascii_case(known)) || is_opening(word),
                Kind::Number(_) | Kind::Text(..) | Kind::Variable(_) => true,
                Kind::Symbol("(" | "[" | "{") => true,
                Kind::Symbol("*") => ends(further),
                Kind::Symbol(_) | Kind::End => false,
            }
    }

    fn item(&mut self) -> Parsed<Item> {
        let what = self.star_or_expression()?;
        let mut alias = Vec::new();
        if self.next_is_word("AS") {
            self.advance();
            alias = self.path("a name after AS")?;
        }
        Ok(Item { what, alias })
    }

    fn star_or_expression(&mut self) -> Parsed<Expression> {
        if self.next_is_symbol("*") {
            self.advance();
            return Ok(Expression::Star);
        }
        self.expression()
    }

    fn topic(&mut self) -> Parsed<Source> {
        let Kind::Text(filter, '\'') = self.token().kind.clone() else {
            return Err(self.unexpected("a topic filter in single quotes"));
        };
        if let Some(problem) = topic_filter::problem(&filter) {
            return Err(self.token().error(problem));
        }
        self.advance();
        Ok(Source::Topic(filter))
    }

    fn attribute_path(&mut self) -> Parsed<Source> {
        self.path("the name of an attribute").map(Source::Path)
    }

    fn path(&mut self, expected: &str) -> Parsed<Vec<String>> {
        let mut path = vec![self.name(expected)?];
        while self.next_is_symbol(".") {
            self.advance();
            path.push(self.name("a name after '.'")?);
        }
        Ok(path)
    }

    fn expression(&mut self) -> Parsed<Expression> {
        self.operation(1)
    }

    /// What operators that bind at least this tightly make.
    fn operation(&mut self, least: u8) -> Parsed<Expression> {
        let mut left = if self.next_is_word("NOT") && least <= BINDS_AS_COMPARISON {
            self.advance();
            let operand = self.nested(|parser| parser.operation(BINDS_AS_COMPARISON))?;
            self.link(Expression::Unary(Sign::Not, Box::new(operand)))?
        } else {
            self.factor()?
        };
        while let Some((operator, binding)) = self.operator().filter(|(_, binding)| *binding >= least) {
            self.advance();
            let right = self.nested(|parser| parser.operation(binding + 1))?;
            left = self.link(Expression::Binary(operator, Box::new(left), Box::new(right)))?;
        }
        Ok(left)
    }

    fn operator(&self) -> Option<(Operator, u8)> {
        let found = OPERATORS
            .iter()
            .find(|(name, ..)| self.next_is_word(name) || self.next_is_symbol(name));
        found.map(|(_, operator, binding)| (*operator, *binding))
    }

    fn factor(&mut self) -> Parsed<Expression> {
        let signs = [("-", Sign::Minus), ("+", Sign::Plus)];
        if let Some((_, sign)) = signs.into_iter().find(|(symbol, _)| self.next_is_symbol(symbol)) {
            self.advance();
            let operand = self.nested(Self::factor)?;
            return self.link(Expression::Unary(sign, Box::new(operand)));
        }
        let mut primary = self.primary()?;
        while self.next_is_symbol(".") {
            self.advance();
            let name = self.name("a name after '.'")?;
            primary = self.link(Expression::Member(Box::new(primary), name))?;
        }
        Ok(primary)
    }

    fn primary(&mut self) -> Parsed<Expression> {
        let expression = match self.token().kind.clone() {
            Kind::Number(number) => Expression::Number(number),
            Kind::Text(text, _) => Expression::Text(text),
            Kind::Variable(name) => Expression::Variable(name),
            Kind::Symbol("(") => return self.nested(Self::in_parentheses),
            Kind::Symbol("[") => return self.nested(Self::array),
            Kind::Symbol("{") => return self.nested(Self::object),
            Kind::Word(word) => return self.nested(|parser| parser.word(&word)),
            Kind::Symbol(_) | Kind::End => return Err(self.unexpected("an expression")),
        };
        self.advance();
        Ok(expression)
    }

    fn word(&mut self, word: &str) -> Parsed<Expression> {
        if word.eq_ignore_ascii_case("CASE") {
            return self.case();
        }
        if RESERVED.iter().any(|known| word.eq_ignore_ascii_case(known)) {
            return Err(self.unexpected("an expression"));
        }
        self.advance();
        if self.next_is_symbol("(") {
            self.advance();
            return match word.eq_ignore_ascii_case("CAST") {
                true => self.cast(),
                false => self.call(word),
            };
        }
        Ok(match word.to_ascii_lowercase().as_str() {
            "null" => Expression::Null,
            "true" => Expression::Boolean(true),
            "false" => Expression::Boolean(false),
            _ => Expression::Attribute(word.to_owned()),
        })
    }

    fn call(&mut self, function: &str) -> Parsed<Expression> {
        let arguments = self.list(")", Self::star_or_expression)?;
        Ok(Expression::Call {
            function: function.to_ascii_lowercase(),
            arguments,
        })
    }

    fn cast(&mut self) -> Parsed<Expression> {
        let value = self.expression()?;
        self.expect_word("AS")?;
        let token = self.token().clone();
        let name = self.name("a type")?.to_ascii_lowercase();
        let target = match name.as_str() {
            "string" | "nvarchar" | "text" | "ntext" | "varchar" => Some(Type::String),
            "int" | "integer" => Some(Type::Int),
            "double" => Some(Type::Double),
            "decimal" if !self.version.is_first() => Some(Type::Decimal),
            "bool" | "boolean" if !self.version.is_first() => Some(Type::Boolean),
            _ => None,
        };
        let target = target.ok_or_else(|| token.error(format!("{} is no type to cast to", token.shown())))?;
        self.expect_symbol(")")?;
        Ok(Expression::Cast(Box::new(value), target))
    }

    fn case(&mut self) -> Parsed<Expression> {
        self.advance();
        let subject = self.expression()?;
        let mut branches = Vec::new();
        while self.next_is_word("WHEN") || branches.is_empty() {
            self.expect_word("WHEN")?;
            let when = self.expression()?;
            self.expect_word("THEN")?;
            branches.push((when, self.expression()?));
        }
        let mut otherwise = None;
        if self.next_is_word("ELSE") {
            self.advance();
            otherwise = Some(self.expression()?);
        }
        self.expect_word("END")?;
        Ok(Expression::Case(Box::new(Case {
            subject,
            branches,
            otherwise,
        })))
    }

    fn in_parentheses(&mut self) -> Parsed<Expression> {
        let open = self.token().clone();
        self.advance();
        let inner = if self.next_is_word("SELECT") {
            self.needs_second_version(&open, "a nested SELECT")?;
            Expression::Nested(Box::new(self.select(Self::attribute_path)?))
        } else {
            self.expression()?
        };
        self.expect_symbol(")")?;
        Ok(inner)
    }

    fn array(&mut self) -> Parsed<Expression> {
        self.needs_second_version(self.token(), "an array literal")?;
        self.advance();
        self.list("]", Self::expression).map(Expression::Array)
    }

    fn object(&mut self) -> Parsed<Expression> {
        self.needs_second_version(self.token(), "an object literal")?;
        self.advance();
        self.list("}", Self::member).map(Expression::Object)
    }

    fn member(&mut self) -> Parsed<(String, Expression)> {
        let Kind::Text(key, _) = self.token().kind.clone() else {
            return Err(self.unexpected("a key in quotes"));
        };
        self.advance();
        self.expect_symbol(":")?;
        Ok((key, self.expression()?))
    }

    fn needs_second_version(&self, token: &Token, what: &str) -> Parsed<()> {
        match self.version.is_first() {
            true => Err(token.error(format!("{what} needs awsIotSqlVersion 2016-03-23"))),
            false => Ok(()),
        }
    }

    /// Items parted by commas, up to the closing symbol; none at all are fine.
    fn list<T>(&mut self, close: &'static str, item: fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        if !self.next_is_symbol(close) {
            items.push(item(self)?);
            while self.next_is_symbol(",") {
                self.advance();
                items.push(item(self)?);
            }
        }
        self.expect_symbol(close)?;
        Ok(items)
    }

    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.token().error("the statement is nested too deep"));
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn link(&mut self, expression: Expression) -> Parsed<Expression> {
        self.links += 1;
        match self.links > MOST_LINKS {
            true => Err(self.token().error("the statement has too many operators")),
            false => Ok(expression),
        }
    }

    fn name(&mut self, expected: &str) -> Parsed<String> {
        let Kind::Word(name) = self.token().kind.clone() else {
            return Err(self.unexpected(expected));
        };
        self.advance();
        Ok(name)
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if !self.next_is_word(word) {
            return Err(self.unexpected(word));
        }
        self.advance();
        Ok(())
    }

    fn expect_symbol(&mut self, symbol: &str) -> Parsed<()> {
        if !self.next_is_symbol(symbol) {
            return Err(self.unexpected(&format!("'{symbol}'")));
        }
        self.advance();
        Ok(())
    }

    fn unexpected(&self, expected: &str) -> SqlError {
        let found = self.token();
        found.error(format!("expected {expected}, found {}", found.shown()))
    }

    fn next_is_word(&self, word: &str) -> bool {
        self.token().is_word(word)
    }

    fn next_is_symbol(&self, symbol: &str) -> bool {
        self.token().is_symbol(symbol)
    }

    fn token(&self) -> &Token {
        self.peek(0)
    }

    fn peek(&self, ahead: usize) -> &Token {
        const END: &Token = &Token {
            kind: Kind::End,
            line: 1,
            column: 1,
        };
        self.tokens.get(self.at + ahead).or(self.tokens.last()).unwrap_or(END)
    }

    fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len().saturating_sub(1));
    }
}

/// Reserved words with which an expression may begin.
fn is_opening(word: &str) -> bool {
    word.eq_ignore_ascii_case("CASE") || word.eq_ignore_ascii_case("NOT")
}
