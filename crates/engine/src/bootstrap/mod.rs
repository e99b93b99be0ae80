//! Makes, changes and removes the stacks that a bootstrap consists of, in many accounts.
//!
//! The stacks are values that `deploy::bootstrap` gives. Here the way into each account is found, what is there is read,
//! and one loop takes every stack through its change set. There is no journal: what is there is the state, names and
//! tokens follow from what a stack should be, and a bootstrap that was killed is finished by running it again.

mod apply;
mod drive;
mod job;
mod look;
mod perform;
mod reach;
mod remove;

pub use drive::{Listener, Note, discard, execute, preview};
pub use job::{Fate, Job, Standing};
pub use look::{Seen, look, recorded};
pub use reach::{ADMINISTRATORS, Closed, Doors, reach};
pub use remove::{in_use, remove};
