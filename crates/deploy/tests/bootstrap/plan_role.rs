//! The roles of pull requests: what they may do, who gets in, and which CI can have them.

use crate::{CICD, CIS, Role, STAGING, findings, made, may, named, role, roles, settings, shown, small, told};
use base::{Diagnostic, Sources};
use iam::policy::Kind;
use iam::trust::{Token, accept};
use landfall_deploy::bootstrap::{Part, Settings, read_bootstrap};
use serde_json::json;

/// The CI systems whose pull requests can have a role, with the keys that ask for one, the subject of a pull request, and
/// that of a job that deploys to staging.
const PLANS: [(&str, &str, &str, &str); 4] = [
    ("github", "plan_role: true\n", "repo:acme@7/orders@42:pull_request", "repo:acme@7/orders@42:environment:staging"),
    ("azure", "plan_role: true\n", "sc://acme/shop/orders-plan", "sc://acme/shop/orders-staging"),
    (
        "bitbucket",
        "plan_role: true\nplan_environment: \"{6c5e1b6d-0000-4000-8000-0123456789ab}\"\n",
        "{1c5e1b6d-0000-4000-8000-0123456789ab}:{6c5e1b6d-0000-4000-8000-0123456789ab}:{9c5e1b6d-0000-4000-8000-0123456789ab}",
        "{1c5e1b6d-0000-4000-8000-0123456789ab}:{2c5e1b6d-0000-4000-8000-0123456789ab}:{9c5e1b6d-0000-4000-8000-0123456789ab}",
    ),
    (
        "hcp_terraform",
        "plan_role: true\n",
        "organization:acme:project:shop:workspace:orders-staging:run_phase:plan",
        "organization:acme:project:shop:workspace:orders-staging:run_phase:apply",
    ),
];

fn text_of(ci: &str) -> &'static str {
    CIS.iter().find(|(name, _)| *name == ci).unwrap().1
}

fn with(ci: &str, more: &str) -> Settings {
    settings(&format!("{}{more}", text_of(ci)))
}

#[test]
fn our_own_checks_find_nothing_in_plan_roles() {
    for (ci, ask, ..) in PLANS {
        for (access, encryption) in [("direct", "s3"), ("hub", "s3"), ("direct", "kms"), ("hub", "kms")] {
            let mut settings = with(ci, &format!("{ask}access: {access}\nencryption: {encryption}\n"));
            let stacks = made(&mut settings);
            let plan = stacks.iter().flat_map(roles).filter(|r| r.arn.ends_with("plan")).count();
            assert_eq!(plan, if access == "hub" { 3 } else { 2 }, "{ci} {access}");
            let found: Vec<String> = stacks.iter().flat_map(|s| findings(s, access == "hub")).collect();
            assert_eq!(found, [""; 0], "{ci} {access} {encryption}");
        }
    }
}

/// As a user would see them who runs `landfall check` on the template: a hub role's rights are those of the roles that it
/// leads to, which are not in its template.
#[test]
fn what_a_template_does_not_tell_of_a_hub_is_told() {
    let seen = |access: &str| {
        let mut settings = with("github", &format!("plan_role: true\naccess: {access}\n"));
        let mut all = Vec::new();
        for stack in made(&mut settings) {
            let text = serde_json::to_string(&stack.template).unwrap();
            let mut sources = Sources::new();
            let file = sources.add(stack.name.as_str(), text.as_str());
            let node = template::parse::parse(file, &text, template::parse::Dialect::Template).0;
            let found = landfall_deploy::review::template(&node, &node, None).0;
            all.extend(found.iter().map(|f| format!("{:?} {}", f.diagnostic.severity, f.diagnostic.message)));
        }
        all
    };
    assert_eq!(seen("direct"), [""; 0]);
    insta::assert_debug_snapshot!(seen("hub"), @r#"
    [
        "Note `PullRequestsPlanRole`: `repo:acme@7/orders@42:pull_request` lets pull requests in, and on into other roles: those must only read",
    ]
    "#);
}

#[test]
fn the_plan_role_of_a_small_pipeline() {
    let ours = |text: String| {
        let lines: Vec<&str> = text.lines().collect();
        let at = lines.iter().position(|l| l.contains("Plan")).unwrap();
        lines[at..].join("\n")
    };
    let text = format!("{}plan_role: true\n", text_of("github"));
    insta::assert_snapshot!(ours(shown(&small(&text, &Part::Pipeline("orders".into())))), @r#"
    StagingPlanRole AssumeRolePolicyDocument
      {"Sid":"PipelineStage","Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:repository_id":"42","token.actions.githubusercontent.com:sub":"repo:acme@7/orders@42:pull_request"}}}
    StagingPlanRole plan
      {"Sid":"ReadStacks","Effect":"Allow","Action":"cloudformation:DescribeStacks","Resource":"arn:aws:cloudformation:eu-west-1:111111111111:stack/orders/*"}
      {"Sid":"ReadBootstrap","Effect":"Allow","Action":"cloudformation:DescribeStacks","Resource":"arn:aws:cloudformation:*:111111111111:stack/landfall-bootstrap*/*"}
      {"Sid":"ReadOwnRoles","Effect":"Allow","Action":["iam:GetRole","iam:GetRolePolicy","iam:ListAttachedRolePolicies","iam:ListRolePolicies"],"Resource":["arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-deploy","arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-exec"]}
      {"Sid":"ReadOwnPolicies","Effect":"Allow","Action":["iam:GetPolicy","iam:GetPolicyVersion"],"Resource":"arn:aws:iam::111111111111:policy/landfall/landfall-*"}
    "#);
    let text = format!("{text}access: hub\nsubject: both\n");
    let hub = small(&text, &Part::Hub("orders".into()));
    insta::assert_snapshot!(hub.summary.join("\n"), @r"
    hub role `landfall-orders.staging-hub`, which enters `staging` of `orders`
    hub role `landfall-orders.plan`, which enters the plan roles of `staging` of `orders`
    ");
    insta::assert_snapshot!(ours(shown(&hub)), @r#"
    PullRequestsPlanRole AssumeRolePolicyDocument
      {"Sid":"PipelineStage","Effect":"Allow","Principal":{"Federated":"arn:aws:iam::999999999999:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:repository_id":"42","token.actions.githubusercontent.com:sub":["repo:acme/orders:pull_request","repo:acme@7/orders@42:pull_request"]}}}
    PullRequestsPlanRole enter
      {"Sid":"EnterStages","Effect":"Allow","Action":["sts:AssumeRole","sts:SetSourceIdentity","sts:TagSession"],"Resource":"arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-plan"}
    "#);
}

#[test]
fn a_plan_role_reads_its_stage_and_changes_nothing() {
    let stacks = made(&mut with("github", "plan_role: true\n"));
    let plan = role(&stacks, STAGING, "orders.staging-plan");
    let stack = |name: &str| format!("arn:aws:cloudformation:eu-west-1:{STAGING}:stack/{name}/1");
    let exec = role(&stacks, STAGING, "orders.staging-exec").arn;
    let by_exec = [("cloudformation:RoleArn", exec.as_str())];
    let passed = [("iam:PassedToService", "cloudformation.amazonaws.com")];
    let state = |key: &str| format!("arn:aws:s3:::landfall-{CICD}-eu-west-1/state/orders/{key}");
    let allowed = [
        ("cloudformation:DescribeStacks", stack("orders-staging")),
        ("cloudformation:DescribeStacks", stack("landfall-bootstrap-roles-orders")),
        ("iam:GetRolePolicy", exec.clone()),
        ("s3:GetObject", state("orders/good/staging/111111111111/eu-west-1.json")),
        ("s3:GetObject", state("artifacts/sha256/00")),
    ];
    for (action, resource) in &allowed {
        assert!(may(&plan, action, resource, &[]), "{action} {resource}");
    }
    let code = "arn:aws:s3:::landfall-111111111111-eu-west-1/orders/staging/1f.zip";
    let deploy = role(&stacks, STAGING, "orders.staging-deploy").arn;
    let refused: [crate::Ask<'_>; 14] = [
        ("cloudformation:DescribeStacks", stack("billing-staging"), &[]),
        ("cloudformation:CreateChangeSet", stack("orders-staging"), &by_exec),
        ("cloudformation:ExecuteChangeSet", stack("orders-staging"), &[]),
        ("cloudformation:DeleteStack", stack("orders-staging"), &by_exec),
        ("cloudformation:GetTemplate", stack("orders-staging"), &[]),
        ("iam:PassRole", exec.clone(), &passed),
        ("iam:PutRolePolicy", plan.arn.clone(), &[]),
        ("sts:AssumeRole", deploy, &[]),
        ("s3:GetObject", code.into(), &[]),
        ("s3:PutObject", code.into(), &[]),
        ("s3:GetObject", state("orders/runs/r1/journal/00000001.json"), &[]),
        ("s3:PutObject", state("orders/good/staging/111111111111/eu-west-1.json"), &[]),
        ("s3:DeleteObject", state("orders/lock.json"), &[]),
        ("secretsmanager:GetSecretValue", format!("arn:aws:secretsmanager:eu-west-1:{STAGING}:secret:a"), &[]),
    ];
    for (action, resource, keys) in &refused {
        assert!(!may(&plan, action, resource, keys), "{action} {resource}");
    }
    let hub = role(&made(&mut with("github", "plan_role: true\naccess: hub\n")), CICD, "/landfall-orders.plan");
    assert!(may(&hub, "s3:GetObject", &state("artifacts/sha256/00"), &[]));
    assert!(!may(&hub, "s3:PutObject", &state("orders/lock.json"), &[]));
}

/// Whether a role lets in a token of the CI with a subject.
fn lets_in(role: &Role, subject: &str) -> bool {
    let statement = &role.trust["Statement"][0];
    let provider = statement["Principal"]["Federated"].as_str().unwrap();
    let address = provider.split_once("oidc-provider/").unwrap().1;
    let audience = statement["Condition"]["StringEquals"][format!("{address}:aud")].as_str().unwrap();
    let claims = json!({"iss": format!("https://{address}"), "aud": audience, "sub": subject, "exp": 1300, "repository_id": "42"});
    let token = Token { claims: claims.as_object().unwrap().clone() };
    accept(&token, &role.arn, (provider, &[audience]), &named("trust", &role.trust, Kind::Trust), 1000).is_ok()
}

/// A token of a pull request opens the plan role and no other; one that deploys does not open the plan role.
#[test]
fn tokens_open_the_roles_that_they_are_for() {
    for (ci, ask, request, push) in PLANS {
        for access in ["direct", "hub"] {
            let more = match (ci, access) {
                ("azure", "direct") => "plan_service_connection: \"{pipeline}-plan\"\n",
                _ => "",
            };
            let stacks = made(&mut with(ci, &format!("{ask}access: {access}\n{more}")));
            let doors: Vec<Role> =
                stacks.iter().flat_map(roles).filter(|r| r.trust.to_string().contains("oidc-provider")).collect();
            assert_eq!(doors.len(), if access == "hub" { 3 } else { 4 }, "{ci} {access}");
            let opened = |subject: &str| -> Vec<&str> {
                let open = doors.iter().filter(|r| lets_in(r, subject)).map(|r| r.arn.rsplit('/').next().unwrap());
                open.collect()
            };
            let plan: &[&str] = match (access, ci) {
                ("hub", _) => &["landfall-orders.plan"],
                // A run of HCP Terraform is one of a workspace, and each stage has its own.
                (_, "hcp_terraform") => &["landfall-orders.staging-plan"],
                _ => &["landfall-orders.staging-plan", "landfall-orders.production-plan"],
            };
            assert_eq!(opened(request), plan, "{ci} {access}");
            let deploy = if access == "hub" { "landfall-orders.staging-hub" } else { "landfall-orders.staging-deploy" };
            assert_eq!(opened(push), [deploy], "{ci} {access}");
            assert_eq!(opened(&request.replace("acme", "evil").replace("{1c", "{7c")), [""; 0], "{ci} {access}");
        }
    }
}

#[test]
fn where_pull_requests_cannot_be_told_apart_no_role_is_made() {
    let refused = |ci: &str| {
        let text = format!("{}plan_role: true\n", text_of(ci));
        let mut sources = Sources::new();
        let (settings, problems) = read_bootstrap(sources.add("bootstrap.yaml", text.as_str()), &text);
        assert!(settings.is_none());
        told(&problems, &sources).join("\n")
    };
    for ci in ["gitlab", "circleci", "buildkite", "jenkins", "ec2"] {
        assert!(refused(ci).contains("BOOT-007"), "{ci}");
    }
    insta::assert_snapshot!(refused("gitlab"), @r"
    error[BOOT-007] bootstrap.yaml:3:12: no plan role can be made: tokens of this CI do not tell pull requests from pushes
      3 | plan_role: true
        |            ^^^^
      fix: remove it: a role for pull requests would have to trust every branch
    ");
    insta::assert_snapshot!(refused("bitbucket"), @r"
    error[BOOT-007] bootstrap.yaml:8:12: no plan role can be made: tokens of Bitbucket name no pull request, but a deployment environment
      8 | plan_role: true
        |            ^^^^
      fix: make an environment for pull requests, and give its UUID as `plan_environment`
    ");
}

/// A service connection that deploys must not be that of pull requests.
#[test]
fn a_token_for_both_is_an_error() {
    let mut settings = with("azure", "plan_role: true\nplan_service_connection: \"{pipeline}-staging\"\n");
    let facts = crate::facts(&mut settings, "orders", crate::PIPELINE);
    let (_, problems) = landfall_deploy::bootstrap::stacks(&settings, &[facts], &crate::Found::default());
    let found: Vec<&Diagnostic> = problems.iter().filter(|d| d.is_error()).collect();
    insta::assert_snapshot!(found.iter().map(|d| format!("{} {}", d.code, d.message)).collect::<Vec<_>>().join("\n"), @"BOOT-008 `orders/staging` and `pull requests` are entered with the same token");
}

#[test]
fn names_of_plan_roles_are_nobody_elses() {
    let settings = with("github", "plan_role: true\n");
    let hub = landfall_deploy::bootstrap::plan_hub_role(&settings, "orders");
    assert_eq!(hub, "landfall/landfall-orders.plan");
    // A stage may be called `plan`.
    assert_ne!(hub, landfall_deploy::bootstrap::hub_role(&settings, "orders", "plan"));
    let long = landfall_deploy::bootstrap::plan_hub_role(&settings, &"o".repeat(80));
    assert_eq!(long.trim_start_matches("landfall/").len(), 64);
    assert!(long.ends_with(".plan"));
}
