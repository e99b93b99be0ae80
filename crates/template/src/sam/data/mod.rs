//! Tables of AWS's translator: policy templates, managed policies, connector profiles.
//!
//! The files lie in `data/` and are made by `cargo xtask sam-data`. Each is parsed once, on first use.

use crate::{Map, Node, Number, NumberValue, Value};
use base::Span;
use std::collections::HashMap;
use std::sync::OnceLock;

/// A policy template by name: its `Parameters` (a mapping by name) and its `Definition`.
pub fn policy_template(name: &str) -> Option<&'static Node> {
    static TABLE: OnceLock<Node> = OnceLock::new();
    TABLE.get_or_init(|| parse(include_str!("../../../data/policy_templates.json"))).get(name)
}

/// The ARN of an AWS managed policy by partition and name.
pub fn managed_policy(partition: &str, name: &str) -> Option<&'static str> {
    static TABLE: OnceLock<HashMap<String, HashMap<String, String>>> = OnceLock::new();
    let table = TABLE.get_or_init(|| managed_policies(include_str!("../../../data/managed_policies.json")));
    table.get(partition)?.get(name).map(String::as_str)
}

/// What a connector grants from one CloudFormation type to another: its `Type` and `Properties`.
pub fn connector_profile(source: &str, destination: &str) -> Option<&'static Node> {
    profiles().at(&["Permissions", source, destination])
}

/// Of a CloudFormation type: `Inputs` and `Outputs` that connectors use.
pub fn connector_resource(cfn_type: &str) -> Option<&'static Node> {
    profiles().at(&["CfnResourceProperties", cfn_type])
}

fn profiles() -> &'static Node {
    static TABLE: OnceLock<Node> = OnceLock::new();
    TABLE.get_or_init(|| parse(include_str!("../../../data/connector_profiles.json")))
}

fn managed_policies(text: &str) -> HashMap<String, HashMap<String, String>> {
    let partitions: HashMap<String, HashMap<String, Vec<String>>> = serde_json::from_str(text).unwrap_or_default();
    let arns = |partition: &str, paths: HashMap<String, Vec<String>>| {
        let mut arns = HashMap::new();
        for (path, names) in paths {
            let prefix = format!("arn:{partition}:iam::aws:policy/{path}");
            arns.extend(names.into_iter().map(|name| (name.clone(), format!("{prefix}{name}"))));
        }
        arns
    };
    partitions.into_iter().map(|(partition, paths)| (partition.clone(), arns(&partition, paths))).collect()
}

fn parse(text: &str) -> Node {
    serde_json::from_str(text).map(node).unwrap_or_default()
}

/// A JSON value as a node that was made by the transform.
pub(super) fn node(json: serde_json::Value) -> Node {
    let value = match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(b),
        serde_json::Value::Number(number) => number_value(number.to_string()),
        serde_json::Value::String(text) => Value::String(text),
        serde_json::Value::Array(items) => Value::List(items.into_iter().map(node).collect()),
        serde_json::Value::Object(members) => {
            let mut map = Map::new();
            for (key, value) in members {
                map.insert(key, node(value));
            }
            Value::Map(map)
        }
    };
    Node::new(value, Span::default())
}

fn number_value(text: String) -> Value {
    let value = match text.parse() {
        Ok(n) => NumberValue::Int(n),
        Err(_) => NumberValue::Float(text.parse().unwrap_or_default()),
    };
    Value::Number(Number { text, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_there() {
        let template = policy_template("SQSPollerPolicy");
        assert!(template.is_some_and(|node| node.at(&["Parameters", "QueueName"]).is_some()));
        assert_eq!(
            managed_policy("aws-cn", "AWSLambdaBasicExecutionRole"),
            Some("arn:aws-cn:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
        );
        assert!(connector_profile("AWS::Lambda::Function", "AWS::DynamoDB::Table").is_some());
        assert!(connector_resource("AWS::Lambda::Function").is_some());
        assert!(managed_policy("aws", "NoSuchPolicy").is_none());
    }
}
