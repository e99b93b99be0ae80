//! `landfall demo`: the main job in a simulated organization. Release 1 goes everywhere, release 2 is stopped and put
//! back by an alarm.

use crate::args::{DemoArgs, DeployArgs, Global, Output, PlanArgs, Selection};
use crate::command::deploy;
use crate::screen;
use crate::trouble::{Exit, Trouble};
use base::Diagnostic;
use sandbox::World;
use std::path::Path;

const TEMPLATE: &str = include_str!("../../demo/template.yaml");
const CODE: &str = include_str!("../../demo/src/app.py");
const PIPELINE: &str = include_str!("../../demo/pipeline.yaml");
const SMOKE: &str = include_str!("../../demo/smoke.sh");

/// Makes the project and its organization, and walks two releases through it.
pub(crate) async fn run(global: &Global, args: &DemoArgs) -> Result<Exit, Trouble> {
    make_project(&args.dir, args.force)?;
    let global = Global { project: args.dir.clone(), sandbox: None, pipeline: None, no_input: true, ..global.clone() };
    title(&global, "release 1: staging, then production region by region, each with a test and an hour of bake");
    let first = deploy::run(&global, &arguments()).await?;
    std::fs::write(args.dir.join("src/app.py"), CODE.replace("\"accepted\"", "\"received\""))?;
    title(&global, "release 2: looks as good, until its alarm fires while prod-us-east-1 bakes");
    let second = deploy::run(&global, &arguments()).await?;
    if (first, second) != (Exit::Done, Exit::RolledBack) {
        let told =
            Diagnostic::error("CLI-021", format!("the demo did not end as it should: {first:?}, then {second:?}"));
        return Err(Trouble::new(Exit::Failed, told.hint("please report this with the output above")));
    }
    if global.output == Output::Text {
        screen::talk("\nwhat to try next:");
        for (command, what) in NEXT {
            screen::talk(&format!("  {}\n      {what}", screen::command(&global, command)));
        }
    }
    Ok(Exit::Done)
}

const NEXT: [(&str, &str); 6] = [
    ("landfall status", "the run that was rolled back, target by target"),
    ("landfall history", "both releases"),
    ("landfall plan", "what a third release would do"),
    ("landfall rollback --yes --to 1", "bring everything back to release 1, staging too"),
    ("landfall check", "everything that can be known offline"),
    ("landfall explain PIPE-001", "the long form of any message"),
];

fn title(global: &Global, text: &str) {
    if global.output == Output::Text {
        let style = anstyle::Style::new().bold();
        screen::talk(&format!("\n{style}{text}{style:#}\n"));
    }
}

fn arguments() -> DeployArgs {
    let plan_args = PlanArgs { selection: Selection::default(), out: None, detailed_exitcode: false, commit: None };
    let none = Vec::new();
    DeployArgs {
        plan_args,
        plan: None,
        yes: true,
        ignore_alarms: none,
        ignore_window: false,
        ignore_preflight: false,
        reason: None,
        time_limit: None,
    }
}

fn make_project(dir: &Path, force: bool) -> Result<(), Trouble> {
    let marker = dir.join(".landfall/sandbox");
    if dir.exists() && dir.read_dir()?.next().is_some() {
        if !force && !marker.is_dir() {
            let told = Diagnostic::error("CLI-022", format!("`{}` is not empty and no demo made it", dir.display()));
            return Err(Trouble::usage(told.hint("name another folder with `--dir`, or give `--force`")));
        }
        std::fs::remove_dir_all(dir)?;
    }
    std::fs::create_dir_all(dir.join("src"))?;
    std::fs::create_dir_all(dir.join(".landfall/orders"))?;
    std::fs::write(dir.join("template.yaml"), TEMPLATE)?;
    std::fs::write(dir.join("src/app.py"), CODE)?;
    std::fs::write(dir.join(".landfall/orders/pipeline.yaml"), PIPELINE)?;
    std::fs::write(dir.join("smoke.sh"), SMOKE)?;
    executable(&dir.join("smoke.sh"))?;
    Ok(World::demo().save(&marker)?)
}

fn executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}
