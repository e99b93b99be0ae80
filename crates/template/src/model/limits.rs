//! The sizes CloudFormation allows ("CloudFormation quotas", user guide).

use super::Template;
use crate::{Map, Node};
use base::{Diagnostic, Diagnostics, Span};

/// Bytes of a template that is part of the request.
pub const MAX_BODY_INLINE: usize = 51_200;
/// Bytes of a template that is read from S3: 1 MB.
pub const MAX_BODY_S3: usize = 1_048_576;
/// Resources of one template.
pub const MAX_RESOURCES: usize = 500;
/// Parameters of one template.
pub const MAX_PARAMETERS: usize = 200;
/// Outputs of one template.
pub const MAX_OUTPUTS: usize = 200;
/// Mappings of one template.
pub const MAX_MAPPINGS: usize = 200;
/// Bytes of a parameter's value.
pub const MAX_PARAMETER_BYTES: usize = 4096;
/// Bytes of the template's description.
const MAX_DESCRIPTION: usize = 1024;

/// Whether a body of so many bytes can be deployed: an error above 1 MB, nothing below. `inline` asks for the limit of a
/// body within the request.
pub fn body(bytes: usize, inline: bool, span: Span) -> Option<Diagnostic> {
    let limit = if inline { MAX_BODY_INLINE } else { MAX_BODY_S3 };
    if bytes <= limit {
        return None;
    }
    let hint = if inline && bytes <= MAX_BODY_S3 {
        "put the template into an S3 bucket first"
    } else {
        "split it into nested stacks, or move inline code into artifacts"
    };
    Some(
        Diagnostic::error("TMPL-061", format!("the template is {bytes} bytes long"))
            .at(span)
            .why(format!("CloudFormation takes {limit} bytes {}", if inline { "in a request" } else { "from S3" }))
            .hint(hint),
    )
}

pub(super) fn counts(template: &Template<'_>, problems: &mut Diagnostics) {
    let limits = [
        ("Resources", MAX_RESOURCES),
        ("Parameters", MAX_PARAMETERS),
        ("Outputs", MAX_OUTPUTS),
        ("Mappings", MAX_MAPPINGS),
    ];
    for (section, limit) in limits {
        let Some(map) = template.node.get(section).and_then(Node::as_map) else { continue };
        if map.len() > limit {
            problems.push(too_many(section, map, limit));
        }
    }
}

fn too_many(section: &str, map: &Map, limit: usize) -> Diagnostic {
    let first_beyond = map.entries().nth(limit).map(|(_, entry)| entry.key_span).unwrap_or_default();
    Diagnostic::error("TMPL-060", format!("`{section}` has {} members", map.len()))
        .at(first_beyond)
        .why(format!("CloudFormation allows {limit} in one template"))
        .hint("move some of them into a nested stack or a stack of their own")
}

pub(super) fn description(node: &Node, problems: &mut Diagnostics) {
    let Some(text) = node.as_str() else {
        problems.push(
            Diagnostic::error("TMPL-034", format!("`Description` is {}", node.kind()))
                .at(node.span)
                .why("a description is text without functions")
                .hint("put it in quotes"),
        );
        return;
    };
    if text.len() > MAX_DESCRIPTION {
        problems.push(
            Diagnostic::error("TMPL-060", format!("`Description` is {} bytes long", text.len()))
                .at(node.span)
                .why(format!("CloudFormation allows {MAX_DESCRIPTION}"))
                .hint("shorten it, or move it into `Metadata`"),
        );
    }
}
