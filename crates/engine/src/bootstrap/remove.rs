//! Takes a bootstrap back: roles first, then hub roles, then what accounts share.

use super::drive::{Listener, Note};
use super::job::{Fate, Job};
use super::reach::rounds;
use crate::ports::{Answer, Ports, Site};
use deploy::bootstrap::{Part, PipelineFacts};
use jiff::SignedDuration;

/// Deleting a stack of a bootstrap that takes longer is given up.
const LIMIT: SignedDuration = SignedDuration::from_hours(1);
/// Seconds between two looks.
const POLL_SECONDS: i64 = 5;

/// Stacks of the pipelines that are still there, as `ACCOUNT/REGION/STACK`: without the roles they cannot be changed or
/// deleted any more. Names that are only known in a run are not found.
///
/// # Errors
/// When a stack cannot be looked at.
pub async fn in_use(
    ports: &Ports,
    pipelines: &[PipelineFacts],
    site: impl Fn(&base::AccountId, &base::Region) -> Site,
) -> Answer<Vec<String>> {
    let mut names = Vec::new();
    for target in pipelines.iter().flat_map(|p| &p.stages).flat_map(|s| &s.targets) {
        for stack in target.stacks.iter().filter(|name| !name.contains('*')) {
            names.push((site(&target.account, &target.region), stack.clone()));
        }
    }
    names.sort();
    names.dedup();
    let read = |(site, stack): (Site, String)| async move {
        let there = ports.stacks.describe(&site, &stack).await?.is_some_and(|s| s.status != "REVIEW_IN_PROGRESS");
        let account = site.account.as_ref().map(ToString::to_string).unwrap_or_default();
        Ok(there.then(|| format!("{account}/{}/{stack}", site.region)))
    };
    let answers = rounds(ports, names, read).await.into_iter().map(|(_, answer)| answer);
    Ok(answers.collect::<Answer<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Removes the stacks. What is gone already counts as removed; after a failure what it needs stays.
pub async fn remove(ports: &Ports, jobs: &mut [Job], tell: &mut Listener<'_>) {
    for wave in [2, 1, 0] {
        let failed = jobs.iter().find(|j| matches!(j.fate, Fate::Failed { .. })).map(Job::id);
        let mut open = Vec::new();
        for (at, job) in jobs.iter_mut().enumerate().filter(|(_, j)| super::apply::wave(j) == wave) {
            // The identity provider must outlive the roles that trust it.
            let needed = failed.as_ref().filter(|_| !matches!(job.stack.part, Part::Pipeline(_)));
            match needed {
                Some(other) => job.end(Fate::Cancelled { why: format!("{other} could not be removed") }),
                None => open.push(at),
            }
        }
        wave_of(ports, jobs, open, tell).await;
    }
}

async fn wave_of(ports: &Ports, jobs: &mut [Job], open: Vec<usize>, tell: &mut Listener<'_>) {
    let began = ports.clock.now();
    let all = &*jobs;
    let started = rounds(ports, open, |at| async move {
        match all.get(at) {
            Some(job) => start(ports, job).await,
            None => Ok(None),
        }
    });
    let mut open: Vec<(usize, String)> = Vec::new();
    for (at, answer) in started.await {
        match answer {
            Ok(Some(id)) => open.push((at, id)),
            Ok(None) => end(jobs, at, Fate::Same, tell),
            Err(failure) => end(jobs, at, failed(failure.message), tell),
        }
    }
    while !open.is_empty() {
        let all = &*jobs;
        let looks = rounds(ports, std::mem::take(&mut open), |(at, id)| async move {
            match all.get(at) {
                Some(job) => ports.stacks.describe(&job.site, &id).await,
                None => Ok(None),
            }
        });
        let late = ports.clock.now().duration_since(began) > LIMIT;
        for ((at, id), answer) in looks.await {
            match answer {
                Ok(None) => end(jobs, at, Fate::Removed, tell),
                Ok(Some(seen)) if seen.status == "DELETE_COMPLETE" => end(jobs, at, Fate::Removed, tell),
                Ok(Some(seen)) if seen.status == "DELETE_FAILED" => {
                    let why = seen.reason.unwrap_or_else(|| "CloudFormation could not delete it".to_owned());
                    end(jobs, at, failed(why), tell);
                }
                Ok(Some(_)) if late => end(jobs, at, failed("deleting it takes more than an hour".into()), tell),
                Ok(Some(_)) => open.push((at, id)),
                Err(failure) => end(jobs, at, failed(failure.message), tell),
            }
        }
        if !open.is_empty() {
            ports.clock.sleep_until(ports.clock.now() + SignedDuration::from_secs(POLL_SECONDS)).await;
        }
    }
}

fn end(jobs: &mut [Job], at: usize, fate: Fate, tell: &mut Listener<'_>) {
    let Some(job) = jobs.get_mut(at) else { return };
    job.end(fate);
    let text = match &job.fate {
        Fate::Failed { why, .. } => format!("failed: {why}"),
        Fate::Removed => "removed".to_owned(),
        _ => return,
    };
    let (account, region) = (job.stack.account.clone(), job.stack.region.clone());
    tell(&Note { account, region, stack: job.stack.name.clone(), text });
}

fn failed(why: String) -> Fate {
    Fate::Failed { why, resource: None, hint: None }
}

/// Lifts the protection and asks for the deletion; the id of what goes.
async fn start(ports: &Ports, job: &Job) -> Answer<Option<String>> {
    let (site, name) = (&job.site, &job.stack.name);
    let Some(seen) = ports.stacks.describe(site, name).await? else { return Ok(None) };
    if seen.status == "DELETE_IN_PROGRESS" {
        return Ok(Some(seen.id));
    }
    if seen.termination_protection {
        ports.stacks.protect(site, name, false).await?;
    }
    // The id means this stack and no later one of the same name.
    let token = format!("landfall-remove-{}", seen.created.as_second());
    let asked = ports.stacks.delete(site, &seen.id, &token, None).await;
    super::perform::already(asked, "TokenAlreadyExistsException")?;
    Ok(Some(seen.id))
}
