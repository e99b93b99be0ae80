//! All SAM resource types and all event sources.

use super::event::{
    EventKind, alexa_skill, api as api_event, cloud_watch_event, cloud_watch_logs, cognito, http_api, iot_rule, pull,
    s3, schedule, schedule_v2, sns, state_machine_api,
};
use super::translation::ResourceKind;
use super::{api, function, resource, state_machine};

/// The SAM resource types.
pub static KINDS: [&ResourceKind; 11] = [
    &function::KIND,
    &state_machine::KIND,
    &api::graphql::KIND,
    &api::rest::KIND,
    &api::websocket::KIND,
    &api::http::KIND,
    &resource::application::KIND,
    &resource::capacity_provider::KIND,
    &resource::connector::KIND,
    &resource::layer_version::KIND,
    &resource::simple_table::KIND,
];

/// The event sources of functions.
pub static FUNCTION_EVENTS: [&EventKind; 19] = [
    &alexa_skill::KIND,
    &api_event::KIND,
    &cloud_watch_event::KIND,
    &cloud_watch_event::EVENT_BRIDGE_KIND,
    &cloud_watch_logs::KIND,
    &cognito::KIND,
    &http_api::KIND,
    &iot_rule::KIND,
    &pull::document_db::KIND,
    &pull::dynamo_db::KIND,
    &pull::kinesis::KIND,
    &pull::mq::KIND,
    &pull::msk::KIND,
    &pull::self_managed_kafka::KIND,
    &pull::sqs::KIND,
    &s3::KIND,
    &schedule::KIND,
    &schedule_v2::KIND,
    &sns::KIND,
];

/// The event sources of state machines.
pub static STATE_MACHINE_EVENTS: [&EventKind; 5] = [
    &cloud_watch_event::STATE_MACHINE_KIND,
    &cloud_watch_event::STATE_MACHINE_EVENT_BRIDGE_KIND,
    &schedule::STATE_MACHINE_KIND,
    &schedule_v2::KIND,
    &state_machine_api::KIND,
];

/// A SAM resource type by name.
pub fn kind(name: &str) -> Option<&'static ResourceKind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}
