//! Stack policies: which resources an update may touch (user guide, "Prevent updates to stack resources").

use super::stack::Stack;
use serde_json::Value;

impl Stack {
    /// Why the stack policy forbids changing a resource, if it does. With a policy everything is denied that no statement
    /// allows; a denial always wins.
    pub(crate) fn policy_denies(&self, logical_id: &str, resource_type: &str, replace: bool) -> Option<String> {
        let action = if replace { "Update:Replace" } else { "Update:Modify" };
        self.policy_denies_action(logical_id, resource_type, action)
    }

    /// The same for an action of a stack policy by its name.
    pub(crate) fn policy_denies_action(&self, logical_id: &str, resource_type: &str, action: &str) -> Option<String> {
        let policy: Value = serde_json::from_str(self.policy.as_deref()?).ok()?;
        let statements = list(policy.get("Statement"));
        let matching = statements.iter().filter(|s| matches_statement(s, logical_id, resource_type, action));
        let effects: Vec<&str> = matching.filter_map(|s| s.get("Effect").and_then(Value::as_str)).collect();
        let allowed = effects.contains(&"Allow") && !effects.contains(&"Deny");
        (!allowed).then(|| {
            format!(
                "Action denied by stack policy: Statement [#1] does not allow [{action}] for resource [{logical_id}]"
            )
        })
    }
}

fn matches_statement(statement: &Value, logical_id: &str, resource_type: &str, action: &str) -> bool {
    let any = |value: Option<&Value>, text: &str| list(value).iter().filter_map(Value::as_str).any(|p| glob(p, text));
    let acts = match statement.get("NotAction") {
        Some(_) => !any(statement.get("NotAction"), action),
        None => any(statement.get("Action"), action),
    };
    let resource = format!("LogicalResourceId/{logical_id}");
    let named = match statement.get("NotResource") {
        Some(_) => !any(statement.get("NotResource"), &resource),
        None => any(statement.get("Resource"), &resource),
    };
    let types = |operator: &str| statement.pointer(&format!("/Condition/{operator}/ResourceType"));
    let typed = [types("StringEquals"), types("StringLike")].into_iter().flatten().all(|v| any(Some(v), resource_type));
    acts && named && typed
}

fn list(value: Option<&Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items.clone(),
        Some(other) => vec![other.clone()],
        None => Vec::new(),
    }
}

fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text
            .strip_prefix(head)
            .is_some_and(|rest| (0..=rest.len()).filter(|n| rest.is_char_boundary(*n)).any(|n| glob(tail, &rest[n..]))),
    }
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn stars_stand_for_anything() {
        assert!(glob("*", "LogicalResourceId/Db"));
        assert!(glob("LogicalResourceId/D*b", "LogicalResourceId/DynamoDb"));
        assert!(!glob("Update:Replace", "Update:Modify"));
    }
}
