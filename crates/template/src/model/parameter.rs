//! Parameters as they are declared.

use super::values::{self, Violation};
use super::{check, members, suggestion};
use crate::intrinsic::scalar_text;
use crate::{Map, Node};
use base::{Diagnostic, Diagnostics, Span};
use indexmap::IndexMap;

/// The type of a parameter ("Parameters", CloudFormation template reference).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType<'a> {
    /// `String`
    String,
    /// `Number`
    Number,
    /// `List<Number>`
    NumberList,
    /// `CommaDelimitedList` and `List<String>`
    CommaDelimitedList,
    /// A name or id of something that exists in the account, such as `AWS::EC2::VPC::Id`.
    Existing(&'a str),
    /// `List<AWS::…>`
    ExistingList(&'a str),
    /// `AWS::SSM::Parameter::Name`
    SsmName,
    /// `AWS::SSM::Parameter::Value<…>`: the value is a parameter's name, what is used is that parameter's value.
    SsmValue {
        /// Whether the value is a list.
        list: bool,
    },
}

/// A declared parameter.
#[derive(Debug, Clone)]
pub struct Parameter<'a> {
    /// Where its name stands.
    pub name_span: Span,
    /// `Type`.
    pub kind: ParameterType<'a>,
    /// `Default`, as text.
    pub default: Option<String>,
    /// `AllowedValues`, as text.
    pub allowed_values: Option<Vec<String>>,
    /// `AllowedPattern`, a Java regular expression for the whole value.
    pub allowed_pattern: Option<&'a str>,
    /// `ConstraintDescription`.
    pub constraint_description: Option<&'a str>,
    /// `Description`.
    pub description: Option<&'a str>,
    /// `NoEcho`: the value is a secret and may not be shown.
    pub no_echo: bool,
    /// `MinLength` in characters.
    pub min_length: Option<u64>,
    /// `MaxLength` in characters.
    pub max_length: Option<u64>,
    /// `MinValue`.
    pub min_value: Option<f64>,
    /// `MaxValue`.
    pub max_value: Option<f64>,
}

const KEYS: &[&str] = &[
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
];

/// The types of things in an account.
const EXISTING: &[&str] = &[
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
];

impl<'a> ParameterType<'a> {
    /// The type a text names.
    pub fn parse(text: &'a str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix("AWS::SSM::Parameter::Value<").and_then(|t| t.strip_suffix('>')) {
            return match Self::parse(inner)? {
                Self::SsmName | Self::SsmValue { .. } | Self::Number | Self::NumberList => None,
                inner => Some(Self::SsmValue { list: inner.is_list() }),
            };
        }
        if let Some(inner) = text.strip_prefix("List<").and_then(|t| t.strip_suffix('>')) {
            return match inner {
                "Number" => Some(Self::NumberList),
                "String" => Some(Self::CommaDelimitedList),
                _ => EXISTING.contains(&inner).then_some(Self::ExistingList(inner)),
            };
        }
        match text {
            "String" => Some(Self::String),
            "Number" => Some(Self::Number),
            "CommaDelimitedList" => Some(Self::CommaDelimitedList),
            "AWS::SSM::Parameter::Name" => Some(Self::SsmName),
            _ => EXISTING.contains(&text).then_some(Self::Existing(text)),
        }
    }

    /// Whether `Ref` gives a list.
    pub fn is_list(self) -> bool {
        matches!(
            self,
            Self::NumberList | Self::CommaDelimitedList | Self::ExistingList(_) | Self::SsmValue { list: true }
        )
    }
}

pub(super) fn read<'a>(root: &'a Map, problems: &mut Diagnostics) -> IndexMap<&'a str, Parameter<'a>> {
    let mut result = IndexMap::new();
    for (name, name_span, node) in members(root, "Parameters") {
        check::logical_id(name, name_span, "Parameters", problems);
        let Some(map) = check::member_map("parameter", name, node, problems) else { continue };
        check::known_keys(map, KEYS, &format!("parameter `{name}`"), problems);
        let Some(kind) = parameter_type(name, name_span, map, problems) else { continue };
        let parameter = parameter(name, name_span, map, kind, problems);
        check_default(name, &parameter, map, problems);
        result.insert(name, parameter);
    }
    result
}

fn parameter_type<'a>(name: &str, span: Span, map: &'a Map, problems: &mut Diagnostics) -> Option<ParameterType<'a>> {
    let node = map.get("Type");
    let text = node.and_then(Node::as_str);
    let kind = text.and_then(ParameterType::parse);
    if kind.is_some() {
        return kind;
    }
    let message = match text {
        Some(text) => format!("`{text}` is not a type of a parameter"),
        None => format!("parameter `{name}` has no `Type`"),
    };
    let simple = ["String", "Number", "CommaDelimitedList", "List<Number>", "AWS::SSM::Parameter::Name"];
    let known = simple.iter().chain(EXISTING);
    problems.push(
        Diagnostic::error("TMPL-040", message)
            .at(node.map_or(span, |n| n.span))
            .why("the type says which values are allowed")
            .hint(suggestion(
                text.unwrap_or_default(),
                known.copied(),
                "use `String`, `Number` or `CommaDelimitedList`",
            )),
    );
    None
}

fn parameter<'a>(
    name: &str,
    name_span: Span,
    map: &'a Map,
    kind: ParameterType<'a>,
    problems: &mut Diagnostics,
) -> Parameter<'a> {
    let text = |key: &str| map.get(key).and_then(Node::as_str);
    let number = |key: &str, problems: &mut Diagnostics| {
        let node = map.get(key)?;
        let number = scalar_text(node).and_then(|t| t.trim().parse::<f64>().ok());
        if number.is_none() {
            problems.push(bad_attribute(name, key, "a number", node));
        }
        number
    };
    // A length that is negative or broken is no length; the cast cuts at zero.
    let length = |key: &str, problems: &mut Diagnostics| number(key, problems).map(|n| n as u64);
    let no_echo = map.get("NoEcho").and_then(scalar_text).is_some_and(|t| t.eq_ignore_ascii_case("true"));
    Parameter {
        name_span,
        kind,
        default: default(name, map, problems),
        allowed_values: allowed_values(name, map, problems),
        allowed_pattern: text("AllowedPattern"),
        constraint_description: text("ConstraintDescription"),
        description: text("Description"),
        no_echo,
        min_length: length("MinLength", problems),
        max_length: length("MaxLength", problems),
        min_value: number("MinValue", problems),
        max_value: number("MaxValue", problems),
    }
}

fn bad_attribute(name: &str, key: &str, takes: &str, found: &Node) -> Diagnostic {
    Diagnostic::error("TMPL-041", format!("`{key}` of parameter `{name}` is {}", found.kind()))
        .at(found.span)
        .why(format!("it takes {takes}, without functions"))
        .hint("correct the value")
}

fn default(name: &str, map: &Map, problems: &mut Diagnostics) -> Option<String> {
    let node = map.get("Default")?;
    let text = scalar_text(node);
    if text.is_none() {
        problems.push(bad_attribute(name, "Default", "text or a number, lists as text with commas", node));
    }
    text
}

fn allowed_values(name: &str, map: &Map, problems: &mut Diagnostics) -> Option<Vec<String>> {
    let node = map.get("AllowedValues")?;
    let Some(items) = node.as_list() else {
        problems.push(bad_attribute(name, "AllowedValues", "a list", node));
        return None;
    };
    Some(items.iter().filter_map(scalar_text).collect())
}

fn check_default(name: &str, parameter: &Parameter<'_>, map: &Map, problems: &mut Diagnostics) {
    let Some(default) = &parameter.default else { return };
    // The mark under a secret would show the secret.
    let written = map.get("Default").filter(|_| !parameter.no_echo);
    let span = written.map_or(parameter.name_span, |n| n.span);
    let violations: Vec<Violation> = values::check(name, parameter, default);
    problems.extend(violations.iter().map(|violation| {
        let mut problem = violation.diagnostic().at(span);
        problem.message = format!("the default is refused: {}", problem.message);
        problem.hint = Some("change the default or the constraint".to_owned());
        problem
    }));
}
