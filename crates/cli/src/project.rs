//! The pipeline that a command works on: a pipeline file, or a project that has only SAM CLI's configuration.

use crate::args::Global;
use crate::folder::Folder;
use crate::trouble::Trouble;
use base::{Diagnostic, Region, Sources};
use deploy::bootstrap::{BOOTSTRAP_FILE, Settings, read_bootstrap};
use deploy::project::samconfig::{
    DEFAULT_ENVIRONMENT, Format, SamProject, Samconfig, pipeline_from_samconfig, read_samconfig,
};
use deploy::project::{Pipeline, read_pipeline_with, unknown_region};

/// A project, read.
pub(crate) struct Project {
    pub(crate) folder: Folder,
    pub(crate) pipeline: Pipeline,
    pub(crate) sources: Sources,
    /// Warnings.
    pub(crate) found: Vec<Diagnostic>,
    /// The bootstrap that its roles follow from.
    pub(crate) bootstrap: Option<Settings>,
}

/// Reads the project. Errors in its files are all reported at once.
pub(crate) fn open(global: &Global, region: Option<&str>) -> Result<Project, Trouble> {
    let folder = Folder::open(&global.project)?;
    let mut sources = Sources::new();
    let mut settings = None;
    let environment = global.config_env.as_deref();
    let named = if environment.is_some() { None } else { folder.choose(global.pipeline.as_deref())? };
    let (pipeline, found) = match named {
        Some(name) => {
            let file = folder.read(&Folder::pipeline_path(&name), &mut sources)?;
            let text = sources.get(file).map(|s| s.text.clone()).unwrap_or_default();
            let (read, mut found) = bootstrap(&folder, &mut sources)?;
            settings = read;
            let (pipeline, mut more) = read_pipeline_with(&name, file, &text, settings.as_ref());
            found.append(&mut more);
            (pipeline, found)
        }
        None => samconfig(&folder, environment, region, &mut sources)?,
    };
    if found.iter().any(Diagnostic::is_error) {
        return Err(Trouble::in_files(found, sources));
    }
    Ok(Project { folder, pipeline, sources, found, bootstrap: settings })
}

/// The project as a run of this pipeline knows it: where only a samconfig file makes pipelines and no environment is
/// named, the environment that makes this one.
pub(crate) fn open_of(global: &Global, pipeline: &str) -> Result<Project, Trouble> {
    let folder = Folder::open(&global.project)?;
    let environment = match (&global.config_env, folder.samconfig()) {
        (None, Some(path)) if folder.choose(global.pipeline.as_deref())?.is_none() => {
            let mut sources = Sources::new();
            let (config, _) = read_config(&folder, &path, &mut sources)?;
            let made = |name: &&str| pipeline_from_samconfig(&config, name, &SamProject::default()).0.name == pipeline;
            config.environments().find(made).map(str::to_owned)
        }
        (named, _) => named.clone(),
    };
    open(&Global { config_env: environment, ..global.clone() }, None)
}

/// The settings of the bootstrap file, if the project has one.
pub(crate) fn bootstrap(
    folder: &Folder,
    sources: &mut Sources,
) -> Result<(Option<Settings>, Vec<Diagnostic>), Trouble> {
    if !folder.root.join(BOOTSTRAP_FILE).is_file() {
        return Ok((None, Vec::new()));
    }
    let file = folder.read(BOOTSTRAP_FILE, sources)?;
    let text = sources.get(file).map(|s| s.text.clone()).unwrap_or_default();
    Ok(read_bootstrap(file, &text))
}

fn samconfig(
    folder: &Folder,
    environment: Option<&str>,
    region: Option<&str>,
    sources: &mut Sources,
) -> Result<(Pipeline, Vec<Diagnostic>), Trouble> {
    let Some(path) = folder.samconfig() else {
        let told = Diagnostic::error("CLI-013", "the project has no pipeline");
        let why = "there is neither `.landfall/NAME/pipeline.yaml` nor `samconfig.toml`";
        return Err(Trouble::usage(told.why(why).hint("`landfall init` writes one; `--project` names another folder")));
    };
    let (config, mut found) = read_config(folder, &path, sources)?;
    found.extend(region.and_then(unknown_region));
    let template = folder.template();
    let project = SamProject {
        template: template.filter(|t| t != "template.yaml"),
        region: region.and_then(|r| Region::new(r).ok()),
        fallback_region: environment_region(),
        ..SamProject::default()
    };
    let (pipeline, mut more) = pipeline_from_samconfig(&config, environment.unwrap_or(DEFAULT_ENVIRONMENT), &project);
    found.append(&mut more);
    Ok((pipeline, found))
}

fn read_config(folder: &Folder, path: &str, sources: &mut Sources) -> Result<(Samconfig, Vec<Diagnostic>), Trouble> {
    let file = folder.read(path, sources)?;
    let text = sources.get(file).map(|s| s.text.clone()).unwrap_or_default();
    let format = if path.ends_with(".toml") { Format::Toml } else { Format::Yaml };
    Ok(read_samconfig(file, &text, format))
}

#[allow(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
fn environment_region() -> Option<Region> {
    ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| Region::new(std::env::var(name).ok()?).ok())
}
