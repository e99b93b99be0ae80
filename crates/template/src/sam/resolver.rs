//! Resolving references to parameters and mappings, as far as they are known before a deployment.

use super::definition_text::shown;
use super::error::Fault;
use super::make::made;
use super::python::display;
use crate::{Map, Node, Value};
use base::Span;
use std::collections::HashSet;
use std::rc::Rc;

/// Parameter values by name, defaults and pseudo parameters included. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Resolver {
    parameters: Rc<Map>,
    /// Whether AWS's translator keeps parameter values as Python 2.7 did.
    tracked: bool,
}

/// The `Mappings` section. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mappings {
    maps: Rc<Map>,
}

/// A value that CloudFormation has not told yet.
const UNKNOWN_VALUE: &str = "{{IntrinsicFunction:";

impl Resolver {
    /// Over these parameter values.
    pub fn new(parameters: Map, tracked: bool) -> Self {
        Self { parameters: Rc::new(parameters), tracked }
    }

    /// The value of a parameter; nothing if there is none, or if it is not known yet.
    pub fn parameter(&self, name: &str) -> Option<&Node> {
        self.parameters.get(name).filter(|value| !value.as_str().is_some_and(|text| text.starts_with(UNKNOWN_VALUE)))
    }

    /// A copy in which every `Ref` and `Fn::Sub` of known parameters is replaced. Faults are fatal.
    pub fn resolved(&self, node: &Node) -> Result<Node, Fault> {
        let mut copy = node.clone();
        self.resolve(&mut copy)?;
        Ok(copy)
    }

    /// Replaces every `Ref` and `Fn::Sub` of known parameters in place. Faults are fatal.
    pub fn resolve(&self, node: &mut Node) -> Result<(), Fault> {
        if let Some(value) = self.resolve_below(node)? {
            *node = value;
        }
        Ok(())
    }

    /// As [`Self::resolve`], but a `Ref` at the very top stays as it is, and its value is returned. AWS's translator
    /// often resolves a value for a decision only; what lies deeper is replaced in the template all the same.
    pub fn resolve_below(&self, node: &mut Node) -> Result<Option<Node>, Fault> {
        if let Some(value) = self.reference_value(node) {
            return Ok(Some(value));
        }
        substitute_in_place(node, &mut |name, _| match self.parameter(name) {
            None => Ok(None),
            Some(value) => match value.as_str() {
                Some(text) => Ok(Some(text.to_owned())),
                None => Err(bad_variable(&shown(value, self.tracked))),
            },
        })?;
        match &mut node.value {
            Value::Map(map) => {
                for (_, item) in map.iter_mut() {
                    self.resolve(item)?;
                }
            }
            Value::List(list) => {
                for item in list {
                    self.resolve(item)?;
                }
            }
            _ => {}
        }
        Ok(None)
    }

    /// The value of a node that is a `Ref` to a known parameter.
    fn reference_value(&self, node: &Node) -> Option<Node> {
        let map = node.as_map().filter(|map| map.len() == 1)?;
        let name = map.get("Ref")?.as_str()?;
        let mut value = self.parameter(name)?.clone();
        // The value of a pseudo parameter was not written by anyone.
        respan(&mut value, if name.starts_with("AWS::") { made(node.span) } else { node.span });
        Some(value)
    }
}

fn bad_variable(value: &str) -> Fault {
    Fault::document(format!("Invalid Fn::Sub variable value {value}. Fn::Sub expects all variables to be strings."))
}

/// Gives a value and all below it another place.
pub fn respan(node: &mut Node, span: Span) {
    node.span = span;
    match &mut node.value {
        Value::List(list) => list.iter_mut().for_each(|item| respan(item, span)),
        Value::Map(map) => map.iter_mut().for_each(|(_, item)| respan(item, span)),
        _ => {}
    }
}

/// From the name and the whole `${name}` to what to put there, or nothing to leave it.
pub type Replace<'r> = dyn FnMut(&str, &str) -> Result<Option<String>, Fault> + 'r;

/// Runs `replace` for each `${name}` of an `Fn::Sub`; it answers what to put there, or nothing to leave it.
pub fn substitute_in_place(node: &mut Node, replace: &mut Replace<'_>) -> Result<(), Fault> {
    let span = node.span;
    let Some(map) = node.as_map_mut().filter(|map| map.len() == 1) else { return Ok(()) };
    let Some(value) = map.get_mut("Fn::Sub") else { return Ok(()) };
    let text = match &mut value.value {
        Value::String(text) => text,
        Value::List(list) => match list.first_mut().map(|first| &mut first.value) {
            Some(Value::String(text)) => text,
            _ => return Ok(()),
        },
        _ => return Ok(()),
    };
    if let Some(new) = substitute(text, replace).map_err(|fault| fault.at(span))? {
        *text = new;
    }
    Ok(())
}

/// The text with its `${name}` replaced, or nothing if no one was. A replacement is not looked at again, except that,
/// as in AWS's translator, each round replaces the first place where the whole `${name}` still stands.
fn substitute(text: &str, replace: &mut Replace<'_>) -> Result<Option<String>, Fault> {
    let mut replacements: Vec<(usize, usize, String)> = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("${").map(|n| from + n) {
        from = at + 2;
        let Some(end) = text[from..].find('}').map(|n| from + n) else { break };
        let name = &text[from..end];
        if !is_variable(name) {
            continue;
        }
        if let Some(new) = replace(name, &text[at..=end])? {
            replacements.push((at, end + 1, new));
        }
        from = end + 1;
    }
    if replacements.is_empty() {
        return Ok(None);
    }
    if meets_itself(text, &replacements) {
        let mut out = text.to_owned();
        for (start, end, new) in &replacements {
            out = out.replacen(&text[*start..*end], new, 1);
        }
        return Ok(Some(out));
    }
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (start, end, new) in &replacements {
        out.push_str(&text[done..*start]);
        out.push_str(new);
        done = *end;
    }
    out.push_str(&text[done..]);
    Ok(Some(out))
}

/// Whether what is put in may be, or become with what stands around it, one of the `${name}` that are replaced.
fn meets_itself(text: &str, replacements: &[(usize, usize, String)]) -> bool {
    let replaced: HashSet<&str> = replacements.iter().map(|(start, end, _)| &text[*start..*end]).collect();
    replacements.iter().any(|(_, _, new)| {
        let open = new.ends_with('$') || new.rfind("${").is_some_and(|at| !new[at..].contains('}'));
        let ends = |at: usize| new[at..].find('}').map(|end| at + end + 1);
        open || new.match_indices("${").any(|(at, _)| ends(at).is_some_and(|end| replaced.contains(&new[at..end])))
    })
}

/// Letters, digits and dots, or `AWS::` and a name.
fn is_variable(name: &str) -> bool {
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    let pseudo = |rest: &str| {
        rest.starts_with(|c: char| c.is_ascii_uppercase()) && rest.bytes().all(|b| b.is_ascii_alphabetic())
    };
    plain(name) || name.strip_prefix("AWS::").is_some_and(pseudo)
}

impl Mappings {
    /// Over the `Mappings` section of a template, if it has one.
    pub fn new(section: Option<&Node>) -> Result<Self, Fault> {
        match section.map(|node| (&node.value, node.span)) {
            None => Ok(Self { maps: Rc::default() }),
            Some((Value::Map(maps), _)) => Ok(Self { maps: Rc::new(maps.clone()) }),
            Some((_, span)) => {
                Err(Fault::document("'Mappings' or 'Parameters' is either null or not a valid dictionary.").at(span))
            }
        }
    }

    /// Replaces every `Fn::FindInMap` with written-out keys in place. Faults are fatal.
    pub fn resolve(&self, node: &mut Node) -> Result<(), Fault> {
        if self.maps.is_empty() {
            return Ok(());
        }
        if let Some(value) = self.find_in_map(node)? {
            *node = value;
        }
        match &mut node.value {
            Value::Map(map) => map.iter_mut().try_for_each(|(_, item)| self.resolve(item)),
            Value::List(list) => list.iter_mut().try_for_each(|item| self.resolve(item)),
            _ => Ok(()),
        }
    }

    fn find_in_map(&self, node: &Node) -> Result<Option<Node>, Fault> {
        let Some(value) = node.as_map().filter(|map| map.len() == 1).and_then(|map| map.get("Fn::FindInMap")) else {
            return Ok(None);
        };
        let Some([map, top, second]) = value.as_list() else {
            let message =
                format!("Invalid FindInMap value {}. FindInMap expects an array with 3 values.", display(value));
            return Err(Fault::document(message).at(node.span));
        };
        let keys = [self.key(map)?, self.key(top)?, self.key(second)?];
        let [Some(map), Some(top), Some(second)] = keys else { return Ok(None) };
        let flat = || {
            let message = format!("Cannot use Fn::FindInMap on Mapping '{map}' which is not a a two-level map.");
            Fault::document(message).at(node.span)
        };
        let Some(level) = self.maps.get(&map) else { return Ok(None) };
        let Some(level) = level.as_map().ok_or_else(flat)?.get(&top) else { return Ok(None) };
        let Some(found) = level.as_map().ok_or_else(flat)?.get(&second) else { return Ok(None) };
        let mut found = found.clone();
        respan(&mut found, node.span);
        Ok(Some(found))
    }

    /// A key of `Fn::FindInMap` as text: written out, or itself found in a map.
    fn key(&self, node: &Node) -> Result<Option<String>, Fault> {
        match self.find_in_map(node)? {
            Some(found) => Ok(found.as_str().map(str::to_owned)),
            None => Ok(node.as_str().map(str::to_owned)),
        }
    }
}
