//! What a preflight found, gathered by role and told once for all accounts that share it.

use super::Purpose;
use crate::permissions::UnreadTemplate;
use crate::plan::PlannedTarget;
use crate::seen::{Failure, RoleSeen};
use base::{AccountId, Arn};
use iam::Layer;
use iam::permissions::{Condition, NeededAction, statements};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong, over all targets.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What is refused.
    pub refused: Vec<Refused>,
    /// What is not known.
    pub unchecked: Vec<Unchecked>,
    /// A person switched the guard off: missing permissions stop nothing.
    pub ignored: bool,
    raw: BTreeMap<AccountId, Vec<(String, Found)>>,
}

/// A permission that a role does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The action.
    pub action: String,
    /// The resource or pattern for which it is refused.
    pub resource: String,
    /// What the call needs beside it.
    pub conditions: Vec<Condition>,
    /// What it is needed for.
    pub why: String,
    /// The layer that refuses.
    pub layer: Layer,
    /// The statement that denies, when one does.
    pub denied_by: Option<Denial>,
    /// Condition keys that the refusal hangs on and that are known only when the call is made.
    pub depends_on: Vec<String>,
}

/// A statement that denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Name, ARN or id of the policy.
    pub policy: String,
    /// The statement.
    pub statement: Value,
}

/// Something that was found about a role in one target.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) role: String,
    pub(super) purpose: Purpose,
    pub(super) boundary: Option<String>,
    pub(super) problem: Problem,
}

/// What it was.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Problem {
    /// There is no such role.
    NotThere,
    /// Its trust policy does not let a service in.
    NotTrusting { who: String },
    /// The caller's own policies do not let it ask.
    MayNotAssume { by: String, add: Value, told: String },
    /// The role does not let the caller in.
    NotLetIn { who: Option<String>, add: Option<Value>, caller_may: bool, told: String },
    /// An action is refused.
    Missing { missing: Missing, possible: bool },
}

/// One reason why a role does not do, in all accounts where it is the same. Texts name the account `ACCOUNT` when there
/// are several.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// The accounts.
    pub accounts: Vec<AccountId>,
    /// The targets.
    pub targets: Vec<String>,
    /// ARN of the role.
    pub role: String,
    /// What it is for.
    pub purpose: Purpose,
    /// What is wrong: `not_there`, `not_trusting`, `may_not_assume`, `not_let_in`, `missing`.
    pub kind: &'static str,
    /// What is wrong, in words.
    pub message: String,
    /// The layer that refuses.
    pub layer: Option<Layer>,
    /// The statement that denies.
    pub denied_by: Option<Denial>,
    /// What is missing.
    pub missing: Vec<Missing>,
    /// Statements that would let it through, and where they belong.
    pub add: Vec<Value>,
    /// Where the statements belong.
    pub add_to: String,
    /// What AWS said, when it was asked.
    pub told: Option<String>,
    /// It is refused only if the run comes to it: when it changes what is there, takes back what failed, or when a
    /// condition of the call is not as the policy wants it.
    pub possible: bool,
}

/// Something that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchecked {
    /// The accounts.
    pub accounts: Vec<AccountId>,
    /// What is not known.
    pub what: String,
    /// Why not.
    pub why: String,
    /// What would help.
    pub hint: String,
    /// It is worth a warning: what was to be checked is in the reader's hands.
    pub warning: bool,
}

impl Found {
    pub(super) fn new(role: &str, purpose: Purpose, problem: Problem) -> Self {
        Self { role: role.to_owned(), purpose, boundary: None, problem }
    }
}

impl Missing {
    /// The same with its texts changed.
    pub(super) fn with(mut self, change: impl Fn(&str) -> String) -> Self {
        self.resource = change(&self.resource);
        self.why = change(&self.why);
        for condition in &mut self.conditions {
            condition.value = change(&condition.value);
        }
        if let Some(denial) = &mut self.denied_by {
            denial.policy = change(&denial.policy);
            denial.statement = changed(&denial.statement, &change);
        }
        self
    }
}

fn changed(value: &Value, change: &impl Fn(&str) -> String) -> Value {
    serde_json::from_str(&change(&value.to_string())).unwrap_or_else(|_| value.clone())
}

impl Report {
    pub(super) fn found(&mut self, target: &PlannedTarget, found: Found) {
        let all = self.raw.entry(target.account.clone()).or_default();
        let entry = (target.id.clone(), found);
        if !all.contains(&entry) {
            all.push(entry);
        }
    }

    fn unchecked(&mut self, target: &PlannedTarget, what: String, why: String, hint: &str, warning: bool) {
        let account = &target.account;
        match self.unchecked.iter_mut().find(|u| u.what == what) {
            Some(known) if known.accounts.contains(account) => {}
            Some(known) => known.accounts.push(account.clone()),
            None => {
                let hint = hint.to_owned();
                self.unchecked.push(Unchecked { accounts: vec![account.clone()], what, why, hint, warning });
            }
        }
    }

    pub(super) fn unread_control(&mut self, target: &PlannedTarget, failure: &Failure) {
        let what = "what service control policies forbid is not known before the run".to_owned();
        let hint = "they can be read from the management account or a delegated one only; let the caller read \
                    organizations:ListPoliciesForTarget, organizations:DescribePolicy and organizations:ListParents there";
        self.unchecked(target, what, failure.message.clone(), hint, false);
    }

    pub(super) fn not_a_role(&mut self, target: &PlannedTarget, caller: &str) {
        let what = format!("what `{caller}` may do is not known before the run");
        let why = "only the policies of roles are read".to_owned();
        self.unchecked(target, what, why, "name a `deployment_role` in the stage", false);
    }

    pub(super) fn unread_role(&mut self, target: &PlannedTarget, role: &Arn, failure: &Failure) {
        let role = role.as_str().replace(target.account.as_str(), "ACCOUNT");
        let what = format!("what `{role}` may do was not checked");
        self.unchecked(target, what, failure.message.clone(), READ_HINT, true);
    }

    pub(super) fn unread_parts(&mut self, target: &PlannedTarget, role: &RoleSeen) {
        let Some(first) = role.unread.first() else { return };
        let arn = role.arn.replace(target.account.as_str(), "ACCOUNT");
        let what = format!("what `{arn}` may do was not checked");
        let why = format!("{} could not be read: {}", first.what, first.message);
        self.unchecked(target, what, why, READ_HINT, true);
    }

    pub(super) fn unknown_types(&mut self, target: &PlannedTarget, types: &[String]) {
        for unknown in types {
            let what = format!("which permissions `{unknown}` needs is not known");
            let why = "it is not in the tables of resource types".to_owned();
            self.unchecked(target, what, why, "see to it that the execution role has them", false);
        }
    }

    pub(super) fn unread_templates(&mut self, target: &PlannedTarget, templates: &[UnreadTemplate]) {
        for unread in templates {
            let what = format!("which permissions the nested stack `{}` needs is not known", unread.logical_id);
            let why = match &unread.lies_at {
                Some(place) => format!("its template is `{place}`, and only templates of the project are read"),
                None => "its template is known only in the run".to_owned(),
            };
            self.unchecked(target, what, why, "see to it that the execution role has them", false);
        }
    }

    pub(super) fn not_expanded(&mut self, target: &PlannedTarget, step: &str, why: String) {
        let what = format!("which permissions the template of step `{step}` needs is not known");
        self.unchecked(target, what, why, "correct the template; `landfall check` names the place", false);
    }

    /// Gathers what was found: by account, then over accounts that share it.
    pub(super) fn finish(&mut self) {
        let mut shared: Vec<Refused> = Vec::new();
        for (account, found) in std::mem::take(&mut self.raw) {
            for refused in gathered(&account, found) {
                match shared.iter_mut().find(|s| s.same(&refused)) {
                    Some(known) => {
                        known.accounts.push(account.clone());
                        known.targets.extend(refused.targets);
                    }
                    None => shared.push(refused),
                }
            }
        }
        for refused in &mut shared {
            if let [only] = refused.accounts.as_slice() {
                let account = only.to_string();
                refused.rename(&|text: &str| text.replace("ACCOUNT", &account));
            }
        }
        shared.sort_by_key(|r| (r.possible, r.kind != "may_not_assume" && r.kind != "not_let_in"));
        self.refused = shared;
    }
}

const READ_HINT: &str = "let the deployment role read itself and the execution role: iam:GetRole, iam:ListRolePolicies, \
                         iam:GetRolePolicy, iam:ListAttachedRolePolicies, iam:GetPolicy, iam:GetPolicyVersion";

/// What was found in one account, each reason once, with `ACCOUNT` for the account's id.
fn gathered(account: &AccountId, found: Vec<(String, Found)>) -> Vec<Refused> {
    let mut all: Vec<Refused> = Vec::new();
    for (target, found) in found {
        let fresh = refused(account, target, found);
        match all.iter_mut().find(|known| known.same_reason(&fresh)) {
            Some(known) => {
                for target in fresh.targets {
                    if !known.targets.contains(&target) {
                        known.targets.push(target);
                    }
                }
                for missing in fresh.missing {
                    let there = |m: &Missing| m.action == missing.action && m.resource == missing.resource;
                    if !known.missing.iter().any(there) {
                        known.missing.push(missing);
                    }
                }
            }
            None => all.push(fresh),
        }
    }
    drop_doubtful(&mut all);
    for refused in &mut all {
        refused.missing.sort_by(|a, b| (&a.action, &a.resource).cmp(&(&b.action, &b.resource)));
        if refused.kind == "missing" && refused.denied_by.is_none() {
            refused.add = statements(&refused.missing.iter().map(needed).collect::<Vec<_>>());
        }
    }
    all.retain(|refused| refused.kind != "missing" || !refused.missing.is_empty());
    all
}

/// What is refused for sure is not told again as what might be.
fn drop_doubtful(all: &mut [Refused]) {
    let sure: BTreeSet<(String, String, String)> = all
        .iter()
        .filter(|refused| !refused.possible)
        .flat_map(|r| r.missing.iter().map(|m| (r.role.clone(), m.action.clone(), m.resource.clone())))
        .collect();
    for refused in all.iter_mut().filter(|refused| refused.possible) {
        let role = refused.role.clone();
        refused.missing.retain(|m| !sure.contains(&(role.clone(), m.action.clone(), m.resource.clone())));
    }
}

fn needed(missing: &Missing) -> NeededAction {
    NeededAction {
        action: missing.action.clone(),
        resources: vec![missing.resource.clone()],
        conditions: missing.conditions.clone(),
        why: missing.why.clone(),
        documented: true,
    }
}

fn refused(account: &AccountId, target: String, found: Found) -> Refused {
    let role = found.role.clone();
    let mut made = Refused {
        accounts: vec![account.clone()],
        targets: vec![target],
        role: role.clone(),
        purpose: found.purpose,
        kind: "missing",
        message: String::new(),
        layer: None,
        denied_by: None,
        missing: Vec::new(),
        add: Vec::new(),
        add_to: format!("a policy of `{role}`"),
        told: None,
        possible: false,
    };
    match found.problem {
        Problem::NotThere => {
            made.kind = "not_there";
            made.message = format!("the {} `{role}` is not there", found.purpose.as_str());
        }
        Problem::NotTrusting { who } => {
            made.kind = "not_trusting";
            made.layer = Some(Layer::Trust);
            made.message = format!("the {} `{role}` does not trust `{who}`", found.purpose.as_str());
            made.add = vec![json!({"Effect": "Allow", "Principal": {"Service": who}, "Action": "sts:AssumeRole"})];
            made.add_to = format!("the trust policy of `{role}`");
        }
        Problem::MayNotAssume { by, add, told } => {
            made.kind = "may_not_assume";
            made.layer = Some(Layer::Identity);
            made.message = format!("`{by}` may not assume the {} `{role}`", found.purpose.as_str());
            made.add = vec![add];
            made.add_to = format!("a policy of `{by}`");
            made.told = Some(told);
        }
        Problem::NotLetIn { who, add, caller_may, told } => {
            made.kind = "not_let_in";
            made.layer = caller_may.then_some(Layer::Trust);
            let who = who.map_or_else(|| "the caller".to_owned(), |who| format!("`{who}`"));
            made.message = format!("the {} `{role}` is not there or does not let {who} in", found.purpose.as_str());
            made.add = add.into_iter().collect();
            made.add_to = format!("the trust policy of `{role}`");
            made.told = Some(told);
        }
        Problem::Missing { missing, possible } => made.lacks(missing, possible, found.boundary),
    }
    let account = account.as_str();
    made.rename(&|text: &str| text.replace(account, "ACCOUNT"));
    made
}

impl Refused {
    /// Makes it about one missing permission.
    fn lacks(&mut self, missing: Missing, possible: bool, boundary: Option<String>) {
        self.possible = possible;
        self.layer = Some(missing.layer);
        self.denied_by = missing.denied_by.clone();
        if missing.layer == Layer::Boundary {
            let boundary = boundary.unwrap_or_default();
            self.add_to = match boundary.contains(":iam::aws:policy/") {
                true => format!("a boundary of your own in place of `{boundary}`, which AWS manages"),
                false => format!("the permissions boundary `{boundary}`"),
            };
        } else if missing.layer == Layer::ServiceControl {
            self.add_to = "a service control policy".to_owned();
        }
        self.missing = vec![missing];
    }

    fn rename(&mut self, change: &impl Fn(&str) -> String) {
        self.role = change(&self.role);
        self.message = change(&self.message);
        self.add_to = change(&self.add_to);
        self.add = self.add.iter().map(|statement| changed(statement, change)).collect();
        self.told = self.told.as_deref().map(change);
        self.missing = std::mem::take(&mut self.missing).into_iter().map(|m| m.with(change)).collect();
        if let Some(denial) = &mut self.denied_by {
            denial.policy = change(&denial.policy);
            denial.statement = changed(&denial.statement, change);
        }
    }

    fn same_reason(&self, other: &Self) -> bool {
        (&self.role, self.kind, self.layer, self.possible) == (&other.role, other.kind, other.layer, other.possible)
            && self.denied_by == other.denied_by
            && self.message == other.message
    }

    fn same(&self, other: &Self) -> bool {
        self.same_reason(other) && self.missing == other.missing && self.add == other.add && self.add_to == other.add_to
    }
}
