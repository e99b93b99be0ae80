//! Deferred texts of the plan, evaluated once the outputs that they wait for are known.

use super::{Cause, CauseKind, State, StepStatus};
use crate::expression::{Expr, Outputs, Scope, Value, evaluate};
use crate::plan::{Plan, Text, Work};
use indexmap::IndexMap;

/// Evaluates the texts of one target.
pub(super) struct Resolver<'a> {
    plan: &'a Plan,
    state: &'a State,
    target: usize,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(plan: &'a Plan, state: &'a State, target: usize) -> Self {
        Self { plan, state, target }
    }

    /// The text with nothing left to evaluate.
    pub(super) fn text(&self, text: &Text) -> Result<Text, Cause> {
        let Text::Deferred(expression) = text else { return Ok(text.clone()) };
        let failed = |why: String| Cause::new(CauseKind::Store, format!("`{expression}` cannot be evaluated: {why}"));
        let first = |d: base::Diagnostics| d.into_iter().next().map(|d| d.message).unwrap_or_default();
        let parsed = Expr::parse_text(expression).map_err(|d| failed(first(d)))?;
        let value = evaluate(&parsed, &self.scope()).map_err(|d| failed(first(d)))?;
        if !value.is_known() {
            return Err(failed("an output that it needs is not there".into()));
        }
        let stage = self.plan.stage_of(self.target).map_or("", |s| s.name.as_str());
        Ok(Text::from_value(&value, stage))
    }

    fn scope(&self) -> Scope {
        let mut scope = Scope { pipeline: self.plan.pipeline.clone(), ..Scope::default() };
        let Some(own) = self.plan.targets.get(self.target) else { return scope };
        scope.steps = self.outputs(self.target);
        for (index, stage) in self.plan.stages.iter().enumerate().take(own.stage) {
            if let Some(target) = self.twin(index) {
                scope.stages.insert(stage.name.clone(), self.outputs(target));
            }
        }
        scope
    }

    /// The target of an earlier stage that this one refers to: the same account and region if there is one, else the first.
    fn twin(&self, stage: usize) -> Option<usize> {
        let own = self.plan.targets.get(self.target)?;
        let mut all = self.plan.stages.get(stage)?.waves.iter().flatten().copied();
        let first = all.clone().next();
        let same = |t: &usize| {
            let other = &self.plan.targets[*t];
            other.account == own.account && other.region == own.region
        };
        all.find(same).or(first)
    }

    fn outputs(&self, target: usize) -> IndexMap<String, Outputs> {
        let steps = self.plan.targets[target].steps.iter().zip(&self.state.targets[target].steps);
        steps
            .map(|(planned, state)| {
                let known = match (&planned.work, &state.forward.stack) {
                    (Work::Deploy(_), Some(stack)) => {
                        let outputs = stack.outputs.iter();
                        Outputs::Known(outputs.map(|(k, v)| (k.clone(), Value::String(v.clone()))).collect())
                    }
                    _ if state.status == StepStatus::Passed => Outputs::Known(IndexMap::new()),
                    _ => Outputs::Pending,
                };
                (planned.id.clone(), known)
            })
            .collect()
    }
}
