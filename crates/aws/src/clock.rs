//! The engine's clock as the SDK's source of time, so that signatures and credential expiry follow the same time as
//! the run.

use engine::ports::Clock;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Gives the SDK the time of a [`Clock`].
pub(crate) struct PortTime(pub(crate) Arc<dyn Clock>);

impl fmt::Debug for PortTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PortTime")
    }
}

impl aws_smithy_async::time::TimeSource for PortTime {
    fn now(&self) -> SystemTime {
        let millis = u64::try_from(self.0.now().as_millisecond()).unwrap_or(0);
        UNIX_EPOCH + Duration::from_millis(millis)
    }
}

/// The SDK's time as the engine's.
pub(crate) fn timestamp(at: &aws_smithy_types::DateTime) -> jiff::Timestamp {
    jiff::Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).unwrap_or(0)).unwrap_or_default()
}
