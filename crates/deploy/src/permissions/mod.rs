//! The permissions CloudFormation needs for a template: what [`iam::permissions`] says about each resource type, fed with
//! what the template really sets.
//!
//! Templates are taken as they are after the SAM transform and after macros. Names are evaluated as far as they can be
//! before a deployment; what stays unknown is `*` in a pattern. Absent: the permissions on the stack itself, which belong
//! to the deployment role, and what the deployed code needs.

mod document;
mod dynamic;
mod expanded;
mod nested;
mod refer;
mod stage;
#[cfg(test)]
mod tests;
mod used;
mod value;

pub(crate) use document::packed;
pub use document::{Documents, INLINE_POLICIES, MANAGED_POLICIES, MANAGED_POLICY, documents};
pub use expanded::{Expanded, SourceTemplate};
pub use stage::{StageStack, stage_stacks};

use base::{AccountId, Region, Span, StackName};
use iam::permissions::{NeededAction, Operation, ResourceUse, Scope, needed_with_properties, places};
use std::collections::{BTreeMap, HashMap};
use template::intrinsic::{self, Evaluated, Parameters, Pseudo};
use template::model::Template;
use template::{Map, Node};
use value::Values;

/// What was found out about a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Derived {
    /// The actions, in the order of the template's resources.
    pub needed: Vec<Need>,
    /// Resources about whose types nothing is known: their permissions have to be added by hand.
    pub unknown: Vec<UnknownType>,
    /// Nested stacks whose templates are not known: what is in them needs permissions that are not among these.
    pub unread: Vec<UnreadTemplate>,
}

/// An action, and the resource it is needed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The action with its resources, conditions and reason.
    pub action: NeededAction,
    /// Logical id; of a resource in a nested stack with the ids of the stacks before it, `Inner/Table`. For what the
    /// template itself needs, the name of the parameter.
    pub logical_id: String,
    /// Its type.
    pub resource_type: String,
    /// The property that makes it necessary, else the resource's logical id.
    pub span: Span,
    /// The operations that call it.
    pub operations: Vec<Operation>,
}

/// A resource of a type that the tables do not have, such as a private type of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownType {
    /// Logical id.
    pub logical_id: String,
    /// Its type.
    pub resource_type: String,
    /// Where it stands.
    pub span: Span,
}

/// A nested stack whose template lies elsewhere: in S3, or in the Serverless Application Repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadTemplate {
    /// Logical id, with the ids of the stacks before it.
    pub logical_id: String,
    /// The template's address or the application's id, when the template says it.
    pub lies_at: Option<String>,
    /// Where the stack stands.
    pub span: Span,
}

/// A template, and what is known about its deployment.
#[derive(Debug, Clone)]
pub struct TemplateUse<'a> {
    /// The template, expanded.
    pub template: &'a Node,
    /// What is deployed now. What an update takes away needs permissions too.
    pub previous: Option<&'a Node>,
    /// Values of parameters by name; the others have their defaults. `None`: any parameter may have any value.
    pub parameters: Option<&'a BTreeMap<String, String>>,
    /// Parameters that get a value only in a run: any value, whatever their default.
    pub open: &'a [String],
    /// Whether the stack has tags, which CloudFormation puts on every resource. Landfall tags every stack.
    pub stack_tags: bool,
    /// What open parameters can be, as patterns with `*`. Those that are not among them can be anything.
    pub patterns: Option<&'a BTreeMap<String, Vec<String>>>,
    /// The transforms that it was written with. Of a nested template, CloudFormation runs them as the stack's role.
    pub transforms: &'a [String],
    /// Templates of nested stacks by the logical id of their `AWS::CloudFormation::Stack`. Their parameters are those that
    /// this template passes.
    pub nested: Vec<(&'a str, TemplateUse<'a>)>,
}

impl<'a> TemplateUse<'a> {
    /// A template of which nothing else is known.
    pub fn new(template: &'a Node) -> Self {
        Self {
            template,
            previous: None,
            parameters: None,
            open: &[],
            stack_tags: true,
            patterns: None,
            transforms: &[],
            nested: Vec::new(),
        }
    }
}

impl Derived {
    /// The actions without their places, as [`iam::permissions::statements`] and [`iam::permissions::gaps`] take them.
    /// Actions that the service authorization reference does not have are left out: IAM knows no such action.
    pub fn actions(&self) -> Vec<NeededAction> {
        self.needed.iter().map(|need| &need.action).filter(|action| action.documented).cloned().collect()
    }
}

/// The permissions for a template of which nothing else is known.
pub fn of_template(expanded: &Node, operations: &[Operation], scope: &Scope) -> Derived {
    of(&TemplateUse::new(expanded), operations, scope)
}

/// The permissions for a template in its surroundings.
pub fn of(used: &TemplateUse<'_>, operations: &[Operation], scope: &Scope) -> Derived {
    with_values(used, used.template, scope, |values| derive(used, operations, scope, values))
}

fn derive(used: &TemplateUse<'_>, operations: &[Operation], scope: &Scope, values: &Values<'_>) -> Derived {
    let mut derived = Derived::default();
    let mut of_one = OneTemplate { used, operations, scope, places: HashMap::new(), derived: &mut derived };
    for (id, span, resource) in resources(used.template) {
        let before = used.previous.and_then(|p| p.at(&["Resources", id]));
        of_one.resource((id, span), resource, before, values);
    }
    if let Some(previous) = used.previous {
        with_values(used, previous, scope, |values| of_one.removed(previous, values));
    }
    of_one.derived.needed.extend(dynamic::parameters(used, operations, scope));
    nested::add(used, operations, values, &mut derived);
    derived
}

/// Does something with the expressions of a template: the one in use, or the one before it.
fn with_values<T>(used: &TemplateUse<'_>, template: &Node, scope: &Scope, act: impl FnOnce(&Values<'_>) -> T) -> T {
    let (parameters, pseudo) = (parameters(used), pseudo(scope));
    let known = intrinsic::Scope::new(template, &parameters, &pseudo, &value::NOTHING);
    act(&Values::new(template, used, &known, scope))
}

fn resources(template: &Node) -> impl Iterator<Item = (&str, Span, &Node)> {
    let map = template.get("Resources").and_then(Node::as_map);
    map.into_iter().flat_map(Map::entries).map(|(id, entry)| (id, entry.key_span, &entry.node))
}

/// The values of parameters that may be used: all that are known and may be shown.
fn parameters(used: &TemplateUse<'_>) -> Parameters {
    let Some(given) = used.parameters else { return Parameters::new() };
    let (template, _) = Template::read(used.template);
    let secret =
        |name: &str| used.template.at(&["Parameters", name, "NoEcho"]).is_some_and(|n| n.as_bool() != Some(false));
    let mut values = template.bind(given).values;
    let open = |name: &str| used.open.iter().any(|o| o == name);
    values.retain(|name, value| matches!(value, Evaluated::Known(_)) && !secret(name) && !open(name));
    values
}

fn pseudo(scope: &Scope) -> Pseudo {
    let plain = |text: &str| (!text.contains('*')).then(|| text.to_owned());
    Pseudo {
        account: AccountId::new(scope.account.clone()).ok(),
        region: plain(&scope.region).and_then(|r| Region::new(r).ok()),
        stack_name: scope.stack.as_deref().and_then(plain).and_then(|s| StackName::new(s).ok()),
        ..Pseudo::default()
    }
}

/// Actions that take a permissions boundary away.
pub(crate) const UNBOUNDING: [&str; 2] = ["iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"];

struct OneTemplate<'a> {
    used: &'a TemplateUse<'a>,
    operations: &'a [Operation],
    scope: &'a Scope,
    places: HashMap<String, Vec<String>>,
    derived: &'a mut Derived,
}

impl OneTemplate<'_> {
    fn resource(&mut self, id: (&str, Span), resource: &Node, before: Option<&Node>, values: &Values<'_>) {
        let (logical_id, span) = id;
        let Some(kind) = resource.get("Type").and_then(Node::as_str) else { return };
        if resource.get("Condition").is_some_and(|name| values.truth(name) == Some(false)) {
            return;
        }
        let mut leaves = used::leaves(resource, values);
        if let Some(before) = before.filter(|b| b.get("Type").and_then(Node::as_str) == Some(kind)) {
            leaves.extend(used::leaves(before, values));
        }
        let mut paths: Vec<(String, Span)> = leaves.iter().map(|l| (used::gate_path(l), l.span())).collect();
        if self.used.stack_tags && !paths.iter().any(|(path, _)| path == "/Tags") {
            paths.push(("/Tags".to_owned(), span));
        }
        let wanted = self.places.entry(kind.to_owned()).or_insert_with(|| places(kind));
        let references = refer::references(&leaves, wanted, values, self.scope);
        let operations: Vec<Operation> =
            self.operations.iter().copied().filter(|o| *o != Operation::Delete || !is_kept(resource)).collect();
        let one = OneResource { logical_id, span, kind, paths: &paths, references: &references };
        let names = one.names(resource, values);
        let bounded = resource.at(&["Properties", "PermissionsBoundary"]).is_some();
        self.derive(&one, &names, &operations, bounded);
        self.derived.needed.extend(dynamic::references(&one, &leaves, &operations, values, self.scope));
    }

    /// Resources that are deployed and are not in the template any more.
    fn removed(&mut self, previous: &Node, values: &Values<'_>) {
        let deletes = [Operation::Delete];
        let mut inner = OneTemplate {
            used: self.used,
            operations: if self.operations.is_empty() { &[] } else { &deletes },
            scope: self.scope,
            places: HashMap::new(),
            derived: &mut *self.derived,
        };
        for (id, span, resource) in resources(previous) {
            if self.used.template.at(&["Resources", id]).is_none() {
                inner.resource((id, span), resource, None, values);
            }
        }
    }

    fn derive(&mut self, one: &OneResource<'_>, names: &[String], operations: &[Operation], bounded: bool) {
        let paths: Vec<&str> = one.paths.iter().map(|(path, _)| path.as_str()).collect();
        let references: Vec<(&str, &str)> = one.references.iter().map(|(p, n)| (p.as_str(), n.as_str())).collect();
        let mut found: BTreeMap<String, Need> = BTreeMap::new();
        let names: Vec<Option<&str>> =
            if names.is_empty() { vec![None] } else { names.iter().map(|n| Some(n.as_str())).collect() };
        for operation in operations {
            for name in &names {
                let used =
                    ResourceUse { resource_type: one.kind, properties: &paths, name: *name, references: &references };
                let Some(needed) = needed_with_properties(&used, *operation, self.scope) else {
                    self.derived.unknown.push(one.unknown());
                    return;
                };
                // An update takes a boundary away only where the template does.
                let kept = |action: &str| bounded && *operation == Operation::Update && UNBOUNDING.contains(&action);
                for (action, property) in needed.into_iter().filter(|(need, _)| !kept(&need.action)) {
                    one.add(&mut found, action, property, *operation);
                }
            }
        }
        self.derived.needed.extend(found.into_values());
    }
}

/// One resource, looked at.
struct OneResource<'a> {
    logical_id: &'a str,
    span: Span,
    kind: &'a str,
    paths: &'a [(String, Span)],
    references: &'a [(String, String)],
}

impl OneResource<'_> {
    /// Patterns of its physical name; of a custom resource, of the ARN that serves it.
    fn names(&self, resource: &Node, values: &Values<'_>) -> Vec<String> {
        let custom = self.kind.starts_with("Custom::") || self.kind == "AWS::CloudFormation::CustomResource";
        if custom {
            let token = resource.at(&["Properties", "ServiceToken"]);
            let tokens = token.map_or_else(Vec::new, |node| values.patterns(node));
            return tokens.into_iter().filter(|t| t.starts_with("arn:")).collect();
        }
        values.names(self.logical_id, 0)
    }

    fn unknown(&self) -> UnknownType {
        UnknownType { logical_id: self.logical_id.to_owned(), resource_type: self.kind.to_owned(), span: self.span }
    }

    fn need(&self, action: NeededAction, span: Span, operation: Operation) -> Need {
        Need {
            action,
            logical_id: self.logical_id.to_owned(),
            resource_type: self.kind.to_owned(),
            span,
            operations: vec![operation],
        }
    }

    /// Adds an action, or what is new about one that is there.
    fn add(
        &self,
        found: &mut BTreeMap<String, Need>,
        action: NeededAction,
        property: Option<&str>,
        operation: Operation,
    ) {
        let Some(there) = found.get_mut(&action.action) else {
            let span = property.and_then(|p| self.paths.iter().find(|(path, _)| path == p)).map(|(_, span)| *span);
            found.insert(action.action.clone(), self.need(action, span.unwrap_or(self.span), operation));
            return;
        };
        there.action.resources.extend(action.resources);
        there.action.resources.sort();
        there.action.resources.dedup();
        if !there.operations.contains(&operation) {
            there.operations.push(operation);
        }
    }
}

/// Whether nothing that is done to the stack deletes the resource.
fn is_kept(resource: &Node) -> bool {
    ["DeletionPolicy", "UpdateReplacePolicy"]
        .iter()
        .all(|policy| resource.get(policy).and_then(Node::as_str) == Some("Retain"))
}
