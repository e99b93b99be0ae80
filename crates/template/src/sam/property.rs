//! The properties a SAM resource or event source has: their names, and what values they take.

use super::error::Fault;
use super::intrinsic::looks_intrinsic;
use super::python::is_int;
use crate::{Map, Node};

/// One property.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it takes.
    pub shape: Shape,
    /// Whether a mapping with one key is taken for an intrinsic function and not looked at.
    pub intrinsic: bool,
}

/// What a property takes.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Everything.
    Any,
    /// Text.
    Str,
    /// A mapping.
    Map,
    /// A list.
    List,
    /// A boolean.
    Bool,
    /// An integer.
    Int,
    /// One of these texts.
    Enum(&'static [&'static str]),
    /// One of these shapes.
    OneOf(&'static [Shape]),
    /// A list of this shape.
    ListOf(&'static Shape),
    /// A mapping to this shape.
    MapOf(&'static Shape),
}

/// Text or a mapping.
pub const STR_OR_MAP: Shape = Shape::OneOf(&[Shape::Str, Shape::Map]);
/// A list of texts or mappings.
pub const LIST_OF_STR_OR_MAP: Shape = Shape::ListOf(&STR_OR_MAP);

impl Shape {
    /// Whether the value has this shape.
    pub fn takes(&self, node: &Node) -> bool {
        match self {
            Self::Any => true,
            Self::Str => node.as_str().is_some(),
            Self::Map => node.as_map().is_some(),
            Self::List => node.as_list().is_some(),
            Self::Bool => node.as_bool().is_some(),
            Self::Int => is_int(node),
            Self::Enum(values) => node.as_str().is_some_and(|text| values.contains(&text)),
            Self::OneOf(shapes) => shapes.iter().any(|shape| shape.takes(node)),
            Self::ListOf(shape) => node.as_list().is_some_and(|list| list.iter().all(|item| shape.takes(item))),
            Self::MapOf(shape) => node.as_map().is_some_and(|map| map.iter().all(|(_, item)| shape.takes(item))),
        }
    }

    /// The end of the sentence `Property 'X' should be a …`, where AWS's translator has one.
    fn expected(&self) -> Option<String> {
        match self {
            Self::Str => Some("string".to_owned()),
            Self::Map => Some("map".to_owned()),
            Self::Enum([only]) => Some(format!("the string '{only}'")),
            Self::Enum([one, other]) => Some(format!("one of the strings: '{one}' or '{other}'")),
            Self::Enum([most @ .., last]) => {
                let most: Vec<String> = most.iter().map(|value| format!("'{value}'")).collect();
                Some(format!("one of the strings: {}, or '{last}'", most.join(", ")))
            }
            _ => None,
        }
    }
}

impl Property {
    /// An optional property in which intrinsic functions are let through.
    pub const fn new(name: &'static str, shape: Shape) -> Self {
        Self { name, required: false, shape, intrinsic: true }
    }

    /// An optional property that is handed on unseen.
    pub const fn any(name: &'static str) -> Self {
        Self { name, required: false, shape: Shape::Any, intrinsic: false }
    }

    /// The same property, but it must be there.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The same property, but the value must be written out: intrinsic functions are not let through.
    #[must_use]
    pub const fn literal(self) -> Self {
        Self { intrinsic: false, ..self }
    }

    /// Checks one value; nothing and `null` are the same.
    pub fn check(&self, id: &str, value: Option<&Node>) -> Result<(), Fault> {
        let Some(value) = value.filter(|node| !node.is_null()) else {
            if self.required {
                return Err(Fault::resource(id, format!("Missing required property '{}'.", self.name)));
            }
            return Ok(());
        };
        if self.intrinsic && looks_intrinsic(value) || self.shape.takes(value) {
            return Ok(());
        }
        Err(wrong_type(id, self.name, self.shape.expected().as_deref()).at(value.span))
    }
}

/// Checks that `properties` has only known properties, and then each of them.
pub fn check_all(id: &str, kind: &str, known: &[Property], properties: &Map) -> Result<(), Fault> {
    for (name, entry) in properties.python_entries() {
        if !known.iter().any(|property| property.name == name) {
            let message = format!("property {name} not defined for resource of type {kind}");
            return Err(Fault::resource(id, message).at(entry.key_span));
        }
    }
    check_known(id, known, properties)
}

/// Checks each of the known properties.
pub fn check_known(id: &str, known: &[Property], properties: &Map) -> Result<(), Fault> {
    known.iter().try_for_each(|property| property.check(id, properties.get(property.name)))
}

/// The fault of a property with a value of the wrong type.
pub fn wrong_type(id: &str, path: &str, expected: Option<&str>) -> Fault {
    Fault::resource(
        id,
        match expected {
            Some(expected) => format!("Property '{path}' should be a {expected}."),
            None => format!("Type of property '{path}' is invalid."),
        },
    )
}
