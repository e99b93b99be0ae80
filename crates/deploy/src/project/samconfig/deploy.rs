//! What a samconfig file says about `sam deploy`.

use super::{DEFAULT_ENVIRONMENT, Parameter, Samconfig, pairs};
use crate::project::{Capability, OnFailure};
use base::{Arn, Diagnostic, Diagnostics, Region, Span, StackName};
use indexmap::IndexMap;
use template::{Node, Value};

/// The parameters of `sam deploy`, as far as Landfall has a use for them. What the file does not say is nothing, empty
/// or `false`; see "sam deploy" in the AWS SAM Developer Guide.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeployParameters {
    /// `stack_name`
    pub stack_name: Option<StackName>,
    /// `s3_bucket`
    pub s3_bucket: Option<String>,
    /// `s3_prefix`
    pub s3_prefix: Option<String>,
    /// `resolve_s3`: a bucket of the SAM CLI's own; here the artifact bucket of the account.
    pub resolve_s3: bool,
    /// `region`
    pub region: Option<Region>,
    /// `profile`
    pub profile: Option<String>,
    /// `capabilities`
    pub capabilities: Vec<Capability>,
    /// `parameter_overrides`
    pub parameter_overrides: IndexMap<String, String>,
    /// `tags`
    pub tags: IndexMap<String, String>,
    /// `role_arn`: the role that CloudFormation uses.
    pub role_arn: Option<Arn>,
    /// `notification_arns`
    pub notification_arns: Vec<String>,
    /// `confirm_changeset`
    pub confirm_changeset: bool,
    /// `no_execute_changeset`: plan only.
    pub no_execute_changeset: bool,
    /// `fail_on_empty_changeset`, only when the file says so: to Landfall, having nothing to do is a success.
    pub fail_on_empty_changeset: bool,
    /// `disable_rollback`
    pub disable_rollback: bool,
    /// `on_failure`
    pub on_failure: Option<OnFailure>,
    /// `template_file`, or `template` as `sam build` calls it.
    pub template_file: Option<String>,
    /// `image_repository`
    pub image_repository: Option<String>,
    /// `kms_key_id`
    pub kms_key_id: Option<String>,
}

/// Parameters of `sam deploy` that change nothing in what Landfall does.
const WITHOUT_EFFECT: [&str; 22] = [
    "guided",
    "debug",
    "beta_features",
    "save_params",
    "no_progressbar",
    "config_file",
    "config_env",
    "resolve_image_repos",
    "image_repositories",
    "force_upload",
    "use_json",
    "metadata",
    "signing_profiles",
    "max_wait_duration",
    "s3_bucket_owner",
    "no_confirm_changeset",
    "no_fail_on_empty_changeset",
    "no_disable_rollback",
    "base_dir",
    "build_dir",
    "cached",
    "parallel",
];

const WITH_EFFECT: [&str; 20] = [
    "stack_name",
    "s3_bucket",
    "s3_prefix",
    "resolve_s3",
    "region",
    "profile",
    "capabilities",
    "parameter_overrides",
    "tags",
    "role_arn",
    "notification_arns",
    "confirm_changeset",
    "no_execute_changeset",
    "fail_on_empty_changeset",
    "disable_rollback",
    "on_failure",
    "template_file",
    "template",
    "image_repository",
    "kms_key_id",
];

impl Samconfig {
    /// What `sam deploy --config-env environment` would take from the file. `environment` is `default` when the user
    /// names none. An environment that is not there is an error, because going on without its parameters would deploy
    /// something else somewhere else.
    pub fn deploy(&self, environment: &str) -> (DeployParameters, Diagnostics) {
        let mut out = Diagnostics::new();
        let empty = self.environments.is_empty() && environment == DEFAULT_ENVIRONMENT;
        if !self.environments.contains_key(environment) && !empty {
            let message = format!("the samconfig file has no environment `{environment}`");
            let diagnostic = Diagnostic::error("SAMC-006", message).at(self.span);
            let hint = crate::suggest::hint(environment, self.environments())
                .map(|hint| format!("{hint}; `--config-env` names another"));
            let fallback = || format!("add `[{environment}.deploy.parameters]`");
            return (DeployParameters::default(), vec![diagnostic.hint(hint.unwrap_or_else(fallback))]);
        }
        let merged = self.merged(environment, "deploy");
        self.check_keys(environment, &mut out);
        let mut reader = Reader { parameters: &merged, out: &mut out };
        let deploy = reader.deploy();
        without_effect(&merged, &deploy, &mut out);
        if deploy.disable_rollback && deploy.on_failure.is_some_and(|action| action != OnFailure::DoNothing) {
            let span = merged.get("on_failure").map_or(self.span, |parameter| parameter.key_span);
            let diagnostic =
                Diagnostic::error("PIPE-028", "`disable_rollback` and `on_failure` contradict each other").at(span);
            out.push(diagnostic.hint("remove one of them"));
        }
        (deploy, out)
    }

    /// Only the keys of `deploy` itself are checked: `global` has those of every command.
    fn check_keys(&self, environment: &str, out: &mut Diagnostics) {
        let own = self.environments.get(environment).and_then(|environment| environment.commands.get("deploy"));
        for (name, parameter) in own.into_iter().flatten() {
            if WITH_EFFECT.contains(&name.as_str()) || WITHOUT_EFFECT.contains(&name.as_str()) {
                continue;
            }
            let message = format!("`{name}` is not a parameter of `sam deploy`");
            let diagnostic = Diagnostic::warning("SAMC-007", message).at(parameter.key_span);
            out.push(match crate::suggest::nearest(name, WITH_EFFECT) {
                Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
                None => diagnostic.why("it has no effect").hint("remove it, or see `sam deploy --help` for the names"),
            });
        }
    }

    /// Where messages about an environment go.
    pub(super) fn environment_span(&self, environment: &str) -> Span {
        self.environments.get(environment).map_or(self.span, |environment| environment.span)
    }
}

/// Settings that `sam deploy` acts on and Landfall does not: said, so that nobody relies on them. `confirm_changeset` is
/// what `landfall deploy` does anyway, unless `--yes` is given.
fn without_effect(merged: &IndexMap<&str, &Parameter>, deploy: &DeployParameters, out: &mut Diagnostics) {
    let mut told = |key: &str, diagnostic: Diagnostic| {
        let span = merged.get(key).map(|parameter| parameter.key_span).unwrap_or_default();
        out.push(diagnostic.at(span));
    };
    if deploy.no_execute_changeset {
        let text = "`no_execute_changeset` is set: with it nothing is deployed";
        let hint = "`landfall plan` shows what would be done; remove the setting to deploy";
        told(
            "no_execute_changeset",
            Diagnostic::warning("SAMC-010", text).why("`landfall deploy` executes what it plans").hint(hint),
        );
    }
    if deploy.kms_key_id.is_some() {
        let text = "`kms_key_id` has no effect: artifacts are encrypted as their bucket is set to";
        told("kms_key_id", Diagnostic::warning("SAMC-010", text).hint("make the key the bucket's default encryption"));
    }
    if deploy.image_repository.is_some() {
        let text = "`image_repository` has no effect: images are not pushed";
        let hint = "push the image in a build step, and name it by its digest in `ImageUri`";
        told("image_repository", Diagnostic::warning("SAMC-010", text).hint(hint));
    }
}

struct Reader<'a> {
    parameters: &'a IndexMap<&'a str, &'a Parameter>,
    out: &'a mut Diagnostics,
}

impl Reader<'_> {
    fn deploy(&mut self) -> DeployParameters {
        let prefix = self.text("s3_prefix").map(|prefix| prefix.trim_matches('/').to_owned());
        DeployParameters {
            stack_name: self.name(
                "stack_name",
                "SAMC-008",
                "write letters, digits and hyphens, a letter first",
                StackName::new,
            ),
            s3_bucket: self.text("s3_bucket"),
            s3_prefix: prefix,
            resolve_s3: self.boolean("resolve_s3"),
            region: self.region(),
            profile: self.text("profile"),
            capabilities: self.capabilities(),
            parameter_overrides: self.pairs("parameter_overrides"),
            tags: self.pairs("tags"),
            role_arn: self.role(),
            notification_arns: self.list("notification_arns").into_iter().map(|(text, _)| text).collect(),
            confirm_changeset: self.boolean("confirm_changeset"),
            no_execute_changeset: self.boolean("no_execute_changeset"),
            fail_on_empty_changeset: self.boolean("fail_on_empty_changeset"),
            disable_rollback: self.boolean("disable_rollback"),
            on_failure: self.on_failure(),
            template_file: self.text("template_file").or_else(|| self.text("template")),
            image_repository: self.text("image_repository"),
            kms_key_id: self.text("kms_key_id"),
        }
    }

    fn node(&self, key: &str) -> Option<&Node> {
        self.parameters.get(key).map(|parameter| &parameter.node)
    }

    fn wrong_type(&mut self, key: &str, wanted: &str) {
        if let Some(node) = self.node(key) {
            let diagnostic = Diagnostic::error("PIPE-003", format!("`{key}` needs {wanted}, found {}", node.kind()));
            self.out.push(diagnostic.at(node.span).hint(format!("write {wanted}")));
        }
    }

    fn text(&mut self, key: &str) -> Option<String> {
        match &self.node(key)?.value {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            _ => {
                self.wrong_type(key, "a string");
                None
            }
        }
    }

    fn name<T>(
        &mut self,
        key: &str,
        code: &'static str,
        hint: &str,
        make: impl Fn(String) -> Result<T, base::NameError>,
    ) -> Option<T> {
        let text = self.text(key)?;
        match make(text) {
            Ok(name) => Some(name),
            Err(error) => {
                let span = self.node(key).map(|node| node.span).unwrap_or_default();
                self.out.push(Diagnostic::error(code, error.to_string()).at(span).hint(hint));
                None
            }
        }
    }

    fn region(&mut self) -> Option<Region> {
        let region = self.name("region", "PIPE-005", "write a code such as `eu-west-1`", Region::new)?;
        let span = self.node("region").map(|node| node.span).unwrap_or_default();
        self.out.extend(crate::project::shape::unknown_region(region.as_str()).map(|told| told.at(span)));
        Some(region)
    }

    /// The SAM CLI takes `"true"`, `"yes"` and `"1"` for true as well.
    fn boolean(&mut self, key: &str) -> bool {
        let Some(node) = self.node(key) else { return false };
        let word = match &node.value {
            Value::Bool(b) => return *b,
            Value::String(text) => text.to_lowercase(),
            Value::Number(number) => number.text.clone(),
            _ => String::new(),
        };
        match word.as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => true,
            "false" | "f" | "no" | "n" | "off" | "0" => false,
            _ => {
                self.wrong_type(key, "`true` or `false`");
                false
            }
        }
    }

    /// One text with words between spaces, or a list, each with its place.
    fn list(&mut self, key: &str) -> Vec<(String, Span)> {
        let Some(node) = self.node(key) else { return Vec::new() };
        let words = |node: &Node| -> Vec<(String, Span)> {
            let text = node.as_str().unwrap_or_default();
            text.split_whitespace().map(|word| (word.to_owned(), node.span)).collect()
        };
        match &node.value {
            Value::String(_) => words(node),
            Value::List(items) => items.iter().flat_map(words).collect(),
            Value::Null => Vec::new(),
            _ => {
                self.wrong_type(key, "a string or a list");
                Vec::new()
            }
        }
    }

    fn capabilities(&mut self) -> Vec<Capability> {
        let mut found = Vec::new();
        for (word, span) in self.list("capabilities") {
            match Capability::from_text(&word) {
                Some(capability) => found.push(capability),
                None => {
                    let diagnostic =
                        Diagnostic::error("PIPE-006", format!("`capabilities` cannot be `{word}`")).at(span);
                    let hint = crate::suggest::hint(&word, Capability::ALL.map(Capability::as_str));
                    self.out.push(diagnostic.hint(hint.unwrap_or_default()));
                }
            }
        }
        Capability::ALL.into_iter().filter(|capability| found.contains(capability)).collect()
    }

    fn pairs(&mut self, key: &str) -> IndexMap<String, String> {
        match self.parameters.get(key) {
            Some(parameter) => pairs::read(key, parameter, self.out),
            None => IndexMap::new(),
        }
    }

    fn role(&mut self) -> Option<Arn> {
        let text = self.text("role_arn")?;
        match crate::project::read_stage::read_role(&text) {
            Some(crate::project::RoleName::Arn(arn)) => Some(arn),
            _ => {
                let span = self.node("role_arn").map(|node| node.span).unwrap_or_default();
                let diagnostic = Diagnostic::error("PIPE-024", format!("`{text}` is not the ARN of a role")).at(span);
                self.out.push(
                    diagnostic.hint("write `arn:aws:iam::<account>:role/<name>`, the account with twelve digits"),
                );
                None
            }
        }
    }

    fn on_failure(&mut self) -> Option<OnFailure> {
        let text = self.text("on_failure")?;
        match text.as_str() {
            "ROLLBACK" => Some(OnFailure::Rollback),
            "DELETE" => Some(OnFailure::Delete),
            "DO_NOTHING" => Some(OnFailure::DoNothing),
            _ => {
                let span = self.node("on_failure").map(|node| node.span).unwrap_or_default();
                let diagnostic = Diagnostic::error("PIPE-006", format!("`on_failure` cannot be `{text}`")).at(span);
                self.out.push(diagnostic.hint("write `ROLLBACK`, `DELETE` or `DO_NOTHING`"));
                None
            }
        }
    }
}
