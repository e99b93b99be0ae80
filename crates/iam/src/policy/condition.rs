//! Condition operators and entries ("IAM JSON policy elements: Condition operators").

use super::TextList;

/// The comparison an operator makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are AWS's own")]
pub enum Comparison {
    StringEquals,
    StringNotEquals,
    StringEqualsIgnoreCase,
    StringNotEqualsIgnoreCase,
    StringLike,
    StringNotLike,
    NumericEquals,
    NumericNotEquals,
    NumericLessThan,
    NumericLessThanEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
    DateEquals,
    DateNotEquals,
    DateLessThan,
    DateLessThanEquals,
    DateGreaterThan,
    DateGreaterThanEquals,
    Bool,
    BinaryEquals,
    IpAddress,
    NotIpAddress,
    ArnEquals,
    ArnLike,
    ArnNotEquals,
    ArnNotLike,
    Null,
}

use Comparison as C;

const COMPARISONS: &[(&str, Comparison)] = &[
    ("StringEquals", C::StringEquals),
    ("StringNotEquals", C::StringNotEquals),
    ("StringEqualsIgnoreCase", C::StringEqualsIgnoreCase),
    ("StringNotEqualsIgnoreCase", C::StringNotEqualsIgnoreCase),
    ("StringLike", C::StringLike),
    ("StringNotLike", C::StringNotLike),
    ("NumericEquals", C::NumericEquals),
    ("NumericNotEquals", C::NumericNotEquals),
    ("NumericLessThan", C::NumericLessThan),
    ("NumericLessThanEquals", C::NumericLessThanEquals),
    ("NumericGreaterThan", C::NumericGreaterThan),
    ("NumericGreaterThanEquals", C::NumericGreaterThanEquals),
    ("DateEquals", C::DateEquals),
    ("DateNotEquals", C::DateNotEquals),
    ("DateLessThan", C::DateLessThan),
    ("DateLessThanEquals", C::DateLessThanEquals),
    ("DateGreaterThan", C::DateGreaterThan),
    ("DateGreaterThanEquals", C::DateGreaterThanEquals),
    ("Bool", C::Bool),
    ("BinaryEquals", C::BinaryEquals),
    ("IpAddress", C::IpAddress),
    ("NotIpAddress", C::NotIpAddress),
    ("ArnEquals", C::ArnEquals),
    ("ArnLike", C::ArnLike),
    ("ArnNotEquals", C::ArnNotEquals),
    ("ArnNotLike", C::ArnNotLike),
    ("Null", C::Null),
];

impl Comparison {
    /// Whether it holds when the values differ, and so also when the key is absent.
    pub fn is_negated(self) -> bool {
        matches!(
            self,
            C::StringNotEquals
                | C::StringNotEqualsIgnoreCase
                | C::StringNotLike
                | C::NumericNotEquals
                | C::DateNotEquals
                | C::NotIpAddress
                | C::ArnNotEquals
                | C::ArnNotLike
        )
    }

    /// Whether `*` and `?` are wildcards in its values.
    pub fn takes_wildcards(self) -> bool {
        matches!(self, C::StringLike | C::StringNotLike | C::ArnEquals | C::ArnLike | C::ArnNotEquals | C::ArnNotLike)
    }

    /// Whether policy variables are replaced in its values: string and ARN operators only.
    pub fn takes_variables(self) -> bool {
        self.takes_wildcards()
            || matches!(
                self,
                C::StringEquals | C::StringNotEquals | C::StringEqualsIgnoreCase | C::StringNotEqualsIgnoreCase
            )
    }

    /// As written.
    pub fn as_str(self) -> &'static str {
        COMPARISONS.iter().find(|(_, c)| *c == self).map_or("", |(name, _)| name)
    }
}

/// How the values of a multivalued key count together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// Not written.
    None,
    /// `ForAllValues:`, which also holds when the key is absent.
    ForAllValues,
    /// `ForAnyValue:`
    ForAnyValue,
}

/// A whole operator such as `ForAnyValue:StringLikeIfExists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Operator {
    /// Prefix.
    pub quantifier: Quantifier,
    /// The comparison.
    pub comparison: Comparison,
    /// `…IfExists`: holds when the key is absent.
    pub if_exists: bool,
}

impl Operator {
    /// Reads an operator. Operator names are compared without regard to case, as IAM does. `NullIfExists` does not exist.
    pub fn read(text: &str) -> Option<Self> {
        let (quantifier, rest) = match text.split_once(':') {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAllValues") => (Quantifier::ForAllValues, rest),
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAnyValue") => (Quantifier::ForAnyValue, rest),
            Some(_) => return None,
            None => (Quantifier::None, text),
        };
        let cut = rest.len().checked_sub("IfExists".len()).filter(|n| rest.is_char_boundary(*n));
        let (name, if_exists) = match cut {
            Some(n) if rest[n..].eq_ignore_ascii_case("IfExists") => (&rest[..n], true),
            _ => (rest, false),
        };
        let (_, comparison) = COMPARISONS.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        if *comparison == C::Null && (if_exists || quantifier != Quantifier::None) {
            return None;
        }
        Some(Self { quantifier, comparison: *comparison, if_exists })
    }

    /// The operator name that is closest in spelling by prefix, for a hint.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        COMPARISONS.iter().map(|(name, _)| *name)
    }
}

impl std::fmt::Display for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let prefix = match self.quantifier {
            Quantifier::None => "",
            Quantifier::ForAllValues => "ForAllValues:",
            Quantifier::ForAnyValue => "ForAnyValue:",
        };
        write!(f, "{prefix}{}{}", self.comparison.as_str(), if self.if_exists { "IfExists" } else { "" })
    }
}

/// One key under one operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionEntry {
    /// Its place as a JSON pointer.
    pub path: String,
    /// The operator.
    pub operator: Operator,
    /// The condition key as written; keys are compared without regard to case.
    pub key: String,
    /// The values; one suffices (all must differ for a negated comparison).
    pub values: TextList,
}

impl ConditionEntry {
    /// Whether this entry is about `key`.
    pub fn is_on(&self, key: &str) -> bool {
        self.key.eq_ignore_ascii_case(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_read_and_show_the_same() {
        for (name, comparison) in COMPARISONS {
            let plain = Operator::read(name);
            assert_eq!(plain.map(|o| (o.comparison, o.to_string())), Some((*comparison, (*name).to_owned())));
            if *comparison != C::Null {
                for form in
                    [format!("{name}IfExists"), format!("ForAllValues:{name}"), format!("ForAnyValue:{name}IfExists")]
                {
                    assert_eq!(Operator::read(&form).map(|o| o.to_string()), Some(form.clone()));
                }
            }
        }
        assert_eq!(Operator::read("stringequals").map(|o| o.comparison), Some(C::StringEquals));
        for bad in ["", "StringMatches", "ForSome:StringEquals", "NullIfExists", "IfExists", "ForAllValues:Null", "é"]
        {
            assert_eq!(Operator::read(bad), None, "{bad}");
        }
    }
}
