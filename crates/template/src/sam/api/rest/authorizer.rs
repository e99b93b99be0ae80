//! Authorizers of REST APIs: Cognito user pools, Lambda functions that look at a token or a request, and IAM
//! ("x-amazon-apigateway-authorizer object", API Gateway Developer Guide).

use crate::sam::definition_text::definition_text;
use crate::sam::error::Fault;
use crate::sam::expect::{Owner, expect};
use crate::sam::make::node;
use crate::sam::make::{is_made, made, sub_with};
use crate::sam::python::{if_truthy, truthy};
use crate::{Map, Node, NumberValue, Value};
use base::Span;

const EXTENSION: &str = "x-amazon-apigateway-authorizer";

/// One authorizer.
#[derive(Debug)]
pub(super) struct Authorizer<'a> {
    api: &'a str,
    name: String,
    /// Its configuration; nothing for IAM.
    config: Option<&'a Map>,
    span: Span,
}

/// The scopes of an authorizer, or the empty list.
pub(super) fn scopes(config: Option<&Map>, span: Span) -> Node {
    get(config, "AuthorizationScopes").cloned().unwrap_or_else(|| Node::new(Vec::new(), made(span)))
}

fn get<'a>(config: Option<&'a Map>, key: &str) -> Option<&'a Node> {
    config?.get(key).filter(|value| !value.is_null())
}

impl<'a> Authorizer<'a> {
    /// IAM authorization.
    pub(super) fn iam(api: &'a str, span: Span) -> Self {
        Self { api, name: "AWS_IAM".to_owned(), config: None, span }
    }

    /// An authorizer of `Auth.Authorizers`.
    ///
    /// # Errors
    /// Its payload type, identity or scopes are wrong.
    pub(super) fn new(api: &'a str, name: &str, config: &'a Map, span: Span) -> Result<Self, Fault> {
        let authorizer = Self { api, name: name.to_owned(), config: Some(config), span };
        authorizer.check()?;
        Ok(authorizer)
    }

    fn check(&self) -> Result<(), Fault> {
        let name = &self.name;
        let payload = self.get("FunctionPayloadType");
        if let Some(kind) = payload.filter(|kind| !matches!(kind.as_str(), Some("TOKEN" | "REQUEST"))) {
            let shown = definition_text(kind);
            let message = format!("{name} Authorizer has invalid 'FunctionPayloadType': {shown}.");
            return Err(self.fault(message).at(kind.span));
        }
        if payload.and_then(Node::as_str) == Some("REQUEST") && self.misses_identity_source()? {
            return Err(self.fault(format!(
                "{name} Authorizer must specify Identity with at least one of Headers, QueryStrings, StageVariables, \
                 or Context."
            )));
        }
        if let Some(scopes) = self.get("AuthorizationScopes") {
            expect(Some(scopes), self.owner(), &format!("Authorizers.{name}.AuthorizationScopes")).list()?;
        }
        if let Some(disable) = self.get("DisableFunctionDefaultPermissions") {
            let path = format!("Authorizers.{name}.DisableFunctionDefaultPermissions");
            expect(Some(disable), self.owner(), &path).bool()?;
        }
        Ok(())
    }

    /// The function that needs a permission to be invoked.
    pub(super) fn function_to_permit(&self) -> Option<&'a Node> {
        if self.get("DisableFunctionDefaultPermissions").is_some_and(truthy) {
            return None;
        }
        self.get("FunctionArn").filter(|arn| truthy(arn))
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The authorizer as it stands in a definition.
    pub(super) fn in_definition(&self, partition: &str) -> Result<Node, Fault> {
        let span = made(self.span);
        let is_request = !self.is_cognito() && self.payload_type() == "REQUEST";
        let mut scheme = Map::tracked();
        scheme.insert_at("type", span, node!(span, "apiKey"));
        let header = if is_request && self.config.is_some() { node!(span, "Unused") } else { self.header()? };
        scheme.insert_at("name", span, header);
        scheme.insert_at("in", span, node!(span, "header"));
        let kind = match self.config {
            None => "awsSigv4",
            Some(_) if self.is_cognito() => "cognito_user_pools",
            Some(_) => "custom",
        };
        scheme.insert_at("x-amazon-apigateway-authtype", span, node!(span, kind));
        if self.config.is_some() {
            let mut authorizer = if self.is_cognito() { self.cognito() } else { self.lambda(partition)? };
            if !is_request {
                let expression = self.identity().and_then(|identity| identity.get("ValidationExpression"));
                if let Some(expression) = if_truthy(expression) {
                    authorizer.insert_at("identityValidationExpression", span, expression.clone());
                }
            }
            scheme.insert_at(EXTENSION, span, Node::new(authorizer, span));
        }
        Ok(Node::new(scheme, span))
    }

    fn cognito(&self) -> Map {
        let span = made(self.span);
        let pools = self.get("UserPoolArn").cloned().unwrap_or_default();
        let pools = if pools.as_list().is_some() { pools } else { node!(span, [pools]) };
        let mut authorizer = Map::tracked();
        authorizer.insert_at("type", span, node!(span, "cognito_user_pools"));
        authorizer.insert_at("providerARNs", span, pools);
        authorizer
    }

    fn lambda(&self, partition: &str) -> Result<Map, Fault> {
        let span = made(self.span);
        let is_request = self.payload_type() == "REQUEST";
        let mut authorizer = Map::tracked();
        authorizer.insert_at("type", span, node!(span, if is_request { "request" } else { "token" }));
        let uri = format!(
            "arn:{partition}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{__FunctionArn__}}\
             /invocations"
        );
        let function = self.get("FunctionArn").cloned().unwrap_or_default();
        let uri = sub_with(span, uri, node!(span, { "__FunctionArn__": function }));
        authorizer.insert_at("authorizerUri", span, uri);
        let seconds = self.identity().and_then(|identity| identity.get("ReauthorizeEvery"));
        if let Some(seconds) = seconds.filter(|seconds| !seconds.is_null()) {
            authorizer.insert_at("authorizerResultTtlInSeconds", span, seconds.clone());
        }
        let role = self.get("FunctionInvokeRole").filter(|role| truthy(role) && role.as_str() != Some("NONE"));
        if let Some(role) = role {
            authorizer.insert_at("authorizerCredentials", span, role.clone());
        }
        if is_request {
            let source = self.identity_source()?;
            if truthy(&source) {
                authorizer.insert_at("identitySource", span, source);
            }
        }
        Ok(authorizer)
    }

    /// Where the identity is found, as one text.
    fn identity_source(&self) -> Result<Node, Fault> {
        const PLACES: [(&str, &str); 4] = [
            ("Headers", "method.request.header."),
            ("QueryStrings", "method.request.querystring."),
            ("StageVariables", "stageVariables."),
            ("Context", "context."),
        ];
        let mut sources = Vec::new();
        let mut written = None;
        for (key, prefix) in PLACES {
            let Some(values) = if_truthy(self.identity().and_then(|identity| identity.get(key))) else { continue };
            let path = format!("Auth.Authorizers.{}.Identity.{key}", self.name);
            for value in expect(Some(values), self.owner(), &path).list_of_strings()? {
                sources.push(format!("{prefix}{}", value.as_str().unwrap_or_default()));
                written = written.or(Some(value.span).filter(|span| !is_made(*span)));
            }
        }
        Ok(Node::new(sources.join(", "), written.unwrap_or(made(self.span))))
    }

    /// Whether nothing says where a request authorizer finds the identity, and its answers are kept.
    fn misses_identity_source(&self) -> Result<bool, Fault> {
        let Some(identity) = self.get("Identity").filter(|identity| truthy(identity)) else { return Ok(true) };
        let path = format!("Authorizer.{}.Identity", self.name);
        let identity = expect(Some(identity), self.owner(), &path).map()?;
        let named = ["Headers", "QueryStrings", "StageVariables", "Context"]
            .iter()
            .any(|key| identity.get(key).is_some_and(truthy));
        let seconds = identity.get("ReauthorizeEvery").and_then(whole_number);
        Ok(!named && seconds.is_none_or(|seconds| seconds > 0))
    }

    fn header(&self) -> Result<Node, Fault> {
        let identity = self.get("Identity").filter(|identity| truthy(identity));
        if let Some(identity) = identity.filter(|identity| identity.as_map().is_none()) {
            let message = "Auth.Authorizers.<Authorizer>.Identity must be a dict (LambdaTokenAuthorizationIdentity, \
                           LambdaRequestAuthorizationIdentity or CognitoAuthorizationIdentity).";
            return Err(self.fault(message).at(identity.span));
        }
        let header = if_truthy(identity.and_then(|identity| identity.get("Header")));
        Ok(header.cloned().unwrap_or_else(|| node!(self.span, "Authorization")))
    }

    fn is_cognito(&self) -> bool {
        self.get("UserPoolArn").is_some_and(truthy)
    }

    fn payload_type(&self) -> &str {
        self.get("FunctionPayloadType").and_then(Node::as_str).unwrap_or("TOKEN")
    }

    fn identity(&self) -> Option<&'a Map> {
        self.get("Identity")?.as_map()
    }

    fn get(&self, key: &str) -> Option<&'a Node> {
        get(self.config, key)
    }

    fn owner(&self) -> Owner<'a> {
        Owner::Resource(self.api)
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::resource(self.api, message).at(self.span)
    }
}

/// `int(value)`, where Python can.
fn whole_number(node: &Node) -> Option<i128> {
    match &node.value {
        Value::Bool(b) => Some(i128::from(*b)),
        Value::String(text) => text.trim().replace('_', "").parse().ok(),
        Value::Number(number) => match number.value {
            NumberValue::Int(n) => Some(n),
            #[allow(clippy::cast_possible_truncation)]
            NumberValue::Float(n) => n.is_finite().then_some(n as i128),
        },
        _ => None,
    }
}
