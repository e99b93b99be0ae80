//! The API resource types: `AWS::Serverless::Api`, `HttpApi`, `WebSocketApi` and `GraphQLApi`.
//!
//! One file (or folder) per resource type, each with a `pub static KIND: ResourceKind`, listed in `registry.rs`.

pub mod graphql;
pub mod http;
mod record_sets;
pub mod rest;
mod v2_domain;
pub mod websocket;

use super::cfn::{CfnType, Resource, tag_list};
use super::openapi::swagger_policy::Statements;
use super::python::truthy;
use super::translation::{SamResource, Translation};
use crate::Node;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What the APIs of one template share while they are translated.
#[derive(Debug, Default)]
pub struct Shared {
    /// Names of functions by the logical id of the API their events are on, in the order of the functions. A changed
    /// name makes a new API deployment.
    pub function_names: BTreeMap<String, Vec<String>>,
    /// Groups of Route 53 records by logical id: one for each hosted zone.
    record_set_groups: HashMap<String, Resource>,
    /// The APIs in whose `Auth` parameters are replaced already.
    pub resolved_auths: RefCell<HashSet<String>>,
    /// The statements of resource policies by the logical id of the API.
    pub statements: RefCell<HashMap<String, Statements>>,
    /// The usage plan of all APIs that ask for a shared one.
    usage_plan: rest::SharedUsagePlan,
}

/// What lets a service invoke a function.
pub(super) static PERMISSION: CfnType = CfnType::new(
    "AWS::Lambda::Permission",
    &[
        "Action",
        "FunctionName",
        "Principal",
        "SourceAccount",
        "SourceArn",
        "EventSourceToken",
        "FunctionUrlAuthType",
        "InvokedViaFunctionUrl",
    ],
);

/// The properties of stages of HTTP and WebSocket APIs.
const STAGE_PROPERTIES: [&str; 10] = [
    "AccessLogSettings",
    "DefaultRouteSettings",
    "RouteSettings",
    "ClientCertificateId",
    "Description",
    "ApiId",
    "StageName",
    "Tags",
    "StageVariables",
    "AutoDeploy",
];

/// Writes what the APIs share, when all of them are translated.
pub(super) fn place_shared(t: &mut Translation<'_>) {
    record_sets::place(t);
    rest::place_usage_plan(t);
}

/// Gives the tags of a SAM resource to all of its resources that take a list of tags, if they are asked to.
fn propagate_tags(resources: &mut [Resource], sam: &SamResource, propagate: bool) {
    let Some(tags) = sam.get("Tags").filter(|tags| propagate && truthy(tags)) else { return };
    let Some(map) = tags.as_map() else { return };
    for resource in resources.iter_mut().filter(|resource| resource.has_tags()) {
        resource.set("Tags", Node::new(tag_list(map), tags.span));
    }
}
