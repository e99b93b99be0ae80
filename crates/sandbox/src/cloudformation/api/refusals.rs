//! The refusals of CloudFormation, in its own words.

use crate::call::AwsError;
use crate::cloudformation::stack::Stack;

/// `DescribeStacks` and most others.
pub(super) fn no_stack(name: &str) -> AwsError {
    AwsError::validation(format!("Stack with id {name} does not exist"))
}

/// Calls that change a stack say it without `with id`.
pub(super) fn no_stack_to_change(name: &str) -> AwsError {
    AwsError::validation(format!("Stack [{name}] does not exist"))
}

/// `is in X state and can not be Yd.`
pub(super) fn wrong_state(stack: &Stack, what: &str) -> AwsError {
    AwsError::validation(format!("Stack:{} is in {} state and can not be {what}.", stack.id, stack.status))
}

/// A stack of the name is there.
pub(super) fn already_exists(name: &str) -> AwsError {
    AwsError::new(400, "AlreadyExistsException", format!("Stack [{name}] already exists"))
}

/// No change set of the name.
pub(super) fn no_change_set(name: &str) -> AwsError {
    AwsError::new(404, "ChangeSetNotFound", format!("ChangeSet [{name}] does not exist"))
}

/// The change set cannot be used like this now.
pub(super) fn change_set_status(message: String) -> AwsError {
    AwsError::new(400, "InvalidChangeSetStatus", message)
}

/// The token was used for another operation.
pub(super) fn token_exists(token: &str) -> AwsError {
    AwsError::new(400, "TokenAlreadyExistsException", format!("Token {token} already exists for a different operation"))
}

/// Nothing to do.
pub(super) fn no_updates() -> AwsError {
    AwsError::validation("No updates are to be performed.")
}

/// `DescribeStackResource` quotes the name.
pub(super) fn no_stack_in_quotes(name: &str) -> AwsError {
    AwsError::validation(format!("Stack '{name}' does not exist"))
}
