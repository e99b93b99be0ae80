//! What CloudFormation needs for the templates of a plan.

use crate::permissions::{TemplateUse, of};
use crate::plan::{PlannedDeploy, PlannedTarget};
use iam::permissions::{NeededAction, Operation, Scope};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use template::Node;
use template::artifact::{self, S3Location, artifacts};
use template::sam::context::Context;

/// Stands for the target's bucket in a template that is expanded once for all targets of a region.
const BUCKET: &str = "landfall-bucket-of-the-target";

/// Expanded templates by step and region; nothing where a template cannot be expanded.
type Expanded = BTreeMap<(String, String), Rc<Option<Node>>>;

/// The templates of a plan's steps, as they were read. Each is expanded once for a region.
pub struct Templates<'a> {
    by_step: &'a BTreeMap<String, &'a Node>,
    expanded: RefCell<Expanded>,
}

/// What a step's template needs in a target.
pub(super) struct Needs {
    /// For making what is not there.
    pub(super) make: Vec<NeededAction>,
    /// For changing and removing what is there; also for taking back what was made.
    pub(super) change: Vec<NeededAction>,
    /// A role of the template is made without a permissions boundary.
    pub(super) without_boundary: bool,
    /// Types of which nothing is known.
    pub(super) unknown: Vec<String>,
}

impl<'a> Templates<'a> {
    /// Templates by step id.
    pub fn new(by_step: &'a BTreeMap<String, &'a Node>) -> Self {
        Self { by_step, expanded: RefCell::default() }
    }

    fn expanded(&self, step: &str, region: &str) -> Rc<Option<Node>> {
        let key = (step.to_owned(), region.to_owned());
        let known = self.expanded.borrow().get(&key).cloned();
        if let Some(known) = known {
            return known;
        }
        let made = self.by_step.get(step).and_then(|template| expand(template, region));
        let made = Rc::new(made);
        self.expanded.borrow_mut().insert(key, made.clone());
        made
    }

    /// Nothing when there is no template, or it cannot be expanded: that is a finding of others.
    pub(super) fn of(&self, step: &str, target: &PlannedTarget, deploy: &PlannedDeploy) -> Option<Needs> {
        let expanded = self.expanded(step, target.region.as_str());
        let template = expanded.as_ref().as_ref()?;
        let (boundary, without_boundary) = boundary(template, target);
        let scope = Scope {
            partition: target.region.partition().to_string(),
            region: target.region.to_string(),
            account: target.account.to_string(),
            stack: Some(deploy.change.stack.to_string()),
            artifact_bucket: Some(target.bucket.clone()),
            boundary,
        };
        let plain: BTreeMap<String, String> = deploy
            .change
            .parameters
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_plain()?.to_owned())))
            .collect();
        let all_known = plain.len() == deploy.change.parameters.len();
        let used = TemplateUse { parameters: all_known.then_some(&plain), ..TemplateUse::new(template) };
        let make = of(&used, &[Operation::Create], &scope);
        let change = of(&used, &[Operation::Update, Operation::Delete], &scope);
        let unknown = make.unknown.iter().map(|u| u.resource_type.clone()).collect();
        let placed = |mut actions: Vec<NeededAction>| {
            let resources = actions.iter_mut().flat_map(|action| &mut action.resources);
            resources.for_each(|resource| *resource = resource.replace(BUCKET, &target.bucket));
            actions
        };
        Some(Needs { make: placed(make.actions()), change: placed(change.actions()), unknown, without_boundary })
    }
}

fn expand(template: &Node, region: &str) -> Option<Node> {
    let template = &placed(template.clone(), region);
    let (view, _) = template::model::Template::read(template);
    if !view.is_serverless() {
        return Some(template.clone());
    }
    let partition = template::sam::context::partition_of(region).to_owned();
    let context = Context { region: region.to_owned(), partition, ..Context::default() };
    template::sam::transform(template.clone(), &context).ok()
}

/// The template with places for its local code, without which it cannot be expanded. Which bucket it will be follows from
/// the target.
fn placed(mut template: Node, region: &str) -> Node {
    if let Ok(region) = base::Region::new(region) {
        let place = S3Location { bucket: BUCKET.into(), key: "code".into(), version: None, region };
        for artifact in artifacts(&template) {
            // What has no place is left as it is, and the transform says what is wrong with it.
            let _ = artifact::place(&mut template, &artifact, &place);
        }
    }
    template
}

/// The boundary that every role of the template is made with, if it is the same and known; and whether a role has none.
fn boundary(template: &Node, target: &PlannedTarget) -> (Option<String>, bool) {
    let Some(all) = template.get("Resources").and_then(Node::as_map) else { return (None, false) };
    let roles = all.entries().map(|(_, entry)| &entry.node);
    let roles = roles.filter(|r| r.get("Type").and_then(Node::as_str) == Some("AWS::IAM::Role"));
    let given: Vec<Option<&Node>> = roles.map(|role| role.at(&["Properties", "PermissionsBoundary"])).collect();
    if given.iter().any(Option::is_none) {
        return (None, true);
    }
    let texts: BTreeSet<Option<String>> = given.into_iter().flatten().map(|node| boundary_text(node, target)).collect();
    match texts.len() {
        1 => (texts.into_iter().next().flatten(), false),
        _ => (None, false),
    }
}

fn boundary_text(given: &Node, target: &PlannedTarget) -> Option<String> {
    let text = given.as_str().or_else(|| given.get("Fn::Sub").and_then(Node::as_str))?;
    let text = text
        .replace("${AWS::AccountId}", target.account.as_str())
        .replace("${AWS::Partition}", &target.region.partition().to_string())
        .replace("${AWS::Region}", target.region.as_str());
    (!text.contains("${")).then_some(text)
}
