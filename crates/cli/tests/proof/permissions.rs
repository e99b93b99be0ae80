//! The permissions of a role, one by one, and a world without one of them.

use base::AccountId;
use sandbox::World;
use serde_json::{Value, json};

/// An action on a resource, allowed by one statement of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    pub account: AccountId,
    pub role: String,
    /// Name of an inline policy or ARN of a managed one.
    policy: String,
    statement: usize,
    /// The statement's id.
    pub sid: String,
    pub action: String,
    pub resource: String,
    /// How many resources the action is allowed on in the statement.
    pub resources: usize,
    condition: String,
}

impl Permission {
    /// What it says, whichever account and stage it is for.
    pub fn renamed(&self, stage: &str) -> String {
        let text = format!("{} {} {} {}", self.sid, self.action, self.resource, self.condition);
        text.replace(self.account.as_str(), "ACCOUNT").replace(stage, "STAGE")
    }
}

impl std::fmt::Display for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} on {} ({})", self.role, self.action, self.resource, self.sid)
    }
}

/// The documents of a role, with their names.
fn documents(world: &World, home: &AccountId, role: &str) -> Vec<(String, Value)> {
    let iam = &world.account(home).unwrap().iam;
    let found = iam.roles.get(role).unwrap_or_else(|| panic!("no role {role} in {home}"));
    let inline = found.inline.iter().map(|(name, text)| (name.clone(), text.clone()));
    let attached = found.attached.iter().map(|arn| {
        let policy = iam.policies.get(arn).unwrap_or_else(|| panic!("no policy {arn}"));
        (arn.clone(), policy.document().to_owned())
    });
    inline.chain(attached).map(|(name, text)| (name, serde_json::from_str(&text).unwrap())).collect()
}

fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(all) => all.iter().map(|v| v.as_str().unwrap().to_owned()).collect(),
        other => other.as_str().map(str::to_owned).into_iter().collect(),
    }
}

/// Every action on every resource of every allowing statement.
pub fn permissions(world: &World, home: &AccountId, role: &str) -> Vec<Permission> {
    let mut all = Vec::new();
    for (policy, document) in documents(world, home, role) {
        for (statement, one) in document["Statement"].as_array().unwrap().iter().enumerate() {
            if one["Effect"] != "Allow" {
                continue;
            }
            for action in list(&one["Action"]) {
                let resources = list(&one["Resource"]);
                for resource in &resources {
                    all.push(Permission {
                        account: home.clone(),
                        role: role.to_owned(),
                        policy: policy.clone(),
                        statement,
                        sid: one["Sid"].as_str().unwrap_or("derived").to_owned(),
                        action: action.clone(),
                        resource: resource.clone(),
                        resources: resources.len(),
                        condition: one["Condition"].to_string(),
                    });
                }
            }
        }
    }
    all
}

/// The world without a permission. What else its statement allows stays.
pub fn without(world: &World, gone: &Permission) -> World {
    taken(world, gone, |resource| resource != gone.resource)
}

/// The world without the action, on whichever resource the statement allows it.
pub fn without_action(world: &World, gone: &Permission) -> World {
    taken(world, gone, |_| false)
}

fn taken(world: &World, gone: &Permission, stays: impl Fn(&str) -> bool) -> World {
    let mut world = world.clone();
    let mut documents = documents(&world, &gone.account, &gone.role).into_iter();
    let (_, mut document) = documents.find(|(name, _)| *name == gone.policy).unwrap();
    let statements = document["Statement"].as_array_mut().unwrap();
    let whole = statements.remove(gone.statement);
    let (actions, resources) = (list(&whole["Action"]), list(&whole["Resource"]));
    let mut keep = |actions: Vec<String>, resources: Vec<String>| {
        if !actions.is_empty() && !resources.is_empty() {
            let mut left = whole.clone();
            left["Action"] = json!(actions);
            left["Resource"] = json!(resources);
            left.as_object_mut().unwrap().remove("Sid");
            statements.push(left);
        }
    };
    keep(actions.into_iter().filter(|a| *a != gone.action).collect(), resources.clone());
    keep(vec![gone.action.clone()], resources.into_iter().filter(|r| stays(r)).collect());
    let iam = &mut world.account_mut(&gone.account).unwrap().iam;
    let text = document.to_string();
    if let Some(policy) = iam.policies.get_mut(&gone.policy) {
        for version in &mut policy.versions {
            version.document.clone_from(&text);
        }
    } else {
        iam.roles.get_mut(&gone.role).unwrap().inline.insert(gone.policy.clone(), text);
    }
    world
}

/// A role's documents with the account's id taken out, to tell whether two accounts have the same role.
pub fn shape(world: &World, home: &AccountId, role: &str) -> String {
    let all: Vec<String> = documents(world, home, role).into_iter().map(|(_, d)| d.to_string()).collect();
    all.join("\n").replace(home.as_str(), "ACCOUNT")
}
