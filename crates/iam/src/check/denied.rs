//! What is demanded of the callers of a statement that allows, by itself and by the denies beside it.

use crate::pattern::Pattern;
use crate::policy::{
    Comparison, ConditionEntry, Effect, Element, Operator, PrincipalElement, Quantifier, Statement, TextList,
};

/// The conditions that callers of `allow` must meet: its own, and for each deny that turns everybody else away, what
/// that deny spares. Nothing when a deny leaves nobody.
pub(super) fn demanded<'a>(
    statements: impl IntoIterator<Item = &'a Statement>,
    allow: &Statement,
) -> Option<Vec<ConditionEntry>> {
    let mut conditions = allow.conditions.clone();
    for deny in statements.into_iter().filter(|s| s.effect == Effect::Deny && is_about_all_of(s, allow)) {
        let Some(principal) = &deny.principal else { continue };
        match deny.conditions.iter().filter(|e| !spares_services(e)).collect::<Vec<_>>().as_slice() {
            [] if principal.negated => conditions.extend(spared_principals(deny, principal)),
            [] if deny.conditions.is_empty()
                && (principal.is_everyone() || Some(principal) == allow.principal.as_ref()) =>
            {
                return None;
            }
            [one] if !principal.negated && (principal.is_everyone() || Some(principal) == allow.principal.as_ref()) => {
                conditions.extend(spared(one));
            }
            _ => {}
        }
    }
    Some(conditions)
}

/// Whether a deny is about every action and resource of a statement.
fn is_about_all_of(deny: &Statement, allow: &Statement) -> bool {
    let session_right = |a: &str| ["sts:TagSession", "sts:SetSourceIdentity"].iter().any(|r| r.eq_ignore_ascii_case(a));
    let actions = covers(&deny.actions, &allow.actions, |a| a.to_ascii_lowercase(), session_right);
    actions
        && match (&deny.resources, &allow.resources) {
            (Some(deny), Some(allow)) => covers(deny, allow, str::to_owned, |_| false),
            (None, _) => true,
            (Some(_), None) => false,
        }
}

fn covers(all: &Element, some: &Element, read: impl Fn(&str) -> String, aside: impl Fn(&str) -> bool) -> bool {
    let all_patterns: Vec<Pattern> = all.values.iter().map(|p| Pattern::new(&read(p))).collect();
    if all.negated || some.negated {
        return !all.negated && all_patterns.iter().any(Pattern::is_everything);
    }
    let covered = |text: &str| all_patterns.iter().any(|p| p.covers(&Pattern::new(&read(text))));
    some.values.iter().all(|text| aside(text) || covered(text))
}

/// A condition under which a deny does not strike AWS's own services, which are no strangers.
fn spares_services(entry: &ConditionEntry) -> bool {
    entry.is_on("aws:PrincipalIsAWSService")
        && entry.operator.comparison == Comparison::Bool
        && entry.values.iter().all(|v| v.eq_ignore_ascii_case("false"))
}

/// Whom `Deny` with `NotPrincipal` leaves alone.
fn spared_principals(deny: &Statement, principal: &PrincipalElement) -> Option<ConditionEntry> {
    let named = principal.aws.clone();
    (!named.texts.is_empty()).then(|| ConditionEntry {
        path: format!("{}/AWS", deny.principal_path()),
        operator: Operator { quantifier: Quantifier::None, comparison: Comparison::ArnLike, if_exists: false },
        key: "aws:PrincipalArn".to_owned(),
        values: named,
    })
}

/// The condition that is met by whoever a deny with this condition leaves alone. `ForAnyValue:` does not strike those
/// without the key, so nothing follows from it.
fn spared(entry: &ConditionEntry) -> Option<ConditionEntry> {
    let comparison = match entry.operator.comparison {
        Comparison::StringNotEquals => Comparison::StringEquals,
        Comparison::StringNotEqualsIgnoreCase => Comparison::StringEqualsIgnoreCase,
        Comparison::StringNotLike => Comparison::StringLike,
        Comparison::ArnNotEquals => Comparison::ArnEquals,
        Comparison::ArnNotLike => Comparison::ArnLike,
        Comparison::NotIpAddress => Comparison::IpAddress,
        _ => return None,
    };
    let quantifier = match entry.operator.quantifier {
        Quantifier::None => Quantifier::None,
        Quantifier::ForAllValues => Quantifier::ForAnyValue,
        Quantifier::ForAnyValue => return None,
    };
    let values = TextList { texts: entry.values.texts.clone(), bare: entry.values.bare };
    let operator = Operator { quantifier, comparison, if_exists: false };
    Some(ConditionEntry { path: entry.path.clone(), operator, key: entry.key.clone(), values })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::check::samples::document;
    use crate::policy::Kind;
    use serde_json::{Value, json};

    fn asked(deny: Value) -> Option<Vec<String>> {
        let allow = json!({"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::b/*"});
        let document = document(Kind::Resource, json!([allow, deny]));
        let found = demanded(&document.statements, &document.statements[0])?;
        Some(found.iter().map(|e| format!("{} {} {:?}", e.operator, e.key, e.values.texts)).collect())
    }

    #[test]
    fn denies_demand_what_they_spare() {
        let deny = |condition: Value| json!({"Effect": "Deny", "Principal": "*", "Action": "S3:*", "Resource": "arn:aws:s3:::b/*", "Condition": condition});
        let own = r#"StringEquals aws:PrincipalOrgID ["o-1"]"#.to_owned();
        for operator in ["StringNotEquals", "StringNotEqualsIfExists"] {
            assert_eq!(asked(deny(json!({operator: {"aws:PrincipalOrgID": "o-1"}}))), Some(vec![own.clone()]));
        }
        let spared =
            json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}, "Bool": {"aws:PrincipalIsAWSService": "false"}});
        assert_eq!(asked(deny(spared)), Some(vec![own]));
        assert_eq!(
            asked(
                json!({"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111111111111:role/x"}, "Action": "*", "Resource": "*"})
            ),
            Some(vec![r#"ArnLike aws:PrincipalArn ["arn:aws:iam::111111111111:role/x"]"#.to_owned()])
        );
        assert_eq!(asked(json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})), None);
        for nothing in [
            deny(json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
            deny(json!({"ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": "o-1/*"}})),
            deny(json!({"Bool": {"aws:SecureTransport": "false"}})),
            deny(json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1", "aws:Referer": "x"}})),
            json!({"Effect": "Deny", "Principal": {"AWS": "111111111111"}, "Action": "*", "Resource": "*"}),
            json!({"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}),
            json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "arn:aws:s3:::b/secret/*"}),
        ] {
            assert_eq!(asked(nothing.clone()), Some(vec![]), "{nothing}");
        }
    }
}
