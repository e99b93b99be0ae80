//! Effects carried out: one file per verb, each saying why repeating it is safe. Nothing here retries, waits or decides.

mod cancel_update;
mod check_caller;
mod create_change_set;
mod delete_change_set;
mod delete_stack;
mod ensure_bucket;
mod execute_change_set;
mod mirror_object;
pub(crate) mod observe_stack;
mod point_last_good;
pub(crate) mod poll_change_set;
pub(crate) mod poll_stack;
mod protect_stack;
mod publish_manifest;
mod read_alarms;
mod renew_lock;
pub(crate) mod root_cause;
mod run_command;
mod secrets;

use crate::ports::{Answer, Failure, FailureKind, Ports};
use crate::session::Session;
use crate::store::{Holder, StoreError};
use deploy::plan::Plan;
use deploy::run::{Call, Effect, EffectId, Fact, Limits, Outcome, Progress};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::mpsc;

/// What every performer may use.
pub(crate) struct Performer<'a> {
    pub(crate) plan: Arc<Plan>,
    pub(crate) ports: &'a Ports,
    pub(crate) holder: Holder,
    pub(crate) lease_seconds: i64,
    pub(crate) progress: mpsc::UnboundedSender<Progress>,
}

/// An effect that was carried out, or failed.
pub(crate) struct Performed {
    pub(crate) effect: EffectId,
    pub(crate) attempt: u32,
    pub(crate) answer: Answer<Outcome>,
}

impl Performed {
    pub(crate) fn into_fact(self) -> Fact {
        let (effect, attempt) = (self.effect, self.attempt);
        match self.answer {
            Ok(outcome) => Fact::EffectDone { effect, outcome },
            Err(failure) => Fact::EffectFailed { effect, attempt, failure },
        }
    }
}

impl<'a> Performer<'a> {
    pub(crate) fn new(
        session: &Session,
        ports: &'a Ports,
        limits: &Limits,
        progress: mpsc::UnboundedSender<Progress>,
    ) -> Self {
        let (plan, holder) = (session.plan.clone(), session.holder.clone());
        Self { plan, ports, holder, lease_seconds: limits.lease_seconds, progress }
    }

    /// Carries an effect out. The future does nothing until it is polled.
    pub(crate) fn perform<'b>(&'b self, effect: Effect) -> BoxFuture<'b, Performed>
    where
        'a: 'b,
    {
        Box::pin(async move {
            let (id, attempt) = (effect.id, effect.attempt);
            Performed { effect: id, attempt, answer: self.call(effect).await }
        })
    }

    async fn call(&self, effect: Effect) -> Answer<Outcome> {
        let in_doubt = effect.in_doubt;
        let id = effect.id;
        match effect.call {
            Call::PublishManifest => publish_manifest::perform(self).await,
            Call::RenewLock => renew_lock::perform(self).await,
            Call::CheckCaller { site } => check_caller::perform(self, &site).await,
            Call::ReadAlarms { site, names } => read_alarms::perform(self, &site, &names).await,
            Call::EnsureBucket { site, bucket } => ensure_bucket::perform(self, &site, &bucket).await,
            Call::MirrorObject { site, bucket, owner, object } => {
                mirror_object::perform(self, &site, bucket, owner, &object).await
            }
            Call::ObserveStack { site, stack } => observe_stack::perform(self.ports, &site, &stack).await,
            Call::DeleteStack { site, stack_id, token } => {
                delete_stack::perform(self, &site, &stack_id, &token, in_doubt).await
            }
            Call::CreateChangeSet(call) => create_change_set::perform(self, &call, in_doubt).await,
            Call::PollChangeSet { site, stack, name } => {
                poll_change_set::perform(self.ports, &site, &stack, &name).await
            }
            Call::DeleteChangeSet { site, stack, name } => delete_change_set::perform(self, &site, &stack, &name).await,
            Call::ExecuteChangeSet { site, stack, name, token, disable_rollback } => {
                let execution = crate::ports::Execution { stack, change_set: name, token, disable_rollback };
                execute_change_set::perform(self, &site, &execution, in_doubt).await
            }
            Call::CancelUpdate { site, stack_id, token } => {
                cancel_update::perform(self, &site, &stack_id, &token, in_doubt).await
            }
            Call::ProtectStack { site, stack_id, on } => protect_stack::perform(self, &site, &stack_id, on).await,
            Call::PollStack { site, stack, token, change_set, since } => {
                let poll = poll_stack::Poll { site, stack, token, change_set, since };
                poll_stack::perform(self.ports, &poll).await
            }
            Call::RunCommand(call) => run_command::perform(self, id, &call).await,
            Call::PointLastGood(good) => point_last_good::perform(self, &good).await,
        }
    }
}

/// A failure of the store as that of an effect: it may pass.
fn store_failure(error: StoreError) -> Failure {
    match error {
        StoreError::Failed { failure, .. } => failure,
        other => Failure::new(FailureKind::Conflict, "Store", other.to_string()),
    }
}
