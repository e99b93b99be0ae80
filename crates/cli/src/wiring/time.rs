//! Clocks: the machine's own, and that of a sandbox in this process, which jumps instead of waiting.

use async_trait::async_trait;
use engine::ports::Clock;
use jiff::Timestamp;
use std::time::Duration;

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

/// The clock of a sandbox in this process. Only the loop sleeps, and only when nothing is under way, so time may jump.
pub(crate) struct SandboxTime(pub(crate) sandbox::SandboxClock);

#[async_trait]
impl Clock for SandboxTime {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep_until(&self, until: Timestamp) {
        self.0.advance_to(until);
    }
}
