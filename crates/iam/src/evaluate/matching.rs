//! Statements against one request.

use super::decision::{LayerResult, NearMiss, StatementRef, Trace};
use super::principal::Grant;
use super::{Context, Layer, NamedPolicy, Principal, Request, condition, statements, variables};
use crate::pattern::Pattern;
use crate::policy::{Effect, Element, Kind, Statement, Version};

/// A request with everything that follows from it.
pub(crate) struct Question<'a> {
    request: &'a Request,
    context: Context,
    has_boundary: bool,
    quiet: bool,
}

/// The first element of a statement that does not fit the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Misfit {
    Action,
    Principal,
    Resource,
    Condition(usize),
}

impl<'a> Question<'a> {
    pub(crate) fn new(request: &'a Request, has_boundary: bool) -> Self {
        let mut context = request.context.clone();
        request.principal.describe(&mut context);
        if let Some(owner) = request.owner() {
            context.set_default("aws:ResourceAccount", owner);
        }
        Self { request, context, has_boundary, quiet: false }
    }

    /// The same question, of which near misses are not recorded.
    pub(crate) fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    pub(crate) fn principal(&self) -> &Principal {
        &self.request.principal
    }

    /// Records the first statement that refuses.
    pub(crate) fn denies(&self, trace: &mut Trace, layer: Layer, policies: &[NamedPolicy]) -> bool {
        let found = policies.iter().find_map(|policy| {
            statements(&policy.document, Effect::Deny)
                .find(|(_, s)| self.fit(s, policy.document.version, layer).is_ok())
                .map(|(index, s)| StatementRef::new(policy, index, s))
        });
        let Some(statement) = found else { return false };
        trace.deny(layer, statement);
        true
    }

    /// Records the first statement that allows, or how close others came.
    pub(crate) fn allows(&self, trace: &mut Trace, layer: Layer, policies: &[NamedPolicy]) -> bool {
        self.best(trace, layer, policies).is_some()
    }

    /// The same for identity policies, which the root user of an account does not need.
    pub(crate) fn allows_identity(&self, trace: &mut Trace, policies: &[NamedPolicy]) -> bool {
        matches!(self.request.principal, Principal::Root { .. }) || self.allows(trace, Layer::Identity, policies)
    }

    /// How closely the resource's policy names the caller in a statement that allows.
    pub(crate) fn granted_by_resource(&self, trace: &mut Trace, layer: Layer, policy: &NamedPolicy) -> Option<Grant> {
        self.best(trace, layer, std::slice::from_ref(policy))
    }

    fn best(&self, trace: &mut Trace, layer: Layer, policies: &[NamedPolicy]) -> Option<Grant> {
        let mut best: Option<(Grant, StatementRef)> = None;
        let mut near = Vec::new();
        for policy in policies {
            for (index, statement) in statements(&policy.document, Effect::Allow) {
                match self.fit(statement, policy.document.version, layer) {
                    Ok(grant) if best.as_ref().is_none_or(|(g, _)| *g < grant) => {
                        best = Some((grant, StatementRef::new(policy, index, statement)));
                    }
                    Ok(_) | Err(Misfit::Action) => {}
                    Err(_) if self.quiet => {}
                    Err(misfit) => near.push(self.near_miss(policy, index, statement, misfit)),
                }
            }
        }
        let (grant, allowed_by) = best.map_or((None, None), |(g, s)| (Some(g), Some(s)));
        if allowed_by.is_some() {
            near.clear();
        }
        trace.push(LayerResult { layer, allowed_by, near_misses: near });
        grant
    }

    fn near_miss(&self, policy: &NamedPolicy, index: usize, statement: &Statement, misfit: Misfit) -> NearMiss {
        let because = match misfit {
            Misfit::Action => "the action differs".to_owned(),
            Misfit::Principal => format!("it does not name `{}`", self.request.principal.shown()),
            Misfit::Resource => format!("its resources do not cover `{}`", self.request.resource),
            Misfit::Condition(n) => statement.conditions.get(n).map_or_else(String::new, |entry| {
                let wanted: Vec<String> = entry.values.iter().map(|v| format!("`{v}`")).collect();
                let found: Vec<String> = self.context.get(&entry.key).iter().map(|v| format!("`{v}`")).collect();
                let found = if found.is_empty() { "absent".to_owned() } else { found.join(", ") };
                format!(
                    "`{}` `{}` wants {} and the request's is {found}",
                    entry.operator,
                    entry.key,
                    wanted.join(" or ")
                )
            }),
        };
        let absent_key = match misfit {
            Misfit::Condition(n) => statement.conditions.get(n).map(|entry| entry.key.clone()),
            _ => None,
        };
        let absent_key = absent_key.filter(|key| self.context.get(key).is_empty());
        NearMiss { statement: StatementRef::new(policy, index, statement), because, absent_key }
    }

    fn fit(&self, statement: &Statement, version: Version, layer: Layer) -> Result<Grant, Misfit> {
        if !self.action_fits(&statement.actions) {
            return Err(Misfit::Action);
        }
        let grant = match (&statement.principal, layer.names_principals()) {
            (Some(element), true) => {
                self.request.principal.matches(element, statement.effect, self.has_boundary).ok_or(Misfit::Principal)?
            }
            (None, true) => return Err(Misfit::Principal),
            (_, false) => Grant::Direct,
        };
        if statement.resources.as_ref().is_some_and(|r| !self.resource_fits(r, version)) {
            return Err(Misfit::Resource);
        }
        match statement.conditions.iter().position(|entry| !condition::holds(entry, version, &self.context)) {
            Some(index) => Err(Misfit::Condition(index)),
            None => Ok(self.limited_by_role_condition(statement, grant)),
        }
    }

    /// A grant that finds its role through `aws:PrincipalArn` counts as one to the role.
    fn limited_by_role_condition(&self, statement: &Statement, grant: Grant) -> Grant {
        let by_arn = statement.conditions.iter().any(|c| c.is_on("aws:PrincipalArn"));
        if by_arn && matches!(self.request.principal, Principal::Session { .. }) {
            grant.min(Grant::Role)
        } else {
            grant
        }
    }

    fn action_fits(&self, actions: &Element) -> bool {
        let listed = actions.values.iter().any(|a| Pattern::new(a).matches_ignoring_case(&self.request.action));
        listed != actions.negated
    }

    fn resource_fits(&self, resources: &Element, version: Version) -> bool {
        let listed = resources.values.iter().any(|text| {
            variables::expand(text, version, &self.context).is_some_and(|p| p.matches_arn(&self.request.resource))
        });
        listed != resources.negated
    }
}

impl Layer {
    /// Whether statements of this layer name principals. Resource control policies always say `*`.
    fn names_principals(self) -> bool {
        self.kind().names_principals() && self != Self::ResourceControl
    }

    /// The grammar of this layer's documents.
    pub fn kind(self) -> Kind {
        match self {
            Self::ResourceControl => Kind::ResourceControl,
            Self::ServiceControl => Kind::ServiceControl,
            Self::Resource => Kind::Resource,
            Self::Trust => Kind::Trust,
            Self::Identity => Kind::Identity,
            Self::Boundary => Kind::Boundary,
            Self::Session => Kind::Session,
        }
    }
}
