//! Parts that all generated policies are written with.

use super::Settings;
use base::{AccountId, Partition};
use serde_json::{Value, json};

/// Every action of IAM that changes something. `iam:*` would also refuse reading and passing.
pub(super) const IAM_WRITES: [&str; 15] = [
    "iam:Add*",
    "iam:Attach*",
    "iam:Create*",
    "iam:Deactivate*",
    "iam:Delete*",
    "iam:Detach*",
    "iam:Disable*",
    "iam:Enable*",
    "iam:Put*",
    "iam:Remove*",
    "iam:Resync*",
    "iam:Set*",
    "iam:Tag*",
    "iam:Up*",
    "iam:Untag*",
];

/// Every action of CloudFormation that changes a stack.
pub(super) const STACK_WRITES: [&str; 13] = [
    "cloudformation:CancelUpdateStack",
    "cloudformation:Continue*",
    "cloudformation:Create*",
    "cloudformation:Delete*",
    "cloudformation:Execute*",
    "cloudformation:Import*",
    "cloudformation:RecordHandlerProgress",
    "cloudformation:RollbackStack",
    "cloudformation:SetStackPolicy",
    "cloudformation:SignalResource",
    "cloudformation:TagResource",
    "cloudformation:UntagResource",
    "cloudformation:Update*",
];

/// A policy document.
pub(super) fn document(statements: Vec<Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// A statement without conditions. Lists of one are written as plain texts.
pub(super) fn statement(sid: &str, effect: &str, actions: &[&str], resources: &[String]) -> Value {
    json!({ "Sid": sid, "Effect": effect, "Action": one_or_many(actions), "Resource": one_or_many(resources) })
}

/// The same with a condition.
pub(super) fn on_condition(mut statement: Value, condition: Value) -> Value {
    statement["Condition"] = condition;
    statement
}

pub(super) fn one_or_many<T: AsRef<str>>(texts: &[T]) -> Value {
    match texts {
        [one] => json!(one.as_ref()),
        many => json!(many.iter().map(AsRef::as_ref).collect::<Vec<&str>>()),
    }
}

/// Where a policy is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) settings: &'a Settings,
    pub(super) partition: Partition,
    pub(super) account: &'a AccountId,
}

impl Place<'_> {
    /// ARN of something of IAM: `role`, `policy`…
    pub(super) fn iam(&self, kind: &str, name: &str) -> String {
        format!("arn:{}:iam::{}:{kind}/{}", self.partition, self.account, name.trim_start_matches('/'))
    }

    /// Everything of a kind below the path of Landfall's roles.
    pub(super) fn ours(&self, kind: &str) -> String {
        self.iam(kind, &format!("{}*", self.settings.role_path))
    }

    /// ARN of stacks with this name, in a region.
    pub(super) fn stack(&self, region: &str, name: &str) -> String {
        format!("arn:{}:cloudformation:{region}:{}:stack/{name}/*", self.partition, self.account)
    }

    /// The bootstrap stacks of the account.
    pub(super) fn bootstrap_stacks(&self) -> String {
        self.stack("*", "landfall-bootstrap*")
    }
}

/// What the engine's session tags are called.
pub(super) const SESSION_TAGS: [&str; 3] = ["landfall:pipeline", "landfall:stage", "landfall:run"];

/// The alias of the key of artifacts.
pub(super) const KEY_ALIAS: &str = "alias/landfall-artifacts";

/// Sorted texts, each once.
pub(super) fn sorted(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    texts.into_iter().collect::<std::collections::BTreeSet<String>>().into_iter().collect()
}
