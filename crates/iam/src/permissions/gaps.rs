//! Which of the needed actions a role's policies do not allow: all of them at once, with the layer that is in the way.

use super::NeededAction;
use crate::evaluate::{Context, Decision, Layer, PolicySet, Principal, Request, authorize};

/// A needed action that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// What is needed.
    pub action: String,
    /// The resource for which it is refused.
    pub resource: String,
    /// Why it is needed.
    pub why: String,
    /// The refusal.
    pub decision: Decision,
}

impl Gap {
    /// The layer in the way.
    pub fn layer(&self) -> Layer {
        self.decision.refused_by.unwrap_or(Layer::Identity)
    }
}

/// Asks for every needed action on an example of each of its resources. An allowed pattern that is narrower than the
/// needed one therefore counts as a gap, and one that is as wide or wider does not.
pub fn gaps(needed: &[NeededAction], principal: &Principal, policies: &PolicySet) -> Vec<Gap> {
    gaps_with(needed, principal, policies, &Context::new())
}

/// The same with condition keys that every request has.
pub fn gaps_with(needed: &[NeededAction], principal: &Principal, policies: &PolicySet, context: &Context) -> Vec<Gap> {
    let mut found = Vec::new();
    for need in needed {
        for resource in &need.resources {
            let example = if resource == "*" { resource.clone() } else { example(resource) };
            let mut request = Request::new(principal.clone(), &need.action, &example);
            request.context = context.clone();
            for condition in &need.conditions {
                request = request.with(condition.key, &condition.value);
            }
            if let Some(account) = principal.account() {
                request = request.owned_by(account);
            }
            let decision = authorize(&request, policies);
            if !decision.is_allowed() {
                found.push(Gap {
                    action: need.action.clone(),
                    resource: resource.clone(),
                    why: need.why.clone(),
                    decision,
                });
            }
        }
    }
    found
}

/// A text that the pattern matches and that nothing but a wildcard in the policy does.
fn example(pattern: &str) -> String {
    let mut parts: Vec<String> = pattern.splitn(6, ':').map(str::to_owned).collect();
    // A region or account that is not known is any of them, so an example of it would be one that no policy names.
    for (part, any) in parts.iter_mut().skip(3).take(2).zip(["us-east-1", "123456789012"]) {
        if part == "*" {
            any.clone_into(part);
        }
    }
    // No policy names this; one that names our own roles by `landfall-*` must not meet it by accident.
    parts.join(":").replace(['*', '?'], "0-any-name-0")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::evaluate::NamedPolicy;
    use crate::permissions::{Operation, ResourceUse, Scope, needed, statements};
    use crate::policy::{Kind, parse};
    use serde_json::{Value, json};

    fn policy(statements: &Value) -> NamedPolicy {
        NamedPolicy::new(
            "exec",
            parse(&json!({"Version": "2012-10-17", "Statement": statements}), Kind::Identity).document,
        )
    }

    #[test]
    fn the_derived_policy_has_no_gaps_and_each_action_taken_out_is_one() {
        let scope = Scope {
            region: "eu-central-1".into(),
            account: "111111111111".into(),
            stack: Some("shop".into()),
            artifact_bucket: Some("artifacts".into()),
            boundary: Some("arn:aws:iam::111111111111:policy/edge".into()),
            ..Scope::default()
        };
        let mut all = Vec::new();
        for resource_type in [
            "AWS::Lambda::Function",
            "AWS::IAM::Role",
            "AWS::DynamoDB::Table",
            "AWS::ApiGateway::RestApi",
            "AWS::SQS::Queue",
        ] {
            for operation in [Operation::Create, Operation::Update, Operation::Delete] {
                let resource = ResourceUse {
                    resource_type,
                    properties: &["/Tags", "/Code/S3Bucket", "/Policies"],
                    ..Default::default()
                };
                all.extend(needed(&resource, operation, &scope).unwrap());
            }
        }
        let principal = Principal::role_session("arn:aws:iam::111111111111:role/exec", "s");
        let derived = statements(&all);
        let set = |list: &[Value]| PolicySet { identity: vec![policy(&json!(list))], ..PolicySet::default() };
        assert_eq!(gaps(&all, &principal, &set(&derived)), []);
        for (at, statement) in derived.iter().enumerate() {
            let actions = statement["Action"].as_array().unwrap().clone();
            for index in 0..actions.len() {
                let mut fewer = derived.clone();
                let mut left = actions.clone();
                let removed = left.remove(index);
                fewer[at]["Action"] = if left.is_empty() { json!("landfall:Nothing") } else { json!(left) };
                let found = gaps(&all, &principal, &set(&fewer));
                assert!(found.iter().any(|g| g.action == removed.as_str().unwrap()), "{removed}");
            }
        }
    }

    #[test]
    fn a_gap_names_its_layer() {
        let need = NeededAction {
            action: "sqs:CreateQueue".into(),
            resources: vec!["arn:aws:sqs:*:*:shop-*".into()],
            conditions: vec![],
            why: "create of `AWS::SQS::Queue`".into(),
            documented: true,
        };
        let principal = Principal::role_session("arn:aws:iam::123456789012:role/exec", "s");
        let allow = |resource: &str| policy(&json!([{"Effect": "Allow", "Action": "sqs:*", "Resource": resource}]));
        let set = |resource: &str| PolicySet { identity: vec![allow(resource)], ..PolicySet::default() };
        let ask = |set: &PolicySet| {
            gaps(std::slice::from_ref(&need), &principal, set).iter().map(Gap::layer).collect::<Vec<_>>()
        };
        assert_eq!(ask(&set("arn:aws:sqs:*:*:shop-*")), []);
        assert_eq!(ask(&set("arn:aws:sqs:*:*:shop-orders*")), [Layer::Identity], "narrower than needed");
        let bounded = PolicySet {
            boundary: Some(policy(&json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]))),
            ..set("*")
        };
        assert_eq!(ask(&bounded), [Layer::Boundary]);
    }
}
