//! Applications of the Serverless Application Repository: `Location` with an id and a version becomes the URL of a
//! template that the repository makes.

use super::context::{Context, Repository};
use super::error::{Cause, Fault};
use super::expect::{Owner, expect};
use super::hash::sorted_json;
use super::make::{made, node};
use super::python::{display, truthy};
use super::resolver::{Mappings, Resolver};
use super::translation::{SamResource, Translation};
use super::validate::is_early;
use crate::{Map, Node};
use base::Span;
use std::collections::HashMap;

const APPLICATION: &str = "AWS::Serverless::Application";

/// Regions with the repository ("AWS Serverless Application Repository endpoints and quotas", AWS General Reference).
const REGIONS: [&str; 22] = [
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "me-south-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "cn-north-1",
    "cn-northwest-1",
    "us-gov-east-1",
    "us-gov-west-1",
];

/// How often the state of templates that are being made is asked for: every two seconds, for 105 seconds at most.
const POLLS: usize = 53;

/// What the repository answered, by application id and version.
#[derive(Debug, Default)]
pub struct Answers {
    templates: HashMap<(String, String), Result<String, Cause>>,
    /// Ids of applications whose template was not ready at once, in the order they were asked for, and where they stand.
    in_progress: Vec<(String, Span)>,
}

/// Asks for the templates of all applications. References to parameters and mappings in their location are resolved.
pub fn prepare(template: &mut Map, resolver: &Resolver, context: &Context) -> Result<Answers, Fault> {
    let mappings = Mappings::new(template.get("Mappings"))?;
    let mut answers = Answers::default();
    let Some(resources) = template.get_mut("Resources").and_then(Node::as_map_mut) else { return Ok(answers) };
    for (id, resource) in resources.iter_mut() {
        if !is_early(resource)? || resource.get("Type").and_then(Node::as_str) != Some(APPLICATION) {
            continue;
        }
        let properties = resource.as_map_mut().and_then(|map| map.get_mut("Properties")?.as_map_mut());
        let Some(location) = properties.and_then(|map| map.get_mut("Location")?.as_map_mut()) else { continue };
        if ["ApplicationId", "SemanticVersion"].iter().any(|name| location.get(name).is_none_or(Node::is_null)) {
            continue;
        }
        for name in ["ApplicationId", "SemanticVersion"] {
            if let Some(value) = location.get_mut(name) {
                resolver.resolve(value)?;
                mappings.resolve(value)?;
            }
        }
        ask(id, location, context, &mut answers);
    }
    Ok(answers)
}

fn ask(id: &str, location: &Map, context: &Context, answers: &mut Answers) {
    let (Some(application), Some(version)) = (location.get("ApplicationId"), location.get("SemanticVersion")) else {
        return;
    };
    let key = (sorted_json(application), sorted_json(version));
    if [application, version].iter().any(|node| node.as_map().is_some()) || answers.templates.contains_key(&key) {
        return;
    }
    let answer = check(id, application, version, context).and_then(|name| {
        let repository = context.sar.as_ref().ok_or_else(|| {
            Fault::resource(id, "The Serverless Application Repository has to be asked for this application first.")
        })?;
        let url = create_template(id, name, repository)?;
        if repository.state(name, 0) == "PREPARING" {
            answers.in_progress.push((name.to_owned(), application.span));
        }
        Ok(url)
    });
    let answer = answer.map_err(|fault| fault.at(application.span).into_causes().swap_remove(0));
    answers.templates.insert(key, answer);
}

fn check<'a>(id: &'a str, application: &'a Node, version: &Node, context: &Context) -> Result<&'a str, Fault> {
    let owner = Owner::Resource(id);
    let name = expect(Some(application), owner, "Location.ApplicationId").string()?;
    expect(Some(version), owner, "Location.SemanticVersion").string()?;
    if !REGIONS.contains(&context.region.as_str()) {
        return Err(Fault::resource(id, "Serverless Application Repository is not available in this region."));
    }
    if has_parameter_reference(name) {
        let message =
            "Serverless Application Repostiory does not support dynamic reference in 'ApplicationId' property.";
        return Err(Fault::resource(id, message));
    }
    Ok(name)
}

/// Whether the text contains `{{resolve:ssm:name}}`, with or without a version.
fn has_parameter_reference(text: &str) -> bool {
    super::s3_location::dynamic_reference(text, &["ssm"]).is_some()
}

fn create_template(id: &str, name: &str, sar: &Repository) -> Result<String, Fault> {
    match sar.errors.get(name) {
        Some(message) => Err(Fault::resource(id, message)),
        None => Ok(sar.template_url.clone()),
    }
}

impl Repository {
    /// The state that is told the `n`-th time.
    fn state(&self, application: &str, n: usize) -> &str {
        let default = if self.default_status.is_empty() { "ACTIVE" } else { &self.default_status };
        let states = self.status.get(application).map(Vec::as_slice).unwrap_or_default();
        states.get(n).or(states.last()).map_or(default, String::as_str)
    }
}

/// Gives an application its `TemplateUrl`, before its properties are checked.
pub fn prepare_resource(kind: &str, sam: &mut SamResource, t: &mut Translation<'_>) -> Result<(), Fault> {
    if kind != APPLICATION {
        return Ok(());
    }
    let missing = |name: &str| sam.fault(format!("Resource is missing the required [{name}] property."));
    let Some(location) = sam.properties.get("Location") else { return Err(missing("Location")) };
    let url = match location.as_map() {
        None => location.clone(),
        Some(map) => {
            if let Some(name) = ["ApplicationId", "SemanticVersion"].iter().find(|name| !map.contains_key(name)) {
                return Err(missing(name).at(location.span));
            }
            let url = template_url(sam, map, t)?;
            node!(location.span, url)
        }
    };
    sam.properties.insert_at("TemplateUrl", made(sam.span), url);
    Ok(())
}

fn template_url(sam: &SamResource, location: &Map, t: &Translation<'_>) -> Result<String, Fault> {
    let owner = Owner::Resource(&sam.logical_id);
    let unresolved = |name: &str| {
        let rest = "cannot be resolved. Only FindInMap and Ref intrinsic functions are supported.";
        sam.fault(format!("Property '{name}' {rest}"))
    };
    let application = expect(location.get("ApplicationId"), owner, "ApplicationId").present()?;
    if application.as_map().is_some() {
        return Err(unresolved("ApplicationId"));
    }
    let version = location.get("SemanticVersion").filter(|node| truthy(node));
    let version = version.ok_or_else(|| sam.fault("Property 'SemanticVersion' cannot be blank."))?;
    if version.as_map().is_some() {
        return Err(unresolved("SemanticVersion"));
    }
    match t.repository.templates.get(&(sorted_json(application), sorted_json(version))) {
        Some(Ok(url)) => Ok(url.clone()),
        Some(Err(cause)) => Err(Fault::One(Box::new(cause.clone()))),
        None => Err(sam.fault(format!("Application {} was not found.", display(application)))),
    }
}

/// Waits until all templates are ready.
pub fn wait(t: &mut Translation<'_>) {
    let Some(sar) = &t.context.sar else { return };
    let mut waiting = std::mem::take(&mut t.repository.in_progress);
    for poll in 1..=POLLS {
        let expired = waiting.iter().find(|(name, _)| sar.state(name, poll) == "EXPIRED");
        if let Some((name, span)) = expired {
            let message = format!(
                "Template for {name} with id {} returned status: EXPIRED. Cannot access an expired template.",
                sar.template_id
            );
            t.causes.extend(Fault::resource(name, message).at(*span).into_causes());
            return;
        }
        waiting.retain(|(name, _)| sar.state(name, poll) != "ACTIVE");
        if waiting.is_empty() {
            return;
        }
    }
    let Some(span) = waiting.first().map(|(_, span)| *span) else { return };
    let names: Vec<Node> = waiting.iter().map(|(name, span)| node!(*span, name)).collect();
    let message = "Timed out waiting for nested stack templates to reach ACTIVE status.";
    t.causes.extend(Fault::resource(display(&node!(span, names)), message).at(span).into_causes());
}
