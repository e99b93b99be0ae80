//! Who may become whom.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use jiff::SignedDuration;
use landfall_sandbox::World;
use landfall_sandbox::wire::xml;
use serde_json::json;
use support::{Client, DEPLOY, HUB, administrator, anonymous, request};

fn refusal<T>(result: Result<T, String>) -> String {
    result.err().unwrap_or_else(|| "allowed".to_owned())
}

#[test]
fn a_chain_of_roles_keeps_source_identity_and_transitive_tags() {
    let mut world = World::demo();
    let tags = [
        ("SourceIdentity", "acme-42"),
        ("Tags.member.1.Key", "run"),
        ("Tags.member.1.Value", "r1"),
        ("TransitiveTagKeys.member.1", "run"),
    ];
    let hub = administrator("999999999999").assume(&mut world, HUB, &tags).unwrap();
    assert_eq!(hub.arn(&mut world).unwrap(), "arn:aws:sts::999999999999:assumed-role/landfall-hub/run-1");
    hub.assume(&mut world, DEPLOY, &[]).unwrap();
    let session =
        world.credentials.values().filter_map(|c| c.principal.session()).find(|s| s.role_arn == DEPLOY).unwrap();
    assert_eq!(session.source_identity.as_deref(), Some("acme-42"));
    assert_eq!(session.tags.get("run").map(String::as_str), Some("r1"));
    assert_eq!(
        refusal(hub.assume(&mut world, DEPLOY, &[("SourceIdentity", "someone-else")])),
        "AccessDenied: Source identity cannot be changed once it is set in the session."
    );
}

#[test]
fn tags_and_source_identity_need_their_own_leave() {
    let mut world = World::demo();
    let staging = administrator("111111111111");
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sts:AssumeRole"}]});
    let create = [("RoleName", "plain"), ("AssumeRolePolicyDocument", &trust.to_string())];
    staging.query(&mut world, "iam", "CreateRole", &create).unwrap();
    let role = "arn:aws:iam::111111111111:role/plain";
    staging.assume(&mut world, role, &[]).unwrap();
    let tag = [("Tags.member.1.Key", "run"), ("Tags.member.1.Value", "r1")];
    let text = refusal(staging.assume(&mut world, role, &tag));
    assert!(
        text.contains("is not authorized to perform: sts:TagSession on resource: arn:aws:iam::111111111111:role/plain"),
        "{text}"
    );
    let text = refusal(staging.assume(&mut world, role, &[("SourceIdentity", "me")]));
    assert!(text.contains("sts:SetSourceIdentity"), "{text}");
}

#[test]
fn durations_are_limited_and_chains_last_an_hour() {
    let mut world = World::demo();
    let cicd = administrator("999999999999");
    let hub = cicd.assume(&mut world, HUB, &[("DurationSeconds", "3600")]).unwrap();
    let cases = [
        (&cicd, HUB, "3601", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
        (
            &hub,
            DEPLOY,
            "3601",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ),
        (&cicd, HUB, "899", "Member must have value greater than or equal to 900"),
        (&cicd, HUB, "43201", "Member must have value less than or equal to 43200"),
    ];
    for (who, role, seconds, text) in cases {
        let found = refusal(who.assume(&mut world, role, &[("DurationSeconds", seconds)]));
        assert!(found.starts_with("ValidationError: ") && found.ends_with(text), "{found}");
    }
    let goal = world.now() + SignedDuration::from_secs(3599);
    world.advance_to(goal);
    assert!(hub.arn(&mut world).is_ok());
    world.advance_to(goal + SignedDuration::from_secs(1));
    assert_eq!(refusal(hub.arn(&mut world)), "ExpiredToken: The security token included in the request is expired");
    assert_eq!(
        refusal(hub.json(&mut world, "organizations", "AWSOrganizationsV20161128.ListRoots", json!({}))),
        "ExpiredTokenException: The security token included in the request is expired"
    );
}

#[test]
fn a_role_that_is_made_again_is_another_role() {
    let mut world = World::demo();
    let cicd = administrator("999999999999");
    let get = |world: &mut World| {
        let role =
            administrator("111111111111").query(world, "iam", "GetRole", &[("RoleName", "landfall-deploy")]).unwrap();
        role.child("Role").unwrap().child_text("AssumeRolePolicyDocument").unwrap().to_owned()
    };
    assert!(get(&mut world).contains("role%2Flandfall-hub"));
    for name in ["become-deploy-roles", "keep-artifacts", "read-own-limits"] {
        let action = "DeleteRolePolicy";
        cicd.query(&mut world, "iam", action, &[("RoleName", "landfall-hub"), ("PolicyName", name)]).unwrap();
    }
    cicd.query(&mut world, "iam", "DeleteRole", &[("RoleName", "landfall-hub")]).unwrap();
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"999999999999"},"Action":"sts:AssumeRole"}]}"#;
    let create = [("RoleName", "landfall-hub"), ("AssumeRolePolicyDocument", trust)];
    cicd.query(&mut world, "iam", "CreateRole", &create).unwrap();
    let attach = [("RoleName", "landfall-hub"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")];
    cicd.query(&mut world, "iam", "AttachRolePolicy", &attach).unwrap();
    let hub = cicd.assume(&mut world, HUB, &[]).unwrap();
    let text = refusal(hub.assume(&mut world, DEPLOY, &[]));
    assert!(
        text.starts_with(
            "AccessDenied: User: arn:aws:sts::999999999999:assumed-role/landfall-hub/run-1 is not authorized"
        ),
        "{text}"
    );
    assert!(get(&mut world).contains("AROA"), "the trust policy shows the id of the role that is gone");
}

#[test]
fn a_session_policy_narrows_and_never_widens() {
    let mut world = World::demo();
    let hub = administrator("999999999999").assume(&mut world, HUB, &[]).unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ListAccountAliases","iam:ListRoles"],"Resource":"*"}]}"#;
    let narrow = hub.assume(&mut world, DEPLOY, &[("Policy", policy)]).unwrap();
    narrow.query(&mut world, "iam", "ListAccountAliases", &[]).unwrap();
    let text = refusal(narrow.query(&mut world, "iam", "GetRole", &[("RoleName", "landfall-deploy")]));
    assert!(text.ends_with("because no session policy allows the iam:GetRole action"), "{text}");
    let text = refusal(narrow.query(&mut world, "iam", "ListRoles", &[]));
    assert!(text.ends_with("because no identity-based policy allows the iam:ListRoles action"), "{text}");
    let broken = refusal(hub.assume(&mut world, DEPLOY, &[("Policy", "{")]));
    assert_eq!(broken, "MalformedPolicyDocument: Syntax errors in policy.");
}

#[test]
fn strangers_broken_keys_and_suspended_accounts_are_turned_away() {
    let mut world = World::demo();
    let unknown = Client::with_key("AKIAIOSFODNN7EXAMPLE", "x");
    assert_eq!(
        refusal(unknown.arn(&mut world)),
        "InvalidClientTokenId: The security token included in the request is invalid."
    );
    let suspended = administrator("666666666666");
    assert_eq!(
        refusal(suspended.arn(&mut world)),
        "InvalidClientTokenId: The security token included in the request is invalid."
    );
    let opt_in = administrator("111111111111").in_region("eu-south-2");
    assert_eq!(
        refusal(opt_in.arn(&mut world)),
        "InvalidClientTokenId: The security token included in the request is invalid."
    );
    let unsigned = request("POST", "/", "", b"Action=GetCallerIdentity&Version=2011-06-15");
    let answer = anonymous(&mut world, &unsigned);
    assert_eq!(answer.status, 403);
    assert!(String::from_utf8(answer.body).unwrap().contains("<Code>MissingAuthenticationToken</Code>"));
    let hub = administrator("999999999999").assume(&mut world, HUB, &[]).unwrap();
    let mut forged = request("POST", "/", "", b"Action=GetCallerIdentity&Version=2011-06-15");
    hub.sign(&mut forged, "sts");
    forged.body = b"Action=GetSessionToken&Version=2011-06-15".to_vec();
    forged.headers.remove("x-amz-content-sha256");
    let answer = anonymous(&mut world, &forged);
    assert!(String::from_utf8(answer.body).unwrap().contains("<Code>SignatureDoesNotMatch</Code>"));
}

/// Becomes the hub with a token that has these claims; gives the caller's ARN.
fn with_token(world: &mut World, change: impl FnOnce(&mut serde_json::Value)) -> Result<String, String> {
    let now = world.now().as_second();
    let mut claims = json!({
        "iss": "https://token.actions.githubusercontent.com",
        "aud": "sts.amazonaws.com",
        "sub": "repo:acme/orders:environment:production",
        "iat": now,
        "exp": now + 300,
    });
    change(&mut claims);
    let token = world.token_issuer.sign(&claims);
    let form = format!(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={HUB}&RoleSessionName=ci&WebIdentityToken={token}"
    );
    let answer = anonymous(world, &request("POST", "/", "", form.as_bytes()));
    let root = xml::parse(&answer.body).unwrap();
    if let Some(error) = root.child("Error") {
        return Err(format!("{}: {}", error.child_text("Code").unwrap(), error.child_text("Message").unwrap()));
    }
    Client::from_credentials(root.child("AssumeRoleWithWebIdentityResult").unwrap(), "us-east-1").arn(world)
}

#[test]
fn web_identities_are_checked_against_the_trust() {
    let mut world = World::demo();
    let arn = with_token(&mut world, |_| {});
    assert_eq!(arn.as_deref(), Ok("arn:aws:sts::999999999999:assumed-role/landfall-hub/ci"));
    let refused = "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity";
    assert_eq!(refusal(with_token(&mut world, |c| c["sub"] = json!("repo:acme/orders:pull_request"))), refused);
    assert_eq!(
        refusal(with_token(&mut world, |c| c["sub"] = json!("repo:evil/orders:environment:production"))),
        refused
    );
    assert_eq!(
        refusal(with_token(&mut world, |c| c["aud"] = json!("https://github.com/acme"))),
        "InvalidIdentityToken: Incorrect token audience"
    );
    assert_eq!(
        refusal(with_token(&mut world, |c| c["iss"] = json!("https://gitlab.com"))),
        "InvalidIdentityToken: No OpenIDConnect provider found in your account for https://gitlab.com"
    );
    let old = refusal(with_token(&mut world, |c| c["exp"] = json!(c["exp"].as_i64().unwrap() - 601)));
    assert!(old.starts_with("ExpiredTokenException: Token expired"), "{old}");
    let skewed = with_token(&mut world, |c| c["exp"] = json!(c["exp"].as_i64().unwrap() - 599));
    assert!(skewed.is_ok(), "five minutes of skew are allowed");
}

#[test]
fn service_control_policies_limit_administrators_and_boundaries_limit_roles() {
    let text = r#"
organization: { id: o-test, root: r-test, management: "000000000001" }
units: [{ id: ou-test-a, name: a }]
accounts:
  - { id: "000000000001", name: management }
  - { id: "111111111111", name: one, unit: ou-test-a }
service_control_policies:
  - name: no roles
    targets: [ou-test-a]
    document: { Version: "2012-10-17", Statement: { Effect: Deny, Action: "iam:CreateRole", Resource: "*" } }
policies:
  - accounts: ["000000000001"]
    name: edge
    document: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "iam:ListRoles", Resource: "*" } }
roles:
  - accounts: ["000000000001"]
    name: bounded
    trust: { Version: "2012-10-17", Statement: { Effect: Allow, Principal: { AWS: ACCOUNT }, Action: "sts:AssumeRole" } }
    managed: ["arn:aws:iam::aws:policy/AdministratorAccess"]
    boundary: "arn:aws:iam::ACCOUNT:policy/edge"
"#;
    let (mut world, diagnostics) = World::from_yaml(text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}]}"#;
    let create = [("RoleName", "x"), ("AssumeRolePolicyDocument", trust)];
    assert_eq!(
        refusal(administrator("111111111111").query(&mut world, "iam", "CreateRole", &create)),
        "AccessDenied: User: arn:aws:iam::111111111111:user/administrator is not authorized to perform: iam:CreateRole on \
         resource: arn:aws:iam::111111111111:role/x with an explicit deny in a service control policy"
    );
    let management = administrator("000000000001");
    management.query(&mut world, "iam", "CreateRole", &create).unwrap();
    let bounded = management.assume(&mut world, "arn:aws:iam::000000000001:role/bounded", &[]).unwrap();
    bounded.query(&mut world, "iam", "ListRoles", &[]).unwrap();
    let text = refusal(bounded.query(&mut world, "iam", "GetRole", &[("RoleName", "x")]));
    assert!(text.ends_with("because no permissions boundary allows the iam:GetRole action"), "{text}");
}

#[test]
fn nobody_trusts_everyone_at_a_shared_issuer() {
    let mut world = World::demo();
    let cicd = administrator("999999999999");
    let mut create = |name: &str, condition: serde_json::Value| {
        let federated = "arn:aws:iam::999999999999:oidc-provider/token.actions.githubusercontent.com";
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": federated},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }]});
        let parameters = [("RoleName", name), ("AssumeRolePolicyDocument", &trust.to_string())];
        cicd.query(&mut world, "iam", "CreateRole", &parameters).map(|_| ())
    };
    let (aud, sub) = ("token.actions.githubusercontent.com:aud", "token.actions.githubusercontent.com:sub");
    let text = refusal(create("a", json!({"StringEquals": {aud: "sts.amazonaws.com"}})));
    assert!(text.starts_with("MalformedPolicyDocument: "), "{text}");
    let text = refusal(create("b", json!({"StringLike": {sub: "*"}})));
    assert!(text.starts_with("MalformedPolicyDocument: "), "{text}");
    assert_eq!(create("c", json!({"StringLike": {sub: "repo:acme/*"}})), Ok(()));
}
