//! The domain: project files, expressions, deployment windows, targets, plans and the run as a state machine.
//!
//! This crate knows no clock, no files, no environment and no AWS: text and facts go in, values and diagnostics come
//! out.

pub mod bootstrap;
pub mod ci;
pub mod doctor;
pub mod expression;
pub mod permissions;
pub mod plan;
pub mod preflight;
pub mod project;
pub mod release;
pub mod review;
pub mod run;
pub mod seen;
mod suggest;
pub mod target;
pub mod window;
