//! Every permission of a stage's roles taken away in turn: something must fail without it.
//!
//! The hub and the deployment role are tried by runs of the engine over the wire, the execution role by what
//! CloudFormation does with it, since it does nothing else. A permission is proven when something ends in another way
//! without it, and AWS's refusal was seen.

use crate::in_aws;
use crate::organization::{CICD, account, bootstrapped, copy, region};
use crate::permissions::{Permission, permissions, without, without_action};
use crate::releases::Release;
use crate::runs::{self, Home, Job, Ran, over_the_wire, run, short};
use crate::stack_of::StackOf;
use base::AccountId;
use deploy::bootstrap::{deployment_role, execution_role, hub_role};
use sandbox::{CallRecord, Outcome, World};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A stage in one of its accounts and regions.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub pipeline: &'static str,
    pub stage: &'static str,
    pub account: &'static str,
    pub region: &'static str,
}

/// How a permission is taken away.
pub type Take = fn(&World, &Permission) -> World;

/// What a run does in which a resource of a nested stack cannot be made.
const NESTED_FAILS: &str = "a nested resource that fails";

/// Where the stacks with an account's roles are: in the first of its regions.
const FIRST_REGION: &str = "eu-west-1";

/// What a run does that would lose data.
const REFUSED: &str = "data that would be lost";

/// What came of the sweeps of a pipeline's stages.
#[derive(Default)]
pub struct Swept {
    /// Permissions taken away, by the kind of role.
    pub taken: BTreeMap<&'static str, usize>,
    /// By what failed.
    pub failed: BTreeMap<&'static str, usize>,
    /// How many are word for word what was proven for another stage.
    pub same: usize,
    /// How many AWS needs by its documents.
    pub documented: usize,
    /// Those without which everything went well.
    pub idle: Vec<Permission>,
    proven: BTreeSet<String>,
}

/// A world and a project in which the engine does something.
struct Scenario {
    what: &'static str,
    world: World,
    project: PathBuf,
    /// What earlier runs left.
    state: Option<PathBuf>,
    /// How it ends when nothing is taken away.
    expected: String,
    /// The calls that are refused even then: asking for what a role need not have.
    refused: BTreeSet<(String, String)>,
}

/// All that a stage does.
pub struct Stage {
    place: Place,
    roles: [(&'static str, AccountId, String); 3],
    scenarios: Vec<Scenario>,
    stack: Option<StackOf>,
    after: Option<tempfile::TempDir>,
    first: Release,
    _others: Vec<Release>,
}

impl Stage {
    pub fn new(place: Place) -> Self {
        let (first, second, hurried) = (Release::first(), Release::second(), Release::hurried());
        let fresh = &bootstrapped().0;
        let settings = runs::settings(&first.folder());
        let home = account(place.account);
        let roles = [
            ("hub", account(CICD), short(&hub_role(&settings, place.pipeline, place.stage))),
            ("deployment", home.clone(), short(&deployment_role(&settings, place.pipeline, place.stage))),
            ("execution", home, short(&execution_role(&settings, place.pipeline, place.stage))),
        ];
        let mut stage =
            Self { place, roles, scenarios: Vec::new(), stack: None, after: None, first, _others: Vec::new() };
        let (made, after) = stage.add("create", fresh.clone(), &stage.first.folder(), None);
        let (changed, _) = stage.add("update", made.clone(), &second.folder(), None);
        // The alarms that a stack makes watch over it from its second operation on: only the third one changes nothing.
        let (again, after) = stage.run(made.clone(), &stage.first.folder(), Some(after.path()), false);
        stage.add("no change", again.well("the same again"), &stage.first.folder(), Some(after.path()));
        let mut tagged = made.clone();
        let mut dead = fresh.clone();
        let state = tagged.region_mut(&account(place.account), &region(place.region)).unwrap();
        state.cloudformation.stacks.values_mut().for_each(|stack| {
            stack.definition.tags.insert("team".into(), "orders".into());
        });
        stage.add("fewer tags", tagged, &second.folder(), None);
        dead.resource_faults.push(
            serde_json::from_value(serde_json::json!({ "operation": "create", "reason": "no", "times": 1 })).unwrap(),
        );
        let dead = stage.run(dead, &stage.first.folder(), None, false).0.world;
        stage.add("a stack that never was good", dead, &stage.first.folder(), None);
        stage.add("too long", made.clone(), &hurried.folder(), None);
        if stage.nests() {
            stage.add_nested(fresh.clone(), made.clone());
        }
        stage.after = Some(after);
        stage.stack = Some(StackOf::new(place, &made, &changed));
        stage._others.extend([second, hurried]);
        stage
    }

    /// Whether the pipeline's stack has another one in it.
    fn nests(&self) -> bool {
        self.place.pipeline == "invoices"
    }

    /// Adds what happens with nested stacks only.
    fn add_nested(&mut self, fresh: World, made: World) {
        let mut failing = fresh;
        let fault = serde_json::json!({ "logical_id": "Invoices", "operation": "create", "reason": "no", "times": 1 });
        failing.resource_faults.push(serde_json::from_value(fault).unwrap());
        self.add(NESTED_FAILS, failing, &self.first.folder(), None);
        // A change set of a stack with others in it is never empty, but it may be refused.
        let replacing = Release::replacing();
        self.add(REFUSED, made, &replacing.folder(), None);
        self._others.push(replacing);
    }

    fn job<'a>(&'a self, project: &'a Path) -> Job<'a> {
        let Place { pipeline, stage, account, region } = &self.place;
        Job { project, pipeline, stage, accounts: std::slice::from_ref(account), regions: std::slice::from_ref(region) }
    }

    /// The hub is tried with the state in the bucket, which it alone touches.
    fn run(&self, world: World, project: &Path, state: Option<&Path>, bucket: bool) -> (Ran, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        if let Some(state) = state {
            copy(state, folder.path(), &|_, text| text);
        }
        let home = if bucket { Home::Bucket(self.place.pipeline) } else { Home::Disk(folder.path()) };
        (run(world, home, self.job(project)), folder)
    }

    /// Adds what a run does in a world; the world afterwards, and what the run left.
    fn add(
        &mut self,
        what: &'static str,
        world: World,
        project: &Path,
        state: Option<&Path>,
    ) -> (World, tempfile::TempDir) {
        let (ran, folder) = self.run(world.clone(), project, state, false);
        let (expected, refused) = (ending(&ran), refused(&ran));
        let well = ran.kind == Some(deploy::run::EndingKind::Succeeded);
        assert!(well || ["too long", NESTED_FAILS, REFUSED].contains(&what), "{what}: {}\n{}", ran.why, ran.seen);
        let (project, state) = (project.to_owned(), state.map(Path::to_owned));
        self.scenarios.push(Scenario { what, world, project, state, expected, refused });
        (ran.world, folder)
    }

    /// Takes every permission away in turn. With `PROOF=all` also what was proven for another stage already.
    pub fn sweep(&self, swept: &mut Swept) {
        let all = std::env::var("PROOF").is_ok_and(|p| p == "all");
        for (kind, home, role) in &self.roles {
            let every = permissions(&bootstrapped().0, home, role);
            for gone in every.into_iter().filter(|p| self.concerns(kind, p)) {
                let known = format!("{kind} {}", gone.renamed(self.place.stage));
                if !all && swept.proven.contains(&known) {
                    swept.same += 1;
                    continue;
                }
                *swept.taken.entry(kind).or_default() += 1;
                if let Some(what) = self.fails(kind, &gone, without) {
                    *swept.failed.entry(what).or_default() += 1;
                } else {
                    let action = gone.resources > 1 && self.fails(kind, &gone, without_action).is_some();
                    match in_aws::says(&gone, action) {
                        Some(_) => swept.documented += 1,
                        None => {
                            swept.idle.push(gone);
                            continue;
                        }
                    }
                }
                swept.proven.insert(known);
            }
        }
    }

    fn fails(&self, kind: &str, gone: &Permission, take: Take) -> Option<&'static str> {
        match kind {
            "execution" => self.stack.as_ref()?.fails(gone, take),
            "deployment" if gone.sid == "ReadBootstrap" => self.look_fails(gone, take),
            _ => self.engine_fails(gone, take),
        }
    }

    /// A hub leads to many accounts, and an account's roles may be for several regions. Those have sweeps of their own, or
    /// are the same word for word.
    fn concerns(&self, kind: &str, gone: &Permission) -> bool {
        let own = |text: &str| ["eu-west-1", "us-east-1"].iter().all(|r| *r == self.place.region || !text.contains(r));
        let door = kind == "hub" && gone.resource.starts_with("arn:aws:iam::");
        if door {
            gone.resource.contains(self.place.account)
        } else {
            gone.resource.contains("landfall-200000000002") || own(&gone.resource)
        }
    }

    fn engine_fails(&self, gone: &Permission, take: Take) -> Option<&'static str> {
        let likely = match gone.action.as_str() {
            "cloudformation:CancelUpdateStack" => "too long",
            "cloudformation:DeleteStack" => "a stack that never was good",
            "cloudformation:UntagResource" => "fewer tags",
            "cloudformation:DeleteChangeSet" if self.nests() => REFUSED,
            "cloudformation:DeleteChangeSet" => "no change",
            _ if gone.sid == "ReadNestedStacks" => NESTED_FAILS,
            _ => "create",
        };
        let (first, rest): (Vec<&Scenario>, Vec<&Scenario>) = self.scenarios.iter().partition(|s| s.what == likely);
        let failed = |scenario: &&Scenario| self.ends_otherwise(scenario, gone, take);
        first.into_iter().chain(rest).find(failed).map(|s| s.what)
    }

    fn ends_otherwise(&self, scenario: &Scenario, gone: &Permission, take: Take) -> bool {
        let hub = gone.role == self.roles[0].2;
        let (ran, _) = self.run(take(&scenario.world, gone), &scenario.project, scenario.state.as_deref(), hub);
        let named = ran.why.contains(&format!("perform: {}", gone.action));
        let refused = named || refused(&ran).iter().any(|call| call.0 == gone.role && !scenario.refused.contains(call));
        refused && ending(&ran) != scenario.expected
    }

    /// Before a run the program looks at the bootstrap stacks, as the deployment role.
    fn look_fails(&self, gone: &Permission, take: Take) -> Option<&'static str> {
        let stack = format!("landfall-bootstrap-roles-{}", self.place.pipeline);
        let site = runs::site(self.place.pipeline, self.place.stage, self.place.account, FIRST_REGION, "deploy");
        let project = self.first.folder();
        let seen = |world: World| {
            let state = tempfile::tempdir().unwrap();
            let keys = |world: &mut World| runs::hub(world, &project, self.place.pipeline, self.place.stage);
            over_the_wire(world, Home::Disk(state.path()), keys, async |ports| {
                ports.stacks.describe(&site, &stack).await
            })
            .0
        };
        seen(take(&bootstrapped().0, gone)).err()?;
        assert!(seen(bootstrapped().0.clone()).is_ok_and(|s| s.is_some()));
        Some("a look at the bootstrap")
    }
}

/// The calls that were refused for want of a permission: by which role, and what.
fn refused(ran: &Ran) -> BTreeSet<(String, String)> {
    let role = |c: &CallRecord| Some(c.principal.split_once(":assumed-role/")?.1.split('/').next()?.to_owned());
    let denied = ran.world.log.iter().filter(|c| {
        matches!(&c.outcome, Outcome::Refused(code) if code.contains("Denied") || code.contains("Forbidden") || code == "403")
    });
    denied.filter_map(|c| Some((role(c)?, c.operation.clone()))).collect()
}

/// What is compared: all that a person sees, and what is there afterwards.
fn ending(ran: &Ran) -> String {
    format!("{}\n{}", ran.seen, crate::organization::stacks(&ran.world).join("\n"))
}
