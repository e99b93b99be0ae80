//! All principals of an account at once, as `aws iam get-account-authorization-details` prints them.

use super::collect::{Shelf, found};
use super::document::Policy;
use super::found::Found;
use base::Diagnostics;
use iam::Kind;
use iam::NamedPolicy;
use iam::check::{Finding, RoleFacts, TrustFacts, check_role, check_trust};
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};
use template::Node;

/// Lists of principals, the name of one, and its inline policies.
const PRINCIPALS: &[(&str, &str, &str)] = &[
    ("RoleDetailList", "RoleName", "RolePolicyList"),
    ("UserDetailList", "UserName", "UserPolicyList"),
    ("GroupDetailList", "GroupName", "GroupPolicyList"),
];

/// Whether a document is what the AWS CLI prints.
pub fn is_authorization_details(node: &Node) -> bool {
    PRINCIPALS.iter().any(|(list, ..)| node.get(list).and_then(Node::as_list).is_some())
}

/// Reviews the roles, users and groups, each with its policies and boundary, and the roles' trust.
pub fn authorization_details(node: &Node) -> (Vec<Found>, Diagnostics) {
    let mut account =
        Account { managed: IndexMap::new(), used: HashSet::new(), problems: Diagnostics::new(), found: Vec::new() };
    for policy in items(node, "Policies") {
        account.keep(policy);
    }
    let groups: HashMap<&str, &Node> =
        items(node, "GroupDetailList").iter().filter_map(|group| Some((text(group, "GroupName")?, group))).collect();
    for (list, name, inline) in PRINCIPALS {
        for principal in items(node, list).iter().filter(|p| !is_services(p)) {
            account.principal(text(principal, name).unwrap_or(list), principal, inline, &groups);
        }
    }
    account.unused();
    let mut seen = HashSet::new();
    account
        .found
        .retain(|f| seen.insert((f.diagnostic.code.to_string(), f.diagnostic.span, f.diagnostic.hint.clone())));
    (account.found, account.problems)
}

struct Account {
    /// Customer managed policies by their ARNs, in the version that counts.
    managed: IndexMap<String, Policy>,
    /// The ARNs of those that somebody has, be it as a boundary.
    used: HashSet<String>,
    problems: Diagnostics,
    found: Vec<Found>,
}

impl Account {
    fn keep(&mut self, policy: &Node) {
        let Some(arn) = text(policy, "Arn").filter(|arn| !arn.contains(":iam::aws:")) else { return };
        let counts = |version: &&Node| version.get("IsDefaultVersion").is_some_and(|n| n.as_bool() == Some(true));
        let version = items(policy, "PolicyVersionList").iter().find(counts);
        let document = version.and_then(|v| v.get("Document"));
        if let Some(policy) = document.and_then(|d| Policy::of(d.clone(), Kind::Identity, &mut self.problems)) {
            self.managed.insert(arn.to_owned(), policy);
        }
    }

    fn principal(&mut self, name: &str, principal: &Node, inline: &str, groups: &HashMap<&str, &Node>) {
        let arn = text(principal, "Arn");
        let account = arn.and_then(|arn| arn.split(':').nth(4));
        let trust = principal.get("AssumeRolePolicyDocument").cloned();
        if let Some(policy) = trust.and_then(|node| Policy::of(node, Kind::Trust, &mut self.problems)) {
            let facts = TrustFacts { account, ..TrustFacts::new(name, &policy.document) };
            self.found.extend(check_trust(&facts).iter().map(|f| found(f, Some(policy.span(&f.path)))));
        }
        let mut shelf = Shelf::default();
        let mut outside = Vec::new();
        self.policies(principal, inline, &mut shelf, &mut outside);
        for group in items(principal, "GroupList").iter().filter_map(|g| groups.get(g.as_str()?)) {
            self.policies(group, "GroupPolicyList", &mut shelf, &mut outside);
        }
        let boundary = principal.at(&["PermissionsBoundary", "PermissionsBoundaryArn"]).and_then(Node::as_str);
        self.used.extend(boundary.map(str::to_owned));
        let known = boundary.and_then(|arn| Some(NamedPolicy::new(arn, self.managed.get(arn)?.document.clone())));
        let facts = RoleFacts {
            name,
            arn,
            account,
            policies: shelf.named(),
            managed: outside.iter().map(String::as_str).collect(),
            unseen_boundary: boundary.is_some() && known.is_none(),
            boundary: known,
            ..RoleFacts::default()
        };
        let place = |finding: &Finding| shelf.place(&finding.path).unwrap_or(principal.span);
        self.found.extend(check_role(&facts).iter().map(|f| found(f, Some(place(f)))));
    }

    /// Policies that are attached to nobody may be tomorrow.
    fn unused(&mut self) {
        for (arn, policy) in self.managed.iter().filter(|(arn, _)| !self.used.contains(*arn)) {
            let mut shelf = Shelf::default();
            shelf.add(arn, policy.clone());
            let name = arn.rsplit('/').next().unwrap_or(arn);
            let facts =
                RoleFacts { name, account: arn.split(':').nth(4), policies: shelf.named(), ..RoleFacts::default() };
            self.found.extend(check_role(&facts).iter().map(|f| found(f, shelf.place(&f.path))));
        }
    }

    /// Puts the policies of a principal on a shelf. Of those whose text is not there, the ARNs are noted.
    fn policies(&mut self, principal: &Node, inline: &str, shelf: &mut Shelf, outside: &mut Vec<String>) {
        for entry in items(principal, inline) {
            let document = entry.get("PolicyDocument").cloned();
            if let Some(policy) = document.and_then(|d| Policy::of(d, Kind::Identity, &mut self.problems)) {
                shelf.add(text(entry, "PolicyName").unwrap_or(inline), policy);
            }
        }
        for arn in items(principal, "AttachedManagedPolicies").iter().filter_map(|entry| text(entry, "PolicyArn")) {
            match self.managed.get(arn) {
                Some(policy) => {
                    shelf.add(arn, policy.clone());
                    self.used.insert(arn.to_owned());
                }
                None => outside.push(arn.to_owned()),
            }
        }
    }
}

/// Whether AWS makes the role for a service and lets nobody change it.
fn is_services(principal: &Node) -> bool {
    text(principal, "Path")
        .is_some_and(|path| path.starts_with("/aws-service-role/") || path.starts_with("/aws-reserved/"))
}

fn items<'n>(node: &'n Node, name: &str) -> &'n [Node] {
    node.get(name).and_then(Node::as_list).unwrap_or_default()
}

fn text<'n>(node: &'n Node, name: &str) -> Option<&'n str> {
    node.get(name).and_then(Node::as_str)
}
