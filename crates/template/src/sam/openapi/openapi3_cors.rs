//! CORS of HTTP APIs, which API Gateway answers itself ("Configuring CORS for an HTTP API", API Gateway Developer
//! Guide).

use super::definition::settled;
use super::openapi3::OpenApiEditor;
use crate::sam::error::Fault;
use crate::sam::intrinsic::is_intrinsic;
use crate::sam::make::made;
use crate::sam::python::truthy;
use crate::{Map, Node, Value};

const CORS: &str = "x-amazon-apigateway-cors";

/// The parts of `CorsConfiguration`.
#[derive(Debug, Clone, Default)]
pub struct HttpCors {
    /// Origins, or an intrinsic function that is the whole configuration.
    pub allow_origins: Option<Node>,
    /// Headers.
    pub allow_headers: Option<Node>,
    /// Methods.
    pub allow_methods: Option<Node>,
    /// Headers that scripts may read.
    pub expose_headers: Option<Node>,
    /// Seconds that a browser may keep the answer.
    pub max_age: Option<Node>,
    /// Whether credentials may be sent.
    pub allow_credentials: Option<Node>,
}

impl OpenApiEditor {
    /// Adds CORS; what is there already and not named stays.
    ///
    /// # Errors
    /// The CORS of the definition is no mapping.
    pub fn add_cors(&mut self, cors: &HttpCors) -> Result<(), Fault> {
        let span = made(cors.allow_origins.as_ref().map_or(self.definition.doc.span, |origins| origins.span));
        if self.definition.get(CORS).is_none() {
            self.definition.set(CORS, Node::new(Map::new(), span));
        }
        let copies = self.definition.copies;
        let configuration = self.definition.get_mut(CORS).and_then(|node| settled(node, copies));
        let bad = format!("Value of '{CORS}' must be a dictionary according to Swagger spec.");
        let configuration = configuration.ok_or_else(|| Fault::document(bad).at(span))?;
        let given = |node: &Option<Node>| node.clone().filter(truthy);
        if let Some(function) = given(&cors.allow_origins).filter(is_intrinsic) {
            if let Value::Map(map) = lower_names(&function).value {
                configuration.python_update(map);
            }
            return Ok(());
        }
        let credentials = cors.allow_credentials.clone().filter(|allow| allow.as_bool() == Some(true));
        let parts = [
            ("allowOrigins", given(&cors.allow_origins)),
            ("allowHeaders", given(&cors.allow_headers)),
            ("allowMethods", given(&cors.allow_methods)),
            ("exposeHeaders", given(&cors.expose_headers)),
            ("maxAge", cors.max_age.clone()),
            ("allowCredentials", credentials),
        ];
        for (key, value) in parts {
            if let Some(value) = value {
                configuration.insert_at(key, span, value);
            }
        }
        Ok(())
    }
}

/// A copy in which the names of the CORS settings begin with a lower-case letter, wherever they stand.
fn lower_names(node: &Node) -> Node {
    const NAMES: [&str; 6] =
        ["AllowOrigins", "AllowHeaders", "AllowMethods", "ExposeHeaders", "MaxAge", "AllowCredentials"];
    let lower = |text: &str| {
        NAMES.iter().fold(text.to_owned(), |text, name| {
            text.replace(name, &format!("{}{}", name[..1].to_lowercase(), &name[1..]))
        })
    };
    let value = match &node.value {
        Value::String(text) => Value::String(lower(text)),
        Value::List(items) => Value::List(items.iter().map(lower_names).collect()),
        Value::Map(map) => {
            let mut lowered = Map::new();
            for (key, entry) in map.entries() {
                lowered.insert_at(lower(key), entry.key_span, lower_names(&entry.node));
            }
            Value::Map(lowered)
        }
        other => other.clone(),
    };
    Node { value, span: node.span }
}
