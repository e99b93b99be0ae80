//! The execution role of a function.

use super::{DEAD_LETTER_ACTIONS, lambda, own_tags};
use crate::Node;
use crate::sam::cfn::Resource;
use crate::sam::error::Fault;
use crate::sam::intrinsic::{if_items, is_if, is_no_value};
use crate::sam::make::{conditional, made, node};
use crate::sam::policies;
use crate::sam::python::display;
use crate::sam::role::{self, RoleParts, xray_policy_name};
use crate::sam::translation::{SamResource, Translation};

/// Makes the role, whether it is needed or not: events add to it.
pub(super) fn construct(
    sam: &mut SamResource,
    invoke_policies: Vec<Node>,
    t: &Translation<'_>,
) -> Result<Resource, Fault> {
    let span = sam.span;
    let durable = sam.truthy("DurableConfig").is_some();
    let basic = if durable { "AWSLambdaBasicDurableExecutionRolePolicy" } else { "AWSLambdaBasicExecutionRole" };
    let mut managed = vec![format!("service-role/{basic}")];
    if lambda::traces(sam, t)? {
        managed.push(xray_policy_name(&t.context.partition).to_owned());
    }
    if sam.truthy("VpcConfig").is_some() {
        managed.push("service-role/AWSLambdaVPCAccessExecutionRole".to_owned());
    }
    let mut parts = RoleParts::new(&sam.logical_id, span, "lambda.amazonaws.com");
    if let Some(document) = sam.get("AssumeRolePolicyDocument") {
        parts.assume_role_policy = document.clone();
    }
    parts.attributes = sam.pass_through();
    parts.managed_policy_arns = managed.iter().map(|name| node!(span, t.managed_policy_arn(name))).collect();
    parts.policy_documents = dead_letter_policy(sam).into_iter().chain(invoke_policies).collect();
    parts.policies = policies::entries(sam.take("Policies"));
    parts.path = sam.get("RolePath").cloned();
    parts.permissions_boundary = sam.get("PermissionsBoundary").cloned();
    parts.tags = own_tags(sam)?;
    role::construct(parts, t)
}

fn dead_letter_policy(sam: &SamResource) -> Option<Node> {
    let queue = sam.truthy("DeadLetterQueue")?;
    let kind = queue.get("Type")?.as_str()?;
    let (_, action) = DEAD_LETTER_ACTIONS.iter().find(|(name, _)| *name == kind)?;
    Some(node!(queue.span, {
        "PolicyName": "DeadLetterQueuePolicy",
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{ "Action": *action, "Resource": queue.get("TargetArn")?, "Effect": "Allow" }],
        },
    }))
}

/// Gives the function its role. Answers whether the made role is needed: if the function names none, or none in one
/// branch of an `Fn::If`.
pub(super) fn assign(
    sam: &SamResource,
    function: &mut Resource,
    execution_role: &mut Resource,
    t: &mut Translation<'_>,
) -> Result<bool, Fault> {
    let arn = execution_role.get_att("Arn");
    let Some(given) = function.properties.get_mut("Role") else {
        function.set("Role", arn);
        return Ok(true);
    };
    if !is_if(given) {
        return Ok(false);
    }
    t.resolver.resolve(given)?;
    let span = given.span;
    let [condition, yes, no] =
        if_items(given).map_err(|message| sam.fault(format!("Malformed 'Role' property: {message}.")).at(span))?;
    let new = match (is_no_value(yes), is_no_value(no)) {
        (true, true) => arn,
        (true, false) => {
            execution_role.set_attribute("Condition", condition.clone());
            conditional(span, condition, arn, no)
        }
        (false, true) => {
            let name = format!("NOT{}", display(condition));
            let not = node!(span, { "Fn::Not": [{ "Condition": condition }] });
            execution_role.set_attribute("Condition", node!(span, &name));
            if let Some(conditions) = t.conditions() {
                conditions.insert_at(name, made(span), not);
            }
            conditional(span, condition, yes, arn)
        }
        (false, false) => return Ok(false),
    };
    function.set("Role", new);
    Ok(true)
}
