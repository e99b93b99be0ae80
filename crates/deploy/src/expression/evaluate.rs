//! What an expression gives in a scope.

use super::ast::{Ast, Kind, Operator};
use super::deferred::{concatenate, holds_secret, pending, secret_problem, waits_for};
use super::expr::{Piece, Tree};
use super::place::{Property, ROOTS, Space, root};
use super::{Deferred, Expr, Scope, Value, functions, print};
use base::{Diagnostic, Diagnostics};
use std::cmp::Ordering;

/// The value of `expr` in `scope`, or everything that is wrong with it.
///
/// # Errors
/// Unknown names, wrong types and results that are too large, each at its place.
pub fn evaluate(expr: &Expr, scope: &Scope) -> Result<Value, Diagnostics> {
    let mut evaluator = Evaluator { expr, scope, diagnostics: Diagnostics::new(), absent: None };
    let value = evaluator.tree();
    match value {
        Some(value) if evaluator.diagnostics.is_empty() => Ok(value),
        _ => Err(evaluator.diagnostics),
    }
}

/// `None` from its methods means that the reason is in `diagnostics`.
pub(super) struct Evaluator<'a> {
    expr: &'a Expr,
    scope: &'a Scope,
    diagnostics: Diagnostics,
    /// The path that was found not to exist last, if its absence can be met with `default`.
    absent: Option<(u32, u32)>,
}

/// A value, or an object and the expression that names it.
enum Found<'a> {
    Value(Value),
    Space(Space<'a>, Ast),
}

impl<'a> Evaluator<'a> {
    fn tree(&mut self) -> Option<Value> {
        match &self.expr.tree {
            Tree::Plain(value) => Some(value.clone()),
            Tree::Whole(ast) => self.value(ast),
            Tree::Text(pieces) => self.text(pieces),
            Tree::List(items) => self.parts(items.iter()).map(Value::List),
            Tree::Map(map) => {
                let values = self.parts(map.values())?;
                Some(Value::Map(map.keys().cloned().zip(values).collect()))
            }
        }
    }

    fn parts<'e>(&mut self, items: impl Iterator<Item = &'e Expr>) -> Option<Vec<Value>> {
        let mut values = Vec::new();
        for item in items {
            match evaluate(item, self.scope) {
                Ok(value) => values.push(value),
                Err(diagnostics) => self.diagnostics.extend(diagnostics),
            }
        }
        self.diagnostics.is_empty().then_some(values)
    }

    /// Reports a problem at a place in the expression.
    pub(super) fn fail<T>(&mut self, ast: &Ast, diagnostic: Diagnostic) -> Option<T> {
        self.diagnostics.push(match self.expr.locate(ast.range) {
            Some(span) => diagnostic.at(span),
            None => diagnostic,
        });
        None
    }

    fn text(&mut self, pieces: &[Piece]) -> Option<Value> {
        let mut parts = Vec::new();
        let mut failed = false;
        for piece in pieces {
            match piece {
                Piece::Text(text) => parts.push(Value::String(text.clone())),
                Piece::Expression(ast) => match self.value(ast).and_then(|value| self.in_text(ast, value)) {
                    Some(value) => parts.push(value),
                    None => failed = true,
                },
            }
        }
        if failed {
            return None;
        }
        let whole = Ast { kind: Kind::Null, range: (0, 0) };
        match concatenate(parts) {
            Ok(value) => Some(value),
            Err(diagnostic) => self.fail(&whole, *diagnostic),
        }
    }

    /// Only single values can become part of a text.
    pub(super) fn in_text(&mut self, ast: &Ast, value: Value) -> Option<Value> {
        let hint = match &value {
            Value::List(_) => "join it with `join(list, \",\")`, or write it as JSON with `to_json(…)`",
            Value::Map(_) => "name one of its members, or write it as JSON with `to_json(…)`",
            Value::Null => "give it a value, or say what to use instead with `default(…, \"\")`",
            _ => return Some(value),
        };
        let message = format!("{} cannot be put into text", value.kind());
        self.fail(ast, Diagnostic::error("EXPR-011", message).hint(hint))
    }

    /// As [`Self::value`], but nothing when the last name in it is a variable, member, item or output that does not exist.
    pub(super) fn optional(&mut self, ast: &Ast) -> Option<Value> {
        let before = self.diagnostics.len();
        self.absent = None;
        let value = self.value(ast);
        if value.is_none() && self.absent == Some(ast.range) && self.diagnostics.len() == before + 1 {
            self.diagnostics.truncate(before);
            return Some(Value::Null);
        }
        value
    }

    /// Reports that the last name of a path does not exist. The properties of `stage` and the like may not be absent.
    fn fail_absent<T>(&mut self, ast: &Ast, may_be_absent: bool, diagnostic: Diagnostic) -> Option<T> {
        self.absent = may_be_absent.then_some(ast.range);
        self.fail(&tail(ast), diagnostic)
    }

    /// The value of a part of the expression.
    pub(super) fn value(&mut self, ast: &Ast) -> Option<Value> {
        match self.find(ast)? {
            Found::Value(value) => Some(value),
            Found::Space(space, _) => match space.as_value() {
                Some(value) => Some(value),
                None => {
                    let message = format!("`{}` is not a value by itself", print::expression(ast));
                    let names = space.names();
                    let diagnostic = Diagnostic::error("EXPR-011", message);
                    let diagnostic = match names.first() {
                        Some(first) => diagnostic.hint(format!(
                            "name one of its properties, for example `{}.{first}`",
                            print::expression(ast)
                        )),
                        None => diagnostic.hint("name one of its properties"),
                    };
                    self.fail(ast, diagnostic)
                }
            },
        }
    }

    fn find(&mut self, ast: &Ast) -> Option<Found<'a>> {
        let value = match &ast.kind {
            Kind::Null => Value::Null,
            Kind::Bool(b) => Value::Bool(*b),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::String(text) => Value::String(text.clone()),
            Kind::List(items) => Value::List(self.all(items)?),
            Kind::Map(entries) => {
                let values = self.all(entries.iter().map(|(_, value)| value))?;
                Value::Map(entries.iter().map(|(key, _)| key.clone()).zip(values).collect())
            }
            Kind::Name(name) => return self.name(ast, name),
            Kind::Member(object, name) => {
                let object_found = self.find(object)?;
                return self.member(ast, object, object_found, name);
            }
            Kind::Index(object, index) => return self.index(ast, object, index),
            Kind::Call(name, arguments) => functions::call(self, ast, name, arguments)?,
            Kind::Not(inner) => self.not(inner)?,
            Kind::Minus(inner) => self.minus(inner)?,
            Kind::Binary(operator, left, right) => self.binary(ast, *operator, left, right)?,
            Kind::Choice(condition, yes, no) => self.choice(condition, yes, no)?,
        };
        Some(Found::Value(value))
    }

    /// The values of several parts; all of them are tried.
    pub(super) fn all<'e>(&mut self, asts: impl IntoIterator<Item = &'e Ast>) -> Option<Vec<Value>> {
        let values: Vec<Option<Value>> = asts.into_iter().map(|ast| self.value(ast)).collect();
        values.into_iter().collect()
    }

    fn name(&mut self, ast: &Ast, name: &str) -> Option<Found<'a>> {
        if let Some(space) = root(self.scope, name) {
            return Some(Found::Space(space, ast.clone()));
        }
        if name == "stage" {
            return self.fail(ast, Diagnostic::error("EXPR-005", "`stage` is not known outside a stage"));
        }
        let diagnostic = Diagnostic::error("EXPR-005", format!("unknown name `{name}`"));
        let hint = if self.scope.vars.contains_key(name) {
            Some(format!("did you mean `vars.{name}`?"))
        } else if functions::NAMES.contains(&name) {
            Some(format!("`{name}` is a function: write `{name}(…)`"))
        } else {
            crate::suggest::hint(name, ROOTS).map(|hint| match hint.starts_with("did") {
                true => hint,
                false => format!("{hint}; put text in quotes"),
            })
        };
        self.fail(ast, diagnostic.hint(hint.unwrap_or_default()))
    }

    fn member(&mut self, ast: &Ast, object: &Ast, found: Found<'a>, name: &str) -> Option<Found<'a>> {
        let value = match found {
            Found::Space(space, path) => {
                let place = Ast { kind: Kind::Member(Box::new(path), name.to_owned()), range: ast.range };
                return match space.property(name) {
                    Ok(Property::Value(value)) => Some(Found::Value(value)),
                    Ok(Property::Space(space)) => Some(Found::Space(space, place)),
                    Ok(Property::Pending) => {
                        let waits_for = vec![waits_for(&place)];
                        self.defer(ast, place.kind, waits_for).map(Found::Value)
                    }
                    Err(diagnostic) => {
                        let may_be_absent = matches!(space, Space::Vars(_) | Space::Outputs(_));
                        self.fail_absent(ast, may_be_absent, *diagnostic)
                    }
                };
            }
            Found::Value(value) => value,
        };
        match &value {
            Value::Map(map) => match map.get(name) {
                Some(value) => Some(Found::Value(value.clone())),
                None => {
                    let message = format!("`{}` has no member `{name}`", print::expression(object));
                    let diagnostic = Diagnostic::error("EXPR-006", message);
                    let hint = crate::suggest::hint(name, map.keys().map(String::as_str));
                    self.fail_absent(ast, true, diagnostic.hint(hint.unwrap_or_else(|| "it is empty".to_owned())))
                }
            },
            Value::Deferred(deferred) => {
                let kind = Kind::Member(Box::new(print::joined(&deferred.pieces)), name.to_owned());
                self.defer(ast, kind, deferred.waits_for.clone()).map(Found::Value)
            }
            other => {
                let message = format!("`{}` is {} and has no members", print::expression(object), other.kind());
                self.fail(ast, Diagnostic::error("EXPR-007", message))
            }
        }
    }

    fn index(&mut self, ast: &Ast, object: &Ast, index: &Ast) -> Option<Found<'a>> {
        let found = self.find(object);
        let (found, index_value) = (found, self.value(index)?);
        let found = found?;
        match (&index_value, &found) {
            (Value::String(name), _) => self.member(ast, object, found, name),
            (Value::Deferred(_), Found::Value(value)) => {
                let waits_for = pending([value, &index_value]);
                let kind = Kind::Index(Box::new(print::literal(value)), Box::new(print::literal(&index_value)));
                self.defer(ast, kind, waits_for).map(Found::Value)
            }
            (Value::Number(_), Found::Value(Value::Deferred(deferred))) => {
                let list = Box::new(print::joined(&deferred.pieces));
                let kind = Kind::Index(list, Box::new(print::literal(&index_value)));
                self.defer(ast, kind, deferred.waits_for.clone()).map(Found::Value)
            }
            (Value::Number(number), Found::Value(Value::List(items))) => {
                let position = number.as_int().and_then(|n| usize::try_from(n).ok());
                if let Some(item) = position.and_then(|n| items.get(n)) {
                    return Some(Found::Value(item.clone()));
                }
                let message = format!("`{}` has no item `{number}`", print::expression(object));
                let why = format!("it has {} items, counted from 0", items.len());
                let hint = "correct the position, or say what to use instead with `default(…, \"\")`";
                self.fail_absent(ast, true, Diagnostic::error("EXPR-014", message).why(why).hint(hint))
            }
            _ => {
                let what = match &found {
                    Found::Value(value) => value.kind(),
                    Found::Space(..) => "an object",
                };
                let message = format!("{what} cannot be indexed with {}", index_value.kind());
                self.fail(
                    index,
                    Diagnostic::error("EXPR-007", message).hint("use a key in quotes, or a position in a list"),
                )
            }
        }
    }

    fn not(&mut self, inner: &Ast) -> Option<Value> {
        match self.boolean(inner, "`!`")? {
            Value::Bool(b) => Some(Value::Bool(!b)),
            value => self.defer(inner, Kind::Not(Box::new(print::literal(&value))), pending([&value])),
        }
    }

    fn minus(&mut self, inner: &Ast) -> Option<Value> {
        let value = self.value(inner)?;
        match &value {
            Value::Number(number) => match number.negated() {
                Some(number) => Some(Value::Number(number)),
                None => self.fail(inner, Diagnostic::error("EXPR-013", "a number is too large")),
            },
            Value::Deferred(_) => self.defer(inner, Kind::Minus(Box::new(print::literal(&value))), pending([&value])),
            other => {
                let message = format!("`-` needs a number, found {}", other.kind());
                self.fail(inner, Diagnostic::error("EXPR-007", message))
            }
        }
    }

    /// A boolean, or a value that is not known yet.
    fn boolean(&mut self, ast: &Ast, user: &str) -> Option<Value> {
        let value = self.value(ast)?;
        match value {
            Value::Bool(_) | Value::Deferred(_) => Some(value),
            other => {
                let message = format!("{user} needs a boolean, found {}", other.kind());
                self.fail(
                    ast,
                    Diagnostic::error("EXPR-007", message).hint("compare it with something, for example `== \"\"`"),
                )
            }
        }
    }

    fn choice(&mut self, condition: &Ast, yes: &Ast, no: &Ast) -> Option<Value> {
        match self.boolean(condition, "the condition before `?`")? {
            Value::Bool(true) => self.value(yes),
            Value::Bool(false) => self.value(no),
            value => {
                let (yes, no) = (self.value(yes), self.value(no));
                let (yes, no) = (yes?, no?);
                let waits_for = pending([&value, &yes, &no]);
                let boxed = |value: &Value| Box::new(print::literal(value));
                self.defer(condition, Kind::Choice(boxed(&value), boxed(&yes), boxed(&no)), waits_for)
            }
        }
    }

    fn binary(&mut self, ast: &Ast, operator: Operator, left: &Ast, right: &Ast) -> Option<Value> {
        if matches!(operator, Operator::And | Operator::Or) {
            return self.logical(ast, operator, left, right);
        }
        let (a, b) = (self.value(left), self.value(right));
        let (a, b) = (a?, b?);
        for (side, value) in [(left, &a), (right, &b)] {
            if holds_secret(value) {
                return self.fail(side, secret_problem("a secret cannot be compared"));
            }
        }
        if !a.is_known() || !b.is_known() {
            let waits_for = pending([&a, &b]);
            let kind = Kind::Binary(operator, Box::new(print::literal(&a)), Box::new(print::literal(&b)));
            return self.defer(ast, kind, waits_for);
        }
        match compare(operator, &a, &b) {
            Some(result) => Some(Value::Bool(result)),
            None => {
                let message = format!("{} cannot be compared with {} by `{}`", a.kind(), b.kind(), operator.text());
                let diagnostic = Diagnostic::error("EXPR-007", message);
                let text_and_number =
                    matches!((&a, &b), (Value::String(_), Value::Number(_)) | (Value::Number(_), Value::String(_)));
                let hint = if text_and_number {
                    "write both as text, or both as numbers"
                } else {
                    "compare two values of one type"
                };
                self.fail(ast, diagnostic.hint(hint))
            }
        }
    }

    fn logical(&mut self, ast: &Ast, operator: Operator, left: &Ast, right: &Ast) -> Option<Value> {
        let user = format!("`{}`", operator.text());
        let decided = operator == Operator::Or;
        let a = self.boolean(left, &user)?;
        match a {
            Value::Bool(a) if a == decided => Some(Value::Bool(a)),
            Value::Bool(_) => self.boolean(right, &user),
            a => {
                let b = self.boolean(right, &user)?;
                let waits_for = pending([&a, &b]);
                let kind = Kind::Binary(operator, Box::new(print::literal(&a)), Box::new(print::literal(&b)));
                self.defer(ast, kind, waits_for)
            }
        }
    }

    /// What is left of an expression that cannot be finished yet.
    pub(super) fn defer(&mut self, ast: &Ast, kind: Kind, waits_for: Vec<String>) -> Option<Value> {
        match Deferred::new(vec![Piece::Expression(Ast { kind, range: (0, 0) })], waits_for) {
            Ok(deferred) => Some(Value::Deferred(deferred)),
            Err(diagnostic) => self.fail(ast, *diagnostic),
        }
    }
}

/// The last name of a path, for messages about it.
fn tail(ast: &Ast) -> Ast {
    let start = match &ast.kind {
        Kind::Member(_, name) => ast.range.1.saturating_sub(u32::try_from(name.len()).unwrap_or(0)),
        Kind::Index(_, index) => index.range.0,
        _ => ast.range.0,
    };
    let end = if let Kind::Index(_, index) = &ast.kind { index.range.1 } else { ast.range.1 };
    Ast { kind: Kind::Null, range: (start, end) }
}

fn compare(operator: Operator, a: &Value, b: &Value) -> Option<bool> {
    let same_type = std::mem::discriminant(a) == std::mem::discriminant(b);
    let null = matches!(a, Value::Null) || matches!(b, Value::Null);
    let order = match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    };
    match operator {
        Operator::Equal if same_type || null => Some(a == b),
        Operator::NotEqual if same_type || null => Some(a != b),
        Operator::Less => order.map(|o| o == Ordering::Less),
        Operator::LessOrEqual => order.map(|o| o != Ordering::Greater),
        Operator::Greater => order.map(|o| o == Ordering::Greater),
        Operator::GreaterOrEqual => order.map(|o| o != Ordering::Less),
        _ => None,
    }
}
