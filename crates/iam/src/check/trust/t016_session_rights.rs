//! TRUST-016: sessions are made with tags or a source identity that the trust policy does not allow.

use crate::check::{Check, Report, Rule, TrustFacts};
use crate::pattern::Pattern;
use crate::policy::Effect;
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-016",
    severity: Severity::Error,
    title: "trust policy without the right that the session needs",
    why: "when session tags or a source identity are passed and not allowed, the whole call to assume the role fails",
    check: Check::Trust(check),
};

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    let Some(session) = facts.session else { return };
    let wanted = [
        (session.tags, "sts:TagSession", "session tags are"),
        (session.source_identity, "sts:SetSourceIdentity", "a source identity is"),
    ];
    for (_, action, what) in wanted.into_iter().filter(|(used, _, _)| *used) {
        let allowed = facts.document.statements.iter().filter(|s| s.effect == Effect::Allow).any(|s| {
            s.actions.values.iter().any(|a| Pattern::new(a).matches_ignoring_case(action)) != s.actions.negated
        });
        if !allowed {
            report.add(
                "/Statement",
                action,
                format!("{what} passed and `{action}` is not allowed"),
                format!("add `\"{action}\"` to the `Action` list of the statement that lets the caller in"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{session, trust_with};
    use serde_json::json;

    #[test]
    fn what_is_passed_is_allowed() {
        let ask = |actions: serde_json::Value, tags, identity| {
            let statement = json!([{"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": actions}]);
            trust_with("TRUST-016", statement, |f| f.session = Some(session(tags, identity, false, 0)))
        };
        assert_eq!(
            ask(json!("sts:AssumeRole"), true, true),
            [
                "error /Statement: session tags are passed and `sts:TagSession` is not allowed",
                "error /Statement: a source identity is passed and `sts:SetSourceIdentity` is not allowed",
            ]
        );
        assert!(ask(json!(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]), true, true).is_empty());
        assert!(ask(json!("sts:AssumeRole"), false, false).is_empty());
    }
}
