//! A project and its plan in a sandbox of this process, for tests and benchmarks.

mod doors;

use aws::{Settings, StaticKeys};
use base::{Arn, Region, Sources};
use deploy::plan::{PlannedTrigger, Selection};
use deploy::project::Pipeline;
use engine::package::MemoryFiles;
use engine::ports::Ports;
use engine::store::DiskStore;
use engine::{Prepared, Request, prepare};
use sandbox::Sandbox;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The doors, as the administrator of 999999999999, or as its role `hub`, with the state in a folder.
pub async fn ports(sandbox: &Sandbox, state: &Path, hub: Option<&str>) -> Ports {
    let settings = Settings {
        region: Region::new("us-east-1").ok(),
        keys: Some(StaticKeys { id: "999999999999".into(), secret: "any".into(), token: None }),
        hub: hub.and_then(|name| Arn::new(format!("arn:aws:iam::999999999999:role/{name}")).ok()),
        ..Settings::default()
    };
    doors::doors(sandbox, settings, |_| Arc::new(DiskStore::new(state))).await
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
        plan_role: false,
        overrides: &[],
        author: "ann",
        trigger: PlannedTrigger::default(),
    };
    let prepared = prepare(ports, &request, &mut Sources::new()).await.unwrap();
    let wrong: Vec<_> = prepared.findings.iter().filter(|d| d.is_error()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    prepared
}
