//! The SAM resource types that fit one file.

pub mod connector;
pub mod simple_table;
