//! Plans written by hand.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use base::{AccountId, Region, RunId, StackName};
use deploy::plan::*;
use deploy::window::Windows;
use engine::ports::{Session, Site};
use std::collections::BTreeMap;

pub const STAGING: &str = "111111111111";
pub const PROD: &str = "222222222222";
pub const PROD_WEST: &str = "333333333333";

pub fn site(account: &str, region: &str) -> Site {
    let account = AccountId::new(account).unwrap();
    Site { account: Some(account), region: Region::new(region).unwrap(), role: None, session: Session::default() }
}

/// Name, waves of accounts, alarms.
pub type Stage = (&'static str, Vec<Vec<&'static str>>, Vec<&'static str>);

/// What a test wants of a plan.
#[derive(Clone)]
pub struct Wish {
    pub run: &'static str,
    pub release: u32,
    pub template: String,
    pub before: Option<String>,
    pub stages: Vec<Stage>,
    pub steps: Vec<(&'static str, Work)>,
    pub objects: usize,
}

impl Wish {
    /// Three stages of one account each; deploy, then bake for five minutes; an alarm in the last two.
    pub fn usual(run: &'static str, release: u32) -> Self {
        Self {
            run,
            release,
            template: format!("{{\"Description\": \"release {release}\"}}"),
            before: None,
            stages: vec![
                ("staging", vec![vec![STAGING]], vec![]),
                ("prod-east", vec![vec![PROD]], vec!["health"]),
                ("prod-west", vec![vec![PROD_WEST]], vec!["health"]),
            ],
            steps: vec![("bake", Work::Bake { seconds: 300 })],
            objects: 1,
        }
    }

    fn object(&self, n: usize) -> Vec<u8> {
        format!("object {n} of {}", self.template).into_bytes()
    }

    pub fn blobs(&self) -> Vec<std::sync::Arc<[u8]>> {
        let mut all: Vec<std::sync::Arc<[u8]>> = (0..self.objects).map(|n| self.object(n).into()).collect();
        all.push(self.template.clone().into_bytes().into());
        all.extend(self.before.iter().map(|b| b.clone().into_bytes().into()));
        all
    }

    fn change(&self, stage: &str, template: &str, release: u32, objects: usize) -> StackChange {
        let tags = [("landfall:pipeline", "orders"), ("landfall:stage", stage)];
        let mut tags: BTreeMap<String, Text> = tags.into_iter().map(|(k, v)| (k.to_owned(), Text::from(v))).collect();
        tags.insert("landfall:release".into(), Text::Plain(release.to_string()));
        let objects = (0..objects).map(|n| {
            let bytes = self.object(n);
            let digest = digest_of(&bytes);
            UploadedObject { key: format!("{digest}.zip"), digest, bytes: bytes.len() as u64 }
        });
        StackChange {
            release,
            stack: StackName::new("orders").unwrap(),
            template: TemplateRef {
                digest: digest_of(template.as_bytes()),
                bytes: template.len() as u64,
                key: "t.template".into(),
                parameters: Vec::new(),
            },
            objects: objects.collect(),
            parameters: BTreeMap::new(),
            capabilities: Vec::new(),
            tags,
            role: None,
            rollback_alarms: Vec::new(),
            monitoring_minutes: 0,
            notification_arns: Vec::new(),
            on_failure: None,
            disable_rollback: false,
            timeout_seconds: None,
            busy_seconds: None,
            termination_protection: None,
            allow_replacement: Vec::new(),
            fail_on_empty: false,
            change_set: format!("landfall-{}-{stage}-deploy", self.run),
            token: format!("{}-{stage}-deploy", self.run),
        }
    }

    pub fn plan(&self) -> Plan {
        let mut targets = Vec::new();
        let mut stages = Vec::new();
        for (stage, (name, waves, alarms)) in self.stages.iter().enumerate() {
            let mut planned_waves = Vec::new();
            for wave in waves {
                let mut indexes = Vec::new();
                for account in wave {
                    indexes.push(targets.len());
                    targets.push(self.target(stage, name, account));
                }
                planned_waves.push(indexes);
            }
            stages.push(PlannedStage {
                name: (*name).into(),
                window: Windows::NONE.into(),
                alarms: alarms.iter().map(|a| (*a).to_owned()).collect(),
                no_data_is_ok: false,
                approval: StageApproval::Never,
                waves: planned_waves,
                max_concurrent: 10,
                failure_tolerance: 0,
            });
        }
        Plan {
            version: PLAN_VERSION,
            pipeline: "orders".into(),
            purpose: Purpose::Deploy,
            run: RunId::new(self.run).unwrap(),
            release: self.release,
            made_at: super::start(),
            author: "ann".into(),
            trigger: PlannedTrigger::default(),
            windows: Windows::built_in(),
            stages,
            targets,
            overrides: Vec::new(),
            left_out: Vec::new(),
            narrowed: false,
        }
    }

    fn target(&self, stage: usize, name: &str, account: &str) -> PlannedTarget {
        let back = self.before.as_ref().map(|b| WayBack::To(Box::new(self.change(name, b, self.release - 1, 0))));
        let deploy = PlannedDeploy {
            change: self.change(name, &self.template, self.release, self.objects),
            back: back.unwrap_or(WayBack::NothingBefore),
            seen_status: self.before.as_ref().map(|_| "CREATE_COMPLETE".into()),
        };
        let mut steps = vec![PlannedStep {
            id: "deploy".into(),
            name: "deploy".into(),
            after: vec![],
            work: Work::Deploy(Box::new(deploy)),
        }];
        for (id, work) in &self.steps {
            let after = vec![steps.len() - 1];
            steps.push(PlannedStep { id: (*id).into(), name: (*id).into(), after, work: work.clone() });
        }
        PlannedTarget {
            id: format!("{name}/{account}/us-east-1"),
            stage,
            account: AccountId::new(account).unwrap(),
            account_name: None,
            units: Vec::new(),
            region: super::region(),
            site: site(account, "us-east-1"),
            bucket: format!("landfall-{account}-us-east-1"),
            skip: None,
            steps,
        }
    }
}

/// A command of one line.
pub fn command(shell: &str, gate: bool) -> Work {
    Work::Command(Box::new(PlannedCommand {
        shell: shell.into(),
        folder: Text::default(),
        environment: BTreeMap::new(),
        timeout_seconds: 60,
        retries: 0,
        credentials: true,
        gate,
    }))
}
