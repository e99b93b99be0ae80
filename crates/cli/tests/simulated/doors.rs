//! The doors of a run into a sandbox of this process: the real AWS client, the world's own time, and programs that end well
//! at once.

use async_trait::async_trait;
use aws::{Aws, Settings};
use engine::ports::{Answer, Clock, Command, CommandEnd, Commands, NoSecrets, Ports, Store};
use jiff::Timestamp;
use sandbox::{Sandbox, SandboxClock};
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

/// The doors of whoever the settings say, with the state that `store` opens.
pub async fn doors(sandbox: &Sandbox, settings: Settings, store: impl FnOnce(&Aws) -> Arc<dyn Store>) -> Ports {
    let settings = Settings { endpoint: Some(sandbox.endpoint()), ..settings };
    let clock: Arc<dyn Clock> = Arc::new(Time(sandbox.clock()));
    let aws = Aws::connect(&settings, clock.clone()).await;
    Ports {
        identity: Arc::new(aws.clone()),
        stacks: Arc::new(aws.clone()),
        change_sets: Arc::new(aws.clone()),
        objects: Arc::new(aws.clone()),
        alarms: Arc::new(aws.clone()),
        store: store(&aws),
        roles: Arc::new(aws),
        commands: Arc::new(Well),
        clock,
        secrets: Arc::new(NoSecrets),
    }
}
