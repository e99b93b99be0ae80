//! The loop over all stacks: calls that are due are made at the same time, then it waits. It alone sleeps.

use super::job::{Fate, Job, Step};
use super::perform::perform;
use super::reach::rounds;
use crate::ports::{Answer, Failure, FailureKind, Ports};
use base::{AccountId, Region};
use futures_util::stream::{self, StreamExt as _};

/// Stacks that are worked on at the same time.
const AT_ONCE: usize = 16;

/// Something that a person may want to hear.
#[derive(Debug, Clone)]
pub struct Note {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
    /// The stack.
    pub stack: String,
    /// What happens, in a few words.
    pub text: String,
}

/// Who hears it.
pub type Listener<'a> = dyn FnMut(&Note) + Send + 'a;

/// Finds out for every stack what would change, by a real change set. A dry preview deletes nothing: a stack that has to
/// go first is told as new, without its changes.
pub async fn preview(ports: &Ports, jobs: &mut [Job], dry: bool, tell: &mut Listener<'_>) {
    for job in jobs.iter_mut() {
        job.dry = dry;
    }
    run(ports, jobs, tell).await;
}

/// Executes what [`preview`] planned: the CI/CD account and its hub roles first, then what accounts share, then roles.
/// What cannot work without a stack that failed is not begun.
pub async fn execute(ports: &Ports, jobs: &mut [Job], tell: &mut Listener<'_>) {
    let mut waves: Vec<u8> = jobs.iter().map(super::apply::wave).collect();
    waves.sort_unstable();
    waves.dedup();
    for wave in waves {
        let failed = super::apply::failures(jobs);
        let now = ports.clock.now();
        for job in jobs.iter_mut().filter(|j| super::apply::wave(j) == wave) {
            super::apply::start(job, &failed, now);
        }
        run(ports, jobs, tell).await;
    }
}

/// Takes change sets away that were not executed, and the empty stacks that they made. Tells what stayed behind.
pub async fn discard(ports: &Ports, jobs: &[Job]) -> Vec<(String, Failure)> {
    let open: Vec<&Job> = jobs.iter().filter(|j| j.made).collect();
    let answers = rounds(ports, open, |job| async move {
        ports.change_sets.delete(&job.site, &job.stack.name, &job.change_set()).await?;
        match &job.shell {
            Some(shell) => ports.stacks.delete(&job.site, shell, &job.token("shell"), None).await,
            None => Ok(()),
        }
    });
    let failed = |(job, answer): (&Job, Answer<()>)| {
        answer.err().filter(|f| f.kind != FailureKind::NotFound).map(|f| (job.id(), f))
    };
    answers.await.into_iter().filter_map(failed).collect()
}

/// Takes all stacks on until each of them rests.
async fn run(ports: &Ports, jobs: &mut [Job], tell: &mut Listener<'_>) {
    loop {
        let now = ports.clock.now();
        let Some(next) = jobs.iter().filter(|j| !j.is_resting()).map(|j| j.due).min() else { return };
        if next > now {
            ports.clock.sleep_until(next).await;
            continue;
        }
        let due = jobs.iter().enumerate().filter(|(_, j)| !j.is_resting() && j.due <= now);
        let calls = due.map(|(at, job)| async move { (at, perform(ports, job).await) });
        let mut answers: Vec<_> = stream::iter(calls).buffer_unordered(AT_ONCE).collect().await;
        // In the order of the stacks, so that the same answers tell the same story.
        answers.sort_by_key(|(at, _)| *at);
        let now = ports.clock.now();
        for (at, answer) in answers {
            let Some(job) = jobs.get_mut(at) else { continue };
            let before = (job.step.clone(), job.fate.clone());
            let throttled = matches!(&answer, Err(f) if f.kind == FailureKind::Throttled) && job.tries == 0;
            job.apply(answer, now);
            if let Some(text) = heard(job, &before.0, &before.1, throttled) {
                let (account, region) = (job.stack.account.clone(), job.stack.region.clone());
                tell(&Note { account, region, stack: job.stack.name.clone(), text });
            }
        }
    }
}

fn heard(job: &Job, step: &Step, fate: &Fate, throttled: bool) -> Option<String> {
    if throttled {
        return Some("throttled, slowing".to_owned());
    }
    if job.step == *step && job.fate == *fate {
        return None;
    }
    match (&job.step, &job.fate) {
        (Step::Wait { .. }, _) if !matches!(step, Step::Wait { .. }) => {
            Some("another operation is under way; waiting for it".to_owned())
        }
        (Step::Delete { .. }, _) => Some("never was good; deleting it to make it again".to_owned()),
        (Step::Watch { .. }, _) => Some("changing".to_owned()),
        (Step::Over, Fate::Made) => Some("made".to_owned()),
        (Step::Over, Fate::Changed) => Some("changed".to_owned()),
        (Step::Over, Fate::Removed) => Some("removed".to_owned()),
        (Step::Over, Fate::Failed { why, .. }) => Some(format!("failed: {why}")),
        _ => None,
    }
}
