//! What a bootstrap is made from: its file, the pipelines, their accounts, and what their templates need.

use crate::args::Global;
use crate::folder::Folder;
use crate::trouble::Trouble;
use crate::wiring::Connection;
use base::{AccountId, Diagnostic, Diagnostics, Region, RunId, Sources};
use deploy::bootstrap::{
    ADDITIONAL_FILES, BOOTSTRAP_FILE, BootstrapStack, Found, PipelineFacts, Settings, StageFacts, Templates, add_needs,
    pipeline_facts, read_additional, read_bootstrap, stacks,
};
use deploy::plan::{
    OrganizationFacts, PlannedTrigger, RunNames, Selected, Selection, default_bucket, select, source_name,
};
use deploy::project::{Pipeline, read_pipeline_with};
use engine::package::{Bundle, DiskFiles, bundle};
use std::collections::BTreeMap;

/// The files, read.
pub(crate) struct Files {
    pub(crate) folder: Folder,
    pub(crate) settings: Settings,
    pub(crate) pipelines: Vec<Pipeline>,
    pub(crate) sources: Sources,
    pub(crate) found: Diagnostics,
}

/// All that the stacks follow from, but what is in AWS already.
pub(crate) struct Gathered {
    pub(crate) settings: Settings,
    pub(crate) facts: Vec<PipelineFacts>,
    /// Accounts with their regions, in the order of the files.
    pub(crate) places: BTreeMap<AccountId, Vec<Region>>,
    pub(crate) sources: Sources,
    pub(crate) found: Diagnostics,
}

impl Files {
    /// The pipeline whose organization and state a connection is made for.
    pub(crate) fn first(&self) -> Pipeline {
        let mut first = self.pipelines.first().cloned();
        if let Some(pipeline) = &mut first {
            // A bucket that bootstrapping makes cannot be needed for it.
            pipeline.state = deploy::project::StateHome::Disk;
        }
        first.unwrap_or_else(|| read_pipeline_with("none", base::FileId(0), "", None).0)
    }
}

/// Reads the bootstrap file and the pipelines, all or the one that is named.
pub(crate) fn read(global: &Global) -> Result<Files, Trouble> {
    let folder = Folder::open(&global.project)?;
    let mut sources = Sources::new();
    if !folder.root.join(BOOTSTRAP_FILE).is_file() {
        let told = Diagnostic::error("BOOT-035", format!("there is no `{BOOTSTRAP_FILE}`"));
        let why = "it says which CI deploys, and so whom the roles trust";
        let hint = "write one; two lines are enough: `ci: github` and `repo: owner/name`";
        return Err(Trouble::usage(told.why(why).hint(hint)));
    }
    let file = folder.read(BOOTSTRAP_FILE, &mut sources)?;
    let text = sources.get(file).map(|s| s.text.clone()).unwrap_or_default();
    let (settings, mut found) = read_bootstrap(file, &text);
    let names = match &global.pipeline {
        Some(name) => folder.choose(Some(name))?.into_iter().collect(),
        None => folder.pipelines(),
    };
    if names.is_empty() {
        let told = Diagnostic::error("CLI-013", "the project has no pipeline");
        return Err(Trouble::usage(told.hint("`landfall init` writes one; `--project` names another folder")));
    }
    let mut pipelines = Vec::new();
    for name in &names {
        let file = folder.read(&Folder::pipeline_path(name), &mut sources)?;
        let text = sources.get(file).map(|s| s.text.clone()).unwrap_or_default();
        let (pipeline, mut wrong) = read_pipeline_with(name, file, &text, settings.as_ref());
        found.append(&mut wrong);
        pipelines.push(pipeline);
    }
    match settings.filter(|_| !found.iter().any(Diagnostic::is_error)) {
        Some(settings) => Ok(Files { folder, settings, pipelines, sources, found }),
        None => Err(Trouble::in_files(found, sources)),
    }
}

/// Asks the organization for the accounts of fleets, and derives what the templates need.
pub(crate) async fn gather(files: Files, connection: &Connection) -> Result<Gathered, Trouble> {
    let Files { folder, settings, pipelines, mut sources, mut found } = files;
    let mut facts = Vec::new();
    let mut places: BTreeMap<AccountId, Vec<Region>> = BTreeMap::new();
    for pipeline in &pipelines {
        let organization = engine::organization(&connection.ports, pipeline).await;
        let Some(names) = names(pipeline) else { continue };
        let (targets, wrong) = select(pipeline, &organization, &Selection::default(), &names);
        found.extend(wrong);
        let mut one = described(pipeline, &settings, &targets, &mut found);
        derive(&folder, pipeline, &settings, &mut one, &mut sources, &mut found);
        facts.push(one);
    }
    let home = settings.cicd_account.clone().zip(settings.cicd_region.clone());
    let targets = facts.iter().flat_map(|p| &p.stages).flat_map(|s| &s.targets);
    for (account, region) in home.into_iter().chain(targets.map(|t| (t.account.clone(), t.region.clone()))) {
        let regions = places.entry(account).or_default();
        if !regions.contains(&region) {
            regions.push(region);
        }
    }
    if found.iter().any(Diagnostic::is_error) {
        return Err(Trouble::in_files(found, sources));
    }
    Ok(Gathered { settings, facts, places, sources, found })
}

/// The stacks of one pipeline as the files ask for them, whatever is in AWS already. Nothing where a finding is an error:
/// `landfall bootstrap` tells it.
pub(crate) fn expected(
    folder: &Folder,
    pipeline: &Pipeline,
    settings: &Settings,
    organization: &OrganizationFacts,
) -> Option<Vec<BootstrapStack>> {
    let (mut found, mut sources) = (Diagnostics::new(), Sources::new());
    // All targets, also those that a filter leaves out: the stages of an account share a stack.
    let (targets, wrong) = select(pipeline, organization, &Selection::default(), &names(pipeline)?);
    found.extend(wrong);
    let mut facts = described(pipeline, settings, &targets, &mut found);
    derive(folder, pipeline, settings, &mut facts, &mut sources, &mut found);
    let (stacks, wrong) = stacks(settings, &[facts], &Found::default());
    let sound = !found.iter().chain(&wrong).any(Diagnostic::is_error);
    sound.then_some(stacks)
}

fn described(pipeline: &Pipeline, settings: &Settings, targets: &[Selected], found: &mut Diagnostics) -> PipelineFacts {
    let mut places: BTreeMap<String, Vec<(AccountId, Region)>> = BTreeMap::new();
    for target in targets.iter().filter(|t| t.skip.is_none()) {
        if let Some(stage) = pipeline.stages.get(target.stage) {
            places.entry(stage.name.clone()).or_default().push((target.account.clone(), target.region.clone()));
        }
    }
    let (facts, wrong) = pipeline_facts(pipeline, settings, &places);
    found.extend(wrong);
    facts
}

/// Names that no session is made with.
fn names(pipeline: &Pipeline) -> Option<RunNames> {
    let run = RunId::new("bootstrap").ok()?;
    let trigger = PlannedTrigger { sha: String::new(), branch: String::new(), tag: String::new() };
    Some(RunNames { pipeline: pipeline.name.clone(), run, author: String::new(), trigger })
}

/// The bucket that stands in for each target's own, whose name has its account in it.
const STAND_IN: &str = "packaged";

/// Fills in what CloudFormation needs for the templates, and what the user adds to it.
fn derive(
    folder: &Folder,
    pipeline: &Pipeline,
    settings: &Settings,
    facts: &mut PipelineFacts,
    sources: &mut Sources,
    found: &mut Diagnostics,
) {
    let mut templates = Templates::new();
    let mut regions: Vec<Region> = facts.stages.iter().flat_map(|s| &s.targets).map(|t| t.region.clone()).collect();
    regions.sort();
    regions.dedup();
    let bundles = bundles(folder, pipeline, sources, found);
    for stage in &mut facts.stages {
        let mut used = stage.targets.iter().flat_map(|t| &t.sources).map(|(_, source)| bundles.get(source));
        stage.no_uploads = used.clone().all(|b| b.is_some_and(is_small));
        stage.no_transforms = used.all(|b| b.is_some_and(|b| b.template.get("Transform").is_none()));
    }
    for (source, bundle) in bundles {
        for region in &regions {
            match bundle.source().expanded(STAND_IN, region) {
                Ok(expanded) => drop(templates.insert((source.clone(), region.clone()), expanded)),
                Err(wrong) => {
                    found.extend(wrong.diagnostics());
                    break;
                }
            }
        }
    }
    found.extend(add_needs(facts, settings, &templates));
    facts.stages.iter_mut().for_each(place_code);
    let beside = ADDITIONAL_FILES.iter().map(|name| format!(".landfall/{}/{name}", pipeline.name));
    let Some(path) = beside.into_iter().find(|path| folder.root.join(path).is_file()) else { return };
    match folder.read(&path, sources) {
        Ok(file) => {
            let text = sources.get(file).map(|s| s.text.clone()).unwrap_or_default();
            let (statements, wrong) = read_additional(file, &text);
            facts.additional = statements;
            found.extend(wrong);
        }
        Err(trouble) => found.extend(trouble.diagnostics),
    }
}

/// A template without code that is far from what a call may hold: it may grow, and is written in other words for a target.
fn is_small(bundle: &Bundle) -> bool {
    bundle.parts.is_empty() && template::write::compact(&bundle.template).len() < SMALL
}

/// Half of what `CreateChangeSet` takes, 51,200 bytes.
const SMALL: usize = 25_600;

/// Code is read from where the stage keeps its artifacts, and not from the place that stood in for it.
fn place_code(stage: &mut StageFacts) {
    let prefix = match stage.artifact_prefix.as_str() {
        "" => String::new(),
        prefix => format!("{prefix}/"),
    };
    for target in &mut stage.targets {
        let partition = target.region.partition();
        let bucket = stage.artifact_bucket.clone().unwrap_or_else(|| default_bucket(&target.account, &target.region));
        let stand_in = format!("arn:{partition}:s3:::{STAND_IN}/");
        for resource in target.needed.iter_mut().flat_map(|need| &mut need.resources) {
            if resource.starts_with(&stand_in) {
                *resource = format!("arn:{partition}:s3:::{bucket}/{prefix}*");
            }
        }
    }
}

fn bundles(
    folder: &Folder,
    pipeline: &Pipeline,
    sources: &mut Sources,
    found: &mut Diagnostics,
) -> BTreeMap<String, Bundle> {
    let files = DiskFiles::new(&folder.root);
    let mut all = BTreeMap::new();
    for source in deploy::plan::sources(pipeline) {
        let (path, named_at) = deploy::plan::template_of(pipeline, &source);
        match bundle(&files, &path, named_at, sources) {
            Ok(made) => drop(all.insert(source_name(&source).to_owned(), made)),
            Err(wrong) => found.extend(wrong),
        }
    }
    all
}
