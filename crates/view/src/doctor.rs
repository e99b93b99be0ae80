//! What the doctor found, for people.

use deploy::doctor::{Findings, Refusal, RunStory, StackStory, TokenStory, TrustStory};
use std::fmt::Write as _;

/// The findings as text; `access` is shown by the caller, beside the other messages.
pub fn doctor_text(found: &Findings) -> String {
    let mut out = String::new();
    if let Some(story) = &found.run {
        run(&mut out, story);
    }
    for story in &found.trust {
        trust(&mut out, story);
    }
    for refusal in &found.refusals {
        refused(&mut out, refusal);
    }
    for story in &found.stacks {
        stack(&mut out, story);
    }
    if let Some(story) = &found.token {
        token(&mut out, story);
    }
    if !found.well.is_empty() {
        let _ = writeln!(out, "well: {}", found.well.join(", "));
    }
    for unknown in &found.unknown {
        let _ = writeln!(out, "not looked at: {unknown}");
    }
    if found.is_well() {
        out.push_str("nothing is wrong, as far as can be seen from here\n");
    }
    out
}

fn run(out: &mut String, story: &RunStory) {
    let _ = writeln!(out, "run {}: {}", story.id, story.standing);
    for cause in &story.causes {
        let _ = writeln!(out, "  cause: {cause}");
    }
    for (n, next) in story.next.iter().enumerate() {
        let _ = writeln!(out, "  {} {next}", if n == 0 { "next:" } else { "  or:" });
    }
}

fn trust(out: &mut String, story: &TrustStory) {
    let _ = writeln!(out, "{}: {} does not let the caller in", story.targets.join(", "), story.role);
    for line in &story.lines {
        let _ = writeln!(out, "  {line}");
    }
}

fn refused(out: &mut String, refusal: &Refusal) {
    let said = &refusal.said;
    let _ = writeln!(out, "{}: AWS refused {} on {}", refusal.targets.join(", "), said.action, said.resource);
    let _ = writeln!(out, "  to: {}", said.principal);
    let layer = refusal.layer.map_or("not known", |layer| layer.as_str());
    let _ = writeln!(out, "  layer: {layer}");
    for line in &refusal.lines {
        let _ = writeln!(out, "  {line}");
    }
    if let Some(statement) = &refusal.denied_by {
        let _ = writeln!(out, "  denied by: {statement}");
    }
    if let Some(statement) = &refusal.add {
        let _ = writeln!(out, "  fix: allow it with {statement}");
    }
}

fn stack(out: &mut String, story: &StackStory) {
    let _ = writeln!(out, "{}: stack {} is in {}", story.target, story.stack, story.status);
    let _ = writeln!(out, "  what: {}", story.what);
    if let Some(cause) = &story.cause {
        let within = if cause.stack == story.stack { String::new() } else { format!(" in {}", cause.stack) };
        let _ = writeln!(
            out,
            "  cause: {} ({}){within} {}: {}",
            cause.logical_id, cause.resource_type, cause.status, cause.reason
        );
    }
    for (n, safe) in story.safe.iter().enumerate() {
        let _ = writeln!(out, "  {} {safe}", if n == 0 { "safe:" } else { "     " });
    }
    if let Some(never) = &story.never {
        let _ = writeln!(out, "  not safe: {never}");
    }
}

fn token(out: &mut String, story: &TokenStory) {
    let verdict = match story.accepted {
        Some(true) => "would be taken",
        Some(false) => "would be refused",
        None => "was not judged",
    };
    let _ = writeln!(out, "the token of {} {verdict}", story.issuer);
    let claims = &story.claims;
    let _ = writeln!(out, "  token   iss {}", claims.issuer);
    let _ = writeln!(out, "          aud {}", claims.audiences.join(", "));
    let _ = writeln!(out, "          sub {}", claims.subject);
    if let Some(audiences) = &story.provider {
        let _ = writeln!(out, "  account aud {}", audiences.join(", "));
    }
    if let Some(role) = &story.role {
        let _ = writeln!(out, "  role    {role}");
    }
    for statement in &story.statements {
        for audience in &statement.audiences {
            let _ = writeln!(out, "  trust   aud {audience}");
        }
        for subject in &statement.subjects {
            let _ = writeln!(out, "          sub {subject}");
        }
        for other in &statement.others {
            let _ = writeln!(out, "          {other}");
        }
    }
    for line in &story.lines {
        let _ = writeln!(out, "  {line}");
    }
}
