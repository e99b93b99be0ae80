//! Deployment windows and freezes: when a stage may start.

mod model;

pub use model::{Closed, Freeze, Open, State, Weekdays, Window, WindowKind, Windows};
