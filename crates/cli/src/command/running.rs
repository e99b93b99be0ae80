//! The verbs that work on runs: they need the async runtime, most of them AWS.

use crate::args::{Command, Global};
use crate::command::{bootstrap, demo, deploy, doctor, rollback, status, word};
use crate::trouble::{Exit, Trouble};

/// Runs one of them.
pub(crate) fn run(global: &Global, command: &Command) -> Result<Exit, Trouble> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Demo(args) => demo::run(global, args).await,
            Command::Plan(args) => deploy::plan(global, args).await,
            Command::Bootstrap(args) => bootstrap::run(global, args).await,
            Command::Deploy(args) => deploy::run(global, args).await,
            Command::Status(args) => status::status(global, args).await,
            Command::History(args) => status::history(global, args).await,
            Command::Resume(args) => word::resume(global, args).await,
            Command::Retry(args) => word::retry(global, args).await,
            Command::Stop(args) => word::stop(global, args).await,
            Command::Approve(args) => word::approve(global, args, true).await,
            Command::Reject(args) => word::approve(global, args, false).await,
            Command::Doctor(args) => doctor::run(global, args).await,
            Command::Rollback(args) => rollback::run(global, args).await,
            Command::Init(_)
            | Command::Check(_)
            | Command::Transform(_)
            | Command::Policy(_)
            | Command::Ci(_)
            | Command::Explain(_)
            | Command::Sandbox(_)
            | Command::Completions(_) => Ok(Exit::Done),
        }
    })
}
