//! A bootstrap that dies after any call that changed something is finished by running it again.
//!
//! A bootstrap keeps no journal: what is in AWS is its state. So dying after a read is dying after the change before it.

use crate::organization::{CICD, STAGING, account, organization, region, stacks};
use crate::permissions::shape;
use crate::releases::Release;
use crate::runs::{Home, pipeline, ports, settings};
use aws::StaticKeys;
use base::{AccountId, Region, Sources};
use deploy::bootstrap::{PipelineFacts, Settings, Templates, add_needs, pipeline_facts};
use engine::bootstrap::{Fate, Job, discard, execute, look, preview, reach};
use engine::package::{DiskFiles, bundle};
use engine::ports::Ports;
use sandbox::{Options, Sandbox, World};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::watch;

/// What `landfall bootstrap` makes of the files: the hub and one account of a pipeline.
struct Wanted {
    settings: Settings,
    facts: PipelineFacts,
}

fn wanted() -> Wanted {
    let release = Release::first();
    let settings = settings(&release.folder());
    let pipeline = pipeline(&release.folder(), "notices");
    let at = (account(STAGING), region("eu-west-1"));
    let places = BTreeMap::from([("staging".to_owned(), vec![at])]);
    let (mut facts, _) = pipeline_facts(&pipeline, &settings, &places);
    let template = "notices/template.yaml";
    let made = bundle(&DiskFiles::new(release.folder()), template, None, &mut Sources::new()).unwrap();
    let expanded = made.source().expanded("packaged", &region("eu-west-1")).unwrap();
    let templates = Templates::from([((template.to_owned(), region("eu-west-1")), expanded)]);
    add_needs(&mut facts, &settings, &templates);
    Wanted { settings, facts }
}

async fn bootstrap(ports: &Ports, wanted: &Wanted) -> Vec<Fate> {
    let places: BTreeMap<AccountId, Vec<Region>> =
        [CICD, STAGING].iter().map(|a| (account(a), vec![region("eu-west-1")])).collect();
    let first = places.iter().map(|(a, regions)| (a.clone(), regions[0].clone())).collect();
    let doors = reach(ports, &first, None).await.unwrap().unwrap();
    let seen = look(ports, &doors, &places).await;
    assert!(seen.failures.is_empty(), "{:?}", seen.failures);
    let (all, _) = deploy::bootstrap::stacks(&wanted.settings, std::slice::from_ref(&wanted.facts), &seen.found);
    let now = ports.clock.now();
    let mut jobs: Vec<Job> = all
        .into_iter()
        .map(|stack| {
            let site = doors.site(&stack.account, &stack.region);
            Job::new(stack, site, now)
        })
        .collect();
    preview(ports, &mut jobs, false, &mut |_| {}).await;
    execute(ports, &mut jobs, &mut |_| {}).await;
    assert!(discard(ports, &jobs).await.is_empty());
    jobs.into_iter().map(|job| job.fate).collect()
}

/// Bootstraps, dies after the change of this number, and bootstraps again. How often something was changed before, and
/// what came of the last one.
fn killed_after(wanted: &Wanted, change: usize) -> (usize, Vec<Fate>, World) {
    let sandbox = Sandbox::start(organization(), Options::default()).unwrap();
    let (die, mut dead) = watch::channel(false);
    let count = Arc::new(AtomicUsize::new(0));
    let seen = count.clone();
    sandbox.on_call(move |call| {
        if call.changed_the_world() && seen.fetch_add(1, Ordering::SeqCst) + 1 == change {
            die.send_replace(true);
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let keys = || StaticKeys { id: crate::organization::MANAGEMENT.into(), secret: "any".into(), token: None };
    let fates = runtime.block_on(async {
        let first = ports(&sandbox, keys(), Home::Disk(folder.path())).await;
        let ended = tokio::select! {
            biased;
            _ = dead.wait_for(|dead| *dead) => None,
            fates = bootstrap(&first, wanted) => Some(fates),
        };
        match ended {
            Some(fates) => fates,
            None => bootstrap(&ports(&sandbox, keys(), Home::Disk(folder.path())).await, wanted).await,
        }
    });
    let world = sandbox.world().clone();
    (count.load(Ordering::SeqCst), fates, world)
}

fn end(world: &World) -> String {
    let roles = [(CICD, "landfall-notices.staging-hub"), (STAGING, "landfall-notices.staging-deploy")];
    let shapes: Vec<String> = roles.iter().map(|(home, role)| shape(world, &account(home), role)).collect();
    format!("{}\n{}", stacks(world).join("\n"), shapes.join("\n"))
}

/// Dies after each change in turn; how many there were.
pub fn after_each_change() -> usize {
    let wanted = wanted();
    let (changes, fates, undisturbed) = killed_after(&wanted, usize::MAX);
    assert!(fates.iter().all(|f| *f == Fate::Made), "{fates:?}");
    let expected = end(&undisturbed);
    assert!(expected.lines().take(4).all(|s| s.ends_with("CREATE_COMPLETE protected")), "{expected}");
    for change in 1..=changes {
        let (_, fates, world) = killed_after(&wanted, change);
        let well = |f: &Fate| matches!(f, Fate::Made | Fate::Same | Fate::Changed);
        assert!(fates.iter().all(well), "after change {change}: {fates:?}");
        assert_eq!(end(&world), expected, "after change {change}");
    }
    changes
}
