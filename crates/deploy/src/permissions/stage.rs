//! The stacks of a stage, as far as they are known before a run: names and parameters from the pipeline's expressions.

use crate::expression::{Expr, OrganizationScope, Outputs, Scope, StageScope, Value, evaluate};
use crate::project::{Pipeline, StackParams, Stage, TemplateSource};
use base::{AccountId, Region};
use indexmap::IndexMap;
use std::collections::BTreeMap;

/// A stack of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageStack {
    /// The id of the step that deploys it.
    pub step: String,
    /// The template's path, relative to the project.
    pub template: String,
    /// Its name; nothing when it is only known in a run.
    pub name: Option<String>,
    /// Values of parameters that are known.
    pub parameters: BTreeMap<String, String>,
    /// Parameters that get a value only in a run.
    pub open: Vec<String>,
}

/// The stacks that a stage deploys to one account and region. Expressions that are faulty count as not known: reading
/// the pipeline has reported them.
pub fn stage_stacks(
    pipeline: &Pipeline,
    stage: &Stage,
    account: Option<&AccountId>,
    region: &Region,
) -> Vec<StageStack> {
    let scope = scope(pipeline, stage, account, region);
    let steps = pipeline.steps.iter().filter(|step| !stage.skip.contains(&step.id));
    let stacks = steps.filter_map(|step| Some((step, step.kind.stack()?)));
    stacks.filter_map(|(step, params)| stack(pipeline, &step.id, params, &scope)).collect()
}

fn stack(pipeline: &Pipeline, step: &str, params: &StackParams, scope: &Scope) -> Option<StageStack> {
    let template = match &params.source {
        TemplateSource::Template(path) => path.clone(),
        TemplateSource::Artifact(name) => pipeline.artifacts.get(name)?.template.clone(),
    };
    let mut found = StageStack {
        step: step.to_owned(),
        template,
        name: text(&params.stack_name, scope),
        parameters: BTreeMap::new(),
        open: Vec::new(),
    };
    for (name, expr) in &params.parameter_overrides {
        match text(expr, scope) {
            Some(value) => drop(found.parameters.insert(name.clone(), value)),
            None => found.open.push(name.clone()),
        }
    }
    Some(found)
}

/// A value that is known and no secret.
fn text(expr: &Expr, scope: &Scope) -> Option<String> {
    match evaluate(expr, scope).ok()? {
        Value::Secret(_) => None,
        value => value.is_known().then(|| value.to_string()),
    }
}

fn scope(pipeline: &Pipeline, stage: &Stage, account: Option<&AccountId>, region: &Region) -> Scope {
    let pending = || pipeline.steps.iter().map(|s| (s.id.clone(), Outputs::Pending)).collect::<IndexMap<_, _>>();
    let guard = pipeline.organization.as_ref();
    let mut scope = Scope {
        pipeline: pipeline.name.clone(),
        stage: Some(StageScope {
            name: stage.name.clone(),
            account_id: account.cloned(),
            region: region.clone(),
            artifacts: pipeline.artifacts.keys().map(|name| (name.clone(), Outputs::Pending)).collect(),
        }),
        organization: guard.map(|o| OrganizationScope {
            id: o.id.clone(),
            cicd_account_id: o.cicd_account_id.clone(),
            cicd_region: o.cicd_region.clone(),
        }),
        step_names: pipeline.steps.iter().map(|s| (s.name.clone(), s.id.clone())).collect(),
        steps: pending(),
        stages: pipeline.stages.iter().map(|s| (s.name.clone(), pending())).collect(),
        ..Scope::default()
    };
    scope.vars = stage.vars.iter().filter_map(|(n, e)| Some((n.clone(), evaluate(e, &scope).ok()?))).collect();
    scope
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::project::read_pipeline;
    use base::FileId;

    #[test]
    fn what_a_stage_knows_about_its_stacks() {
        let text = "
version: 1
stages:
  - {name: prod, account_id: '111111111111', region: eu-west-1, vars: {size: big}}
steps:
  - {name: base, type: cloudformation, params: {template: base.yaml, stack_name: 'base-${{ stage.name }}'}}
  - name: app
    type: sam
    params:
      template: app.yaml
      stack_name: app
      parameter_overrides: {Size: '${{ vars.size }}', Vpc: '${{ steps.base.Vpc }}', Key: '${{ secret(\"KEY\") }}'}
";
        let (pipeline, found) = read_pipeline("orders", FileId(0), text);
        assert!(!found.iter().any(base::Diagnostic::is_error), "{found:?}");
        let stage = &pipeline.stages[0];
        let stacks = stage_stacks(&pipeline, stage, None, &Region::new("eu-west-1").unwrap());
        assert_eq!(stacks[0].name.as_deref(), Some("base-prod"));
        assert_eq!(stacks[1].template, "app.yaml");
        assert_eq!(stacks[1].parameters, BTreeMap::from([("Size".to_owned(), "big".to_owned())]));
        assert_eq!(stacks[1].open, ["Vpc", "Key"]);
    }
}
