//! Nested stacks: their names, what they get as parameters, what they give as outputs, and the permissions for what is in
//! them.

use super::value::{Values, any};
use super::{Derived, Need, TemplateUse, UnknownType, UnreadTemplate, derive, is_kept, resources, with_values};
use iam::permissions::{NeededAction, Operation, Scope, nested_stack};
use std::collections::BTreeMap;
use template::intrinsic::function;
use template::{Map, Node};

const STACK: &str = "AWS::CloudFormation::Stack";

/// What is known inside a nested stack from the template around it.
#[derive(Debug, Default)]
pub(super) struct Inside {
    scope: Scope,
    /// Parameters that are passed and known; nothing when any may be passed.
    known: Option<BTreeMap<String, String>>,
    /// Parameters that are passed and not known.
    open: Vec<String>,
    /// What these can be, as patterns.
    patterns: BTreeMap<String, Vec<String>>,
    /// What outputs can be, as patterns.
    pub(super) outputs: BTreeMap<String, Vec<String>>,
}

impl Inside {
    pub(super) fn of(outer: &Values<'_>, id: &str, inner: &TemplateUse<'_>) -> Self {
        let stack = outer.scope.stack.as_deref().map(|stack| nested_stack(stack, id));
        let mut inside = Self { scope: Scope { stack, ..outer.scope.clone() }, ..Self::default() };
        inside.pass(outer, outer.template.at(&["Resources", id, "Properties", "Parameters"]));
        let declared = inner.template.get("Outputs").and_then(Node::as_map);
        let outputs = declared.into_iter().flat_map(Map::iter).filter_map(|(name, o)| Some((name, o.get("Value")?)));
        let used = inside.used(inner);
        let found = with_values(&used, inner.template, &inside.scope, |values| {
            outputs.map(|(name, value)| (name.to_owned(), values.patterns(value))).collect()
        });
        inside.outputs = found;
        inside
    }

    /// Takes the parameters that the stack is given; the others have their defaults.
    fn pass(&mut self, outer: &Values<'_>, given: Option<&Node>) {
        let none = Map::new();
        let Some(given) = given.map_or(Some(&none), |node| node.as_map().filter(|_| function(node).is_none())) else {
            return;
        };
        let mut known = BTreeMap::new();
        for (name, value) in given.iter() {
            match outer.text(value) {
                Some(text) => drop(known.insert(name.to_owned(), text)),
                None => {
                    self.open.push(name.to_owned());
                    let patterns = outer.patterns(value);
                    if patterns != any() && !patterns.is_empty() {
                        self.patterns.insert(name.to_owned(), patterns);
                    }
                }
            }
        }
        self.known = Some(known);
    }

    /// The nested template with what is known about it.
    fn used<'a>(&'a self, inner: &TemplateUse<'a>) -> TemplateUse<'a> {
        TemplateUse {
            parameters: self.known.as_ref(),
            open: &self.open,
            patterns: Some(&self.patterns),
            ..inner.clone()
        }
    }
}

/// Adds what the nested stacks of a template need.
pub(super) fn add(used: &TemplateUse<'_>, operations: &[Operation], values: &Values<'_>, derived: &mut Derived) {
    for (id, span, resource) in resources(used.template) {
        let is_stack = resource.get("Type").and_then(Node::as_str) == Some(STACK);
        if !is_stack || resource.get("Condition").is_some_and(|name| values.truth(name) == Some(false)) {
            continue;
        }
        let operations: Vec<Operation> =
            operations.iter().copied().filter(|o| *o != Operation::Delete || !is_kept(resource)).collect();
        let mut read = false;
        // The branches of an `Fn::If` may each name a template.
        for (_, inner) in used.nested.iter().filter(|(nested, _)| *nested == id) {
            let Some(inside) = values.inside(id) else { continue };
            read = true;
            let inner = inside.used(inner);
            let found = with_values(&inner, inner.template, &inside.scope, |values| {
                derive(&inner, &operations, &inside.scope, values)
            });
            let transforms = inner.transforms.iter();
            let transforms = transforms.filter_map(|name| transform(name, &operations, values.scope));
            derived.needed.extend(transforms.map(|action| Need {
                action,
                logical_id: id.to_owned(),
                resource_type: STACK.to_owned(),
                span,
                operations: setting(&operations),
            }));
            derived.within(id, found);
        }
        if !read {
            let lies_at = lies_at(resource);
            derived.unread.push(UnreadTemplate { logical_id: id.to_owned(), lies_at, span });
        }
    }
}

impl Derived {
    /// Takes in what was found in the nested stack with a logical id.
    fn within(&mut self, id: &str, found: Derived) {
        let within = |logical: String| format!("{id}/{logical}");
        self.needed.extend(found.needed.into_iter().map(|n| Need { logical_id: within(n.logical_id), ..n }));
        self.unknown.extend(found.unknown.into_iter().map(|u| UnknownType { logical_id: within(u.logical_id), ..u }));
        self.unread.extend(found.unread.into_iter().map(|u| UnreadTemplate { logical_id: within(u.logical_id), ..u }));
    }
}

fn setting(operations: &[Operation]) -> Vec<Operation> {
    operations.iter().copied().filter(|o| matches!(o, Operation::Create | Operation::Update)).collect()
}

/// The right to use a transform: it is a resource of its own ("Controlling access with IAM", CloudFormation User Guide).
fn transform(name: &str, operations: &[Operation], scope: &Scope) -> Option<NeededAction> {
    if setting(operations).is_empty() {
        return None;
    }
    let Scope { partition, region, account, .. } = scope;
    let (owner, own) = name.strip_prefix("AWS::").map_or((account.as_str(), name), |name| ("aws", name));
    Some(NeededAction {
        action: "cloudformation:CreateChangeSet".to_owned(),
        resources: vec![format!("arn:{partition}:cloudformation:{region}:{owner}:transform/{own}")],
        conditions: Vec::new(),
        why: format!("transform `{name}` of a nested template"),
        documented: true,
    })
}

/// The address of a nested template, or the id of the application that it belongs to.
fn lies_at(stack: &Node) -> Option<String> {
    let properties = stack.get("Properties")?;
    let tags = properties.get("Tags").and_then(Node::as_list).unwrap_or_default();
    let application = tags.iter().find(|t| t.get("Key").and_then(Node::as_str) == Some("serverlessrepo:applicationId"));
    let place = match application {
        Some(tag) => tag.get("Value"),
        None => properties.get("TemplateURL"),
    };
    Some(place?.as_str()?.to_owned())
}
