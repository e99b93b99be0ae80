//! The SAM resource types that fit one file.

pub mod simple_table;
