//! Stages of a pipeline file, with `stage_defaults` merged into them.

use super::read::{Reader, is_slug, nodes, text};
use super::read_step::Names;
use super::{AlarmsWithoutData, RequiresApproval, RoleName, Stage, Targets, fleet};
use crate::bootstrap;
use crate::expression::Expr;
use crate::window::Windows;
use base::{AccountId, Arn, Diagnostic, Region, Span};
use indexmap::IndexMap;
use template::{Map, Node};

/// All stages that can be read.
pub(super) fn read(reader: &mut Reader<'_>, body: &Map, windows: &Windows) -> Vec<Stage> {
    let defaults = body.get("stage_defaults").and_then(Node::as_map);
    let names = Names::new(body);
    if let Some(defaults) = defaults {
        check_shared(reader, defaults, windows);
    }
    let mut stages = Vec::new();
    for node in nodes(body, "stages") {
        let Some(own) = node.as_map() else { continue };
        check_shared(reader, own, windows);
        let settings = Settings { own, defaults, span: node.span };
        if let Some(stage) = settings.stage(reader, &names) {
            stages.push(stage);
        }
    }
    stages
}

/// What a stage says, and what stands in for what it does not say.
pub(super) struct Settings<'m> {
    pub(super) own: &'m Map,
    defaults: Option<&'m Map>,
    span: Span,
}

impl<'m> Settings<'m> {
    pub(super) fn get(&self, key: &str) -> Option<&'m Node> {
        self.own.get(key).or_else(|| self.defaults?.get(key))
    }

    fn text(&self, key: &str) -> Option<&'m str> {
        self.get(key)?.as_str()
    }

    /// Where to put a message about something that is missing.
    pub(super) fn place(&self) -> Span {
        self.own.get("name").map_or(self.span, |node| node.span)
    }

    /// The entries of a mapping that merges key by key.
    fn merged(&self, key: &str) -> IndexMap<&'m str, &'m Node> {
        let entries = |map: Option<&'m Map>| {
            map.and_then(|map| map.get(key)).and_then(Node::as_map).into_iter().flat_map(Map::iter)
        };
        let mut all: IndexMap<&str, &Node> = entries(self.defaults).collect();
        all.extend(entries(Some(self.own)));
        all
    }

    fn stage(&self, reader: &mut Reader<'_>, names: &Names<'_>) -> Option<Stage> {
        let name = self.own.get("name").and_then(|node| Some((node.as_str()?, node.span)));
        if let Some((name, span)) = name
            && !is_slug(name)
        {
            reader.bad_name("a stage", name, span);
        }
        let targets = self.targets(reader);
        let deployment_role = self.role(reader, "deployment_role", targets.as_ref());
        let execution_role = self.role(reader, "execution_role", targets.as_ref());
        let vars = self.vars(reader);
        let skip = names.resolve(reader, &nodes(self.own, "skip"));
        let alarms = self.alarms(reader);
        let (name, span) = name?;
        let standard = standard(reader, name);
        Some(Stage {
            name: name.to_owned(),
            targets: targets?,
            window: self.text("deployment_time_window").unwrap_or(Windows::NONE).to_owned(),
            vars,
            alarms,
            alarms_without_data: match self.text("alarms_without_data") {
                Some("ok") => AlarmsWithoutData::Ok,
                _ => AlarmsWithoutData::Pause,
            },
            skip,
            // One for a role of the user's own is not made.
            plan_role: standard
                .plan_role
                .filter(|_| deployment_role.as_ref().is_none_or(|role| *role == standard.deployment_role)),
            deployment_role: deployment_role.unwrap_or(standard.deployment_role),
            execution_role: match execution_role {
                Some(role) => Some(role).filter(|role| *role != RoleName::Caller),
                None => standard.execution_role,
            },
            artifact_bucket: self.text("artifact_bucket").map(str::to_owned),
            artifact_prefix: self
                .text("artifact_prefix")
                .map_or(standard.artifact_prefix, |text| text.trim_matches('/').to_owned()),
            external_id: self.text("external_id").map(str::to_owned).or(standard.external_id),
            session_tags: self
                .merged("session_tags")
                .into_iter()
                .filter_map(|(key, node)| Some((key.to_owned(), node.as_str()?.to_owned())))
                .collect(),
            requires_approval: match self.text("requires_approval") {
                Some("ALWAYS") => RequiresApproval::Always,
                Some("DESTRUCTIVE_CHANGES_ONLY") => RequiresApproval::DestructiveChangesOnly,
                _ => RequiresApproval::Never,
            },
            span,
        })
    }

    fn targets(&self, reader: &mut Reader<'_>) -> Option<Targets> {
        if let Some(targets) = self.own.get("targets") {
            for key in ["account_id", "region"] {
                if let Some(span) = self.own.key_span(key) {
                    let message = format!("a stage with `targets` has no `{key}` of its own");
                    let hint = format!("remove `{key}`, or remove `targets` for a stage with one account");
                    reader.out.push(Diagnostic::error("PIPE-020", message).at(span).hint(hint));
                }
            }
            return fleet::read(reader, self, targets).map(Targets::Fleet);
        }
        for key in ["waves", "max_concurrent", "failure_tolerance", "region_concurrency"] {
            if let Some(span) = self.own.key_span(key) {
                let message = format!("`{key}` needs a stage with `targets`");
                let hint = "a stage with one account and region has one target; remove the key, or write `targets`";
                reader.out.push(Diagnostic::error("PIPE-020", message).at(span).hint(hint));
            }
        }
        let missing = |key: &str, hint: &str| {
            Diagnostic::error("PIPE-002", format!("`{key}` is missing in a stage"))
                .at(self.place())
                .hint(hint.to_owned())
        };
        let account_meant = ["account", "accountId"].iter().any(|key| self.own.contains_key(key));
        if !self.own.contains_key("account_id") && !account_meant {
            reader.out.push(missing(
                "account_id",
                "add `account_id: \"…\"` with twelve digits, or `targets` for many accounts",
            ));
        }
        if self.get("region").is_none() {
            reader.out.push(missing("region", "add `region: us-east-1` here, or in `stage_defaults` for all stages"));
        }
        let account = AccountId::new(text(self.own, "account_id")?).ok()?;
        let region = Region::new(self.text("region")?).ok()?;
        Some(Targets::Single { account: Some(account), region })
    }

    fn role(&self, reader: &mut Reader<'_>, key: &str, targets: Option<&Targets>) -> Option<RoleName> {
        let node = self.get(key)?;
        let role = read_role(node.as_str()?)?;
        let RoleName::Arn(arn) = &role else { return Some(role) };
        // The role of `stage_defaults` is the same for all stages; a problem with it is one of each stage.
        let place = if self.own.contains_key(key) { node.span } else { self.place() };
        let name = arn.resource().trim_start_matches("role/");
        let diagnostic = match targets? {
            Targets::Fleet(_) => {
                Diagnostic::error("PIPE-024", format!("`{key}` of a stage with many accounts cannot be an ARN"))
                    .why("an ARN names a role in one account")
            }
            Targets::Single { account: Some(account), .. } if arn.account() != account.as_str() => Diagnostic::error(
                "PIPE-024",
                format!("the role `{arn}` is in account {}, the stage in {account}", arn.account()),
            ),
            Targets::Single { region, .. } if partition_of(arn) != region.partition().as_str() => {
                let message = format!(
                    "the role `{arn}` is in partition `{}`, the region in `{}`",
                    partition_of(arn),
                    region.partition()
                );
                Diagnostic::error("PIPE-024", message)
            }
            Targets::Single { .. } => return Some(role),
        };
        reader.out.push(
            diagnostic.at(place).hint(format!("write the name alone, which is looked up in each account: `{name}`")),
        );
        None
    }

    fn vars(&self, reader: &mut Reader<'_>) -> IndexMap<String, Expr> {
        let mut vars = IndexMap::new();
        for (name, node) in self.merged("vars") {
            // Values of `stage_defaults` are read once per stage, but what is wrong with them is said once.
            let mut problems = Vec::new();
            let value = Expr::from_node(node, reader.text, &mut problems);
            for root in ["vars", "steps", "stages"] {
                if let Some(place) = value.names(root) {
                    let message = format!("a variable cannot use `{root}`");
                    let diagnostic = Diagnostic::error("PIPE-025", message).at(place.unwrap_or(node.span));
                    problems.push(
                        diagnostic
                            .why("variables are known before the stage starts")
                            .hint("use the expression in the step itself"),
                    );
                }
            }
            problems.retain(|problem| !reader.out.contains(problem));
            reader.out.append(&mut problems);
            vars.insert(name.to_owned(), value);
        }
        vars
    }

    fn alarms(&self, reader: &mut Reader<'_>) -> Vec<String> {
        let own = ["auto_rollback_alarm_name", "auto_rollback_alarms"].iter().any(|key| self.own.contains_key(key));
        let map = if own { Some(self.own) } else { self.defaults };
        let Some(map) = map else { return Vec::new() };
        let found = nodes(map, "auto_rollback_alarm_name").into_iter().chain(nodes(map, "auto_rollback_alarms"));
        let mut alarms: Vec<String> = Vec::new();
        for name in found.filter_map(Node::as_str) {
            if !alarms.iter().any(|known| known == name) {
                alarms.push(name.to_owned());
            }
        }
        let place = map.key_span("auto_rollback_alarms").unwrap_or(self.place());
        if alarms.len() > 5 {
            let diagnostic = Diagnostic::error("PIPE-015", format!("a stage has {} alarms", alarms.len())).at(place);
            let diagnostic = diagnostic.why("CloudFormation watches at most 5 alarms of a stack");
            let problem = diagnostic.hint("join some of them in a composite alarm");
            if !reader.out.contains(&problem) {
                reader.out.push(problem);
            }
        }
        alarms
    }
}

/// What stands in for the roles and places that a stage does not name.
struct Standard {
    deployment_role: RoleName,
    plan_role: Option<String>,
    execution_role: Option<RoleName>,
    artifact_prefix: String,
    external_id: Option<String>,
}

fn standard(reader: &Reader<'_>, stage: &str) -> Standard {
    let Some((pipeline, settings)) = reader.convention else {
        return Standard {
            deployment_role: RoleName::Name(RoleName::DEFAULT.to_owned()),
            plan_role: None,
            execution_role: None,
            artifact_prefix: String::new(),
            external_id: None,
        };
    };
    Standard {
        deployment_role: RoleName::Name(bootstrap::deployment_role(settings, pipeline, stage)),
        plan_role: settings.plan_role.then(|| bootstrap::plan_role(settings, pipeline, stage)),
        execution_role: Some(RoleName::Name(bootstrap::execution_role(settings, pipeline, stage))),
        // Code that one stage may overwrite must not be what another one deploys.
        artifact_prefix: format!("{pipeline}/{stage}"),
        external_id: settings.external_id.clone(),
    }
}

fn partition_of(arn: &Arn) -> &str {
    arn.as_str().split(':').nth(1).unwrap_or_default()
}

/// What stages and their defaults have in common.
fn check_shared(reader: &mut Reader<'_>, map: &Map, windows: &Windows) {
    if let Some(node) = map.get("deployment_time_window")
        && let Some(name) = node.as_str()
        && windows.get(name).is_none()
    {
        let diagnostic = Diagnostic::error("WIND-006", format!("there is no deployment window `{name}`")).at(node.span);
        let hint = crate::suggest::hint(name, windows.names()).unwrap_or_default();
        reader.out.push(diagnostic.hint(hint));
    }
    for key in ["deployment_role", "execution_role"] {
        if let Some(node) = map.get(key)
            && let Some(text) = node.as_str()
            && read_role(text).is_none()
        {
            let diagnostic =
                Diagnostic::error("PIPE-024", format!("`{text}` is not the name or ARN of a role")).at(node.span);
            reader.out.push(
                diagnostic.hint("write a name such as `landfall-deploy`, or `arn:aws:iam::<account>:role/<name>`"),
            );
        }
    }
    if let Some(node) = map.get("artifact_bucket")
        && let Some(bucket) = node.as_str()
    {
        reader.bucket(bucket, node.span);
    }
    check_assume_role(reader, map);
}

/// Limits of `AssumeRole` in the AWS STS API Reference.
fn check_assume_role(reader: &mut Reader<'_>, map: &Map) {
    if let Some(node) = map.get("external_id")
        && let Some(id) = node.as_str()
    {
        let known = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
        if !(2..=1224).contains(&id.len()) || !id.chars().all(known) {
            let diagnostic = Diagnostic::error("PIPE-037", "this cannot be an external id").at(node.span);
            reader.out.push(diagnostic.hint("write 2 to 1224 letters, digits and `_+=,.@:/-`"));
        }
    }
    let tags = map.get("session_tags").and_then(Node::as_map);
    for (key, entry) in tags.into_iter().flat_map(Map::entries) {
        let long_value = entry.node.as_str().is_some_and(|value| value.chars().count() > 256);
        if key.is_empty() || key.chars().count() > 128 || key.to_lowercase().starts_with("aws:") || long_value {
            let diagnostic =
                Diagnostic::error("PIPE-035", format!("`{key}` cannot be a session tag")).at(entry.key_span);
            reader.out.push(
                diagnostic
                    .why("keys have 1 to 128 characters and do not start with `aws:`, values have up to 256")
                    .hint("choose another key, or a shorter value"),
            );
        }
    }
    if let (Some(tags), Some(span)) = (tags, map.key_span("session_tags"))
        && tags.len() > 50
    {
        let message = format!("`session_tags` has {} entries", tags.len());
        let diagnostic = Diagnostic::error("PIPE-032", message).at(span).why("a session has at most 50 tags");
        reader.out.push(diagnostic.hint("keep 50 of them at most"));
    }
}

/// A role by name (with its path, if it has one) or ARN.
pub(super) fn read_role(text: &str) -> Option<RoleName> {
    if text == "caller" {
        return Some(RoleName::Caller);
    }
    if text.starts_with("arn:") {
        let arn = Arn::new(text).ok()?;
        let account = AccountId::new(arn.account()).is_ok();
        let good = arn.service() == "iam" && account && arn.resource().strip_prefix("role/").is_some_and(is_role_path);
        return good.then_some(RoleName::Arn(arn));
    }
    is_role_path(text).then(|| RoleName::Name(text.trim_start_matches('/').to_owned()))
}

/// Names as `CreateRole` in the IAM API Reference takes them: up to 64 letters, digits and `_+=,.@-`.
fn is_role_path(text: &str) -> bool {
    let (path, name) = text.rsplit_once('/').unwrap_or(("", text));
    let known = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    !name.is_empty()
        && name.len() <= 64
        && name.chars().all(known)
        && path.len() <= 510
        && path.chars().all(|c| c == '/' || known(c))
}
