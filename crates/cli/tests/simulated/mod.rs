//! The doors of a run into a sandbox of this process, for tests and benchmarks: the real AWS client, the world's own time,
//! the state on disk, and programs that end well at once.

use async_trait::async_trait;
use aws::{Aws, Settings, StaticKeys};
use base::{Arn, Region, Sources};
use deploy::plan::{PlannedTrigger, Selection};
use deploy::project::Pipeline;
use engine::package::MemoryFiles;
use engine::ports::{Answer, Clock, Command, CommandEnd, Commands, NoSecrets, Ports};
use engine::store::DiskStore;
use engine::{Prepared, Request, prepare};
use jiff::Timestamp;
use sandbox::{Sandbox, SandboxClock};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

struct Time(SandboxClock);

#[async_trait]
impl Clock for Time {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
    async fn sleep_until(&self, until: Timestamp) {
        self.0.advance_to(until);
    }
}

struct Well;

#[async_trait]
impl Commands for Well {
    async fn run(&self, _: &Command, _: &(dyn for<'l> Fn(&'l str) + Send + Sync)) -> Answer<CommandEnd> {
        Ok(CommandEnd { code: Some(0), timed_out: false, tail: Vec::new() })
    }
}

/// The doors, as the administrator of 999999999999, or as its role `hub`.
pub async fn ports(sandbox: &Sandbox, state: &Path, hub: Option<&str>) -> Ports {
    let settings = Settings {
        endpoint: Some(sandbox.endpoint()),
        region: Region::new("us-east-1").ok(),
        keys: Some(StaticKeys { id: "999999999999".into(), secret: "any".into(), token: None }),
        hub: hub.and_then(|name| Arn::new(format!("arn:aws:iam::999999999999:role/{name}")).ok()),
        profile: None,
        token_file: None,
    };
    let clock: Arc<dyn Clock> = Arc::new(Time(sandbox.clock()));
    let aws = Aws::connect(&settings, clock.clone()).await;
    Ports {
        identity: Arc::new(aws.clone()),
        stacks: Arc::new(aws.clone()),
        change_sets: Arc::new(aws.clone()),
        objects: Arc::new(aws.clone()),
        alarms: Arc::new(aws.clone()),
        roles: Arc::new(aws),
        store: Arc::new(DiskStore::new(state)),
        commands: Arc::new(Well),
        clock,
        secrets: Arc::new(NoSecrets),
    }
}

/// A project of a template and one file of code.
pub fn files(template: &str, release: u32) -> MemoryFiles {
    let code = format!("RELEASE = {release}\n");
    MemoryFiles(BTreeMap::from([("template.yaml".into(), template.into()), ("src/app.py".into(), code.into_bytes())]))
}

/// The plan of everything that the pipeline has.
pub async fn planned(ports: &Ports, pipeline: &Pipeline, files: &MemoryFiles) -> Prepared {
    let request = Request {
        pipeline,
        files,
        built: &BTreeMap::new(),
        selection: &Selection::default(),
        overrides: &[],
        author: "ann",
        trigger: PlannedTrigger::default(),
    };
    let prepared = prepare(ports, &request, &mut Sources::new()).await.unwrap();
    let wrong: Vec<_> = prepared.findings.iter().filter(|d| d.is_error()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    prepared
}
