//! Tags that tell who made a resource, and tags handed on from one resource to those made for it.

use super::cfn::{Resource, tag_list};
use super::error::Fault;
use super::make::{made, node};
use super::translation::SamResource;
use crate::{Map, Node};

/// Tags the user cannot set.
const RESERVED: [&str; 3] = ["lambda:createdBy", "serverlessrepo:applicationId", "serverlessrepo:semanticVersion"];

/// `lambda:createdBy: SAM`, then `more`, then the user's.
pub fn with_creator(sam: &SamResource, tags: Option<&Map>, more: &[(&str, &Node)]) -> Result<Vec<Node>, Fault> {
    for name in RESERVED {
        if let Some(span) = tags.and_then(|tags| tags.key_span(name)) {
            let message = format!(
                "{name} is a reserved Tag key name and cannot be set on your resource. Please change the tag key in \
                 the input."
            );
            return Err(sam.fault(message).at(span));
        }
    }
    let mut list = vec![node!(sam.span, { "Key": "lambda:createdBy", "Value": "SAM" })];
    list.extend(more.iter().map(|(key, value)| node!(sam.span, { "Key": *key, "Value": *value })));
    list.extend(tags.map(tag_list).unwrap_or_default());
    Ok(list)
}

/// Gives every resource that can have tags these and no others.
pub fn propagate(tags: &Map, resources: &mut [Resource]) {
    for resource in resources.iter_mut().filter(|resource| resource.has_tags()) {
        let span = made(resource.span);
        resource.set("Tags", Node::new(tag_list(tags), span));
    }
}
