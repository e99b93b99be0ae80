//! The calls that a run makes in a target, as the permissions that its deployment role must have.
//!
//! Reads that were already made while the plan was made (`DescribeStacks`, `DescribeAlarms`) are left out: AWS itself has
//! answered those.

use super::deploys;
use crate::plan::{PlannedDeploy, PlannedTarget};
use iam::permissions::{Condition, NeededAction};

/// What is needed for all steps of a target, and what the run may come to need: for a change set without changes, or a
/// first deployment that fails and leaves a stack that can only be deleted.
pub fn calls(target: &PlannedTarget) -> (Vec<NeededAction>, Vec<NeededAction>) {
    let (mut sure, mut maybe) = (Vec::new(), Vec::new());
    for (step, deploy) in deploys(target) {
        stack(target, step, deploy, (&mut sure, &mut maybe));
        bucket(target, step, deploy, &mut sure);
        if let Some(role) = &deploy.change.role {
            let service = condition("iam:PassedToService", "cloudformation.amazonaws.com");
            let why = format!("handing `{role}` to CloudFormation in step `{step}`");
            sure.push(need("iam:PassRole", role.to_string(), vec![service], why));
        }
    }
    (sure, maybe)
}

fn condition(key: &'static str, value: impl Into<String>) -> Condition {
    Condition { operator: "StringEquals", key, value: value.into() }
}

fn need(action: &str, resource: String, conditions: Vec<Condition>, why: String) -> NeededAction {
    NeededAction { action: action.to_owned(), resources: vec![resource], conditions, why, documented: true }
}

fn stack(
    target: &PlannedTarget,
    step: &str,
    deploy: &PlannedDeploy,
    (sure, maybe): (&mut Vec<NeededAction>, &mut Vec<NeededAction>),
) {
    let PlannedTarget { account, region, .. } = target;
    let name = &deploy.change.stack;
    let arn = format!("arn:{}:cloudformation:{region}:{account}:stack/{name}/*", region.partition());
    let passed: Vec<Condition> =
        deploy.change.role.iter().map(|role| condition("cloudformation:RoleArn", role.to_string())).collect();
    let one = |action: &str, conditions: &[Condition]| {
        need(action, arn.clone(), conditions.to_vec(), format!("stack `{name}` in step `{step}`"))
    };
    sure.push(one("cloudformation:CreateChangeSet", &passed));
    sure.push(one("cloudformation:DescribeChangeSet", &[]));
    sure.push(one("cloudformation:ExecuteChangeSet", &[]));
    sure.push(one("cloudformation:DescribeStackEvents", &[]));
    maybe.push(one("cloudformation:DeleteChangeSet", &[]));
    if deploy.makes_stack() {
        maybe.push(one("cloudformation:DeleteStack", &passed));
    }
}

/// What the run may come to need when a step's stack has others nested in it: the resource that failed first is looked for
/// where it is.
pub(super) fn nested(target: &PlannedTarget, step: &str, deploy: &PlannedDeploy) -> NeededAction {
    let PlannedTarget { account, region, .. } = target;
    let name = &deploy.change.stack;
    let arn = format!("arn:{}:cloudformation:{region}:{account}:stack/{name}-*/*", region.partition());
    let why = format!("stacks nested in `{name}` in step `{step}`");
    need("cloudformation:DescribeStackEvents", arn, Vec::new(), why)
}

fn bucket(target: &PlannedTarget, step: &str, deploy: &PlannedDeploy, needed: &mut Vec<NeededAction>) {
    if deploy.change.uploads().is_empty() {
        return;
    }
    let bucket = format!("arn:{}:s3:::{}", target.region.partition(), target.bucket);
    needed.push(need("s3:ListBucket", bucket.clone(), Vec::new(), format!("code of step `{step}`")));
    let prefix = deploy.change.uploads().first().and_then(|o| o.key.rsplit_once('/').map(|(p, _)| p.to_owned()));
    let objects = prefix.map_or_else(|| format!("{bucket}/*"), |prefix| format!("{bucket}/{prefix}/*"));
    for action in ["s3:GetObject", "s3:PutObject"] {
        needed.push(need(action, objects.clone(), Vec::new(), format!("code of step `{step}`")));
    }
}
