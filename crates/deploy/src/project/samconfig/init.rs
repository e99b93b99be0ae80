//! A first pipeline file from a samconfig file.

use super::pipeline::slug;
use super::{DeployParameters, Samconfig};
use base::AccountId;
use indexmap::{IndexMap, IndexSet};
use std::fmt::Write as _;

/// What stands where an account id is not known. It is not a valid id, so `landfall check` asks for it.
const ACCOUNT_TO_FILL_IN: &str = "<twelve digits>";

/// The text of a pipeline file that deploys `template` to every environment of the samconfig file, in file order.
/// What differs between environments becomes a variable of the stages. `accounts` are the accounts of environments, as
/// far as they are known; the account of `role_arn` counts too.
pub fn init_pipeline(samconfig: &Samconfig, template: &str, accounts: &IndexMap<String, AccountId>) -> String {
    let names: Vec<&str> = samconfig.deployed_environments().collect();
    let mut stages: Vec<Draft> =
        names.iter().map(|name| Draft::new(name, samconfig.deploy(name).0, accounts.get(*name))).collect();
    if stages.is_empty() {
        stages.push(Draft::new("staging", DeployParameters::default(), None));
    }
    let stack_name = shared(&mut stages, "stack_name", |deploy| deploy.stack_name.as_ref().map(ToString::to_string));
    let parameters = shared_pairs(&mut stages, "", |deploy| &deploy.parameter_overrides);
    let tags = shared_pairs(&mut stages, "tag_", |deploy| &deploy.tags);
    let mut out = String::from("version: 1\n\nartifacts:\n");
    let _ = writeln!(out, "  app: {{ type: sam, template: {} }}\n\nstages:", quoted(template));
    for stage in &stages {
        stage.write(&mut out);
    }
    out.push_str("\nsteps:\n  - name: deploy\n    type: sam\n    params:\n      artifact: app\n");
    let _ = writeln!(out, "      stack_name: {}", stack_name.unwrap_or_else(|| "sam-app-${{ stage.name }}".to_owned()));
    write_map(&mut out, "      ", "parameter_overrides", &parameters);
    let capabilities: IndexSet<&str> =
        stages.iter().flat_map(|stage| &stage.deploy.capabilities).map(|capability| capability.as_str()).collect();
    if !capabilities.is_empty() {
        let _ = writeln!(out, "      capabilities: [{}]", capabilities.into_iter().collect::<Vec<_>>().join(", "));
    }
    write_map(&mut out, "      ", "tags", &tags);
    if stages.iter().all(|stage| stage.deploy.disable_rollback) {
        out.push_str("      disable_rollback: true\n");
    }
    out
}

/// A stage in the making.
struct Draft {
    name: String,
    deploy: DeployParameters,
    account: Option<AccountId>,
    vars: IndexMap<String, Option<String>>,
}

impl Draft {
    fn new(name: &str, deploy: DeployParameters, account: Option<&AccountId>) -> Self {
        let of_role = deploy.role_arn.as_ref().and_then(|arn| AccountId::new(arn.account()).ok());
        Self { name: slug(name), account: of_role.or_else(|| account.cloned()), deploy, vars: IndexMap::new() }
    }

    fn write(&self, out: &mut String) {
        let account = self.account.as_ref().map_or(ACCOUNT_TO_FILL_IN, AccountId::as_str);
        let note = if self.account.is_none() { " # the account's id" } else { "" };
        let _ = writeln!(out, "  - name: {}\n    account_id: \"{account}\"{note}", quoted(&self.name));
        match &self.deploy.region {
            Some(region) => {
                let _ = writeln!(out, "    region: {region}");
            }
            None => out.push_str("    region: us-east-1 # the samconfig file names none\n"),
        }
        if let Some(role) = &self.deploy.role_arn {
            let _ = writeln!(out, "    execution_role: {role}");
        }
        if let Some(bucket) = self.deploy.s3_bucket.as_ref().filter(|_| !self.deploy.resolve_s3) {
            let _ = writeln!(out, "    artifact_bucket: {}", quoted(bucket));
        }
        if let Some(prefix) = &self.deploy.s3_prefix {
            let _ = writeln!(out, "    artifact_prefix: {}", quoted(prefix));
        }
        if self.deploy.confirm_changeset {
            out.push_str("    requires_approval: ALWAYS\n");
        }
        if !self.vars.is_empty() {
            out.push_str("    vars:\n");
        }
        for (name, value) in &self.vars {
            let _ = match value {
                Some(value) => writeln!(out, "      {}: {}", quoted(name), quoted(value)),
                None => writeln!(out, "      {}: \"\" # the samconfig file gives no value here", quoted(name)),
            };
        }
    }
}

/// A setting that is the same everywhere stands in the step; one that differs becomes a variable.
fn shared(stages: &mut [Draft], name: &str, get: impl Fn(&DeployParameters) -> Option<String>) -> Option<String> {
    let values: Vec<Option<String>> = stages.iter().map(|stage| get(&stage.deploy)).collect();
    let first = values.iter().flatten().next()?.clone();
    if values.iter().all(|value| value.as_ref() == Some(&first)) {
        return Some(quoted(&first));
    }
    for (stage, value) in stages.iter_mut().zip(values) {
        stage.vars.insert(name.to_owned(), value);
    }
    Some(reference(name))
}

fn shared_pairs(
    stages: &mut [Draft],
    prefix: &str,
    get: impl Fn(&DeployParameters) -> &IndexMap<String, String>,
) -> IndexMap<String, String> {
    let keys: IndexSet<String> = stages.iter().flat_map(|stage| get(&stage.deploy).keys().cloned()).collect();
    let mut all = IndexMap::new();
    for key in keys {
        let name = format!("{prefix}{key}");
        if let Some(value) = shared(stages, &name, |deploy| get(deploy).get(&key).cloned()) {
            all.insert(key, value);
        }
    }
    all
}

fn reference(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.starts_with(|c: char| c.is_ascii_alphabetic());
    match plain {
        true => format!("${{{{ vars.{name} }}}}"),
        false => format!("'${{{{ vars[\"{}\"] }}}}'", name.replace('\'', "''").replace('"', "\\\"")),
    }
}

fn write_map(out: &mut String, indent: &str, key: &str, entries: &IndexMap<String, String>) {
    if entries.is_empty() {
        return;
    }
    let _ = writeln!(out, "{indent}{key}:");
    for (name, value) in entries {
        let _ = writeln!(out, "{indent}  {}: {value}", quoted(name));
    }
}

/// A text that YAML reads as this string: plain when that is safe, otherwise in double quotes. `${{` stays text.
fn quoted(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let word =
        matches!(text.to_lowercase().as_str(), "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n");
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic());
    if starts && !word && text.chars().all(safe) {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for c in text.replace("${{", "$${{").chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
