//! Names of things and diagnostics: the vocabulary every other crate shares.
//!
//! This crate knows no file system, no AWS and no clock. It stays small enough to read in one sitting.

mod diagnostic;
mod names;
mod source;

pub use diagnostic::{Code, Diagnostic, Diagnostics, Severity};
pub use names::{AccountId, Arn, Digest, NameError, Partition, Region, RunId, StackName};
pub use source::{FileId, Place, Source, Sources, Span};
