//! Checks of a finished plan against what was seen: one rule, one file. A new rule is a file and a line in [`RULES`].
//!
//! What a rule finds is told once for all targets that share it, so that a fleet of a thousand has one message and not a
//! thousand. The run checks again what can change in between: accounts, alarms, states and change sets.

mod account;
mod alarm;
mod capability;
mod duplicate_stack;
mod first_release;
mod limits;
mod newer_release;
mod offline;
mod owner;
mod parameter;
mod partition;
mod reach;
mod stack_state;
mod suspended;
mod window;

#[cfg(test)]
mod tests;

pub use offline::check_steps;
pub(crate) use reach::is_region_off;

use super::{Inventory, Plan, PlannedDeploy, PlannedStep, PlannedTarget, TargetSeen, Work};
use crate::permissions::SourceTemplate;
use crate::seen::StackSeen;
use base::{Diagnostic, Diagnostics, Severity};
use std::collections::BTreeMap;
use template::Node;
use template::model::{Capabilities, Template};

/// What is checked.
pub struct Context<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What was seen before it was made.
    pub inventory: &'a Inventory,
    /// What is so of each step's template, by step id. A step that is not in it is not checked for that.
    pub templates: &'a BTreeMap<String, TemplateFacts>,
}

/// What is so of a template wherever it is deployed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateFacts {
    /// Capabilities that CloudFormation demands, as it spells them.
    pub capabilities: Vec<String>,
    /// Parameters, and whether each must be given to a new stack.
    pub parameters: BTreeMap<String, bool>,
    /// How many resources it has once it is transformed.
    pub resources: usize,
    /// How many outputs it has.
    pub outputs: usize,
}

impl TemplateFacts {
    /// Reads them from a template, with those of its nested stacks.
    pub fn of(source: &SourceTemplate<'_>) -> Self {
        let behind = behind(source.template);
        let ((view, _), (whole, _)) = (Template::read(source.template), Template::read(&behind));
        Self {
            capabilities: capabilities(source, &view, &whole),
            parameters: view.parameters.iter().map(|(name, p)| ((*name).to_owned(), p.default.is_none())).collect(),
            resources: whole.resources.len(),
            outputs: whole.outputs.len(),
        }
    }
}

/// What the transform makes of a template; the template itself when it refuses it, which is told elsewhere.
fn behind(template: &Node) -> Node {
    crate::review::sound(template, &BTreeMap::new()).1.unwrap_or_else(|| template.clone())
}

/// The capabilities that a change set of the template needs. What the transform makes of a serverless template counts,
/// not what it might make. `CAPABILITY_AUTO_EXPAND` does not apply to change sets (API reference, CreateChangeSet), but
/// for macros in nested stacks, which no change set shows.
fn capabilities(source: &SourceTemplate<'_>, view: &Template<'_>, whole: &Template<'_>) -> Vec<String> {
    const NESTED: [&str; 2] = ["AWS::CloudFormation::Stack", "AWS::Serverless::Application"];
    let nests = view.resources.values().any(|r| NESTED.contains(&r.kind));
    let mut all = demanded(source, view, whole);
    if !nests {
        all.macros.clear();
    }
    all.list().into_iter().map(|c| c.as_str().to_owned()).collect()
}

/// What a template demands once it is transformed, with the templates of its nested stacks.
fn demanded(source: &SourceTemplate<'_>, view: &Template<'_>, whole: &Template<'_>) -> Capabilities {
    let own = Capabilities { macros: view.capabilities().macros, ..whole.capabilities() };
    source.nested.iter().fold(own, |all, (_, inner)| {
        let behind = behind(inner.template);
        all.and(demanded(inner, &Template::read(inner.template).0, &Template::read(&behind).0))
    })
}

/// Something that a rule found in one target.
struct Finding {
    severity: Severity,
    code: &'static str,
    /// What is wrong, in words that are the same for all targets that share it.
    message: String,
    why: Option<String>,
    hint: String,
    target: String,
}

impl Finding {
    fn new(severity: Severity, code: &'static str, target: &PlannedTarget, message: impl Into<String>) -> Self {
        Self { severity, code, message: message.into(), why: None, hint: String::new(), target: target.id.clone() }
    }

    fn error(code: &'static str, target: &PlannedTarget, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, target, message)
    }

    fn warning(code: &'static str, target: &PlannedTarget, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, target, message)
    }

    fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

type Rule = fn(&Context<'_>, &mut Vec<Finding>);

/// All rules, in the order in which their findings are told.
const RULES: &[Rule] = &[
    account::check,
    reach::check,
    partition::check,
    suspended::check,
    duplicate_stack::check,
    owner::check,
    newer_release::check,
    stack_state::check,
    capability::check,
    parameter::check,
    limits::check,
    alarm::check,
    window::check,
    first_release::check,
];

/// Everything that the rules find.
pub fn check(context: &Context<'_>) -> Diagnostics {
    let mut findings = Vec::new();
    for rule in RULES {
        rule(context, &mut findings);
    }
    told_once(findings)
}

/// One message for all targets that share it: the first three by name, the rest by number.
fn told_once(findings: Vec<Finding>) -> Diagnostics {
    let mut groups: Vec<(Finding, Vec<String>)> = Vec::new();
    let mut index: BTreeMap<(&'static str, String), usize> = BTreeMap::new();
    for finding in findings {
        let key = (finding.code, finding.message.clone());
        match index.get(&key) {
            Some(n) => groups[*n].1.push(finding.target),
            None => {
                index.insert(key, groups.len());
                let target = finding.target.clone();
                groups.push((finding, vec![target]));
            }
        }
    }
    groups.into_iter().map(|(finding, targets)| message(finding, &targets)).collect()
}

fn message(finding: Finding, targets: &[String]) -> Diagnostic {
    let mut names = targets.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    if targets.len() > 3 {
        names.push_str(&format!(" and {} more", targets.len() - 3));
    }
    let text = format!("{names}: {}", finding.message);
    let told = match finding.severity {
        Severity::Error => Diagnostic::error(finding.code, text),
        Severity::Warning => Diagnostic::warning(finding.code, text),
        Severity::Note => Diagnostic::note(finding.code, text),
    };
    let told = if finding.hint.is_empty() { told } else { told.hint(finding.hint) };
    match finding.why {
        Some(why) => told.why(why),
        None => told,
    }
}

impl<'a> Context<'a> {
    /// Targets that something is done to.
    fn targets(&self) -> impl Iterator<Item = &'a PlannedTarget> {
        self.plan.targets.iter().filter(|t| t.skip.is_none())
    }

    fn seen(&self, target: &PlannedTarget) -> Option<&'a TargetSeen> {
        self.inventory.targets.get(&target.id)
    }

    /// Every deployment of every target that something is done to.
    fn deploys(&self) -> impl Iterator<Item = (&'a PlannedTarget, &'a PlannedStep, &'a PlannedDeploy)> {
        self.targets().flat_map(|target| {
            target.steps.iter().filter_map(move |step| match &step.work {
                Work::Deploy(deploy) => Some((target, step, &**deploy)),
                _ => None,
            })
        })
    }

    /// The stack as it is, when it is there and could be read.
    fn stack(&self, target: &PlannedTarget, deploy: &PlannedDeploy) -> Option<&'a StackSeen> {
        self.seen(target)?.stacks.get(&deploy.change.stack)?.as_ref().ok()?.as_ref()
    }
}
