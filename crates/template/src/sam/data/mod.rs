//! Tables of AWS's translator: policy templates, managed policies, connector profiles.
//!
//! The data files beside this one are made by `cargo xtask sam-data`. Each is parsed once, on first use.

use crate::Node;

/// A policy template by name: its `Parameters` (a mapping by name) and its `Definition`.
pub fn policy_template(_name: &str) -> Option<&'static Node> {
    None
}

/// The ARN of an AWS managed policy by partition and name.
pub fn managed_policy(_partition: &str, _name: &str) -> Option<&'static str> {
    None
}

/// What a connector grants from one CloudFormation type to another: its `Type` and `Properties`.
pub fn connector_profile(_source: &str, _destination: &str) -> Option<&'static Node> {
    None
}

/// Of a CloudFormation type: `Inputs` and `Outputs` that connectors use.
pub fn connector_resource(_cfn_type: &str) -> Option<&'static Node> {
    None
}
