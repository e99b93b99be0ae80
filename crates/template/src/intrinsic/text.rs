//! Functions that make text: `Fn::Sub`, `Fn::Join`, `Fn::Split`, `Fn::Base64`, `Fn::ToJsonString`.

use super::sub::{Piece, Variable, pieces};
use super::{Eval, Halt, Scope, fault, scalar_text, shape, worse};
use crate::{Map, Node, write};
use base::{Diagnostics, Span};
use base64::Engine as _;

impl Scope<'_> {
    /// `Fn::Sub`: a text, or a list of a text and a mapping of variables.
    pub(super) fn substitute(&self, argument: &Node, span: Span, problems: &mut Diagnostics) -> Eval {
        let none = Map::new();
        let (template, variables) = match argument.as_list() {
            None => (argument, &none),
            Some([template, variables]) => match variables.as_map() {
                Some(map) => (template, map),
                None => return shape(problems, "Fn::Sub", variables, "a mapping of variables second"),
            },
            Some(_) => {
                return shape(problems, "Fn::Sub", argument, "text, or a list of text and a mapping of variables");
            }
        };
        let Some(text) = template.as_str() else {
            return shape(problems, "Fn::Sub", template, "text, which cannot be a function");
        };
        let mut result = String::with_capacity(text.len());
        let mut halt = None;
        for piece in pieces(text) {
            match self.piece(piece, template, variables, problems) {
                Ok(part) => result.push_str(&part),
                Err(stop) => halt = Some(worse(halt, stop)),
            }
        }
        halt.map_or_else(|| Ok(Node::new(result, span)), Err)
    }

    fn piece(&self, piece: Piece<'_>, template: &Node, variables: &Map, problems: &mut Diagnostics) -> Eval<String> {
        let variable = match piece {
            Piece::Text(text) => return Ok(text.to_owned()),
            Piece::Literal(name) => return Ok(format!("${{{name}}}")),
            Piece::Variable(variable) => variable,
        };
        let value = match variables.get(variable.name) {
            Some(node) => self.value(node, problems),
            None => self.variable(variable, template, problems),
        };
        let value = match value {
            Err(Halt::Absent) => {
                return fault(problems, template.span, format!("`${{{}}}` has no value", variable.name))
                    .why("`AWS::NoValue` cannot be part of a text")
                    .hint("give it an empty text instead")
                    .done();
            }
            other => other?,
        };
        match scalar_text(&value) {
            Some(text) => Ok(text),
            None => fault(problems, template.span, format!("`${{{}}}` is {}", variable.name, value.kind()))
                .why("only text, numbers and booleans can be put into a text")
                .hint("use `Fn::Join` for lists, or select one value")
                .done(),
        }
    }

    fn variable(&self, variable: Variable<'_>, template: &Node, problems: &mut Diagnostics) -> Eval {
        if !variable.is_well_formed() {
            return fault(problems, template.span, format!("`${{{}}}` is not a variable", variable.name))
                .why("variable names have letters, digits, underscores, periods and colons only")
                .hint(format!("write `${{!{}}}` if the text shall stay as it is", variable.name))
                .done();
        }
        match variable.attribute() {
            Some((resource, attribute)) => self.attribute_of(resource, attribute, template.span, problems),
            None => self.reference_to(variable.name, template.span, problems),
        }
    }

    /// `Fn::Join`: a separator and a list.
    pub(super) fn join(&self, argument: &Node, span: Span, problems: &mut Diagnostics) -> Eval {
        let Some([separator, list]) = argument.as_list() else {
            return shape(problems, "Fn::Join", argument, "a separator and a list");
        };
        let Some(separator) = separator.as_str() else {
            return shape(problems, "Fn::Join", separator, "a separator that is text and no function");
        };
        let items = self.items(list, "Fn::Join", problems)?;
        let texts: Result<Vec<String>, &Node> = items.iter().map(|item| scalar_text(item).ok_or(item)).collect();
        match texts {
            Ok(texts) => Ok(Node::new(texts.join(separator), span)),
            Err(item) => shape(problems, "Fn::Join", item, "a list of text"),
        }
    }

    /// `Fn::Split`: a separator and a text.
    pub(super) fn split(&self, argument: &Node, span: Span, problems: &mut Diagnostics) -> Eval {
        let Some([separator, text]) = argument.as_list() else {
            return shape(problems, "Fn::Split", argument, "a separator and text");
        };
        let Some(separator) = separator.as_str().filter(|s| !s.is_empty()) else {
            return shape(problems, "Fn::Split", separator, "a separator of at least one character");
        };
        let text = self.text(text, "Fn::Split", problems)?;
        let parts: Vec<Node> = text.split(separator).map(|part| Node::new(part, span)).collect();
        Ok(Node::new(parts, span))
    }

    pub(super) fn base64(&self, argument: &Node, span: Span, problems: &mut Diagnostics) -> Eval {
        let text = self.text(argument, "Fn::Base64", problems)?;
        Ok(Node::new(base64::engine::general_purpose::STANDARD.encode(text), span))
    }

    /// `Fn::ToJsonString` of `AWS::LanguageExtensions`: a mapping or a list as JSON text.
    pub(super) fn to_json_string(&self, argument: &Node, span: Span, problems: &mut Diagnostics) -> Eval {
        if argument.as_map().is_none() && argument.as_list().is_none() {
            return shape(problems, "Fn::ToJsonString", argument, "a mapping or a list");
        }
        let value = self.value(argument, problems)?;
        Ok(Node::new(write::compact(&value), span))
    }
}
