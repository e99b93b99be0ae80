//! What expressions can name in one target, while the plan is made.

use super::Text;
use super::build::{Inputs, source_name};
use super::select::Selected;
use crate::expression::{Expr, OrganizationScope, Outputs, Scope, StageScope, Trigger, Value, evaluate};
use crate::project::Stage;
use base::Diagnostics;
use indexmap::IndexMap;
use std::collections::BTreeMap;

/// Evaluates the expressions of one target.
pub(super) struct TargetScope {
    scope: Scope,
    stage: String,
}

impl TargetScope {
    pub(super) fn new(
        inputs: &Inputs<'_>,
        stage: &Stage,
        target: &Selected,
        earlier: &[String],
        found: &mut Diagnostics,
    ) -> Self {
        let pending: IndexMap<String, Outputs> =
            inputs.pipeline.steps.iter().map(|s| (s.id.clone(), Outputs::Pending)).collect();
        let guard = inputs.pipeline.organization.as_ref();
        let trigger = &inputs.names.trigger;
        let scope = Scope {
            pipeline: inputs.pipeline.name.clone(),
            stage: Some(StageScope {
                name: stage.name.clone(),
                account_id: Some(target.account.clone()),
                region: target.region.clone(),
                artifacts: artifacts(inputs, target),
            }),
            vars: IndexMap::new(),
            trigger: Trigger { sha: trigger.sha.clone(), branch: trigger.branch.clone(), tag: trigger.tag.clone() },
            organization: guard.map(|o| OrganizationScope {
                id: o.id.clone(),
                cicd_account_id: o.cicd_account_id.clone(),
                cicd_region: o.cicd_region.clone(),
            }),
            step_names: inputs
                .pipeline
                .steps
                .iter()
                .filter(|s| s.name != s.id)
                .map(|s| (s.name.clone(), s.id.clone()))
                .collect(),
            steps: pending.clone(),
            stages: earlier.iter().map(|name| (name.clone(), pending.clone())).collect(),
        };
        let mut this = Self { scope, stage: stage.name.clone() };
        let vars: IndexMap<String, Value> =
            stage.vars.iter().filter_map(|(name, e)| Some((name.clone(), this.value(e, found)?))).collect();
        this.scope.vars = vars;
        this
    }

    /// The value of an expression; problems go to `found`.
    pub(super) fn value(&self, expr: &Expr, found: &mut Diagnostics) -> Option<Value> {
        match evaluate(expr, &self.scope) {
            Ok(value) => Some(value),
            Err(mut wrong) => {
                found.append(&mut wrong);
                None
            }
        }
    }

    /// The text of an expression.
    pub(super) fn text(&self, expr: &Expr, found: &mut Diagnostics) -> Option<Text> {
        Some(Text::from_value(&self.value(expr, found)?, &self.stage))
    }

    /// The texts of several, all problems at once.
    pub(super) fn texts(
        &self,
        map: &IndexMap<String, Expr>,
        found: &mut Diagnostics,
    ) -> Option<BTreeMap<String, Text>> {
        let texts: Vec<Option<(String, Text)>> =
            map.iter().map(|(name, e)| Some((name.clone(), self.text(e, found)?))).collect();
        texts.into_iter().collect()
    }
}

/// `stage.artifacts["name"]`: where an artifact's template lies in the target's bucket.
fn artifacts(inputs: &Inputs<'_>, target: &Selected) -> IndexMap<String, Outputs> {
    let place = |name: &String| {
        let key = (name.clone(), target.bucket.clone(), target.prefix.clone());
        let packaged = inputs.packages.get(&key)?;
        let (bucket, object) = (&target.bucket, &packaged.template.key);
        let values = [
            ("s3_url", format!("s3://{bucket}/{object}")),
            ("s3_bucket", bucket.clone()),
            ("s3_key", object.clone()),
            ("digest", packaged.template.digest.to_string()),
        ];
        Some(Outputs::Known(values.map(|(k, v)| (k.to_owned(), Value::String(v))).into_iter().collect()))
    };
    let names = inputs.pipeline.artifacts.keys();
    names.map(|name| (name.clone(), place(name).unwrap_or(Outputs::Pending))).collect()
}

/// The stack names of a target as far as they are known before anything was seen: what to look at.
pub fn stack_names(inputs: &Inputs<'_>, target: &Selected) -> Vec<base::StackName> {
    let Some(stage) = inputs.pipeline.stages.get(target.stage) else { return Vec::new() };
    let mut ignored = Diagnostics::new();
    let scope = TargetScope::new(inputs, stage, target, &[], &mut ignored);
    let steps = inputs.pipeline.steps.iter().filter(|s| !stage.skip.contains(&s.id));
    let mut names: Vec<base::StackName> = steps
        .filter_map(|s| s.kind.stack())
        .filter_map(|params| scope.value(&params.stack_name, &mut ignored))
        .filter(Value::is_known)
        .filter_map(|value| base::StackName::new(value.to_string()).ok())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// What the steps of a pipeline deploy: artifacts and templates, each once.
pub fn sources(pipeline: &crate::project::Pipeline) -> Vec<crate::project::TemplateSource> {
    let mut all: Vec<crate::project::TemplateSource> = Vec::new();
    for params in pipeline.steps.iter().filter_map(|s| s.kind.stack()) {
        if !all.iter().any(|s| source_name(s) == source_name(&params.source)) {
            all.push(params.source.clone());
        }
    }
    all
}

/// The path of a source's template, relative to the repository root, and where the pipeline names it.
pub fn template_of(
    pipeline: &crate::project::Pipeline,
    source: &crate::project::TemplateSource,
) -> (String, Option<base::Span>) {
    match source {
        crate::project::TemplateSource::Template(path) => {
            let mut stacks = pipeline.steps.iter().filter_map(|step| step.kind.stack());
            (path.clone(), stacks.find(|stack| stack.source == *source).map(|stack| stack.span))
        }
        crate::project::TemplateSource::Artifact(name) => {
            let artifact = pipeline.artifacts.get(name);
            (artifact.map(|a| a.template.clone()).unwrap_or_default(), artifact.map(|a| a.span))
        }
    }
}
