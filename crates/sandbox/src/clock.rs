//! The world's clock: it stands still until someone moves it, or runs at a multiple of real time.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// How time passes in a world.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockMode {
    /// Time moves only when a client says so: [`crate::SandboxClock::advance_to`] or `POST /_landfall/clock`.
    Virtual,
    /// Time runs by itself, `factor` times as fast as real time. For clients that sleep for real.
    Scaled {
        /// Seconds of the world for one second outside; greater than zero.
        factor: f64,
    },
}

/// The time in the world.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Clock {
    /// How time passes.
    pub mode: ClockMode,
    now: Timestamp,
    /// The real moment at which `now` was true. A world that is read from disk goes on from where it stopped.
    #[serde(skip)]
    anchor: Option<Instant>,
}

impl Clock {
    /// A clock at a time.
    pub fn new(mode: ClockMode, now: Timestamp) -> Self {
        Self { mode, now, anchor: None }
    }

    /// The time that the world has reached. It changes only through [`Clock::due`] and [`Clock::set`].
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The time that the world should have reached by now: with a virtual clock the time it has.
    pub fn due(&mut self) -> Timestamp {
        let ClockMode::Scaled { factor } = self.mode else { return self.now };
        let anchor = *self.anchor.get_or_insert_with(Instant::now);
        let passed = anchor.elapsed().as_secs_f64() * factor;
        self.plus_seconds(passed)
    }

    /// Sets the time; never backwards.
    pub fn set(&mut self, now: Timestamp) {
        if now > self.now {
            self.now = now;
            self.anchor = Some(Instant::now());
        }
    }

    /// `now` and some seconds, the last timestamp there is if that is too far.
    pub fn plus_seconds(&self, seconds: f64) -> Timestamp {
        let span = SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::MAX);
        self.now.checked_add(span).unwrap_or(Timestamp::MAX)
    }

    /// How long a real client must wait for some seconds of the world to pass; nothing with a virtual clock.
    pub fn real_seconds(&self, seconds: f64) -> Option<f64> {
        match self.mode {
            ClockMode::Virtual => None,
            ClockMode::Scaled { factor } => Some(seconds / factor.max(f64::MIN_POSITIVE)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_virtual_clock_never_goes_back_and_never_moves_by_itself() {
        let start: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let mut clock = Clock::new(ClockMode::Virtual, start);
        assert_eq!(clock.due(), start);
        clock.set(start - SignedDuration::from_secs(5));
        assert_eq!(clock.now(), start);
        clock.set(start + SignedDuration::from_secs(5));
        assert_eq!(clock.now().to_string(), "2026-11-23T10:00:05Z");
        assert_eq!(clock.plus_seconds(f64::INFINITY), Timestamp::MAX);
    }
}
