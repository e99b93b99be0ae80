//! A process that dies at a chosen moment, for proving that a run survives it.
//!
//! [`Interrupt::wrap`] puts a counter around every door. At the chosen call or journal record the world stops: that call
//! and all later ones never return, as if the process were gone, and [`Interrupt::struck`] tells the test to drop the
//! loop. A call that is struck after it was performed has happened outside, but nobody inside has heard of it.

use crate::ports::{
    AccountSeen, AlarmSeen, Alarms, Answer, Caller, ChangeSetId, ChangeSetRequest, ChangeSetSeen, ChangeSets, Command,
    CommandEnd, Commands, Condition, Execution, Identity, ObjectAt, ObjectBytes, ObjectSeen, Objects, OrganizationSeen,
    Ports, Site, StackEvent, StackSeen, Stacks, Store,
};
use async_trait::async_trait;
use base::Arn;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::Notify;

/// The moment of death. Calls and records are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Never: only count.
    Never,
    /// Before the n-th call reaches the outside.
    BeforeCall(u64),
    /// After the n-th call was carried out, before its answer is heard.
    AfterCall(u64),
    /// Before the n-th journal record is written.
    BeforeRecord(u64),
    /// After the n-th journal record was written, before anything follows from it.
    AfterRecord(u64),
}

/// Counts, and strikes.
#[derive(Clone)]
pub struct Interrupt {
    shared: Arc<Shared>,
}

struct Shared {
    moment: Moment,
    calls: AtomicU64,
    records: AtomicU64,
    dead: AtomicBool,
    news: Notify,
}

struct Wrapped {
    inner: Ports,
    shared: Arc<Shared>,
}

impl Interrupt {
    /// The same doors, with death behind one of them.
    pub fn wrap(ports: &Ports, moment: Moment) -> (Ports, Self) {
        let (calls, records) = (AtomicU64::new(0), AtomicU64::new(0));
        let shared = Arc::new(Shared { moment, calls, records, dead: AtomicBool::new(false), news: Notify::new() });
        let wrapped = Arc::new(Wrapped { inner: ports.clone(), shared: shared.clone() });
        let doors = Ports {
            identity: wrapped.clone(),
            stacks: wrapped.clone(),
            change_sets: wrapped.clone(),
            objects: wrapped.clone(),
            alarms: wrapped.clone(),
            store: wrapped.clone(),
            commands: wrapped,
            roles: ports.roles.clone(),
            secrets: ports.secrets.clone(),
            clock: ports.clock.clone(),
        };
        (doors, Self { shared })
    }

    /// Returns once the moment has come; never, if it does not come.
    pub async fn struck(&self) {
        loop {
            let news = self.shared.news.notified();
            if self.shared.dead.load(Ordering::SeqCst) {
                return;
            }
            news.await;
        }
    }

    /// Calls so far: to AWS, to programs, and to the store except for journal records.
    pub fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::SeqCst)
    }

    /// Journal records written so far.
    pub fn records(&self) -> u64 {
        self.shared.records.load(Ordering::SeqCst)
    }
}

impl Shared {
    async fn strike(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.news.notify_waiters();
        std::future::pending::<()>().await;
    }

    async fn call<T>(&self, call: impl Future<Output = T>) -> T {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let (before, after) = (Moment::BeforeCall(number), Moment::AfterCall(number));
        self.around(before, after, call).await
    }

    async fn record<T>(&self, write: impl Future<Output = T>) -> T {
        let number = self.records.fetch_add(1, Ordering::SeqCst) + 1;
        let (before, after) = (Moment::BeforeRecord(number), Moment::AfterRecord(number));
        self.around(before, after, write).await
    }

    async fn around<T>(&self, before: Moment, after: Moment, work: impl Future<Output = T>) -> T {
        if self.moment == before || self.dead.load(Ordering::SeqCst) {
            self.strike().await;
        }
        let done = work.await;
        if self.moment == after || self.dead.load(Ordering::SeqCst) {
            self.strike().await;
        }
        done
    }
}

#[async_trait]
impl Identity for Wrapped {
    async fn caller(&self, site: &Site) -> Answer<Caller> {
        self.shared.call(self.inner.identity.caller(site)).await
    }
    async fn organization(&self) -> Answer<OrganizationSeen> {
        self.shared.call(self.inner.identity.organization()).await
    }
    async fn accounts(&self) -> Answer<Vec<AccountSeen>> {
        self.shared.call(self.inner.identity.accounts()).await
    }
    async fn accounts_under(&self, unit: &str) -> Answer<Vec<AccountSeen>> {
        self.shared.call(self.inner.identity.accounts_under(unit)).await
    }
}

#[async_trait]
impl Stacks for Wrapped {
    async fn describe(&self, site: &Site, stack: &str) -> Answer<Option<StackSeen>> {
        self.shared.call(self.inner.stacks.describe(site, stack)).await
    }
    async fn events(&self, site: &Site, stack: &str, since: Option<Timestamp>) -> Answer<Vec<StackEvent>> {
        self.shared.call(self.inner.stacks.events(site, stack, since)).await
    }
    async fn delete(&self, site: &Site, stack: &str, token: &str, role: Option<&Arn>) -> Answer<()> {
        self.shared.call(self.inner.stacks.delete(site, stack, token, role)).await
    }
    async fn continue_rollback(&self, site: &Site, stack: &str, token: &str, skip: &[String]) -> Answer<()> {
        self.shared.call(self.inner.stacks.continue_rollback(site, stack, token, skip)).await
    }
    async fn cancel_update(&self, site: &Site, stack: &str, token: &str) -> Answer<()> {
        self.shared.call(self.inner.stacks.cancel_update(site, stack, token)).await
    }
    async fn protect(&self, site: &Site, stack: &str, on: bool) -> Answer<()> {
        self.shared.call(self.inner.stacks.protect(site, stack, on)).await
    }
    async fn template(&self, site: &Site, stack: &str) -> Answer<String> {
        self.shared.call(self.inner.stacks.template(site, stack)).await
    }
}

#[async_trait]
impl ChangeSets for Wrapped {
    async fn create(&self, site: &Site, request: &ChangeSetRequest) -> Answer<ChangeSetId> {
        self.shared.call(self.inner.change_sets.create(site, request)).await
    }
    async fn describe(&self, site: &Site, stack: &str, name: &str) -> Answer<Option<ChangeSetSeen>> {
        self.shared.call(self.inner.change_sets.describe(site, stack, name)).await
    }
    async fn execute(&self, site: &Site, execution: &Execution) -> Answer<()> {
        self.shared.call(self.inner.change_sets.execute(site, execution)).await
    }
    async fn delete(&self, site: &Site, stack: &str, name: &str) -> Answer<()> {
        self.shared.call(self.inner.change_sets.delete(site, stack, name)).await
    }
}

#[async_trait]
impl Objects for Wrapped {
    async fn ensure_bucket(&self, site: &Site, bucket: &str) -> Answer<()> {
        self.shared.call(self.inner.objects.ensure_bucket(site, bucket)).await
    }
    async fn head(&self, site: &Site, at: &ObjectAt) -> Answer<Option<ObjectSeen>> {
        self.shared.call(self.inner.objects.head(site, at)).await
    }
    async fn get(&self, site: &Site, at: &ObjectAt) -> Answer<Option<ObjectBytes>> {
        self.shared.call(self.inner.objects.get(site, at)).await
    }
    async fn put(&self, site: &Site, at: &ObjectAt, bytes: Vec<u8>, condition: &Condition) -> Answer<String> {
        self.shared.call(self.inner.objects.put(site, at, bytes, condition)).await
    }
    async fn delete(&self, site: &Site, at: &ObjectAt, if_match: Option<&str>) -> Answer<()> {
        self.shared.call(self.inner.objects.delete(site, at, if_match)).await
    }
    async fn list(&self, site: &Site, bucket: &str, prefix: &str) -> Answer<Vec<String>> {
        self.shared.call(self.inner.objects.list(site, bucket, prefix)).await
    }
    async fn folders(&self, site: &Site, bucket: &str, prefix: &str) -> Answer<Vec<String>> {
        self.shared.call(self.inner.objects.folders(site, bucket, prefix)).await
    }
}

#[async_trait]
impl Alarms for Wrapped {
    async fn read(&self, site: &Site, names: &[String]) -> Answer<Vec<AlarmSeen>> {
        self.shared.call(self.inner.alarms.read(site, names)).await
    }
}

#[async_trait]
impl Store for Wrapped {
    async fn get(&self, key: &str) -> Answer<Option<ObjectBytes>> {
        self.shared.call(self.inner.store.get(key)).await
    }
    async fn put(&self, key: &str, bytes: &[u8], condition: &Condition) -> Answer<String> {
        let put = self.inner.store.put(key, bytes, condition);
        if key.contains("/journal/") { self.shared.record(put).await } else { self.shared.call(put).await }
    }
    async fn delete(&self, key: &str, etag: &str) -> Answer<()> {
        self.shared.call(self.inner.store.delete(key, etag)).await
    }
    async fn list(&self, prefix: &str) -> Answer<Vec<String>> {
        self.shared.call(self.inner.store.list(prefix)).await
    }
    async fn folders(&self, prefix: &str) -> Answer<Vec<String>> {
        self.shared.call(self.inner.store.folders(prefix)).await
    }
    fn place(&self) -> String {
        self.inner.store.place()
    }
}

#[async_trait]
impl Commands for Wrapped {
    async fn run(&self, command: &Command, line: &(dyn for<'l> Fn(&'l str) + Send + Sync)) -> Answer<CommandEnd> {
        self.shared.call(self.inner.commands.run(command, line)).await
    }
}
