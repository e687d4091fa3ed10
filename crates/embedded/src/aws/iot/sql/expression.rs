//! Expressions, operators by their precedence.

use super::Case;
use super::Expression;
use super::Operator;
use super::Sign;
use super::Type;
use super::lexer::Kind;
use super::lexer::Token;
use super::parser::Parsed;
use super::parser::Parser;
use super::parser::is_reserved;

/// Brackets, signs and nested selects within each other, and links of the tree in all: more would exhaust the stack
/// when the tree is walked or dropped, and nobody writes them by hand.
const DEEPEST: usize = 100;
const MOST_LINKS: usize = 2_000;

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

impl Parser {
    pub(super) fn star_or_expression(&mut self) -> Parsed<Expression> {
        if self.tokens.next_is_symbol("*") {
            self.tokens.advance();
            return Ok(Expression::Star);
        }
        self.expression()
    }

    pub(super) fn expression(&mut self) -> Parsed<Expression> {
        self.operation(1)
    }

    /// What operators that bind at least this tightly make.
    fn operation(&mut self, least: u8) -> Parsed<Expression> {
        let mut left = if self.tokens.next_is_word("NOT") && least <= BINDS_AS_COMPARISON {
            self.tokens.advance();
            let operand = self.nested(|parser| parser.operation(BINDS_AS_COMPARISON))?;
            self.link(Expression::Unary(Sign::Not, Box::new(operand)))?
        } else {
            self.factor()?
        };
        while let Some((operator, binding)) = self.operator().filter(|(_, binding)| *binding >= least) {
            self.tokens.advance();
            let right = self.nested(|parser| parser.operation(binding + 1))?;
            left = self.link(Expression::Binary(operator, Box::new(left), Box::new(right)))?;
        }
        Ok(left)
    }

    fn operator(&self) -> Option<(Operator, u8)> {
        let found = OPERATORS
            .iter()
            .find(|(name, ..)| self.tokens.next_is_word(name) || self.tokens.next_is_symbol(name));
        found.map(|(_, operator, binding)| (*operator, *binding))
    }

    fn factor(&mut self) -> Parsed<Expression> {
        let signs = [("-", Sign::Minus), ("+", Sign::Plus)];
        if let Some((_, sign)) = signs.into_iter().find(|(symbol, _)| self.tokens.next_is_symbol(symbol)) {
            self.tokens.advance();
            let operand = self.nested(Self::factor)?;
            return self.link(Expression::Unary(sign, Box::new(operand)));
        }
        let mut primary = self.primary()?;
        while self.tokens.next_is_symbol(".") {
            self.tokens.advance();
            let name = self.tokens.name("a name after '.'")?;
            primary = self.link(Expression::Member(Box::new(primary), name))?;
        }
        Ok(primary)
    }

    fn primary(&mut self) -> Parsed<Expression> {
        let expression = match self.tokens.token().kind.clone() {
            Kind::Number(number) => Expression::Number(number),
            Kind::Text(text, _) => Expression::Text(text),
            Kind::Variable(name) => Expression::Variable(name),
            Kind::Symbol("(") => return self.nested(Self::in_parentheses),
            Kind::Symbol("[") => return self.nested(Self::array),
            Kind::Symbol("{") => return self.nested(Self::object),
            Kind::Word(word) => return self.nested(|parser| parser.word(&word)),
            Kind::Symbol(_) | Kind::End => return Err(self.tokens.unexpected("an expression")),
        };
        self.tokens.advance();
        Ok(expression)
    }

    fn word(&mut self, word: &str) -> Parsed<Expression> {
        if word.eq_ignore_ascii_case("CASE") {
            return self.case();
        }
        if is_reserved(word) {
            return Err(self.tokens.unexpected("an expression"));
        }
        self.tokens.advance();
        if self.tokens.next_is_symbol("(") {
            self.tokens.advance();
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
        self.tokens.expect_word("AS")?;
        let token = self.tokens.token().clone();
        let name = self.tokens.name("a type")?.to_ascii_lowercase();
        let target = match name.as_str() {
            "string" | "nvarchar" | "text" | "ntext" | "varchar" => Some(Type::String),
            "int" | "integer" => Some(Type::Int),
            "double" => Some(Type::Double),
            "decimal" if !self.version.is_first() => Some(Type::Decimal),
            "bool" | "boolean" if !self.version.is_first() => Some(Type::Boolean),
            _ => None,
        };
        let target = target.ok_or_else(|| token.error(format!("{} is no type to cast to", token.shown())))?;
        self.tokens.expect_symbol(")")?;
        Ok(Expression::Cast(Box::new(value), target))
    }

    fn case(&mut self) -> Parsed<Expression> {
        self.tokens.advance();
        let subject = self.expression()?;
        let mut branches = Vec::new();
        while self.tokens.next_is_word("WHEN") || branches.is_empty() {
            self.tokens.expect_word("WHEN")?;
            let when = self.expression()?;
            self.tokens.expect_word("THEN")?;
            branches.push((when, self.expression()?));
        }
        let mut otherwise = None;
        if self.tokens.next_is_word("ELSE") {
            self.tokens.advance();
            otherwise = Some(self.expression()?);
        }
        self.tokens.expect_word("END")?;
        Ok(Expression::Case(Box::new(Case {
            subject,
            branches,
            otherwise,
        })))
    }

    fn in_parentheses(&mut self) -> Parsed<Expression> {
        let open = self.tokens.token().clone();
        self.tokens.advance();
        let inner = if self.tokens.next_is_word("SELECT") {
            self.needs_second_version(&open, "a nested SELECT")?;
            Expression::Nested(Box::new(self.select(Self::attribute_path)?))
        } else {
            self.expression()?
        };
        self.tokens.expect_symbol(")")?;
        Ok(inner)
    }

    fn array(&mut self) -> Parsed<Expression> {
        self.needs_second_version(self.tokens.token(), "an array literal")?;
        self.tokens.advance();
        self.list("]", Self::expression).map(Expression::Array)
    }

    fn object(&mut self) -> Parsed<Expression> {
        self.needs_second_version(self.tokens.token(), "an object literal")?;
        self.tokens.advance();
        self.list("}", Self::member).map(Expression::Object)
    }

    fn member(&mut self) -> Parsed<(String, Expression)> {
        let Kind::Text(key, _) = self.tokens.token().kind.clone() else {
            return Err(self.tokens.unexpected("a key in quotes"));
        };
        self.tokens.advance();
        self.tokens.expect_symbol(":")?;
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
        if !self.tokens.next_is_symbol(close) {
            items.push(item(self)?);
            while self.tokens.next_is_symbol(",") {
                self.tokens.advance();
                items.push(item(self)?);
            }
        }
        self.tokens.expect_symbol(close)?;
        Ok(items)
    }

    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.tokens.token().error("the statement is nested too deep"));
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn link(&mut self, expression: Expression) -> Parsed<Expression> {
        self.links += 1;
        match self.links > MOST_LINKS {
            true => Err(self.tokens.token().error("the statement has too many operators")),
            false => Ok(expression),
        }
    }
}
