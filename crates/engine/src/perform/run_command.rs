//! Runs a command of the user's. Repeating it is as safe as the command is: after a crash it is run again, and learns by
//! `LANDFALL_RUN` and `LANDFALL_STEP` that it is the same step.

use super::{Performer, secrets};
use crate::ports::{Answer, Command};
use deploy::run::{CommandCall, EffectId, Outcome, Progress};
use std::collections::BTreeMap;

pub(super) async fn perform(on: &Performer<'_>, id: EffectId, call: &CommandCall) -> Answer<Outcome> {
    let mut environment = BTreeMap::new();
    for (name, value) in &call.environment {
        environment.insert(name.clone(), secrets::reveal(on, value).await?);
    }
    let command = Command {
        shell: secrets::reveal(on, &call.shell).await?,
        folder: secrets::reveal(on, &call.folder).await?,
        environment,
        site: call.site.clone(),
        timeout_seconds: call.timeout_seconds,
    };
    let texts = call.environment.values().chain([&call.shell, &call.folder]);
    let hidden = secrets::values(on, texts).await?;
    let (target, step) = (id.target.unwrap_or(0), id.step.unwrap_or(0));
    let tell = |line: &str| {
        let line = secrets::mask(line, &hidden);
        // Nobody listens any more when the loop has left; the command's end is what counts.
        let _ = on.progress.send(Progress::Output { target, step, line });
    };
    let mut end = on.ports.commands.run(&command, &tell).await?;
    end.tail.iter_mut().for_each(|line| *line = secrets::mask(line, &hidden));
    Ok(Outcome::Command(end))
}
