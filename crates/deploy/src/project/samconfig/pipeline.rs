//! A pipeline of one stage from a samconfig file, for projects without a pipeline file.

use super::{DeployParameters, Samconfig};
use crate::expression::Expr;
use crate::project::{
    AlarmsWithoutData, Artifact, ArtifactKind, Pipeline, RequiresApproval, RoleName, RollbackPolicy, StackParams,
    Stage, StateHome, Step, StepKind, Targets, TemplateSource,
};
use crate::window::Windows;
use base::{AccountId, Diagnostic, Diagnostics, Region, Span, StackName};
use indexmap::IndexMap;

/// What stands outside of the samconfig file: options of the command line, which win over it, and what is used when
/// neither says anything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SamProject {
    /// The template's path from the repository root, when the user names one.
    pub template: Option<String>,
    /// The stack's name, when the user names one.
    pub stack_name: Option<StackName>,
    /// The region, when the user names one.
    pub region: Option<Region>,
    /// The region of the environment and the profile, used when nothing else says one.
    pub fallback_region: Option<Region>,
    /// Template parameters that the user names; each wins over the one of the file.
    pub parameter_overrides: IndexMap<String, String>,
}

/// The pipeline that does what `sam deploy --config-env environment` does: one stage, one account, one stack.
///
/// The stage has the environment's name. Its account is that of `role_arn` if there is one, otherwise it is not known
/// before the caller's identity is. Nothing is assumed: the caller's credentials deploy, and CloudFormation uses
/// `role_arn`, which is what the SAM CLI does with it.
pub fn pipeline_from_samconfig(
    samconfig: &Samconfig,
    environment: &str,
    project: &SamProject,
) -> (Pipeline, Diagnostics) {
    let (deploy, mut out) = samconfig.deploy(environment);
    let found = out.iter().any(|problem| problem.code.as_str() == "SAMC-006");
    let span = samconfig.environment_span(environment);
    let stack_name = project.stack_name.clone().or_else(|| deploy.stack_name.clone());
    let region = project.region.clone().or_else(|| deploy.region.clone()).or_else(|| project.fallback_region.clone());
    if !found && stack_name.is_none() && !out.iter().any(|problem| problem.code.as_str() == "SAMC-008") {
        out.push(missing(samconfig, environment, span, "stack_name", "--stack-name", |d| d.stack_name.is_some()));
    }
    if !found && region.is_none() && !out.iter().any(|problem| problem.code.as_str() == "PIPE-005") {
        out.push(missing(samconfig, environment, span, "region", "--region", |d| d.region.is_some()));
    }
    let account = deploy.role_arn.as_ref().and_then(|arn| AccountId::new(arn.account()).ok());
    let template =
        project.template.clone().or_else(|| deploy.template_file.clone()).unwrap_or_else(|| "template.yaml".to_owned());
    let stack = stack_name.as_ref().map_or("stack", StackName::as_str).to_owned();
    let artifact = Artifact { name: "app".to_owned(), kind: ArtifactKind::Sam, template, build: Vec::new(), span };
    let targets = region.map(|region| Targets::Single { account, region });
    let pipeline = Pipeline {
        name: slug(&stack),
        version: 1,
        tracks: None,
        organization: None,
        profile: deploy.profile.clone(),
        state: StateHome::Disk,
        windows: Windows::built_in(),
        artifacts: IndexMap::from_iter([(artifact.name.clone(), artifact)]),
        stages: targets.map(|targets| stage(environment, targets, &deploy, span)).into_iter().collect(),
        steps: vec![step(&stack, &deploy, project, span)],
    };
    (pipeline, out)
}

fn missing(
    samconfig: &Samconfig,
    environment: &str,
    span: Span,
    key: &str,
    option: &str,
    has: impl Fn(&DeployParameters) -> bool,
) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("SAMC-009", format!("nothing says what `{key}` is for `{environment}`")).at(span);
    let elsewhere = environment != super::DEFAULT_ENVIRONMENT
        && samconfig.environments().any(|name| name == super::DEFAULT_ENVIRONMENT)
        && has(&samconfig.deploy(super::DEFAULT_ENVIRONMENT).0);
    let hint = format!("add `{key}` to `[{environment}.deploy.parameters]`, or give `{option}`");
    match elsewhere {
        true => diagnostic.why("the environment `default` has one, but environments take nothing from it").hint(hint),
        false => diagnostic.hint(hint),
    }
}

fn stage(environment: &str, targets: Targets, deploy: &DeployParameters, span: Span) -> Stage {
    Stage {
        name: slug(environment),
        targets,
        window: Windows::NONE.to_owned(),
        vars: IndexMap::new(),
        alarms: Vec::new(),
        alarms_without_data: AlarmsWithoutData::default(),
        skip: Vec::new(),
        deployment_role: RoleName::Caller,
        plan_role: None,
        execution_role: deploy.role_arn.clone().map(RoleName::Arn),
        artifact_bucket: deploy.s3_bucket.clone().filter(|_| !deploy.resolve_s3),
        artifact_prefix: deploy.s3_prefix.clone().unwrap_or_default(),
        external_id: None,
        session_tags: IndexMap::new(),
        requires_approval: RequiresApproval::Never,
        span,
    }
}

fn step(stack_name: &str, deploy: &DeployParameters, project: &SamProject, span: Span) -> Step {
    let plain = |pairs: &IndexMap<String, String>| -> IndexMap<String, Expr> {
        pairs.iter().map(|(key, value)| (key.clone(), Expr::plain(value.as_str()))).collect()
    };
    let mut parameter_overrides = plain(&deploy.parameter_overrides);
    parameter_overrides.extend(plain(&project.parameter_overrides));
    let stack = StackParams {
        source: TemplateSource::Artifact("app".to_owned()),
        stack_name: Expr::plain(stack_name),
        parameter_overrides,
        capabilities: deploy.capabilities.clone(),
        tags: plain(&deploy.tags),
        disable_rollback: deploy.disable_rollback,
        on_failure: deploy.on_failure,
        timeout_minutes: None,
        busy_timeout_minutes: None,
        termination_protection: None,
        notification_arns: deploy.notification_arns.iter().map(|arn| Expr::plain(arn.as_str())).collect(),
        monitoring_minutes: 0,
        allow_replacement: Vec::new(),
        rollback: RollbackPolicy::Allowed,
        fail_on_empty_changeset: deploy.fail_on_empty_changeset,
        span,
    };
    Step {
        id: "deploy".to_owned(),
        name: "deploy".to_owned(),
        goes_after: Vec::new(),
        kind: StepKind::Sam(stack),
        span,
    }
}

/// A name in the form that pipelines and stages have.
pub(super) fn slug(text: &str) -> String {
    let plain: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' })
        .take(64)
        .collect();
    match plain.trim_matches('-') {
        "" => "stage".to_owned(),
        plain => plain.to_owned(),
    }
}
