//! The SAM transform: a template with `AWS::Serverless` resources in, plain CloudFormation out.
//!
//! It does exactly what AWS's translator does, error messages included, but purely: what the translator asks AWS is
//! told in a [`Context`]. The passes of [`transform`] run in this order, each for a reason that stands there.
//!
//! - `resource/`: one file per SAM resource type; `event/`: one file per event source; `registry.rs` lists them.
//! - `function/`, `api/`, `openapi/`: what is too large for one file.
//! - `make.rs` makes values, `intrinsic.rs` recognises functions, `python.rs` prints values as messages print them.
//! - Absent: asking AWS, reading files, `AWS::Include`, and all other macros.

pub mod api;
pub mod batch;
pub mod cfn;
pub mod context;
pub mod data;
pub mod default_body;
mod definition_text;
pub mod deployment;
mod distinct;
pub mod embedded_connector;
pub mod error;
pub mod event;
pub mod existing;
pub mod expect;
pub mod function;
pub mod globals;
pub mod hash;
mod history;
pub mod implicit_api;
pub mod intrinsic;
pub mod make;
pub mod model;
pub mod openapi;
pub mod policies;
pub mod policy_templates;
pub mod property;
pub mod python;
pub mod references;
pub mod registry;
pub mod repository;
pub mod resolver;
pub mod resource;
pub mod role;
pub mod s3_location;
pub mod state_machine;
pub mod tags;
pub mod translation;
pub mod validate;

pub use context::{Context, FeatureToggles, Repository};
pub use error::{Cause, CauseKind, Fault, TransformError};

use crate::{Map, Node, Value};
use base::Span;
use std::collections::HashMap;
use translation::Translation;

/// Makes plain CloudFormation of a SAM template. A template without SAM resources comes back as it is, without its
/// `Transform`.
///
/// # Errors
/// All causes that AWS's translator would tell, with its sentences.
pub fn transform(template: Node, context: &Context) -> Result<Node, TransformError> {
    let span = template.span;
    let Value::Map(mut template) = template.value else {
        return Err(TransformError::new(Fault::document("'Resources' section is required").at(span).into_causes()));
    };
    let mut causes = Vec::new();
    match run(&mut template, span, context, &mut causes) {
        Ok(()) if causes.is_empty() => Ok(Node::new(template, span)),
        Ok(()) => Err(TransformError::new(causes)),
        Err(fault) => Err(TransformError::new(fault.into_causes())),
    }
}

/// The template as CloudFormation sees it behind its SAM transform; one that does not ask for the transform comes back as
/// it is.
///
/// # Errors
/// As [`transform`].
pub fn expand(template: Node, context: &Context) -> Result<Node, TransformError> {
    let asks = crate::model::Template::read(&template).0.is_serverless();
    if asks { transform(template, context) } else { Ok(template) }
}

/// The passes in order. A fault that is returned ends everything; `causes` collects the others.
fn run(template: &mut Map, span: Span, context: &Context, causes: &mut Vec<Cause>) -> Result<(), Fault> {
    // First, because everything after relies on `Resources` being a mapping of mappings.
    validate::check_structure(template, span)?;
    // Before anything is changed: what happens to mappings from here on decides the ids of API deployments.
    let tracked = context.json_roundtrip && history::begin(template);
    // Before anything resolves a reference.
    let resolver = resolver::Resolver::new(validate::parameter_values(template, context), tracked);
    // Before globals, as in AWS's translator: applications take their location from the resource alone.
    let repository = repository::prepare(template, &resolver, context)?;
    // Before implicit APIs, so that events can add their paths to the definitions of explicit APIs too.
    default_body::add(template);
    // Before globals, so that `Globals.Api` reaches the implicit APIs as well.
    implicit_api::add(&implicit_api::REST, template)?;
    implicit_api::add(&implicit_api::HTTP, template)?;
    // After all SAM resources that the template lets us know of are there.
    let globals = globals::merge(template)?;
    // Last of the steps on the whole template: a connector beside a resource becomes a resource.
    embedded_connector::extract(template, causes);

    let mut t = translation(template, resolver, repository, context)?;
    t.shared_destinations.section = globals;
    t.causes.append(causes);
    t.run()?;
    // After all functions have said how they want to be deployed.
    deployment::finish(&mut t)?;
    // After all templates of applications were asked for.
    repository::wait(&mut t);
    *causes = std::mem::take(&mut t.causes);
    if !causes.is_empty() {
        return Ok(());
    }
    // Last, when every new logical id is known.
    finish(t, template)
}

fn translation<'c>(
    template: &mut Map,
    resolver: resolver::Resolver,
    repository: repository::Answers,
    context: &'c Context,
) -> Result<Translation<'c>, Fault> {
    let mappings = resolver::Mappings::new(template.get("Mappings"))?;
    let resources = match template.get_mut("Resources").map(|node| std::mem::take(&mut node.value)) {
        Some(Value::Map(resources)) => resources,
        _ => Map::new(),
    };
    let original_types: HashMap<String, String> = resources
        .iter()
        .map(|(id, node)| (id.to_owned(), node.get("Type").and_then(Node::as_str).unwrap_or_default().to_owned()))
        .collect();
    Ok(Translation {
        context,
        resolver,
        mappings,
        template: std::mem::take(template),
        resources,
        original_types,
        references: references::References::default(),
        deployments: deployment::Deployments::default(),
        apis: api::Shared::default(),
        repository,
        changes: existing::Changes::default(),
        shared_destinations: function::SharedDestinations::default(),
        shadows: HashMap::new(),
        connections: resource::connector::Connections::default(),
        causes: Vec::new(),
    })
}

/// Puts the resources back in their place and rewrites the references to them.
fn finish(t: Translation<'_>, template: &mut Map) -> Result<(), Fault> {
    *template = t.template;
    template.remove("Transform");
    if let Some(node) = template.get_mut("Resources") {
        let mut resources = Map::new();
        for (id, entry) in t.resources.into_iter().filter(|(_, entry)| !entry.node.is_null()) {
            resources.insert_at(id, entry.key_span, entry.node);
        }
        node.value = Value::Map(resources);
    }
    t.references.rewrite(template)
}
