//! A small AWS in memory, for the engine's own tests: stacks, change sets, objects, alarms and a clock that jumps.
//!
//! The real proof runs against the sandbox; this one is fast and can be told to do anything.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

use async_trait::async_trait;
use base::{AccountId, Arn, Region};
use engine::ports::*;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

pub mod plans;

/// How long a stack operation takes.
const OPERATION: i64 = 40;

#[derive(Default)]
pub struct World {
    pub now: Timestamp,
    pub stacks: BTreeMap<String, FakeStack>,
    pub gone: BTreeMap<String, FakeStack>,
    pub sets: BTreeMap<(String, String), FakeSet>,
    pub buckets: BTreeSet<String>,
    pub objects: BTreeMap<String, Vec<u8>>,
    /// Alarm states from a time on, by `account/name`.
    pub alarms: BTreeMap<String, Vec<(Timestamp, &'static str)>>,
    /// Accounts whose role answers as another account.
    pub impostors: BTreeMap<String, String>,
    /// Failures by operation and number of the call of that operation, counted from 1; `after` when it is carried out first.
    pub faults: BTreeMap<(&'static str, u32), Fault>,
    pub counts: BTreeMap<&'static str, u32>,
    /// Everything that changed something, in order.
    pub log: Vec<String>,
    /// Ends of commands, by shell text; the last one stays.
    pub commands: BTreeMap<String, Vec<i32>>,
    /// Accounts in which every command fails.
    pub failing_accounts: BTreeSet<String>,
    pub ids: u32,
    pub lines: Vec<String>,
}

#[derive(Clone)]
pub struct Fault {
    pub failure: Failure,
    pub after: bool,
}

#[derive(Debug, Clone)]
pub struct FakeStack {
    pub seen: StackSeen,
    pub template: String,
    pub events: Vec<StackEvent>,
    /// When the operation ends, and how.
    pub ends: Option<(Timestamp, String, String)>,
}

#[derive(Debug, Clone)]
pub struct FakeSet {
    pub id: String,
    pub request: ChangeSetRequest,
    pub status: &'static str,
    pub execution: &'static str,
    pub reason: Option<String>,
}

#[derive(Clone)]
pub struct Fake(pub Arc<Mutex<World>>);

pub fn start() -> Timestamp {
    "2026-03-02T10:00:00Z".parse().unwrap()
}

pub fn plus(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

impl Fake {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(World { now: start(), ..World::default() })))
    }

    pub fn ports(&self, store: Arc<dyn Store>) -> Ports {
        let fake = Arc::new(self.clone());
        Ports {
            identity: fake.clone(),
            stacks: fake.clone(),
            change_sets: fake.clone(),
            objects: fake.clone(),
            alarms: fake.clone(),
            roles: Arc::new(NoRoles),
            store,
            commands: fake.clone(),
            secrets: Arc::new(NoSecrets),
            clock: fake,
        }
    }

    pub fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    pub fn log(&self) -> Vec<String> {
        self.world().log.clone()
    }

    /// Lets stack operations end whose time has come, then perhaps fails.
    fn enter<T>(&self, operation: &'static str, work: impl FnOnce(&mut World) -> Answer<T>) -> Answer<T> {
        let mut world = self.world();
        world.settle();
        let count = world.counts.entry(operation).or_default();
        *count += 1;
        let count = *count;
        match world.faults.get(&(operation, count)).cloned() {
            Some(fault) if fault.after => {
                let _ = work(&mut world);
                Err(fault.failure)
            }
            Some(fault) => Err(fault.failure),
            None => work(&mut world),
        }
    }
}

fn key(site: &Site, stack: &str) -> String {
    format!("{}/{}/{stack}", site.account.as_ref().unwrap(), site.region)
}

pub fn conflict(code: &str, message: &str) -> Failure {
    Failure::new(FailureKind::Conflict, code, message)
}

impl World {
    pub fn put_stack(&mut self, account: &str, name: &str, status: &str, template: &str) {
        let site = plans::site(account, "us-east-1");
        self.ids += 1;
        let id = format!("arn:aws:cloudformation:us-east-1:{account}:stack/{name}/{}", self.ids);
        let seen = StackSeen {
            id: id.clone(),
            status: status.into(),
            reason: None,
            created: self.now,
            updated: None,
            outputs: BTreeMap::from([("Url".to_owned(), format!("https://{account}.example.org"))]),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            role: None,
            termination_protection: false,
            root: None,
            change_set: None,
        };
        let mut stack = FakeStack { seen, template: template.into(), events: Vec::new(), ends: None };
        let now = self.now;
        stack.event(now, name, "AWS::CloudFormation::Stack", status, None, None);
        self.stacks.insert(key(&site, name), stack);
    }

    fn settle(&mut self) {
        let now = self.now;
        let mut deleted = Vec::new();
        for (key, stack) in &mut self.stacks {
            let Some((at, status, token)) = stack.ends.clone().filter(|(at, ..)| *at <= now) else { continue };
            stack.ends = None;
            let name = key.rsplit('/').next().unwrap().to_owned();
            if status.contains("ROLLBACK") {
                stack.event(at, "Fn", "AWS::Lambda::Function", "CREATE_FAILED", Some("no such handler"), Some(&token));
            }
            stack.event(at, &name, "AWS::CloudFormation::Stack", &status, None, Some(&token));
            stack.seen.status = status;
            if stack.seen.status == "DELETE_COMPLETE" {
                deleted.push(key.clone());
            }
        }
        for key in deleted {
            let stack = self.stacks.remove(&key).unwrap();
            self.gone.insert(stack.seen.id.clone(), stack);
        }
    }

    fn find(&self, site: &Site, stack: &str) -> Option<&FakeStack> {
        self.stacks
            .get(&key(site, stack))
            .or_else(|| self.stacks.values().find(|s| s.seen.id == stack))
            .or_else(|| self.gone.get(stack))
    }
}

impl FakeStack {
    fn event(&mut self, at: Timestamp, id: &str, kind: &str, status: &str, reason: Option<&str>, token: Option<&str>) {
        let own = kind == "AWS::CloudFormation::Stack";
        self.events.insert(
            0,
            StackEvent {
                id: format!("{}-{}", self.seen.id, self.events.len()),
                at,
                logical_id: id.into(),
                physical_id: own.then(|| self.seen.id.clone()),
                resource_type: kind.into(),
                status: status.into(),
                reason: reason.map(Into::into),
                token: token.map(Into::into),
            },
        );
    }
}

#[async_trait]
impl Identity for Fake {
    async fn caller(&self, site: &Site) -> Answer<Caller> {
        self.enter("caller", |world| {
            let account = site.account.clone().unwrap();
            let account =
                world.impostors.get(account.as_str()).map_or(account, |other| AccountId::new(other.as_str()).unwrap());
            Ok(Caller { arn: format!("arn:aws:sts::{account}:assumed-role/landfall-deploy/x"), account })
        })
    }
    async fn organization(&self) -> Answer<OrganizationSeen> {
        Err(Failure::new(FailureKind::NotFound, "", "none"))
    }
    async fn accounts(&self) -> Answer<Vec<AccountSeen>> {
        Ok(Vec::new())
    }
    async fn accounts_under(&self, _unit: &str) -> Answer<Vec<AccountSeen>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Stacks for Fake {
    async fn describe(&self, site: &Site, stack: &str) -> Answer<Option<StackSeen>> {
        self.enter("describe", |world| Ok(world.find(site, stack).map(|s| s.seen.clone())))
    }
    async fn events(&self, site: &Site, stack: &str, since: Option<Timestamp>) -> Answer<Vec<StackEvent>> {
        self.enter("events", |world| {
            let Some(stack) = world.find(site, stack) else {
                return Err(Failure::new(FailureKind::NotFound, "", "no stack"));
            };
            Ok(stack.events.iter().filter(|e| since.is_none_or(|s| e.at > s)).cloned().collect())
        })
    }
    async fn delete(&self, site: &Site, stack: &str, token: &str, _role: Option<&Arn>) -> Answer<()> {
        self.enter("delete_stack", |world| {
            world.log.push(format!("delete stack {token}"));
            let now = world.now;
            let found = world.stacks.iter_mut().find(|(k, s)| **k == key(site, stack) || s.seen.id == stack);
            let Some((_, found)) = found else { return Ok(()) };
            found.seen.status = "DELETE_IN_PROGRESS".into();
            found.ends = Some((plus(now, OPERATION), "DELETE_COMPLETE".into(), token.into()));
            Ok(())
        })
    }
    async fn continue_rollback(&self, _: &Site, _: &str, _: &str, _: &[String]) -> Answer<()> {
        Ok(())
    }
    async fn cancel_update(&self, _: &Site, _: &str, _: &str) -> Answer<()> {
        Ok(())
    }
    async fn protect(&self, site: &Site, stack: &str, on: bool) -> Answer<()> {
        self.enter("protect", |world| {
            let found = world.stacks.values_mut().find(|s| s.seen.id == stack || s.seen.id.contains(&key(site, stack)));
            found.ok_or_else(|| conflict("ValidationError", "no stack"))?.seen.termination_protection = on;
            world.log.push(format!("protect {on}"));
            Ok(())
        })
    }
    async fn template(&self, _: &Site, _: &str) -> Answer<String> {
        Ok(String::new())
    }
}

#[async_trait]
impl ChangeSets for Fake {
    async fn create(&self, site: &Site, request: &ChangeSetRequest) -> Answer<ChangeSetId> {
        self.enter("create_change_set", |world| {
            let at = key(site, &request.stack);
            if world.sets.contains_key(&(at.clone(), request.name.clone())) {
                return Err(conflict("AlreadyExistsException", "it is there"));
            }
            let exists = world.stacks.get(&at).map(|s| s.seen.status.clone());
            match (&exists, request.create) {
                (None, true) => {
                    world.put_stack(site.account.as_ref().unwrap().as_str(), &request.stack, "REVIEW_IN_PROGRESS", "");
                }
                (Some(status), true) if status == "REVIEW_IN_PROGRESS" => {}
                (Some(status), false) if status.ends_with("_COMPLETE") && status != "ROLLBACK_COMPLETE" => {}
                (status, create) => return Err(conflict("ValidationError", &format!("{status:?} {create}"))),
            }
            world.log.push(format!("create change set {}", request.name));
            world.ids += 1;
            let stack = &world.stacks[&at];
            let TemplateSource::Body(body) = &request.template else { panic!("small templates only") };
            let tags_same = request.tags == stack.seen.tags;
            let given: BTreeMap<String, String> = request
                .parameters
                .iter()
                .map(|(k, v)| (k.clone(), v.clone().unwrap_or_else(|| stack.seen.parameters[k].clone())))
                .collect();
            let empty = !request.create && *body == stack.template && tags_same && given == stack.seen.parameters;
            let set = FakeSet {
                id: format!("arn:aws:cloudformation:us-east-1:1:changeSet/{}/{}", request.name, world.ids),
                request: request.clone(),
                status: if empty { "FAILED" } else { "CREATE_COMPLETE" },
                execution: if empty { "UNAVAILABLE" } else { "AVAILABLE" },
                reason: empty.then(|| "The submitted information didn't contain changes.".into()),
            };
            let made = ChangeSetId { id: set.id.clone(), stack_id: stack.seen.id.clone() };
            world.sets.insert((at, request.name.clone()), set);
            Ok(made)
        })
    }
    async fn describe(&self, site: &Site, stack: &str, name: &str) -> Answer<Option<ChangeSetSeen>> {
        self.enter("describe_change_set", |world| {
            let at = key(site, stack);
            let Some(set) = world.sets.get(&(at.clone(), name.to_owned())) else { return Ok(None) };
            let template = match &set.request.template {
                TemplateSource::Body(body) | TemplateSource::Url(body) => body,
            };
            let replaced = template.contains("REPLACE").then(|| Change {
                action: "Modify".into(),
                logical_id: "Table".into(),
                physical_id: Some("orders".into()),
                resource_type: "AWS::DynamoDB::Table".into(),
                replacement: "True".into(),
                scope: vec!["Properties".into()],
            });
            Ok(Some(ChangeSetSeen {
                id: set.id.clone(),
                stack_id: world.stacks[&at].seen.id.clone(),
                status: set.status.into(),
                reason: set.reason.clone(),
                execution_status: set.execution.into(),
                changes: replaced.into_iter().collect(),
            }))
        })
    }
    async fn execute(&self, site: &Site, execution: &Execution) -> Answer<()> {
        self.enter("execute_change_set", |world| {
            let at = key(site, &execution.stack);
            let now = world.now;
            let Some(set) = world.sets.get_mut(&(at.clone(), execution.change_set.clone())) else {
                return Err(Failure::new(FailureKind::NotFound, "ChangeSetNotFound", "gone"));
            };
            if set.execution != "AVAILABLE" {
                return Err(conflict("InvalidChangeSetStatus", set.execution));
            }
            set.execution = "EXECUTE_COMPLETE";
            let request = set.request.clone();
            world.log.push(format!("execute change set {}", request.name));
            let stack = world.stacks.get_mut(&at).unwrap();
            let TemplateSource::Body(body) = request.template.clone() else { panic!("small templates only") };
            let (busy, end) = match (request.create, body.contains("FAIL"), body.contains("STUCK")) {
                (true, true, _) => ("CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE"),
                (true, false, _) => ("CREATE_IN_PROGRESS", "CREATE_COMPLETE"),
                (false, true, _) => ("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"),
                (false, false, true) => ("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"),
                (false, false, false) => ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"),
            };
            stack.event(
                now,
                &execution.stack,
                "AWS::CloudFormation::Stack",
                busy,
                Some("User Initiated"),
                Some(&execution.token),
            );
            stack.seen.status = busy.into();
            if end.ends_with("TE_COMPLETE") {
                stack.template = body;
                stack.seen.tags = request.tags.clone();
                let before = stack.seen.parameters.clone();
                stack.seen.parameters = request
                    .parameters
                    .iter()
                    .map(|(k, v)| (k.clone(), v.clone().unwrap_or_else(|| before[k].clone())))
                    .collect();
            }
            stack.ends = Some((plus(now, OPERATION), end.into(), execution.token.clone()));
            Ok(())
        })
    }
    async fn delete(&self, site: &Site, stack: &str, name: &str) -> Answer<()> {
        self.enter("delete_change_set", |world| {
            if world.sets.remove(&(key(site, stack), name.to_owned())).is_some() {
                world.log.push(format!("delete change set {name}"));
            }
            Ok(())
        })
    }
}

#[async_trait]
impl Objects for Fake {
    async fn ensure_bucket(&self, _site: &Site, bucket: &str) -> Answer<()> {
        self.enter("ensure_bucket", |world| {
            if world.buckets.insert(bucket.to_owned()) {
                world.log.push(format!("create bucket {bucket}"));
            }
            Ok(())
        })
    }
    async fn head(&self, _site: &Site, at: &ObjectAt) -> Answer<Option<ObjectSeen>> {
        use base64::Engine as _;
        use sha2::Digest as _;
        self.enter("head", |world| {
            Ok(world.objects.get(&format!("{}/{}", at.bucket, at.key)).map(|bytes| ObjectSeen {
                size: bytes.len() as u64,
                checksum_sha256: Some(base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(bytes))),
                etag: "e".into(),
            }))
        })
    }
    async fn get(&self, _site: &Site, _at: &ObjectAt) -> Answer<Option<ObjectBytes>> {
        Ok(None)
    }
    async fn put(&self, _site: &Site, at: &ObjectAt, bytes: Vec<u8>, condition: &Condition) -> Answer<String> {
        self.enter("put", |world| {
            let name = format!("{}/{}", at.bucket, at.key);
            if *condition == Condition::Absent && world.objects.contains_key(&name) {
                return Err(conflict("PreconditionFailed", "it is there"));
            }
            world.log.push(format!("put {name}"));
            world.objects.insert(name, bytes);
            Ok("e".into())
        })
    }
    async fn delete(&self, _: &Site, _: &ObjectAt, _: Option<&str>) -> Answer<()> {
        Ok(())
    }
    async fn list(&self, _: &Site, _: &str, _: &str) -> Answer<Vec<String>> {
        Ok(Vec::new())
    }
    async fn folders(&self, _: &Site, _: &str, _: &str) -> Answer<Vec<String>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Alarms for Fake {
    async fn read(&self, site: &Site, names: &[String]) -> Answer<Vec<AlarmSeen>> {
        self.enter("alarms", |world| {
            let found = names.iter().filter_map(|name| {
                let states = world.alarms.get(&format!("{}/{name}", site.account.as_ref().unwrap()))?;
                let (since, state) = states.iter().rev().find(|(from, _)| *from <= world.now)?;
                Some(AlarmSeen {
                    name: name.clone(),
                    state: (*state).into(),
                    reason: Some("threshold crossed".into()),
                    since: Some(*since),
                })
            });
            Ok(found.collect())
        })
    }
}

#[async_trait]
impl Commands for Fake {
    async fn run(&self, command: &Command, line: &(dyn for<'l> Fn(&'l str) + Send + Sync)) -> Answer<CommandEnd> {
        line("working");
        self.enter("command", |world| {
            world.lines.push(command.shell.clone());
            let ends = world.commands.entry(command.shell.clone()).or_insert_with(|| vec![0]);
            let code = if ends.len() > 1 { ends.remove(0) } else { ends[0] };
            let account = command.site.as_ref().and_then(|s| s.account.clone());
            let fails = account.is_some_and(|a| world.failing_accounts.contains(a.as_str()));
            let code = if fails { 1 } else { code };
            Ok(CommandEnd { code: Some(code), timed_out: false, tail: vec!["last line".into()] })
        })
    }
}

#[async_trait]
impl Clock for Fake {
    fn now(&self) -> Timestamp {
        self.world().now
    }
    async fn sleep_until(&self, until: Timestamp) {
        let mut world = self.world();
        world.now = world.now.max(until);
    }
}

/// A store in memory.
#[derive(Default, Clone)]
pub struct MemoryStore(pub Arc<Mutex<BTreeMap<String, Vec<u8>>>>, pub Arc<Mutex<Option<Failure>>>);

impl MemoryStore {
    pub fn keys(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &str) -> Answer<Option<ObjectBytes>> {
        let found = self.0.lock().unwrap().get(key).cloned();
        Ok(found.map(|bytes| ObjectBytes { etag: deploy::plan::digest_of(&bytes).to_string(), bytes }))
    }
    async fn put(&self, key: &str, bytes: &[u8], condition: &Condition) -> Answer<String> {
        if let Some(failure) = self.1.lock().unwrap().clone() {
            return Err(failure);
        }
        let mut all = self.0.lock().unwrap();
        let there = all.get(key).map(|b| deploy::plan::digest_of(b).to_string());
        let holds = match condition {
            Condition::Always => true,
            Condition::Absent => there.is_none(),
            Condition::Matches(etag) => there.as_ref() == Some(etag),
        };
        if !holds {
            return Err(conflict("PreconditionFailed", key));
        }
        all.insert(key.to_owned(), bytes.to_vec());
        Ok(deploy::plan::digest_of(bytes).to_string())
    }
    async fn delete(&self, key: &str, _etag: &str) -> Answer<()> {
        self.0.lock().unwrap().remove(key);
        Ok(())
    }
    async fn list(&self, prefix: &str) -> Answer<Vec<String>> {
        Ok(self.0.lock().unwrap().keys().filter(|k| k.starts_with(prefix)).cloned().collect())
    }
    async fn folders(&self, prefix: &str) -> Answer<Vec<String>> {
        let all = self.0.lock().unwrap();
        let name = |key: &String| Some(key.strip_prefix(prefix)?.split_once('/')?.0.to_owned());
        let names: std::collections::BTreeSet<String> = all.keys().filter_map(name).collect();
        Ok(names.into_iter().collect())
    }
    fn place(&self) -> String {
        "memory".into()
    }
}

pub fn region() -> Region {
    Region::new("us-east-1").unwrap()
}
