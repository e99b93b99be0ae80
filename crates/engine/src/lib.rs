//! Drives a plan: ports to the outside, the loop, one file per effect, the journal.
//!
//! This crate knows no AWS SDK, no command line and no terminal.

mod access;
pub mod bootstrap;
mod control;
mod drive;
mod examine;
mod foresee;
pub mod interrupt;
mod observe;
pub mod package;
mod perform;
pub mod ports;
mod prepare;
mod session;
pub mod store;

pub use access::access;
pub use control::{Control, Order};
pub use drive::{DriveError, Subscriber, drive};
pub use examine::{role_through, stack_events};
pub use foresee::foresee;
pub use observe::{Look, observe, organization};
pub use prepare::{Prepared, Request, prepare};
pub use session::{Approval, Session, approve, begin, reject, resume, retry};
