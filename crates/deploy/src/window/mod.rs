//! Deployment windows and freezes: when a stage may start.
//!
//! A window is asked about an instant, never about a duration: what has started may finish. Time zones come from the
//! database that is built into the program, so an answer is the same on every machine.

mod model;
mod state;
mod words;

pub use model::{Closed, Freeze, Open, State, Weekdays, Window, WindowKind, Windows};
pub(crate) use words::{read_date, read_days, read_time, read_time_zone};
