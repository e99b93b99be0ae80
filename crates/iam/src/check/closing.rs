//! Whether a condition on the caller or on the source of a call closes anything off.

use crate::policy::{Comparison, ConditionEntry, PrincipalElement, Quantifier};

/// Whether it names everyone, be it in a form that IAM refuses (`arn:aws:iam::*:root`).
pub(super) fn is_everyone(principal: &PrincipalElement) -> bool {
    let any_account = |arn: &str| arn.split(':').nth(4).is_some_and(|account| account.contains('*'));
    principal.is_everyone() || principal.aws.iter().any(any_account)
}

/// Whether the condition demands something of its key: it fails when the key is absent, and when the value is another.
pub(super) fn demands(entry: &ConditionEntry) -> bool {
    !entry.operator.if_exists && asks(entry)
}

/// Whether the condition fails when the key is there with another value.
pub(super) fn asks(entry: &ConditionEntry) -> bool {
    !entry.operator.comparison.is_negated()
        && entry.operator.comparison.takes_variables()
        && entry.operator.quantifier != Quantifier::ForAllValues
        && !entry.values.texts.is_empty()
}

/// Whether every value names its account or organization; for texts of one's own choice, whether each says anything.
pub(super) fn names_owner(entry: &ConditionEntry) -> bool {
    let wild = entry.operator.comparison.takes_wildcards();
    let key = entry.key.to_ascii_lowercase();
    entry.values.iter().all(|value| match key.as_str() {
        "aws:principalarn" | "aws:sourcearn" => arn_names_owner(value, wild),
        // `o-…/r-…/ou-…/*`: the organization is the first part.
        "aws:principalorgpaths" | "aws:sourceorgpaths" => is_exact(value.split('/').next().unwrap_or_default(), wild),
        "aws:principalorgid"
        | "aws:sourceorgid"
        | "aws:principalaccount"
        | "aws:sourceaccount"
        | "aws:sourceowner"
        | "kms:calleraccount"
        | "s3:dataaccesspointaccount" => is_exact(value, wild),
        _ => says_something(value, wild),
    })
}

/// Whether every ARN says more than its account: `role/ci/*` does, `role/*` does not.
pub(super) fn names_principal(entry: &ConditionEntry) -> bool {
    let wild = entry.operator.comparison.takes_wildcards();
    names_owner(entry)
        && entry.values.iter().all(|value| {
            let Some(name) = value.splitn(6, ':').nth(5) else { return says_something(value, wild) };
            let own = ["role/", "user/", "assumed-role/"].iter().find_map(|kind| name.strip_prefix(kind));
            says_something(own.unwrap_or(name), wild)
        })
}

/// Whether only some callers of those who have the permission can use it: from some network, with a second factor, with
/// a tag. The region of a call is the caller's to choose.
pub(super) fn narrows_callers(entry: &ConditionEntry) -> bool {
    match entry.operator.comparison {
        Comparison::IpAddress => !entry.operator.if_exists && !entry.values.iter().any(is_half_the_world),
        Comparison::Bool => {
            let second_factor = entry.is_on("aws:MultiFactorAuthPresent") && !entry.operator.if_exists;
            second_factor && entry.values.iter().all(|v| v.eq_ignore_ascii_case("true"))
        }
        _ => demands(entry) && names_owner(entry) && !entry.is_on("aws:RequestedRegion"),
    }
}

/// Whether a range of addresses is wider than the widest private one, `10.0.0.0/8`.
pub(super) fn is_half_the_world(range: &str) -> bool {
    let Some((address, bits)) = range.split_once('/') else { return false };
    let bits: u8 = bits.parse().unwrap_or(u8::MAX);
    bits < 8 || (bits < 16 && address.contains(':'))
}

fn arn_names_owner(value: &str, wild: bool) -> bool {
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    match parts.as_slice() {
        // Buckets have no account in their ARNs; their names are unique in the world.
        [_, _, _, _, "", name] => says_something(name, wild),
        [_, _, _, _, account, _] => is_exact(account, wild),
        _ => is_exact(value, wild),
    }
}

fn is_exact(value: &str, wild: bool) -> bool {
    !(value.is_empty() || wild && value.contains(['*', '?']))
}

fn says_something(value: &str, wild: bool) -> bool {
    value.chars().any(|c| !(matches!(c, '/' | ':') || wild && matches!(c, '*' | '?')))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::policy::{Operator, TextList};

    fn entry(operator: &str, key: &str, value: &str) -> ConditionEntry {
        let values = TextList { texts: vec![value.to_owned()], bare: true };
        ConditionEntry { path: String::new(), operator: Operator::read(operator).unwrap(), key: key.to_owned(), values }
    }

    #[test]
    fn owners_and_principals() {
        // Operator, key, value, whether the owner is named, whether the principal is.
        let table = [
            ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111111111111:role/ci/*", true, true),
            ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111111111111:role/*", true, false),
            ("StringLike", "aws:PrincipalArn", "arn:aws:iam::111111111111:*", true, false),
            ("StringLike", "aws:principalarn", "*:role/admin", false, false),
            ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/admin", false, false),
            ("ArnLike", "aws:SourceArn", "arn:aws:cloudformation:*:*:stackset/*", false, false),
            ("ArnLike", "aws:SourceArn", "arn:aws:cloudformation:*:{{AWS.AccountId}}:stackset/*", true, true),
            ("ArnLike", "aws:SourceArn", "arn:aws:s3:::acme-*", true, true),
            ("ArnLike", "aws:SourceArn", "arn:aws:s3:::*", false, false),
            ("StringLike", "aws:PrincipalOrgID", "o-*", false, false),
            ("StringEquals", "aws:PrincipalOrgID", "o-1", true, true),
            ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-1/r-1/*", true, true),
            ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "*/r-1/*", false, false),
            ("StringLike", "sts:ExternalId", "?*", false, false),
            ("StringEquals", "sts:ExternalId", "", false, false),
            ("StringEquals", "sts:ExternalId", "f1e", true, true),
        ];
        for (operator, key, value, owner, principal) in table {
            let entry = entry(operator, key, value);
            assert_eq!((names_owner(&entry), names_principal(&entry)), (owner, principal), "{operator} {key} {value}");
        }
        assert!(demands(&entry("StringEquals", "k", "v")) && demands(&entry("ForAnyValue:StringLike", "k", "v")));
        for operator in ["StringNotEquals", "StringEqualsIfExists", "ForAllValues:StringEquals", "Null"] {
            assert!(!demands(&entry(operator, "k", "v")), "{operator}");
        }
    }
}
