//! Condition blocks against the context of a request.

use super::{Context, date, variables};
use crate::policy::{Comparison as C, ConditionEntry, Quantifier, Version};
use std::net::IpAddr;

/// Whether one entry holds.
pub(crate) fn holds(entry: &ConditionEntry, version: Version, context: &Context) -> bool {
    let found = context.get(&entry.key);
    let operator = entry.operator;
    if operator.comparison == C::Null {
        return entry.values.iter().any(|v| v.eq_ignore_ascii_case("true") == found.is_empty());
    }
    if found.is_empty() {
        return match operator.quantifier {
            Quantifier::ForAllValues => true,
            Quantifier::ForAnyValue => operator.if_exists,
            Quantifier::None => operator.if_exists || operator.comparison.is_negated(),
        };
    }
    let comparison = operator.comparison;
    let one = |value: &String| {
        let equal = entry.values.iter().any(|wanted| agrees(comparison, value, wanted, version, context));
        equal != comparison.is_negated()
    };
    match operator.quantifier {
        Quantifier::ForAllValues => found.iter().all(one),
        Quantifier::ForAnyValue => found.iter().any(one),
        // Without a quantifier a key is expected to have one value; with several, a negated comparison must hold for all.
        Quantifier::None if comparison.is_negated() => found.iter().all(one),
        Quantifier::None => found.iter().any(one),
    }
}

/// Whether one value of the request agrees with one of the policy, before negation.
fn agrees(comparison: C, value: &str, wanted: &str, version: Version, context: &Context) -> bool {
    match comparison {
        C::StringEquals | C::StringNotEquals => {
            variables::expand_text(wanted, version, context).is_some_and(|w| w == value)
        }
        C::StringEqualsIgnoreCase | C::StringNotEqualsIgnoreCase => {
            variables::expand_text(wanted, version, context).is_some_and(|w| w.to_lowercase() == value.to_lowercase())
        }
        C::StringLike | C::StringNotLike => {
            variables::expand(wanted, version, context).is_some_and(|p| p.matches(value))
        }
        // ArnEquals and ArnLike behave the same.
        C::ArnEquals | C::ArnNotEquals | C::ArnLike | C::ArnNotLike => {
            variables::expand(wanted, version, context).is_some_and(|p| p.matches_arn(value))
        }
        C::NumericEquals | C::NumericNotEquals => numbers(value, wanted, |a, b| a == b),
        C::NumericLessThan => numbers(value, wanted, |a, b| a < b),
        C::NumericLessThanEquals => numbers(value, wanted, |a, b| a <= b),
        C::NumericGreaterThan => numbers(value, wanted, |a, b| a > b),
        C::NumericGreaterThanEquals => numbers(value, wanted, |a, b| a >= b),
        C::DateEquals | C::DateNotEquals => dates(value, wanted, |a, b| a == b),
        C::DateLessThan => dates(value, wanted, |a, b| a < b),
        C::DateLessThanEquals => dates(value, wanted, |a, b| a <= b),
        C::DateGreaterThan => dates(value, wanted, |a, b| a > b),
        C::DateGreaterThanEquals => dates(value, wanted, |a, b| a >= b),
        C::Bool => value.eq_ignore_ascii_case(wanted),
        C::BinaryEquals => value == wanted,
        C::IpAddress | C::NotIpAddress => in_network(value, wanted),
        C::Null => false,
    }
}

fn numbers(value: &str, wanted: &str, compare: impl Fn(f64, f64) -> bool) -> bool {
    match (value.trim().parse(), wanted.trim().parse()) {
        (Ok(a), Ok(b)) => compare(a, b),
        _ => false,
    }
}

fn dates(value: &str, wanted: &str, compare: impl Fn(i64, i64) -> bool) -> bool {
    match (date::parse(value), date::parse(wanted)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => false,
    }
}

/// Whether an address lies in `address` or `address/bits`.
fn in_network(value: &str, network: &str) -> bool {
    let (base, bits) = match network.split_once('/') {
        Some((base, bits)) => (base, bits.parse::<u32>().ok()),
        None => (network, Some(u32::MAX)),
    };
    let (Ok(value), Ok(base), Some(bits)) = (value.parse::<IpAddr>(), base.parse::<IpAddr>(), bits) else {
        return false;
    };
    match (value, base) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same_prefix(u128::from(a.to_bits()), u128::from(b.to_bits()), bits, 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same_prefix(a.to_bits(), b.to_bits(), bits, 128),
        _ => false,
    }
}

fn same_prefix(a: u128, b: u128, bits: u32, width: u32) -> bool {
    let bits = if bits == u32::MAX { width } else { bits };
    bits <= width && (a ^ b).checked_shr(width - bits).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::policy::{Operator, TextList};

    fn check(operator: &str, wanted: &[&str], found: &[&str]) -> bool {
        let texts = wanted.iter().map(|t| (*t).to_owned()).collect();
        let entry = ConditionEntry {
            path: String::new(),
            operator: Operator::read(operator).unwrap(),
            key: "k:K".to_owned(),
            values: TextList { texts, bare: false },
        };
        let context: Context = found.iter().map(|v| ("K:k", *v)).collect();
        holds(&entry, Version::V2012, &context)
    }

    #[test]
    fn each_operator_holds_where_it_should() {
        let table: &[(&str, &[&str], &[&str], bool)] = &[
            ("StringEquals", &["a", "b"], &["b"], true),
            ("StringEquals", &["a"], &["A"], false),
            ("StringEquals", &["a*"], &["ab"], false),
            ("StringEqualsIgnoreCase", &["a"], &["A"], true),
            ("StringNotEquals", &["a", "b"], &["b"], false),
            ("StringNotEquals", &["a", "b"], &["c"], true),
            ("StringLike", &["a*c?"], &["abbcd"], true),
            ("StringLike", &["a*"], &["Ab"], false),
            ("StringNotLike", &["a*"], &["ab"], false),
            ("NumericLessThanEquals", &["10"], &["10"], true),
            ("NumericLessThan", &["10"], &["9.5"], true),
            ("NumericGreaterThan", &["10"], &["ten"], false),
            ("NumericNotEquals", &["1"], &["2"], true),
            ("DateLessThan", &["2026-01-01T00:00:00Z"], &["2025-12-31"], true),
            ("DateGreaterThanEquals", &["2026-01-01T00:00:00Z"], &["1767225600"], true),
            ("Bool", &["true"], &["True"], true),
            ("Bool", &["true"], &["false"], false),
            ("BinaryEquals", &["QmluYXJ5"], &["QmluYXJ5"], true),
            ("IpAddress", &["203.0.113.0/24"], &["203.0.113.9"], true),
            ("IpAddress", &["203.0.113.0/24"], &["203.0.114.9"], false),
            ("IpAddress", &["203.0.113.7"], &["203.0.113.7"], true),
            ("IpAddress", &["0.0.0.0/0"], &["8.8.8.8"], true),
            ("IpAddress", &["2001:db8::/32"], &["2001:db8:1::1"], true),
            ("IpAddress", &["203.0.113.0/33"], &["203.0.113.9"], false),
            ("NotIpAddress", &["203.0.113.0/24"], &["8.8.8.8"], true),
            ("ArnLike", &["arn:aws:iam::*:role/a-*"], &["arn:aws:iam::1:role/a-b"], true),
            ("ArnEquals", &["arn:aws:iam::*:role/a-*"], &["arn:aws:iam::1:role/a-b"], true),
            ("ArnNotLike", &["arn:aws:iam::*:role/a-*"], &["arn:aws:iam::1:role/b"], true),
            ("Null", &["true"], &[], true),
            ("Null", &["true"], &["x"], false),
            ("Null", &["false"], &["x"], true),
            ("Null", &["false"], &[], false),
        ];
        for (operator, wanted, found, expected) in table {
            assert_eq!(check(operator, wanted, found), *expected, "{operator} {wanted:?} on {found:?}");
        }
    }

    #[test]
    fn absent_keys_and_many_values() {
        let table: &[(&str, &[&str], &[&str], bool)] = &[
            ("StringEquals", &["a"], &[], false),
            ("StringEqualsIfExists", &["a"], &[], true),
            ("StringEqualsIfExists", &["a"], &["b"], false),
            ("StringNotEquals", &["a"], &[], true),
            ("Bool", &["false"], &[], false),
            ("NumericLessThan", &["1"], &[], false),
            ("ForAllValues:StringEquals", &["a", "b"], &[], true),
            ("ForAllValues:StringEquals", &["a", "b"], &["a"], true),
            ("ForAllValues:StringEquals", &["a", "b"], &["a", "c"], false),
            ("ForAllValues:StringNotEquals", &["a"], &["b", "a"], false),
            ("ForAnyValue:StringEquals", &["a"], &[], false),
            ("ForAnyValue:StringEquals", &["a"], &["c", "a"], true),
            ("ForAnyValue:StringNotEquals", &["a"], &["a", "c"], true),
            ("ForAnyValue:StringNotEquals", &["a"], &["a"], false),
            ("ForAnyValue:StringNotEquals", &["a"], &[], false),
            ("StringEquals", &[], &["a"], false),
        ];
        for (operator, wanted, found, expected) in table {
            assert_eq!(check(operator, wanted, found), *expected, "{operator} {wanted:?} on {found:?}");
        }
    }
}
