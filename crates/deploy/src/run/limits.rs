//! The numbers that a run is held to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How much at once, how often, how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Effects in flight at the same time.
    pub effects: usize,
    /// Targets worked on at the same time, whatever a stage allows.
    pub targets: usize,
    /// When the run leaves off, resumable. Nothing means never.
    pub deadline: Option<Timestamp>,
    /// Wait for deployment windows; otherwise end as blocked.
    pub wait_for_window: bool,
    /// Seconds that another one's operation on a stack is waited for.
    pub foreign_operation_seconds: i64,
    /// Seconds that nothing may answer before the run leaves off, resumable.
    pub unreachable_seconds: i64,
    /// Seconds that an operation on a stack may take when the step does not say.
    pub operation_seconds: i64,
    /// Seconds between two looks at the alarms during a bake.
    pub alarm_poll_seconds: i64,
    /// How often a bake is extended when an alarm has no data.
    pub bake_extensions: u32,
    /// How often a refused call is tried again, since new roles and policies take a while to be known everywhere.
    pub denied_retries: u32,
    /// Seconds of the lock's lease.
    pub lease_seconds: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            effects: 64,
            targets: 50,
            deadline: None,
            wait_for_window: true,
            foreign_operation_seconds: 3_600,
            unreachable_seconds: 1_800,
            operation_seconds: 6 * 3_600,
            alarm_poll_seconds: 30,
            bake_extensions: 1,
            denied_retries: 4,
            lease_seconds: 600,
        }
    }
}
