//! `SourceAccessConfigurations`: with which secrets a source is read.

use super::super::Event;
use crate::Node;
use crate::sam::error::Fault;
use crate::sam::expect::{Owner, expect};
use crate::sam::make::sub;
use crate::sam::python::{display, name_list, truthy};

/// What a function needs to reach a source in a VPC.
pub(super) const NETWORK_ACTIONS: [&str; 6] = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeVpcs",
    "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
];

/// The URI of the one configuration of type `required`.
pub(super) fn required_uri(event: &Event, supported: &[&str], required: &str) -> Result<Node, Fault> {
    let Some(configurations) = event.truthy("SourceAccessConfigurations") else {
        let kind = event.kind.name;
        return Err(event.fault(format!("No SourceAccessConfigurations for Amazon {kind} event provided.")));
    };
    let Some(list) = configurations.as_list() else {
        let message = "Provided SourceAccessConfigurations cannot be parsed into a list.";
        return Err(event.fault(message).at(configurations.span));
    };
    let mut found: Option<Node> = None;
    for (index, configuration) in list.iter().enumerate() {
        let owner = Owner::Event(&event.name);
        let path = format!("SourceAccessConfigurations[{index}]");
        let map = expect(Some(configuration), owner, &path).map()?;
        let type_path = format!("{path}.Type");
        let kind = expect(map.get("Type"), owner, &type_path).string()?;
        let fault = |message: String| event.fault(message).at(configuration.span);
        if !supported.contains(&kind) {
            return Err(fault(format!(
                "Invalid property Type specified in SourceAccessConfigurations. The supported values are: {}.",
                name_list(supported)
            )));
        }
        if kind != required {
            continue;
        }
        if found.is_some() {
            return Err(fault(format!("Multiple {required} properties specified in SourceAccessConfigurations.")));
        }
        let uri = map
            .get("URI")
            .filter(|uri| truthy(uri))
            .ok_or_else(|| fault(format!("No {required} URI property specified in SourceAccessConfigurations.")))?;
        found = Some(uri.clone());
    }
    found.ok_or_else(|| {
        let message = format!("No {required} property specified in SourceAccessConfigurations.");
        event.fault(message).at(configurations.span)
    })
}

/// The ARN of the key with which secrets are encrypted, if the event names one.
pub(super) fn kms_key(event: &Event) -> Result<Option<Node>, Fault> {
    let Some(id) = event.truthy("SecretsManagerKmsKeyId") else { return Ok(None) };
    expect(Some(id), Owner::Event(&event.name), "SecretsManagerKmsKeyId").string()?;
    let arn = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/";
    Ok(Some(sub(id.span, format!("{arn}{}", display(id)))))
}
