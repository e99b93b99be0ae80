//! Expressions as text that reads back as the same tree.

use super::ast::{Ast, Kind};
use super::expr::Piece;
use super::value::SecretPart;
use super::{SecretRef, Value};
use std::fmt::Write as _;

/// The expression without `${{ }}`.
pub(super) fn expression(ast: &Ast) -> String {
    let mut out = String::new();
    write_ast(ast, 0, &mut out);
    out
}

/// Text with expressions in it, as it would stand in a file.
pub(super) fn pieces(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for (i, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) => {
                let before_expression = matches!(pieces.get(i + 1), Some(Piece::Expression(_)));
                write_text(text, before_expression, &mut out);
            }
            Piece::Expression(ast) => {
                let _ = write!(out, "${{{{ {} }}}}", expression(ast));
            }
        }
    }
    out
}

/// Dollar signs right before an expression would hide it, so they are written as an expression of their own.
fn write_text(text: &str, before_expression: bool, out: &mut String) {
    let kept = if before_expression { text.trim_end_matches('$') } else { text };
    out.push_str(&kept.replace("${{", "$${{"));
    if kept.len() < text.len() {
        let _ = write!(out, "${{{{ {} }}}}", quoted(&text[kept.len()..]));
    }
}

/// A string literal.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `limit` is how tightly the surroundings bind: what binds less tightly needs brackets. 0 is for a whole expression,
/// 9 for what stands before `.`, `[` and after `!`.
fn write_ast(ast: &Ast, limit: u8, out: &mut String) {
    match &ast.kind {
        Kind::Null => out.push_str("null"),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(number) => out.push_str(&number.canonical()),
        Kind::String(text) => out.push_str(&quoted(text)),
        Kind::List(items) => write_list('[', items, ']', out),
        Kind::Map(entries) => write_map(entries, out),
        Kind::Name(name) => out.push_str(name),
        Kind::Member(object, name) => {
            write_ast(object, 9, out);
            let _ = if is_name(name) { write!(out, ".{name}") } else { write!(out, "[{}]", quoted(name)) };
        }
        Kind::Index(object, index) => {
            write_ast(object, 9, out);
            write_list('[', std::slice::from_ref(index.as_ref()), ']', out);
        }
        Kind::Call(name, arguments) => {
            out.push_str(name);
            write_list('(', arguments, ')', out);
        }
        Kind::Not(inner) => {
            out.push('!');
            write_ast(inner, 8, out);
        }
        Kind::Minus(inner) => {
            out.push('-');
            write_ast(inner, 8, out);
        }
        Kind::Binary(operator, left, right) => {
            let strength = operator.strength();
            bracketed(strength < limit, out, |out| {
                write_ast(left, strength, out);
                let _ = write!(out, " {} ", operator.text());
                write_ast(right, strength + 1, out);
            });
        }
        Kind::Choice(condition, yes, no) => bracketed(limit > 0, out, |out| {
            write_ast(condition, 1, out);
            out.push_str(" ? ");
            write_ast(yes, 0, out);
            out.push_str(" : ");
            write_ast(no, 0, out);
        }),
    }
}

fn bracketed(needed: bool, out: &mut String, write: impl FnOnce(&mut String)) {
    if needed {
        out.push('(');
    }
    write(out);
    if needed {
        out.push(')');
    }
}

fn write_list(open: char, items: &[Ast], close: char, out: &mut String) {
    out.push(open);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write_ast(item, 0, out);
    }
    out.push(close);
}

fn write_map(entries: &[(String, Ast)], out: &mut String) {
    out.push_str("{ ");
    for (i, (key, value)) in entries.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        let _ = write!(out, "{}: ", quoted(key));
        write_ast(value, 0, out);
    }
    out.push_str(" }");
}

/// Whether a text can stand after `.` without quotes.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// A value as the tree of an expression that gives it.
pub(super) fn literal(value: &Value) -> Ast {
    let kind = match value {
        Value::Null => Kind::Null,
        Value::Bool(b) => Kind::Bool(*b),
        Value::Number(number) => Kind::Number(number.clone()),
        Value::String(text) => Kind::String(text.clone()),
        Value::List(items) => Kind::List(items.iter().map(literal).collect()),
        Value::Map(map) => Kind::Map(map.iter().map(|(k, v)| (k.clone(), literal(v))).collect()),
        Value::Secret(secret) => return joined(&secret_pieces(secret.parts())),
        Value::Deferred(deferred) => return joined(&deferred.pieces),
    };
    Ast { kind, range: (0, 0) }
}

/// The pieces of a text with secrets in it.
pub(super) fn secret_pieces(parts: &[SecretPart]) -> Vec<Piece> {
    parts
        .iter()
        .map(|part| match part {
            SecretPart::Text(text) => Piece::Text(text.clone()),
            SecretPart::Secret(secret) => Piece::Expression(secret_call(secret)),
        })
        .collect()
}

fn secret_call(secret: &SecretRef) -> Ast {
    let function = match secret {
        SecretRef::Organization(_) => "secret",
        SecretRef::Stage(_) => "stage_secret",
    };
    let name = Ast { kind: Kind::String(secret.name().to_owned()), range: (0, 0) };
    Ast { kind: Kind::Call(function.to_owned(), vec![name]), range: (0, 0) }
}

/// Pieces as one expression: the expression itself if it is alone, otherwise a call of `format`.
pub(super) fn joined(pieces: &[Piece]) -> Ast {
    if let [Piece::Expression(ast)] = pieces {
        return ast.clone();
    }
    let mut pattern = String::new();
    let mut arguments = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => pattern.push_str(&text.replace('{', "{{").replace('}', "}}")),
            Piece::Expression(ast) => {
                let _ = write!(pattern, "{{{}}}", arguments.len());
                arguments.push(ast.clone());
            }
        }
    }
    arguments.insert(0, Ast { kind: Kind::String(pattern), range: (0, 0) });
    Ast { kind: Kind::Call("format".to_owned(), arguments), range: (0, 0) }
}
