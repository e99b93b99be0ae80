//! The planner: a pure function from what was read and seen to a plan with nothing left to decide.

use super::scope::TargetScope;
use super::select::{self, RunNames, Selected};
use super::{
    Inventory, Override, PLAN_VERSION, Plan, PlannedApproval, PlannedCommand, PlannedDeploy, PlannedStage, PlannedStep,
    PlannedTarget, Purpose, StackChange, TemplateRef, Text, UploadedObject, WayBack, Work,
};
use crate::project::{
    CommandCredentials, CommandParams, OnFailure, Pipeline, RollbackPolicy, StackParams, Stage, Step, StepKind,
    TemplateSource,
};
use base::{Arn, Diagnostic, Diagnostics, Region, StackName};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A template as it is deployed to one bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackagedTemplate {
    /// The template.
    pub template: TemplateRef,
    /// What must be in the bucket first.
    pub objects: Vec<UploadedObject>,
}

/// Packaged templates by what they are made from (an artifact's name or a path), bucket and prefix.
pub type Packages = BTreeMap<(String, String, String), PackagedTemplate>;

/// Everything that a plan is made from.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    /// Its targets.
    pub targets: &'a [Selected],
    /// What was seen in them.
    pub inventory: &'a Inventory,
    /// Templates.
    pub packages: &'a Packages,
    /// The release's number.
    pub release: u32,
    /// What names the run.
    pub names: &'a RunNames,
    /// When.
    pub now: Timestamp,
    /// Guards that a person switched off.
    pub overrides: &'a [Override],
    /// The targets are not all of their stages'.
    pub narrowed: bool,
}

/// The plan, and everything that is wrong with what it was made from. A plan with errors must not be run.
pub fn plan(inputs: &Inputs<'_>) -> (Plan, Diagnostics) {
    let mut found = Diagnostics::new();
    let mut plan = Plan {
        version: PLAN_VERSION,
        pipeline: inputs.pipeline.name.clone(),
        purpose: Purpose::Deploy,
        run: inputs.names.run.clone(),
        release: inputs.release,
        made_at: inputs.now,
        author: inputs.names.author.clone(),
        trigger: inputs.names.trigger.clone(),
        windows: inputs.pipeline.windows.clone(),
        stages: Vec::new(),
        targets: Vec::new(),
        overrides: inputs.overrides.to_vec(),
        left_out: Vec::new(),
        narrowed: inputs.narrowed,
    };
    for (number, stage) in inputs.pipeline.stages.iter().enumerate() {
        let selected: Vec<&Selected> = inputs.targets.iter().filter(|t| t.stage == number).collect();
        if selected.is_empty() {
            plan.left_out.push(stage.name.clone());
        } else {
            add_stage(&mut plan, inputs, stage, &selected, &mut found);
        }
    }
    found.sort_by_key(|d| (d.span, d.message.clone()));
    found.dedup();
    (plan, found)
}

fn add_stage(plan: &mut Plan, inputs: &Inputs<'_>, stage: &Stage, selected: &[&Selected], found: &mut Diagnostics) {
    let index = plan.stages.len();
    let first = plan.targets.len();
    let places: Vec<(usize, &Region)> = selected.iter().enumerate().map(|(n, t)| (first + n, &t.region)).collect();
    let (max_concurrent, failure_tolerance) = select::limits(stage, selected.len());
    let alarms = watched(stage, inputs.overrides);
    plan.stages.push(PlannedStage {
        name: stage.name.clone(),
        window: stage.window.clone(),
        no_data_is_ok: stage.alarms_without_data == crate::project::AlarmsWithoutData::Ok,
        approval: select::approval(stage),
        waves: select::waves(stage, &places),
        max_concurrent,
        failure_tolerance,
        alarms,
    });
    let earlier: Vec<String> = plan.stages.iter().take(index).map(|s| s.name.clone()).collect();
    for target in selected {
        let builder =
            TargetBuilder { inputs, stage, target, scope: TargetScope::new(inputs, stage, target, &earlier, found) };
        let steps = builder.steps(found);
        plan.targets.push(PlannedTarget {
            id: target.id.clone(),
            stage: index,
            account: target.account.clone(),
            account_name: target.account_name.clone(),
            units: target.units.clone(),
            region: target.region.clone(),
            site: target.site.clone(),
            bucket: target.bucket.clone(),
            skip: target.skip.clone(),
            steps,
        });
    }
}

/// The stage's alarms without those that a person has ignored.
fn watched(stage: &Stage, overrides: &[Override]) -> Vec<String> {
    let ignored = |name: &String| overrides.iter().any(|o| o.guard == super::Guard::Alarm(name.clone()));
    stage.alarms.iter().filter(|name| !ignored(name)).cloned().collect()
}

/// Plans the steps of one target.
struct TargetBuilder<'a> {
    inputs: &'a Inputs<'a>,
    stage: &'a Stage,
    target: &'a Selected,
    scope: TargetScope,
}

impl TargetBuilder<'_> {
    fn steps(&self, found: &mut Diagnostics) -> Vec<PlannedStep> {
        let kept: Vec<&Step> = self.inputs.pipeline.steps.iter().filter(|s| !self.stage.skip.contains(&s.id)).collect();
        let mut planned = Vec::new();
        for step in &kept {
            let after = self.after(step, &kept);
            if let Some(work) = self.work(step, found) {
                planned.push(PlannedStep { id: step.id.clone(), name: step.name.clone(), after, work });
            }
        }
        planned
    }

    /// The steps it waits for, by their index. Where one of them is skipped in this stage, those that it waited for.
    fn after(&self, step: &Step, kept: &[&Step]) -> Vec<usize> {
        let mut open: Vec<&String> = step.goes_after.iter().collect();
        let mut after = Vec::new();
        while let Some(id) = open.pop() {
            match kept.iter().position(|k| k.id == *id) {
                Some(index) => after.push(index),
                None => {
                    let skipped = self.inputs.pipeline.steps.iter().find(|s| s.id == *id);
                    open.extend(skipped.into_iter().flat_map(|s| &s.goes_after));
                }
            }
        }
        after.sort_unstable();
        after.dedup();
        after
    }

    fn work(&self, step: &Step, found: &mut Diagnostics) -> Option<Work> {
        Some(match &step.kind {
            StepKind::Sam(params) | StepKind::CloudFormation(params) => {
                Work::Deploy(Box::new(self.deploy(step, params, found)?))
            }
            StepKind::Run(params) => Work::Command(Box::new(self.command(params, false, found)?)),
            StepKind::Test(params) => Work::Command(Box::new(self.command(params, true, found)?)),
            StepKind::Bake(params) => {
                let value = self.scope.value(&params.duration_minutes, found)?;
                let minutes = value.as_minutes().or_else(|| {
                    let told = Diagnostic::error("PLAN-006", format!("`{value}` is not a number of minutes"));
                    found.push(told.at(params.span).hint("give a whole number, 1 or more"));
                    None
                })?;
                Work::Bake { seconds: minutes.saturating_mul(60) }
            }
            StepKind::Approval(params) => Work::Approval(PlannedApproval {
                message: match &params.message {
                    Some(message) => self.scope.text(message, found)?,
                    None => Text::Plain(format!("go on with {} in {}?", step.name, self.stage.name)),
                },
                approvers: params.approvers.clone(),
                minimum: params.minimum,
                allow_author: params.allow_author,
                expires_seconds: u64::from(params.expires_after_hours) * 3600,
            }),
        })
    }

    fn command(&self, params: &CommandParams, gate: bool, found: &mut Diagnostics) -> Option<PlannedCommand> {
        let folder = match &params.working_directory {
            Some(folder) => self.scope.text(folder, found)?,
            None => Text::default(),
        };
        Some(PlannedCommand {
            shell: self.scope.text(&params.command, found)?,
            folder,
            environment: self.scope.texts(&params.env, found)?,
            timeout_seconds: params.timeout_minutes.saturating_mul(60),
            retries: params.retries,
            credentials: params.credentials == CommandCredentials::Target,
            gate,
        })
    }

    fn deploy(&self, step: &Step, params: &StackParams, found: &mut Diagnostics) -> Option<PlannedDeploy> {
        let change = self.change(step, params, found)?;
        let seen = self.inputs.inventory.targets.get(&self.target.id);
        let stack =
            seen.and_then(|s| s.stacks.get(&change.stack)).and_then(|s| s.as_ref().ok()).and_then(Option::as_ref);
        let good = seen.and_then(|s| s.good.as_ref());
        let before = good.and_then(|g| g.stacks.iter().find(|s| s.step == step.id)).map(|s| &s.change);
        let change = super::unchanged::keep_tags(change, before);
        let back = match (params.rollback, good.and_then(|g| g.stacks.iter().find(|s| s.step == step.id))) {
            (RollbackPolicy::Forbidden, _) => WayBack::Forbidden,
            (RollbackPolicy::Allowed, None) => WayBack::NothingBefore,
            (RollbackPolicy::Allowed, Some(good)) => {
                WayBack::To(Box::new(renamed(&good.change, &change, self.inputs.names)))
            }
        };
        Some(PlannedDeploy { change, back, seen_status: stack.map(|s| s.status.clone()) })
    }

    fn change(&self, step: &Step, params: &StackParams, found: &mut Diagnostics) -> Option<StackChange> {
        let stack = self.stack_name(params, found);
        let parameters = self.scope.texts(&params.parameter_overrides, found);
        let tags = self.scope.texts(&params.tags, found);
        let topics: Vec<Option<Text>> = params.notification_arns.iter().map(|e| self.scope.text(e, found)).collect();
        let packaged = self.packaged(params, found);
        let (stack, mut tags, packaged) = (stack?, tags?, packaged?);
        for (key, value) in self.own_tags() {
            tags.insert(key.to_owned(), Text::Plain(value));
        }
        let name = named(&[&self.inputs.pipeline.name, self.inputs.names.run.as_str(), &self.stage.name, &step.id]);
        Some(StackChange {
            release: self.inputs.release,
            stack,
            template: packaged.template.clone(),
            objects: packaged.objects.clone(),
            parameters: parameters?,
            capabilities: params.capabilities.iter().map(|c| c.as_str().to_owned()).collect(),
            tags,
            role: self.execution_role(),
            rollback_alarms: watched(self.stage, self.inputs.overrides),
            monitoring_minutes: u8::try_from(params.monitoring_minutes).unwrap_or(180),
            notification_arns: topics.into_iter().collect::<Option<Vec<_>>>()?,
            on_failure: params.on_failure.map(|o| on_failure(o).to_owned()),
            disable_rollback: params.disable_rollback,
            timeout_seconds: params.timeout_minutes.map(|m| m.saturating_mul(60)),
            busy_seconds: params.busy_timeout_minutes.map(|m| m.saturating_mul(60)),
            termination_protection: params.termination_protection,
            allow_replacement: params.allow_replacement.clone(),
            fail_on_empty: params.fail_on_empty_changeset,
            token: name.clone(),
            change_set: name,
        })
    }

    fn stack_name(&self, params: &StackParams, found: &mut Diagnostics) -> Option<StackName> {
        let value = self.scope.value(&params.stack_name, found)?;
        let fail = |message: String, found: &mut Diagnostics| {
            let told = Diagnostic::error("PLAN-007", message).hint("a stack name must be known before anything runs");
            found.push(match params.stack_name.span() {
                Some(span) => told.at(span),
                None => told.at(params.span),
            });
            None
        };
        if !value.is_known() || matches!(value, crate::expression::Value::Secret(_)) {
            return fail(format!("the stack name `{value}` is not known when the plan is made"), found);
        }
        match StackName::new(value.to_string()) {
            Ok(name) => Some(name),
            Err(e) => fail(e.to_string(), found),
        }
    }

    fn packaged(&self, params: &StackParams, found: &mut Diagnostics) -> Option<&PackagedTemplate> {
        let source = source_name(&params.source).to_owned();
        let key = (source, self.target.bucket.clone(), self.target.prefix.clone());
        let packaged = self.inputs.packages.get(&key);
        if packaged.is_none() {
            let told = Diagnostic::error("PLAN-008", format!("`{}` was not packaged", key.0)).at(params.span);
            found.push(told.hint("put right what is said about its template"));
        }
        packaged
    }

    /// The tags by which AWS itself is the record of what is deployed.
    fn own_tags(&self) -> [(&'static str, String); 4] {
        [
            ("landfall:pipeline", self.inputs.pipeline.name.clone()),
            ("landfall:stage", self.stage.name.clone()),
            ("landfall:release", self.inputs.release.to_string()),
            ("landfall:run", self.inputs.names.run.to_string()),
        ]
    }

    fn execution_role(&self) -> Option<Arn> {
        match self.stage.execution_role.as_ref()? {
            crate::project::RoleName::Caller => None,
            crate::project::RoleName::Name(name) => {
                Some(Arn::role(self.target.region.partition(), &self.target.account, name))
            }
            crate::project::RoleName::Arn(arn) => Some(arn.clone()),
        }
    }
}

/// What a template is made from, as [`Packages`] name it.
pub fn source_name(source: &TemplateSource) -> &str {
    match source {
        TemplateSource::Artifact(name) => name,
        TemplateSource::Template(path) => path,
    }
}

/// A change of an earlier release under the names of this run.
pub(super) fn renamed(good: &StackChange, forward: &StackChange, names: &RunNames) -> StackChange {
    let mut change = good.clone();
    change.change_set.clone_from(&forward.change_set);
    change.token.clone_from(&forward.token);
    change.tags.insert("landfall:run".to_owned(), Text::Plain(names.run.to_string()));
    change
}

fn on_failure(choice: OnFailure) -> &'static str {
    match choice {
        OnFailure::DoNothing => "DO_NOTHING",
        OnFailure::Rollback => "ROLLBACK",
        OnFailure::Delete => "DELETE",
    }
}

/// A name in CloudFormation's grammar for change sets and tokens (letters, digits, hyphens), short enough that the way
/// and the round fit behind it.
pub(super) fn named(parts: &[&str]) -> String {
    let joined = format!("landfall-{}", parts.join("-"));
    let clean: String = joined.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    if clean.len() <= 90 {
        return clean;
    }
    let digest = super::digest_of(joined.as_bytes());
    format!("{}-{}", &clean[..72], &digest.as_str()[..16])
}
