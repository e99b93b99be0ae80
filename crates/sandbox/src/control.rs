//! The sandbox's own endpoints under `/_landfall/`: the clock, the call log and the fault plan, for tests and for people.

use crate::faults::Fault;
use crate::server::Shared;
use crate::wire::{WireRequest, WireResponse};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Answers a request under `/_landfall/`.
pub(crate) fn handle(shared: &Shared, request: &WireRequest) -> WireResponse {
    let mut world = shared.world();
    world.advance();
    let body = request.json();
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/_landfall/clock") => json_response(200, &clock(&world)),
        ("POST", "/_landfall/clock") => match body.as_ref().and_then(|b| goal(&world, b)) {
            Some(goal) => {
                world.advance_to(goal);
                json_response(200, &clock(&world))
            }
            None => bad("give {\"advance_seconds\": N} or {\"advance_to\": \"TIME\"}"),
        },
        ("POST", "/_landfall/token") => match body {
            Some(claims) => json_response(200, &json!({"token": world.token_issuer.sign(&claims)})),
            None => bad("give the claims as a JSON object"),
        },
        ("POST", "/_landfall/release") => {
            shared.release_held();
            json_response(200, &json!({}))
        }
        ("GET", "/_landfall/log") => json_response(200, &json!(world.log)),
        ("GET", "/_landfall/faults") => json_response(200, &json!(world.faults)),
        ("POST", "/_landfall/faults") => match serde_json::from_slice::<Vec<Fault>>(&request.body) {
            Ok(faults) => {
                world.faults = faults;
                json_response(200, &json!(world.faults))
            }
            Err(error) => bad(&format!("the body is not a list of faults: {error}")),
        },
        _ => json_response(404, &json!({"message": "there are clock, log, faults, release and token here"})),
    }
}

fn clock(world: &crate::World) -> Value {
    json!({"now": world.now(), "next_due": world.next_due(), "mode": world.clock.mode})
}

fn goal(world: &crate::World, body: &Value) -> Option<Timestamp> {
    if let Some(text) = body.get("advance_to").and_then(Value::as_str) {
        return text.parse().ok();
    }
    let seconds = body.get("advance_seconds")?.as_f64().filter(|s| s.is_finite() && *s >= 0.0)?;
    Some(world.clock.plus_seconds(seconds))
}

fn json_response(status: u16, body: &Value) -> WireResponse {
    WireResponse::new(status, "application/json", body.to_string())
}

fn bad(message: &str) -> WireResponse {
    json_response(400, &json!({"message": message}))
}
