//! Laws of evaluation, over random policies and requests from a small vocabulary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use landfall_iam::evaluate::Verdict;
use landfall_iam::{Kind, Level, NamedPolicy, PolicySet, Principal, Request, ResourcePolicy, authorize, parse};
use proptest::prelude::*;
use serde_json::{Value, json};

const ACTIONS: &[&str] = &["*", "s3:*", "s3:Get*", "s3:GetObject", "ec2:RunInstances"];
const RESOURCES: &[&str] = &["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:aws:s3:::c/*"];
const PRINCIPALS: &[&str] = &[
    "*",
    "111111111111",
    "arn:aws:iam::111111111111:role/r",
    "arn:aws:sts::111111111111:assumed-role/r/s",
    "arn:aws:iam::222222222222:root",
];

fn statement(effect: &'static str, with_principal: bool) -> impl Strategy<Value = Value> {
    (0..ACTIONS.len(), 0..RESOURCES.len(), 0..PRINCIPALS.len(), any::<[bool; 3]>()).prop_map(
        move |(a, r, p, [not_a, not_r, cond])| {
            let mut value = json!({"Effect": effect});
            value[if not_a { "NotAction" } else { "Action" }] = json!(ACTIONS[a]);
            value[if not_r { "NotResource" } else { "Resource" }] = json!(RESOURCES[r]);
            if with_principal {
                value["Principal"] = json!({"AWS": PRINCIPALS[p]});
            }
            if cond {
                value["Condition"] = json!({"StringEquals": {"aws:RequestedRegion": "eu-central-1"}});
            }
            value
        },
    )
}

fn statements(with_principal: bool) -> impl Strategy<Value = Vec<Value>> {
    let one = prop_oneof![3 => statement("Allow", with_principal), 1 => statement("Deny", with_principal)];
    proptest::collection::vec(one, 0..4)
}

fn named(kind: Kind, list: &[Value]) -> NamedPolicy {
    NamedPolicy::new("p", parse(&json!({"Version": "2012-10-17", "Statement": list}), kind).document)
}

#[derive(Debug, Clone)]
struct World {
    identity: Vec<Value>,
    boundary: Option<Vec<Value>>,
    session: Option<Vec<Value>>,
    levels: Vec<Vec<Value>>,
    resource: Option<Vec<Value>>,
    request: Request,
}

impl World {
    fn set(&self) -> PolicySet {
        PolicySet {
            identity: vec![named(Kind::Identity, &self.identity)],
            boundary: self.boundary.as_ref().map(|l| named(Kind::Boundary, l)),
            session: self.session.as_ref().map(|l| vec![named(Kind::Session, l)]),
            service_control: self
                .levels
                .iter()
                .map(|l| Level { name: "l".into(), policies: vec![named(Kind::ServiceControl, l)] })
                .collect(),
            resource_control: vec![],
            resource: self
                .resource
                .as_ref()
                .map_or(ResourcePolicy::Absent, |l| ResourcePolicy::Attached(named(Kind::Resource, l))),
        }
    }

    fn verdict(&self) -> Verdict {
        authorize(&self.request, &self.set()).verdict
    }
}

fn world() -> impl Strategy<Value = World> {
    let request = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(get, own, home, region)| {
        let action = if get { "s3:GetObject" } else { "s3:PutObject" };
        let resource = if own { "arn:aws:s3:::b/k" } else { "arn:aws:s3:::c/k" };
        let principal = Principal::role_session("arn:aws:iam::111111111111:role/r", "s");
        Request::new(principal, action, resource)
            .owned_by(if home { "111111111111" } else { "222222222222" })
            .with("aws:RequestedRegion", if region { "eu-central-1" } else { "us-east-1" })
    });
    (
        statements(false),
        proptest::option::of(statements(false)),
        proptest::option::of(statements(false)),
        proptest::collection::vec(statements(false), 0..3),
        proptest::option::of(statements(true)),
        request,
    )
        .prop_map(|(identity, boundary, session, levels, resource, request)| World {
            identity,
            boundary,
            session,
            levels,
            resource,
            request,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_deny_of_everything_wins_wherever_it_stands(mut world in world(), place in 0..4usize) {
        let deny = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
        match place {
            0 => world.identity.push(deny),
            1 => world.boundary.get_or_insert_default().push(deny),
            2 => world.session.get_or_insert_default().push(deny),
            _ => world.levels.push(vec![json!({"Effect": "Allow", "Action": "*", "Resource": "*"}), deny]),
        }
        prop_assert_eq!(world.verdict(), Verdict::ExplicitlyDenied);
    }

    #[test]
    fn one_more_allow_never_turns_allowed_into_denied(world in world(), extra in statement("Allow", false), granted in statement("Allow", true)) {
        if world.verdict() == Verdict::Allowed {
            let mut more = world.clone();
            more.identity.push(extra.clone());
            prop_assert_eq!(more.verdict(), Verdict::Allowed);
            let mut more = world.clone();
            more.resource.get_or_insert_default().push(granted);
            prop_assert_eq!(more.verdict(), Verdict::Allowed);
            let mut more = world;
            if let Some(boundary) = &mut more.boundary {
                boundary.push(extra);
            }
            prop_assert_eq!(more.verdict(), Verdict::Allowed);
        }
    }

    #[test]
    fn boundary_session_and_service_control_only_narrow(world in world(), more in statements(false), place in 0..3usize) {
        let mut narrowed = world.clone();
        match place {
            0 => narrowed.boundary = Some(more),
            1 => narrowed.session = Some(more),
            _ => narrowed.levels.push(more),
        }
        let mut wide = world;
        match place {
            0 => wide.boundary = None,
            1 => wide.session = None,
            _ => {}
        }
        if wide.verdict() != Verdict::Allowed {
            prop_assert_ne!(narrowed.verdict(), Verdict::Allowed);
        }
    }

    #[test]
    fn writing_and_reading_a_document_changes_no_decision(world in world()) {
        let original = named(Kind::Identity, &world.identity);
        let again = parse(&original.document.to_value(), Kind::Identity).document;
        prop_assert_eq!(again.to_value(), original.document.to_value());
        let mut set = world.set();
        let before = authorize(&world.request, &set).verdict;
        set.identity = vec![NamedPolicy::new("p", again)];
        prop_assert_eq!(authorize(&world.request, &set).verdict, before);
    }

    #[test]
    fn any_json_is_read_without_panic(text in "[\\{\\}\\[\\]\",:a-zA-Z*é$ ]{0,60}", key in "\\PC{0,12}", op in "\\PC{0,20}", value in "\\PC{0,30}") {
        let odd = json!({"Version": value, "Statement": [{"Effect": "Allow", "Action": [value, 1], "Resource": {key.clone(): value},
            "Principal": {key.clone(): [value]}, "Condition": {op: {key: value}}}, value]});
        for kind in [Kind::Identity, Kind::Trust, Kind::Resource] {
            let _ = parse(&odd, kind);
            if let Ok(any) = serde_json::from_str::<Value>(&text) {
                let _ = parse(&any, kind);
            }
        }
    }
}
