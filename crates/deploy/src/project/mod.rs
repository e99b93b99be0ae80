//! Pipeline files: what they may say, what they mean, and everything that is wrong with them at once.

mod check;
mod fleet;
mod keys;
mod model;
mod read;
mod read_stage;
mod read_step;
mod read_windows;
pub mod samconfig;
mod schema;
mod scope;
pub(crate) mod shape;

pub use model::*;
pub use read::{is_pipeline_name, read_pipeline, read_pipeline_with};
pub use schema::{bootstrap_schema, pipeline_schema};
pub use shape::unknown_region;
