//! `samconfig.toml` and `samconfig.yaml`: the configuration file of the SAM CLI, read as the SAM CLI reads it.
//!
//! A file has environments, an environment has commands, a command has parameters:
//! `[environment.command.parameters]`. The parameters of the command `global` hold for every command of the same
//! environment, and those of the command itself win. An environment takes nothing from the environment `default`; see
//! "AWS SAM CLI configuration file" in the AWS SAM Developer Guide.

mod deploy;
mod init;
mod pairs;
mod pipeline;
mod toml;

pub use deploy::DeployParameters;
pub use init::init_pipeline;
pub use pipeline::{SamProject, pipeline_from_samconfig};

use base::{Diagnostic, Diagnostics, FileId, Span};
use indexmap::IndexMap;
use template::Node;
use template::parse::{Dialect, parse};

/// The name of the environment that is used when none is named.
pub const DEFAULT_ENVIRONMENT: &str = "default";
const GLOBAL: &str = "global";

/// The form of a samconfig file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `samconfig.toml`
    Toml,
    /// `samconfig.yaml` or `samconfig.yml`
    Yaml,
}

/// A samconfig file.
#[derive(Debug, Clone, Default)]
pub struct Samconfig {
    environments: IndexMap<String, Environment>,
    /// Where messages about the file as a whole go.
    span: Span,
}

/// One environment: parameters by command (`deploy`, `local_start_api`) and name.
#[derive(Debug, Clone, Default)]
struct Environment {
    span: Span,
    commands: IndexMap<String, IndexMap<String, Parameter>>,
}

/// A parameter and where its name stands.
#[derive(Debug, Clone)]
struct Parameter {
    key_span: Span,
    node: Node,
}

/// Reads a samconfig file. Commands and parameters that Landfall has no use for are kept and not checked.
pub fn read_samconfig(file: FileId, text: &str, format: Format) -> (Samconfig, Diagnostics) {
    let (root, mut out) = match format {
        Format::Toml => toml::read(file, text),
        Format::Yaml => parse(file, text, Dialect::Strict),
    };
    let mut samconfig = Samconfig { environments: IndexMap::new(), span: Span::new(file, 0, 0) };
    let Some(map) = root.as_map() else {
        if !root.is_null() && !out.iter().any(Diagnostic::is_error) {
            let diagnostic = Diagnostic::error("SAMC-002", "a samconfig file is a mapping").at(root.span);
            out.push(diagnostic.hint("begin it with `version: 0.1` and an environment such as `default:`"));
        }
        return (samconfig, out);
    };
    check_version(&root, samconfig.span, &mut out);
    for (name, entry) in map.entries().filter(|(name, _)| *name != "version") {
        let Some(commands) = entry.node.as_map() else {
            let message = format!("the environment `{name}` is {}", entry.node.kind());
            let hint = format!("parameters of a command stand in `[{name}.deploy.parameters]`");
            out.push(Diagnostic::error("SAMC-002", message).at(entry.key_span).hint(hint));
            continue;
        };
        let mut environment = Environment { span: entry.key_span, commands: IndexMap::new() };
        for (command, entry) in commands.entries() {
            let parameters = parameters(name, command, &entry.node, entry.key_span, &mut out);
            // The SAM CLI takes `local-start-api` and `local_start_api` for the same command.
            environment.commands.insert(command.replace('-', "_"), parameters);
        }
        samconfig.environments.insert(name.to_owned(), environment);
    }
    (samconfig, out)
}

/// The SAM CLI refuses a file without a number here; what is read is the same, so that alone stops nothing.
fn check_version(root: &Node, file: Span, out: &mut Diagnostics) {
    let node = root.get("version");
    let number = node.and_then(|node| match &node.value {
        template::Value::Number(number) => number.text.parse::<f64>().ok(),
        _ => None,
    });
    let diagnostic = match (node, number) {
        (None, _) if root.as_map().is_none_or(|map| map.is_empty()) => return,
        (Some(_), Some(0.1)) => return,
        (None, _) => {
            let message = "the samconfig file has no `version`";
            Diagnostic::warning("SAMC-003", message).at(file).why("the SAM CLI does not read such a file")
        }
        (Some(node), Some(_)) => {
            Diagnostic::warning("SAMC-003", "this version of samconfig files is not known").at(node.span)
        }
        (Some(node), None) => {
            let message = format!("the `version` of the samconfig file is {}", node.kind());
            Diagnostic::error("SAMC-003", message).at(node.span).why("the SAM CLI does not read such a file")
        }
    };
    out.push(diagnostic.hint("write `version = 0.1` at its top"));
}

fn parameters(
    environment: &str,
    command: &str,
    node: &Node,
    span: Span,
    out: &mut Diagnostics,
) -> IndexMap<String, Parameter> {
    let mut found = IndexMap::new();
    let table = node.as_map();
    if let Some(map) = table.and_then(|map| map.get("parameters")).and_then(Node::as_map) {
        for (name, entry) in map.entries() {
            found.insert(name.replace('-', "_"), Parameter { key_span: entry.key_span, node: entry.node.clone() });
        }
    }
    // Easily forgotten, and then silently without effect.
    if let Some((name, entry)) =
        table.into_iter().flat_map(template::Map::entries).find(|(name, _)| *name != "parameters")
    {
        let place = if table.is_some() { entry.key_span } else { span };
        let message = format!("`{name}` does not stand in `parameters`");
        let diagnostic = Diagnostic::warning("SAMC-004", message).at(place).why("the SAM CLI does not see it there");
        out.push(diagnostic.hint(format!("move it to `[{environment}.{command}.parameters]`")));
    }
    found
}

impl Samconfig {
    /// The names of its environments, in file order.
    pub fn environments(&self) -> impl Iterator<Item = &str> {
        self.environments.keys().map(String::as_str)
    }

    /// The environments that say something about `deploy`.
    pub fn deployed_environments(&self) -> impl Iterator<Item = &str> {
        let deployed = |environment: &Environment| environment.commands.contains_key("deploy");
        self.environments.iter().filter(move |(_, e)| deployed(e)).map(|(name, _)| name.as_str())
    }

    /// The parameters of a command in an environment, those of `global` among them.
    fn merged(&self, environment: &str, command: &str) -> IndexMap<&str, &Parameter> {
        let mut all = IndexMap::new();
        if let Some(environment) = self.environments.get(environment) {
            for name in [GLOBAL, command] {
                for (key, parameter) in environment.commands.get(name).into_iter().flatten() {
                    all.insert(key.as_str(), parameter);
                }
            }
        }
        all
    }
}
