//! What CloudFormation reads for a template itself: dynamic references, and parameters that name a stored value.

use super::used::Leaf;
use super::value::Values;
use super::{Need, OneResource, TemplateUse};
use iam::permissions::{NeededAction, Operation, Scope};
use template::{Map, Node, Value};

/// The reads behind `{{resolve:…}}` in a resource ("Dynamic references" of the user guide).
pub(super) fn references(
    one: &OneResource<'_>,
    leaves: &[Leaf<'_>],
    operations: &[Operation],
    values: &Values<'_>,
    scope: &Scope,
) -> Vec<Need> {
    let operations: Vec<Operation> = operations.iter().copied().filter(|o| sets(*o)).collect();
    let Some(first) = operations.first() else { return Vec::new() };
    let mut found: Vec<Need> = Vec::new();
    for leaf in leaves.iter().filter(|leaf| mentions(leaf.node)) {
        for text in values.patterns(leaf.node) {
            for (action, resource) in reads(&text, scope) {
                let why = format!("dynamic reference in `{}` of `{}`", leaf.path, one.kind);
                let need = one.need(needed(action, resource, why), leaf.span(), *first);
                if !found.iter().any(|n| n.action.action == action && n.action.resources == need.action.resources) {
                    found.push(Need { operations: operations.clone(), ..need });
                }
            }
        }
    }
    found
}

/// The reads of parameters that stand for values in the Parameter Store.
pub(super) fn parameters(used: &TemplateUse<'_>, operations: &[Operation], scope: &Scope) -> Vec<Need> {
    let operations: Vec<Operation> = operations.iter().copied().filter(|o| sets(*o)).collect();
    if operations.is_empty() {
        return Vec::new();
    }
    let declared = used.template.get("Parameters").and_then(Node::as_map);
    let mut found = Vec::new();
    for (name, entry) in declared.into_iter().flat_map(Map::entries) {
        let kind = entry.node.get("Type").and_then(Node::as_str).unwrap_or_default();
        if !kind.starts_with("AWS::SSM::Parameter::Value") {
            continue;
        }
        let open = used.open.iter().any(|o| o == name);
        let given = used.parameters.filter(|_| !open).map(|given| given.get(name).map(String::as_str));
        let default = entry.node.get("Default").and_then(Node::as_str);
        let stored = match given {
            Some(given) => given.or(default).unwrap_or("*"),
            None => "*",
        };
        found.push(Need {
            action: needed(
                "ssm:GetParameters",
                parameter(stored, scope),
                format!("parameter `{name}` is of type `{kind}`"),
            ),
            logical_id: name.to_owned(),
            resource_type: kind.to_owned(),
            span: entry.key_span,
            operations: operations.clone(),
        });
    }
    found
}

fn sets(operation: Operation) -> bool {
    matches!(operation, Operation::Create | Operation::Update)
}

fn needed(action: &str, resource: String, why: String) -> NeededAction {
    NeededAction { action: action.to_owned(), resources: vec![resource], conditions: Vec::new(), why, documented: true }
}

/// Whether an expression has a dynamic reference in one of its texts.
fn mentions(node: &Node) -> bool {
    match &node.value {
        Value::String(text) => text.contains("{{resolve:"),
        Value::List(items) => items.iter().any(mentions),
        Value::Map(map) => map.iter().any(|(_, child)| mentions(child)),
        _ => false,
    }
}

fn reads(text: &str, scope: &Scope) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for reference in text.split("{{resolve:").skip(1) {
        let reference = reference.split("}}").next().unwrap_or_default().trim();
        let Some((service, rest)) = reference.split_once(':') else { continue };
        match service {
            "ssm" | "ssm-secure" => {
                let name = rest.split(':').next().unwrap_or(rest);
                found.push(("ssm:GetParameters", parameter(name, scope)));
            }
            "secretsmanager" => found.push(("secretsmanager:GetSecretValue", secret(rest, scope))),
            _ => {}
        }
    }
    found
}

/// The ARN of a stored parameter. AWS's own ones are in no account.
fn parameter(name: &str, scope: &Scope) -> String {
    if name.starts_with("arn:") {
        return name.to_owned();
    }
    let Scope { partition, region, account, .. } = scope;
    let account = if name.starts_with("/aws/") { "" } else { account };
    format!("arn:{partition}:ssm:{region}:{account}:parameter/{}", name.trim_start_matches('/'))
}

/// The ARN of a secret, which ends with six letters of AWS's own.
fn secret(rest: &str, scope: &Scope) -> String {
    if rest.starts_with("arn:") {
        return rest.splitn(8, ':').take(7).collect::<Vec<_>>().join(":");
    }
    let name = rest.split(':').next().unwrap_or(rest);
    let end = if name.ends_with('*') { "" } else { "-??????" };
    let Scope { partition, region, account, .. } = scope;
    format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{name}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dynamic_references_name_what_they_read() {
        let scope = Scope { region: "eu-west-1".into(), account: "111111111111".into(), ..Scope::default() };
        let shown = |text: &str| {
            reads(text, &scope).into_iter().map(|(a, r)| format!("{a} {r}")).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(
            shown("a {{resolve:ssm:/shop/*/name:3}} b"),
            "ssm:GetParameters arn:aws:ssm:eu-west-1:111111111111:parameter/shop/*/name"
        );
        assert_eq!(
            shown("{{resolve:secretsmanager:db:SecretString:password}}"),
            "secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-??????"
        );
        assert_eq!(
            shown(
                "{{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:222222222222:secret:db-AbCdEf:SecretString:p}}"
            ),
            "secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-west-1:222222222222:secret:db-AbCdEf"
        );
        assert_eq!(
            shown("{{resolve:ssm:/aws/service/ami}}"),
            "ssm:GetParameters arn:aws:ssm:eu-west-1::parameter/aws/service/ami"
        );
        assert!(shown("{{resolve:nothing}}").is_empty());
    }
}
