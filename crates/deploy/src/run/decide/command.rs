//! A command of the user's: its tries, and what its end means.

use super::Decider;
use crate::plan::{PlannedCommand, Text};
use crate::run::effect::CommandCall;
use crate::run::resolve::Resolver;
use crate::run::{Call, Cause, CauseKind, Fact, Verb, Way};
use std::collections::BTreeMap;

impl Decider<'_> {
    pub(super) fn run_command(&mut self, target: usize, step: usize, command: &PlannedCommand) {
        let state = &self.state.targets[target].steps[step];
        let (runs, last) = (state.runs, state.command.clone());
        if let Some(end) = last {
            if end.code == Some(0) {
                return self.fact(Fact::StepPassed { target, step });
            }
            if runs > command.retries {
                return self.fail_step(target, step, command_failed(command, &end, runs));
            }
        }
        let call = match self.command_call(target, step, command) {
            Ok(call) => call,
            Err(cause) => return self.fail_step(target, step, cause),
        };
        let id = self.id(target, Some(step), Way::Forward, Verb::RunCommand, runs as usize);
        if let Err(cause) = self.want(id, None, || Call::RunCommand(Box::new(call))) {
            self.fail_step(target, step, Cause { kind: CauseKind::Command, ..cause });
        }
    }

    fn command_call(&self, target: usize, step: usize, command: &PlannedCommand) -> Result<CommandCall, Cause> {
        let planned = &self.plan.targets[target];
        let resolver = Resolver::new(self.plan, self.state, target);
        let mut environment: BTreeMap<String, Text> = [
            ("LANDFALL_RUN", self.plan.run.as_str()),
            ("LANDFALL_STAGE", self.plan.stages[planned.stage].name.as_str()),
            ("LANDFALL_STEP", planned.steps[step].id.as_str()),
            ("LANDFALL_ACCOUNT", planned.account.as_str()),
            ("AWS_REGION", planned.region.as_str()),
            ("AWS_DEFAULT_REGION", planned.region.as_str()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Text::from(value)))
        .collect();
        environment.insert("LANDFALL_RELEASE".into(), Text::Plain(self.plan.release.to_string()));
        for (name, value) in &command.environment {
            environment.insert(name.clone(), resolver.text(value)?);
        }
        Ok(CommandCall {
            shell: resolver.text(&command.shell)?,
            folder: resolver.text(&command.folder)?,
            environment,
            site: command.credentials.then(|| planned.site.clone()),
            timeout_seconds: command.timeout_seconds,
        })
    }
}

fn command_failed(command: &PlannedCommand, end: &crate::seen::CommandEnd, runs: u32) -> Cause {
    let what = if command.gate { "the test" } else { "the command" };
    let how = match end.code {
        _ if end.timed_out => format!("did not end within {} s", command.timeout_seconds),
        Some(code) => format!("ended with exit code {code}"),
        None => "was stopped by a signal".to_owned(),
    };
    let times = if runs > 1 { format!(" at each of {runs} tries") } else { String::new() };
    let last = end.tail.iter().rev().find(|line| !line.trim().is_empty());
    let last = last.map(|line| format!(": {}", line.trim())).unwrap_or_default();
    Cause::new(CauseKind::Command, format!("{what} {how}{times}{last}"))
}
