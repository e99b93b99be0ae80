//! What the expressions of a stage can name.

use super::{Artifact, Pipeline, Stage};
use crate::expression::{OrganizationScope, Outputs, Scope, StageScope, Trigger, Value, evaluate};
use base::{AccountId, Diagnostics, Region};
use indexmap::IndexMap;

impl Pipeline {
    /// The scope of one target of `stage`, with its variables evaluated. Outputs of steps and of artifacts are pending;
    /// the caller replaces those that are known. An `account` that is not
    /// known yet makes what needs it a deferred value.
    ///
    /// # Errors
    /// What is wrong with the variables.
    pub fn scope(
        &self,
        stage: &Stage,
        account: Option<AccountId>,
        region: Region,
        trigger: &Trigger,
    ) -> Result<Scope, Diagnostics> {
        let artifacts = self.artifacts.values().map(|artifact: &Artifact| (artifact.name.clone(), Outputs::Pending));
        let mut scope = Scope {
            pipeline: self.name.clone(),
            stage: Some(StageScope {
                name: stage.name.clone(),
                account_id: account,
                region,
                artifacts: artifacts.collect(),
            }),
            trigger: trigger.clone(),
            organization: self.organization.as_ref().map(|guard| OrganizationScope {
                id: guard.id.clone(),
                cicd_account_id: guard.cicd_account_id.clone(),
                cicd_region: guard.cicd_region.clone(),
            }),
            ..Scope::default()
        };
        scope.vars = variables(stage, &scope)?;
        scope.step_names = self.steps.iter().map(|step| (step.name.clone(), step.id.clone())).collect();
        scope.steps = self.pending_steps(stage);
        let earlier = self.stages.iter().take_while(|earlier| earlier.name != stage.name);
        scope.stages = earlier.map(|earlier| (earlier.name.clone(), self.pending_steps(earlier))).collect();
        Ok(scope)
    }

    /// The stage of this name.
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// The step of this id.
    pub fn step(&self, id: &str) -> Option<&super::Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    fn pending_steps(&self, stage: &Stage) -> IndexMap<String, Outputs> {
        let outputs = |id: &String| if stage.skip.contains(id) { Outputs::Skipped } else { Outputs::Pending };
        self.steps.iter().map(|step| (step.id.clone(), outputs(&step.id))).collect()
    }
}

fn variables(stage: &Stage, scope: &Scope) -> Result<IndexMap<String, Value>, Diagnostics> {
    let mut vars = IndexMap::new();
    let mut problems = Diagnostics::new();
    for (name, expr) in &stage.vars {
        match evaluate(expr, scope) {
            Ok(value) => {
                vars.insert(name.clone(), value);
            }
            Err(diagnostics) => problems.extend(diagnostics),
        }
    }
    if problems.is_empty() { Ok(vars) } else { Err(problems) }
}
