//! Who am I there (STS), and what is there (Organizations).

use crate::clients::{Aws, account};
use crate::failure::failure;
use async_trait::async_trait;
use aws_sdk_organizations::types::Account;
use engine::ports::{AccountSeen, Answer, Caller, Failure, FailureKind, Identity, OrganizationSeen, Site};

#[async_trait]
impl Identity for Aws {
    async fn caller(&self, site: &Site) -> Answer<Caller> {
        let seen = self.sts(site).get_caller_identity().send().await.map_err(|e| failure(e, false))?;
        Ok(Caller {
            account: account(seen.account().unwrap_or_default())?,
            arn: seen.arn().unwrap_or_default().to_owned(),
        })
    }

    async fn organization(&self) -> Answer<OrganizationSeen> {
        let seen = self.organizations().describe_organization().send().await.map_err(|e| failure(e, false))?;
        let none = || Failure::new(FailureKind::NotFound, "", "the account is in no organization");
        let organization = seen.organization().ok_or_else(none)?;
        Ok(OrganizationSeen {
            id: organization.id().unwrap_or_default().to_owned(),
            management_account: account(organization.master_account_id().unwrap_or_default())?,
        })
    }

    async fn accounts(&self) -> Answer<Vec<AccountSeen>> {
        let mut pages = self.organizations().list_accounts().into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| failure(e, false))?;
            all.extend(page.accounts().iter().map(seen).collect::<Answer<Vec<_>>>()?);
        }
        Ok(all)
    }

    async fn accounts_under(&self, unit: &str) -> Answer<Vec<AccountSeen>> {
        let client = self.organizations();
        let mut units = vec![unit.to_owned()];
        let mut all = Vec::new();
        while let Some(unit) = units.pop() {
            let mut pages = client.list_accounts_for_parent().parent_id(&unit).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|e| failure(e, false))?;
                all.extend(page.accounts().iter().map(seen).collect::<Answer<Vec<_>>>()?);
            }
            let mut below = client.list_organizational_units_for_parent().parent_id(&unit).into_paginator().send();
            while let Some(page) = below.next().await {
                let page = page.map_err(|e| failure(e, false))?;
                units.extend(page.organizational_units().iter().filter_map(|u| u.id().map(str::to_owned)));
            }
        }
        all.sort_by(|a: &AccountSeen, b| a.id.cmp(&b.id));
        Ok(all)
    }
}

impl Aws {
    pub(crate) fn organizations(&self) -> aws_sdk_organizations::Client {
        aws_sdk_organizations::Client::new(&self.own())
    }
}

fn seen(member: &Account) -> Answer<AccountSeen> {
    Ok(AccountSeen {
        id: account(member.id().unwrap_or_default())?,
        name: member.name().unwrap_or_default().to_owned(),
        status: member.status().map_or("ACTIVE", |s| s.as_str()).to_owned(),
    })
}
