//! ROLE-008: actions that return credentials, on every resource.

use super::{allows, of_everything, within};
use crate::check::closing::{demands, narrows_callers};
use crate::check::reachable::{can_beyond, is_about};
use crate::check::{Check, Report, RoleFacts, Rule};
use crate::policy::{ConditionEntry, Statement};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "ROLE-008",
    severity: Severity::Warning,
    title: "credentials of others on every resource",
    why: "what comes back opens another identity or a data store",
    check: Check::Role(check),
};

/// Actions whose answer holds a password, a key or a token, and that can be narrowed to a resource. Those that only take
/// `*`, such as `ecr:GetAuthorizationToken`, are left out.
pub(super) const RETURNING: &[&str] = &[
    "airflow:CreateCliToken",
    "airflow:CreateWebLoginToken",
    "chime:CreateApiKey",
    "codeartifact:GetAuthorizationToken",
    "codepipeline:PollForJobs",
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
    "cognito-idp:DescribeUserPoolClient",
    "connect:GetFederationToken",
    "ec2:GetPasswordData",
    "ecr:GetDownloadUrlForLayer",
    "emr-containers:GetManagedEndpointSessionCredentials",
    "gamelift:GetComputeAccess",
    "gamelift:GetComputeAuthToken",
    "gamelift:RequestUploadCredentials",
    "grafana:CreateWorkspaceApiKey",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreateServiceSpecificCredential",
    "iam:ResetServiceSpecificCredential",
    "iam:UpdateAccessKey",
    "lightsail:CreateBucketAccessKey",
    "lightsail:DownloadDefaultKeyPair",
    "lightsail:GetInstanceAccessDetails",
    "lightsail:GetRelationalDatabaseMasterUserPassword",
    "mediapackage:RotateChannelCredentials",
    "mediapackage:RotateIngestEndpointCredentials",
    "rds-db:connect",
    "redshift:CreateClusterUser",
    "redshift:GetClusterCredentials",
    "redshift:GetClusterCredentialsWithIAM",
    "redshift-serverless:GetCredentials",
    "sso:GetRoleCredentials",
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:GetFederationToken",
];

fn check(facts: &RoleFacts<'_>, report: &mut Report<'_>) {
    every_resource(facts, report, RETURNING, is_about, "returns credentials of any resource");
    any_account(facts, report);
}

/// Roles of a name in whatever account. Whoever makes one gets the sessions, and what is done in them.
fn any_account(facts: &RoleFacts<'_>, report: &mut Report<'_>) {
    const BOUNDS: &[&str] = &["aws:ResourceAccount", "aws:ResourceOrgID", "aws:ResourceOrgPaths"];
    let is_bounded = |e: &ConditionEntry| demands(e) && (BOUNDS.iter().any(|key| e.is_on(key)) || narrows_callers(e));
    for (policy, statement) in allows(&facts.policies).filter(|(_, s)| is_about(s, "sts:AssumeRole")) {
        let Some(resources) = statement.resources.as_ref().filter(|r| !r.negated) else { continue };
        if statement.actions.negated || statement.conditions.iter().any(is_bounded) {
            continue;
        }
        for (index, arn) in resources.values.iter().enumerate() {
            let mut parts = arn.splitn(6, ':').skip(4);
            let (account, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let named = name.strip_prefix("role/").is_some_and(|name| name.contains(|c: char| c.is_alphanumeric()));
            if named && account.contains(['*', '?']) {
                report.add_as(
                    Severity::Note,
                    within(policy, &resources.values.path(&statement.resources_path(), index)),
                    arn,
                    format!("`{arn}` may be a role of any account"),
                    "write the numbers of the accounts, or add `\"StringEquals\": {\"aws:ResourceOrgID\": \"o-…\"}`",
                );
            }
        }
    }
}

/// Statements that allow some of `actions` on everything, as far as denies and the boundary leave them. `allows_it` says
/// whether a statement counts as allowing an action.
pub(super) fn every_resource(
    facts: &RoleFacts<'_>,
    report: &mut Report<'_>,
    actions: &[&'static str],
    allows_it: fn(&Statement, &str) -> bool,
    what: &str,
) {
    let positive = |s: &Statement| !s.actions.negated && s.resources.as_ref().is_some_and(|r| !r.negated);
    for (policy, statement) in allows(&facts.policies).filter(|(_, s)| positive(s) && !of_everything(s)) {
        let open: Vec<&str> = actions
            .iter()
            .copied()
            .filter(|a| allows_it(statement, a))
            .filter(|a| can_beyond(facts, a, &[]).is_some_and(|s| s.path == statement.path && s.policy == policy.name))
            .collect();
        if !open.is_empty() {
            let named = open.join("`, `");
            let narrowed = statement.conditions.iter().any(narrows_callers);
            report.add_as(
                if narrowed { Severity::Note } else { Severity::Warning },
                within(policy, &statement.path),
                &named,
                format!("`{named}` {what}"),
                "write the ARNs of the resources that are meant in `Resource`",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::role;
    use serde_json::json;

    #[test]
    fn credentials_are_scoped() {
        assert_eq!(
            role(
                "ROLE-008",
                json!({"Effect": "Allow", "Action": ["redshift:GetClusterCredentials", "s3:GetObject"], "Resource": "*"})
            ),
            ["warning /inline/Statement: `redshift:GetClusterCredentials` returns credentials of any resource"]
        );
        assert_eq!(role("ROLE-008", json!({"Effect": "Allow", "Action": "iam:Create*", "Resource": "*"})).len(), 1);
        assert!(
            role("ROLE-008", json!({"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}))
                .is_empty()
        );
        assert!(
            role(
                "ROLE-008",
                json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::1:role/x"})
            )
            .is_empty()
        );
        let named = |condition: serde_json::Value| {
            role(
                "ROLE-008",
                json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/ops-*", "Condition": condition}),
            )
        };
        assert_eq!(
            named(json!({})),
            ["note /inline/Statement/Resource: `arn:aws:iam::*:role/ops-*` may be a role of any account"]
        );
        assert!(named(json!({"StringEquals": {"aws:ResourceOrgID": "o-1"}})).is_empty());
        let office = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}});
        assert!(role("ROLE-008", office)[0].starts_with("note"), "only from one network");
        let world = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}});
        assert!(role("ROLE-008", world)[0].starts_with("warning"));
        let tagged = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*", "Condition": {"StringEquals": {"iam:ResourceTag/landfall:stage": "prod"}}});
        assert!(role("ROLE-008", tagged).is_empty(), "a tag on the role is a scope");
    }
}
