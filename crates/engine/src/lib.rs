//! Drives a plan: ports to the outside, the loop, one file per effect, the journal.
//!
//! This crate knows no AWS SDK, no command line and no terminal.

pub mod bootstrap;
mod control;
mod drive;
pub mod interrupt;
mod observe;
pub mod package;
mod perform;
pub mod ports;
mod prepare;
mod session;
pub mod store;

pub use control::{Control, Order};
pub use drive::{DriveError, Subscriber, drive};
pub use observe::{Look, observe, organization};
pub use prepare::{Prepared, Request, prepare};
pub use session::{Approval, Session, approve, begin, reject, resume, retry};
