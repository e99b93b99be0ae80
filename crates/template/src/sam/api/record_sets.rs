//! Records of Route 53 that lead a custom domain to an API. All domains of a hosted zone share one group.

use super::Shared;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::hash::logical_id_of;
use crate::sam::make::{made, node};
use crate::sam::python::truthy;
use crate::sam::translation::Translation;
use crate::{Map, Node};

static GROUP: CfnType = CfnType::new("AWS::Route53::RecordSetGroup", &["HostedZoneId", "HostedZoneName", "RecordSets"]);

/// Adds records to the group of their hosted zone and returns an empty group to stand in its place until all APIs are
/// translated ([`place`]).
pub(super) fn add(
    shared: &mut Shared,
    route53: &Node,
    records: Vec<Node>,
    attributes: &Map,
    either: bool,
) -> Result<Resource, Fault> {
    let group = alone(route53, Vec::new(), attributes, either)?;
    let stub = Resource::new(&GROUP, &group.logical_id, group.span)?;
    let shared = shared.record_set_groups.entry(group.logical_id.clone()).or_insert(group);
    if let Some(list) = shared.properties.get_mut("RecordSets").and_then(Node::as_list_mut) {
        list.extend(records);
    }
    Ok(stub)
}

/// The group of a hosted zone for the records of one API. `either` says that a zone with an id is not named as well.
pub(super) fn alone(route53: &Node, records: Vec<Node>, attributes: &Map, either: bool) -> Result<Resource, Fault> {
    let span = made(route53.span);
    let id = logical_id_of("RecordSetGroup", &zone(route53).unwrap_or_default());
    let mut group = Resource::new(&GROUP, id, span)?.with_attributes(attributes.clone());
    let (by_id, by_name) = (route53.get("HostedZoneId"), route53.get("HostedZoneName"));
    group.set("HostedZoneId", by_id.cloned());
    group.set("HostedZoneName", by_name.filter(|_| !either || by_id.is_none()).cloned());
    group.set("RecordSets", Node::new(records, span));
    Ok(group)
}

/// Puts the groups where the empty ones stand.
pub(super) fn place(t: &mut Translation<'_>) {
    for (id, group) in std::mem::take(&mut t.apis.record_set_groups) {
        let Some(there) = t.resources.get_mut(&id) else { continue };
        // Not in place of one of the template, which was told already, nor of a WebSocket API's.
        if !t.original_types.contains_key(&id) && there.at(&["Properties", "RecordSets"]).is_none() {
            *there = group.into_node();
        }
    }
}

/// A group for one domain alone.
pub(super) fn separate(
    route53: &Node,
    domain_name: &Node,
    records: Vec<Node>,
    attributes: &Map,
) -> Result<Resource, Fault> {
    let span = made(route53.span);
    let id = logical_id_of("RecordSetGroup", &node!(span, [zone(route53).unwrap_or_default(), domain_name]));
    let mut group = Resource::new(&GROUP, &id, span)?.with_attributes(attributes.clone());
    group.set("HostedZoneId", route53.get("HostedZoneId").filter(|zone| truthy(zone)).cloned());
    group.set("HostedZoneName", route53.get("HostedZoneName").filter(|zone| truthy(zone)).cloned());
    group.set("RecordSets", Node::new(records, span));
    Ok(group)
}

/// An `A` record for a domain, and an `AAAA` record if `IpV6` asks for one.
pub(super) fn records(domain_name: Option<&Node>, route53: &Node, target: &Node) -> Vec<Node> {
    let span = made(route53.span);
    let record = |kind: &str| {
        let mut record = Map::new();
        record.insert_at("Name", span, domain_name.cloned().unwrap_or_default());
        record.insert_at("Type", span, node!(span, kind));
        record.insert_at("AliasTarget", span, target.clone());
        for key in ["Region", "SetIdentifier"] {
            if let Some(value) = route53.get(key).filter(|value| !value.is_null()) {
                record.insert_at(key, span, value.clone());
            }
        }
        Node::new(record, span)
    };
    let mut records = vec![record("A")];
    if route53.get("IpV6").and_then(Node::as_bool) == Some(true) {
        records.push(record("AAAA"));
    }
    records
}

/// The hosted zone by id, or else by name.
fn zone(route53: &Node) -> Option<Node> {
    let id = route53.get("HostedZoneId").filter(|id| truthy(id));
    id.or_else(|| route53.get("HostedZoneName")).cloned()
}
