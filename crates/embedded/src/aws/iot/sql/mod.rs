//! The SQL of rules: its syntax as a tree, read by [`parse`]. Nothing is evaluated.
//!
//! ```text
//! statement  = [ SET @name = expression {, @name = expression} ] select [ ; ]
//! select     = SELECT [VALUE] item {, item} [ FROM source ] [ WHERE expression ]
//! item       = ( * | expression ) [ AS name {. name} ]
//! source     = 'topic/filter'                        of the statement itself; left out by rules for Basic Ingest only
//!            | name {. name}                         of a nested select
//! expression = and {OR and}        and = not {AND not}        not = [NOT] comparison
//! comparison = sum { ( = | <> | < | <= | > | >= ) sum }
//! sum        = product { ( + | - ) product }         product = factor { ( * | / | % ) factor }
//! factor     = [ - | + ] primary {. name}
//! primary    = number | 'text' | "text" | TRUE | FALSE | NULL | name | @name | ( expression ) | ( select )
//!            | name ( [ argument {, argument} ] )    argument = * | expression
//!            | CAST ( expression AS type )
//!            | CASE expression WHEN expression THEN expression {WHEN …} [ELSE expression] END
//!            | [ expression {, expression} ] | { 'key' : expression {, …} }
//! ```
//!
//! Sources: awsdocs `iot-sql-reference` and the pages it names, `iot-sql-set`. Words are read without case; after a dot
//! and after AS any word is a name. Names of functions and numbers of arguments are not judged: an unknown one is a
//! newer one, and a call with wrong arguments is Undefined, not an error. Literals, nested selects and some types of
//! CAST need version 2016-03-23.
//!
//! Not published, and decided here: a backslash is a character like any other; a quote is doubled to stand in a text;
//! comparisons may be chained.

mod cursor;
mod expression;
mod lexer;
mod parser;
mod roles;
#[cfg(test)]
mod tests;
mod topic_filter;

use thiserror::Error;

pub(super) use self::parser::parse;
pub(super) use self::roles::named_roles;

/// Where and why SQL does not parse. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{problem} at line {line}, column {column}")]
pub(super) struct SqlError {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) problem: String,
}

/// The version of the language that a rule is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V20151008,
    V20160323,
    Beta,
}

impl Version {
    /// What a rule has that names none (awsdocs `iot-create-rule`).
    pub(super) const DEFAULT: &'static str = "2015-10-08";

    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "2015-10-08" => Some(Self::V20151008),
            "2016-03-23" => Some(Self::V20160323),
            "beta" => Some(Self::Beta),
            _ => None,
        }
    }

    fn is_first(self) -> bool {
        self == Self::V20151008
    }
}

#[derive(Debug, PartialEq)]
pub(super) struct Statement {
    /// Names without their `@`, in the order of SET.
    pub(super) variables: Vec<(String, Expression)>,
    pub(super) select: Select,
}

impl Statement {
    /// What the rule subscribes to; `None` where only Basic Ingest reaches it.
    pub(super) fn topic_filter(&self) -> Option<&str> {
        match &self.select.from {
            Some(Source::Topic(filter)) => Some(filter),
            Some(Source::Path(_)) | None => None,
        }
    }
}

#[derive(Debug, PartialEq)]
pub(super) struct Select {
    /// Whether the one item is the result itself, not a member of an object.
    pub(super) value: bool,
    pub(super) items: Vec<Item>,
    pub(super) from: Option<Source>,
    pub(super) condition: Option<Expression>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Item {
    pub(super) what: Expression,
    /// A path: `bar.baz` makes an object within the result. Empty where there is no AS.
    pub(super) alias: Vec<String>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Source {
    Topic(String),
    /// Of a nested select: an attribute that holds an array or object.
    Path(Vec<String>),
}

#[derive(Debug, PartialEq)]
pub(super) enum Expression {
    /// The whole payload: as an item, or as an argument of a function.
    Star,
    Null,
    Boolean(bool),
    /// As written: up to 34 digits, which no machine number holds.
    Number(String),
    Text(String),
    Attribute(String),
    Variable(String),
    Member(Box<Expression>, String),
    Unary(Sign, Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    Case(Box<Case>),
    Call {
        /// In lower case.
        function: String,
        arguments: Vec<Expression>,
    },
    Cast(Box<Expression>, Type),
    Array(Vec<Expression>),
    Object(Vec<(String, Expression)>),
    Nested(Box<Select>),
}

#[derive(Debug, PartialEq)]
pub(super) struct Case {
    pub(super) subject: Expression,
    /// Each WHEN with its THEN; at least one.
    pub(super) branches: Vec<(Expression, Expression)>,
    pub(super) otherwise: Option<Expression>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Not,
    Minus,
    Plus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    String,
    Int,
    Double,
    Decimal,
    Boolean,
}
