//! What a check found, for code scanning (SARIF 2.1.0, OASIS standard) and as GitHub's workflow commands.

use base::{Severity, Sources, Span};
use deploy::review::Found;
use serde_json::{Map, Value, json};

/// Title and text of a code, for those who look it up.
pub type About<'a> = &'a dyn Fn(&str) -> Option<(&'static str, &'static str)>;

/// The findings as a SARIF 2.1.0 log of one run. Paths are relative to `%SRCROOT%`, the root of the repository, and
/// columns count characters.
pub fn sarif(found: &[Found], sources: &Sources, version: &str, about: About<'_>) -> Value {
    let mut codes: Vec<&str> = found.iter().map(|f| f.diagnostic.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes.iter().map(|code| rule(code, about)).collect();
    let results: Vec<Value> = found.iter().map(|f| result(f, &codes, sources)).collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "Landfall", "semanticVersion": version, "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "The root of the repository." } } },
            "results": results,
        }],
    })
}

fn rule(code: &str, about: About<'_>) -> Value {
    let mut rule = json!({ "id": code });
    if let (Some(object), Some((title, text))) = (rule.as_object_mut(), about(code)) {
        object.insert("shortDescription".into(), json!({ "text": title }));
        object.insert("fullDescription".into(), json!({ "text": text.split("\n\n").next().unwrap_or(text) }));
        object.insert("help".into(), json!({ "text": text, "markdown": text }));
    }
    rule
}

fn result(found: &Found, codes: &[&str], sources: &Sources) -> Value {
    let d = &found.diagnostic;
    let mut text = capitalized(&d.message);
    text.push('.');
    for more in [&d.why, &d.hint].into_iter().flatten() {
        text.push_str(&format!(" {}.", capitalized(more).trim_end_matches('.')));
    }
    let mut result = Map::new();
    result.insert("ruleId".into(), json!(d.code.as_str()));
    result.extend(codes.binary_search(&d.code.as_str()).ok().map(|index| ("ruleIndex".to_owned(), json!(index))));
    result.insert("level".into(), json!(word(d.severity)));
    result.insert("message".into(), json!({ "text": text }));
    let mut location = Map::new();
    if let Some(place) = d.span.and_then(|span| physical(span, sources)) {
        location.insert("physicalLocation".into(), place);
    }
    if let Some(subject) = &found.subject {
        location.insert("logicalLocations".into(), json!([{ "name": subject, "kind": "resource" }]));
    }
    if !location.is_empty() {
        result.insert("locations".into(), json!([location]));
    }
    if let Some(fingerprint) = &found.fingerprint {
        result.insert("partialFingerprints".into(), json!({ "landfall/v1": fingerprint }));
    }
    if let Some(excuse) = &found.excuse {
        let kind = if excuse.in_source { "inSource" } else { "external" };
        let why = format!("{} (until {})", excuse.reason, excuse.until);
        result.insert("suppressions".into(), json!([{ "kind": kind, "status": "accepted", "justification": why }]));
    }
    Value::Object(result)
}

fn physical(span: Span, sources: &Sources) -> Option<Value> {
    let start = sources.place(span)?;
    let end = sources.place(Span { start: span.end, ..span })?;
    let mut region = json!({ "startLine": start.line, "startColumn": start.column });
    if (end.line, end.column) > (start.line, start.column) {
        region["endLine"] = json!(end.line);
        region["endColumn"] = json!(end.column);
    }
    Some(json!({ "artifactLocation": artifact(&start.path), "region": region }))
}

/// Where a file is: below the repository's root, or somewhere else on the machine.
fn artifact(path: &str) -> Value {
    let path = path.replace('\\', "/");
    if path.starts_with('/') {
        return json!({ "uri": format!("file://{}", encoded(&path)) });
    }
    json!({ "uri": encoded(path.strip_prefix("./").unwrap_or(&path)), "uriBaseId": "%SRCROOT%" })
}

/// A path as part of a URI (RFC 3986): everything but unreserved characters and slashes is percent-encoded.
fn encoded(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The findings that count as GitHub's workflow commands ("Workflow commands for GitHub Actions"): one line for each,
/// which GitHub shows beside the line of the file.
pub fn annotations(found: &[Found], sources: &Sources) -> String {
    let mut out = String::new();
    for one in found.iter().filter(|f| f.counts()) {
        let d = &one.diagnostic;
        let command = if d.severity == Severity::Note { "notice" } else { word(d.severity) };
        let mut properties = Vec::new();
        if let Some(span) = d.span
            && let (Some(start), Some(end)) = (sources.place(span), sources.place(Span { start: span.end, ..span }))
        {
            properties.push(format!("file={}", property(start.path.strip_prefix("./").unwrap_or(&start.path))));
            properties.push(format!("line={}", start.line));
            properties.push(format!("col={}", start.column));
            // GitHub takes columns of a single line only.
            if end.line == start.line && end.column > start.column {
                properties.push(format!("endColumn={}", end.column));
            }
        }
        properties.push(format!("title={}", property(d.code.as_str())));
        let mut text = d.message.clone();
        text.extend(d.why.iter().map(|why| format!("\nwhy: {why}")));
        text.extend(d.hint.iter().map(|hint| format!("\nfix: {hint}")));
        out.push_str(&format!("::{command} {}::{}\n", properties.join(","), data(&text)));
    }
    out
}

/// The text of a command: it ends at the line's end, and `%` starts an escape.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command: commas and colons end it too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use base::Diagnostic;
    use deploy::review::Excuse;

    fn found() -> (Vec<Found>, Sources) {
        let mut sources = Sources::new();
        let file = sources.add("./a folder/t,1.yaml", "Ä: 1\nRole: '*'\n");
        let told = Diagnostic::error("ROLE-001", "`R`: every action\nis allowed, 100%")
            .at(Span::new(file, 12, 15))
            .why("whoever has it owns the account")
            .hint("write the actions");
        let first = Found { subject: Some("R".into()), fingerprint: Some("ROLE-001-1".into()), ..Found::from(told) };
        let excuse = Excuse { reason: "break glass".into(), until: jiff::civil::date(2027, 1, 31), in_source: false };
        let second = Found { excuse: Some(excuse), ..first.clone() };
        (vec![first, second, Found::from(Diagnostic::note("CLI-001", "nothing"))], sources)
    }

    #[test]
    fn sarif_has_rules_places_fingerprints_and_suppressions() {
        let (found, sources) = found();
        let about = |code: &str| (code == "ROLE-001").then_some(("everything", "First.\n\nSecond."));
        let log = sarif(&found, &sources, "0.1.0", &about);
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"][1]["fullDescription"]["text"], "First.");
        insta::assert_snapshot!(run["results"][1], @r#"{"ruleId":"ROLE-001","ruleIndex":1,"level":"error","message":{"text":"`R`: every action\nis allowed, 100%. Whoever has it owns the account. Write the actions."},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a%20folder/t%2C1.yaml","uriBaseId":"%SRCROOT%"},"region":{"startLine":2,"startColumn":7,"endLine":2,"endColumn":10}},"logicalLocations":[{"name":"R","kind":"resource"}]}],"partialFingerprints":{"landfall/v1":"ROLE-001-1"},"suppressions":[{"kind":"external","status":"accepted","justification":"break glass (until 2027-01-31)"}]}"#);
        assert_eq!(run["results"][2]["ruleIndex"], 0);
        assert!(run["results"][2].get("locations").is_none());
        assert!(run["results"][0].get("suppressions").is_none());
    }

    #[test]
    fn annotations_escape_what_would_end_them() {
        let (found, sources) = found();
        assert_eq!(
            annotations(&found, &sources),
            "::error file=a folder/t%2C1.yaml,line=2,col=7,endColumn=10,title=ROLE-001::`R`: every action%0Ais allowed, 100%25%0Awhy: whoever has it owns the account%0Afix: write the actions\n::notice title=CLI-001::nothing\n"
        );
    }
}
