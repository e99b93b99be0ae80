//! A refusal that AWS gave, taken apart and asked again of the policies that can be read.

use crate::preflight::{Access, Actor};
use iam::evaluate::Verdict;
use iam::{Context, Layer, Request, authorize};
use serde_json::{Value, json};

/// What AWS said in the text of an `AccessDenied` error (IAM User Guide, "Troubleshoot access denied error messages").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// ARN of the caller.
    pub principal: String,
    /// The action.
    pub action: String,
    /// The resource; `*` when the text names none.
    pub resource: String,
    /// The layer, in newer texts.
    pub layer: Option<Layer>,
    /// A statement denies, rather than none allowing.
    pub explicit: bool,
}

/// A refusal, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The targets in which it happened.
    pub targets: Vec<String>,
    /// What AWS said.
    pub said: Said,
    /// The layer that refuses, as far as it is known.
    pub layer: Option<Layer>,
    /// Where that is known from.
    pub lines: Vec<String>,
    /// The statement that denies.
    pub denied_by: Option<Value>,
    /// A statement that would let it through.
    pub add: Option<Value>,
}

/// Takes the text apart; nothing when it is no refusal of this form.
pub fn said(text: &str) -> Option<Said> {
    let (_, rest) = text.split_once("User: ")?;
    let (principal, rest) = rest.split_once(" is not authorized to perform: ")?;
    let mut words = rest.split_whitespace();
    let action = words.next()?.trim_end_matches(['.', ',', ';']);
    action.split_once(':').filter(|(service, name)| !service.is_empty() && !name.is_empty())?;
    let resource = rest.split_once(" on resource: ").and_then(|(_, r)| r.split_whitespace().next()).unwrap_or("*");
    let layers = [
        Layer::ResourceControl,
        Layer::ServiceControl,
        Layer::Resource,
        Layer::Trust,
        Layer::Identity,
        Layer::Boundary,
        Layer::Session,
    ];
    let layer = layers.into_iter().find(|layer| rest.contains(layer.as_str()));
    Some(Said {
        principal: principal.trim().to_owned(),
        action: action.to_owned(),
        resource: resource.to_owned(),
        layer,
        explicit: rest.contains("with an explicit deny"),
    })
}

/// Asks the caller's policies again. The role is found by the session's ARN among those that were read.
pub fn explain(target: &str, said: Said, access: &Access) -> Refusal {
    let mut refusal = Refusal {
        targets: vec![target.to_owned()],
        layer: said.layer,
        lines: Vec::new(),
        denied_by: None,
        add: None,
        said,
    };
    let said = &refusal.said;
    let add = json!({"Effect": "Allow", "Action": said.action, "Resource": said.resource});
    let session = said.principal.split_once(":assumed-role/").and_then(|(head, rest)| {
        let account = head.rsplit(':').next()?;
        let (role, session) = rest.split_once('/')?;
        Some((account, role, session))
    });
    let role = session.and_then(|(account, name, session)| {
        let of_account = |arn: &str| arn.split(':').nth(4) == Some(account) && arn.rsplit('/').next() == Some(name);
        let seen = access.roles.iter().find(|(arn, _)| of_account(arn.as_str()))?.1.as_ref().ok()?.as_ref()?;
        Some((seen, session))
    });
    let Some((role, session)) = role else {
        refusal.lines.push("the policies of the caller could not be read, so only AWS's own words tell".to_owned());
        refusal.add = (!said.explicit && said.layer.is_none_or(|l| l == Layer::Identity)).then_some(add);
        return refusal;
    };
    let actor = Actor::of(role, access, session);
    let mut request = Request::new(actor.principal.clone(), said.action.as_str(), said.resource.as_str());
    request.context = context(said);
    let decision = authorize(&request, &actor.policies);
    if decision.is_allowed() {
        refusal.lines.push(allowed(said, role.unread.is_empty()));
        return refusal;
    }
    refusal.layer = decision.refused_by;
    refusal.lines.extend(decision.explain().lines().skip(1).map(|line| line.trim_start().to_owned()));
    match &decision.statement {
        Some(statement) if decision.verdict == Verdict::ExplicitlyDenied => {
            refusal.denied_by = actor.statement(&statement.policy, &statement.path);
        }
        _ => refusal.add = Some(add),
    }
    refusal
}

/// What the request brought, as far as its ARN tells.
fn context(said: &Said) -> Context {
    let mut context = Context::new();
    if let Some(region) = said.resource.split(':').nth(3).filter(|region| !region.is_empty()) {
        context.set("aws:RequestedRegion", region);
    }
    context.set("aws:SecureTransport", "true");
    context
}

fn allowed(said: &Said, whole: bool) -> String {
    let others = match said.layer {
        Some(layer) => format!("AWS says it was a {}, which cannot be read from here", layer.as_str()),
        None => "a policy of the resource, of the session or of the organization refuses it".to_owned(),
    };
    match whole {
        true => format!("the role's own policies allow it now: it was mended since, or {others}"),
        false => format!("what could be read of the role's policies allows it; {others}"),
    }
}

impl Refusal {
    pub(super) fn json(&self) -> Value {
        json!({
            "targets": self.targets,
            "principal": self.said.principal,
            "action": self.said.action,
            "resource": self.said.resource,
            "layer": self.layer.map(Layer::as_str),
            "explanation": self.lines,
            "denied_by": self.denied_by,
            "add": self.add,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::seen::{PolicySeen, RoleSeen};
    use base::Arn;

    const SESSION: &str = "arn:aws:sts::111111111111:assumed-role/deploy/run-1";

    #[test]
    fn refusals_are_taken_apart() {
        let table = [
            (
                "User: arn:aws:iam::1:user/a is not authorized to perform: sqs:CreateQueue on resource: arn:aws:sqs:r:1:q because no identity-based policy allows the sqs:CreateQueue action",
                ("sqs:CreateQueue", "arn:aws:sqs:r:1:q", Some(Layer::Identity), false),
            ),
            (
                "x: User: arn:aws:iam::1:user/a is not authorized to perform: cloudformation:CreateChangeSet with an explicit deny in a service control policy",
                ("cloudformation:CreateChangeSet", "*", Some(Layer::ServiceControl), true),
            ),
            (
                "User: arn:aws:iam::1:user/a is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/x",
                ("iam:PassRole", "arn:aws:iam::1:role/x", None, false),
            ),
        ];
        for (text, (action, resource, layer, explicit)) in table {
            let said = said(text).unwrap();
            assert_eq!(
                (said.action.as_str(), said.resource.as_str(), said.layer, said.explicit),
                (action, resource, layer, explicit)
            );
        }
        for text in
            ["", "Access Denied", "User: x is not authorized to perform: nothing", "is not authorized to perform: a:b"]
        {
            assert_eq!(said(text), None, "{text}");
        }
    }

    #[test]
    fn a_refusal_names_the_statement_that_denies_or_the_one_that_is_missing() {
        let role = RoleSeen {
            arn: "arn:aws:iam::111111111111:role/ci/deploy".into(),
            name: "deploy".into(),
            inline: vec![PolicySeen {
                name: "main".into(),
                document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"},{"Sid":"No","Effect":"Deny","Action":"sqs:DeleteQueue","Resource":"*"}]}"#.into(),
            }],
            ..RoleSeen::default()
        };
        let mut access = Access::default();
        access.roles.insert(Arn::new(role.arn.clone()).unwrap(), Ok(Some(role)));
        let ask = |action: &str| {
            let text = format!(
                "User: {SESSION} is not authorized to perform: {action} on resource: arn:aws:sqs:us-east-1:111111111111:q"
            );
            explain("t", said(&text).unwrap(), &access)
        };
        let denied = ask("sqs:DeleteQueue");
        assert_eq!(denied.denied_by.unwrap()["Sid"], "No");
        assert_eq!((denied.layer, denied.add), (Some(Layer::Identity), None));
        let missing = ask("sns:CreateTopic");
        assert_eq!(missing.add.unwrap()["Action"], "sns:CreateTopic");
        assert!(ask("sqs:CreateQueue").lines[0].contains("allow it now"), "{:?}", ask("sqs:CreateQueue"));
        let stranger = explain("t", Said { principal: "arn:aws:iam::1:user/a".into(), ..ask("sqs:X").said }, &access);
        assert!(stranger.lines[0].contains("could not be read"), "{stranger:?}");
    }
}
