//! The tree of an expression. Offsets are bytes in the text of the [`super::Expr`] that it belongs to.

use super::Number;

/// An expression and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ast {
    pub(crate) kind: Kind,
    /// First byte and one past the last byte.
    pub(crate) range: (u32, u32),
}

/// What an expression can be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    List(Vec<Ast>),
    Map(Vec<(String, Ast)>),
    /// A name that stands alone: the first word of `stage.name`.
    Name(String),
    /// `a.b`
    Member(Box<Ast>, String),
    /// `a[b]`
    Index(Box<Ast>, Box<Ast>),
    /// `f(a, b)`
    Call(String, Vec<Ast>),
    Not(Box<Ast>),
    Minus(Box<Ast>),
    Binary(Operator, Box<Ast>, Box<Ast>),
    /// `a ? b : c`
    Choice(Box<Ast>, Box<Ast>, Box<Ast>),
}

/// An operator between two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    /// As it is written.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// How tightly it binds; a greater number binds tighter.
    pub(crate) fn strength(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::NotEqual => 3,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => 4,
        }
    }
}
