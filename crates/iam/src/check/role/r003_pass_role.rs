//! ROLE-003: roles that may be passed to anything, or any role.

use super::{allows, of_everything, within};
use crate::check::reachable::{PROBE, account, can, instance, is_about, places};
use crate::check::{Check, Report, RoleFacts, Rule};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "ROLE-003",
    severity: Severity::Error,
    title: "`iam:PassRole` for any role or to any service",
    why: "who may pass a role to a service can have the service act with all that role's permissions",
    check: Check::Role(check),
};

fn check(facts: &RoleFacts<'_>, report: &mut Report<'_>) {
    let account = account(facts);
    for (policy, statement) in allows(&facts.policies).filter(|(_, s)| is_about(s, "iam:PassRole") && !of_everything(s))
    {
        let path = within(policy, &statement.resources_path());
        let Some(resources) = &statement.resources else { continue };
        let anchor = format!("{} {:?}", policy.name, resources.values.texts);
        let by_this = |role: &str, fixed| {
            can(facts, "iam:PassRole", role, fixed).is_some_and(|s| s.path == statement.path && s.policy == policy.name)
        };
        let any = places(facts, "iam:PassRole").into_iter().any(|(_, account)| {
            let any_role = format!("arn:aws:iam::{account}:role/{PROBE}");
            by_this(&any_role, &[("iam:PassedToService", Some("lambda.amazonaws.com"))]) || by_this(&any_role, &[])
        });
        let elsewhere = [("iam:PassedToService", Some("landfall-probe.amazonaws.com"))];
        if any {
            let to_any_service = places(facts, "iam:PassRole")
                .into_iter()
                .any(|(_, account)| by_this(&format!("arn:aws:iam::{account}:role/{PROBE}"), &elsewhere));
            let (severity, message) = match to_any_service {
                true => (Severity::Error, "any role can be passed"),
                // What the services may do for it is another rule's matter.
                false => (Severity::Warning, "any role can be passed to the services that are named"),
            };
            report.add_as(
                severity,
                path,
                &anchor,
                message,
                format!("write the role's ARN in `Resource`, such as `arn:aws:iam::{account}:role/app/*`, and add `\"StringEquals\": {{\"iam:PassedToService\": \"SERVICE.amazonaws.com\"}}`"),
            );
            continue;
        }
        let open = !resources.negated && resources.values.iter().any(|r| by_this(&instance(r), &elsewhere));
        if open {
            report.add_as(
                Severity::Warning,
                path,
                &anchor,
                "the role can be passed to any service",
                "add `\"StringEquals\": {\"iam:PassedToService\": \"SERVICE.amazonaws.com\"}`",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{document, role, role_with};
    use crate::evaluate::NamedPolicy;
    use crate::policy::Kind;
    use serde_json::json;

    #[test]
    fn a_named_role_to_a_named_service() {
        let pass = |resource: &str, condition: serde_json::Value| {
            role(
                "ROLE-003",
                json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": resource, "Condition": condition}),
            )
        };
        let lambda = json!({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}});
        assert_eq!(pass("*", json!({})), ["error /inline/Statement/Resource: any role can be passed"]);
        assert_eq!(
            pass("arn:aws:iam::*:role/*", lambda.clone()),
            ["warning /inline/Statement/Resource: any role can be passed to the services that are named"]
        );
        for loose in [
            json!({"StringLike": {"iam:PassedToService": "*"}}),
            json!({"StringNotEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
        ] {
            assert!(pass("*", loose.clone())[0].starts_with("error"), "{loose}");
        }
        assert_eq!(
            pass("arn:aws:iam::222222222222:role/app/x", json!({})),
            ["warning /inline/Statement/Resource: the role can be passed to any service"]
        );
        assert_eq!(role("ROLE-003", json!({"Effect": "Allow", "Action": "iam:*", "Resource": "*"})).len(), 1);
        assert_eq!(role("ROLE-003", json!({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"})).len(), 1);
        assert!(pass("arn:aws:iam::222222222222:role/app/*", lambda.clone()).is_empty());
        assert!(pass("arn:aws:iam::333333333333:role/*", lambda.clone()).is_empty(), "no role of its own account");
        let anywhere = role_with("ROLE-003", json!([]), |f| {
            let pass =
                json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::333333333333:role/*"});
            (f.arn, f.account) = (None, None);
            f.policies = vec![NamedPolicy::new("inline", document(Kind::Identity, pass))];
        });
        assert_eq!(anywhere.len(), 1, "the account may be its own");
        let denied = json!([
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
            {"Effect": "Deny", "Action": "iam:PassRole", "NotResource": "arn:aws:iam::222222222222:role/app/*"},
            {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringNotEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}},
        ]);
        assert!(role("ROLE-003", denied).is_empty(), "what is denied cannot be passed");
    }
}
