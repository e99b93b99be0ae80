//! The state lives in the CI/CD account's bucket. Where that has a key of its own, whoever keeps state uses it, and nobody else.

use super::{CICD, CIS, PRODUCTION, Role, STAGING, deployed, made, named, resources, role, settings};
use iam::policy::Kind;
use iam::{PolicySet, Principal, Request, ResourcePolicy, authorize};
use landfall_deploy::bootstrap::BootstrapStack;

const KEY: &str = "arn:aws:kms:eu-west-1:999999999999:key/1234";

/// Whether a role may ask something of the key, by its own policies and the key's.
fn uses(stacks: &[BootstrapStack], role: &Role, action: &str, service: &str) -> bool {
    let home = stacks.iter().find(|s| s.account.as_str() == CICD && !resources(s, "AWS::KMS::Key").is_empty()).unwrap();
    let (_, key) = resources(home, "AWS::KMS::Key")[0];
    let policy = named("key", &deployed(home, &key["KeyPolicy"]), Kind::Resource);
    let resource = ResourcePolicy::Governing(policy);
    let set = PolicySet { identity: role.policies.clone(), resource, ..PolicySet::default() };
    let mut request = Request::new(Principal::role_session(&role.arn, "run"), action, KEY).owned_by(CICD);
    request.context.set_all("kms:ResourceAliases", ["alias/landfall-artifacts"]);
    let request = request.with("kms:ViaService", service).with("aws:PrincipalOrgID", "o-a1b2c3d4e5");
    authorize(&request, &set).is_allowed()
}

#[test]
fn whoever_keeps_the_state_uses_its_key() {
    let s3 = "s3.eu-west-1.amazonaws.com";
    for (access, account, end) in
        [("hub", CICD, "orders.staging-hub"), ("direct", STAGING, "staging-deploy"), ("direct", PRODUCTION, "n-deploy")]
    {
        let text = format!("{}access: {access}\nencryption: kms\nplan_role: true\n", CIS[0].1);
        let stacks = made(&mut settings(&text));
        let keeps = role(&stacks, account, end);
        for action in ["kms:Decrypt", "kms:GenerateDataKey"] {
            assert!(uses(&stacks, &keeps, action, s3), "{end} {action}");
            assert!(!uses(&stacks, &keeps, action, "ec2.eu-west-1.amazonaws.com"), "{end} {action}");
        }
        assert!(!uses(&stacks, &keeps, "kms:ScheduleKeyDeletion", s3), "{end}");
        let (account, end) = if access == "hub" { (CICD, "orders.plan") } else { (STAGING, "staging-plan") };
        let plans = role(&stacks, account, end);
        assert!(uses(&stacks, &plans, "kms:Decrypt", s3), "{end}");
        assert!(!uses(&stacks, &plans, "kms:GenerateDataKey", s3), "{end} writes nothing");
    }
    let text = format!("{}access: hub\n", CIS[0].1);
    let hub = role(&made(&mut settings(&text)), CICD, "orders.staging-hub");
    let keys =
        |p: &iam::NamedPolicy| p.document.statements.iter().any(|s| s.actions.values.iter().any(|a| a.contains("kms")));
    assert!(!hub.policies.iter().any(keys), "S3's own keys need no rights");
}
