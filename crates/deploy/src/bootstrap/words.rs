//! The difference between two bootstrap templates, in words: who may do what that they could not before, and the other
//! way round. How statements are cut into policies makes no difference.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One right: effect, action, resource, and the conditions as text.
type Right = (String, String, String, String);

/// What a new template changes, in words; empty when it changes no right and no resource.
pub fn difference_in_words(old: &Value, new: &Value) -> Vec<String> {
    let mut words = Vec::new();
    let (before, after) = (rights(old), rights(new));
    let subjects: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for subject in subjects {
        let none = BTreeSet::new();
        let (was, is) = (before.get(subject).unwrap_or(&none), after.get(subject).unwrap_or(&none));
        let gained: BTreeSet<&Right> = is.difference(was).collect();
        let lost: BTreeSet<&Right> = was.difference(is).collect();
        say(&mut words, subject, &gained, "Allow", "may now also");
        say(&mut words, subject, &lost, "Allow", "may no longer");
        say(&mut words, subject, &gained, "Deny", "is now refused");
        say(&mut words, subject, &lost, "Deny", "is no longer refused");
    }
    words.extend(resources(old, new));
    words
}

/// Groups rights that differ in their action only, then those that differ in their resource only.
fn say(words: &mut Vec<String>, subject: &str, rights: &BTreeSet<&Right>, effect: &str, verb: &str) {
    let mut by_resource: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (_, action, resource, condition) in rights.iter().filter(|r| r.0 == effect) {
        by_resource.entry((resource, condition)).or_default().insert(action);
    }
    let mut by_actions: BTreeMap<(BTreeSet<&str>, &str), BTreeSet<&str>> = BTreeMap::new();
    for ((resource, condition), actions) in by_resource {
        by_actions.entry((actions, condition)).or_default().insert(resource);
    }
    for ((actions, condition), resources) in by_actions {
        let list = |texts: BTreeSet<&str>| texts.iter().map(|t| format!("`{t}`")).collect::<Vec<_>>().join(", ");
        let condition = if condition.is_empty() { String::new() } else { format!(", if {condition}") };
        words.push(format!("{subject} {verb} {} on {}{condition}", list(actions), list(resources)));
    }
}

/// The rights of every role, boundary and resource policy of a template, by what they are called.
fn rights(template: &Value) -> BTreeMap<String, BTreeSet<Right>> {
    let mut all: BTreeMap<String, BTreeSet<Right>> = BTreeMap::new();
    let empty = serde_json::Map::new();
    let resources = template["Resources"].as_object().unwrap_or(&empty);
    let attached: BTreeSet<&str> = resources
        .values()
        .flat_map(|r| r["Properties"]["ManagedPolicyArns"].as_array().into_iter().flatten())
        .filter_map(|a| a["Ref"].as_str())
        .collect();
    for (id, resource) in resources {
        let properties = &resource["Properties"];
        match resource["Type"].as_str().unwrap_or_default() {
            "AWS::IAM::Role" => {
                let role = role(properties);
                let own = all.entry(role.clone()).or_default();
                for policy in properties["Policies"].as_array().into_iter().flatten() {
                    add(own, &policy["PolicyDocument"]);
                }
                for policy in properties["ManagedPolicyArns"].as_array().into_iter().flatten() {
                    let named = policy["Ref"].as_str().and_then(|id| resources.get(id));
                    add(own, named.map_or(&Value::Null, |r| &r["Properties"]["PolicyDocument"]));
                }
                trust(&mut all, &role, &properties["AssumeRolePolicyDocument"]);
            }
            "AWS::IAM::ManagedPolicy" if !attached.contains(id.as_str()) => {
                let name = properties["ManagedPolicyName"].as_str().unwrap_or(id);
                add(all.entry(format!("a role within `{name}`")).or_default(), &properties["PolicyDocument"]);
            }
            "AWS::S3::BucketPolicy" => by_principal(&mut all, "the artifact bucket", &properties["PolicyDocument"]),
            "AWS::KMS::Key" => by_principal(&mut all, "the key of artifacts", &properties["KeyPolicy"]),
            _ => {}
        }
    }
    all
}

/// `the deployment role of orders/staging`
fn role(properties: &Value) -> String {
    let tag = |key: &str| {
        let tags = properties["Tags"].as_array()?;
        tags.iter().find(|t| t["Key"] == key)?["Value"].as_str()
    };
    let name = properties["RoleName"].as_str().unwrap_or_default();
    let kind = match name.rsplit('-').next() {
        Some("deploy") => "the deployment role",
        Some("exec") => "the execution role",
        Some("hub") => "the hub role",
        _ => return format!("the role `{name}`"),
    };
    match (tag("landfall:pipeline"), tag("landfall:stage")) {
        (Some(pipeline), Some(stage)) => format!("{kind} of {pipeline}/{stage}"),
        _ => format!("{kind} `{name}`"),
    }
}

fn add(rights: &mut BTreeSet<Right>, document: &Value) {
    for statement in statements(document) {
        for (action, resource) in pairs(statement) {
            let effect = statement["Effect"].as_str().unwrap_or_default().to_owned();
            rights.insert((effect, action, resource, condition(&statement["Condition"])));
        }
    }
}

fn statements(document: &Value) -> Vec<&Value> {
    match &document["Statement"] {
        Value::Array(all) => all.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn pairs(statement: &Value) -> Vec<(String, String)> {
    let side = |key: &str| match (texts(&statement[key]), texts(&statement[format!("Not{key}")])) {
        (written, excepted) if written.is_empty() && !excepted.is_empty() => {
            vec![format!("everything but {}", excepted.join(", "))]
        }
        (written, _) => written,
    };
    let (actions, resources) = (side("Action"), side("Resource"));
    let resources = if resources.is_empty() { vec!["itself".to_owned()] } else { resources };
    actions.iter().flat_map(|a| resources.iter().map(move |r| (a.clone(), r.clone()))).collect()
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::Object(map) => map.get("Ref").and_then(Value::as_str).map(str::to_lowercase).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// `iam:PassedToService StringEquals lambda.amazonaws.com and …`
fn condition(value: &Value) -> String {
    let mut all: Vec<String> = Vec::new();
    for (operator, keys) in value.as_object().into_iter().flatten() {
        for (key, wanted) in keys.as_object().into_iter().flatten() {
            let values: Vec<String> = texts(wanted).iter().map(|t| format!("`{t}`")).collect();
            all.push(format!("{key} {operator} {}", values.join(" or ")));
        }
    }
    all.sort();
    all.join(" and ")
}

/// Who may enter a role, told as rights of those who enter.
fn trust(all: &mut BTreeMap<String, BTreeSet<Right>>, role: &str, document: &Value) {
    for statement in statements(document) {
        let effect = statement["Effect"].as_str().unwrap_or_default();
        for who in principals(&statement["Principal"]) {
            let rights = all.entry(who).or_default();
            for action in texts(&statement["Action"]) {
                rights.insert((effect.to_owned(), action, role.to_owned(), condition(&statement["Condition"])));
            }
        }
    }
}

fn by_principal(all: &mut BTreeMap<String, BTreeSet<Right>>, what: &str, document: &Value) {
    for statement in statements(document) {
        for who in principals(&statement["Principal"]) {
            let rights = all.entry(format!("{who}, by the policy of {what},")).or_default();
            for (action, resource) in pairs(statement) {
                let effect = statement["Effect"].as_str().unwrap_or_default().to_owned();
                rights.insert((effect, action, resource, condition(&statement["Condition"])));
            }
        }
    }
}

fn principals(principal: &Value) -> Vec<String> {
    let name = |text: &str| if text == "*" { "everyone".to_owned() } else { format!("`{text}`") };
    match principal {
        Value::String(text) => vec![name(text)],
        Value::Object(kinds) => kinds.values().flat_map(texts).map(|t| name(&t)).collect(),
        _ => Vec::new(),
    }
}

/// Resources that come, go or change in something else than rights.
fn resources(old: &Value, new: &Value) -> Vec<String> {
    let empty = serde_json::Map::new();
    let all = |t: &Value| t["Resources"].as_object().unwrap_or(&empty).clone();
    let (before, after) = (all(old), all(new));
    let mut words = Vec::new();
    for (id, resource) in after.iter().filter(|(id, _)| !before.contains_key(*id)) {
        words.push(format!("new: {}", shown(id, resource)));
    }
    for (id, resource) in before.iter().filter(|(id, _)| !after.contains_key(*id)) {
        let kept = if resource["DeletionPolicy"] == "Retain" { ", which is kept" } else { "" };
        words.push(format!("removed: {}{kept}", shown(id, resource)));
    }
    for (id, resource) in &after {
        let Some(was) = before.get(id) else { continue };
        let documents = ["Policies", "PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy", "ManagedPolicyArns"];
        let properties = [was, resource].map(|r| r["Properties"].as_object());
        let names: BTreeSet<String> = properties.into_iter().flatten().flat_map(|m| m.keys().cloned()).collect();
        let changed: Vec<String> = names
            .into_iter()
            .filter(|n| !documents.contains(&n.as_str()) && was["Properties"][n] != resource["Properties"][n])
            .map(|n| format!("`{n}`"))
            .collect();
        if !changed.is_empty() {
            words.push(format!("changed: {}: {}", shown(id, resource), changed.join(", ")));
        }
    }
    words
}

fn shown(id: &str, resource: &Value) -> String {
    let names = ["RoleName", "ManagedPolicyName", "BucketName", "InstanceProfileName", "RepositoryName", "Url"];
    let name = names.iter().find_map(|n| resource["Properties"][n].as_str()).unwrap_or(id);
    format!("`{name}` ({})", resource["Type"].as_str().unwrap_or_default())
}
