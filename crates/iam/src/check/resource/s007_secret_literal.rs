//! RES-007: a secret that stands in the template.

use crate::check::{Check, Report, ResourceFacts, Rule};
use base::Severity;
use base64::Engine as _;
use serde_json::Value;

pub(in crate::check) const RULE: Rule = Rule {
    id: "RES-007",
    severity: Severity::Error,
    title: "secret written into the template",
    why: "templates are kept in repositories, buckets and change sets, where many can read them",
    check: Check::Resource(check),
};

const FIX: &str = "store it in Secrets Manager or Parameter Store, write `{{resolve:secretsmanager:NAME}}` here, and change the secret";

fn check(facts: &ResourceFacts<'_>, report: &mut Report<'_>) {
    if let Some(properties) = facts.properties {
        walk(properties, "", "", facts.shown_parameters, report);
    }
}

fn walk(value: &Value, path: &str, key: &str, shown: &[&str], report: &mut Report<'_>) {
    match value {
        Value::Object(map) => {
            let pair = named_value(map);
            for (name, value) in map {
                // `{Name: DB_PASSWORD, Value: …}`, as CodeBuild and ECS write variables.
                let key = if name == "Value" { pair.unwrap_or(name) } else { name };
                let name_path = name.replace('~', "~0").replace('/', "~1");
                walk(value, &format!("{path}/{name_path}"), key, shown, report);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                walk(value, &format!("{path}/{index}"), key, shown, report);
            }
        }
        Value::String(text) => one(text, path, key, shown, report),
        _ => {}
    }
}

/// The message and the fingerprint must not hold the value.
fn one(text: &str, path: &str, key: &str, shown: &[&str], report: &mut Report<'_>) {
    let script = if key == "UserData" { decoded(text) } else { None };
    if let Some(kind) = known_form(script.as_deref().unwrap_or(text)) {
        // The keys of AWS's documentation open nothing, but a true one will take their place.
        let severity = if text.contains("EXAMPLE") { Severity::Warning } else { Severity::Error };
        report.add_as(severity, path, path, format!("{kind} stands in the template"), FIX);
        return;
    }
    if !is_secret_name(key) {
        return;
    }
    let parameter = shown.iter().find(|name| text == format!("{{{{{name}}}}}"));
    if is_literal_secret(text) {
        report.add(path, path, format!("`{key}` has a literal value"), FIX);
    } else if text.starts_with("{{resolve:ssm:") {
        let message = format!("`{key}` is kept as plain text in the Parameter Store");
        report.add_as(Severity::Warning, path, path, message, FIX);
    } else if let Some(name) = parameter {
        let message =
            format!("`{key}` is the parameter `{name}`, which is shown to everybody who may describe the stack");
        let fix = "set `NoEcho: true` on the parameter, or better write `{{resolve:secretsmanager:NAME}}` here";
        report.add_as(Severity::Warning, path, path, message, fix);
    }
}

/// What a base64 text says.
fn decoded(text: &str) -> Option<String> {
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text.trim()).ok()?).ok()
}

/// The name of a variable that is written as a pair, unless the value is a reference to a store.
fn named_value(map: &serde_json::Map<String, Value>) -> Option<&str> {
    let plain = map.get("Type").and_then(Value::as_str).is_none_or(|kind| kind == "PLAINTEXT");
    map.get("Name").and_then(Value::as_str).filter(|_| plain)
}

/// Forms that are secrets wherever they stand.
fn known_form(text: &str) -> Option<&'static str> {
    const PREFIXES: &[(&str, usize, &str)] = &[
        ("ghp_", 36, "a GitHub token"),
        ("gho_", 36, "a GitHub token"),
        ("ghs_", 36, "a GitHub token"),
        ("github_pat_", 30, "a GitHub token"),
        ("glpat-", 20, "a GitLab token"),
        ("xoxb-", 20, "a Slack token"),
        ("xoxp-", 20, "a Slack token"),
        ("sk_live_", 20, "a Stripe key"),
        ("AKIA", 16, "an AWS access key"),
        ("ASIA", 16, "an AWS access key"),
        ("npm_", 36, "an npm token"),
        ("AIza", 35, "a Google API key"),
    ];
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'));
    for word in words {
        for (prefix, length, kind) in PREFIXES {
            let Some(rest) = word.strip_prefix(prefix).filter(|r| r.len() >= *length) else { continue };
            let upper = prefix.chars().all(|c| c.is_ascii_uppercase());
            if !upper || (rest.len() == *length && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())) {
                return Some(kind);
            }
        }
    }
    if has_password(text) {
        return Some("a password within an address");
    }
    has_secret_key(text).then_some("an AWS secret access key")
}

/// Whether a text holds an address such as `https://name:password@host`.
fn has_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, mark)| {
        let rest = &text[at + mark.len()..];
        let end =
            rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '<' | ')')).unwrap_or(rest.len());
        let Some((_, password)) = rest[..end].rsplit_once('@').and_then(|(user, _)| user.split_once(':')) else {
            return false;
        };
        let placeholder =
            ["password", "passwd", "pass", "secret", "token"].contains(&password.to_ascii_lowercase().as_str());
        password.len() >= 4 && !placeholder && !password.contains(['{', '$', '*', '%', '['])
    })
}

/// Whether a text gives a secret access key its value, as scripts and credentials files do.
fn has_secret_key(text: &str) -> bool {
    const LENGTH: usize = 40;
    let lower = text.to_ascii_lowercase();
    lower.match_indices("secret_access_key").any(|(at, name)| {
        let rest = text[at + name.len()..].trim_start_matches(['"', '\'', ' ']);
        let Some(value) = rest.strip_prefix(['=', ':']) else { return false };
        let value = value.trim_start_matches(['"', '\'', ' ']);
        let letters = value.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+')).count();
        letters == LENGTH
    })
}

/// Names of environment variables and properties that hold secrets, and not names or ARNs of secrets.
fn is_secret_name(key: &str) -> bool {
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    const WORDS: &[&str] = &[
        "password",
        "passwd",
        "secretkey",
        "secretaccesskey",
        "apikey",
        "authtoken",
        "accesstoken",
        "oauthtoken",
        "refreshtoken",
        "secrettoken",
        "hectoken",
        "tokenkey",
        "privatekey",
        "clientsecret",
        "connectionstring",
        "secretstring",
    ];
    const OTHERS: &[&str] = &[
        "arn",
        "name",
        "id",
        "path",
        "policy",
        "length",
        "enabled",
        "required",
        "parameter",
        "ref",
        "url",
        "type",
        "source",
        "version",
        "expiry",
        "rotation",
        "managemasteruserpassword",
    ];
    WORDS.iter().any(|w| plain.ends_with(w)) && !OTHERS.iter().any(|o| plain.ends_with(o))
}

fn is_literal_secret(text: &str) -> bool {
    let reference = text.contains("{{resolve:")
        || text.contains("${")
        || text.contains("{{")
        || text.starts_with("arn:")
        || text.starts_with("/aws/");
    let switch = matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "none" | "required" | "header");
    text.len() >= 6 && !reference && !switch && !text.contains(' ')
}

#[cfg(test)]
mod tests {
    use crate::check::ResourceFacts;
    use crate::check::samples::{resource, resource_facts};
    use base64::Engine as _;
    use serde_json::{Value, json};

    #[test]
    fn secrets_are_references() {
        let function = |variables: Value| {
            resource("RES-007", "AWS::Lambda::Function", json!({"Environment": {"Variables": variables}}), None)
        };
        assert_eq!(
            function(json!({"DB_PASSWORD": "hunter2hunter2"})),
            ["error /Environment/Variables/DB_PASSWORD: `DB_PASSWORD` has a literal value"]
        );
        let key = format!("AKIA{}", "Q7".repeat(8));
        let found = function(json!({"X": format!("id={key}")}));
        assert_eq!(found, ["error /Environment/Variables/X: an AWS access key stands in the template"]);
        assert!(!found[0].contains(&key));
        assert_eq!(
            resource("RES-007", "AWS::RDS::DBInstance", json!({"MasterUserPassword": "correct-horse"}), None).len(),
            1
        );
        assert!(function(json!({"X": "AKIAIOSFODNN7EXAMPLE"}))[0].starts_with("warning"), "a key of the documentation");
        let script = format!("export AWS_SECRET_ACCESS_KEY={}", "k/3".repeat(13) + "z");
        assert_eq!(function(json!({"X": script})).len(), 1);
        let build = |variable: Value| {
            let environment = json!({"Environment": {"EnvironmentVariables": [variable]}});
            resource("RES-007", "AWS::CodeBuild::Project", environment, None)
        };
        assert_eq!(
            build(json!({"Name": "DB_PASSWORD", "Value": "hunter2hunter2"})),
            ["error /Environment/EnvironmentVariables/0/Value: `DB_PASSWORD` has a literal value"]
        );
        let stored = json!({"Name": "DB_PASSWORD", "Value": "shop-database", "Type": "SECRETS_MANAGER"});
        assert!(build(stored).is_empty());
        assert_eq!(function(json!({"X": "postgres://shop:hunter2hunter2@db.example.com/shop"})).len(), 1);
        let script = base64::engine::general_purpose::STANDARD.encode(format!("#!/bin/sh\nexport KEY={key}\n"));
        assert_eq!(resource("RES-007", "AWS::EC2::Instance", json!({"UserData": script}), None).len(), 1);
        assert_eq!(
            function(json!({"DB_PASSWORD": "{{resolve:ssm:/shop/db:1}}"})),
            ["warning /Environment/Variables/DB_PASSWORD: `DB_PASSWORD` is kept as plain text in the Parameter Store"]
        );
        let by_parameter = |shown: &[&str]| {
            let properties = json!({"MasterUserPassword": "{{Password}}"});
            let facts =
                ResourceFacts { properties: Some(&properties), shown_parameters: shown, ..ResourceFacts::default() };
            resource_facts("RES-007", &facts)
        };
        assert_eq!(
            by_parameter(&["Password"]),
            [
                "warning /MasterUserPassword: `MasterUserPassword` is the parameter `Password`, which is shown to everybody who may describe the stack"
            ]
        );
        assert!(by_parameter(&["Other"]).is_empty(), "with NoEcho");
        for good in [
            json!({"X": "postgres://shop:{{resolve:secretsmanager:db}}@db.example.com/shop"}),
            json!({"X": "https://name@bitbucket.org/acme/shop.git"}),
            json!({"X": "https://user:password@host"}),
            json!({"X": "http://localhost:8080/@acme/shop"}),
            json!({"DB_PASSWORD": "{{resolve:ssm-secure:/shop/db:1}}"}),
            json!({"X": "export AWS_SECRET_ACCESS_KEY=$(cat key)"}),
            json!({"DB_PASSWORD": "{{resolve:secretsmanager:db}}"}),
            json!({"DB_PASSWORD": {"Ref": "Password"}}),
            json!({"DB_PASSWORD_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:1:secret:x"}),
            json!({"SECRET_NAME": "shop/database"}),
            json!({"API_KEY_REQUIRED": "true"}),
            json!({"TABLE": "orders"}),
        ] {
            assert_eq!(function(good.clone()), [""; 0], "{good}");
        }
    }
}
