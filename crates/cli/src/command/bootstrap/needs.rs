//! The templates of a pipeline as they will be in a region: the SAM transform done, with places in S3 for what is local.

use base::{Diagnostic, Diagnostics, Region};
use engine::package::Bundle;
use template::artifact::{S3Location, place};
use template::sam::{self, context::Context};
use template::{Node, model::Template};

/// The bucket that stands in for each target's own, whose name has its account in it.
pub(super) const STAND_IN: &str = "packaged";

/// A bundle's template, expanded; its spans point at the user's own lines.
///
/// # Errors
/// What is wrong with the template.
pub(super) fn expanded(bundle: &Bundle, region: &Region) -> Result<Node, Diagnostics> {
    let mut node = bundle.template.clone();
    for (artifact, _) in &bundle.parts {
        let location =
            S3Location { bucket: STAND_IN.into(), key: "artifact".into(), version: None, region: region.clone() };
        place(&mut node, artifact, &location).map_err(|e| vec![Diagnostic::error("PKG-008", e.to_string())])?;
    }
    let (view, _) = Template::read(&node);
    if !view.is_serverless() {
        return Ok(node);
    }
    let partition = region.partition().to_string();
    let context = Context { region: region.to_string(), partition, ..Context::default() };
    sam::transform(node, &context).map_err(|e| e.diagnostics())
}
