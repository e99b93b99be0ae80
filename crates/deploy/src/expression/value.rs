//! What an expression gives.

use super::Number;
use super::expr::Piece;
use indexmap::IndexMap;
use std::fmt;

/// A value that an expression gives.
///
/// `Display` gives the text that goes into a string. Secrets show as `[secret NAME]` there and in `Debug`.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    String(String),
    /// A list.
    List(Vec<Value>),
    /// A mapping.
    Map(IndexMap<String, Value>),
    /// A reference to one secret, or text with such references in it.
    Secret(Secret),
    /// Not known before a step has run: the expression that is left.
    Deferred(Deferred),
}

/// Text with secrets in it, by reference. The values are put in by whoever holds them, at the last moment.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(pub(super) Vec<SecretPart>);

/// One part of a [`Secret`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum SecretPart {
    /// Plain text.
    Text(String),
    /// The value of this secret.
    Secret(SecretRef),
}

/// The name of a secret and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretRef {
    /// `secret("NAME")`: of the whole organization.
    Organization(String),
    /// `stage_secret("NAME")`: of one stage.
    Stage(String),
}

/// An expression that waits for outputs, in the form in which it would be written in a pipeline file. Everything that
/// was known when it was made is in it as literal values.
#[derive(Clone)]
pub struct Deferred {
    pub(super) text: String,
    pub(super) pieces: Vec<Piece>,
    pub(super) waits_for: Vec<String>,
}

impl PartialEq for Deferred {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Deferred {
    /// The expression, as in a pipeline file. [`super::Expr::parse_text`] reads it again.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The steps whose outputs it waits for: `deploy`, or `staging.deploy` for a step of an earlier stage.
    pub fn waits_for(&self) -> &[String] {
        &self.waits_for
    }
}

impl SecretRef {
    /// The name of the secret.
    pub fn name(&self) -> &str {
        match self {
            Self::Organization(name) | Self::Stage(name) => name,
        }
    }
}

impl Secret {
    /// Exactly one secret.
    pub fn one(secret: SecretRef) -> Self {
        Self(vec![SecretPart::Secret(secret)])
    }

    /// Its parts in order.
    pub fn parts(&self) -> &[SecretPart] {
        &self.0
    }

    /// The secrets that it needs.
    pub fn references(&self) -> impl Iterator<Item = &SecretRef> {
        self.0.iter().filter_map(|part| match part {
            SecretPart::Secret(secret) => Some(secret),
            SecretPart::Text(_) => None,
        })
    }

    /// The text with every secret put in, or the first secret that `lookup` does not know.
    pub fn reveal(&self, lookup: impl Fn(&SecretRef) -> Option<String>) -> Result<String, SecretRef> {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                SecretPart::Text(text) => out.push_str(text),
                SecretPart::Secret(secret) => out.push_str(&lookup(secret).ok_or_else(|| secret.clone())?),
            }
        }
        Ok(out)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            SecretPart::Text(text) => f.write_str(text),
            SecretPart::Secret(secret) => write!(f, "[secret {}]", secret.name()),
        })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for SecretPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => fmt::Debug::fmt(text, f),
            Self::Secret(secret) => write!(f, "[secret {}]", secret.name()),
        }
    }
}

impl fmt::Display for Deferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Deferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Deferred({})", self.text)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Number(n) => write!(f, "{n}"),
            Self::String(text) => f.write_str(text),
            Self::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        f.write_str(",")?;
                    }
                    write!(f, "{item}")?;
                }
                Ok(())
            }
            Self::Map(_) => f.write_str(&super::json::to_json(self)),
            Self::Secret(secret) => write!(f, "{secret}"),
            Self::Deferred(deferred) => write!(f, "{deferred}"),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Number(n) => write!(f, "{n}"),
            Self::String(text) => fmt::Debug::fmt(text, f),
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Map(map) => f.debug_map().entries(map).finish(),
            Self::Secret(secret) => write!(f, "{secret}"),
            Self::Deferred(deferred) => write!(f, "{deferred:?}"),
        }
    }
}

impl Value {
    /// What it is, in a word for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
            Self::Secret(_) => "a secret",
            Self::Deferred(_) => "a value that is not known yet",
        }
    }

    /// Whole minutes, at least one: for durations, which may stand as a number or as text.
    pub fn as_minutes(&self) -> Option<u32> {
        self.as_int().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0)
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one, also when it is written as text.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_int(),
            Self::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Whether it can be used now: nothing in it waits for a step.
    pub fn is_known(&self) -> bool {
        match self {
            Self::Deferred(_) => false,
            Self::List(items) => items.iter().all(Self::is_known),
            Self::Map(map) => map.values().all(Self::is_known),
            _ => true,
        }
    }
}

/// Parts of a text as the simplest value that holds them.
pub(super) fn text_of(parts: Vec<SecretPart>) -> Value {
    let mut merged: Vec<SecretPart> = Vec::new();
    for part in parts {
        match (merged.last_mut(), part) {
            (Some(SecretPart::Text(last)), SecretPart::Text(text)) => last.push_str(&text),
            (_, SecretPart::Text(text)) if text.is_empty() => {}
            (_, part) => merged.push(part),
        }
    }
    match <[SecretPart; 1]>::try_from(merged) {
        Ok([SecretPart::Text(text)]) => Value::String(text),
        Ok(secret) => Value::Secret(Secret(secret.into())),
        Err(parts) if parts.is_empty() => Value::String(String::new()),
        Err(parts) => Value::Secret(Secret(parts)),
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Number(Number::int(n))
    }
}
