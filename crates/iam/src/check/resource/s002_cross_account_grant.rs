//! RES-002: a grant to strangers, or to another account without the bound of the organization.

use super::{allows, is_closed, within};
use crate::check::closing::is_everyone;
use crate::check::{Check, Report, ResourceFacts, Rule};
use crate::policy::Statement;
use base::Severity;
use serde_json::Value;

pub(in crate::check) const RULE: Rule = Rule {
    id: "RES-002",
    severity: Severity::Error,
    title: "grant to other accounts without the bound of the organization",
    why: "everyone, or everyone in an account that may leave the organization, can use the resource",
    check: Check::Resource(check),
};

const FIX: &str = "add `\"StringEquals\": {\"aws:PrincipalOrgID\": \"o-…\"}` to the statement's `Condition`";

/// Accounts of AWS's own from which load balancers write their logs ("Enable access logs for your Classic Load Balancer",
/// Elastic Load Balancing user guide). A bucket for logs has to name one of them.
const LOAD_BALANCING: &[&str] = &[
    "009996457667",
    "027434742980",
    "033677994240",
    "048591011584",
    "054676820928",
    "076674570225",
    "098369216593",
    "114774131450",
    "127311923021",
    "156460612806",
    "190560391635",
    "383597477331",
    "507241528517",
    "582318560864",
    "589379963580",
    "600734575887",
    "635631232127",
    "652711504416",
    "718504428378",
    "754344448648",
    "783225319266",
    "797873946194",
    "897822967062",
    "985666609251",
];

fn check(facts: &ResourceFacts<'_>, report: &mut Report<'_>) {
    public_acl(facts, report);
    permission(facts, report);
    // That everyone may use a key is another rule's matter.
    let key = matches!(facts.resource_type, "AWS::KMS::Key" | "AWS::KMS::ReplicaKey");
    let administrators = if key { administrators(facts) } else { Vec::new() };
    for (policy, statement) in allows(&facts.policies) {
        let Some(principal) = &statement.principal else { continue };
        if is_closed(policy, statement) {
            continue;
        }
        let path = within(policy, &statement.principal_path());
        if key && (principal.negated || is_everyone(principal)) {
            continue;
        }
        if principal.negated {
            report.add(path, "not", "`NotPrincipal` with `Allow` grants to everyone else", FIX);
        } else if is_everyone(principal) {
            report.add(path, "everyone", "everyone is granted access", FIX);
        } else {
            for (index, entry) in principal.aws.iter().enumerate() {
                let Some(account) = whole_account(entry)
                    .filter(|a| facts.account.is_some_and(|own| own != *a) && !LOAD_BALANCING.contains(a))
                    .filter(|a| !administrators.contains(a))
                else {
                    continue;
                };
                let at = within(policy, &principal.aws.path(&format!("{}/AWS", statement.principal_path()), index));
                report.add_as(
                    Severity::Warning,
                    at,
                    entry,
                    format!("every principal of account `{account}` is granted access"),
                    format!("name the role, or {FIX}"),
                );
            }
        }
    }
}

/// Accounts that may do everything with a key whose policy does not name its own account as such: a key nobody of its own
/// account may administer cannot be made, so one of them is its own.
fn administrators<'f>(facts: &'f ResourceFacts<'_>) -> Vec<&'f str> {
    let everything = |s: &&Statement| s.actions.values.iter().any(|a| a == "*" || a.eq_ignore_ascii_case("kms:*"));
    let all = allows(&facts.policies).map(|(_, s)| s).filter(everything).filter_map(|s| s.principal.as_ref());
    let entries: Vec<&str> = all.flat_map(|principal| principal.aws.iter()).collect();
    let own = facts.account.is_some_and(|own| entries.iter().any(|entry| entry.contains(own)));
    if own { Vec::new() } else { entries.into_iter().filter_map(whole_account).collect() }
}

/// Permissions that are resources of their own: of functions and of layers.
fn permission(facts: &ResourceFacts<'_>, report: &mut Report<'_>) {
    let (bound, fix) = match facts.resource_type {
        "AWS::Lambda::Permission" => ("/PrincipalOrgID", "name the role in `Principal`, or set `PrincipalOrgID`"),
        "AWS::Lambda::LayerVersionPermission" => ("/OrganizationId", "set `OrganizationId`"),
        _ => return,
    };
    let Some(principal) = facts.text("/Principal").filter(|_| !facts.has(bound)) else { return };
    if principal == "*" && facts.resource_type == "AWS::Lambda::LayerVersionPermission" {
        report.add("/Principal", principal, "everyone may use the layer", fix);
    }
    if let Some(account) = whole_account(principal).filter(|a| facts.account.is_some_and(|own| own != *a)) {
        let message = format!("every principal of account `{account}` is granted access");
        report.add_as(Severity::Warning, "/Principal", principal, message, fix);
    }
}

/// A canned access control list of S3 that grants to everyone, or to everyone with an AWS account ("Access control list
/// overview"), where the bucket does not block or ignore such lists.
fn public_acl(facts: &ResourceFacts<'_>, report: &mut Report<'_>) {
    let whom = match facts.text("/AccessControl") {
        Some("PublicRead") => "everyone may read",
        Some("PublicReadWrite") => "everyone may read and write",
        Some("AuthenticatedRead") => "everyone with an AWS account may read",
        _ => return,
    };
    let blocked = ["BlockPublicAcls", "IgnorePublicAcls"].iter().any(|name| {
        let value = facts.properties.and_then(|p| p.pointer(&format!("/PublicAccessBlockConfiguration/{name}")));
        value.is_some_and(|v| *v != Value::Bool(false) && v.as_str() != Some("false"))
    });
    if facts.resource_type == "AWS::S3::Bucket" && !blocked {
        let fix = "remove `AccessControl`, and grant in a bucket policy to whom it is for";
        report.add("/AccessControl", whom, format!("{whom} the bucket by its access control list"), fix);
    }
}

fn whole_account(entry: &str) -> Option<&str> {
    let account = entry.strip_suffix(":root").map_or(entry, |arn| arn.rsplit(':').next().unwrap_or_default());
    (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit())).then_some(account)
}

#[cfg(test)]
mod tests {
    use crate::check::samples::resource;
    use serde_json::{Value, json};

    #[test]
    fn grants_stay_in_the_organization() {
        let bucket = |principal: Value, condition: Value| {
            let grant = json!({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*", "Condition": condition});
            resource("RES-002", "AWS::S3::Bucket", json!({}), Some(grant))
        };
        assert_eq!(bucket(json!("*"), json!({})), ["error /policy/Statement/Principal: everyone is granted access"]);
        assert_eq!(
            bucket(json!({"AWS": ["arn:aws:iam::111111111111:root"]}), json!({})),
            ["warning /policy/Statement/Principal/AWS/0: every principal of account `111111111111` is granted access"]
        );
        assert_eq!(bucket(json!("*"), json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})).len(), 1);
        assert!(bucket(json!("*"), json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})).is_empty());
        let beside = |operator: &str, key: &str, value: &str| {
            let all =
                json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"});
            let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"], "Condition": {operator: {key: value}}});
            resource("RES-002", "AWS::S3::Bucket", json!({}), Some(json!([all, deny]))).len()
        };
        assert_eq!(beside("StringNotEquals", "aws:PrincipalOrgID", "o-1"), 0, "strangers are denied");
        assert_eq!(beside("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"), 0);
        assert_eq!(beside("StringEquals", "aws:PrincipalOrgID", "o-1"), 1, "its own are denied");
        assert_eq!(beside("Bool", "aws:SecureTransport", "false"), 1);
        assert_eq!(bucket(json!({"AWS": "arn:aws:iam::*:root"}), json!({})).len(), 1, "every account");
        assert!(bucket(json!({"AWS": "arn:aws:iam::222222222222:root"}), json!({})).is_empty(), "its own account");
        assert!(
            bucket(json!({"AWS": "arn:aws:iam::111111111111:role/reader"}), json!({})).is_empty(),
            "one named role"
        );
        assert!(bucket(json!({"AWS": "arn:aws:iam::127311923021:root"}), json!({})).is_empty(), "load balancers");
        let acl = |properties: Value| resource("RES-002", "AWS::S3::Bucket", properties, None);
        assert_eq!(
            acl(json!({"AccessControl": "PublicRead"})),
            ["error /AccessControl: everyone may read the bucket by its access control list"]
        );
        let blocked =
            json!({"AccessControl": "PublicRead", "PublicAccessBlockConfiguration": {"IgnorePublicAcls": true}});
        assert!(acl(blocked).is_empty());
        assert!(acl(json!({"AccessControl": "LogDeliveryWrite"})).is_empty());
        let key = |statements: Value| resource("RES-002", "AWS::KMS::Key", json!({}), Some(statements)).len();
        let all = |account: &str| json!({"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}, "Action": "kms:*", "Resource": "*"});
        let some =
            json!({"Effect": "Allow", "Principal": {"AWS": "333333333333"}, "Action": "kms:Decrypt", "Resource": "*"});
        assert_eq!(key(json!([all("111111111111")])), 0, "its own account, by number");
        assert_eq!(key(json!([all("111111111111"), some])), 1);
        assert_eq!(key(json!([all("222222222222"), all("111111111111")])), 1);
        let function = |properties: Value| resource("RES-002", "AWS::Lambda::Permission", properties, None);
        assert_eq!(function(json!({"Principal": "111111111111"})).len(), 1);
        assert!(function(json!({"Principal": "111111111111", "PrincipalOrgID": "o-1"})).is_empty());
        let layer = |properties: Value| resource("RES-002", "AWS::Lambda::LayerVersionPermission", properties, None);
        assert_eq!(layer(json!({"Principal": "*"})).len(), 1);
        assert!(layer(json!({"Principal": "*", "OrganizationId": "o-1"})).is_empty());
        let always = json!({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}});
        assert_eq!(bucket(json!("*"), always).len(), 1, "holds for callers without an organization");
        let any_organization = json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}});
        assert_eq!(bucket(json!("*"), any_organization).len(), 1);
        assert!(bucket(json!({"Service": "delivery.logs.amazonaws.com"}), json!({})).is_empty());
    }
}
