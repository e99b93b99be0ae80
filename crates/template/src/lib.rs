//! CloudFormation and SAM templates: parsing with spans, intrinsic functions, the SAM transform, artifact references.
//!
//! This crate knows no files, no AWS, no accounts and no runs: it takes text and parameters and gives values and
//! diagnostics.

pub mod artifact;
pub mod diff;
pub mod intrinsic;
mod key_order;
pub mod model;
pub mod node;
pub mod parse;
pub mod sam;
pub mod snippet;
pub mod write;

pub use node::{Entry, Map, Node, Number, NumberValue, Value};
pub use parse::{Dialect, parse};
