//! What both editors do: walking paths and methods, `Fn::If` blocks included, and keeping the history of mappings.
//!
//! AWS's translator copies the whole definition before and after every edit, and on Python 2.7 each copy could change
//! the order of keys. A [`Definition`] only counts the copies; a mapping catches up with them when it is next touched
//! (`Map::settle`). So an edit costs what it changes, not what the definition holds.

use crate::sam::error::Fault;
use crate::sam::intrinsic::is_no_value;
use crate::sam::make::{conditional, made, no_value};
use crate::sam::python::truthy;
use crate::{Map, Node, Value};
use base::Span;
use std::collections::HashMap;

/// The integration of a method with a backend.
pub const X_INTEGRATION: &str = "x-amazon-apigateway-integration";
/// The key of a method that takes every method.
pub const ANY_METHOD: &str = "x-amazon-apigateway-any-method";
const IF: &str = "Fn::If";

/// A definition and how often the translator would have copied it by now.
#[derive(Debug, Default)]
pub(super) struct Definition {
    pub(super) doc: Node,
    pub(super) copies: u32,
    /// What stood where paths and methods were added or changed, to take an edit back.
    before: Vec<Before>,
}

/// A path before an edit: nothing if it was not there, or a method in each of its branches.
#[derive(Debug)]
struct Before {
    path: String,
    method: String,
    branches: Option<Vec<Option<Node>>>,
}

/// Where a path and a method stand in the template, or what they were made from.
#[derive(Debug, Clone, Copy)]
pub struct KeySpans {
    /// The path.
    pub path: Span,
    /// The method.
    pub method: Span,
}

/// The lower-case name of a method; `any` has its own extension.
pub fn normalize_method_name(method: &str) -> String {
    let method = method.to_lowercase();
    if method == "any" { ANY_METHOD.to_owned() } else { method }
}

/// The span of the key of a method that stands at `span`: the extension for any method is not the template's text.
pub(super) fn method_span(method: &str, span: Span) -> Span {
    if method.eq_ignore_ascii_case("any") { made(span) } else { span }
}

/// `3.x` or `3.x.y`, which is what makes a definition OpenAPI 3.
pub fn is_open_api_3(version: &Node) -> bool {
    let text = crate::sam::python::display(version);
    text.starts_with('3') && is_version(&text)
}

/// One digit, `.digit`, and perhaps another `.digit`; a line break at the end is let through.
pub(super) fn is_version(text: &str) -> bool {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let mut parts = text.split('.');
    let digit = |part: Option<&str>| part.is_some_and(|p| p.chars().count() == 1 && p.chars().all(is_decimal));
    digit(parts.next()) && digit(parts.next()) && parts.next().is_none_or(|p| digit(Some(p))) && parts.next().is_none()
}

fn is_decimal(c: char) -> bool {
    c.is_ascii_digit()
}

pub(super) fn bad_path_item(path: &str) -> Fault {
    Fault::document(format!("Value of '{path}' path must be a dictionary according to Swagger spec."))
}

pub(super) fn bad_method(path: &str, method: &str) -> Fault {
    Fault::document(format!("Definition of method '{method}' for path '{path}' should be a map."))
}

fn bad_if() -> Fault {
    Fault::document("Value of Fn::If must be a list.")
}

/// What an item holds: itself, or what the branches of its `Fn::If` hold, without `AWS::NoValue`.
pub(super) fn contents(item: &Node) -> Result<Vec<&Node>, Fault> {
    let Some(branches) = item.get(IF) else { return Ok(vec![item]) };
    let branches = branches.as_list().ok_or_else(|| bad_if().at(branches.span))?;
    Ok(branches.iter().skip(1).filter(|content| !is_no_value(content)).collect())
}

/// As [`contents`], to change.
pub(super) fn contents_mut(item: &mut Node) -> Result<Vec<&mut Node>, Fault> {
    if item.get(IF).is_none() {
        return Ok(vec![item]);
    }
    let span = item.span;
    let branches = item.as_map_mut().and_then(|map| map.get_mut(IF)).and_then(Node::as_list_mut);
    let branches = branches.ok_or_else(|| bad_if().at(span))?;
    Ok(branches.iter_mut().skip(1).filter(|content| !is_no_value(content)).collect())
}

/// Whether a method definition has an integration.
pub(super) fn has_integration(definition: &Map) -> bool {
    definition.get(X_INTEGRATION).is_some_and(truthy)
}

/// Catches up with all copies of a definition, everywhere in it.
pub fn settle(definition: &mut Node) {
    let copies = definition.as_map().map_or(0, Map::copies);
    settle_all(definition, copies);
}

fn settle_all(node: &mut Node, copies: u32) {
    match &mut node.value {
        Value::Map(map) => {
            map.settle(copies);
            map.iter_mut().for_each(|(_, value)| settle_all(value, copies));
        }
        Value::List(items) => items.iter_mut().for_each(|item| settle_all(item, copies)),
        _ => {}
    }
}

/// Notes that everything in `node` came into the definition after `copies` copies.
pub fn arrive(node: &mut Node, copies: u32) {
    match &mut node.value {
        Value::Map(map) => {
            if map.is_tracked() {
                map.track(copies);
            }
            map.iter_mut().for_each(|(_, item)| arrive(item, copies));
        }
        Value::List(items) => items.iter_mut().for_each(|item| arrive(item, copies)),
        _ => {}
    }
}

/// `{"Fn::If": [condition, value, {"Ref": "AWS::NoValue"}]}`.
pub(super) fn under_condition(condition: &Node, value: Node) -> Node {
    let span = value.span;
    conditional(span, condition, value, no_value(span))
}

/// The mapping of a node, caught up with `copies` copies.
pub(super) fn settled(node: &mut Node, copies: u32) -> Option<&mut Map> {
    let map = node.as_map_mut()?;
    map.settle(copies);
    Some(map)
}

impl Definition {
    /// Takes a definition that was checked.
    pub(super) fn open(doc: Node) -> Self {
        let copies = doc.as_map().map_or(0, Map::copies);
        let mut definition = Self { doc, copies, before: Vec::new() };
        definition.count_copy();
        definition.paths_mut();
        definition
    }

    /// Gives the definition back.
    pub(super) fn close(mut self) -> Node {
        self.count_copy();
        self.doc
    }

    /// Gives the definition back with its paths as they were.
    pub(super) fn abandon(mut self) -> Node {
        for before in std::mem::take(&mut self.before).into_iter().rev() {
            let Some(paths) = self.paths_mut() else { break };
            match (before.branches, paths.get_mut(&before.path)) {
                (None, _) => _ = paths.remove(&before.path),
                (Some(branches), Some(item)) => restore(item, &before.method, branches),
                (Some(_), None) => {}
            }
        }
        self.doc
    }

    fn count_copy(&mut self) {
        if self.doc.as_map().is_some_and(Map::is_tracked) {
            self.copies += 1;
            settled(&mut self.doc, self.copies);
        }
    }

    /// Checks that every path item is a mapping. A definition that was opened before is known to be right.
    pub(super) fn check_paths(doc: &Node) -> Result<(), Fault> {
        if doc.as_map().is_some_and(|map| map.copies() > 0) {
            return Ok(());
        }
        let Some(paths) = doc.get("paths").and_then(Node::as_map) else { return Ok(()) };
        for (path, item) in paths.python_iter() {
            for content in contents(item)? {
                if content.as_map().is_none() {
                    return Err(bad_path_item(path).at(content.span));
                }
            }
        }
        Ok(())
    }

    /// An empty mapping of this definition.
    pub(super) fn dict(&self) -> Map {
        dict(self.copies)
    }

    /// A member of the definition.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.doc.get(key)
    }

    /// A member of the definition, to change.
    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.doc.as_map_mut()?.get_mut(key)
    }

    /// Sets a member of the definition.
    pub(super) fn set(&mut self, key: &str, mut value: Node) {
        arrive(&mut value, self.copies);
        let span = made(value.span);
        if let Some(map) = self.doc.as_map_mut() {
            map.insert_at(key, span, value);
        }
    }

    /// All paths in order.
    pub(super) fn paths(&self) -> Vec<String> {
        self.doc.get("paths").and_then(Node::as_map).map(Map::python_keys).unwrap_or_default()
    }

    pub(super) fn path(&self, path: &str) -> Option<&Node> {
        self.doc.get("paths")?.get(path)
    }

    fn paths_mut(&mut self) -> Option<&mut Map> {
        let copies = self.copies;
        settled(self.doc.as_map_mut()?.get_mut("paths")?, copies)
    }

    /// Whether the path, and the method in each of its branches, are there.
    pub(super) fn has_path(&self, path: &str, method: Option<&str>) -> Result<bool, Fault> {
        let Some(item) = self.path(path) else { return Ok(false) };
        let Some(method) = method.map(normalize_method_name).filter(|method| !method.is_empty()) else {
            return Ok(true);
        };
        Ok(contents(item)?.into_iter().all(|content| content.get(&method).is_some()))
    }

    /// Whether the method has an integration in every branch of the path.
    pub(super) fn has_integration(&self, path: &str, method: &str) -> Result<bool, Fault> {
        let method = normalize_method_name(method);
        if !self.has_path(path, Some(&method))? {
            return Ok(false);
        }
        let Some(item) = self.path(path) else { return Ok(false) };
        for content in contents(item)? {
            let map = content.as_map().ok_or_else(|| bad_path_item(path).at(content.span))?;
            let Some(definition) = map.get(&method).filter(|definition| definition.as_map().is_some()) else {
                return Ok(false);
            };
            if !method_has_integration(definition, path, &method)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Adds the path and the method, if they are not there.
    pub(super) fn add_path(&mut self, path: &str, method: Option<&str>, spans: KeySpans) -> Result<(), Fault> {
        let span = spans.path;
        let copies = self.copies;
        let key = method.map(normalize_method_name).unwrap_or_default();
        let branches = self.path(path).map(|item| {
            let contents = contents(item).unwrap_or_default();
            contents.into_iter().map(|content| content.get(&key).cloned()).collect()
        });
        self.before.push(Before { path: path.to_owned(), method: key.clone(), branches });
        let Some(paths) = self.paths_mut() else { return Err(bad_path_item(path)) };
        if !paths.contains_key(path) {
            paths.insert_at(path, span, Node::new(dict(copies), made(span)));
        }
        let Some(item) = paths.get_mut(path) else { return Ok(()) };
        if item.as_map().is_none() {
            return Err(bad_path_item(path).at(item.span));
        }
        let Some(method) = method else { return Ok(()) };
        for content in contents_mut(item)? {
            if let Some(map) = settled(content, copies).filter(|map| !map.contains_key(&key)) {
                map.insert_at(key.as_str(), method_span(method, spans.method), Node::new(dict(copies), made(span)));
            }
        }
        Ok(())
    }

    /// Puts the whole path under a condition.
    pub(super) fn make_path_conditional(&mut self, path: &str, condition: &Node) {
        if let Some(item) = self.paths_mut().and_then(|paths| paths.get_mut(path)) {
            *item = under_condition(condition, std::mem::take(item));
        }
    }

    /// The path items of a path, each a mapping.
    pub(super) fn path_items(&mut self, path: &str) -> Result<Vec<&mut Map>, Fault> {
        let copies = self.copies;
        let Some(item) = self.paths_mut().and_then(|paths| paths.get_mut(path)) else {
            return Err(bad_path_item(path));
        };
        let mut items = Vec::new();
        for content in contents_mut(item)? {
            let span = content.span;
            items.push(settled(content, copies).ok_or_else(|| bad_path_item(path).at(span))?);
        }
        Ok(items)
    }

    /// The definitions of a method that have an integration, in all branches of the path and of the method.
    pub(super) fn method_definitions(&mut self, path: &str, method: &str) -> Result<Vec<&mut Map>, Fault> {
        let copies = self.copies;
        let key = normalize_method_name(method);
        let mut definitions = Vec::new();
        for item in self.path_items(path)? {
            let Some(item) = item.get_mut(&key) else { return Err(bad_method(path, method)) };
            for content in contents_mut(item)? {
                let span = content.span;
                let map = settled(content, copies).ok_or_else(|| bad_method(path, method).at(span))?;
                if has_integration(map) {
                    definitions.push(map);
                }
            }
        }
        Ok(definitions)
    }

    /// All definitions of methods of a path that have an integration, with the normalized names of the methods.
    /// `skipped` are the members of a path item that are no methods.
    pub(super) fn all_method_definitions(
        &mut self,
        path: &str,
        skipped: &[&str],
    ) -> Result<Vec<(String, &mut Map)>, Fault> {
        let copies = self.copies;
        let mut definitions = Vec::new();
        for item in self.path_items(path)? {
            let order: HashMap<String, usize> = item.python_keys().into_iter().zip(0..).collect();
            let mut members: Vec<(&str, &mut Node)> = item.iter_mut().collect();
            members.sort_by_key(|(name, _)| order.get(*name));
            for (name, member) in members.into_iter().filter(|(name, _)| !skipped.contains(name)) {
                for content in contents_mut(member)? {
                    let span = content.span;
                    let map = settled(content, copies).ok_or_else(|| bad_method(path, name).at(span))?;
                    if has_integration(map) {
                        definitions.push((normalize_method_name(name), map));
                    }
                }
            }
        }
        Ok(definitions)
    }

    /// Sets a member of the integrations of a method.
    pub(super) fn set_in_integration(
        &mut self,
        path: &str,
        method: &str,
        key: &str,
        value: &Node,
    ) -> Result<(), Fault> {
        let copies = self.copies;
        for definition in self.method_definitions(path, method)? {
            let Some(integration) = definition.get_mut(X_INTEGRATION) else { continue };
            let span = made(integration.span);
            let integration = settled(integration, copies).ok_or_else(|| bad_integration().at(span))?;
            let mut value = value.clone();
            arrive(&mut value, copies);
            integration.insert_at(key, span, value);
        }
        Ok(())
    }
}

/// Puts back what each branch of a path had for a method.
fn restore(item: &mut Node, method: &str, branches: Vec<Option<Node>>) {
    for (content, before) in contents_mut(item).unwrap_or_default().into_iter().zip(branches) {
        let Some(content) = content.as_map_mut() else { continue };
        match before {
            Some(definition) => _ = content.insert(method, definition),
            None => _ = content.remove(method),
        }
    }
}

pub(super) fn bad_integration() -> Fault {
    Fault::document(format!("Value of '{X_INTEGRATION}' must be a dictionary according to Swagger spec."))
}

/// An empty mapping that counts from `copies` on.
pub(super) fn dict(copies: u32) -> Map {
    let mut map = Map::tracked();
    map.track(copies);
    map
}

fn method_has_integration(definition: &Node, path: &str, method: &str) -> Result<bool, Fault> {
    for content in contents(definition)? {
        let map = content.as_map().ok_or_else(|| bad_method(path, method).at(content.span))?;
        if has_integration(map) {
            return Ok(true);
        }
    }
    Ok(false)
}
