//! `landfall completions`: a completion script for a shell.

use crate::args::{Cli, CompletionsArgs};
use crate::screen;
use crate::trouble::{Exit, Trouble};
use clap::CommandFactory;

/// Prints the script.
pub(crate) fn run(args: &CompletionsArgs) -> Result<Exit, Trouble> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "landfall", &mut script);
    screen::data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
