//! ROLE-004: known ways to gain permissions, as far as denies, boundary, resource scope and conditions leave them open.

use super::{allows, of_everything, on_everything};
use crate::check::reachable::{Fixed, can, can_beyond, in_named_accounts, user_arn};
use crate::check::{Check, Report, RoleFacts, Rule};
use crate::evaluate::StatementRef;
use base::Severity;
use indexmap::IndexMap;

static TABLE: &str = include_str!("../../../data/escalations.txt");

pub(in crate::check) const RULE: Rule = Rule {
    id: "ROLE-004",
    severity: Severity::Error,
    title: "known way to gain permissions",
    why: "with these actions, on things outside its own scope, the role can get permissions that it was not given; the ids are pathfinding.cloud's, but for those that start with `rhino` or `extra`",
    check: Check::Role(check),
};

/// Policies of AWS's by which a role can give itself every permission, beside `AdministratorAccess`.
const MANAGED: &[&str] = &[":aws:policy/IAMFullAccess", ":aws:policy/AdministratorAccess-AWSElasticBeanstalk"];

struct Way {
    id: &'static str,
    kind: &'static str,
    service: &'static str,
    actions: Vec<&'static str>,
}

fn ways() -> impl Iterator<Item = Way> {
    TABLE.lines().filter(|l| !l.starts_with('#')).filter_map(|line| {
        let mut columns = line.split('|').map(str::trim);
        let (id, kind, service, actions) = (columns.next()?, columns.next()?, columns.next()?, columns.next()?);
        Some(Way { id, kind, service, actions: actions.split(' ').collect() })
    })
}

fn check(facts: &RoleFacts<'_>, report: &mut Report<'_>) {
    // A role that may do everything has its own finding.
    if allows(&facts.policies).any(|(_, s)| of_everything(s) && on_everything(s)) {
        return;
    }
    for arn in facts.managed.iter().filter(|arn| MANAGED.iter().any(|name| arn.ends_with(name))) {
        let name = arn.rsplit('/').next().unwrap_or(arn);
        report.add(
            "/ManagedPolicyArns",
            arn,
            format!("`{name}` is attached, which allows to write any policy, the role's own included"),
            "replace it by the actions that are needed, with the ARNs of the roles they are for",
        );
    }
    let mut open: Vec<(Way, StatementRef)> = Vec::new();
    let mut all: Vec<Way> = ways().collect();
    all.sort_by_key(|way| way.actions.len());
    for way in all {
        let has_shorter = open.iter().any(|(known, _)| known.actions.iter().all(|a| way.actions.contains(a)));
        if has_shorter {
            continue;
        }
        let steps: Option<Vec<StatementRef>> = way.actions.iter().map(|action| step(facts, action, &way)).collect();
        if let Some(last) = steps.and_then(|mut steps| steps.pop()) {
            open.push((way, last));
        }
    }
    let mut by_statement: IndexMap<(String, String), Vec<Way>> = IndexMap::new();
    for (way, statement) in open {
        by_statement.entry((statement.policy, statement.path)).or_default().push(way);
    }
    for ((policy, path), mut ways) in by_statement {
        ways.sort_by_key(|way| way.id);
        let ids: Vec<String> = ways.iter().map(|w| format!("{} by `{}`", w.id, w.actions.join("` and `"))).collect();
        let anchor: Vec<&str> = ways.iter().map(|w| w.id).collect();
        let kinds: Vec<&str> = ["self", "principal", "new", "existing"]
            .into_iter()
            .filter(|k| ways.iter().any(|w| w.kind == *k))
            .collect();
        let fixes: Vec<&str> = kinds.iter().map(|k| fix(k)).collect();
        report.add(
            format!("/{}{path}", policy.replace('~', "~0").replace('/', "~1")),
            &format!("{policy} {}", anchor.join(" ")),
            format!("the role can gain permissions: {}", ids.join(", ")),
            fixes.join("; "),
        );
    }
}

/// Whether one action of a way is open on something that is not the role's to use.
fn step(facts: &RoleFacts<'_>, action: &str, way: &Way) -> Option<StatementRef> {
    let passed: Fixed<'_> = &[("iam:PassedToService", Some(way.service))];
    let attached: Fixed<'_> = &[("iam:PolicyARN", Some("arn:aws:iam::aws:policy/AdministratorAccess"))];
    let fixed = match action {
        "iam:PassRole" => passed,
        "iam:AttachRolePolicy" | "iam:AttachUserPolicy" | "iam:AttachGroupPolicy" => attached,
        _ => &[],
    };
    let on = |arn: &str| in_named_accounts(facts, action, arn).iter().find_map(|arn| can(facts, action, arn, fixed));
    let on_itself = || match action {
        "iam:PutRolePolicy" | "iam:AttachRolePolicy" => on(facts.arn?),
        "iam:PutUserPolicy" | "iam:AttachUserPolicy" => by_user(facts, action, fixed),
        "iam:CreatePolicyVersion" | "iam:SetDefaultPolicyVersion" => {
            let mut own = facts.policies.iter().map(|p| p.name.as_str()).filter(|name| name.starts_with("arn:"));
            own.find_map(on)
        }
        _ => None,
    };
    can_beyond(facts, action, fixed).or_else(on_itself)
}

/// The same for a user who has these policies and acts on itself. A policy by itself may be a user's.
fn by_user(facts: &RoleFacts<'_>, action: &str, fixed: Fixed<'_>) -> Option<StatementRef> {
    let own = user_arn(facts)?;
    in_named_accounts(facts, action, &own).iter().find_map(|arn| {
        let user = RoleFacts { arn: Some(arn), ..facts.clone() };
        can(&user, action, arn, fixed)
    })
}

fn fix(kind: &str) -> &'static str {
    match kind {
        "self" => {
            "limit the policy-writing actions to the path of the roles it makes, with `iam:PermissionsBoundary` in a condition"
        }
        "principal" => "limit the action to the ARNs of the roles or users it is for",
        "new" => "limit `iam:PassRole` to the ARN of the one role that is meant, with `iam:PassedToService`",
        _ => "limit the action to the ARNs of its own stacks, functions, projects or instances",
    }
}

#[cfg(test)]
mod tests {
    use super::ways;
    use crate::check::samples::{document, role, role_with};
    use crate::evaluate::NamedPolicy;
    use crate::permissions::actions;
    use crate::policy::Kind;
    use serde_json::json;

    #[test]
    fn the_table_is_whole() {
        let all: Vec<_> = ways().collect();
        assert_eq!(all.len(), 83);
        for way in &all {
            assert!(["self", "principal", "new", "existing"].contains(&way.kind), "{}", way.id);
            assert_eq!(way.kind == "new", way.service != "-", "{}", way.id);
            for action in &way.actions {
                assert!(actions::find(action).is_some(), "{action}");
            }
        }
    }

    #[test]
    fn every_way_is_found_when_it_is_open_and_not_when_denied() {
        for way in ways() {
            let open = json!({"Effect": "Allow", "Action": way.actions, "Resource": "*"});
            let found = role("ROLE-004", open.clone());
            assert!(!found.is_empty(), "{}", way.id);
            let denied =
                json!([open, {"Effect": "Deny", "Action": way.actions[way.actions.len() - 1], "Resource": "*"}]);
            let left: Vec<String> =
                role("ROLE-004", denied).into_iter().filter(|f| f.contains(&format!("{} ", way.id))).collect();
            assert!(left.is_empty(), "{left:?}");
            let bounded = role_with("ROLE-004", open, |f| {
                let edge = json!({"Effect": "Allow", "Action": ["s3:*", "dynamodb:*"], "Resource": "*"});
                f.boundary = Some(NamedPolicy::new("edge", document(Kind::Boundary, edge)));
            });
            assert!(bounded.is_empty(), "{bounded:?}");
        }
    }

    #[test]
    fn conditions_that_time_or_number_keep_are_kept() {
        let version = |operator: &str, key: &str, value: &str| {
            let statement = json!({"Effect": "Allow", "Action": "iam:CreatePolicyVersion", "Resource": "*", "Condition": {operator: {key: value}}});
            role("ROLE-004", statement).len()
        };
        assert_eq!(version("DateGreaterThan", "aws:TokenIssueTime", "2020-01-01T00:00:01Z"), 1);
        assert_eq!(version("DateLessThan", "aws:TokenIssueTime", "2020-01-01T00:00:01Z"), 0);
        assert_eq!(version("NumericLessThan", "aws:MultiFactorAuthAge", "3600"), 1);
        assert_eq!(version("IpAddress", "aws:SourceIp", "203.0.113.0/24"), 1);
        assert_eq!(version("StringEquals", "aws:ResourceTag/team", "red"), 0, "a tag on the policy is a scope");
    }

    #[test]
    fn regions_and_accounts_of_the_policies_are_looked_at() {
        let build = |resource: &str| {
            role("ROLE-004", json!({"Effect": "Allow", "Action": "codebuild:StartBuild", "Resource": resource})).len()
        };
        assert_eq!(build("arn:aws:codebuild:{{AWS.Region}}:222222222222:project/*"), 1);
        assert_eq!(build("arn:aws:codebuild:eu-west-1:222222222222:project/*"), 1);
        assert_eq!(build("arn:aws:codebuild:eu-west-1:222222222222:project/shop"), 0);
        let all = role_with("ROLE-004", json!([]), |f| f.managed = vec!["arn:aws:iam::aws:policy/IAMFullAccess"]);
        assert_eq!(all.len(), 1);
    }

    #[test]
    fn users_and_policies_that_change_themselves_are_found() {
        let itself = |action: &str, resource: &str, arn: Option<&'static str>| {
            let statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
            role_with("ROLE-004", statement, |f| (f.arn, f.account) = (arn, None)).len()
        };
        let own = "arn:aws:iam::333333333333:user/${aws:username}";
        assert_eq!(itself("iam:PutUserPolicy", own, None), 1, "a user may have the policy");
        assert_eq!(itself("iam:AttachUserPolicy", own, Some("arn:aws:iam::333333333333:user/ann")), 1);
        assert_eq!(
            itself("iam:AttachUserPolicy", own, Some("arn:aws:iam::333333333333:role/ci")),
            0,
            "a role is no user"
        );
        assert_eq!(itself("iam:CreateAccessKey", own, None), 0, "keys of one's own");
        let version = json!({"Effect": "Allow", "Action": "iam:CreatePolicyVersion", "Resource": "arn:aws:iam::333333333333:policy/ci"});
        let found = role_with("ROLE-004", version, |f| {
            (f.arn, f.account) = (None, Some("{{AWS.AccountId}}"));
            f.policies[0].name = "arn:aws:iam::{{AWS.AccountId}}:policy/ci".to_owned();
        });
        assert_eq!(found.len(), 1, "the account in the policy may be its own");
    }

    #[test]
    fn a_finding_names_the_ways() {
        let statement = json!([{"Effect": "Allow", "Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}]);
        assert_eq!(
            role("ROLE-004", statement),
            [
                "error /inline/Statement/0: the role can gain permissions: lambda-001 by `iam:PassRole` and `lambda:CreateFunction` and `lambda:InvokeFunction`"
            ]
        );
    }

    #[test]
    fn a_scoped_deployment_role_passes_for_a_reason() {
        let scoped = json!([
            {"Effect": "Allow", "Action": ["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet", "cloudformation:UpdateStack"],
             "Resource": "arn:aws:cloudformation:*:222222222222:stack/shop-*/*",
             "Condition": {"StringEqualsIfExists": {"cloudformation:RoleArn": "arn:aws:iam::222222222222:role/landfall/shop-exec"}}},
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::222222222222:role/landfall/shop-exec",
             "Condition": {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}},
        ]);
        assert!(role("ROLE-004", scoped).is_empty());
        let execution = json!([
            {"Effect": "Allow", "Action": ["iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"], "Resource": "arn:aws:iam::222222222222:role/*",
             "Condition": {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::222222222222:policy/edge"}}},
            {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:UpdateFunctionCode", "lambda:InvokeFunction"], "Resource": "arn:aws:lambda:*:222222222222:function:shop-*"},
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::222222222222:role/app/*",
             "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}},
        ]);
        assert!(role("ROLE-004", execution).is_empty());
        let itself = json!({"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::222222222222:role/ci/*"});
        assert_eq!(role("ROLE-004", itself).len(), 1, "its own role lies in that path");
    }
}
