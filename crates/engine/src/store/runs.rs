//! Runs as the journal has them: what `status`, `history` and `attach` read. No credentials are needed for a store on disk.

use super::{Journal, StoreError, failed};
use crate::ports::Store;
use base::RunId;
use deploy::plan::{Plan, UnreadablePlan};
use deploy::run::{Event, IllegalTransition, State, apply};
use std::sync::Arc;

/// The runs of one pipeline.
pub struct Runs {
    store: Arc<dyn Store>,
    pipeline: String,
}

/// A run, read.
pub struct Run {
    /// Its plan.
    pub plan: Plan,
    /// Its events, in order.
    pub events: Vec<Event>,
    /// What is so because of them.
    pub state: State,
    /// Its journal, to be appended to.
    pub journal: Journal,
}

impl Runs {
    /// Those of this pipeline.
    pub fn new(store: Arc<dyn Store>, pipeline: &str) -> Self {
        Self { store, pipeline: pipeline.to_owned() }
    }

    /// The pipelines that the store knows of, sorted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn pipelines(store: &Arc<dyn Store>) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        for name in store.folders("").await.map_err(|f| failed(&**store, f))? {
            let runs = store.folders(&format!("{name}/runs/")).await.map_err(|f| failed(&**store, f))?;
            names.extend((!runs.is_empty()).then_some(name));
        }
        Ok(names)
    }

    /// Ids of all runs, in the order of their names.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn ids(&self) -> Result<Vec<RunId>, StoreError> {
        let prefix = format!("{}/runs/", self.pipeline);
        let names = self.store.folders(&prefix).await.map_err(|f| failed(&*self.store, f))?;
        Ok(names.into_iter().filter_map(|name| RunId::new(name).ok()).collect())
    }

    /// The last run by name; run ids begin with the time.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn latest(&self) -> Result<Option<RunId>, StoreError> {
        Ok(self.ids().await?.pop())
    }

    /// The plan of a run.
    ///
    /// # Errors
    /// When the store fails, or the plan is missing, damaged or newer.
    pub async fn plan(&self, run: &RunId) -> Result<Plan, StoreError> {
        let key = plan_key(&self.pipeline, run);
        let found = self.store.get(&key).await.map_err(|f| failed(&*self.store, f))?;
        let found = found.ok_or_else(|| StoreError::Missing { what: format!("run `{run}` of `{}`", self.pipeline) })?;
        Plan::from_bytes(&found.bytes).map_err(|e| match e {
            UnreadablePlan::Version(found) => StoreError::Newer { key, found, known: deploy::plan::PLAN_VERSION },
            UnreadablePlan::Damaged(why) => StoreError::Damaged { key, why },
        })
    }

    /// A run with its events folded. Nothing is repaired.
    ///
    /// # Errors
    /// When the store fails, or plan or journal are missing, damaged or newer.
    pub async fn read(&self, run: &RunId) -> Result<Run, StoreError> {
        self.open(run, false).await
    }

    /// Like [`Runs::read`], for going on: a torn last record is removed.
    pub(crate) async fn open(&self, run: &RunId, repair: bool) -> Result<Run, StoreError> {
        let plan = self.plan(run).await?;
        let (events, journal) = Journal::read(&self.store, &self.pipeline, run, repair).await?;
        let mut state = State::new(&plan);
        for (n, event) in events.iter().enumerate() {
            apply(&plan, &mut state, event).map_err(|e: IllegalTransition| StoreError::Damaged {
                key: format!("{}/runs/{run}/journal/{:08}.json", self.pipeline, n + 1),
                why: e.to_string(),
            })?;
        }
        Ok(Run { plan, events, state, journal })
    }
}

pub(crate) fn plan_key(pipeline: &str, run: &RunId) -> String {
    format!("{pipeline}/runs/{run}/plan.json")
}
