//! Values of parameters: checked against their declarations, and turned into what `Ref` gives.

use super::limits::MAX_PARAMETER_BYTES;
use super::{Parameter, ParameterType, Template, suggestion};
use crate::intrinsic::{Evaluated, Parameters, Unknown};
use crate::{Node, Number, NumberValue, Value};
use base::{Diagnostic, Diagnostics, Span};
use std::collections::BTreeMap;

/// The values all parameters have in a deployment, and what is wrong with them.
#[derive(Debug, Clone, Default)]
pub struct Bound {
    /// Every declared parameter. One without a value, and one whose value is in the Parameter Store, is unknown.
    pub values: Parameters,
    /// What CloudFormation would refuse.
    pub violations: Vec<Violation>,
}

/// A value, or the lack of one, that CloudFormation refuses.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The parameter.
    pub parameter: String,
    /// Where it is declared; for one that is not declared, nothing.
    pub span: Option<Span>,
    /// What is wrong.
    pub kind: ViolationKind,
    /// `ConstraintDescription`, which CloudFormation shows instead of its own words.
    pub constraint_description: Option<String>,
    /// The value, unless the parameter is `NoEcho`.
    pub value: Option<String>,
}

/// What is wrong with a parameter's value.
#[derive(Debug, Clone, PartialEq)]
pub enum ViolationKind {
    /// It has no default and no value was given.
    Missing,
    /// The template does not declare it; the name of a parameter that was perhaps meant.
    Undeclared(Option<String>),
    /// Not one of `AllowedValues`.
    NotAllowed(Vec<String>),
    /// Does not match `AllowedPattern`.
    Pattern(String),
    /// Shorter than `MinLength`.
    TooShort(u64),
    /// Longer than `MaxLength`.
    TooLong(u64),
    /// Not a number.
    NotANumber,
    /// Less than `MinValue`.
    TooSmall(f64),
    /// More than `MaxValue`.
    TooLarge(f64),
    /// More than 4,096 bytes.
    TooManyBytes,
}

impl Bound {
    /// The violations as messages.
    pub fn diagnostics(&self) -> Diagnostics {
        self.violations.iter().map(Violation::diagnostic).collect()
    }
}

impl Violation {
    /// As a message. The value of a `NoEcho` parameter is not in it.
    pub fn diagnostic(&self) -> Diagnostic {
        let name = &self.parameter;
        let value = self.value.as_ref().map(|v| format!("`{v}` ")).unwrap_or_default();
        let (message, why) = match &self.kind {
            ViolationKind::Missing => (format!("parameter `{name}` has no value"), "it has no default".to_owned()),
            ViolationKind::Undeclared(_) => (
                format!("the template has no parameter `{name}`"),
                "CloudFormation refuses values nobody asked for".to_owned(),
            ),
            ViolationKind::NotAllowed(allowed) => {
                let shown: Vec<String> = allowed.iter().map(|v| format!("`{v}`")).collect();
                (
                    format!("the value {value}of parameter `{name}` is not allowed"),
                    format!("it is one of {}", shown.join(", ")),
                )
            }
            ViolationKind::Pattern(pattern) => (
                format!("the value {value}of parameter `{name}` does not match its pattern"),
                format!("the pattern is `{pattern}`"),
            ),
            ViolationKind::TooShort(n) => (
                format!("the value {value}of parameter `{name}` is too short"),
                format!("it has at least {n} characters"),
            ),
            ViolationKind::TooLong(n) => (
                format!("the value {value}of parameter `{name}` is too long"),
                format!("it has at most {n} characters"),
            ),
            ViolationKind::NotANumber => {
                (format!("the value {value}of parameter `{name}` is not a number"), "its type is a number".to_owned())
            }
            ViolationKind::TooSmall(n) => {
                (format!("the value {value}of parameter `{name}` is too small"), format!("it is at least {n}"))
            }
            ViolationKind::TooLarge(n) => {
                (format!("the value {value}of parameter `{name}` is too large"), format!("it is at most {n}"))
            }
            ViolationKind::TooManyBytes => (
                format!("the value of parameter `{name}` is too long"),
                format!("a value has at most {MAX_PARAMETER_BYTES} bytes"),
            ),
        };
        let why =
            self.constraint_description.as_ref().map_or(why.clone(), |own| format!("{why}; the template says: {own}"));
        let hint = match &self.kind {
            ViolationKind::Missing => format!("give `{name}` a value, or a default in the template"),
            ViolationKind::Undeclared(Some(hint)) => hint.clone(),
            ViolationKind::Undeclared(None) => "remove the value, or declare the parameter".to_owned(),
            _ => "change the value".to_owned(),
        };
        let problem = Diagnostic::error("TMPL-042", message).why(why).hint(hint);
        match self.span {
            Some(span) => problem.at(span),
            None => problem,
        }
    }

    /// In the words of CloudFormation's `ValidationError`.
    pub fn aws_message(&self) -> String {
        let name = &self.parameter;
        if let (Some(own), false) =
            (&self.constraint_description, matches!(self.kind, ViolationKind::Missing | ViolationKind::Undeclared(_)))
        {
            return format!("Parameter {name} failed to satisfy constraint: {own}");
        }
        match &self.kind {
            ViolationKind::Missing => format!("Parameters: [{name}] must have values"),
            ViolationKind::Undeclared(_) => format!("Parameters: [{name}] do not exist in the template"),
            ViolationKind::NotAllowed(_) => format!("Parameter '{name}' must be one of AllowedValues"),
            ViolationKind::Pattern(pattern) => format!("Parameter '{name}' must match pattern {pattern}"),
            ViolationKind::TooShort(n) => format!("Parameter '{name}' must contain at least {n} characters"),
            ViolationKind::TooLong(n) => format!("Parameter '{name}' must contain at most {n} characters"),
            ViolationKind::NotANumber => format!("Parameter '{name}' must be a number"),
            ViolationKind::TooSmall(n) => format!("Parameter '{name}' must be a number not less than {n}"),
            ViolationKind::TooLarge(n) => format!("Parameter '{name}' must be a number not greater than {n}"),
            ViolationKind::TooManyBytes => {
                format!("Parameter '{name}' exceeds the limit of {MAX_PARAMETER_BYTES} bytes")
            }
        }
    }
}

impl Parameter<'_> {
    /// What `Ref` gives for a value: text, or a list of the parts between commas. For a parameter whose value is in the
    /// Parameter Store, `text` is the value stored there.
    pub fn value_of(&self, text: &str) -> Node {
        if !self.kind.is_list() {
            return Node::new(text, self.name_span);
        }
        let parts = text.split(',').map(|part| self.part(part.trim()));
        Node::new(parts.collect::<Vec<_>>(), self.name_span)
    }

    fn part(&self, text: &str) -> Node {
        let number = (self.kind == ParameterType::NumberList).then(|| text.parse::<i128>().ok()).flatten();
        let value = match number {
            Some(n) => Value::Number(Number { text: text.to_owned(), value: NumberValue::Int(n) }),
            None => Value::String(text.to_owned()),
        };
        Node { value, span: self.name_span }
    }
}

pub(super) fn bind(template: &Template<'_>, given: &BTreeMap<String, String>) -> Bound {
    let mut bound = Bound::default();
    for (name, parameter) in &template.parameters {
        let Some(text) = given.get(*name).or(parameter.default.as_ref()) else {
            bound.violations.push(violation(name, parameter, ViolationKind::Missing, None));
            let why = format!("the parameter `{name}` has no value");
            bound.values.insert((*name).to_owned(), Evaluated::Unknown(Unknown { why, span: parameter.name_span }));
            continue;
        };
        if given.contains_key(*name) {
            bound.violations.extend(check(name, parameter, text));
        }
        let value = match parameter.kind {
            ParameterType::SsmValue { .. } => Evaluated::Unknown(Unknown {
                why: format!("the value of `{name}` is read from the Parameter Store at deployment"),
                span: parameter.name_span,
            }),
            _ => Evaluated::Known(parameter.value_of(text)),
        };
        bound.values.insert((*name).to_owned(), value);
    }
    for name in given.keys().filter(|name| !template.parameters.contains_key(name.as_str())) {
        let meant = suggestion(name, template.parameters.keys().copied(), "");
        bound.violations.push(Violation {
            parameter: name.clone(),
            span: None,
            kind: ViolationKind::Undeclared(Some(meant).filter(|hint| !hint.is_empty())),
            constraint_description: None,
            value: None,
        });
    }
    bound
}

fn violation(name: &str, parameter: &Parameter<'_>, kind: ViolationKind, value: Option<&str>) -> Violation {
    Violation {
        parameter: name.to_owned(),
        span: Some(parameter.name_span),
        kind,
        constraint_description: parameter.constraint_description.map(str::to_owned),
        value: value.filter(|_| !parameter.no_echo).map(str::to_owned),
    }
}

/// What a declaration has against a value. Every part of a list is checked for itself.
pub(super) fn check(name: &str, parameter: &Parameter<'_>, text: &str) -> Vec<Violation> {
    if text.len() > MAX_PARAMETER_BYTES {
        return vec![violation(name, parameter, ViolationKind::TooManyBytes, None)];
    }
    // The text of such a parameter is a name; its constraints are for the name as well.
    let list = parameter.kind.is_list() && !matches!(parameter.kind, ParameterType::SsmValue { .. });
    let parts: Vec<&str> = if list { text.split(',').map(str::trim).collect() } else { vec![text] };
    let faults = parts.iter().flat_map(|part| check_part(parameter, part).into_iter().map(move |kind| (kind, *part)));
    faults.map(|(kind, part)| violation(name, parameter, kind, Some(part))).collect()
}

fn check_part(parameter: &Parameter<'_>, text: &str) -> Vec<ViolationKind> {
    let mut faults = Vec::new();
    if let Some(allowed) = parameter.allowed_values.as_ref().filter(|allowed| !allowed.iter().any(|v| v == text)) {
        faults.push(ViolationKind::NotAllowed(allowed.clone()));
    }
    if let Some(pattern) = parameter.allowed_pattern.filter(|pattern| !matches_whole(pattern, text)) {
        faults.push(ViolationKind::Pattern(pattern.to_owned()));
    }
    let length = text.chars().count() as u64;
    faults.extend(parameter.min_length.filter(|min| length < *min).map(ViolationKind::TooShort));
    faults.extend(parameter.max_length.filter(|max| length > *max).map(ViolationKind::TooLong));
    if !matches!(parameter.kind, ParameterType::Number | ParameterType::NumberList) {
        return faults;
    }
    match text.trim().parse::<f64>().ok().filter(|n| n.is_finite()) {
        None => faults.push(ViolationKind::NotANumber),
        Some(n) => {
            faults.extend(parameter.min_value.filter(|min| n < *min).map(ViolationKind::TooSmall));
            faults.extend(parameter.max_value.filter(|max| n > *max).map(ViolationKind::TooLarge));
        }
    }
    faults
}

/// Whether a pattern matches a whole text. Patterns are Java's: one with syntax that is not understood here (look-around,
/// back references) refuses nothing, and CloudFormation decides.
fn matches_whole(pattern: &str, text: &str) -> bool {
    regex_lite::Regex::new(&format!("^(?:{pattern})$")).map_or(true, |regex| regex.is_match(text))
}
