//! Public documents about a run, version 1: structs of their own, so that the program may change and they may not.

use crate::words;
use deploy::plan::Plan;
use deploy::run::{Ending, Event, State};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One event as one line of a stream, without a line end. Nothing for progress that says nothing by itself.
pub fn event_line(plan: &Plan, event: &Event) -> Option<String> {
    let text = crate::lines::sentence(plan, &event.fact)?;
    let fact = serde_json::to_value(&event.fact).ok()?;
    let kind = fact.get("type").cloned().unwrap_or(Value::Null);
    let target = fact.get("target").and_then(Value::as_u64).or_else(|| fact.pointer("/effect/target")?.as_u64());
    let id = target.and_then(|t| plan.targets.get(usize::try_from(t).ok()?)).map(|t| t.id.clone());
    Some(json!({ "version": 1, "at": event.at, "type": kind, "target": id, "text": text }).to_string())
}

/// The run as a document: what `status --output json` and the last line of a stream say. `chosen` are the targets that
/// are told, if not all.
pub fn run_document(plan: &Plan, state: &State, ending: Option<&Ending>, chosen: Option<&BTreeSet<usize>>) -> Value {
    let targets: Vec<Value> = plan
        .targets
        .iter()
        .zip(&state.targets)
        .enumerate()
        .filter(|(index, _)| chosen.is_none_or(|chosen| chosen.contains(index)))
        .map(|(_, (planned, now))| {
            let steps: Vec<Value> = planned
                .steps
                .iter()
                .zip(&now.steps)
                .map(|(p, s)| {
                    json!({
                        "id": p.id,
                        "status": words::step_status(s.status, now.status.is_over()),
                        "cause": s.cause,
                        "stack_id": s.forward.stack_id,
                        "stack_status": s.forward.status,
                    })
                })
                .collect();
            json!({
                "id": planned.id,
                "stage": words::stage(plan, planned.stage),
                "account": planned.account,
                "region": planned.region,
                "status": words::target_status(now.status),
                "cause": now.cause,
                "started_at": now.started_at,
                "ended_at": now.ended_at,
                "steps": steps,
            })
        })
        .collect();
    json!({
        "version": 1,
        "pipeline": plan.pipeline,
        "run": plan.run,
        "release": plan.release,
        "commit": plan.trigger.sha,
        "author": plan.author,
        "started_at": state.started_at,
        "result": ending.map(|e| e.kind),
        "exit": ending.map(|e| e.kind.exit_code()),
        "cause": ending.and_then(|e| e.cause.clone()),
        "counts": ending.map(|e| e.counts),
        "next": ending.map(|e| e.next.clone()).unwrap_or_default(),
        "targets": targets,
    })
}
