//! Where the doors of the engine are hung: real time or a simulated one, AWS or the sandbox. The only place that knows
//! which it is.

mod connect;
mod secrets;
mod shell;
mod time;

pub(crate) use connect::{Connection, connect, connect_as_caller, disk_store};
pub(crate) use shell::Shell;
pub(crate) use time::{Programs, RealClock, SandboxTime};
