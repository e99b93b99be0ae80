//! `AutoPublishAlias`: a version for every change of the function, and an alias that points at the newest.

use super::function_reference;
use crate::Node;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::hash;
use crate::sam::intrinsic::logical_id_of;
use crate::sam::make::{made, node};
use crate::sam::python::truthy;
use crate::sam::translation::{SamResource, Translation};

static VERSION: CfnType =
    CfnType::new("AWS::Lambda::Version", &["CodeSha256", "Description", "FunctionName", "FunctionScalingConfig"]);

static ALIAS: CfnType = CfnType::new(
    "AWS::Lambda::Alias",
    &["Description", "Name", "FunctionName", "FunctionVersion", "ProvisionedConcurrencyConfig"],
);

/// A version and its alias.
pub(super) struct Published {
    pub(super) version: Resource,
    pub(super) alias: Resource,
    pub(super) alias_name: String,
}

/// Makes both, if the function asks for them.
pub(super) fn publish(
    sam: &mut SamResource,
    function: &mut Resource,
    t: &Translation<'_>,
) -> Result<Option<Published>, Fault> {
    let Some(alias) = sam.truthy("AutoPublishAlias") else { return Ok(None) };
    let name = t.resolver.resolved(alias)?;
    let name = name.as_str().ok_or_else(|| {
        sam.fault("'AutoPublishAlias' must be a string or a Ref to a template parameter").at(alias.span)
    })?;
    let code_hash = code_hash(sam, t)?;
    if let Some(hash) = &code_hash {
        describe(sam, function, hash, t)?;
    }
    let version = version(sam, function, code_hash.as_ref().and_then(Node::as_str), t)?;
    let alias = self::alias(sam, name, function, &version)?;
    Ok(Some(Published { version, alias, alias_name: name.to_owned() }))
}

fn code_hash(sam: &SamResource, t: &Translation<'_>) -> Result<Option<Node>, Fault> {
    let Some(hash) = sam.truthy("AutoPublishCodeSha256") else { return Ok(None) };
    let resolved = t.resolver.resolved(hash)?;
    if resolved.as_str().is_none() {
        return Err(sam.fault("AutoPublishCodeSha256 must be a string").at(hash.span));
    }
    Ok(Some(resolved))
}

/// Adds the hash of the code to the description: without a change of the function Lambda publishes no version.
fn describe(sam: &mut SamResource, function: &mut Resource, hash: &Node, t: &Translation<'_>) -> Result<(), Fault> {
    let description = sam.get("Description").map(|text| t.resolver.resolved(text)).transpose()?;
    let hash_text = hash.as_str().unwrap_or_default();
    let new = match description.filter(truthy) {
        None => hash.clone(),
        Some(text) => match text.as_str() {
            Some(text) => node!(hash.span, format!("{text} {hash_text}")),
            None => crate::sam::make::join(hash.span, " ", vec![text, hash.clone()]),
        },
    };
    function.set("Description", new);
    Ok(())
}

fn version(
    sam: &SamResource,
    function: &mut Resource,
    code_hash: Option<&str>,
    t: &Translation<'_>,
) -> Result<Resource, Fault> {
    if let Some(code) = function.properties.get_mut("Code") {
        t.resolver.resolve(code)?;
    }
    let prefix = format!("{}Version", sam.logical_id);
    let id = match code_hash.filter(|hash| !hash.is_empty()) {
        Some(hash) => format!("{prefix}{}", hash.chars().take(hash::LENGTH).collect::<String>()),
        None if sam.get("AutoPublishAliasAllProperties").is_some_and(truthy) => {
            hash::logical_id_of(&prefix, &all_properties(function, t))
        }
        None => hash::logical_id_of(&prefix, &code_and_settings(function)),
    };
    let mut attributes = sam.pass_through();
    if !attributes.contains_key("DeletionPolicy") {
        let default = if sam.get("CapacityProviderConfig").is_some() { "Delete" } else { "Retain" };
        let policy = sam.get("VersionDeletionPolicy").cloned().unwrap_or_else(|| node!(sam.span, default));
        attributes.insert_at("DeletionPolicy", made(sam.span), policy);
    }
    let mut version = Resource::new(&VERSION, id, sam.span)?.with_attributes(attributes);
    version.set("FunctionName", function_reference(sam));
    version.set("Description", sam.get("VersionDescription").cloned());
    if sam.get("CapacityProviderConfig").is_some() {
        version.set("FunctionScalingConfig", sam.get("FunctionScalingConfig").cloned());
    }
    Ok(version)
}

/// What makes a new version: the place of the code, the environment, the memory and SnapStart.
fn code_and_settings(function: &Resource) -> Node {
    let mut data = function.get("Code").and_then(Node::as_map).cloned().unwrap_or_default();
    if let Some(environment) = function.get("Environment").and_then(Node::as_map) {
        for (key, entry) in environment.entries() {
            data.insert_at(key, entry.key_span, entry.node.clone());
        }
    }
    if let Some(memory) = function.get("MemorySize").filter(|memory| truthy(memory)) {
        data.insert("MemorySize", memory.clone());
    }
    let snap_start = function.get("SnapStart").filter(|snap_start| truthy(snap_start));
    let applies = |snap_start: &&Node| snap_start.get("ApplyOn").is_some_and(|on| on.as_str() != Some("None"));
    if let Some(snap_start) = snap_start.filter(applies) {
        data.insert("SnapStart", snap_start.clone());
    }
    Node::new(data, function.span)
}

/// What makes a new version with `AutoPublishAliasAllProperties`: everything, and layers that ask for it.
fn all_properties(function: &Resource, t: &Translation<'_>) -> Node {
    let mut data = function.properties.clone();
    for layer in function.get("Layers").and_then(Node::as_list).unwrap_or_default() {
        let Some(id) = logical_id_of(layer) else { continue };
        let Some(properties) = t.resources.get(id).map(|resource| resource.get("Properties")) else { continue };
        let publishes = properties.and_then(|properties| properties.get("PublishLambdaVersion"));
        if let (Some(properties), true) = (properties, publishes.is_some_and(truthy)) {
            data.insert(id, properties.clone());
        }
    }
    Node::new(data, function.span)
}

fn alias(sam: &SamResource, name: &str, function: &Resource, version: &Resource) -> Result<Resource, Fault> {
    if name.is_empty() {
        return Err(sam.fault("Alias name is required to create an alias"));
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.chars().all(is_allowed) || name.chars().all(|c| c.is_ascii_digit()) {
        return Err(sam.fault(format!(
            "AutoPublishAlias name ('{name}') must contain only alphanumeric characters, hyphens, or underscores \
             matching (?!^[0-9]+$)([a-zA-Z0-9-_]+) pattern."
        )));
    }
    let suffix = name.replace('-', "D").replace('_', "U");
    let id = format!("{}Alias{suffix}", function.logical_id);
    let mut alias = Resource::new(&ALIAS, id, sam.span)?.with_attributes(sam.pass_through());
    alias.set("Name", node!(sam.span, name));
    alias.set("FunctionName", function_reference(sam));
    alias.set("FunctionVersion", version.get_att("Version"));
    alias.set("ProvisionedConcurrencyConfig", sam.truthy("ProvisionedConcurrencyConfig").cloned());
    Ok(alias)
}
