//! What CloudFormation needs for the templates of a plan.

use crate::permissions::{Expanded, SourceTemplate, UnreadTemplate, of};
use crate::plan::{PlannedDeploy, PlannedTarget};
use iam::permissions::{NeededAction, Operation, Scope};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use template::Node;

/// Stands for the target's bucket in what is found out once for all targets of a region.
const BUCKET: &str = "landfall-bucket-of-the-target";
/// Stands for the target's account in what is found out once for all accounts.
const ACCOUNT: &str = "111122223333";

/// A step's template as it is in a region.
struct InRegion {
    expanded: Expanded,
    /// It names an account by its number, so it may need something else there than elsewhere.
    names_accounts: bool,
}

/// Expanded templates by step and region, or why one cannot be expanded.
type ByRegion = BTreeMap<(String, String), Rc<Result<InRegion, String>>>;

/// What the needs of a step follow from: its template in a region, for an account, a stack and the parameters that are known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    step: String,
    region: String,
    account: String,
    stack: String,
    parameters: Option<BTreeMap<String, String>>,
}

/// The templates of a plan's steps, as they were read, with those of their nested stacks. Each is expanded once for a region,
/// and asked once for what it needs there: the targets of a fleet differ in their account's number, and nothing else follows
/// from it.
pub struct Templates<'a> {
    by_step: BTreeMap<String, SourceTemplate<'a>>,
    expanded: RefCell<ByRegion>,
    needs: RefCell<BTreeMap<Case, Rc<Needs>>>,
}

/// What a step's template needs in a target, with stand-ins for what is the target's own: see [`Needs::at`].
pub(super) struct Needs {
    /// Tells these needs from others of the same templates.
    pub(super) number: usize,
    account: String,
    /// For making what is not there.
    pub(super) make: Vec<NeededAction>,
    /// For changing and removing what is there; also for taking back what was made.
    pub(super) change: Vec<NeededAction>,
    /// A role of the template is made without a permissions boundary.
    pub(super) without_boundary: bool,
    /// Types of which nothing is known.
    pub(super) unknown: Vec<String>,
    /// Nested stacks whose templates are not known.
    pub(super) unread: Vec<UnreadTemplate>,
}

impl Needs {
    /// Some of the needs, in a target of their case.
    pub(super) fn at(&self, target: &PlannedTarget, actions: &[NeededAction]) -> Vec<NeededAction> {
        let own = |text: &mut String| {
            for (stands, own) in [(self.account.as_str(), target.account.as_str()), (BUCKET, &target.bucket)] {
                if stands != own && text.contains(stands) {
                    *text = text.replace(stands, own);
                }
            }
        };
        let mut actions = actions.to_vec();
        for action in &mut actions {
            action.resources.iter_mut().for_each(own);
            action.conditions.iter_mut().map(|c| &mut c.value).for_each(own);
        }
        actions
    }
}

impl<'a> Templates<'a> {
    /// Templates by step id.
    pub fn new(by_step: BTreeMap<String, SourceTemplate<'a>>) -> Self {
        Self { by_step, expanded: RefCell::default(), needs: RefCell::default() }
    }

    /// How many times a template was asked for what it needs.
    #[cfg(test)]
    pub(super) fn asked(&self) -> usize {
        self.needs.borrow().len()
    }

    /// Whether a step's stack has others nested in it, as far as their templates are files of the project.
    pub(super) fn nests(&self, step: &str) -> bool {
        self.by_step.get(step).is_some_and(|source| !source.nested.is_empty())
    }

    fn in_region(&self, step: &str, target: &PlannedTarget) -> Option<Rc<Result<InRegion, String>>> {
        let key = (step.to_owned(), target.region.to_string());
        let known = self.expanded.borrow().get(&key).cloned();
        if known.is_some() {
            return known;
        }
        let made = self.by_step.get(step)?.expanded(BUCKET, &target.region).map_err(|error| error.message());
        let names = |node: &Node| names_an_account(&template::write::to_json(node).to_string());
        let made = made.map(|expanded| InRegion {
            names_accounts: expanded.all().into_iter().any(|(_, node)| names(node)),
            expanded,
        });
        let made = Rc::new(made);
        self.expanded.borrow_mut().insert(key, made.clone());
        Some(made)
    }

    /// Nothing when there is no template, which is a finding of others.
    ///
    /// # Errors
    /// When the template cannot be expanded: why.
    pub(super) fn of(
        &self,
        step: &str,
        target: &PlannedTarget,
        deploy: &PlannedDeploy,
    ) -> Option<Result<Rc<Needs>, String>> {
        let (region, stack) = (target.region.to_string(), deploy.change.stack.to_string());
        let found = self.in_region(step, target)?;
        let found = match found.as_ref() {
            Ok(found) => found,
            Err(why) => return Some(Err(why.clone())),
        };
        let plain: BTreeMap<String, String> = deploy
            .change
            .parameters
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_plain()?.to_owned())))
            .collect();
        let alike =
            !found.names_accounts && !names_an_account(&stack) && !plain.values().any(|value| names_an_account(value));
        let account = if alike { ACCOUNT.to_owned() } else { target.account.to_string() };
        let parameters = (plain.len() == deploy.change.parameters.len()).then_some(plain);
        let case = Case { step: step.to_owned(), region, account, stack, parameters };
        let known = self.needs.borrow().get(&case).cloned();
        if let Some(known) = known {
            return Some(Ok(known));
        }
        let number = self.needs.borrow().len();
        let needs = Rc::new(needs(&found.expanded, &case, target, number));
        self.needs.borrow_mut().insert(case, needs.clone());
        Some(Ok(needs))
    }
}

fn needs(expanded: &Expanded, case: &Case, target: &PlannedTarget, number: usize) -> Needs {
    let (boundary, without_boundary) = boundary(expanded, target, &case.account);
    let scope = Scope {
        partition: target.region.partition().to_string(),
        region: case.region.clone(),
        account: case.account.clone(),
        stack: Some(case.stack.clone()),
        artifact_bucket: Some(BUCKET.to_owned()),
        boundary,
    };
    let used = expanded.used(case.parameters.as_ref(), &[]);
    let make = of(&used, &[Operation::Create], &scope);
    let change = of(&used, &[Operation::Update, Operation::Delete], &scope);
    let unknown = make.unknown.iter().map(|u| u.resource_type.clone()).collect();
    let account = case.account.clone();
    let (change, unread) = (change.actions(), make.unread.clone());
    Needs { number, account, make: make.actions(), change, unknown, unread, without_boundary }
}

/// Whether a text holds twelve digits in a row, as every account's number has them.
fn names_an_account(text: &str) -> bool {
    let mut row = 0;
    text.bytes().any(|byte| {
        row = if byte.is_ascii_digit() { row + 1 } else { 0 };
        row == 12
    })
}

/// The boundary that every role of the templates is made with, if it is the same and known; and whether a role has none.
fn boundary(expanded: &Expanded, target: &PlannedTarget, account: &str) -> (Option<String>, bool) {
    let all = expanded.all();
    let resources = all.iter().filter_map(|(_, node)| node.get("Resources").and_then(Node::as_map));
    let roles = resources.flat_map(|map| map.entries().map(|(_, entry)| &entry.node));
    let roles = roles.filter(|r| r.get("Type").and_then(Node::as_str) == Some("AWS::IAM::Role"));
    let given: Vec<Option<&Node>> = roles.map(|role| role.at(&["Properties", "PermissionsBoundary"])).collect();
    if given.iter().any(Option::is_none) {
        return (None, true);
    }
    let texts: BTreeSet<Option<String>> =
        given.into_iter().flatten().map(|node| boundary_text(node, target, account)).collect();
    match texts.len() {
        1 => (texts.into_iter().next().flatten(), false),
        _ => (None, false),
    }
}

fn boundary_text(given: &Node, target: &PlannedTarget, account: &str) -> Option<String> {
    let text = given.as_str().or_else(|| given.get("Fn::Sub").and_then(Node::as_str))?;
    let text = text
        .replace("${AWS::AccountId}", account)
        .replace("${AWS::Partition}", &target.region.partition().to_string())
        .replace("${AWS::Region}", target.region.as_str());
    (!text.contains("${")).then_some(text)
}
