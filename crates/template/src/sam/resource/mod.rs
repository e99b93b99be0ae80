//! The SAM resource types that fit one file or two.

pub mod application;
pub mod capacity_provider;
pub mod connector;
pub mod layer_version;
pub mod simple_table;
