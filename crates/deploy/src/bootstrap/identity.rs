//! Who a stage is at the CI: the subject of its tokens, which no other stage may have.

use super::{Ci, PipelineFacts, Settings, StageSettings};
use base::Diagnostic;
use iam::pattern::Pattern;
use iam::trust::{CiIdentity, GitHubIds, GitHubPlace, RunPhase};
use std::collections::BTreeMap;

/// A pattern with the names of pipeline and stage put in.
pub(super) fn fill(pattern: &str, pipeline: &str, stage: &str) -> String {
    pattern.replace("{pipeline}", pipeline).replace("{stage}", stage)
}

/// What the settings say about one stage.
pub(super) fn of_stage<'s>(settings: &'s Settings, pipeline: &str, stage: &str) -> Option<&'s StageSettings> {
    settings.stages.get(&format!("{pipeline}/{stage}")).or_else(|| settings.stages.get(stage))
}

/// The stage as its tokens name it; nothing where the CI has no tokens but an instance role.
///
/// # Errors
/// When the settings do not say what this CI needs of every stage.
pub(super) fn identity(settings: &Settings, pipeline: &str, stage: &str) -> Result<Option<CiIdentity>, Diagnostic> {
    let own = of_stage(settings, pipeline, stage).cloned().unwrap_or_default();
    let put = |pattern: &str| fill(pattern, pipeline, stage);
    let branch = |pattern: &str| own.branch.clone().unwrap_or_else(|| put(pattern));
    let named = |pattern: &str| own.name.clone().unwrap_or_else(|| put(pattern));
    Ok(Some(match &settings.ci {
        Ci::GitHub { address, owner, repository, ids, form, environment, branch: on } => CiIdentity::GitHub {
            address: address.clone(),
            owner: owner.clone(),
            repository: repository.clone(),
            ids: ids.clone().map(|(owner, repository)| GitHubIds { owner, repository }),
            form: *form,
            place: github_place(&own, environment.as_deref().map(put), put(on)),
        },
        Ci::GitLab { address, project, branch: on, audience } => CiIdentity::GitLab {
            address: address.clone(),
            project: project.clone(),
            reference: match &own.tag {
                Some(tag) => ("tag".to_owned(), tag.clone()),
                None => ("branch".to_owned(), branch(on)),
            },
            audience: audience.clone(),
        },
        Ci::Azure { organization, organization_id, project, service_connection, .. } => CiIdentity::AzurePipelines {
            organization_id: organization_id.clone(),
            organization: organization.clone(),
            project: project.clone(),
            service_connection: named(service_connection),
        },
        Ci::Bitbucket { workspace, workspace_id, repository_id, .. } => CiIdentity::Bitbucket {
            workspace: workspace.clone(),
            workspace_id: workspace_id.clone(),
            repository_id: repository_id.clone(),
            environment_id: Some(own.environment.ok_or_else(|| without_environment(settings, pipeline, stage))?),
        },
        Ci::CircleCi { organization_id, project_id, origin, branch: on } => CiIdentity::CircleCi {
            organization_id: organization_id.clone(),
            project_id: project_id.clone(),
            source: Some((origin.clone(), branch(on))),
        },
        Ci::Buildkite { organization, pipeline: slug, branch: on } => {
            CiIdentity::Buildkite { organization: organization.clone(), pipeline: named(slug), branch: branch(on) }
        }
        Ci::HcpTerraform { organization, project, workspace } => CiIdentity::HcpTerraform {
            organization: organization.clone(),
            project: project.clone(),
            workspace: named(workspace),
            phase: RunPhase::Apply,
        },
        Ci::Instance { .. } => return Ok(None),
    }))
}

/// The pull requests for a stage as their tokens name them; nothing where they get no role. The hub of all stages has the
/// name `stage` of any of them.
pub(super) fn pull_request(settings: &Settings, pipeline: &str, stage: &str) -> Option<CiIdentity> {
    let mut identity = identity(settings, pipeline, stage).ok().flatten().filter(|_| settings.plan_role)?;
    match (&mut identity, &settings.ci) {
        (CiIdentity::GitHub { place, .. }, _) => *place = GitHubPlace::PullRequest,
        (CiIdentity::HcpTerraform { phase, .. }, _) => *phase = RunPhase::Plan,
        (CiIdentity::AzurePipelines { service_connection, .. }, Ci::Azure { plan_service_connection, .. }) => {
            *service_connection = fill(plan_service_connection, pipeline, stage);
        }
        (CiIdentity::Bitbucket { environment_id, .. }, Ci::Bitbucket { plan_environment, .. }) => {
            environment_id.clone_from(plan_environment);
        }
        _ => return None,
    }
    Some(identity)
}

fn github_place(own: &StageSettings, environment: Option<String>, branch: String) -> GitHubPlace {
    match (&own.environment, &own.branch, &own.tag, environment) {
        (Some(environment), ..) => GitHubPlace::Environment(environment.clone()),
        (_, Some(branch), ..) => GitHubPlace::Branch(branch.clone()),
        (_, _, Some(tag), _) => GitHubPlace::Tag(tag.clone()),
        (.., Some(environment)) => GitHubPlace::Environment(environment),
        (.., None) => GitHubPlace::Branch(branch),
    }
}

fn without_environment(settings: &Settings, pipeline: &str, stage: &str) -> Diagnostic {
    Diagnostic::error("BOOT-009", format!("stage `{stage}` of `{pipeline}` has no deployment environment"))
        .at(settings.span)
        .why("Bitbucket's tokens name no branch; without an environment every step of every branch could enter the stage")
        .hint(format!("add its UUID: `stages: {{ {stage}: {{ environment: \"…\" }} }}`"))
}

/// The instance role of a stage's agents: its name, without a path, as instance profiles are chosen by hand.
pub(super) fn agent(settings: &Settings, pipeline: &str, stage: &str) -> Option<String> {
    let Ci::Instance { agent, .. } = &settings.ci else { return None };
    let own = of_stage(settings, pipeline, stage).and_then(|s| s.agent.clone());
    Some(own.unwrap_or_else(|| fill(agent, pipeline, stage)))
}

/// Errors for stages that cannot be told apart by their tokens, and for ids that are missing.
pub(super) fn check(settings: &Settings, pipelines: &[PipelineFacts]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for (pipeline, stage) in pipelines.iter().flat_map(|p| p.stages.iter().map(move |s| (p, s))) {
        if stage.deployment_role.is_none() {
            continue;
        }
        let place = format!("{}/{}", pipeline.name, stage.name);
        match identity(settings, &pipeline.name, &stage.name) {
            Ok(Some(identity)) => {
                for subject in identity.subjects().0 {
                    match known.get(&subject) {
                        Some(other) => found.push(same_subject(settings, other, &place, &subject)),
                        None => drop(known.insert(subject, place.clone())),
                    }
                }
            }
            Ok(None) => {}
            Err(problem) => found.push(problem),
        }
    }
    for (pipeline, stage) in pipelines.iter().flat_map(|p| p.stages.iter().map(move |s| (p, s))) {
        let subjects = pull_request(settings, &pipeline.name, &stage.name).map(|ci| ci.subjects().0);
        for subject in subjects.into_iter().flatten() {
            if let Some(other) = known.get(&subject) {
                let told = same_subject(settings, other, "pull requests", &subject);
                if !found.contains(&told) {
                    found.push(told);
                }
            }
        }
    }
    if let Ci::GitHub { ids: None, .. } = &settings.ci {
        let told = Diagnostic::note("BOOT-022", "the repository is known by its name only").at(settings.span);
        let told = told.why("tokens of repositories made, renamed or moved since 15 July 2026 name the numbers of owner and repository, and the roles would not be entered");
        found.push(told.hint("add `owner_id` and `repo_id`: `gh api repos/OWNER/REPO --jq '.owner.id, .id'`; for an older repository `subject: both`"));
    }
    found.extend(overlaps(pipelines));
    found
}

fn same_subject(settings: &Settings, one: &str, other: &str, subject: &str) -> Diagnostic {
    let hint = match settings.ci {
        Ci::GitHub { .. } => {
            "give each an environment of its own: `environment: \"{pipeline}-{stage}\"`, or `stages: { NAME: { environment: … } }`"
        }
        Ci::GitLab { .. } | Ci::CircleCi { .. } => {
            "give each a protected branch of its own: `branch: \"{pipeline}-{stage}\"`, or `stages: { NAME: { branch: … } }`"
        }
        Ci::Azure { .. } => "give each a service connection of its own: `service_connection: \"{pipeline}-{stage}\"`",
        Ci::Buildkite { .. } => "give each a Buildkite pipeline of its own: `pipeline: \"{pipeline}-{stage}\"`",
        Ci::HcpTerraform { .. } => "give each a workspace of its own: `workspace: \"{pipeline}-{stage}\"`",
        Ci::Bitbucket { .. } | Ci::Instance { .. } => {
            "give each a deployment environment of its own: `stages: { NAME: { environment: … } }`"
        }
    };
    Diagnostic::error("BOOT-008", format!("`{one}` and `{other}` are entered with the same token"))
        .at(settings.span)
        .why(format!("both would trust the subject `{subject}`, so that a token for one opens the other"))
        .hint(hint)
}

/// Stages of one account and region whose stacks may have the same name: the deployment role of the one could change the
/// stacks of the other.
fn overlaps(pipelines: &[PipelineFacts]) -> Vec<Diagnostic> {
    let all = pipelines.iter().flat_map(|p| p.stages.iter().map(move |s| (p, s)));
    let stacks = all.flat_map(|(p, s)| {
        let targets = s.targets.iter().filter(|_| s.deployment_role.is_some());
        targets.flat_map(move |t| t.stacks.iter().map(move |stack| (format!("{}/{}", p.name, s.name), t, stack)))
    });
    let stacks: Vec<_> = stacks.collect();
    let mut by_site: BTreeMap<_, Vec<(&str, &str)>> = BTreeMap::new();
    for (stage, target, stack) in &stacks {
        by_site.entry((&target.account, &target.region)).or_default().push((stage, stack));
    }
    let mut found: Vec<Diagnostic> = Vec::new();
    let pairs = by_site.values().flat_map(|site| site.iter().enumerate().map(move |(at, one)| (one, &site[at + 1..])));
    for ((one, stack), others) in pairs {
        for (other, theirs) in others.iter().filter(|(other, _)| other != one) {
            if Pattern::new(stack).overlaps(&Pattern::new(theirs)) {
                let message = format!(
                    "`{one}` and `{other}` may change each other's stacks in one account: `{stack}` and `{theirs}`"
                );
                let told =
                    Diagnostic::warning("BOOT-023", message).hint("start the stacks' names with the stage's name");
                if !found.contains(&told) {
                    found.push(told);
                }
            }
        }
    }
    found
}
