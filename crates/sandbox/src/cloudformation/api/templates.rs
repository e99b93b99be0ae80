//! Reading and checking templates.

use super::named;
use crate::call::{Answer, AwsError, Call, Output};
use crate::cloudformation::prepare::{self, declared, needs, parse_checked};
use crate::cloudformation::stack::Definition;
use crate::cloudformation::template_url;
use crate::world::World;
use serde_json::{Value, json};
use template::Node;
use template::intrinsic::scalar_text;

/// `GetTemplate`: of a stack or of a change set, as it was given or after its transforms.
pub(super) fn get(world: &mut World, call: &Call<'_>) -> Answer {
    let definition: Definition = if call.text("ChangeSetName").is_some() {
        super::change_sets::find(world, call, "GetTemplate")?.definition.clone()
    } else {
        named(world, call, "GetTemplate")?.definition.clone()
    };
    let stage = call.text("TemplateStage").unwrap_or("Original");
    let body = match stage {
        "Original" => definition.body.clone(),
        "Processed" => definition.processed_text().to_owned(),
        other => {
            return Err(AwsError::validation(format!(
                "1 validation error detected: Value '{other}' at 'templateStage' failed to satisfy constraint: Member must satisfy enum value set: [Original, Processed]"
            )));
        }
    };
    Ok(Output::tree(json!({ "TemplateBody": body, "StagesAvailable": ["Original", "Processed"] })))
}

fn body(world: &mut World, call: &Call<'_>) -> Result<String, AwsError> {
    template_url::fetch(world, &call.principal, &call.region, call.text("TemplateBody"), call.text("TemplateURL"))
}

/// `ValidateTemplate`: only the form; not whether the resources could be made.
pub(super) fn validate(world: &mut World, call: &Call<'_>) -> Answer {
    call.authorize(world, "cloudformation:ValidateTemplate", "*", &[])?;
    let text = body(world, call)?;
    let template = parse_checked(&text)?;
    if prepare::transforms(&template).is_empty() {
        prepare::check(&template)?;
    }
    let parameters: Vec<Value> = declared(&template)
        .iter()
        .map(|p| json!({ "ParameterKey": p.name, "DefaultValue": p.default, "NoEcho": p.no_echo, "Description": p.description }))
        .collect();
    let mut answer = json!({
        "Parameters": parameters,
        "Description": template.get("Description").and_then(Node::as_str),
    });
    extend(&mut answer, capabilities(&template));
    Ok(Output::tree(answer))
}

fn capabilities(template: &Node) -> Value {
    let transforms = prepare::transforms(template);
    let needs = needs(template);
    let mut list: Vec<&str> = needs.capability.into_iter().collect();
    if !transforms.is_empty() {
        list.push("CAPABILITY_AUTO_EXPAND");
    }
    let reason = needs
        .capability
        .map(|_| format!("The following resource(s) require capabilities: [{}]", needs.types.join(", ")));
    let transforms = (!transforms.is_empty()).then_some(transforms);
    json!({
        "Capabilities": (!list.is_empty()).then_some(list),
        "CapabilitiesReason": reason,
        "DeclaredTransforms": transforms,
    })
}

fn extend(answer: &mut Value, more: Value) {
    if let (Value::Object(answer), Value::Object(more)) = (answer, more) {
        answer.extend(more);
    }
}

/// `GetTemplateSummary`.
pub(super) fn summary(world: &mut World, call: &Call<'_>) -> Answer {
    let text = if call.text("StackName").is_some() {
        named(world, call, "GetTemplateSummary")?.definition.body.clone()
    } else {
        call.authorize(world, "cloudformation:GetTemplateSummary", "*", &[])?;
        body(world, call)?
    };
    let template = parse_checked(&text)?;
    let resources = template.get("Resources").and_then(Node::as_map);
    let types: Vec<String> = resources
        .into_iter()
        .flat_map(|m| m.iter())
        .filter_map(|(_, r)| r.get("Type").and_then(Node::as_str).map(str::to_owned))
        .collect();
    let parameters: Vec<Value> = declared(&template)
        .iter()
        .map(|p| {
            json!({
                "ParameterKey": p.name,
                "DefaultValue": p.default,
                "ParameterType": p.kind,
                "NoEcho": p.no_echo,
                "Description": p.description,
                "ParameterConstraints": { "AllowedValues": p.allowed },
            })
        })
        .collect();
    let mut distinct = types;
    distinct.sort();
    distinct.dedup();
    let mut answer = json!({
        "Parameters": parameters,
        "Description": template.get("Description").and_then(Node::as_str),
        "ResourceTypes": distinct,
        "Version": template.get("AWSTemplateFormatVersion").and_then(scalar_text),
        "Metadata": template.get("Metadata").map(template::write::compact),
    });
    extend(&mut answer, capabilities(&template));
    Ok(Output::tree(answer))
}
