//! Pipeline files: what they may say, what they mean, and everything that is wrong with them at once.

mod model;

pub use model::*;
