//! Asking a value for its type, with the sentence of AWS's translator when it has another one.

use super::error::Fault;
use super::python::is_int;
use crate::{Map, Node};
use base::Span;

/// Whose property it is.
#[derive(Debug, Clone, Copy)]
pub enum Owner<'a> {
    /// A resource's, by logical id.
    Resource(&'a str),
    /// An event's, by name.
    Event(&'a str),
    /// A resource's attribute, beside `Properties`.
    Attribute(&'a str),
}

/// A value that is asked for its type: `expect(value, Owner::Resource(id), "Domain.Route53").map()?`.
#[derive(Debug, Clone, Copy)]
pub struct Expect<'a> {
    value: Option<&'a Node>,
    /// Where it stands, `null` included.
    span: Option<Span>,
    owner: Owner<'a>,
    path: &'a str,
    message: Option<&'a str>,
}

/// Starts to ask. Nothing and `null` are the same.
pub fn expect<'a>(value: Option<&'a Node>, owner: Owner<'a>, path: &'a str) -> Expect<'a> {
    let span = value.map(|node| node.span);
    Expect { value: value.filter(|node| !node.is_null()), span, owner, path, message: None }
}

impl<'a> Expect<'a> {
    /// The sentence to use instead of the usual one.
    #[must_use]
    pub fn or_say(self, message: &'a str) -> Self {
        Self { message: Some(message), ..self }
    }

    /// It must be a mapping.
    pub fn map(self) -> Result<&'a Map, Fault> {
        self.value.and_then(Node::as_map).ok_or_else(|| self.fault("map"))
    }

    /// It must be a list.
    pub fn list(self) -> Result<&'a [Node], Fault> {
        self.value.and_then(Node::as_list).ok_or_else(|| self.fault("list"))
    }

    /// It must be text.
    pub fn string(self) -> Result<&'a str, Fault> {
        self.value.and_then(Node::as_str).ok_or_else(|| self.fault("string"))
    }

    /// It must be an integer; booleans are integers too.
    pub fn integer(self) -> Result<&'a Node, Fault> {
        self.value.filter(|node| is_int(node)).ok_or_else(|| self.fault("integer"))
    }

    /// It must be a boolean.
    pub fn bool(self) -> Result<bool, Fault> {
        self.value.and_then(Node::as_bool).ok_or_else(|| self.fault("boolean"))
    }

    /// It must be a list of texts.
    pub fn list_of_strings(self) -> Result<&'a [Node], Fault> {
        let list = self.list()?;
        for (index, item) in list.iter().enumerate() {
            let path = format!("{}[{index}]", self.path);
            let owner = match self.owner {
                Owner::Attribute(id) => Owner::Resource(id),
                owner => owner,
            };
            Expect { path: &path, owner, ..self.of(item) }.string()?;
        }
        Ok(list)
    }

    /// It must be there.
    pub fn present(self) -> Result<&'a Node, Fault> {
        self.value.ok_or_else(|| {
            let message = self.message.map_or_else(|| format!("Property '{}' is required.", self.path), str::to_owned);
            self.tell(message)
        })
    }

    fn of(self, value: &'a Node) -> Self {
        Self { value: Some(value), span: Some(value.span), ..self }
    }

    fn fault(&self, expected: &str) -> Fault {
        let what = if matches!(self.owner, Owner::Attribute(_)) { "Attribute" } else { "Property" };
        let message =
            self.message.map_or_else(|| format!("{what} '{}' should be a {expected}.", self.path), str::to_owned);
        self.tell(message)
    }

    fn tell(&self, message: String) -> Fault {
        let fault = match self.owner {
            Owner::Resource(id) | Owner::Attribute(id) => Fault::resource(id, message),
            Owner::Event(id) => Fault::event(id, message),
        };
        match self.span {
            Some(span) => fault.at(span),
            None => fault,
        }
    }
}
