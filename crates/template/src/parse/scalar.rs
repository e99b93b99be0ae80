//! What a plain word means: null, boolean, number or text, in YAML 1.1 and in the YAML 1.2 core schema.
//!
//! The 1.1 rules are those of PyYAML, which the SAM transform reads templates with: `yes` is a boolean, `010` is eight,
//! `1:30` is ninety, and a date is a date, which JSON can only say as text.

use crate::{Node, Number, NumberValue, Value};

/// A plain word, resolved.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    /// Anything but a merge key.
    Value(Value),
    /// `<<`, which means a merge when it is a key.
    Merge,
}

/// Why a number may not be what its author meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Surprise {
    /// `010` is eight.
    Octal,
    /// `1:30` is ninety.
    Sexagesimal,
}

/// A plain word as YAML 1.1 reads it.
pub(super) fn yaml_1_1(text: &str) -> Scalar {
    let value = match text {
        "<<" => return Scalar::Merge,
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Value::Bool(false),
        _ => match float_1_1(text).map(NumberValue::Float).or_else(|| int_1_1(text)) {
            Some(value) => Value::Number(Number { text: text.to_owned(), value }),
            None => Value::String(text.to_owned()),
        },
    };
    Scalar::Value(value)
}

/// A plain word as the core schema of YAML 1.2 reads it.
pub(super) fn core_1_2(text: &str) -> Scalar {
    let value = match text {
        "<<" => return Scalar::Merge,
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match number_1_2(text) {
            Some(value) => Value::Number(Number { text: text.to_owned(), value }),
            None => Value::String(text.to_owned()),
        },
    };
    Scalar::Value(value)
}

/// Whether a YAML 1.1 integer is written in a way that most people read as another number.
pub(super) fn surprise(text: &str) -> Option<Surprise> {
    let digits = text.trim_start_matches(['-', '+']);
    if digits.contains(':') {
        return Some(Surprise::Sexagesimal);
    }
    let octal = digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    octal.then_some(Surprise::Octal)
}

/// The key of a JSON object that a node becomes, or nothing for lists and mappings. Python's `json.dumps` spells them
/// the same way.
pub fn key_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Null => Some("null".to_owned()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Number(n) => Some(crate::write::number_text(n)),
        Value::String(text) => Some(text.clone()),
        Value::List(_) | Value::Map(_) => None,
    }
}

/// An integer in a base, or a double when it does not fit 128 bits.
pub(super) fn integer(negative: bool, digits: &str, base: u32) -> Option<NumberValue> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return None;
    }
    let sign = if negative { -1 } else { 1 };
    Some(match i128::from_str_radix(digits, base) {
        Ok(n) => NumberValue::Int(sign * n),
        Err(_) => {
            let wide =
                digits.chars().filter_map(|c| c.to_digit(base)).fold(0f64, |n, d| n * f64::from(base) + f64::from(d));
            NumberValue::Float(if negative { -wide } else { wide })
        }
    })
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

fn digits_or_underscores(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

fn int_1_1(text: &str) -> Option<NumberValue> {
    let (negative, body) = split_sign(text);
    let first = body.bytes().next()?;
    if !first.is_ascii_digit() {
        return None;
    }
    if let Some(bits) = body.strip_prefix("0b") {
        return integer(negative, &bits.replace('_', ""), 2);
    }
    if let Some(digits) = body.strip_prefix("0x") {
        return integer(negative, &digits.replace('_', ""), 16);
    }
    if body.contains(':') {
        return (first != b'0').then(|| sexagesimal_int(negative, body)).flatten();
    }
    if !digits_or_underscores(body) {
        return None;
    }
    let plain = body.replace('_', "");
    let base = if first == b'0' && body.len() > 1 { 8 } else { 10 };
    integer(negative, &plain, base)
}

/// Base-60 parts after the first: one or two digits, below 60.
fn is_sixty(part: &str) -> bool {
    matches!(part.as_bytes(), [a] if a.is_ascii_digit())
        || matches!(part.as_bytes(), [a, b] if (b'0'..=b'5').contains(a) && b.is_ascii_digit())
}

fn sexagesimal_int(negative: bool, body: &str) -> Option<NumberValue> {
    let mut parts = body.split(':');
    let first = parts.next()?;
    if !digits_or_underscores(first) {
        return None;
    }
    let mut total: i128 = first.replace('_', "").parse().ok()?;
    for part in parts {
        if !is_sixty(part) {
            return None;
        }
        total = total.checked_mul(60)?.checked_add(part.parse().ok()?)?;
    }
    Some(NumberValue::Int(if negative { -total } else { total }))
}

fn float_1_1(text: &str) -> Option<f64> {
    let (negative, body) = split_sign(text);
    let sign = if negative { -1.0 } else { 1.0 };
    match body {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if body.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    let (whole, rest) = body.split_once('.')?;
    if whole.is_empty() {
        let starts_well = body.len() == text.len() && rest.starts_with(|c: char| c.is_ascii_digit());
        return if starts_well { decimal(sign, "0", rest) } else { None };
    }
    if !whole.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if whole.contains(':') {
        return sexagesimal_float(sign, whole, rest);
    }
    if digits_or_underscores(whole) { decimal(sign, whole, rest) } else { None }
}

/// Digits, a point, digits and perhaps an exponent, whose sign YAML 1.1 demands.
fn decimal(sign: f64, whole: &str, rest: &str) -> Option<f64> {
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (rest, "+0"),
    };
    let exponent_digits = exponent.strip_prefix(['-', '+'])?;
    let well_formed = digits_or_underscores(fraction)
        && !exponent_digits.is_empty()
        && exponent_digits.bytes().all(|b| b.is_ascii_digit());
    if !well_formed {
        return None;
    }
    let text = format!("{whole}.{fraction}e{exponent}").replace('_', "");
    text.parse::<f64>().ok().map(|n| sign * n)
}

fn sexagesimal_float(sign: f64, whole: &str, fraction: &str) -> Option<f64> {
    if !digits_or_underscores(fraction) {
        return None;
    }
    let (head, last) = whole.rsplit_once(':')?;
    let mut parts = head.split(':');
    let first = parts.next()?;
    if !digits_or_underscores(first) || !is_sixty(last) {
        return None;
    }
    let mut total: f64 = first.replace('_', "").parse().ok()?;
    for part in parts {
        if !is_sixty(part) {
            return None;
        }
        total = total * 60.0 + part.parse::<f64>().ok()?;
    }
    let seconds: f64 = format!("{last}.{}", fraction.replace('_', "")).parse().ok()?;
    Some(sign * (total * 60.0 + seconds))
}

fn number_1_2(text: &str) -> Option<NumberValue> {
    if let Some(digits) = text.strip_prefix("0o") {
        return integer(false, digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return integer(false, digits, 16);
    }
    let (negative, body) = split_sign(text);
    match body {
        ".inf" | ".Inf" | ".INF" => {
            return Some(NumberValue::Float(if negative { f64::NEG_INFINITY } else { f64::INFINITY }));
        }
        ".nan" | ".NaN" | ".NAN" if body.len() == text.len() => return Some(NumberValue::Float(f64::NAN)),
        _ => {}
    }
    if !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') || !body.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if body.bytes().all(|b| b.is_ascii_digit()) {
        return integer(negative, body, 10);
    }
    if body.strip_prefix('.').is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit())) {
        return None;
    }
    let only_number = body.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    let value = if only_number { body.parse::<f64>().ok() } else { None }?;
    Some(NumberValue::Float(if negative { -value } else { value }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn shown(scalar: Scalar) -> String {
        match scalar {
            Scalar::Merge => "merge".into(),
            Scalar::Value(Value::Null) => "null".into(),
            Scalar::Value(Value::Bool(b)) => b.to_string(),
            Scalar::Value(Value::Number(n)) => match n.value {
                NumberValue::Int(i) => format!("int {i}"),
                NumberValue::Float(f) => format!("float {f:?}"),
            },
            Scalar::Value(Value::String(s)) => format!("text {s}"),
            Scalar::Value(_) => "collection".into(),
        }
    }

    #[test]
    fn plain_words_of_templates_mean_what_pyyaml_says() {
        let table = [
            ("", "null"),
            ("~", "null"),
            ("nULL", "text nULL"),
            ("yes", "true"),
            ("Off", "false"),
            ("y", "text y"),
            ("012345678901", "text 012345678901"),
            ("012345670123", "int 1402433619"),
            ("111111111111", "int 111111111111"),
            ("0", "int 0"),
            ("010", "int 8"),
            ("08", "text 08"),
            ("0o10", "text 0o10"),
            ("0x1F", "int 31"),
            ("0b101", "int 5"),
            ("0b_", "text 0b_"),
            ("1_000", "int 1000"),
            ("-12", "int -12"),
            ("22:22", "int 1342"),
            ("1:60", "text 1:60"),
            ("0:30", "text 0:30"),
            ("190:20:30.15", "float 685230.15"),
            ("1.10", "float 1.1"),
            ("1.", "float 1.0"),
            (".5", "float 0.5"),
            ("-.5", "text -.5"),
            ("1e5", "text 1e5"),
            ("1.0e5", "text 1.0e5"),
            ("1.0e+5", "float 100000.0"),
            ("1.2.3", "text 1.2.3"),
            (".inf", "float inf"),
            ("-.INF", "float -inf"),
            (".NaN", "float NaN"),
            ("2010-09-09", "text 2010-09-09"),
            ("2001-12-14t21:59:43.10-05:00", "text 2001-12-14t21:59:43.10-05:00"),
            ("<<", "merge"),
            ("10.0.0.0/16", "text 10.0.0.0/16"),
            ("+", "text +"),
            ("-", "text -"),
            (".", "text ."),
        ];
        for (text, expected) in table {
            assert_eq!(shown(yaml_1_1(text)), expected, "{text}");
        }
    }

    #[test]
    fn plain_words_of_our_files_follow_the_core_schema() {
        let table = [
            ("yes", "text yes"),
            ("on", "text on"),
            ("True", "true"),
            ("012", "int 12"),
            ("0o17", "int 15"),
            ("0x1f", "int 31"),
            ("1:30", "text 1:30"),
            ("1e3", "float 1000.0"),
            ("1.10", "float 1.1"),
            ("1_000", "text 1_000"),
            (".", "text ."),
            (".e1", "text .e1"),
            ("1-2", "text 1-2"),
            ("+7", "int 7"),
            ("inf", "text inf"),
            ("-.5", "float -0.5"),
        ];
        for (text, expected) in table {
            assert_eq!(shown(core_1_2(text)), expected, "{text}");
        }
    }

    #[test]
    fn numbers_too_large_for_128_bits_become_doubles() {
        assert_eq!(shown(yaml_1_1(&"9".repeat(50))), "float 1e50");
    }
}
