//! `Cognito`: triggers of a user pool in the same template.

use super::{Event, EventKind, Target, permission};
use crate::Node;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::existing;
use crate::sam::expect::{Owner, expect};
use crate::sam::make::{get_att, made, node};
use crate::sam::property::{Property, Shape};
use crate::sam::translation::Translation;

/// The event source.
pub static KIND: EventKind = EventKind {
    name: "Cognito",
    properties: &[
        Property::new("UserPool", Shape::Str).required(),
        Property::new("Trigger", Shape::OneOf(&[Shape::Str, Shape::ListOf(&Shape::Str)])).required().literal(),
    ],
    link,
    translate,
};

/// `AWS::Cognito::UserPool`.
static USER_POOL: CfnType = CfnType::new(
    "AWS::Cognito::UserPool",
    &[
        "AccountRecoverySetting",
        "AdminCreateUserConfig",
        "AliasAttributes",
        "AutoVerifiedAttributes",
        "DeletionProtection",
        "DeviceConfiguration",
        "EmailAuthenticationMessage",
        "EmailAuthenticationSubject",
        "EmailConfiguration",
        "EmailVerificationMessage",
        "EmailVerificationSubject",
        "EnabledMfas",
        "LambdaConfig",
        "MfaConfiguration",
        "Policies",
        "Schema",
        "SmsAuthenticationMessage",
        "SmsConfiguration",
        "SmsVerificationMessage",
        "UserAttributeUpdateSettings",
        "UsernameAttributes",
        "UsernameConfiguration",
        "UserPoolAddOns",
        "UserPoolName",
        "UserPoolTags",
        "UserPoolTier",
        "VerificationMessageTemplate",
        "WebAuthnRelyingPartyID",
        "WebAuthnUserVerification",
    ],
)
.replacing(&["AWS::Cognito::UserPool"]);

/// The logical id of the user pool, if the event refers to one of the template.
fn pool_id<'a>(event: &'a Event, t: &Translation<'_>) -> Result<&'a str, Fault> {
    if let Some(id) = event.get("UserPool").and_then(|pool| pool.get("Ref")) {
        let fault = || Fault::event(&event.logical_id, "Ref in Userpool is not a string.").at(id.span);
        let id = id.as_str().ok_or_else(fault)?;
        if t.original_types.contains_key(id) {
            return Ok(id);
        }
    }
    Err(event.fault("Cognito events must reference a Cognito UserPool in the same template."))
}

fn link(event: &Event, t: &Translation<'_>) -> Result<(), Fault> {
    pool_id(event, t).map(|_| ())
}

fn translate(event: &mut Event, target: &mut Target<'_>, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let id = pool_id(event, t)?.to_owned();
    let prefix = format!("{}Cognito", target.logical_id);
    let mut permission = permission::construct(event, target, "cognito-idp.amazonaws.com", "", Some(&prefix))?;
    permission.set("SourceArn", get_att(event.span, &id, "Arn"));
    add_triggers(event, target, &id, t)?;
    existing::check(&USER_POOL, &id, t)?;
    t.changes.of(&id, &USER_POOL);
    target.changed.insert(id);
    Ok(vec![permission])
}

/// Writes the triggers into the user pool.
fn add_triggers(event: &Event, target: &Target<'_>, id: &str, t: &mut Translation<'_>) -> Result<(), Fault> {
    let properties = existing::properties(id, event.span, &mut t.resources)?;
    if properties.get("LambdaConfig").is_none_or(Node::is_null) {
        properties.insert_at("LambdaConfig", made(event.span), node!(event.span, {}));
    }
    expect(properties.get("LambdaConfig"), Owner::Resource(id), "LambdaConfig").map()?;
    let Some(config) = properties.get_mut("LambdaConfig").and_then(Node::as_map_mut) else { return Ok(()) };
    let Some(trigger) = event.get("Trigger") else { return Ok(()) };
    let triggers = trigger.as_list().unwrap_or(std::slice::from_ref(trigger));
    for name in triggers.iter().filter_map(Node::as_str) {
        if config.contains_key(name) {
            let message = format!("Cognito trigger \"{}\" defined multiple times.", event.shown(trigger));
            return Err(event.fault(message).at(trigger.span));
        }
        config.insert_at(name, trigger.span, target.arn());
    }
    Ok(())
}
