//! Roles, users, groups and permission sets of a template: whom they trust, and what they may do.

use super::collect::{Collector, Shelf};
use super::document::Policy;
use super::settle::{ACCOUNT, is_symbolic, target};
use iam::check::{Finding, Rights, RoleFacts, TrustFacts, check_role, check_trust};
use iam::{Kind, NamedPolicy};
use std::collections::{HashMap, HashSet};
use template::Node;
use template::model::{Resource, Template};

/// Resources that give a policy to roles, users and groups: where the document is, and where the names are.
const GIVING: &[(&str, &str, &[&str])] = &[
    ("AWS::IAM::Policy", "PolicyDocument", &["Roles", "Users", "Groups"]),
    ("AWS::IAM::ManagedPolicy", "PolicyDocument", &["Roles", "Users", "Groups"]),
    ("AWS::IAM::RolePolicy", "PolicyDocument", &["RoleName"]),
    ("AWS::IAM::UserPolicy", "PolicyDocument", &["UserName"]),
    ("AWS::IAM::GroupPolicy", "PolicyDocument", &["GroupName"]),
];

/// Principals, and the property that names each.
const PRINCIPALS: &[(&str, &str)] = &[
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::User", "UserName"),
    ("AWS::IAM::Group", "GroupName"),
    ("AWS::SSO::PermissionSet", "Name"),
];

/// A policy that is a resource of its own.
struct Given<'t> {
    policy: Policy,
    managed: bool,
    /// Logical ids of the principals that have it.
    holders: Vec<&'t str>,
    /// Whether it also goes to somebody outside of the template.
    to_others: bool,
}

pub(super) fn review(c: &mut Collector<'_>) {
    let given = given(c);
    let boundaries = boundaries(c.template);
    let mut held: HashSet<&str> = HashSet::new();
    for (id, resource) in &c.template.resources {
        if PRINCIPALS.iter().any(|(kind, _)| *kind == resource.kind) {
            principal(c, id, resource, &given, &mut held);
        }
    }
    for (id, resource) in &c.template.resources {
        let Some(one) = given.get(id) else { continue };
        // A boundary allows nothing by itself, so only what it is attached to can be judged.
        let boundary = boundaries.contains(id) && one.holders.is_empty() && !one.to_others;
        if !held.contains(id) && !boundary {
            let mut shelf = Shelf::default();
            shelf.add(&policy_name(c, id, one), one.policy.clone());
            let facts = RoleFacts { name: id, account: Some(ACCOUNT), policies: shelf.named(), ..RoleFacts::default() };
            report(c, id, resource, &facts, &shelf, None, &[]);
        }
    }
}

fn given<'t>(c: &mut Collector<'t>) -> HashMap<&'t str, Given<'t>> {
    let mut all = HashMap::new();
    for (id, resource) in &c.template.resources {
        let Some((kind, document, names)) = GIVING.iter().find(|(kind, ..)| *kind == resource.kind) else { continue };
        let Some(policy) = resource.property(document).and_then(|node| c.policy(node, Kind::Identity)) else {
            continue;
        };
        let mut holders = Vec::new();
        let mut to_others = false;
        for node in names.iter().filter_map(|name| resource.property(name)) {
            for item in node.as_list().unwrap_or(std::slice::from_ref(node)) {
                match principal_named(c, item) {
                    Some(holder) => holders.push(holder),
                    None => to_others = true,
                }
            }
        }
        all.insert(*id, Given { policy, managed: *kind == "AWS::IAM::ManagedPolicy", holders, to_others });
    }
    all
}

/// The principal of the template that a name or a reference means.
fn principal_named<'t>(c: &Collector<'t>, node: &Node) -> Option<&'t str> {
    let resources = &c.template.resources;
    if let Some(id) = target(node) {
        return resources.get_key_value(id).map(|(id, _)| *id);
    }
    let name = c.settler.text(node)?;
    let is_named = |resource: &Resource<'_>| {
        let property = PRINCIPALS.iter().find(|(kind, _)| *kind == resource.kind).map(|(_, property)| *property);
        property.and_then(|p| resource.property(p)).and_then(|n| c.settler.text(n)).is_some_and(|n| n == name)
    };
    resources.iter().find(|(_, r)| is_named(r)).map(|(id, _)| *id)
}

/// Managed policies of the template that are somebody's permissions boundary.
fn boundaries<'t>(template: &'t Template<'t>) -> HashSet<&'t str> {
    let named = template.resources.values().filter_map(|r| r.property("PermissionsBoundary")).filter_map(target);
    let by_condition = template.resources.values().filter_map(|r| r.properties).flat_map(boundary_conditions);
    named.chain(by_condition).collect()
}

/// What conditions on `iam:PermissionsBoundary` refer to: the boundary of roles that others make.
fn boundary_conditions(node: &Node) -> Vec<&str> {
    match &node.value {
        template::Value::Map(map) => map
            .iter()
            .flat_map(|(key, value)| {
                if key.eq_ignore_ascii_case("iam:PermissionsBoundary") {
                    let items = value.as_list().unwrap_or(std::slice::from_ref(value));
                    items.iter().filter_map(target).collect()
                } else {
                    boundary_conditions(value)
                }
            })
            .collect(),
        template::Value::List(items) => items.iter().flat_map(boundary_conditions).collect(),
        _ => Vec::new(),
    }
}

fn policy_name(c: &Collector<'_>, id: &str, given: &Given<'_>) -> String {
    let arn = if given.managed { c.settler.arn(id) } else { None };
    arn.unwrap_or_else(|| id.to_owned())
}

fn trust(c: &mut Collector<'_>, id: &str, resource: &Resource<'_>, rights: Rights) {
    let Some(node) = resource.property("AssumeRolePolicyDocument") else { return };
    let Some(policy) = c.policy(node, Kind::Trust) else { return };
    let longest = resource.property("MaxSessionDuration").and_then(Node::as_int).and_then(|n| u32::try_from(n).ok());
    let facts = TrustFacts {
        account: Some(ACCOUNT),
        max_session_seconds: longest,
        rights,
        github_immutable: c.repository.and_then(|r| r.form_in(&policy.document)),
        ..TrustFacts::new(id, &policy.document)
    };
    for finding in check_trust(&facts) {
        // Whom a transform lets assume its own roles is not the user's to change.
        if finding.rule == "TRUST-015" && !c.is_written(id) {
            continue;
        }
        let span = policy.span(&finding.path);
        c.add(&finding, if span == base::Span::default() { c.place(id, resource) } else { span });
    }
}

fn principal<'t>(
    c: &mut Collector<'t>,
    id: &'t str,
    resource: &Resource<'_>,
    given: &HashMap<&'t str, Given<'t>>,
    held: &mut HashSet<&'t str>,
) {
    let mut shelf = own_policies(c, id, resource, given, held);
    let (mut managed, _) = attached(c, resource);
    // What a group has, its users have too; findings about the group alone are told there.
    let mut told: Vec<Finding> = Vec::new();
    for (group, of_group) in groups(c, id, resource) {
        let theirs = own_policies(c, group, of_group, given, held);
        let (outside, _) = attached(c, of_group);
        let alone = RoleFacts {
            name: group,
            account: Some(ACCOUNT),
            policies: theirs.named(),
            managed: outside.iter().map(String::as_str).collect(),
            ..RoleFacts::default()
        };
        told.extend(check_role(&alone));
        shelf.extend(theirs);
        managed.extend(outside);
    }
    let arn = c.settler.arn(id);
    let boundary = resource.property("PermissionsBoundary");
    let known = boundary.and_then(target).and_then(|id| given.get_key_value(id));
    let facts = RoleFacts {
        name: id,
        arn: arn.as_deref(),
        account: Some(ACCOUNT),
        policies: shelf.named(),
        managed: managed.iter().map(String::as_str).collect(),
        boundary: known.map(|(id, one)| NamedPolicy::new(policy_name(c, id, one), one.policy.document.clone())),
        unseen_boundary: boundary.is_some() && known.is_none(),
        ..RoleFacts::default()
    };
    let rights = if is_all_here(resource, &shelf) { Rights::of(&facts) } else { Rights::Any };
    trust(c, id, resource, rights);
    let boundary_shelf = known.map(|(id, one)| {
        let mut shelf = Shelf::default();
        shelf.add(&policy_name(c, id, one), one.policy.clone());
        shelf
    });
    report(c, id, resource, &facts, &shelf, boundary_shelf.as_ref(), &told);
}

/// Whether every policy of a role stands in the role itself, as it is written.
fn is_all_here(resource: &Resource<'_>, shelf: &Shelf) -> bool {
    let inline = resource.property("Policies").and_then(Node::as_list).unwrap_or_default();
    let plain = inline.iter().all(|entry| template::intrinsic::function(entry).is_none());
    plain && inline.len() == shelf.named().len() && resource.property("ManagedPolicyArns").is_none()
}

/// The groups of a user: those it names, and those that name it.
fn groups<'t>(c: &Collector<'t>, id: &str, resource: &Resource<'_>) -> Vec<(&'t str, &'t Resource<'t>)> {
    if resource.kind != "AWS::IAM::User" {
        return Vec::new();
    }
    let mut names: Vec<&str> = Vec::new();
    for node in resource.property("Groups").and_then(Node::as_list).unwrap_or_default() {
        names.extend(principal_named(c, node));
    }
    for addition in c.template.resources.values().filter(|r| r.kind == "AWS::IAM::UserToGroupAddition") {
        let users = addition.property("Users").and_then(Node::as_list).unwrap_or_default();
        if users.iter().any(|user| principal_named(c, user) == Some(id)) {
            names.extend(addition.property("GroupName").and_then(|group| principal_named(c, group)));
        }
    }
    let resources = &c.template.resources;
    names.into_iter().filter_map(|name| resources.get_key_value(name)).map(|(name, group)| (*name, group)).collect()
}

/// The policies of a principal that stand in the template: inline, and attached from either side.
fn own_policies<'t>(
    c: &mut Collector<'t>,
    id: &str,
    resource: &Resource<'_>,
    given: &HashMap<&'t str, Given<'t>>,
    held: &mut HashSet<&'t str>,
) -> Shelf {
    let mut shelf = Shelf::default();
    for (index, entry) in resource.property("Policies").and_then(Node::as_list).unwrap_or_default().iter().enumerate() {
        let policies = match template::intrinsic::function(entry) {
            // An inline policy that is there or not.
            Some(("Fn::If", argument)) => argument.as_list().unwrap_or_default().get(1..).unwrap_or_default(),
            _ => std::slice::from_ref(entry),
        };
        for entry in policies {
            let name = entry.get("PolicyName").and_then(|n| c.settler.text(n)).unwrap_or_else(|| index.to_string());
            if let Some(policy) = entry.get("PolicyDocument").and_then(|node| c.policy(node, Kind::Identity)) {
                shelf.add(&format!("{id} {name}"), policy);
            }
        }
    }
    if let Some(policy) = resource.property("InlinePolicy").and_then(|node| c.policy(node, Kind::Identity)) {
        shelf.add(&format!("{id} inline"), policy);
    }
    let (_, attached) = attached(c, resource);
    // In the order of the template, so that findings do not change places from run to run.
    for policy_id in c.template.resources.keys() {
        let Some(one) = given.get(policy_id) else { continue };
        if one.holders.contains(&id) || attached.contains(policy_id) {
            held.insert(policy_id);
            shelf.add(&policy_name(c, policy_id, one), one.policy.clone());
        }
    }
    shelf
}

/// ARNs of managed policies outside of the template, and logical ids of those in it.
fn attached<'t>(c: &Collector<'t>, resource: &Resource<'_>) -> (Vec<String>, Vec<&'t str>) {
    let mut outside = Vec::new();
    let mut inside = Vec::new();
    let lists = ["ManagedPolicyArns", "ManagedPolicies"].into_iter().filter_map(|name| resource.property(name));
    for list in lists {
        for item in list.as_list().unwrap_or(std::slice::from_ref(list)) {
            let known = target(item).and_then(|id| c.template.resources.get_key_value(id));
            match known {
                Some((id, _)) => inside.push(*id),
                None => {
                    let settled = c.settler.settle(item);
                    let texts = settled.iter().flat_map(|n| n.as_list().unwrap_or(std::slice::from_ref(n)));
                    outside.extend(texts.filter_map(Node::as_str).filter(|t| !is_symbolic(t)).map(str::to_owned));
                }
            }
        }
    }
    (outside, inside)
}

fn report(
    c: &mut Collector<'_>,
    id: &str,
    resource: &Resource<'_>,
    facts: &RoleFacts<'_>,
    shelf: &Shelf,
    boundary: Option<&Shelf>,
    told: &[Finding],
) {
    if shelf.is_empty() && facts.managed.is_empty() && boundary.is_none() {
        return;
    }
    let is_told = |f: &Finding| told.iter().any(|t| (t.rule, &t.path, &t.message) == (f.rule, &f.path, &f.message));
    for finding in check_role(facts).into_iter().filter(|f| !is_told(f)) {
        let inside = shelf.place(&finding.path).or_else(|| boundary.and_then(|b| b.place(&finding.path)));
        let span = match inside {
            Some(span) if span != base::Span::default() => span,
            Some(_) => c.place(id, resource),
            None => managed_place(c, id, resource, &finding),
        };
        c.add(&finding, span);
    }
}

/// Where a managed policy of AWS's is attached.
fn managed_place(c: &Collector<'_>, id: &str, resource: &Resource<'_>, finding: &Finding) -> base::Span {
    let list = resource.property("ManagedPolicyArns").or_else(|| resource.property("ManagedPolicies"));
    let items = list.and_then(Node::as_list).unwrap_or_default();
    // The message names the policy in backticks.
    let name = finding.message.split('`').nth(1).unwrap_or_default();
    let item = items.iter().find(|item| c.settler.text(item).is_some_and(|arn| arn.ends_with(&format!("/{name}"))));
    match item {
        Some(item) if item.span != base::Span::default() => item.span,
        _ => c.within(id, resource, &finding.path),
    }
}
