//! CORS of REST APIs: an `OPTIONS` method that answers with the headers a browser asks for ("Enable CORS on a resource
//! using the API Gateway import API", API Gateway Developer Guide).

use super::ANY_METHOD;
use super::definition::{X_INTEGRATION, arrive, dict};
use super::swagger::SwaggerEditor;
use crate::sam::error::Fault;
use crate::sam::make::made;
use crate::sam::python::if_truthy;
use crate::{Map, Node};
use base::Span;
use std::collections::BTreeSet;

const ALL_METHODS: &str = "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT";

/// What the `Cors` property of an API says. Text values are expressions: `"'GET,POST'"`.
#[derive(Debug, Clone, Default)]
pub struct Cors {
    /// Origins.
    pub allow_origin: Option<Node>,
    /// Headers.
    pub allow_headers: Option<Node>,
    /// Methods; those of the path if there are none.
    pub allow_methods: Option<Node>,
    /// Seconds that a browser may keep the answer.
    pub max_age: Option<Node>,
    /// Whether credentials may be sent.
    pub allow_credentials: bool,
    /// Where the property stands.
    pub span: Span,
}

impl SwaggerEditor {
    /// Adds an `OPTIONS` method to the path, unless it has one. `cors.allow_methods` is filled in with the methods of
    /// the first branch of the path that needs it.
    ///
    /// # Errors
    /// There is no allowed origin: the sentence is about the API and comes as one about the template.
    pub fn add_cors(&mut self, path: &str, cors: &Cors) -> Result<(), Fault> {
        let copies = self.definition.copies;
        let mut methods = if_truthy(cors.allow_methods.as_ref()).cloned();
        for item in self.definition.path_items(path)? {
            if item.contains_key("options") {
                continue;
            }
            if if_truthy(cors.allow_origin.as_ref()).is_none() {
                let message = "Invalid input. Value for AllowedOrigins is required";
                return Err(Fault::template(message).at(cors.span));
            }
            let methods =
                methods.get_or_insert_with(|| Node::new(format!("'{}'", allowed_methods(item)), made(cors.span)));
            let mut answer = options_method(cors, methods, copies);
            arrive(&mut answer, copies);
            item.insert_at("options", made(cors.span), answer);
        }
        Ok(())
    }
}

/// The methods of a path item in upper case, sorted, `OPTIONS` among them.
fn allowed_methods(item: &Map) -> String {
    if item.contains_key(ANY_METHOD) {
        return ALL_METHODS.to_owned();
    }
    let methods: BTreeSet<String> = item.keys().map(str::to_uppercase).chain(["OPTIONS".to_owned()]).collect();
    methods.into_iter().collect::<Vec<_>>().join(",")
}

fn options_method(cors: &Cors, methods: &Node, copies: u32) -> Node {
    let span = made(cors.span);
    let text = |text: &str| Node::new(text, span);
    let list = |item: &str| Node::new(vec![text(item)], span);
    let plain = |key: &str, value: &str| {
        let mut map = Map::new();
        map.insert(key, text(value));
        Node::new(map, span)
    };
    let put = |map: &mut Map, key: &str, value: Node| _ = map.insert_at(key, span, value);
    let (parameters, headers) = headers(cors, methods, copies);

    let mut default = dict(copies);
    put(&mut default, "statusCode", text("200"));
    put(&mut default, "responseParameters", Node::new(parameters, span));
    put(&mut default, "responseTemplates", plain("application/json", "{}\n"));
    let mut responses = dict(copies);
    put(&mut responses, "default", Node::new(default, span));
    let mut integration = dict(copies);
    put(&mut integration, "type", text("mock"));
    put(&mut integration, "requestTemplates", plain("application/json", "{\n  \"statusCode\" : 200\n}\n"));
    put(&mut integration, "responses", Node::new(responses, span));

    let mut ok = dict(copies);
    put(&mut ok, "description", text("Default response for CORS method"));
    put(&mut ok, "headers", Node::new(headers, span));
    let mut answers = dict(copies);
    put(&mut answers, "200", Node::new(ok, span));

    let mut method = dict(copies);
    put(&mut method, "summary", text("CORS support"));
    put(&mut method, "consumes", list("application/json"));
    put(&mut method, "produces", list("application/json"));
    put(&mut method, X_INTEGRATION, Node::new(integration, span));
    put(&mut method, "responses", Node::new(answers, span));
    Node::new(method, span)
}

/// The values of the headers, and their types.
fn headers(cors: &Cors, methods: &Node, copies: u32) -> (Map, Map) {
    let span = made(cors.span);
    let credentials = cors.allow_credentials.then(|| Node::new("'true'", span));
    let all = [
        ("Access-Control-Allow-Origin", "string", cors.allow_origin.as_ref()),
        ("Access-Control-Allow-Headers", "string", if_truthy(cors.allow_headers.as_ref())),
        ("Access-Control-Allow-Methods", "string", if_truthy(Some(methods))),
        ("Access-Control-Max-Age", "integer", cors.max_age.as_ref()),
        ("Access-Control-Allow-Credentials", "string", credentials.as_ref()),
    ];
    let (mut parameters, mut types) = (dict(copies), dict(copies));
    for (name, kind, value) in all {
        let Some(value) = value else { continue };
        parameters.insert_at(format!("method.response.header.{name}"), span, value.clone());
        let mut header = Map::new();
        header.insert("type", Node::new(kind, span));
        types.insert_at(name, span, Node::new(header, span));
    }
    (parameters, types)
}
