//! The engine's ports, implemented with the AWS SDK for Rust.
//!
//! This is the only crate that names `aws-sdk-*`. It does not retry, wait or decide: every call is one request, and
//! every failure is told by its kind. It knows no views and no command line.

mod alarms;
mod bucket_store;
mod change_sets;
mod clients;
mod clock;
mod failure;
mod held;
mod http;
mod identity;
mod job_token;
mod objects;
mod roles;
mod service_control;
mod stacks;
mod web_identity;

pub use bucket_store::BucketStore;
pub use clients::{Aws, Settings, StaticKeys};
pub use job_token::{JobToken, TokenRequest};
