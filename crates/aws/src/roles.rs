//! Roles with all that limits them (IAM), identity providers, bucket policies. Reads only.

use crate::clients::Aws;
use crate::clock::timestamp;
use crate::failure::failure;
use async_trait::async_trait;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::Role;
use base::AccountId;
use engine::ports::{
    Answer, FailureKind, IdentityProviderSeen, PolicySeen, RoleSeen, Roles, ServiceControlSeen, Site, Unread,
};

#[async_trait]
impl Roles for Aws {
    async fn role(&self, site: &Site, name: &str) -> Answer<Option<RoleSeen>> {
        let client = self.iam(site);
        let answer = client.get_role().role_name(name).send().await.map_err(|e| failure(e, false));
        let Some(answer) = there(answer)? else { return Ok(None) };
        let Some(role) = answer.role() else { return Ok(None) };
        let mut seen = seen(role);
        inline(&client, &mut seen).await?;
        attached(&client, &mut seen).await?;
        if let Some(boundary) = role.permissions_boundary().and_then(|b| b.permissions_boundary_arn()) {
            let document = managed(&client, boundary, &mut seen).await?.unwrap_or_default();
            seen.boundary = Some(PolicySeen { name: boundary.to_owned(), document });
        }
        Ok(Some(seen))
    }

    async fn role_names(&self, site: &Site, path: &str) -> Answer<Vec<String>> {
        let mut pages = self.iam(site).list_roles().path_prefix(path).into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| failure(e, false))?;
            names.extend(page.roles().iter().map(|role| role.role_name().to_owned()));
        }
        names.sort();
        Ok(names)
    }

    async fn identity_providers(&self, site: &Site) -> Answer<Vec<IdentityProviderSeen>> {
        let client = self.iam(site);
        let listed = client.list_open_id_connect_providers().send().await.map_err(|e| failure(e, false))?;
        let mut providers = Vec::new();
        for arn in listed.open_id_connect_provider_list().iter().filter_map(|p| p.arn()) {
            let call = client.get_open_id_connect_provider().open_id_connect_provider_arn(arn);
            let Some(seen) = there(call.send().await.map_err(|e| failure(e, false)))? else { continue };
            let address = arn.split_once(":oidc-provider/").map_or("", |(_, address)| address);
            let url = seen.url().unwrap_or(address);
            providers.push(IdentityProviderSeen {
                arn: arn.to_owned(),
                issuer: url.strip_prefix("https://").unwrap_or(url).to_owned(),
                audiences: seen.client_id_list().to_vec(),
                thumbprints: seen.thumbprint_list().to_vec(),
            });
        }
        Ok(providers)
    }

    async fn service_control(&self, account: &AccountId) -> Answer<ServiceControlSeen> {
        self.control_over(account).await
    }

    async fn bucket_policy(&self, site: &Site, bucket: &str) -> Answer<Option<String>> {
        match self.s3(site).get_bucket_policy().bucket(bucket).send().await.map_err(|e| failure(e, false)) {
            Ok(answer) => Ok(answer.policy().map(str::to_owned)),
            Err(f) if f.kind == FailureKind::NotFound => Ok(None),
            Err(f) => Err(f),
        }
    }
}

/// What is not there is no failure.
fn there<T>(answer: Answer<T>) -> Answer<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(f) if f.kind == FailureKind::NotFound => Ok(None),
        Err(f) => Err(f),
    }
}

fn seen(role: &Role) -> RoleSeen {
    let last_used = role.role_last_used().and_then(|used| used.last_used_date()).map(timestamp);
    RoleSeen {
        arn: role.arn().to_owned(),
        name: role.role_name().to_owned(),
        path: role.path().to_owned(),
        id: role.role_id().to_owned(),
        trust: decoded(role.assume_role_policy_document().unwrap_or_default()),
        max_session_seconds: role.max_session_duration().and_then(|s| u32::try_from(s).ok()).unwrap_or(3600),
        tags: role.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect(),
        last_used,
        ..RoleSeen::default()
    }
}

/// What was refused is written down; other failures end the read.
fn note<T>(answer: Answer<T>, action: &str, what: &str, seen: &mut RoleSeen) -> Answer<Option<T>> {
    match there(answer) {
        Err(f) if f.kind == FailureKind::Denied => {
            seen.unread.push(Unread { action: action.to_owned(), what: what.to_owned(), message: f.message });
            Ok(None)
        }
        other => other,
    }
}

async fn inline(client: &Client, seen: &mut RoleSeen) -> Answer<()> {
    let role = seen.name.clone();
    let mut pages = client.list_role_policies().role_name(&role).into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| failure(e, false));
        let what = format!("the inline policies of `{role}`");
        let Some(page) = note(page, "iam:ListRolePolicies", &what, seen)? else { return Ok(()) };
        names.extend(page.policy_names().iter().cloned());
    }
    for name in names {
        let answer = client.get_role_policy().role_name(&role).policy_name(&name).send().await;
        let answer = answer.map_err(|e| failure(e, false));
        let what = format!("the inline policy `{name}` of `{role}`");
        if let Some(answer) = note(answer, "iam:GetRolePolicy", &what, seen)? {
            seen.inline.push(PolicySeen { name, document: decoded(answer.policy_document()) });
        }
    }
    Ok(())
}

async fn attached(client: &Client, seen: &mut RoleSeen) -> Answer<()> {
    let role = seen.name.clone();
    let mut pages = client.list_attached_role_policies().role_name(&role).into_paginator().send();
    let mut arns = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| failure(e, false));
        let what = format!("the managed policies of `{role}`");
        let Some(page) = note(page, "iam:ListAttachedRolePolicies", &what, seen)? else { return Ok(()) };
        arns.extend(page.attached_policies().iter().filter_map(|p| p.policy_arn()).map(str::to_owned));
    }
    for arn in arns {
        if let Some(document) = managed(client, &arn, seen).await? {
            seen.attached.push(PolicySeen { name: arn, document });
        }
    }
    Ok(())
}

/// The version of a managed policy that is in force.
async fn managed(client: &Client, arn: &str, seen: &mut RoleSeen) -> Answer<Option<String>> {
    let what = format!("the policy `{arn}`");
    let policy = client.get_policy().policy_arn(arn).send().await.map_err(|e| failure(e, false));
    let Some(policy) = note(policy, "iam:GetPolicy", &what, seen)? else { return Ok(None) };
    let Some(version) = policy.policy().and_then(|p| p.default_version_id()) else { return Ok(None) };
    let call = client.get_policy_version().policy_arn(arn).version_id(version);
    let answer = call.send().await.map_err(|e| failure(e, false));
    let answer = note(answer, "iam:GetPolicyVersion", &what, seen)?;
    Ok(answer.and_then(|a| a.policy_version().and_then(|v| v.document()).map(decoded)))
}

/// IAM gives documents percent-encoded (API reference, RFC 3986).
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn documents_are_decoded_and_odd_ones_kept() {
        for (given, wanted) in [
            ("%7B%22Version%22%3A%222012-10-17%22%7D", r#"{"Version":"2012-10-17"}"#),
            (r#"{"Sid": "50%"}"#, r#"{"Sid": "50%"}"#),
            ("%zz%4", "%zz%4"),
            ("caf%C3%A9 +%2B", "café ++"),
            ("%FF", "%FF"),
            ("", ""),
        ] {
            assert_eq!(decoded(given), wanted);
        }
    }
}
