//! Writes the document tree as JSON and YAML, and converts it to and from `serde_json` values.
//!
//! Numbers are written by value, as Python's `json` module writes them: `010` becomes `8`, `1.10` becomes `1.1`,
//! `1e400` has no spelling in JSON and becomes text.

mod json;
mod yaml;

pub use json::{compact, from_json, pretty, to_json};
pub use yaml::yaml;

use crate::{Number, NumberValue};

/// A number as JSON text. Integers are exact; doubles are the shortest text that reads back the same, always with a
/// point or an exponent. Infinities and what is no number are given as YAML spells them.
pub fn number_text(number: &Number) -> String {
    match number.value {
        NumberValue::Int(n) => n.to_string(),
        NumberValue::Float(f) => float_text(f),
    }
}

fn float_text(f: f64) -> String {
    if f.is_nan() {
        return ".nan".to_owned();
    }
    if f.is_infinite() {
        return if f > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{f:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let power: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&power) {
        let plain = format!("{f}");
        return if plain.contains('.') { plain } else { format!("{plain}.0") };
    }
    let sign = if power < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", power.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_spelled_as_python_spells_them() {
        let table = [
            (1.0, "1.0"),
            (1.1, "1.1"),
            (-0.0, "-0.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5e300, "1.5e+300"),
            (123456.789, "123456.789"),
        ];
        for (value, text) in table {
            assert_eq!(float_text(value), text);
        }
    }
}
