//! Parameter values: given, kept, or by default, and checked against what the template says of them.

use super::{Given, Site, ssm_value};
use crate::call::AwsError;
use crate::cloudformation::stack::{Definition, Parameter};
use crate::world::World;
use indexmap::IndexMap;
use template::Node;
use template::intrinsic::scalar_text;

/// The longest value of a parameter, in bytes.
const VALUE_LIMIT: usize = 4096;

/// A parameter as the template declares it.
#[derive(Debug, Clone)]
pub(crate) struct Declared<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type.
    pub kind: String,
    /// Its default.
    pub default: Option<String>,
    /// Whether it is shown as asterisks.
    pub no_echo: bool,
    /// What it is for.
    pub description: Option<String>,
    /// The values it may have, if they are limited.
    pub allowed: Vec<String>,
    node: &'a Node,
}

/// The parameters of a template in its order.
pub(crate) fn declared(template: &Node) -> Vec<Declared<'_>> {
    let map = template.get("Parameters").and_then(Node::as_map);
    map.into_iter().flat_map(|m| m.iter()).map(|(name, node)| declared_one(name, node)).collect()
}

fn declared_one<'a>(name: &'a str, node: &'a Node) -> Declared<'a> {
    let text = |key: &str| node.get(key).and_then(scalar_text);
    let list =
        |key: &str| node.get(key).and_then(Node::as_list).into_iter().flatten().filter_map(scalar_text).collect();
    Declared {
        name,
        kind: text("Type").unwrap_or_default(),
        default: text("Default").or_else(|| node.get("Default").filter(|d| d.is_null()).map(|_| String::new())),
        no_echo: text("NoEcho").is_some_and(|t| t.eq_ignore_ascii_case("true")),
        description: text("Description"),
        allowed: list("AllowedValues"),
        node,
    }
}

/// The value of every parameter of the template.
pub(super) fn resolve(
    world: &World,
    site: &Site,
    template: &Node,
    given: &[Given],
    previous: Option<&Definition>,
) -> Result<IndexMap<String, Parameter>, AwsError> {
    let declared = declared(template);
    let unknown: Vec<&str> =
        given.iter().map(|g| g.key.as_str()).filter(|k| !declared.iter().any(|d| d.name == *k)).collect();
    if !unknown.is_empty() {
        return Err(AwsError::validation(format!("Parameters: [{}] do not exist in the template", unknown.join(", "))));
    }
    let mut values = IndexMap::new();
    let mut missing = Vec::new();
    for parameter in &declared {
        match value(parameter, given, previous)? {
            Some(text) => {
                check(parameter, &text)?;
                let resolved = stored(world, site, parameter, &text)?;
                let entry = Parameter { value: text, resolved, no_echo: parameter.no_echo };
                values.insert(parameter.name.to_owned(), entry);
            }
            None => missing.push(parameter.name),
        }
    }
    if missing.is_empty() {
        return Ok(values);
    }
    Err(AwsError::validation(format!("Parameters: [{}] must have values", missing.join(", "))))
}

fn value(parameter: &Declared<'_>, given: &[Given], previous: Option<&Definition>) -> Result<Option<String>, AwsError> {
    let Some(given) = given.iter().find(|g| g.key == parameter.name) else { return Ok(parameter.default.clone()) };
    if !given.use_previous {
        return Ok(given.value.clone().or_else(|| parameter.default.clone()));
    }
    if given.value.is_some() {
        return Err(AwsError::validation(format!(
            "Invalid input for parameter key {}. Cannot specify usePreviousValue as true and non empty value for a parameter",
            parameter.name
        )));
    }
    let kept = previous.and_then(|d| d.parameters.get(parameter.name)).map(|p| p.value.clone());
    match kept {
        Some(value) => Ok(Some(value)),
        None => Err(AwsError::validation(format!(
            "Invalid input for parameter key {}. Cannot specify usePreviousValue as true for a parameter key not in the previous template",
            parameter.name
        ))),
    }
}

/// What an SSM parameter type stands for, read when the operation is asked for.
fn stored(world: &World, site: &Site, parameter: &Declared<'_>, name: &str) -> Result<Option<String>, AwsError> {
    if !parameter.kind.starts_with("AWS::SSM::Parameter::Value<") {
        return Ok(None);
    }
    let found = ssm_value(world, &site.account, &site.region, name);
    found.map(Some).ok_or_else(|| {
        AwsError::validation(format!("Unable to fetch parameters [{name}] from parameter store for this account."))
    })
}

fn check(parameter: &Declared<'_>, value: &str) -> Result<(), AwsError> {
    let text = |key: &str| parameter.node.get(key).and_then(scalar_text);
    let number = |key: &str| text(key).and_then(|t| t.parse::<f64>().ok());
    let refuse = |why: String| {
        let why = text("ConstraintDescription").unwrap_or(why);
        Err(AwsError::validation(format!("Parameter '{}' {why}", parameter.name)))
    };
    if value.len() > VALUE_LIMIT {
        return refuse(format!("must have length less than or equal to {VALUE_LIMIT}"));
    }
    if !parameter.allowed.is_empty()
        && !items(parameter, value).iter().all(|v| parameter.allowed.iter().any(|a| a == v))
    {
        return Err(AwsError::validation(format!("Parameter '{}' must be one of AllowedValues", parameter.name)));
    }
    if let Some(pattern) = text("AllowedPattern")
        && !matches_whole(&pattern, value)
    {
        return refuse(format!("must match pattern {pattern}"));
    }
    if parameter.kind == "Number" {
        let Ok(n) = value.trim().parse::<f64>() else {
            return Err(AwsError::validation(format!("Parameter '{}' must be a number.", parameter.name)));
        };
        if number("MaxValue").is_some_and(|max| n > max) {
            return refuse(format!("must be a number not greater than {}", text("MaxValue").unwrap_or_default()));
        }
        if number("MinValue").is_some_and(|min| n < min) {
            return refuse(format!("must be a number not less than {}", text("MinValue").unwrap_or_default()));
        }
    }
    let length = value.chars().count() as f64;
    if number("MaxLength").is_some_and(|max| length > max) {
        return refuse(format!("must contain at most {} characters", text("MaxLength").unwrap_or_default()));
    }
    if number("MinLength").is_some_and(|min| length < min) {
        return refuse(format!("must contain at least {} characters", text("MinLength").unwrap_or_default()));
    }
    Ok(())
}

fn items(parameter: &Declared<'_>, value: &str) -> Vec<String> {
    if parameter.kind == "CommaDelimitedList" || parameter.kind.contains("List<") {
        return value.split(',').map(|v| v.trim().to_owned()).collect();
    }
    vec![value.to_owned()]
}

/// `AllowedPattern` must match the whole value. A pattern in Java's dialect that cannot be read here does not limit.
fn matches_whole(pattern: &str, value: &str) -> bool {
    regex_lite::Regex::new(&format!("^(?:{pattern})$")).map_or(true, |r| r.is_match(value))
}
