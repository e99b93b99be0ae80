//! Asks the policies of the roles for everything that a plan needs.

use super::report::{Denial, Found, Missing, Problem};
use super::{Actor, Purpose, Question, Report, calls, deploys, policies};
use crate::plan::{PlannedDeploy, PlannedTarget};
use crate::seen::{Caller, RoleSeen};
use base::Arn;
use iam::permissions::{NeededAction, gaps_with};
use iam::{Context, Decision, Kind, NamedPolicy, PolicySet, Principal, Request, ResourcePolicy, authorize};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Keys that the evaluator itself fills in from who asks and what is asked about.
const FROM_THE_PRINCIPAL: [&str; 8] = [
    "aws:principaltype",
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:resourceaccount",
    "aws:userid",
    "aws:username",
];

pub(super) struct Judge<'a> {
    question: &'a Question<'a>,
    /// Answers by what was asked of whom, with the account's id taken out: the roles of a fleet are alike.
    known: HashMap<String, Rc<Vec<Missing>>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(question: &'a Question<'a>) -> Self {
        Self { question, known: HashMap::new() }
    }

    pub(super) fn target(&mut self, target: &PlannedTarget, caller: &Caller, report: &mut Report) {
        let access = self.question.access;
        if let Some(Err(failure)) = access.control.get(&target.account) {
            report.unread_control(target, failure);
        }
        let own = target.site.role.clone().or_else(|| policies::role_behind(&caller.arn));
        let deployment = match &own {
            Some(role) => self.role(target, role, Purpose::Deployment, report),
            None => {
                report.not_a_role(target, &caller.arn);
                None
            }
        };
        if let Some(role) = deployment {
            let actor = Actor::of(role, access, &target.site.session.name);
            let context = self.context(target, role, true);
            let (sure, mut maybe) = calls(target);
            let nesting = deploys(target).filter(|(step, _)| self.question.templates.nests(step));
            maybe.extend(nesting.map(|(step, deploy)| calls::nested(target, step, deploy)));
            for (needed, possible) in [(sure, false), (maybe, true)] {
                let missing = self.ask(target, &actor, &format!("{needed:?}"), &context, &[], || needed);
                add(report, target, role, Purpose::Deployment, &actor, &missing, possible);
            }
        }
        for (step, deploy) in deploys(target) {
            let (role, purpose) = match &deploy.change.role {
                Some(role) => (self.role(target, role, Purpose::Execution, report), Purpose::Execution),
                None => (deployment, Purpose::Deployment),
            };
            if let Some(role) = role {
                self.template(target, (step, deploy), (role, purpose), report);
            }
        }
    }

    /// What CloudFormation does for one step, as its own role or, without one, with the caller's credentials.
    fn template(
        &mut self,
        target: &PlannedTarget,
        (step, deploy): (&str, &PlannedDeploy),
        (role, purpose): (&RoleSeen, Purpose),
        report: &mut Report,
    ) {
        let own = purpose == Purpose::Execution;
        if own {
            trusts_cloudformation(target, role, report);
        }
        let needs = match self.question.templates.of(step, target, deploy) {
            Some(Ok(needs)) => needs,
            Some(Err(why)) => return report.not_expanded(target, step, why),
            None => return,
        };
        report.unknown_types(target, &needs.unknown);
        report.unread_templates(target, &needs.unread);
        let session = if own { "AWSCloudFormation" } else { &target.site.session.name };
        let actor = Actor::of(role, self.question.access, session);
        let mut context = self.context(target, role, !own);
        if !own {
            for key in ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"] {
                context.set(key, "cloudformation.amazonaws.com");
            }
            context.set("aws:ViaAWSService", "true");
        }
        let absent: &[&str] = if needs.without_boundary { &["iam:permissionsboundary"] } else { &[] };
        let fresh = deploy.makes_stack();
        let bucket = &target.bucket;
        let what = format!("made {} {bucket}", needs.number);
        let make = self.ask(target, &actor, &what, &context, absent, || needs.at(target, &needs.make));
        add(report, target, role, purpose, &actor, &make, !fresh);
        let what = format!("changed {} {bucket}", needs.number);
        let change = self.ask(target, &actor, &what, &context, absent, || needs.at(target, &needs.change));
        add(report, target, role, purpose, &actor, &change, true);
    }

    /// A role that was read; what is wrong with it is noted.
    fn role(&self, target: &PlannedTarget, arn: &Arn, purpose: Purpose, report: &mut Report) -> Option<&'a RoleSeen> {
        match self.question.access.roles.get(arn)? {
            Ok(Some(role)) => {
                report.unread_parts(target, role);
                // What stands in a part that was not read cannot be missing for sure.
                role.unread.is_empty().then_some(role)
            }
            Ok(None) if purpose == Purpose::Execution => {
                report.found(target, Found::new(arn.as_str(), purpose, Problem::NotThere));
                None
            }
            Ok(None) => None,
            Err(failure) => {
                report.unread_role(target, arn, failure);
                None
            }
        }
    }

    /// The condition keys that every request has, as far as they are known before it is made.
    fn context(&self, target: &PlannedTarget, role: &RoleSeen, session: bool) -> Context {
        let mut context = Context::new();
        let now = self.question.now;
        context.set("aws:CurrentTime", now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        context.set("aws:EpochTime", now.as_second().to_string());
        context.set("aws:TokenIssueTime", now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        context.set("aws:RequestedRegion", target.region.as_str());
        context.set("aws:SecureTransport", "true");
        if let Some(organization) = &self.question.access.organization {
            context.set("aws:PrincipalOrgID", organization.as_str());
            context.set("aws:ResourceOrgID", organization.as_str());
        }
        for (key, value) in &role.tags {
            context.set(&format!("aws:PrincipalTag/{key}"), value.as_str());
        }
        if session {
            let session = &target.site.session;
            for (key, value) in &session.tags {
                context.set(&format!("aws:PrincipalTag/{key}"), value.as_str());
            }
            if !session.source_identity.is_empty() {
                context.set("aws:SourceIdentity", session.source_identity.as_str());
            }
        }
        context
    }

    /// What of `needed` is refused, with texts in which the account's id is `ACCOUNT`. `what` tells it from what else is
    /// asked.
    fn ask(
        &mut self,
        target: &PlannedTarget,
        actor: &Actor,
        what: &str,
        context: &Context,
        absent: &[&str],
        needed: impl FnOnce() -> Vec<NeededAction>,
    ) -> Rc<Vec<Missing>> {
        let account = target.account.as_str();
        let run = |text: String| text.replace(account, "ACCOUNT").replace(target.id.as_str(), "TARGET");
        let key = run(format!("{}\n{context:?}\n{what}\n{absent:?}", actor.fingerprint()));
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let needed = needed();
        let found = gaps_with(&needed, &actor.principal, &actor.policies, context);
        let missing: Vec<Missing> = found
            .into_iter()
            .map(|gap| {
                let conditions = needed.iter().find(|n| n.action == gap.action && n.resources.contains(&gap.resource));
                Missing {
                    conditions: conditions.map(|n| n.conditions.clone()).unwrap_or_default(),
                    depends_on: unknown_keys(&gap.decision, actor, context, absent),
                    layer: gap.layer(),
                    denied_by: denial(&gap.decision, actor),
                    action: gap.action,
                    resource: gap.resource,
                    why: gap.why,
                }
                .with(|text| text.replace(account, "ACCOUNT"))
            })
            .collect();
        let missing = Rc::new(missing);
        self.known.insert(key, missing.clone());
        missing
    }
}

fn add(
    report: &mut Report,
    target: &PlannedTarget,
    role: &RoleSeen,
    purpose: Purpose,
    actor: &Actor,
    missing: &[Missing],
    possible: bool,
) {
    for one in missing {
        let problem = Problem::Missing { missing: one.clone(), possible: possible || !one.depends_on.is_empty() };
        report.found(target, Found { boundary: boundary(actor), ..Found::new(&role.arn, purpose, problem) });
    }
}

fn boundary(actor: &Actor) -> Option<String> {
    actor.policies.boundary.as_ref().map(|boundary| boundary.name.clone())
}

/// The statement that denies, when one does.
fn denial(decision: &Decision, actor: &Actor) -> Option<Denial> {
    let statement = decision.statement.as_ref()?;
    let text = actor.statement(&statement.policy, &statement.path).unwrap_or_default();
    Some(Denial { policy: statement.policy.clone(), statement: text })
}

/// Condition keys that a refusal hangs on and that only the call itself will tell.
fn unknown_keys(decision: &Decision, actor: &Actor, context: &Context, absent: &[&str]) -> Vec<String> {
    let unknown = |key: &str| {
        let lower = key.to_ascii_lowercase();
        context.get(&lower).is_empty()
            && !FROM_THE_PRINCIPAL.contains(&lower.as_str())
            && !absent.contains(&lower.as_str())
    };
    let mut keys: BTreeMap<String, ()> = BTreeMap::new();
    if let Some(denial) = denial(decision, actor) {
        let operators = denial.statement["Condition"].as_object().into_iter().flat_map(|o| o.values());
        let named = operators.filter_map(|entry| entry.as_object()).flat_map(|entry| entry.keys());
        keys.extend(named.filter(|key| unknown(key)).map(|key| (key.clone(), ())));
        return keys.into_keys().collect();
    }
    for layer in decision.layers.iter().filter(|l| Some(l.layer) == decision.refused_by) {
        let absent = layer.near_misses.iter().filter_map(|near| near.absent_key.as_deref());
        keys.extend(absent.filter(|key| unknown(key)).map(|key| (key.to_owned(), ())));
    }
    keys.into_keys().collect()
}

/// CloudFormation must be able to act as the execution role.
fn trusts_cloudformation(target: &PlannedTarget, role: &RoleSeen, report: &mut Report) {
    let service = "cloudformation.amazonaws.com";
    let trust = NamedPolicy::new("trust policy", policies::document(&role.trust, Kind::Trust));
    let set = PolicySet { resource: ResourcePolicy::Trust(trust), ..PolicySet::default() };
    let arn = format!("arn:{}:cloudformation:{}:{}:stack/*", target.region.partition(), target.region, target.account);
    let request = Request::new(Principal::Service(service.to_owned()), "sts:AssumeRole", role.arn.as_str())
        .with("aws:SourceAccount", target.account.as_str())
        .with("aws:SourceArn", arn);
    if !authorize(&request, &set).is_allowed() {
        report
            .found(target, Found::new(&role.arn, Purpose::Execution, Problem::NotTrusting { who: service.to_owned() }));
    }
}

/// Whether a refusal hangs on a condition that only the call itself will tell.
pub(super) fn hangs_on_the_call(decision: &Decision, actor: &Actor, context: &Context) -> bool {
    !unknown_keys(decision, actor, context, &[]).is_empty()
}
