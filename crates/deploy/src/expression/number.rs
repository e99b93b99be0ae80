//! Numbers that remember how they were written: `1.10` stays `1.10` when it becomes text.

use std::cmp::Ordering;
use std::fmt;

/// A number. Integers stay exact. Two numbers are equal when their values are.
#[derive(Debug, Clone)]
pub struct Number {
    text: String,
    value: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Int(i64),
    /// Always finite.
    Float(f64),
}

impl Number {
    /// An integer.
    pub fn int(value: i64) -> Self {
        Self { text: value.to_string(), value: Kind::Int(value) }
    }

    /// Any finite number.
    pub fn float(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self { text: format!("{value:?}"), value: Kind::Float(value) })
    }

    /// A number as it was written: digits, at most one point with digits on both sides, a minus sign before them.
    pub fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
        let all_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || fraction.is_some_and(|f| !all_digits(f)) {
            return None;
        }
        let value = match fraction {
            None => Kind::Int(text.parse().ok()?),
            Some(_) => Kind::Float(text.parse().ok().filter(|n: &f64| n.is_finite())?),
        };
        Some(Self { text: text.to_owned(), value })
    }

    /// A number whose value is known and that was written as `text`.
    pub(crate) fn written(text: &str, value: template::NumberValue) -> Option<Self> {
        let value = match value {
            template::NumberValue::Int(n) => i64::try_from(n).map_or(Kind::Float(n as f64), Kind::Int),
            template::NumberValue::Float(n) if n.is_finite() => Kind::Float(n),
            template::NumberValue::Float(_) => return None,
        };
        Some(Self { text: text.to_owned(), value })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The exact integer, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self.value {
            Kind::Int(n) => Some(n),
            Kind::Float(_) => None,
        }
    }

    /// The nearest double.
    pub fn as_f64(&self) -> f64 {
        match self.value {
            Kind::Int(n) => n as f64,
            Kind::Float(n) => n,
        }
    }

    /// The number below zero, or nothing when it does not fit.
    pub(super) fn negated(&self) -> Option<Self> {
        match self.value {
            Kind::Int(n) => n.checked_neg().map(Self::int),
            Kind::Float(n) => Self::float(-n),
        }
    }

    /// Text that [`Number::read`] and JSON read as the same number; as it was written when that will do.
    pub(super) fn canonical(&self) -> String {
        let is_json = || {
            let digits = self.text.strip_prefix('-').unwrap_or(&self.text);
            digits.starts_with("0.") || digits == "0" || !digits.starts_with('0')
        };
        if is_json() && Self::read(&self.text).is_some_and(|read| read == *self) {
            return self.text.clone();
        }
        match self.value {
            Kind::Int(n) => n.to_string(),
            Kind::Float(n) => {
                let text = n.to_string();
                if text.contains('.') { text } else { format!("{text}.0") }
            }
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self.value, other.value) {
            (Kind::Int(a), Kind::Int(b)) => a.partial_cmp(&b),
            _ => self.as_f64().partial_cmp(&other.as_f64()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
