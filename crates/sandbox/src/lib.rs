//! A simulated AWS organization that speaks the real AWS wire protocols over loopback HTTP.
//!
//! One process, one world, one lock: every request is handled synchronously and deterministically (see [`dispatch`]).
//! Time is the world's own (see [`clock`]), failures come from a plan (see [`faults`]), and every call is written down
//! (see [`log`]). It simulates deployment, not workloads: no function ever runs.

pub mod authenticate;
pub mod authorize;
pub mod call;
pub mod clock;
pub mod cloudformation;
mod control;
pub mod dispatch;
pub mod faults;
pub mod identity;
pub mod ids;
pub mod log;
mod server;
pub mod services;
pub mod wire;
pub mod world;

pub use clock::ClockMode;
pub use faults::{Calls, Effect, Fault};
pub use log::{CallRecord, Outcome};
pub use server::{Options, Sandbox, SandboxClock};
pub use world::World;
