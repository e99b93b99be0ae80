//! A value of the pipeline file that may hold expressions.

use super::Value;
use super::ast::Ast;
use base::Span;
use indexmap::IndexMap;

/// A value of the pipeline file: plain, one whole expression (which keeps its type), text with expressions in it, or a
/// list or mapping of these.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub(super) tree: Tree,
    pub(super) origin: Origin,
}

/// The forms of an [`Expr`].
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    /// Holds no expression.
    Plain(Value),
    /// `${{ … }}` and nothing else.
    Whole(Ast),
    /// Text with expressions in it.
    Text(Vec<Piece>),
    List(Vec<Expr>),
    Map(IndexMap<String, Expr>),
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Expression(Ast),
}

/// Where an [`Expr`] comes from.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Origin {
    /// The text as written, for scalars.
    pub(super) text: String,
    /// The span of the scalar, list or mapping; nothing for text that stands in no file.
    pub(super) span: Option<Span>,
    /// For every byte of `text`, and one past it, the byte of the file; empty when unknown.
    pub(super) offsets: Vec<u32>,
}

impl Expr {
    /// A plain value.
    pub fn plain(value: impl Into<Value>) -> Self {
        let value = value.into();
        let text = value.as_str().unwrap_or_default().to_owned();
        Self { tree: Tree::Plain(value), origin: Origin { text, ..Origin::default() } }
    }

    /// Where it stands in the pipeline file, if it comes from one.
    pub fn span(&self) -> Option<Span> {
        self.origin.span
    }

    /// The value, if it holds no expression.
    pub fn as_plain(&self) -> Option<&Value> {
        match &self.tree {
            Tree::Plain(value) => Some(value),
            _ => None,
        }
    }

    /// The text, if it is text without an expression.
    pub fn as_plain_str(&self) -> Option<&str> {
        self.as_plain().and_then(Value::as_str)
    }
}
