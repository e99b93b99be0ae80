//! Identity and access: policy documents, their evaluation with reasons, the permissions each resource type needs, and
//! checks of trust and permission policies.
//!
//! This crate knows no templates, no AWS calls, no clock and no files. Time, where a condition needs it, comes in as a
//! context key like everything else.

pub mod check;
pub mod evaluate;
pub mod pattern;
pub mod permissions;
pub mod policy;
pub mod trust;

pub use evaluate::{
    Context, Decision, Layer, Level, NamedPolicy, PolicySet, Principal, Request, ResourcePolicy, authorize,
};
pub use policy::{Document, Effect, Kind, Problem, Statement, parse};
