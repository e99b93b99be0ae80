//! The service control policies over an account: from the account up to the root, one level at a time.

use crate::clients::{Aws, account as account_id};
use crate::failure::failure;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::PolicyType;
use base::AccountId;
use engine::ports::{Answer, ControlLevelSeen, FailureKind, PolicySeen, ServiceControlSeen};
use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};

/// What was read of the organization, so that one command reads it once.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The management account; `Some(None)` without an organization.
    management: Option<Option<AccountId>>,
    places: HashMap<String, Place>,
    documents: HashMap<String, String>,
}

/// A root, unit or account, as it was read.
#[derive(Debug, Clone)]
struct Place {
    level: ControlLevelSeen,
    parent: Option<String>,
}

/// Units nest five deep (Organizations quotas); more steps than that mean an answer that makes no sense.
const DEPTH: usize = 8;

impl Aws {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.inner.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn control_over(&self, account: &AccountId) -> Answer<ServiceControlSeen> {
        let client = self.organizations();
        let mut levels = Vec::new();
        let mut next = match self.management(&client).await? {
            Some(management) if management != *account => Some(account.to_string()),
            // Nothing limits the management account, nor an account on its own.
            _ => None,
        };
        while let Some(place) = next.filter(|_| levels.len() < DEPTH) {
            let read = self.place(&client, &place).await?;
            levels.push(read.level);
            next = read.parent;
        }
        levels.reverse();
        // Where the policy type is switched on, every place has at least one. None at all: it is off.
        if levels.iter().all(|level| level.policies.is_empty()) {
            levels.clear();
        }
        Ok(ServiceControlSeen { account: account.clone(), levels })
    }

    async fn management(&self, client: &Client) -> Answer<Option<AccountId>> {
        let known = self.known().management.clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let management = match client.describe_organization().send().await.map_err(|e| failure(e, false)) {
            Ok(seen) => seen.organization().and_then(|o| o.master_account_id()).map(account_id).transpose()?,
            Err(f) if f.kind == FailureKind::NotFound => None,
            Err(f) => return Err(f),
        };
        self.known().management = Some(management.clone());
        Ok(management)
    }

    async fn place(&self, client: &Client, id: &str) -> Answer<Place> {
        let known = self.known().places.get(id).cloned();
        if let Some(place) = known {
            return Ok(place);
        }
        let policies = self.attached_to(client, id).await?;
        let parent = if id.starts_with("r-") { None } else { parent(client, id).await? };
        let place = Place { level: ControlLevelSeen { place: id.to_owned(), policies }, parent };
        self.known().places.insert(id.to_owned(), place.clone());
        Ok(place)
    }

    async fn attached_to(&self, client: &Client, id: &str) -> Answer<Vec<PolicySeen>> {
        let call = client.list_policies_for_target().target_id(id).filter(PolicyType::ServiceControlPolicy);
        let mut pages = call.into_paginator().send();
        let mut ids = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| failure(e, false))?;
            ids.extend(page.policies().iter().filter_map(|p| p.id().map(str::to_owned)));
        }
        let mut policies = Vec::new();
        for name in ids {
            let document = self.control_document(client, &name).await?;
            policies.push(PolicySeen { name, document });
        }
        Ok(policies)
    }

    async fn control_document(&self, client: &Client, id: &str) -> Answer<String> {
        let known = self.known().documents.get(id).cloned();
        if let Some(document) = known {
            return Ok(document);
        }
        let answer = client.describe_policy().policy_id(id).send().await.map_err(|e| failure(e, false))?;
        let document = answer.policy().and_then(|p| p.content()).unwrap_or_default().to_owned();
        self.known().documents.insert(id.to_owned(), document.clone());
        Ok(document)
    }
}

async fn parent(client: &Client, child: &str) -> Answer<Option<String>> {
    match client.list_parents().child_id(child).send().await.map_err(|e| failure(e, false)) {
        Ok(answer) => Ok(answer.parents().first().and_then(|p| p.id()).map(str::to_owned)),
        Err(f) if f.kind == FailureKind::NotFound => Ok(None),
        Err(f) => Err(f),
    }
}
