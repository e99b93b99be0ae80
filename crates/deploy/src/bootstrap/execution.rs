//! The execution role: what CloudFormation needs for the stage's templates, and walls around it.

use super::deployment::use_key;
use super::document::{IAM_WRITES, Place, STACK_WRITES, on_condition, sorted, statement};
use super::{Encryption, PipelineFacts, StageFacts, TargetFacts};
use crate::permissions::UNBOUNDING;
use iam::permissions::{NeededAction, statements};
use serde_json::{Value, json};

/// The allowing statements, derived and additional, in a stable order.
pub(super) fn allows(
    place: Place<'_>,
    pipeline: &PipelineFacts,
    stage: &StageFacts,
    targets: &[&TargetFacts],
    boundary: &str,
) -> Vec<Value> {
    let needed: Vec<NeededAction> =
        targets.iter().flat_map(|t| &t.needed).filter_map(|n| narrowed(n, boundary)).collect();
    // Alarms of a rollback configuration are read with this role, whichever they are.
    let every_alarm = stage.alarms;
    let needed: Vec<NeededAction> =
        needed.into_iter().filter(|n| !(every_alarm && n.action == "cloudwatch:DescribeAlarms")).collect();
    let mut all = statements(&needed);
    if every_alarm {
        let everything = ["*".to_owned()];
        all.push(statement("ReadAlarms", "Allow", &["cloudwatch:DescribeAlarms"], &everything));
    }
    if place.settings.encryption == Encryption::Kms {
        let regions = sorted(targets.iter().map(|t| t.region.to_string()));
        all.push(use_key(place, "UseArtifactKey", &regions, &["kms:Decrypt"]));
    }
    all.extend(pipeline.additional.iter().cloned());
    all
}

/// Actions that give permissions to a role or user and that IAM lets a condition on the boundary narrow (service
/// authorization reference for IAM).
const BOUNDED: [&str; 8] = [
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateRole",
    "iam:CreateUser",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:PutUserPolicy",
];

/// The need as it is granted: giving permissions only within the boundary, taking a boundary away never.
fn narrowed(need: &NeededAction, boundary: &str) -> Option<NeededAction> {
    if UNBOUNDING.contains(&need.action.as_str()) {
        return None;
    }
    let mut need = need.clone();
    if BOUNDED.contains(&need.action.as_str()) {
        need.conditions.retain(|c| c.key != "iam:PermissionsBoundary");
        need.conditions.push(iam::permissions::Condition {
            operator: "StringEquals",
            key: "iam:PermissionsBoundary",
            value: boundary.to_owned(),
        });
    }
    Some(need)
}

/// What the role may never do, whatever else it is given. The boundary is referred to as the resource of the template
/// that it is, by which it is known to be one.
pub(super) fn denies(place: Place<'_>) -> Vec<Value> {
    let everything = ["*".to_owned()];
    let identities = [
        place.ours("role"),
        place.ours("policy"),
        place.ours("instance-profile"),
        place.iam("oidc-provider", "*"),
        place.iam("saml-provider", "*"),
    ];
    vec![
        statement("NeverOwnLimits", "Deny", &IAM_WRITES, &identities),
        on_condition(
            statement("NeverWithoutBoundary", "Deny", &BOUNDED, &everything),
            json!({"StringNotEquals": {"iam:PermissionsBoundary": {"Ref": "Boundary"}}}),
        ),
        statement("NeverUnbound", "Deny", &UNBOUNDING, &everything),
        statement("NeverPassOurs", "Deny", &["iam:PassRole", "sts:AssumeRole"], &[place.ours("role")]),
        statement("NeverBootstrap", "Deny", &STACK_WRITES, &[place.bootstrap_stacks()]),
    ]
}
