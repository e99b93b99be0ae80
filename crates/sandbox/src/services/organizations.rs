//! AWS Organizations: the tree of units and accounts, and service control policies.

mod accounts;
mod policies;
mod state;
mod tree;

pub use state::{Member, Organization, Policy, State, Unit};

use crate::authorize::Question;
use crate::call::{Answer, AwsError, Call};
use crate::services::paging::page;
use crate::world::World;
use serde_json::{Value, json};

/// Carries out one call.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    let operation =
        operation(&call.operation).ok_or_else(|| AwsError::not_implemented("organizations", &call.operation))?;
    let (action, resource) = (format!("organizations:{}", call.operation), resource(world, call));
    // The ARNs name the management account, and yet a delegated administrator's own policies decide.
    let question =
        Question { action: &action, resource: &resource, resource_account: Some(&call.account), ..Question::default() };
    call.ask(world, &question)?;
    let organization = world.organization.of(&call.account).ok_or_else(not_in_use)?;
    let delegated = organization.delegated.contains(&call.account);
    let own = matches!(call.operation.as_str(), "DescribeOrganization");
    if !(own || delegated || organization.management == call.account) {
        return Err(AwsError::access_denied("You don't have permissions to access this resource."));
    }
    operation(world, call)
}

/// What the call is about: reads below a root or unit name it (service authorization reference for Organizations).
fn resource(world: &World, call: &Call<'_>) -> String {
    let reads = matches!(
        call.operation.as_str(),
        "ListAccountsForParent" | "ListChildren" | "ListOrganizationalUnitsForParent"
    );
    let parent = call.input.get("ParentId").and_then(Value::as_str).filter(|_| reads);
    match (parent, world.organization.of(&call.account)) {
        (Some(id), Some(o)) => o.arn(if id.starts_with("r-") { "root" } else { "ou" }, id),
        _ => "*".to_owned(),
    }
}

type Operation = fn(&mut World, &Call<'_>) -> Answer;

fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "DescribeOrganization" => tree::describe_organization,
        "ListRoots" => tree::list_roots,
        "ListChildren" => tree::list_children,
        "ListParents" => tree::list_parents,
        "ListOrganizationalUnitsForParent" => tree::list_units,
        "DescribeOrganizationalUnit" => tree::describe_unit,
        "CreateOrganizationalUnit" => tree::create_unit,
        "ListAccounts" => accounts::list,
        "ListAccountsForParent" => accounts::list_for_parent,
        "DescribeAccount" => accounts::describe,
        "CreateAccount" => accounts::create,
        "DescribeCreateAccountStatus" => accounts::describe_creation,
        "CloseAccount" => accounts::close,
        "MoveAccount" => accounts::move_account,
        "ListDelegatedAdministrators" => accounts::list_delegated,
        "ListTagsForResource" => accounts::list_tags,
        "ListPolicies" => policies::list,
        "DescribePolicy" => policies::describe,
        "ListTargetsForPolicy" => policies::list_targets,
        "ListPoliciesForTarget" => policies::list_for_target,
        "CreatePolicy" => policies::create,
        "UpdatePolicy" => policies::update,
        "DeletePolicy" => policies::delete,
        "AttachPolicy" => policies::attach,
        "DetachPolicy" => policies::detach,
        _ => return None,
    })
}

fn not_in_use() -> AwsError {
    AwsError::new(400, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
}

fn organization<'w>(world: &'w mut World, call: &Call<'_>) -> Result<&'w mut Organization, AwsError> {
    world.organization.of_mut(&call.account).ok_or_else(not_in_use)
}

/// A page under a member's name; Organizations gives 20 at most.
fn list(call: &Call<'_>, name: &str, items: Vec<Value>) -> Answer {
    let limit = call.integer("MaxResults").and_then(|n| usize::try_from(n).ok()).unwrap_or(20);
    if !(1..=20).contains(&limit) {
        return Err(
            invalid("You provided a value that is not in the valid range.").with_field("Reason", "MAX_VALUE_EXCEEDED")
        );
    }
    let refusal = || invalid("Invalid NextToken value.").with_field("Reason", "INVALID_NEXT_TOKEN");
    let page = page(items, call.text("NextToken"), limit, refusal)?;
    Ok(json!({ name: page.items, "NextToken": page.next }).into())
}

fn invalid(message: &str) -> AwsError {
    AwsError::new(400, "InvalidInputException", message)
}

fn not_found(code: &str, message: &str) -> AwsError {
    AwsError::new(400, code, message)
}
