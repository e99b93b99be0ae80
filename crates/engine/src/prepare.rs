//! From a pipeline to a plan: package, select, observe, plan. Nothing is changed anywhere.

use crate::access::access;
use crate::foresee::foresee;
use crate::observe::{Look, observe, organization};
use crate::package::{Bundle, Files, Part, SiteBucket, bundle};
use crate::ports::Ports;
use crate::store::{Releases, StoreError};
use base::{Diagnostic, Diagnostics, Digest, RunId, Sources};
use deploy::plan::{
    Context, Foreseen, Inputs, Inventory, OrganizationFacts, Override, PackagedTemplate, Packages, Plan, PlannedStep,
    PlannedTrigger, RunNames, Selected, Selection, TemplateFacts, TemplateRef, Text, check, plan, plan_role, select,
    source_name, sources, stack_names, template_of, without_plan_role,
};
use deploy::preflight::{Access, Question, Report, Templates};
use deploy::project::Pipeline;
use deploy::review::sound;
use deploy::run::Way;
use deploy::target::Site;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What to prepare.
pub struct Request<'a> {
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    /// The project's folder.
    pub files: &'a dyn Files,
    /// Where a built artifact's template lies, when it is not where the pipeline says.
    pub built: &'a BTreeMap<String, String>,
    /// Which targets.
    pub selection: &'a Selection,
    /// Whether targets are looked at by the roles of pull requests.
    pub plan_role: bool,
    /// Guards that a person switched off.
    pub overrides: &'a [Override],
    /// Who asks.
    pub author: &'a str,
    /// Where the release comes from.
    pub trigger: PlannedTrigger,
}

/// A plan and what it needs.
pub struct Prepared {
    /// The plan. It must not be run when a finding is an error.
    pub plan: Plan,
    /// The bytes that it names.
    pub blobs: Vec<Arc<[u8]>>,
    /// What was seen.
    pub inventory: Inventory,
    /// When the looking began.
    pub seen_at: Timestamp,
    /// What was learned about the organization.
    pub organization: OrganizationFacts,
    /// What was read of roles and policies.
    pub access: Access,
    /// What it will change in its stacks.
    pub foreseen: Vec<Foreseen>,
    /// What its roles may not do.
    pub preflight: Report,
    /// Everything that is wrong.
    pub findings: Diagnostics,
}

/// Prepares a run.
///
/// # Errors
/// When the store fails. Everything else is a finding.
pub async fn prepare(ports: &Ports, request: &Request<'_>, texts: &mut Sources) -> Result<Prepared, StoreError> {
    let mut findings = Diagnostics::new();
    let bundles = bundles(request, texts, &mut findings);
    let releases = Releases::new(ports.store.clone(), &request.pipeline.name);
    let release = releases.next().await?;
    let good = releases.all_good().await?;
    let names = run_names(ports, request, release)?;
    let facts = organization(ports, request.pipeline).await;
    let (mut targets, mut wrong) = select(request.pipeline, &facts, request.selection, &names);
    findings.append(&mut wrong);
    if request.plan_role {
        findings.append(&mut without_plan_role(request.pipeline, &targets));
        targets.retain(|target| plan_role(request.pipeline, target).is_some());
    }
    let (packages, blobs) = packages(&bundles, &targets, &mut findings);
    let now = ports.clock.now();
    let empty = Inventory::default();
    let mut inputs = Inputs {
        pipeline: request.pipeline,
        targets: &targets,
        inventory: &empty,
        packages: &packages,
        release,
        names: &names,
        now,
        overrides: request.overrides,
        narrowed: !request.selection.accounts.is_empty() || !request.selection.regions.is_empty(),
    };
    let looks: Vec<Look<'_>> = targets.iter().map(|t| look(&inputs, t, request.plan_role)).collect();
    let seen_at = ports.clock.now();
    let inventory = observe(ports, &looks, &good).await;
    inputs.inventory = &inventory;
    let (plan, mut wrong) = plan(&inputs);
    findings.append(&mut wrong);
    for (name, bundle) in &bundles {
        unsound(bundle, &parameters(request.pipeline, &plan, name), &mut findings);
    }
    let templates = template_facts(request.pipeline, &bundles);
    findings.append(&mut check(&Context { plan: &plan, inventory: &inventory, templates: &templates }));
    let organization = request.pipeline.organization.as_ref().and_then(|o| o.id.clone());
    let access = access(ports, &plan, &inventory, organization).await;
    let preflight = preflight(ports, request.pipeline, (&plan, &inventory, &access), &bundles);
    findings.append(&mut preflight.diagnostics());
    let foreseen = foresee(&*ports.store, &plan, &blobs).await;
    let blobs = blobs.into_values().collect();
    if findings.iter().any(|found| found.is_error() && found.code.as_str() != "PLAN-008") {
        // Why a template was not packaged has been told.
        findings.retain(|found| found.code.as_str() != "PLAN-008");
    }
    Ok(Prepared { plan, blobs, inventory, seen_at, organization: facts, access, foreseen, preflight, findings })
}

/// Whether the roles of all targets may do what the plan needs.
fn preflight(
    ports: &Ports,
    pipeline: &Pipeline,
    (plan, inventory, access): (&Plan, &Inventory, &Access),
    bundles: &BTreeMap<String, Bundle>,
) -> Report {
    let by_step = pipeline.steps.iter().filter_map(|step| {
        let bundle = bundles.get(source_name(&step.kind.stack()?.source))?;
        Some((step.id.clone(), bundle.source()))
    });
    let templates = Templates::new(by_step.collect());
    deploy::preflight::preflight(&Question { plan, inventory, access, templates: &templates, now: ports.clock.now() })
}

/// The next run's id begins with the time, so that ids sort as runs were made.
fn run_names(ports: &Ports, request: &Request<'_>, release: u32) -> Result<RunNames, StoreError> {
    let id = format!("{}-r{release}", ports.clock.now().strftime("%Y%m%d-%H%M%S"));
    let run = RunId::new(id).map_err(|e| StoreError::Missing { what: e.to_string() })?;
    Ok(RunNames {
        pipeline: request.pipeline.name.clone(),
        run,
        author: request.author.to_owned(),
        trigger: request.trigger.clone(),
    })
}

/// What is so of each step's template, by step id.
fn template_facts(pipeline: &Pipeline, bundles: &BTreeMap<String, Bundle>) -> BTreeMap<String, TemplateFacts> {
    let steps = pipeline.steps.iter().filter_map(|step| {
        let bundle = bundles.get(source_name(&step.kind.stack()?.source))?;
        Some((step.id.clone(), TemplateFacts::of(&bundle.source())))
    });
    steps.collect()
}

fn bundles(request: &Request<'_>, texts: &mut Sources, findings: &mut Diagnostics) -> BTreeMap<String, Bundle> {
    let mut all = BTreeMap::new();
    for source in sources(request.pipeline) {
        let name = source_name(&source).to_owned();
        let (written, span) = template_of(request.pipeline, &source);
        let path = request.built.get(&name).unwrap_or(&written);
        match bundle(request.files, path, span, texts) {
            Ok(bundle) => {
                all.insert(name, bundle);
            }
            Err(mut wrong) => findings.append(&mut wrong),
        }
    }
    all
}

/// The parameters that a template gets in the first target that it is deployed to, as far as they are known before the run.
fn parameters(pipeline: &Pipeline, plan: &Plan, source: &str) -> BTreeMap<String, String> {
    let from = |step: &&PlannedStep| {
        let stack = pipeline.steps.iter().find(|s| s.id == step.id).and_then(|s| s.kind.stack());
        stack.is_some_and(|stack| source_name(&stack.source) == source)
    };
    let step = plan.targets.iter().flat_map(|target| &target.steps).find(from);
    let change = step.and_then(|step| step.change(Way::Forward));
    let plain = |(name, value): (&String, &Text)| Some((name.clone(), value.as_plain()?.to_owned()));
    change.into_iter().flat_map(|change| &change.parameters).filter_map(plain).collect()
}

/// What CloudFormation would refuse in a template and in those that are nested in it, and types that it may not have. Its
/// quotas are for the plan to check, which knows the target.
fn unsound(bundle: &Bundle, given: &BTreeMap<String, String>, findings: &mut Diagnostics) {
    let tells = |found: &Diagnostic| match found.code.as_str() {
        "TMPL-045" => true,
        "TMPL-060" | "TMPL-061" => false,
        _ => found.is_error(),
    };
    findings.extend(sound(&bundle.template, given).0.into_iter().filter(tells));
    for (_, part) in &bundle.parts {
        if let Part::Template(nested) = part {
            unsound(nested, &BTreeMap::new(), findings);
        }
    }
}

/// Every template for every bucket that a target uses, and all bytes, each once.
fn packages(
    bundles: &BTreeMap<String, Bundle>,
    targets: &[Selected],
    findings: &mut Diagnostics,
) -> (Packages, BTreeMap<Digest, Arc<[u8]>>) {
    let mut packages = Packages::new();
    let mut blobs: BTreeMap<Digest, Arc<[u8]>> = BTreeMap::new();
    for (name, bundle) in bundles {
        blobs.extend(bundle.blobs.iter().map(|(d, b)| (d.clone(), Arc::from(b.as_slice()))));
        let parameters: Vec<String> = bundle
            .template
            .get("Parameters")
            .and_then(|p| p.as_map())
            .map(|p| p.keys().map(str::to_owned).collect())
            .unwrap_or_default();
        for target in targets {
            let key = (name.clone(), target.bucket.clone(), target.prefix.clone());
            if packages.contains_key(&key) {
                continue;
            }
            let site = SiteBucket {
                bucket: target.bucket.clone(),
                prefix: target.prefix.clone(),
                region: target.region.clone(),
            };
            match bundle.at(&site) {
                Ok(made) => {
                    blobs.extend(made.blobs.into_iter().map(|(d, b)| (d, Arc::from(b))));
                    let template = TemplateRef {
                        digest: made.digest.clone(),
                        bytes: made.text.len() as u64,
                        key: made.key,
                        parameters: parameters.clone(),
                    };
                    blobs.insert(made.digest, Arc::from(made.text.into_bytes()));
                    packages.insert(key, PackagedTemplate { template, objects: made.objects });
                }
                Err(e) => findings.push(Diagnostic::error("PKG-008", e.to_string())),
            }
        }
    }
    (packages, blobs)
}

fn look<'a>(inputs: &Inputs<'_>, target: &'a Selected, by_plan_role: bool) -> Look<'a> {
    let alarms = inputs.pipeline.stages.get(target.stage).map(|s| s.alarms.clone()).unwrap_or_default();
    let role = if by_plan_role { plan_role(inputs.pipeline, target) } else { None };
    let site = Site { role: role.or_else(|| target.site.role.clone()), ..target.site.clone() };
    Look { target, site, stacks: stack_names(inputs, target), alarms }
}
