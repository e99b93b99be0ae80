//! The `landfall` command: arguments, wiring, prompts, exit codes. The only crate that prints.

mod args;
mod build;
mod caller;
mod command;
mod folder;
mod project;
mod screen;
mod trouble;
mod watch;
mod wiring;

use args::{Cli, Command};
use clap::Parser;
use std::process::ExitCode;
use trouble::Exit;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return if e.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    screen::set_color(cli.global.color);
    match run(&cli) {
        Ok(exit) => exit.into(),
        Err(trouble) => {
            screen::trouble(&trouble, cli.global.output);
            trouble.exit.into()
        }
    }
}

fn run(cli: &Cli) -> Result<Exit, trouble::Trouble> {
    let global = &cli.global;
    match &cli.command {
        Command::Init(args) => command::init::run(global, args),
        Command::Check(args) => command::check::run(global, args),
        Command::Policy(args) => command::policy::run(global, args),
        Command::Ci(args) => command::ci::run(global, args),
        Command::Transform(args) => command::transform::run(args),
        Command::Explain(args) => command::explain::run(args),
        Command::Sandbox(args) => command::sandbox::run(args),
        Command::Completions(args) => command::completions::run(args),
        other => command::running::run(global, other),
    }
}
