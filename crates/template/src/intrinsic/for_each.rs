//! Expands `Fn::ForEach` of the `AWS::LanguageExtensions` transform.
//!
//! A loop is a key `Fn::ForEach::Name` with a list of three: an identifier, a collection, and a mapping that is repeated.
//! In it `${Identifier}` is the item, `&{Identifier}` the item without anything but letters and digits, and
//! `Ref: Identifier` the item as well ("Fn::ForEach", CloudFormation template reference).

use super::{Eval, Halt, Scope, fault, function, scalar_text, shape};
use crate::{Entry, Map, Node, Value};
use base::{Diagnostic, Diagnostics, Span};

/// How a loop's key starts; a name that is unique in the template follows.
pub const LOOP: &str = "Fn::ForEach::";

/// How many values loops may make in one template: loops in loops multiply.
const MAX_MADE: usize = 200_000;

impl Scope<'_> {
    /// The same tree with its loops expanded. A loop over a collection that is not known stays as it is.
    pub fn expand_loops(&self, node: &Node, problems: &mut Diagnostics) -> Node {
        let mut expansion = Expansion { scope: self, made: 0, problems };
        expansion.node(node)
    }
}

struct Expansion<'e, 's> {
    scope: &'e Scope<'s>,
    made: usize,
    problems: &'e mut Diagnostics,
}

impl Expansion<'_, '_> {
    fn node(&mut self, node: &Node) -> Node {
        let value = match &node.value {
            Value::List(items) => Value::List(items.iter().map(|item| self.node(item)).collect()),
            Value::Map(map) => {
                let mut result = Map::new();
                for (key, entry) in map.entries() {
                    self.member(key, entry, &mut result);
                }
                Value::Map(result)
            }
            scalar => scalar.clone(),
        };
        Node { value, span: node.span }
    }

    fn member(&mut self, key: &str, entry: &Entry, result: &mut Map) {
        let expanded = key.starts_with(LOOP).then(|| self.repeat(&entry.node));
        match expanded {
            Some(Ok(copies)) => {
                for (key, copy) in copies.into_iter().flatten() {
                    self.add(key, copy, result);
                }
            }
            Some(Err(_)) => {
                result.insert_at(key, entry.key_span, entry.node.clone());
            }
            None => {
                let node = self.node(&entry.node);
                self.add(key.to_owned(), Entry { key_span: entry.key_span, node }, result);
            }
        }
    }

    fn add(&mut self, key: String, entry: Entry, result: &mut Map) {
        if let Some(first) = result.key_span(&key) {
            let _: Eval<()> = fault(self.problems, first, format!("a loop makes the key `{key}` twice"))
                .why("every round of a loop needs keys of its own, and so do loops side by side")
                .hint("use `${Identifier}` in the key, or remove the item that stands twice in the collection")
                .done();
            return;
        }
        result.insert_at(key, entry.key_span, entry.node);
    }

    /// The members of every round, already expanded themselves.
    fn repeat(&mut self, argument: &Node) -> Eval<Vec<Map>> {
        let Some([identifier, collection, body]) = argument.as_list() else {
            return shape(self.problems, "Fn::ForEach", argument, "an identifier, a collection and a mapping");
        };
        let Some(name) = identifier.as_str() else {
            return shape(self.problems, "Fn::ForEach", identifier, "an identifier that is text");
        };
        if body.as_map().is_none() {
            return shape(self.problems, "Fn::ForEach", body, "a mapping to repeat");
        }
        let items = self.scope.items(collection, "Fn::ForEach", self.problems)?;
        let size = count(body);
        let mut rounds = Vec::with_capacity(items.len());
        for item in &items {
            let Some(text) = scalar_text(item) else {
                return shape(self.problems, "Fn::ForEach", item, "a collection of text");
            };
            self.made = self.made.saturating_add(size);
            if self.made > MAX_MADE {
                return self.too_much(argument.span);
            }
            let round = replace(body, name, &text);
            if let Value::Map(map) = self.node(&round).value {
                rounds.push(map);
            }
        }
        Ok(rounds)
    }

    fn too_much<T>(&mut self, span: Span) -> Eval<T> {
        let problem = Diagnostic::error("TMPL-021", "loops make too much")
            .at(span)
            .why(format!("they may make {MAX_MADE} values in one template; loops in loops multiply"))
            .hint("use smaller collections, or several stacks");
        if !self.problems.iter().any(|known| known.code == problem.code) {
            self.problems.push(problem);
        }
        Err(Halt::Faulty)
    }
}

fn count(node: &Node) -> usize {
    match &node.value {
        Value::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Map(map) => 1 + map.iter().map(|(_, item)| count(item)).sum::<usize>(),
        _ => 1,
    }
}

/// A body with the identifier replaced.
fn replace(node: &Node, name: &str, item: &str) -> Node {
    if let Some(("Ref", argument)) = function(node)
        && argument.as_str() == Some(name)
    {
        return Node::new(item, node.span);
    }
    let value = match &node.value {
        Value::String(text) => Value::String(replace_text(text, name, item)),
        Value::List(items) => Value::List(items.iter().map(|n| replace(n, name, item)).collect()),
        Value::Map(map) => {
            let mut result = Map::new();
            for (key, entry) in map.entries() {
                result.insert_at(replace_text(key, name, item), entry.key_span, replace(&entry.node, name, item));
            }
            Value::Map(result)
        }
        scalar => scalar.clone(),
    };
    Node { value, span: node.span }
}

fn replace_text(text: &str, name: &str, item: &str) -> String {
    if !text.contains('{') {
        return text.to_owned();
    }
    let cleaned: String = item.chars().filter(char::is_ascii_alphanumeric).collect();
    text.replace(&format!("${{{name}}}"), item).replace(&format!("&{{{name}}}"), &cleaned)
}
