//! What a definition would change in a stack, resource by resource and property by property.

use super::evaluate::{Blueprint, Spec, Surroundings, UNKNOWN};
use super::event::STACK_TYPE;
use super::provider;
use super::stack::{Definition, Stack, StackResource};
use super::status::ResourceStatus;
use crate::world::World;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Everything that would change.
#[derive(Debug, Clone, Default)]
pub(crate) struct Difference {
    /// Resources.
    pub changes: Vec<Change>,
    /// Whether outputs, tags or other things of the stack itself change.
    pub others: bool,
}

impl Difference {
    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty() && !self.others
    }
}

/// What happens to a resource.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Change {
    /// `Add`, `Modify` or `Remove`.
    pub action: String,
    /// Logical id.
    pub logical_id: String,
    /// Physical id, if there is one.
    pub physical_id: Option<String>,
    /// Type.
    pub resource_type: String,
    /// `True`, `False` or `Conditional`, for modifications.
    pub replacement: Option<String>,
    /// What happens to the physical resource when it is removed or replaced and a policy says so.
    pub policy_action: Option<String>,
    /// Which parts change: `Properties`, `Tags`, `Metadata`, `DeletionPolicy`…
    pub scope: Vec<String>,
    /// Each changed part.
    pub details: Vec<Detail>,
    /// Properties, metadata and policies before, as JSON text.
    pub before: Option<String>,
    /// The same after.
    pub after: Option<String>,
}

/// One reason for a modification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// `Properties`, `Tags`, `Metadata`…
    pub attribute: String,
    /// The property's name.
    pub name: Option<String>,
    /// `Never`, `Conditionally` or `Always`.
    pub recreation: String,
    /// `Static` when the new value is known, `Dynamic` when it depends on another resource.
    pub evaluation: String,
    /// `DirectModification`, `ParameterReference`, `ResourceReference`, `ResourceAttribute` or `Automatic`.
    pub source: Option<String>,
    /// What it comes from.
    pub cause: Option<String>,
    /// The value before, as text.
    pub before: Option<String>,
    /// The value after, as text.
    pub after: Option<String>,
}

/// Compares a stack with what it should become. The error is one of evaluating the template.
pub(crate) fn changes(world: &World, stack: &Stack, definition: &Definition) -> Result<Difference, String> {
    let old = Blueprint::of(stack);
    let new = Blueprint::build(definition, stack)?;
    let mut found = Comparison { world, stack, definition, old: &old, new: &new, changed: BTreeMap::new() };
    let mut changes = Vec::new();
    for (id, spec) in new.iter() {
        let change = match existing(stack, id) {
            None => Some(found.addition(id, spec)?),
            Some(resource) => found.modification(id, spec, resource)?,
        };
        if let Some(change) = change {
            found.changed.insert(id.to_owned(), Fate::of(&change));
            changes.push(change);
        }
    }
    let gone = stack
        .resources
        .values()
        .filter(|r| existing(stack, &r.logical_id).is_some() && new.resource(&r.logical_id).is_none());
    changes.extend(gone.map(removal));
    let others = found.others_changed();
    Ok(Difference { changes, others })
}

fn existing<'a>(stack: &'a Stack, id: &str) -> Option<&'a StackResource> {
    stack.resources.get(id).filter(|r| !r.physical_id.is_empty() && r.status != ResourceStatus::DeleteComplete)
}

/// What becomes of a resource, for those that refer to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It gets another physical id.
    New,
    /// It keeps its physical id; its attributes may change.
    Changed,
}

impl Fate {
    fn of(change: &Change) -> Self {
        let new = change.action == "Add" || change.replacement.as_deref() == Some("True");
        if new { Self::New } else { Self::Changed }
    }
}

struct Comparison<'a> {
    world: &'a World,
    stack: &'a Stack,
    definition: &'a Definition,
    old: &'a Blueprint,
    new: &'a Blueprint,
    changed: BTreeMap<String, Fate>,
}

impl Comparison<'_> {
    fn after(&self, id: &str) -> Result<Value, String> {
        let unknown = |id: &str| self.changed.get(id) == Some(&Fate::New);
        self.new.properties(id, &Surroundings::planned(self.world, self.stack, &unknown))
    }

    fn addition(&self, id: &str, spec: &Spec) -> Result<Change, String> {
        Ok(Change {
            action: "Add".into(),
            logical_id: id.to_owned(),
            physical_id: None,
            resource_type: spec.resource_type.clone(),
            replacement: None,
            policy_action: None,
            scope: Vec::new(),
            details: Vec::new(),
            before: None,
            after: Some(context(&self.after(id)?, spec.metadata.as_ref())),
        })
    }

    fn modification(&self, id: &str, spec: &Spec, resource: &StackResource) -> Result<Option<Change>, String> {
        let after = self.after(id)?;
        let row = provider::row(&spec.resource_type);
        let type_changed = spec.resource_type != resource.resource_type;
        let mut details = self.property_details(id, row, &resource.properties, &after);
        details.extend(attribute_details(spec, resource));
        if row.has_tags
            && self.stack.definition.tags != self.definition.tags
            && !details.iter().any(|d| d.attribute == "Tags")
        {
            details.push(Detail::plain("Tags", "DirectModification"));
        }
        if spec.resource_type == STACK_TYPE && details.is_empty() {
            details.push(Detail { evaluation: "Dynamic".into(), ..Detail::plain("Properties", "Automatic") });
        }
        if details.is_empty() && !type_changed {
            return Ok(None);
        }
        let replacement = replacement(type_changed, &details);
        let mut scope: Vec<String> = details.iter().map(|d| d.attribute.clone()).collect();
        scope.dedup();
        let policy =
            (replacement == "True").then(|| policy_word(spec.update_replace_policy.as_deref(), "ReplaceAnd")).flatten();
        Ok(Some(Change {
            action: "Modify".into(),
            logical_id: id.to_owned(),
            physical_id: Some(resource.physical_id.clone()),
            resource_type: spec.resource_type.clone(),
            replacement: Some(replacement.into()),
            policy_action: policy,
            scope,
            details,
            before: Some(context(&resource.properties, resource.metadata.as_ref())),
            after: Some(context(&after, spec.metadata.as_ref())),
        }))
    }

    fn property_details(&self, id: &str, row: &provider::Provider, before: &Value, after: &Value) -> Vec<Detail> {
        let mut names: Vec<&String> = Vec::new();
        for name in [before, after].into_iter().filter_map(Value::as_object).flat_map(|o| o.keys()) {
            if before.get(name) != after.get(name) && !names.contains(&name) {
                names.push(name);
            }
        }
        names.into_iter().flat_map(|name| self.details_of(id, row, name, before.get(name), after.get(name))).collect()
    }

    fn details_of(
        &self,
        id: &str,
        row: &provider::Provider,
        name: &str,
        before: Option<&Value>,
        after: Option<&Value>,
    ) -> Vec<Detail> {
        let replaces = row.replacing_properties().any(|p| p == name);
        let unknown = after.is_some_and(|a| a.to_string().contains(UNKNOWN));
        let recreation = match (replaces, unknown) {
            (false, _) => "Never",
            (true, true) => "Conditionally",
            (true, false) => "Always",
        };
        let base = Detail {
            attribute: if name == "Tags" { "Tags" } else { "Properties" }.into(),
            name: (name != "Tags").then(|| name.to_owned()),
            recreation: recreation.into(),
            evaluation: if unknown { "Dynamic" } else { "Static" }.into(),
            source: None,
            cause: None,
            before: before.map(value_text),
            after: after.map(value_text),
        };
        let causes = self.causes(id, name);
        causes
            .into_iter()
            .map(|(source, cause)| Detail { source: Some(source.into()), cause, ..base.clone() })
            .collect()
    }

    /// Where a change of a property comes from: what it refers to that changed, and the template itself.
    fn causes(&self, id: &str, name: &str) -> Vec<(&'static str, Option<String>)> {
        let raw = |blueprint: &Blueprint| blueprint.resource(id).and_then(|s| s.raw.get(name)).cloned();
        let (old, new) = (raw(self.old), raw(self.new));
        let mut causes = Vec::new();
        for reference in new.as_ref().map(references).unwrap_or_default() {
            let (target, attribute) =
                reference.split_once('.').map_or((reference.as_str(), None), |(t, a)| (t, Some(a)));
            let parameter = |d: &Definition| d.parameters.get(target).map(|p| p.effective().to_owned());
            if parameter(self.definition).is_some() {
                if parameter(self.definition) != parameter(&self.stack.definition) {
                    causes.push(("ParameterReference", Some(target.to_owned())));
                }
            } else if self.changed.contains_key(target) {
                let kind = if attribute.is_some() { "ResourceAttribute" } else { "ResourceReference" };
                causes.push((kind, Some(reference.clone())));
            }
        }
        if old != new || causes.is_empty() {
            causes.push(("DirectModification", None));
        }
        causes
    }

    fn others_changed(&self) -> bool {
        let (was, will) = (&self.stack.definition, self.definition);
        let unknown = |id: &str| self.changed.get(id) == Some(&Fate::New);
        let outputs = self.new.outputs(&Surroundings::planned(self.world, self.stack, &unknown));
        outputs.is_ok_and(|(outputs, _)| outputs != self.stack.outputs)
            || was.tags != will.tags
            || was.notification_arns != will.notification_arns
            || was.rollback != will.rollback
    }
}

impl Detail {
    fn plain(attribute: &str, source: &str) -> Self {
        Self {
            attribute: attribute.into(),
            name: None,
            recreation: "Never".into(),
            evaluation: "Static".into(),
            source: Some(source.into()),
            cause: None,
            before: None,
            after: None,
        }
    }
}

fn attribute_details(spec: &Spec, resource: &StackResource) -> Vec<Detail> {
    let text = |value: &Option<String>| value.clone();
    let parts = [
        ("Metadata", resource.metadata.as_ref().map(Value::to_string), spec.metadata.as_ref().map(Value::to_string)),
        ("DeletionPolicy", text(&resource.deletion_policy), text(&spec.deletion_policy)),
        ("UpdateReplacePolicy", text(&resource.update_replace_policy), text(&spec.update_replace_policy)),
    ];
    let changed = parts.into_iter().filter(|(_, before, after)| before != after);
    changed.map(|(name, before, after)| Detail { before, after, ..Detail::plain(name, "DirectModification") }).collect()
}

fn replacement(type_changed: bool, details: &[Detail]) -> &'static str {
    let any = |recreation: &str| details.iter().any(|d| d.recreation == recreation);
    match (type_changed || any("Always"), any("Conditionally")) {
        (true, _) => "True",
        (false, true) => "Conditional",
        (false, false) => "False",
    }
}

fn removal(resource: &StackResource) -> Change {
    Change {
        action: "Remove".into(),
        logical_id: resource.logical_id.clone(),
        physical_id: Some(resource.physical_id.clone()),
        resource_type: resource.resource_type.clone(),
        replacement: None,
        policy_action: Some(policy_word(resource.deletion_policy.as_deref(), "").unwrap_or_else(|| "Delete".into())),
        scope: Vec::new(),
        details: Vec::new(),
        before: Some(context(&resource.properties, resource.metadata.as_ref())),
        after: None,
    }
}

/// `Retain`, `Snapshot`, `ReplaceAndRetain`…
fn policy_word(policy: Option<&str>, prefix: &str) -> Option<String> {
    match policy {
        Some("Retain" | "RetainExceptOnCreate") => Some(format!("{prefix}Retain")),
        Some("Snapshot") => Some(format!("{prefix}Snapshot")),
        _ if prefix.is_empty() => None,
        _ => Some(format!("{prefix}Delete")),
    }
}

fn context(properties: &Value, metadata: Option<&Value>) -> String {
    let mut out = json!({ "Properties": properties });
    if let (Some(metadata), Value::Object(map)) = (metadata, &mut out) {
        map.insert("Metadata".into(), metadata.clone());
    }
    out.to_string()
}

fn value_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a part of a template refers to: `Name` or `Name.Attribute`, each once.
pub(super) fn references(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(value, &mut found);
    found.dedup();
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(map) => {
            for (key, inner) in map {
                match (key.as_str(), inner) {
                    ("Ref", Value::String(name)) => found.push(name.clone()),
                    ("Fn::GetAtt", Value::String(name)) => found.push(name.clone()),
                    ("Fn::GetAtt", Value::Array(parts)) => {
                        found.push(parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("."));
                    }
                    ("Fn::Sub", Value::String(text)) => placeholders(text, found),
                    ("Fn::Sub", Value::Array(parts)) => {
                        let mut named = Vec::new();
                        placeholders(parts.first().and_then(Value::as_str).unwrap_or_default(), &mut named);
                        // Names that the function itself defines are no references.
                        let own = parts.get(1).and_then(Value::as_object);
                        found.extend(named.into_iter().filter(|n| own.is_none_or(|o| !o.contains_key(n))));
                        parts.iter().skip(1).for_each(|part| collect(part, found));
                    }
                    _ => collect(inner, found),
                }
            }
        }
        _ => {}
    }
}

fn placeholders(text: &str, found: &mut Vec<String>) {
    let starts = text.split("${").skip(1).filter(|part| !part.starts_with('!'));
    found.extend(starts.filter_map(|part| part.split_once('}')).map(|(name, _)| name.trim().to_owned()));
}
