//! Clocks: the machine's own, and that of a sandbox in this process, which jumps instead of waiting.

use async_trait::async_trait;
use engine::ports::Clock;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The machine's clock.
pub(crate) struct RealClock;

#[async_trait]
impl Clock for RealClock {
    #[allow(clippy::disallowed_methods, reason = "this is the port's implementation")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[allow(clippy::disallowed_methods, reason = "this is the port's implementation")]
    async fn sleep_until(&self, until: Timestamp) {
        let wait = until.duration_since(self.now());
        tokio::time::sleep(Duration::try_from(wait).unwrap_or(Duration::ZERO)).await;
    }
}

/// The clock of a sandbox in this process. Only the loop sleeps, and only when no call is under way, so time may jump;
/// it does not while a program of the user's runs, for that takes none of the simulation's time.
pub(crate) struct SandboxTime {
    pub(crate) clock: sandbox::SandboxClock,
    pub(crate) programs: Programs,
}

/// How many programs of the user's are running.
#[derive(Clone)]
pub(crate) struct Programs(Arc<watch::Sender<usize>>);

/// A program that is running, until it is dropped.
pub(crate) struct Running(Programs);

impl Programs {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// One more.
    pub(crate) fn start(&self) -> Running {
        self.0.send_modify(|n| *n += 1);
        Running(self.clone())
    }

    async fn ended(&self) {
        let _ = self.0.subscribe().wait_for(|n| *n == 0).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.0.send_modify(|n| *n -= 1);
    }
}

#[async_trait]
impl Clock for SandboxTime {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn sleep_until(&self, until: Timestamp) {
        self.programs.ended().await;
        self.clock.advance_to(until);
    }
}
