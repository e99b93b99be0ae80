//! What is wrong between the parts of a pipeline: names used twice, cycles, and expressions that cannot work.

use super::read::{Reader, nodes};
use super::{Pipeline, Stage, Step, StepKind, Targets};
use crate::expression::{Expr, Scope, Trigger, Value, evaluate};
use base::{AccountId, Diagnostic, Diagnostics, Region, Span, StackName};
use indexmap::{IndexMap, IndexSet};
use template::{Map, Node};

/// Everything that can be known without AWS.
pub(super) fn check(reader: &mut Reader<'_>, body: &Map, pipeline: &Pipeline) {
    not_empty(reader, body, "stages", "a pipeline needs at least one stage");
    not_empty(reader, body, "steps", "a pipeline needs at least one step");
    unique(reader, body, "stages", &["name"], "stage");
    unique(reader, body, "steps", &["id", "name"], "step");
    if !reader.out.iter().any(|problem| problem.code.as_str() == "PIPE-009") {
        cycles(reader, &pipeline.steps);
    }
    order_of_outputs(reader, &pipeline.steps);
    expressions(reader, pipeline);
}

fn not_empty(reader: &mut Reader<'_>, body: &Map, key: &str, message: &str) {
    if body.get(key).and_then(Node::as_list).is_some_and(<[Node]>::is_empty) {
        let span = body.key_span(key).unwrap_or_default();
        let hint = if key == "stages" {
            "add `- { name: staging, account_id: \"…\", region: us-east-1 }`"
        } else {
            "add a step, for example of `type: sam`"
        };
        reader.out.push(Diagnostic::error("PIPE-013", message).at(span).hint(hint));
    }
}

/// Names and ids share one space: `goes_after` and `steps.<id>` take either.
fn unique(reader: &mut Reader<'_>, body: &Map, key: &str, words: &[&str], what: &str) {
    let mut seen: IndexMap<String, usize> = IndexMap::new();
    for (position, node) in nodes(body, key).into_iter().enumerate() {
        let Some(map) = node.as_map() else { continue };
        for word in words {
            let Some(name) = map.get(word).and_then(Node::as_str) else { continue };
            match seen.get(name) {
                Some(first) if *first != position => {
                    let message = format!("another {what} is called `{name}` already");
                    let span = map.get(word).map_or(node.span, |node| node.span);
                    let diagnostic = Diagnostic::error("PIPE-009", message).at(span);
                    reader.out.push(
                        diagnostic
                            .why(format!("it is number {} of `{key}`", first + 1))
                            .hint("give one of them another name"),
                    );
                }
                Some(_) => {}
                None => {
                    seen.insert(name.to_owned(), position);
                }
            }
        }
    }
}

fn cycles(reader: &mut Reader<'_>, steps: &[Step]) {
    let by_id: IndexMap<&str, &Step> = steps.iter().map(|step| (step.id.as_str(), step)).collect();
    let mut done: IndexSet<&str> = IndexSet::new();
    for step in steps {
        let mut path = Vec::new();
        if let Some(cycle) = find_cycle(&by_id, &step.id, &mut path, &mut done) {
            let shown: Vec<String> = cycle.iter().map(|id| format!("`{id}`")).collect();
            let span = by_id.get(cycle[0]).map(|step| step.span).unwrap_or_default();
            let message = if cycle.len() == 2 {
                format!("step {} waits for itself", shown[0])
            } else {
                "steps wait for each other".to_owned()
            };
            let diagnostic = Diagnostic::error("PIPE-011", message).at(span);
            let diagnostic = if cycle.len() == 2 { diagnostic } else { diagnostic.why(shown.join(" waits for ")) };
            reader.out.push(
                diagnostic.hint("remove one of them from `goes_after`; a step without it waits for the step before it"),
            );
        }
    }
}

fn find_cycle<'s>(
    steps: &IndexMap<&'s str, &'s Step>,
    id: &'s str,
    path: &mut Vec<&'s str>,
    done: &mut IndexSet<&'s str>,
) -> Option<Vec<&'s str>> {
    if let Some(start) = path.iter().position(|known| *known == id) {
        let mut cycle = path[start..].to_vec();
        cycle.push(id);
        done.extend(&cycle);
        return Some(cycle);
    }
    // A path is at most as long as there are steps; a file with thousands of steps in one chain must not end the stack.
    if done.contains(id) || path.len() > 500 {
        return None;
    }
    path.push(id);
    let found =
        steps.get(id).and_then(|step| step.goes_after.iter().find_map(|next| find_cycle(steps, next, path, done)));
    path.pop();
    done.insert(id);
    found
}

/// All expressions of a step, each with the key it stands at.
pub(super) fn step_expressions(step: &Step) -> Vec<&Expr> {
    let mut all: Vec<&Expr> = Vec::new();
    match &step.kind {
        StepKind::Sam(stack) | StepKind::CloudFormation(stack) => {
            all.push(&stack.stack_name);
            all.extend(stack.parameter_overrides.values());
            all.extend(stack.tags.values());
            all.extend(&stack.notification_arns);
        }
        StepKind::Run(command) | StepKind::Test(command) => {
            all.push(&command.command);
            all.extend(&command.working_directory);
            all.extend(command.env.values());
        }
        StepKind::Bake(bake) => all.push(&bake.duration_minutes),
        StepKind::Approval(approval) => all.extend(&approval.message),
    }
    all
}

/// A step can use outputs only of steps that it waits for.
fn order_of_outputs(reader: &mut Reader<'_>, steps: &[Step]) {
    for step in steps {
        let before = ancestors(steps, step);
        for reference in step_expressions(step).into_iter().flat_map(Expr::step_references) {
            let known = steps.iter().find(|other| other.id == reference.step || other.name == reference.step);
            let Some(known) = known.filter(|_| reference.stage.is_none()) else { continue };
            if before.contains(known.id.as_str()) {
                continue;
            }
            let (message, hint) = if known.id == step.id {
                (format!("step `{}` uses its own outputs", step.name), "name a step that runs before it".to_owned())
            } else {
                let hint = format!("add `{}` to its `goes_after`, or move it after that step", known.id);
                (format!("step `{}` does not wait for `{}`", step.name, reference.step), hint)
            };
            let place = reference.span.unwrap_or(step.span);
            reader.out.push(Diagnostic::error("PIPE-026", message).at(place).hint(hint));
        }
    }
}

fn ancestors<'s>(steps: &'s [Step], step: &'s Step) -> IndexSet<&'s str> {
    let mut found: IndexSet<&str> = IndexSet::new();
    let mut open: Vec<&str> = step.goes_after.iter().map(String::as_str).collect();
    while let Some(id) = open.pop() {
        if found.insert(id)
            && let Some(step) = steps.iter().find(|step| step.id == id)
        {
            open.extend(step.goes_after.iter().map(String::as_str));
        }
    }
    found
}

/// Evaluates every expression in every stage, with outputs still pending, so that what cannot work is known now.
fn expressions(reader: &mut Reader<'_>, pipeline: &Pipeline) {
    // What is wrong with variables by their form needs no second message about their value.
    let bad_variables = reader.out.iter().any(|problem| problem.code.as_str() == "PIPE-025");
    let mut found: Vec<(Diagnostic, Vec<&str>)> = Vec::new();
    for stage in &pipeline.stages {
        let (account, region) = sample_target(stage);
        let mut problems = Diagnostics::new();
        match pipeline.scope(stage, account, region, &sample_trigger()) {
            Ok(scope) => {
                for step in pipeline.steps.iter().filter(|step| !stage.skip.contains(&step.id)) {
                    check_step(step, &scope, &mut problems);
                }
            }
            Err(_) if bad_variables => {}
            Err(wrong) => problems.extend(wrong),
        }
        for problem in problems {
            match found.iter_mut().find(|(known, _)| *known == problem) {
                Some((_, stages)) => stages.push(&stage.name),
                None => found.push((problem, vec![&stage.name])),
            }
        }
    }
    for (problem, stages) in found {
        let words = if stages.len() == 1 { "stage" } else { "stages" };
        let shown: Vec<String> = stages.iter().map(|name| format!("`{name}`")).collect();
        let why = format!("in {words} {}", shown.join(", "));
        let everywhere = stages.len() == pipeline.stages.len();
        reader.out.push(if problem.why.is_some() || everywhere { problem } else { problem.why(why) });
    }
}

/// An account and region like those of the stage. A fleet's accounts are known only at plan time.
fn sample_target(stage: &Stage) -> (Option<AccountId>, Region) {
    match &stage.targets {
        Targets::Single { account, region } => (account.clone(), region.clone()),
        Targets::Fleet(fleet) => (fleet.accounts.first().cloned(), fleet.regions[0].clone()),
    }
}

fn sample_trigger() -> Trigger {
    Trigger { sha: "0".repeat(40), branch: "main".to_owned(), tag: String::new() }
}

fn check_step(step: &Step, scope: &Scope, found: &mut Diagnostics) {
    let mut value = |expr: &Expr| match evaluate(expr, scope) {
        Ok(value) => Some(value),
        Err(problems) => {
            found.extend(problems);
            None
        }
    };
    let values: Vec<(Option<Span>, Option<Value>)> =
        step_expressions(step).into_iter().map(|expr| (expr.span(), value(expr))).collect();
    match (&step.kind, values.first()) {
        (StepKind::Sam(_) | StepKind::CloudFormation(_), Some((span, Some(name)))) => {
            check_stack_name(name, span.unwrap_or(step.span), found);
        }
        (StepKind::Bake(_), Some((span, Some(minutes)))) if minutes.is_known() && minutes.as_minutes().is_none() => {
            let diagnostic = Diagnostic::error("PIPE-007", format!("`duration_minutes` is `{minutes}`"));
            let hint = "give it a whole number of minutes, at least 1";
            found.push(diagnostic.at(span.unwrap_or(step.span)).hint(hint));
        }
        _ => {}
    }
}

fn check_stack_name(name: &Value, span: Span, found: &mut Diagnostics) {
    const HINT: &str = "build it from `vars`, `stage` and `pipeline`";
    let problem = |message: String| Diagnostic::error("PIPE-027", message).at(span);
    match name {
        // The account of a fleet's target is known when the plan is made.
        Value::Deferred(deferred) if deferred.waits_for() == ["account_id"] => {}
        Value::Deferred(_) => {
            let diagnostic = problem("a stack's name cannot depend on outputs".to_owned());
            found.push(diagnostic.why("the plan must know which stack it changes").hint(HINT));
        }
        Value::Secret(_) => found.push(problem("a stack's name cannot hold a secret".to_owned()).hint(HINT)),
        Value::String(text) => {
            if let Err(error) = StackName::new(text.as_str()) {
                let long = format!("the stack's name has {} characters", text.chars().count());
                let diagnostic = problem(if text.len() > 128 { long } else { error.to_string() });
                found.push(diagnostic.hint("write a letter first, then letters, digits and hyphens, 128 at most"));
            }
        }
        other => found.push(problem(format!("a stack's name is {}, not text", other.kind())).hint(HINT)),
    }
}
