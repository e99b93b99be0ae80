//! Whether CloudFormation would take a template at all: its structure, its references, its types, and the SAM transform.

use base::{Diagnostic, Diagnostics, Region};
use std::collections::BTreeMap;
use template::model::{Parameter, ParameterType, Template};
use template::sam::{self, context::Context};
use template::{Node, artifact, snippet};

/// The region that templates are transformed for: what is wrong does not depend on it.
const REGION: &str = "us-east-1";

/// Everything that is wrong with a template, and what the SAM transform makes of it if it has it. Local paths count as if
/// they were packaged, and parts that stand in snippets as if they were right. `given` are values of parameters; those that
/// have neither a value nor a default get one that fits.
pub fn sound(node: &Node, given: &BTreeMap<String, String>) -> (Diagnostics, Option<Node>) {
    let (model, mut problems) = Template::read(node);
    problems.extend(unknown_types(&model));
    if !model.is_serverless() || problems.iter().any(Diagnostic::is_error) {
        return (problems, None);
    }
    let mut packaged = node.clone();
    if let Ok(region) = Region::new(REGION) {
        artifact::place_all(&mut packaged, "packaged", &region);
    }
    let (known, complete) = snippet::assume(packaged);
    match sam::transform(known, &Context { parameters: values(&model, given), ..Context::ahead(REGION) }) {
        Ok(expanded) => (problems, Some(expanded)),
        Err(error) => {
            // Otherwise what is wrong may stand right in a snippet that is not here.
            problems.extend(complete.then(|| error.diagnostics()).into_iter().flatten());
            (problems, None)
        }
    }
}

/// The values of parameters as the SAM transform is told them: those that are given, and ones that fit where there is neither
/// a value nor a default.
pub(crate) fn values(model: &Template<'_>, given: &BTreeMap<String, String>) -> BTreeMap<String, serde_json::Value> {
    let value = |(name, parameter): (&&str, &Parameter<'_>)| {
        let value = given.get(*name).cloned().or_else(|| fitting(name, parameter))?;
        Some(((*name).to_owned(), value.into()))
    };
    model.parameters.iter().filter_map(value).collect()
}

/// A value for a parameter without a default.
fn fitting(name: &str, parameter: &Parameter<'_>) -> Option<String> {
    let first = || parameter.allowed_values.as_ref()?.first().cloned();
    let any = || match parameter.kind {
        ParameterType::Number => parameter.min_value.unwrap_or(1.0).to_string(),
        _ => name.to_owned(),
    };
    parameter.default.is_none().then(|| first().unwrap_or_else(any))
}

/// Warnings about types of AWS's that the registry does not have.
fn unknown_types<'t>(model: &'t Template<'_>) -> impl Iterator<Item = Diagnostic> + 't {
    let unknown = |kind: &str| kind.starts_with("AWS::") && !kind.ends_with("::MODULE") && !is_public(kind);
    let resources = model.resources.iter().filter(move |(_, resource)| unknown(resource.kind));
    resources.map(|(name, resource)| {
        let told =
            Diagnostic::warning("TMPL-045", format!("resource `{name}` has the unknown type `{}`", resource.kind));
        let span = resource.node.get("Type").map_or(resource.node.span, |kind| kind.span);
        told.at(span).hint(match crate::suggest::nearest(resource.kind, iam::permissions::type_names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "correct it, unless the type is newer than this program".to_owned(),
        })
    })
}

fn is_public(kind: &str) -> bool {
    kind.starts_with("AWS::Serverless::") || kind == "AWS::CDK::Metadata" || iam::permissions::is_known(kind)
}
