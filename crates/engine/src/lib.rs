//! Drives a plan: ports to the outside, the loop, one file per effect, the journal.
//!
//! This crate knows no AWS SDK, no command line and no terminal.

pub mod ports;
