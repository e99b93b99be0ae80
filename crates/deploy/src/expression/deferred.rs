//! What is left of an expression that cannot be finished yet, and texts with such parts and secrets in them.

use super::ast::{Ast, Kind};
use super::expr::{MAX_TEXT, Piece};
use super::value::SecretPart;
use super::{Deferred, Expr, Secret, Value, print};
use base::Diagnostic;

impl Deferred {
    /// What is left of a text. It must read back, so the limits of texts hold for it.
    pub(super) fn new(pieces: Vec<Piece>, mut waits_for: Vec<String>) -> Result<Self, Box<Diagnostic>> {
        waits_for.sort();
        waits_for.dedup();
        let text = print::pieces(&pieces);
        let reads_back = if text.len() > MAX_TEXT { None } else { Expr::parse_text(&text).ok() };
        match reads_back {
            Some(_) => Ok(Self { text, pieces, waits_for }),
            None => Err(Box::new(too_large())),
        }
    }
}

pub(super) fn too_large() -> Diagnostic {
    Diagnostic::error("EXPR-013", "the result of an expression is too large")
        .why(format!("{} KiB of text and 64 levels are the limits", MAX_TEXT / 1024))
}

pub(super) fn secret_problem(message: &str) -> Diagnostic {
    Diagnostic::error("EXPR-012", message)
        .why("only references to secrets are known here, never their values")
        .hint("use the secret as a whole value, or inside a text")
}

/// Whether a secret is in it, at any depth.
pub(super) fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Secret(_) => true,
        Value::List(items) => items.iter().any(holds_secret),
        Value::Map(map) => map.values().any(holds_secret),
        _ => false,
    }
}

/// Everything that the values wait for.
pub(super) fn pending<'v>(values: impl IntoIterator<Item = &'v Value>) -> Vec<String> {
    let mut found = Vec::new();
    for value in values {
        match value {
            Value::Deferred(deferred) => found.extend(deferred.waits_for.iter().cloned()),
            Value::List(items) => found.extend(pending(items)),
            Value::Map(map) => found.extend(pending(map.values())),
            _ => {}
        }
    }
    found
}

/// The name of what a pending property waits for: `deploy`, `staging.deploy`, `artifacts.app` or `account_id`.
pub(super) fn waits_for(place: &Ast) -> String {
    let mut names = Vec::new();
    let mut at = place;
    loop {
        at = match &at.kind {
            Kind::Member(object, name) => {
                names.push(name.as_str());
                object
            }
            Kind::Name(name) => {
                names.push(name);
                break;
            }
            _ => break,
        };
    }
    names.reverse();
    match names[..] {
        ["steps", step, ..] => step.to_owned(),
        ["stages", stage, "steps", step, ..] => format!("{stage}.{step}"),
        ["stage", "artifacts", artifact, ..] => format!("artifacts.{artifact}"),
        [_, name, ..] => name.to_owned(),
        _ => String::new(),
    }
}

/// Texts, secrets and pending values as one text.
pub(super) fn concatenate(parts: Vec<Value>) -> Result<Value, Box<Diagnostic>> {
    let waits_for = pending(&parts);
    let mut joined: Vec<SecretPart> = Vec::new();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut length = 0;
    for part in parts {
        match part {
            Value::Secret(Secret(parts)) => {
                pieces.extend(print::secret_pieces(&parts));
                joined.extend(parts);
            }
            Value::Deferred(deferred) => pieces.extend(deferred.pieces),
            plain => {
                let text = plain.to_string();
                length += text.len();
                if length > MAX_TEXT {
                    return Err(Box::new(too_large()));
                }
                pieces.push(Piece::Text(text.clone()));
                joined.push(SecretPart::Text(text));
            }
        }
    }
    if !waits_for.is_empty() {
        return Deferred::new(merged(pieces), waits_for).map(Value::Deferred);
    }
    Ok(super::value::text_of(joined))
}

fn merged(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (out.last_mut(), piece) {
            (Some(Piece::Text(last)), Piece::Text(text)) => last.push_str(&text),
            (_, Piece::Text(text)) if text.is_empty() => {}
            (_, piece) => out.push(piece),
        }
    }
    out
}
