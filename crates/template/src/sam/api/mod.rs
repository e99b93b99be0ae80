//! The API resource types: `AWS::Serverless::Api`, `HttpApi`, `WebSocketApi` and `GraphQLApi`.
//!
//! One file (or folder) per resource type, each with a `pub static KIND: ResourceKind`, listed in `registry.rs`.

use std::collections::BTreeMap;

/// What the APIs of one template share while they are translated.
#[derive(Debug, Default)]
pub struct Shared {
    /// Names of functions by the logical id of the API their events are on, in the order of the functions. A changed
    /// name makes a new API deployment.
    pub function_names: BTreeMap<String, Vec<String>>,
}
