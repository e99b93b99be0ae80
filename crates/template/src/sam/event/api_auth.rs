//! `Auth` of API events, checked against the API's, and written into its definition.

use crate::sam::definition_text::shown;
use crate::sam::error::Fault;
use crate::sam::expect::{Owner, expect};
use crate::sam::openapi::swagger::SwaggerEditor;
use crate::sam::python::{if_truthy, truthy};
use crate::{Map, Node};

/// A method of an API and what its event asks for.
pub(super) struct MethodAuth<'a> {
    /// The name of the event.
    pub(super) event: &'a str,
    /// The logical id of the API.
    pub(super) api_id: &'a str,
    /// `Auth` of the event.
    pub(super) auth: &'a Map,
    /// `Auth` of the API with parameters resolved.
    pub(super) api_auth: Option<&'a Node>,
    /// The path.
    pub(super) path: &'a str,
    /// The method in lower case.
    pub(super) method: &'a str,
    /// The stage the event is for.
    pub(super) stage: Option<&'a Node>,
}

impl MethodAuth<'_> {
    fn fault(&self, rest: &str) -> Fault {
        let (method, path) = (self.method, self.path);
        Fault::event(self.event, rest.replace("{on}", &format!("on API method [{method}] for path [{path}]")))
    }

    /// Checks it and writes it into the definition of a REST API.
    pub(super) fn add_to(&self, editor: &mut SwaggerEditor) -> Result<(), Fault> {
        let authorizer = if_truthy(self.auth.get("Authorizer"));
        if let Some(authorizer) = authorizer {
            self.check_authorizer(authorizer).map_err(|fault| fault.at(authorizer.span))?;
        }
        if let Some(scopes) = if_truthy(self.auth.get("AuthorizationScopes")) {
            expect(Some(scopes), Owner::Event(self.event), "Auth.AuthorizationScopes").list()?;
            if authorizer.is_none() {
                let fault = Fault::event(self.event, "AuthorizationScopes works only when Authorizer is set");
                return Err(fault.at(scopes.span));
            }
        }
        let key_required = self.auth.get("ApiKeyRequired").filter(|node| !node.is_null());
        let api_key_required = self.api_auth.and_then(|auth| if_truthy(auth.get("ApiKeyRequired")));
        if let (Some(required), None) = (key_required.filter(|node| !truthy(node)), api_key_required) {
            let message = "Unable to set ApiKeyRequired [False] {on} because the related API does not specify any \
                           ApiKeyRequired.";
            return Err(self.fault(message).at(required.span));
        }
        if authorizer.is_some() || key_required.is_some() {
            editor.add_auth_to_method(self.path, self.method, self.auth, self.api_auth)?;
        }
        self.add_resource_policy(editor)
    }

    fn add_resource_policy(&self, editor: &mut SwaggerEditor) -> Result<(), Fault> {
        let Some(policy) = if_truthy(self.auth.get("ResourcePolicy")) else { return Ok(()) };
        let policy = expect(Some(policy), Owner::Resource(self.event), "Auth.ResourcePolicy").map()?;
        editor.add_resource_policy(policy, self.path, self.stage)?;
        if let Some(statements) = if_truthy(policy.get("CustomStatements")) {
            editor.add_custom_statements(Some(statements));
        }
        Ok(())
    }

    fn check_authorizer(&self, authorizer: &Node) -> Result<(), Fault> {
        let authorizers = self.api_auth.and_then(|auth| if_truthy(auth.get("Authorizers")));
        if let Some(authorizers) = authorizers {
            expect(Some(authorizers), Owner::Resource(self.api_id), "Auth.Authorizers").map()?;
        }
        match authorizer.as_str() {
            Some("AWS_IAM") => return Ok(()),
            Some("NONE") => {
                if self.api_auth.and_then(|auth| if_truthy(auth.get("DefaultAuthorizer"))).is_none() {
                    return Err(self.fault(NONE_WITHOUT_DEFAULT));
                }
                return Ok(());
            }
            _ => {}
        }
        let name = shown(authorizer, self.auth.is_tracked());
        let Some(authorizers) = authorizers else {
            return Err(self.fault(&format!(
                "Unable to set Authorizer [{name}] {{on}} because the related API does not define any Authorizers."
            )));
        };
        check_names(self.event, self.method, self.path, (authorizer, &name), Some(authorizers))?;
        if if_truthy(authorizers.get(&name)).is_none() {
            return Err(self.fault(&format!(
                "Unable to set Authorizer [{name}] {{on}} because it wasn't defined in the API's Authorizers."
            )));
        }
        Ok(())
    }
}

/// What is said when an event wants no authorizer on an API without a default one.
pub(super) const NONE_WITHOUT_DEFAULT: &str = "Unable to set Authorizer {on} because 'NONE' is only a valid value \
                                               when a DefaultAuthorizer on the API is specified.";

/// An authorizer must be a name, and the API's authorizers a mapping.
pub(super) fn check_names(
    event: &str,
    method: &str,
    path: &str,
    (authorizer, shown): (&Node, &str),
    authorizers: Option<&Node>,
) -> Result<(), Fault> {
    if authorizer.as_str().is_some() && authorizers.is_some_and(|node| node.as_map().is_some()) {
        return Ok(());
    }
    let message = format!(
        "Unable to set Authorizer [{shown}] on API method [{method}] for path [{path}]. The method authorizer must be a \
         string with a corresponding dict entry in the api authorizer."
    );
    Err(Fault::event(event, message).at(authorizer.span))
}
