//! The example pipelines through all of their stages: deployed, changed, taken back and deleted by the derived roles only.

use crate::organization::{PRODUCTION, STAGING, bootstrapped, stacks};
use crate::releases::Release;
use crate::runs::{Home, Job, back, hub, over_the_wire, run, site};
use jiff::SignedDuration;
use sandbox::World;

/// Every stage of every pipeline, then an update, a rollback and a deletion in staging; what is there at the end.
pub fn all() -> Vec<String> {
    let (first, second) = (Release::first(), Release::second());
    let mut world = bootstrapped().0.clone();
    for pipeline in ["invoices", "notices", "orders"] {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::Disk(folder.path());
        for stage in ["staging", "production"] {
            let project = first.folder();
            world = run(world, home, Job { project: &project, pipeline, stage, accounts: &[], regions: &[] })
                .well(pipeline);
        }
        let (before, after) = (first.folder(), second.folder());
        let job = Job { project: &after, pipeline, stage: "staging", accounts: &[], regions: &[] };
        world = run(world, home, job).well("the second release");
        world = back(world, home, Job { project: &before, ..job }, 1).well("the way back");
        assert!(stacks(&world).contains(&format!("{STAGING}/eu-west-1/{pipeline}-staging UPDATE_COMPLETE")));
        world = deleted(world, home, Job { project: &before, ..job });
    }
    let bootstrap = |s: &String| s.contains("/landfall-bootstrap");
    stacks(&world).into_iter().filter(|s| !bootstrap(s)).collect()
}

/// What should be there.
pub fn expected() -> Vec<String> {
    let mut all: Vec<String> =
        PRODUCTION.iter().map(|a| format!("{a}/eu-west-1/orders-production CREATE_COMPLETE")).collect();
    let home = PRODUCTION[0];
    all.push(format!("{home}/eu-west-1/invoices-production CREATE_COMPLETE"));
    all.push(format!("{home}/eu-west-1/invoices-production-Ledger-* CREATE_COMPLETE"));
    all.push(format!("{home}/eu-west-1/notices-production CREATE_COMPLETE"));
    all.push(format!("{home}/us-east-1/notices-production CREATE_COMPLETE"));
    all.sort();
    all
}

/// The staging stack deleted by the deployment role, which hands it to the execution role that the stack keeps.
fn deleted(world: World, home: Home<'_>, job: Job<'_>) -> World {
    let keys = |world: &mut World| hub(world, job.project, job.pipeline, job.stage);
    let own = site(job.pipeline, job.stage, STAGING, "eu-west-1", "deploy");
    let name = format!("{}-{}", job.pipeline, job.stage);
    over_the_wire(world, home, keys, async |ports| {
        ports.stacks.delete(&own, &name, "gone", None).await.unwrap();
        for _ in 0..60 {
            ports.clock.sleep_until(ports.clock.now() + SignedDuration::from_secs(30)).await;
            if ports.stacks.describe(&own, &name).await.unwrap().is_none_or(|s| s.status == "DELETE_COMPLETE") {
                return;
            }
        }
        panic!("{name} is not gone");
    })
    .1
}
