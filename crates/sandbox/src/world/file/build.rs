//! A world from what its file says.

use super::At;
use super::model::{self, File};
use crate::cloudformation::ResourceFault;
use crate::faults::Fault;
use crate::identity::{Credential, Principal};
use crate::ids::Ids;
use crate::services;
use crate::services::iam::{ManagedPolicy, NewRole, OidcProvider, PolicyVersion, Role, User};
use crate::services::organizations::{Organization, Policy};
use crate::world::{Account, AlarmPlan, World};
use base::{AccountId, Diagnostic, Diagnostics, Span};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// The world's time when its file does not say: a Monday morning.
const START: i64 = 1_795_428_000;

/// Builds the world, in the order in which things need each other.
pub(super) fn world(file: File, diagnostics: &mut Diagnostics) -> World {
    let start = file.clock.or_else(|| Timestamp::from_second(START).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut world = World::empty(start);
    world.ids = Ids::new(file.seed.unwrap_or_default());
    world.token_issuer.accept_unsigned = file.tokens.as_ref().is_some_and(|t| t.accept_unsigned);
    organization(&mut world, &file, diagnostics);
    accounts(&mut world, &file.accounts, diagnostics);
    service_control(&mut world, file.service_control_policies, diagnostics);
    managed_policies(&mut world, &file.policies, diagnostics);
    users(&mut world, file.users, diagnostics);
    providers(&mut world, &file.providers, diagnostics);
    roles(&mut world, file.roles, diagnostics);
    buckets(&mut world, file.buckets, diagnostics);
    plans(&mut world, file.alarms, file.faults, diagnostics);
    resource_faults(&mut world, file.resource_faults, diagnostics);
    world
}

fn plans(world: &mut World, alarms: Vec<At<AlarmPlan>>, faults: Vec<At<Fault>>, diagnostics: &mut Diagnostics) {
    const STATES: [&str; 3] = ["OK", "ALARM", "INSUFFICIENT_DATA"];
    for At { span, item } in &alarms {
        known(world, std::slice::from_ref(&item.account), *span, diagnostics);
        let states = item.changes.iter().map(|change| &change.state).chain([&item.state]);
        for state in states.filter(|state| !STATES.contains(&state.as_str())) {
            let message = format!("`{state}` is not a state of the alarm `{}`", item.name);
            diagnostics.push(problem(*span, message, "an alarm is in `OK`, `ALARM` or `INSUFFICIENT_DATA`"));
        }
        if item.changes.iter().any(|change| change.at.is_some() == change.after.is_some()) {
            let message = format!("a change of the alarm `{}` must have one of `at` and `after`", item.name);
            diagnostics.push(problem(*span, message, "give a time, or a stack and the status it must reach"));
        }
    }
    for At { span, item } in &faults {
        if let Some(service) = item.service.as_deref().filter(|name| services::by_name(name).is_none()) {
            let names: Vec<&str> = services::REGISTRY.iter().map(|s| s.name).collect();
            let message = format!("no service of the sandbox is called `{service}`");
            diagnostics.push(problem(*span, message, &format!("the services are `{}`", names.join("`, `"))));
        }
    }
    world.alarm_plan = alarms.into_iter().map(|at| at.item).collect();
    world.faults = faults.into_iter().map(|at| at.item).collect();
}

fn resource_faults(world: &mut World, faults: Vec<At<ResourceFault>>, diagnostics: &mut Diagnostics) {
    const OPERATIONS: [&str; 4] = ["create", "update", "delete", "rollback"];
    for At { span, item } in &faults {
        if !OPERATIONS.contains(&item.operation.as_str()) {
            let message = format!("`{}` is no operation on a resource", item.operation);
            diagnostics.push(problem(*span, message, "the operations are `create`, `update`, `delete` and `rollback`"));
        }
    }
    world.resource_faults = faults.into_iter().map(|at| at.item).collect();
}

fn problem(span: Span, message: String, hint: &str) -> Diagnostic {
    Diagnostic::error("WORLD-005", message).at(span).hint(hint)
}

fn organization(world: &mut World, file: &File, diagnostics: &mut Diagnostics) {
    let Some(At { span, item }) = &file.organization else { return };
    if !file.accounts.iter().any(|a| a.item.id == item.management) {
        let message = format!("the management account `{}` is not among the accounts", item.management);
        diagnostics.push(problem(*span, message, "add it to `accounts`"));
    }
    let mut organization = Organization::new(&item.id, &item.root, item.management.clone(), world.now());
    organization.delegated = item.delegated.iter().cloned().collect();
    for At { span, item: unit } in &file.units {
        let parent = unit.parent.clone().unwrap_or_else(|| item.root.clone());
        if !organization.has_parent(&parent) {
            let message = format!("the parent `{parent}` of the unit `{}` is not known", unit.id);
            diagnostics.push(problem(*span, message, "list a unit after its parent"));
        }
        organization.add_unit(unit.id.clone(), unit.name.clone(), parent);
    }
    world.organization.organization = Some(organization);
}

fn accounts(world: &mut World, accounts: &[At<model::Account>], diagnostics: &mut Diagnostics) {
    let now = world.now();
    for At { span, item } in accounts {
        let mut account = Account::new(item.id.clone(), item.name.clone());
        account.suspended = item.suspended;
        account.opted_in = item.regions.iter().cloned().collect();
        account.iam.alias.clone_from(&item.alias);
        account.email = item.email.clone().unwrap_or(account.email);
        if world.accounts.insert(item.id.clone(), account).is_some() {
            diagnostics.push(problem(
                *span,
                format!("the account `{}` is listed twice", item.id),
                "remove one of the two",
            ));
        }
        let Some(organization) = world.organization.organization.as_mut().filter(|_| !item.stranger) else { continue };
        let parent = item.unit.clone().unwrap_or_else(|| organization.root.clone());
        if !organization.has_parent(&parent) {
            let message = format!("the unit `{parent}` of the account `{}` is not known", item.id);
            diagnostics.push(problem(*span, message, "use the id of one of `units`"));
        }
        if item.id != organization.management {
            organization.add_account(item.id.clone(), parent, now);
        }
        if let Some(member) = organization.members.get_mut(&item.id) {
            member.tags.clone_from(&item.tags);
        }
    }
}

fn service_control(world: &mut World, policies: Vec<At<model::ServiceControlPolicy>>, diagnostics: &mut Diagnostics) {
    for At { span, item } in policies {
        check(&item.document, iam::Kind::ServiceControl, &item.name, span, diagnostics);
        let id = format!("p-{}", world.ids.lower(8));
        let Some(organization) = world.organization.organization.as_mut() else { continue };
        let known =
            |t: &String| organization.has_parent(t) || organization.members.keys().any(|account| account.as_str() == t);
        for unknown in item.targets.iter().filter(|t| !known(t)) {
            let message = format!("the target `{unknown}` of the policy `{}` is not known", item.name);
            diagnostics.push(problem(span, message, "use the id of the root, of a unit or of an account"));
        }
        let targets: BTreeSet<String> = item.targets.into_iter().collect();
        let policy = Policy {
            id: id.clone(),
            name: item.name,
            description: item.description,
            content: item.document.to_string(),
            targets,
        };
        organization.policies.insert(id, policy);
    }
}

fn check(document: &Value, kind: iam::Kind, name: &str, span: Span, diagnostics: &mut Diagnostics) {
    for found in iam::parse(document, kind).problems {
        let message = format!("the policy `{name}`: {}", found.message);
        let made = match found.severity {
            base::Severity::Error => Diagnostic::error("WORLD-006", message),
            _ => Diagnostic::warning("WORLD-006", message),
        };
        diagnostics.push(made.at(span).why(format!("at {}", found.path)).hint(found.fix));
    }
}

/// The accounts of a list that exist; the others are reported.
fn known(world: &World, ids: &[AccountId], span: Span, diagnostics: &mut Diagnostics) -> Vec<AccountId> {
    for missing in ids.iter().filter(|id| !world.accounts.contains_key(id)) {
        diagnostics.push(problem(span, format!("the account `{missing}` is not known"), "add it to `accounts`"));
    }
    ids.iter().filter(|id| world.accounts.contains_key(id)).cloned().collect()
}

/// `ACCOUNT` in a document stands for the account that it is given to.
fn filled(document: &Value, account: &AccountId) -> String {
    document.to_string().replace("ACCOUNT", account.as_str())
}

fn managed_policies(world: &mut World, policies: &[At<model::ManagedPolicy>], diagnostics: &mut Diagnostics) {
    let now = world.now();
    for At { span, item } in policies {
        check(&item.document, iam::Kind::Identity, &item.name, *span, diagnostics);
        for account in known(world, &item.accounts, *span, diagnostics) {
            let arn = format!("arn:aws:iam::{account}:policy{}{}", item.path, item.name);
            let policy = ManagedPolicy {
                name: item.name.clone(),
                path: item.path.clone(),
                id: world.ids.iam("ANPA"),
                arn: arn.clone(),
                description: String::new(),
                versions: vec![PolicyVersion { number: 1, document: filled(&item.document, &account), created: now }],
                default_version: 1,
                next_version: 2,
                tags: Default::default(),
                created: now,
                updated: now,
            };
            if let Some(home) = world.account_mut(&account) {
                home.iam.policies.insert(arn, policy);
            }
        }
    }
}

fn users(world: &mut World, users: Vec<At<model::User>>, diagnostics: &mut Diagnostics) {
    for At { span, item } in users {
        known(world, std::slice::from_ref(&item.account), span, diagnostics);
        let user = User {
            name: item.name.clone(),
            id: world.ids.iam("AIDA"),
            inline: item.inline.iter().map(|(name, doc)| (name.clone(), filled(doc, &item.account))).collect(),
            attached: item.managed.into_iter().collect(),
            created: world.now(),
        };
        if let Some(key) = item.access_key {
            let principal =
                Principal::User { account: item.account.clone(), name: item.name.clone(), id: user.id.clone() };
            world.credentials.insert(key.id, Credential { secret: key.secret, token: None, principal, expires: None });
        }
        if let Some(home) = world.account_mut(&item.account) {
            home.iam.users.insert(item.name, user);
        }
    }
}

fn providers(world: &mut World, providers: &[At<model::Provider>], diagnostics: &mut Diagnostics) {
    let created = world.now();
    for At { span, item } in providers {
        let url = item.url.trim_start_matches("https://").trim_end_matches('/').to_owned();
        for account in known(world, &item.accounts, *span, diagnostics) {
            let arn = format!("arn:aws:iam::{account}:oidc-provider/{url}");
            let (clients, thumbprints) = (item.clients.clone(), Vec::new());
            let provider = OidcProvider { arn: arn.clone(), url: url.clone(), clients, thumbprints, created };
            if let Some(home) = world.account_mut(&account) {
                home.iam.providers.insert(arn, provider);
            }
        }
    }
}

/// Roles may trust each other in any order: first all are made, then their trust is set.
fn roles(world: &mut World, roles: Vec<At<model::Role>>, diagnostics: &mut Diagnostics) {
    let nobody = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"nobody.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    for At { span, item } in &roles {
        for (name, document) in &item.inline {
            check(document, iam::Kind::Identity, name, *span, diagnostics);
        }
        for account in known(world, &item.accounts, *span, diagnostics) {
            let new = NewRole {
                name: item.name.clone(),
                path: item.path.clone(),
                trust: nobody.to_owned(),
                description: item.description.clone(),
                max_session: item.max_session_seconds,
                boundary: item.boundary.as_ref().map(|arn| arn.replace("ACCOUNT", account.as_str())),
                tags: item.tags.clone(),
            };
            if let Err(error) = Role::create(world, &account, new) {
                let message = format!("the role `{}` cannot be made: {}", item.name, error.message);
                diagnostics.push(problem(*span, message, "change it as the message says"));
            }
        }
    }
    for At { span, item } in roles {
        for account in item.accounts {
            let trust = crate::services::iam::store_trust(world, &filled(&item.trust, &account));
            let home = world.account_mut(&account);
            let Some(role) = home.and_then(|home| home.iam.roles.get_mut(&item.name)) else { continue };
            role.inline = item.inline.iter().map(|(name, doc)| (name.clone(), filled(doc, &account))).collect();
            role.attached = item.managed.iter().map(|arn| arn.replace("ACCOUNT", account.as_str())).collect();
            match trust {
                Ok(trust) => role.trust = trust,
                Err(error) => {
                    let message = format!("the trust of the role `{}` is refused: {}", item.name, error.message);
                    diagnostics.push(problem(span, message, "name principals that exist in this world"));
                }
            }
        }
    }
}

fn buckets(world: &mut World, buckets: Vec<At<model::Bucket>>, diagnostics: &mut Diagnostics) {
    for At { span, item } in buckets {
        if known(world, std::slice::from_ref(&item.account), span, diagnostics).is_empty() {
            continue;
        }
        let policy = item.policy.as_ref().map(|policy| filled(policy, &item.account));
        if let Some(policy) = &item.policy {
            check(policy, iam::Kind::Resource, &item.name, span, diagnostics);
        }
        let now = world.now();
        if let Err(error) = world.s3.add_bucket(&item.name, &item.account, &item.region, now) {
            let message = format!("the bucket `{}` cannot be made: {}", item.name, error.message);
            diagnostics.push(problem(span, message, "change it as the message says"));
            continue;
        }
        if let Some(bucket) = world.s3.buckets.get_mut(&item.name) {
            bucket.policy = policy;
            bucket.set_versioning(item.versioning);
        }
    }
}
