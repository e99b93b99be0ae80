//! `landfall sandbox`: the simulated organization on a loopback port, for the AWS CLI, boto3, the SAM CLI and Landfall.

use crate::args::SandboxArgs;
use crate::trouble::{Exit, Trouble};
use crate::{folder, screen};
use base::{Diagnostic, Sources};
use sandbox::{ClockMode, Options, Sandbox, World};
use std::path::Path;

/// Serves until it is interrupted.
pub(crate) fn run(args: &SandboxArgs) -> Result<Exit, Trouble> {
    let mut world = match args.data_dir.as_deref().map(World::load).transpose()?.flatten() {
        Some(world) => world,
        None => match &args.world {
            Some(path) => read(path)?,
            None => World::demo(),
        },
    };
    let now = world.now();
    world.clock = sandbox::clock::Clock::new(ClockMode::Scaled { factor: args.speed }, now);
    let options = Options { port: args.port, data_dir: args.data_dir.clone() };
    let server = Sandbox::start(world, options).map_err(|e| {
        let told = Diagnostic::error("CLI-019", format!("port {} cannot be served: {e}", args.port));
        Trouble::new(Exit::Failed, told.hint("give another one with `--port`; 0 takes any"))
    })?;
    screen::data(&format!("{}\n", server.endpoint()))?;
    screen::talk(&introduction(&server));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        match terminate {
            Ok(mut terminate) => tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            },
            Err(_) => {
                let _ = tokio::signal::ctrl_c().await;
            }
        }
    });
    server.stop()?;
    Ok(Exit::Done)
}

/// Reads an organization from a file.
pub(crate) fn read(path: &Path) -> Result<World, Trouble> {
    let mut sources = Sources::new();
    let file = folder::read(path, &path.display().to_string(), &mut sources)?;
    let text = sources.get(file).map(|s| s.text.clone()).unwrap_or_default();
    let (world, found) = World::from_file(file, &text);
    if found.iter().any(Diagnostic::is_error) {
        return Err(Trouble::in_files(found, sources));
    }
    Ok(world)
}

fn introduction(server: &Sandbox) -> String {
    let endpoint = server.endpoint();
    format!(
        "a simulated organization listens on this machine only; an account id as access key is that account's administrator:\n  \
         AWS_ENDPOINT_URL={endpoint} AWS_ACCESS_KEY_ID=999999999999 AWS_SECRET_ACCESS_KEY=any AWS_REGION=us-east-1 aws sts get-caller-identity\n\
         stop it with ctrl-c"
    )
}
