//! A bootstrap for people and for programs: what would change, and how it ended.

use crate::args::{BootstrapArgs, StackFormat};
use crate::trouble::Exit;
use deploy::bootstrap::{BootstrapStack, difference_in_words, terraform};
use engine::bootstrap::{Doors, Fate, Job};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What would change, account by account.
pub(super) fn plan(doors: &Doors, jobs: &[Job]) -> String {
    let mut text = String::new();
    let mut account = None;
    for job in jobs {
        if account != Some(&job.stack.account) {
            account = Some(&job.stack.account);
            let _ = writeln!(text, "account {} {}", job.stack.account, way(doors, job));
        }
        let _ = writeln!(text, "  {} {}: {}", job.stack.region, job.stack.name, word(&job.fate));
        for line in lines(job) {
            let _ = writeln!(text, "    {line}");
        }
    }
    text.trim_end().to_owned()
}

fn way(doors: &Doors, job: &Job) -> String {
    match doors.roles.get(&job.stack.account).and_then(Option::as_ref) {
        Some(role) => format!("by {}", role.resource().trim_start_matches("role/")),
        None => format!("as {}", doors.caller.arn),
    }
}

fn word(fate: &Fate) -> &'static str {
    match fate {
        Fate::Open => "not looked at",
        Fate::New => "new",
        Fate::Change => "changes",
        Fate::Same => "as it should be",
        Fate::Made => "made",
        Fate::Changed => "changed",
        Fate::Removed => "removed",
        Fate::Failed { .. } => "failed",
        Fate::Cancelled { .. } => "not begun",
    }
}

/// What a stack makes when it is new, else what changes: rights in words, then resources.
fn lines(job: &Job) -> Vec<String> {
    match &job.fate {
        Fate::New => {
            let mut lines = job.stack.summary.clone();
            if job.was.seen.as_ref().is_some_and(|s| s.status == "ROLLBACK_COMPLETE") {
                lines.insert(0, "the stack never was good and is deleted first".to_owned());
            }
            lines
        }
        Fate::Change => {
            let mut lines = words(job);
            lines.extend(job.changes.iter().map(|c| {
                let replaced = if c.replacement == "True" { ", replaced" } else { "" };
                format!("{} {} ({}{replaced})", c.action.to_lowercase(), c.logical_id, c.resource_type)
            }));
            if lines.is_empty() {
                lines.push("tags or outputs only".to_owned());
            }
            lines
        }
        Fate::Failed { why, hint, .. } => std::iter::once(why.clone()).chain(hint.clone()).collect(),
        Fate::Cancelled { why } => vec![why.clone()],
        _ => Vec::new(),
    }
}

/// The difference in rights.
fn words(job: &Job) -> Vec<String> {
    job.was.template.as_ref().map(|old| difference_in_words(old, &job.stack.template)).unwrap_or_default()
}

/// What a removal takes away.
pub(super) fn removal(doors: &Doors, jobs: &[Job]) -> String {
    let mut text =
        String::from("to be removed; buckets with artifacts stay, and identity providers that were there before:\n");
    for job in jobs.iter().rev() {
        let _ = writeln!(text, "  {} ({})", job.id(), way(doors, job));
    }
    text.trim_end().to_owned()
}

/// The command that goes on.
pub(super) fn again(args: &BootstrapArgs) -> String {
    let role = args.target_account_role_name.as_ref().map(|r| format!(" --target-account-role-name {r}"));
    let remove = if args.remove { " --remove" } else { "" };
    let force = if args.force { " --force" } else { "" };
    format!("landfall bootstrap{remove}{force}{}", role.unwrap_or_default())
}

/// How it ended.
pub(super) struct Ending {
    dry: bool,
    accounts: usize,
    counts: BTreeMap<&'static str, usize>,
    /// Failures by cause, with the stacks that it stopped.
    causes: Vec<(String, Option<String>, Vec<String>)>,
    cancelled: Vec<(String, String)>,
    next: String,
}

impl Ending {
    pub(super) fn of(jobs: &[Job], dry: bool, next: String) -> Self {
        let mut accounts: Vec<_> = jobs.iter().map(|j| &j.stack.account).collect();
        accounts.sort();
        accounts.dedup();
        let mut ending = Self {
            dry,
            accounts: accounts.len(),
            counts: BTreeMap::new(),
            causes: Vec::new(),
            cancelled: Vec::new(),
            next,
        };
        for job in jobs {
            *ending.counts.entry(word(&job.fate)).or_default() += 1;
            match &job.fate {
                Fate::Failed { why, resource, hint } => {
                    let root = resource.as_ref().map(|r| format!("{} ({}): ", r.logical_id, r.resource_type));
                    let cause = format!("{}{why}", root.unwrap_or_default());
                    match ending.causes.iter_mut().find(|(c, ..)| *c == cause) {
                        Some((.., stacks)) => stacks.push(job.id()),
                        None => ending.causes.push((cause, hint.clone(), vec![job.id()])),
                    }
                }
                Fate::Cancelled { why } => ending.cancelled.push((job.id(), why.clone())),
                _ => {}
            }
        }
        ending
    }

    pub(super) fn exit(&self) -> Exit {
        let count = |word: &str| self.counts.get(word).copied().unwrap_or(0);
        let done = count("made") + count("changed") + count("removed") + count("as it should be");
        match (self.causes.is_empty(), done) {
            (true, _) => Exit::Done,
            (false, 0) => Exit::Failed,
            (false, _) if self.dry => Exit::Failed,
            (false, _) => Exit::Partly,
        }
    }

    fn is_unchanged(&self) -> bool {
        self.counts.keys().all(|word| *word == "as it should be")
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let counts: Vec<String> = self.counts.iter().map(|(word, n)| format!("{n} {word}")).collect();
        let accounts = if self.accounts == 1 { "1 account".to_owned() } else { format!("{} accounts", self.accounts) };
        let head = match (self.is_unchanged(), self.dry) {
            (true, _) => format!("nothing to do: the stacks of {accounts} are as they should be"),
            (false, true) => format!("{accounts}, stacks: {}; nothing was changed", counts.join(", ")),
            (false, false) => format!("{accounts}, stacks: {}", counts.join(", ")),
        };
        let _ = writeln!(text, "{head}");
        for (cause, hint, stacks) in &self.causes {
            let _ = writeln!(text, "failed: {cause}");
            if let Some(hint) = hint {
                let _ = writeln!(text, "  {hint}");
            }
            for stack in stacks {
                let _ = writeln!(text, "  in {stack}");
            }
        }
        for (stack, why) in &self.cancelled {
            let _ = writeln!(text, "not begun: {stack}, because {why}");
        }
        if !self.causes.is_empty() || self.dry && !self.is_unchanged() {
            let _ = writeln!(text, "go on with: {}", self.next);
        }
        text
    }

    pub(super) fn document(&self, jobs: &[Job]) -> Value {
        let result = match (self.exit(), self.dry) {
            (Exit::Done, true) => "planned",
            (Exit::Done, false) => "done",
            (Exit::Partly, _) => "partly",
            _ => "failed",
        };
        let stacks: Vec<Value> = jobs.iter().map(stack).collect();
        let next = (self.exit() != Exit::Done || self.dry).then_some(&self.next);
        json!({ "version": 1, "result": result, "accounts": self.accounts, "counts": self.counts, "stacks": stacks, "next": next })
    }
}

fn stack(job: &Job) -> Value {
    let cause = match &job.fate {
        Fate::Failed { why, .. } | Fate::Cancelled { why } => Some(why),
        _ => None,
    };
    json!({
        "account": job.stack.account,
        "region": job.stack.region,
        "name": job.stack.name,
        "state": word(&job.fate),
        "summary": job.stack.summary,
        "permissions": words(job),
        "changes": job.changes,
        "cause": cause,
    })
}

/// The stacks as files, by path.
pub(super) fn files(stacks: &[BootstrapStack], format: StackFormat) -> BTreeMap<String, String> {
    let file = |stack: &BootstrapStack| {
        let text = serde_json::to_string_pretty(&stack.template).unwrap_or_default();
        (format!("{}/{}/{}.template.json", stack.account, stack.region, stack.name), text + "\n")
    };
    match format {
        StackFormat::Cloudformation => stacks.iter().map(file).collect(),
        StackFormat::Terraform => terraform(stacks),
    }
}
