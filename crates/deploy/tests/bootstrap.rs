//! What a bootstrap makes, judged by our own checks and by the evaluator.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "bootstrap/plan_role.rs"]
mod plan_role;
#[path = "bootstrap/state_key.rs"]
mod state_key;

use base::{Diagnostic, Sources};
use iam::check::{
    ResourceFacts, Rights, RoleFacts, SessionUse, Stage, TrustFacts, check_resource, check_role, check_trust,
};
use iam::permissions::{Operation, ResourceUse, Scope, needed};
use iam::policy::{Kind, parse};
use iam::{NamedPolicy, PolicySet, Principal, Request, ResourcePolicy, authorize};
use landfall_deploy::bootstrap::{
    BootstrapStack, Found, Part, PipelineFacts, Settings, boundary_arn, pipeline_facts, read_bootstrap, stacks,
};
use landfall_deploy::project::read_pipeline_with;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const STAGING: &str = "111111111111";
const PRODUCTION: &str = "222222222222";
const CICD: &str = "999999999999";

const PIPELINE: &str = r#"
version: 1
organization: { id: o-a1b2c3d4e5, cicd_account_id: "999999999999", cicd_account_region: eu-west-1 }
state: s3://landfall-999999999999-eu-west-1/state/orders
artifacts:
  app: { type: sam, template: template.yaml }
stages:
  - { name: staging, account_id: "111111111111", region: eu-west-1 }
  - { name: production, account_id: "222222222222", region: eu-west-1, auto_rollback_alarm_name: health }
steps:
  - { name: deploy, type: sam, params: { artifact: app, stack_name: "orders-${{ stage.name }}", capabilities: [CAPABILITY_IAM] } }
"#;

const CIS: [(&str, &str); 9] = [
    ("github", "ci: github\nrepo: acme/orders\nowner_id: \"7\"\nrepo_id: \"42\"\n"),
    ("gitlab", "ci: gitlab\nproject: acme/orders\n"),
    (
        "azure",
        "ci: azure\norganization: acme\nazure_organization_id: 6f8a1b2c-0000-4000-8000-0123456789ab\nproject: shop\n",
    ),
    (
        "bitbucket",
        "ci: bitbucket\nworkspace: acme\nworkspace_id: 0c5e1b6d-0000-4000-8000-0123456789ab\nrepository_id: \"{1c5e1b6d-0000-4000-8000-0123456789ab}\"\nstages:\n  staging: { environment: 2c5e1b6d-0000-4000-8000-0123456789ab }\n  production: { environment: 3c5e1b6d-0000-4000-8000-0123456789ab }\n",
    ),
    (
        "circleci",
        "ci: circleci\ncircleci_organization_id: 4c5e1b6d-0000-4000-8000-0123456789ab\nproject_id: 5c5e1b6d-0000-4000-8000-0123456789ab\nrepo: github.com/acme/orders\n",
    ),
    ("buildkite", "ci: buildkite\norganization: acme\n"),
    ("hcp_terraform", "ci: hcp_terraform\norganization: acme\nproject: shop\n"),
    ("jenkins", "ci: jenkins\n"),
    ("ec2", "ci: ec2\nstages: { production: { agent: deployers-production } }\n"),
];

fn told(problems: &[Diagnostic], sources: &Sources) -> Vec<String> {
    problems.iter().map(|d| d.render(sources)).collect()
}

fn settings(text: &str) -> Settings {
    let mut sources = Sources::new();
    let file = sources.add(".landfall/bootstrap.yaml", text);
    let (settings, problems) = read_bootstrap(file, text);
    assert_eq!(told(&problems, &sources), [""; 0]);
    settings.unwrap()
}

/// The needs of a small serverless application, as CloudFormation would have them.
fn needs(stack: &str, account: &str, boundary: &str) -> Vec<iam::permissions::NeededAction> {
    let scope = Scope {
        region: "eu-west-1".into(),
        account: account.into(),
        stack: Some(stack.into()),
        artifact_bucket: Some(format!("landfall-{account}-eu-west-1")),
        boundary: Some(boundary.into()),
        ..Scope::default()
    };
    let mut all = Vec::new();
    let types = [
        ("AWS::Lambda::Function", &["/Code/S3Bucket", "/Role", "/Tags"][..]),
        ("AWS::IAM::Role", &["/Policies", "/ManagedPolicyArns", "/PermissionsBoundary", "/Tags"]),
        ("AWS::DynamoDB::Table", &["/BillingMode"]),
        ("AWS::SQS::Queue", &[]),
        ("AWS::CloudWatch::Alarm", &[]),
    ];
    let role = format!("{}-*", stack.chars().take(24).collect::<String>());
    for (resource_type, properties) in types {
        for operation in [Operation::Create, Operation::Update, Operation::Delete] {
            let references = [("RoleName", role.as_str())];
            let resource = ResourceUse { resource_type, properties, references: &references, ..Default::default() };
            all.extend(needed(&resource, operation, &scope).unwrap());
        }
    }
    all
}

fn facts(settings: &mut Settings, name: &str, text: &str) -> PipelineFacts {
    let mut sources = Sources::new();
    let file = sources.add("pipeline.yaml", text);
    let (pipeline, problems) = read_pipeline_with(name, file, text, Some(settings));
    assert_eq!(told(&problems, &sources), [""; 0]);
    settings.complete(pipeline.organization.as_ref());
    let (mut facts, problems) = pipeline_facts(&pipeline, settings, &BTreeMap::new());
    assert_eq!(told(&problems, &sources), [""; 0]);
    for target in facts.stages.iter_mut().flat_map(|s| &mut s.targets) {
        let boundary = boundary_arn(settings, name, target.region.partition(), &target.account);
        target.needed = needs(&target.stacks[0], target.account.as_str(), &boundary);
    }
    facts
}

/// All stacks of the example pipeline, without errors.
fn made(settings: &mut Settings) -> Vec<BootstrapStack> {
    let facts = facts(settings, "orders", PIPELINE);
    let (stacks, problems) = stacks(settings, &[facts], &Found::default());
    assert!(!problems.iter().any(Diagnostic::is_error), "{problems:?}");
    stacks
}

/// A generated role with everything that is said about it.
struct Role {
    arn: String,
    trust: Value,
    policies: Vec<NamedPolicy>,
}

fn named(name: &str, document: &Value, kind: Kind) -> NamedPolicy {
    let parsed = parse(document, kind);
    assert!(parsed.problems.is_empty(), "{name}: {:?}", parsed.problems);
    NamedPolicy::new(name, parsed.document)
}

fn resources<'s>(stack: &'s BootstrapStack, kind: &str) -> Vec<(&'s str, &'s Value)> {
    let all = stack.template["Resources"].as_object().unwrap().iter();
    all.filter(|(_, r)| r["Type"] == kind).map(|(id, r)| (id.as_str(), &r["Properties"])).collect()
}

/// A document as CloudFormation makes it: with the boundary's ARN.
fn deployed(stack: &BootstrapStack, document: &Value) -> Value {
    let boundary = format!("\"arn:aws:iam::{}:policy/landfall/landfall-orders.boundary\"", stack.account);
    serde_json::from_str(&document.to_string().replace("{\"Ref\":\"Boundary\"}", &boundary)).unwrap()
}

fn roles(stack: &BootstrapStack) -> Vec<Role> {
    let role = |(_, r): (&str, &Value)| {
        let arn = format!(
            "arn:aws:iam::{}:role{}{}",
            stack.account,
            r["Path"].as_str().unwrap(),
            r["RoleName"].as_str().unwrap()
        );
        let mut policies: Vec<NamedPolicy> = r["Policies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| named(p["PolicyName"].as_str().unwrap(), &deployed(stack, &p["PolicyDocument"]), Kind::Identity))
            .collect();
        for attached in r["ManagedPolicyArns"].as_array().into_iter().flatten() {
            let policy = &stack.template["Resources"][attached["Ref"].as_str().unwrap()]["Properties"];
            let arn = format!(
                "arn:aws:iam::{}:policy{}{}",
                stack.account,
                policy["Path"].as_str().unwrap(),
                policy["ManagedPolicyName"].as_str().unwrap()
            );
            policies.push(named(&arn, &policy["PolicyDocument"], Kind::Identity));
        }
        Role { arn, trust: r["AssumeRolePolicyDocument"].clone(), policies }
    };
    resources(stack, "AWS::IAM::Role").into_iter().map(role).collect()
}

/// Everything that our rules say about a stack.
fn findings(stack: &BootstrapStack, hub: bool) -> Vec<String> {
    let mut all = Vec::new();
    for role in roles(stack) {
        let trust = named("trust", &role.trust, Kind::Trust);
        let is_entered = role.arn.ends_with("-deploy") || role.arn.ends_with("-plan");
        let session = SessionUse {
            tags: hub && is_entered,
            source_identity: hub && is_entered,
            chained: hub && is_entered,
            duration_seconds: 3600,
        };
        let bootstrap = format!("arn:aws:cloudformation:*:{}:stack/landfall-bootstrap*/*", stack.account);
        let held = RoleFacts {
            name: &role.arn,
            arn: Some(&role.arn),
            account: Some(stack.account.as_str()),
            policies: role.policies,
            bootstrap_stacks: vec![&bootstrap],
            ..RoleFacts::default()
        };
        let facts = TrustFacts {
            account: Some(stack.account.as_str()),
            stage: if role.arn.contains(".production") { Stage::Production } else { Stage::Other },
            github_immutable: Some(true),
            session: Some(session),
            max_session_seconds: Some(3600),
            rights: Rights::of(&held),
            ..TrustFacts::new(&role.arn, &trust.document)
        };
        all.extend(check_trust(&facts));
        all.extend(check_role(&held));
    }
    for (id, resource) in stack.template["Resources"].as_object().unwrap() {
        let kind = resource["Type"].as_str().unwrap();
        let properties = &resource["Properties"];
        let policies = match kind {
            "AWS::S3::Bucket" => {
                vec![named("policy", &resources(stack, "AWS::S3::BucketPolicy")[0].1["PolicyDocument"], Kind::Resource)]
            }
            "AWS::KMS::Key" => vec![named("key", &properties["KeyPolicy"], Kind::Resource)],
            "AWS::ECR::Repository" => vec![named("images", &properties["RepositoryPolicyText"], Kind::Resource)],
            _ => Vec::new(),
        };
        all.extend(check_resource(&ResourceFacts {
            name: id,
            resource_type: kind,
            properties: Some(properties),
            policies,
            policies_complete: true,
            deletion_policy: Some(resource["DeletionPolicy"].as_str()),
            update_replace_policy: Some(resource["UpdateReplacePolicy"].as_str()),
            account: Some(stack.account.as_str()),
            ..ResourceFacts::default()
        }));
    }
    all.iter().map(|f| format!("{} {} {}: {}", f.rule, f.subject, f.path, f.message)).collect()
}

#[test]
fn our_own_checks_find_nothing_for_any_ci_and_way_in() {
    for (name, text) in CIS {
        for access in ["direct", "hub"] {
            if access == "direct" && ["jenkins", "ec2"].contains(&name) {
                continue;
            }
            let encryptions: &[&str] = if name == "github" { &["s3", "kms"] } else { &["s3"] };
            for encryption in encryptions {
                let more = format!(
                    "access: {access}\nencryption: {encryption}\nimage_repositories: [orders]\nexternal_id: orders-7\n"
                );
                let mut settings = settings(&format!("{text}{more}"));
                let stacks = made(&mut settings);
                let found: Vec<String> = stacks.iter().flat_map(|s| findings(s, access == "hub")).collect();
                assert_eq!(found, [""; 0], "{name} {access} {encryption}");
            }
        }
    }
}

#[test]
fn generated_templates_are_templates() {
    for (name, text) in CIS {
        let mut settings = settings(text);
        for stack in made(&mut settings) {
            let text = serde_json::to_string(&stack.template).unwrap();
            assert!(text.len() < 51_200, "{name} {}: {} bytes", stack.name, text.len());
            let mut sources = Sources::new();
            let file = sources.add(stack.name.as_str(), text.as_str());
            let (node, problems) = template::parse::parse(file, &text, template::parse::Dialect::Template);
            assert_eq!(told(&problems, &sources), [""; 0]);
            let (_, problems) = template::model::Template::read(&node);
            assert_eq!(told(&problems, &sources), [""; 0], "{name} {}", stack.name);
            // As a user would see them who runs `landfall check` on the file.
            let (found, problems) = landfall_deploy::review::template(&node, &node, None);
            let found: Vec<Diagnostic> = found.into_iter().map(|f| f.diagnostic).chain(problems).collect();
            assert_eq!(told(&found, &sources), [""; 0], "{name} {}", stack.name);
        }
    }
}

/// Whether a generated role may do something.
fn may(role: &Role, action: &str, resource: &str, keys: &[(&str, &str)]) -> bool {
    let account = role.arn.split(':').nth(4).unwrap().to_owned();
    let set = PolicySet { identity: role.policies.clone(), ..PolicySet::default() };
    let mut request = Request::new(Principal::role_session(&role.arn, "run"), action, resource);
    // Transforms belong to AWS and are used in the caller's account.
    let owner = resource.split(':').nth(4).filter(|a| !a.is_empty() && *a != "aws").map_or(account, str::to_owned);
    request = request.with("aws:ResourceAccount", &owner).owned_by(owner);
    for (key, value) in keys {
        request = request.with(key, *value);
    }
    authorize(&request, &set).is_allowed()
}

fn role(stacks: &[BootstrapStack], account: &str, end: &str) -> Role {
    let here = stacks.iter().filter(|s| s.account.as_str() == account);
    let mut found: Vec<Role> = here.flat_map(roles).filter(|r| r.arn.ends_with(end)).collect();
    assert_eq!(found.len(), 1, "{account} {end}");
    found.remove(0)
}

/// Action, resource, condition keys.
type Ask<'a> = (&'a str, String, &'a [(&'a str, &'a str)]);

#[test]
fn the_deployment_role_does_its_work_and_nothing_else() {
    let mut settings = settings(CIS[0].1);
    let stacks = made(&mut settings);
    let deploy = role(&stacks, STAGING, "orders.staging-deploy");
    let exec = role(&stacks, STAGING, "orders.staging-exec").arn;
    let stack = |name: &str| format!("arn:aws:cloudformation:eu-west-1:{STAGING}:stack/{name}/1");
    let by_exec = [("cloudformation:RoleArn", exec.as_str())];
    let passed = [("iam:PassedToService", "cloudformation.amazonaws.com")];
    let artifacts = "arn:aws:s3:::landfall-111111111111-eu-west-1/orders/staging/1f.zip";
    let allowed: [Ask<'_>; 9] = [
        ("cloudformation:CreateChangeSet", stack("orders-staging"), &by_exec),
        (
            "cloudformation:CreateChangeSet",
            "arn:aws:cloudformation:eu-west-1:aws:transform/Serverless-2016-10-31".into(),
            &[],
        ),
        ("cloudformation:ExecuteChangeSet", stack("orders-staging"), &[]),
        ("cloudformation:DeleteStack", stack("orders-staging"), &[]),
        ("cloudformation:TagResource", stack("orders-staging"), &[("cloudformation:CreateAction", "CreateChangeSet")]),
        ("iam:PassRole", exec.clone(), &passed),
        ("s3:PutObject", artifacts.into(), &[]),
        ("s3:ListBucket", "arn:aws:s3:::landfall-111111111111-eu-west-1".into(), &[]),
        ("iam:GetRolePolicy", exec.clone(), &[]),
    ];
    for (action, resource, keys) in &allowed {
        assert!(may(&deploy, action, resource, keys), "{action} {resource}");
    }
    let other = "arn:aws:iam::111111111111:role/landfall/landfall-billing.staging-exec";
    let boundary = "arn:aws:iam::111111111111:policy/landfall/landfall-orders.boundary";
    let refused: [Ask<'_>; 19] = [
        // Another pipeline's stack, another stage's stack.
        ("cloudformation:CreateChangeSet", stack("billing-staging"), &by_exec),
        ("cloudformation:ExecuteChangeSet", stack("orders-production"), &[]),
        ("cloudformation:DeleteStack", stack("orders-staging-2"), &[]),
        // With another role, or its own rights.
        ("cloudformation:CreateChangeSet", stack("orders-staging"), &[("cloudformation:RoleArn", other)]),
        ("cloudformation:CreateChangeSet", stack("orders-staging"), &[]),
        ("cloudformation:UpdateStack", stack("orders-staging"), &by_exec),
        ("cloudformation:SetStackPolicy", stack("orders-staging"), &[]),
        ("cloudformation:UpdateTerminationProtection", stack("orders-staging"), &[]),
        // The bootstrap.
        ("cloudformation:CreateChangeSet", stack("landfall-bootstrap"), &by_exec),
        ("cloudformation:DeleteStack", stack("landfall-bootstrap-roles-orders"), &[]),
        // Passing another role, or its own to something else.
        ("iam:PassRole", other.into(), &passed),
        ("iam:PassRole", exec.clone(), &[("iam:PassedToService", "lambda.amazonaws.com")]),
        // Widening itself.
        ("iam:PutRolePolicy", deploy.arn.clone(), &[("iam:PermissionsBoundary", boundary)]),
        ("iam:UpdateAssumeRolePolicy", deploy.arn.clone(), &[]),
        ("iam:CreatePolicyVersion", boundary.into(), &[]),
        (
            "iam:CreateRole",
            "arn:aws:iam::111111111111:role/orders-staging-x".into(),
            &[("iam:PermissionsBoundary", boundary)],
        ),
        // Other artifacts: of another stage, pipeline, account, and a bucket that somebody else was quicker to make.
        ("s3:PutObject", "arn:aws:s3:::landfall-111111111111-eu-west-1/billing/staging/1f.zip".into(), &[]),
        ("s3:GetObject", "arn:aws:s3:::landfall-222222222222-eu-west-1/orders/production/1f.zip".into(), &[]),
        ("s3:PutObject", artifacts.into(), &[("aws:ResourceAccount", "666666666666")]),
    ];
    for (action, resource, keys) in &refused {
        assert!(!may(&deploy, action, resource, keys), "{action} {resource}");
    }
}

#[test]
fn the_execution_role_makes_bounded_roles_only() {
    let mut settings = settings(CIS[0].1);
    let stacks = made(&mut settings);
    let exec = role(&stacks, STAGING, "orders.staging-exec");
    let boundary = "arn:aws:iam::111111111111:policy/landfall/landfall-orders.boundary";
    let bounded = [("iam:PermissionsBoundary", boundary)];
    let app = "arn:aws:iam::111111111111:role/orders-staging-FunctionRole-1A";
    let function = "arn:aws:lambda:eu-west-1:111111111111:function:orders-staging-Function-1A";
    for (action, resource, keys) in [
        ("iam:CreateRole", app, &bounded[..]),
        ("iam:PutRolePolicy", app, &bounded),
        ("iam:AttachRolePolicy", app, &bounded),
        ("iam:DeleteRole", app, &[]),
        ("iam:PassRole", app, &[("iam:PassedToService", "lambda.amazonaws.com")]),
        ("lambda:CreateFunction", function, &[]),
    ] {
        assert!(may(&exec, action, resource, keys), "{action} {resource}");
    }
    let other = "arn:aws:iam::111111111111:policy/landfall/landfall-billing.boundary";
    let bootstrap = "arn:aws:cloudformation:eu-west-1:111111111111:stack/landfall-bootstrap/1";
    for (action, resource, keys) in [
        ("iam:CreateRole", app, &[][..]),
        ("iam:CreateRole", app, &[("iam:PermissionsBoundary", other)]),
        ("iam:CreateRole", "arn:aws:iam::111111111111:role/billing-staging-x", &bounded),
        ("iam:PutRolePolicy", app, &[]),
        ("iam:DeleteRolePermissionsBoundary", app, &bounded),
        ("iam:PutRolePermissionsBoundary", app, &[("iam:PermissionsBoundary", other)]),
        ("iam:CreatePolicyVersion", boundary, &[]),
        ("iam:PutRolePolicy", &exec.arn, &bounded),
        ("iam:DeleteRolePolicy", &exec.arn, &[]),
        ("iam:UpdateAssumeRolePolicy", "arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-deploy", &[]),
        (
            "iam:PassRole",
            "arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-exec",
            &[("iam:PassedToService", "lambda.amazonaws.com")],
        ),
        ("cloudformation:UpdateStack", bootstrap, &[]),
        ("lambda:UpdateFunctionCode", "arn:aws:lambda:eu-west-1:111111111111:function:billing-staging-F-1", &[]),
        ("s3:GetObject", "arn:aws:s3:::landfall-222222222222-eu-west-1/orders/production/1f.zip", &[]),
    ] {
        assert!(!may(&exec, action, resource, keys), "{action} {resource}");
    }
}

/// The worst role that an application could make, within the boundary.
#[test]
fn under_the_boundary_no_known_way_up_is_open() {
    let mut settings = settings(CIS[0].1);
    let stacks = made(&mut settings);
    let stack =
        stacks.iter().find(|s| s.account.as_str() == STAGING && s.part == Part::Pipeline("orders".into())).unwrap();
    let boundary = named(
        "arn:aws:iam::111111111111:policy/landfall/landfall-orders.boundary",
        &stack.template["Resources"]["Boundary"]["Properties"]["PolicyDocument"],
        Kind::Boundary,
    );
    let services = [
        "apprunner",
        "autoscaling",
        "batch",
        "bedrock-agentcore",
        "cloudformation",
        "codebuild",
        "datapipeline",
        "ec2",
        "ec2-instance-connect",
        "ecs",
        "glue",
        "iam",
        "lambda",
        "sagemaker",
        "scheduler",
        "sso",
        "ssm",
        "states",
        "sts",
        "organizations",
        "s3",
        "cloudtrail",
    ];
    let wide: Vec<String> = services.iter().map(|s| format!("{s}:*")).collect();
    let wide = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": wide, "Resource": "*"}]});
    let arn = "arn:aws:iam::111111111111:role/orders-staging-FunctionRole-1A";
    let bootstrap = "arn:aws:cloudformation:*:111111111111:stack/landfall-bootstrap*/*";
    let found = check_role(&RoleFacts {
        name: "worst",
        arn: Some(arn),
        account: Some(STAGING),
        policies: vec![named("wide", &wide, Kind::Identity)],
        boundary: Some(boundary.clone()),
        bootstrap_stacks: vec![bootstrap],
        ..RoleFacts::default()
    });
    let open: Vec<String> = found
        .iter()
        .filter(|f| ["ROLE-003", "ROLE-004", "ROLE-005", "ROLE-006"].contains(&f.rule))
        .map(|f| format!("{}: {}", f.rule, f.message))
        .collect();
    assert_eq!(open, [""; 0]);
    let set = PolicySet {
        identity: vec![named("wide", &wide, Kind::Identity)],
        boundary: Some(boundary),
        ..PolicySet::default()
    };
    let ask = |action: &str, resource: &str| {
        let request =
            Request::new(Principal::role_session(arn, "s"), action, resource).with("aws:ResourceAccount", STAGING);
        authorize(&request.owned_by(STAGING), &set).is_allowed()
    };
    assert!(ask("s3:PutObject", "arn:aws:s3:::orders-data/x") && ask("ec2:DescribeVpcs", "*"));
    assert!(ask("sts:AssumeRole", arn));
    for (action, resource) in [
        ("s3:PutObject", "arn:aws:s3:::landfall-111111111111-eu-west-1/orders/staging/1f.zip"),
        ("s3:GetObject", "arn:aws:s3:::landfall-999999999999-eu-west-1/state/orders/lock"),
        ("sts:AssumeRole", "arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-deploy"),
        ("organizations:LeaveOrganization", "*"),
        ("cloudtrail:StopLogging", "arn:aws:cloudtrail:eu-west-1:111111111111:trail/all"),
    ] {
        assert!(!ask(action, resource), "{action}");
    }
}

#[test]
fn a_hub_leads_to_its_own_stage_only() {
    let mut settings = settings(&format!("{}access: hub\nexternal_id: orders-7\n", CIS[0].1));
    let stacks = made(&mut settings);
    let enter = |hub: &Role, action: &str, account: &str, stage: &str, keys: &[(&str, &str)]| {
        let target = role(&stacks, account, &format!("orders.{stage}-deploy"));
        let set = PolicySet {
            identity: hub.policies.clone(),
            resource: ResourcePolicy::Trust(named("trust", &target.trust, Kind::Trust)),
            ..PolicySet::default()
        };
        let mut request = Request::new(Principal::role_session(&hub.arn, "run"), action, &target.arn).owned_by(account);
        for (key, value) in keys {
            request = request.with(key, *value);
        }
        request.context.set_all("aws:TagKeys", ["landfall:pipeline", "landfall:stage", "landfall:run"]);
        authorize(&request, &set).is_allowed()
    };
    let keys = |stage: &'static str| {
        [
            ("sts:ExternalId", "orders-7"),
            ("aws:RequestTag/landfall:pipeline", "orders"),
            ("aws:RequestTag/landfall:stage", stage),
            ("aws:RequestTag/landfall:run", "r-1"),
            ("sts:SourceIdentity", "someone"),
        ]
    };
    let hub = role(&stacks, CICD, "orders.staging-hub");
    for action in ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] {
        assert!(enter(&hub, action, STAGING, "staging", &keys("staging")), "{action}");
        assert!(!enter(&hub, action, PRODUCTION, "production", &keys("production")), "{action}");
    }
    assert!(!enter(&hub, "sts:AssumeRole", STAGING, "staging", &keys("production")), "another stage's tag");
    assert!(!enter(&hub, "sts:AssumeRole", STAGING, "staging", &keys("staging")[1..]), "without the external id");
    let impostor = Role { arn: hub.arn.replace(CICD, STAGING), ..role(&stacks, CICD, "orders.staging-hub") };
    assert!(!enter(&impostor, "sts:AssumeRole", STAGING, "staging", &keys("staging")), "of another account");
    assert!(may(&hub, "s3:PutObject", "arn:aws:s3:::landfall-999999999999-eu-west-1/state/orders/lock", &[]));
    assert!(!may(&hub, "s3:PutObject", "arn:aws:s3:::landfall-999999999999-eu-west-1/state/billing/lock", &[]));
}

/// A template's documents, a statement a line.
fn shown(stack: &BootstrapStack) -> String {
    let mut out = String::new();
    let mut document = |title: &str, document: &Value| {
        out.push_str(&format!("{title}\n"));
        for statement in document["Statement"].as_array().unwrap() {
            out.push_str(&format!("  {statement}\n"));
        }
    };
    for (id, resource) in stack.template["Resources"].as_object().unwrap() {
        let p = &resource["Properties"];
        for key in ["AssumeRolePolicyDocument", "PolicyDocument"] {
            if p.get(key).is_some() {
                document(&format!("{id} {key}"), &p[key]);
            }
        }
        for policy in p["Policies"].as_array().into_iter().flatten() {
            document(&format!("{id} {}", policy["PolicyName"].as_str().unwrap()), &policy["PolicyDocument"]);
        }
    }
    out
}

/// A stage without templates: what every stage has.
fn small(text: &str, part: &Part) -> BootstrapStack {
    let pipeline = "
version: 1
organization: { id: o-a1b2c3d4e5, cicd_account_id: \"999999999999\", cicd_account_region: eu-west-1 }
stages: [{ name: staging, account_id: \"111111111111\", region: eu-west-1 }]
steps: [{ name: deploy, type: cloudformation, params: { template: t.yaml, stack_name: orders } }]
";
    let mut settings = settings(text);
    let (read, _) = read_pipeline_with("orders", base::FileId(0), pipeline, Some(&settings));
    settings.complete(read.organization.as_ref());
    let (facts, _) = pipeline_facts(&read, &settings, &BTreeMap::new());
    let (all, problems) = stacks(&settings, &[facts], &Found::default());
    assert!(problems.iter().all(|d| d.code.as_str() == "BOOT-022"), "{problems:?}");
    all.into_iter().rfind(|s| s.part == *part).unwrap()
}

#[test]
fn the_roles_of_a_small_pipeline() {
    let stack = small("ci: github\nrepo: acme/orders\n", &Part::Pipeline("orders".into()));
    insta::assert_snapshot!(stack.summary.join("\n"), @r#"
    boundary `landfall-orders.boundary`: the most that roles made by `orders` may do
    execution role `landfall-orders.staging-exec`: 0 actions in 0 policies
    deployment role `landfall-orders.staging-deploy`: stacks `orders`; entered by tokens with the subject `repo:acme/orders:environment:staging`
    "#);
    insta::assert_snapshot!(shown(&stack), @r#"
    Boundary PolicyDocument
      {"Sid":"Most","Effect":"Allow","Action":"*","Resource":"*"}
      {"Sid":"NeverIdentities","Effect":"Deny","Action":["iam:Add*","iam:Attach*","iam:Create*","iam:Deactivate*","iam:Delete*","iam:Detach*","iam:Disable*","iam:Enable*","iam:Put*","iam:Remove*","iam:Resync*","iam:Set*","iam:Tag*","iam:Up*","iam:Untag*"],"Resource":"*"}
      {"Sid":"NeverBeyond","Effect":"Deny","Action":["account:*","cloudtrail:Delete*","cloudtrail:Put*","cloudtrail:StopLogging","cloudtrail:Update*","config:Delete*","config:Put*","config:Stop*","controltower:*","guardduty:Delete*","guardduty:Disassociate*","guardduty:Update*","iam:GetAccountAuthorizationDetails","identitystore:*","organizations:*","ram:*","rolesanywhere:*","securityhub:Disable*","sso-directory:*","sso:*","sts:GetFederationToken","sts:SetSourceIdentity"],"Resource":"*"}
      {"Sid":"NeverStacks","Effect":"Deny","Action":["cloudformation:CancelUpdateStack","cloudformation:Continue*","cloudformation:Create*","cloudformation:Delete*","cloudformation:Execute*","cloudformation:Import*","cloudformation:RecordHandlerProgress","cloudformation:RollbackStack","cloudformation:SetStackPolicy","cloudformation:SignalResource","cloudformation:TagResource","cloudformation:UntagResource","cloudformation:Update*"],"Resource":"*"}
      {"Sid":"NeverOthersRuns","Effect":"Deny","Action":["apprunner:UpdateService","bedrock-agentcore:ConnectBrowserAutomationStream","bedrock-agentcore:InvokeAgentRuntimeCommand","bedrock-agentcore:InvokeCodeInterpreter","bedrock-agentcore:StartCodeInterpreterSession","codebuild:StartBuild","codebuild:StartBuildBatch","codebuild:UpdateProject","ec2-instance-connect:*","ec2:CreateLaunchTemplateVersion","ec2:ModifyInstanceAttribute","ec2:ModifyLaunchTemplate","ec2:RequestSpotInstances","ec2:RunInstances","ecs:ExecuteCommand","glue:UpdateDevEndpoint","glue:UpdateJob","sagemaker:CreateNotebookInstanceLifecycleConfig","sagemaker:CreatePresignedNotebookInstanceUrl","sagemaker:UpdateNotebookInstance","ssm:ResumeSession","ssm:SendCommand","ssm:StartSession","states:UpdateStateMachine"],"Resource":"*"}
      {"Sid":"NeverOthersCode","Effect":"Deny","Action":["lambda:AddPermission","lambda:CreateEventSourceMapping","lambda:CreateFunction","lambda:UpdateFunctionCode","lambda:UpdateFunctionConfiguration"],"NotResource":"arn:aws:lambda:*:111111111111:function:orders-*"}
      {"Sid":"NeverPassOthers","Effect":"Deny","Action":"iam:PassRole","NotResource":"arn:aws:iam::111111111111:role/orders-*"}
      {"Sid":"NeverAssumeOthers","Effect":"Deny","Action":"sts:AssumeRole","NotResource":"arn:aws:iam::111111111111:role/orders-*","Condition":{"StringEquals":{"aws:ResourceAccount":"111111111111"}}}
      {"Sid":"NeverAssumeOurs","Effect":"Deny","Action":"sts:AssumeRole","Resource":["arn:aws:iam::*:role/landfall/*","arn:aws:iam::*:role/OrganizationAccountAccessRole","arn:aws:iam::*:role/AWSControlTowerExecution"]}
      {"Sid":"NeverArtifacts","Effect":"Deny","Action":"s3:*","Resource":["arn:aws:s3:::landfall-111111111111-*","arn:aws:s3:::landfall-111111111111-*/*"]}
    StagingExecutionRole AssumeRolePolicyDocument
      {"Sid":"CloudFormation","Effect":"Allow","Principal":{"Service":"cloudformation.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEqualsIfExists":{"aws:SourceAccount":"111111111111"}}}
    StagingExecutionRole walls
      {"Sid":"NeverOwnLimits","Effect":"Deny","Action":["iam:Add*","iam:Attach*","iam:Create*","iam:Deactivate*","iam:Delete*","iam:Detach*","iam:Disable*","iam:Enable*","iam:Put*","iam:Remove*","iam:Resync*","iam:Set*","iam:Tag*","iam:Up*","iam:Untag*"],"Resource":["arn:aws:iam::111111111111:role/landfall/*","arn:aws:iam::111111111111:policy/landfall/*","arn:aws:iam::111111111111:instance-profile/landfall/*","arn:aws:iam::111111111111:oidc-provider/*","arn:aws:iam::111111111111:saml-provider/*"]}
      {"Sid":"NeverWithoutBoundary","Effect":"Deny","Action":["iam:AttachRolePolicy","iam:AttachUserPolicy","iam:CreateRole","iam:CreateUser","iam:PutRolePermissionsBoundary","iam:PutRolePolicy","iam:PutUserPermissionsBoundary","iam:PutUserPolicy"],"Resource":"*","Condition":{"StringNotEquals":{"iam:PermissionsBoundary":{"Ref":"Boundary"}}}}
      {"Sid":"NeverUnbound","Effect":"Deny","Action":["iam:DeleteRolePermissionsBoundary","iam:DeleteUserPermissionsBoundary"],"Resource":"*"}
      {"Sid":"NeverPassOurs","Effect":"Deny","Action":["iam:PassRole","sts:AssumeRole"],"Resource":"arn:aws:iam::111111111111:role/landfall/*"}
      {"Sid":"NeverBootstrap","Effect":"Deny","Action":["cloudformation:CancelUpdateStack","cloudformation:Continue*","cloudformation:Create*","cloudformation:Delete*","cloudformation:Execute*","cloudformation:Import*","cloudformation:RecordHandlerProgress","cloudformation:RollbackStack","cloudformation:SetStackPolicy","cloudformation:SignalResource","cloudformation:TagResource","cloudformation:UntagResource","cloudformation:Update*"],"Resource":"arn:aws:cloudformation:*:111111111111:stack/landfall-bootstrap*/*"}
    StagingDeploymentRole AssumeRolePolicyDocument
      {"Sid":"PipelineStage","Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:sub":"repo:acme/orders:environment:staging"}}}
    StagingDeploymentRole deploy
      {"Sid":"ReadStacks","Effect":"Allow","Action":["cloudformation:DescribeChangeSet","cloudformation:DescribeStackEvents","cloudformation:DescribeStacks"],"Resource":"arn:aws:cloudformation:eu-west-1:111111111111:stack/orders/*"}
      {"Sid":"MakeChangeSets","Effect":"Allow","Action":"cloudformation:CreateChangeSet","Resource":"arn:aws:cloudformation:eu-west-1:111111111111:stack/orders/*","Condition":{"StringEquals":{"cloudformation:RoleArn":"arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-exec"}}}
      {"Sid":"RunChangeSets","Effect":"Allow","Action":["cloudformation:CancelUpdateStack","cloudformation:DeleteChangeSet","cloudformation:ExecuteChangeSet"],"Resource":"arn:aws:cloudformation:eu-west-1:111111111111:stack/orders/*"}
      {"Sid":"DeleteUnfinishedStacks","Effect":"Allow","Action":"cloudformation:DeleteStack","Resource":"arn:aws:cloudformation:eu-west-1:111111111111:stack/orders/*","Condition":{"StringEqualsIfExists":{"cloudformation:RoleArn":"arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-exec"}}}
      {"Sid":"TagStacks","Effect":"Allow","Action":["cloudformation:TagResource","cloudformation:UntagResource"],"Resource":"arn:aws:cloudformation:eu-west-1:111111111111:stack/orders/*","Condition":{"StringLike":{"cloudformation:CreateAction":["CreateChangeSet","ExecuteChangeSet"]}}}
      {"Sid":"UseTransforms","Effect":"Allow","Action":"cloudformation:CreateChangeSet","Resource":"arn:aws:cloudformation:eu-west-1:aws:transform/*"}
      {"Sid":"FindArtifacts","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::landfall-111111111111-eu-west-1","Condition":{"StringEquals":{"aws:ResourceAccount":"111111111111"}}}
      {"Sid":"KeepArtifacts","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::landfall-111111111111-eu-west-1/orders/staging/*","Condition":{"StringEquals":{"aws:ResourceAccount":"111111111111"}}}
      {"Sid":"PassExecutionRole","Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-exec","Condition":{"StringEquals":{"iam:PassedToService":"cloudformation.amazonaws.com"}}}
      {"Sid":"ReadBootstrap","Effect":"Allow","Action":"cloudformation:DescribeStacks","Resource":"arn:aws:cloudformation:*:111111111111:stack/landfall-bootstrap*/*"}
      {"Sid":"ReadOwnRoles","Effect":"Allow","Action":["iam:GetRole","iam:GetRolePolicy","iam:ListAttachedRolePolicies","iam:ListRolePolicies"],"Resource":["arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-deploy","arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-exec"]}
      {"Sid":"ReadOwnPolicies","Effect":"Allow","Action":["iam:GetPolicy","iam:GetPolicyVersion"],"Resource":"arn:aws:iam::111111111111:policy/landfall/landfall-*"}
      {"Sid":"NeverIdentities","Effect":"Deny","Action":["iam:Add*","iam:Attach*","iam:Create*","iam:Deactivate*","iam:Delete*","iam:Detach*","iam:Disable*","iam:Enable*","iam:Put*","iam:Remove*","iam:Resync*","iam:Set*","iam:Tag*","iam:Up*","iam:Untag*"],"Resource":"*"}
      {"Sid":"NeverBootstrap","Effect":"Deny","Action":["cloudformation:CancelUpdateStack","cloudformation:Continue*","cloudformation:Create*","cloudformation:Delete*","cloudformation:Execute*","cloudformation:Import*","cloudformation:RecordHandlerProgress","cloudformation:RollbackStack","cloudformation:SetStackPolicy","cloudformation:SignalResource","cloudformation:TagResource","cloudformation:UntagResource","cloudformation:Update*"],"Resource":"arn:aws:cloudformation:*:111111111111:stack/landfall-bootstrap*/*"}
      {"Sid":"NeverProtection","Effect":"Deny","Action":["cloudformation:SetStackPolicy","cloudformation:UpdateTerminationProtection"],"Resource":"*"}
      {"Sid":"NeverOtherRoles","Effect":"Deny","Action":"iam:PassRole","NotResource":"arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-exec"}
    "#);
}

#[test]
fn the_hub_of_a_small_pipeline() {
    let text = "ci: gitlab\nproject: acme/orders\naccess: hub\n";
    insta::assert_snapshot!(shown(&small(text, &Part::Hub("orders".into()))), @r#"
    StagingHubRole AssumeRolePolicyDocument
      {"Sid":"PipelineStage","Effect":"Allow","Principal":{"Federated":"arn:aws:iam::999999999999:oidc-provider/gitlab.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"gitlab.com:aud":"https://gitlab.com","gitlab.com:sub":"project_path:acme/orders:ref_type:branch:ref:staging"}}}
    StagingHubRole enter
      {"Sid":"EnterStages","Effect":"Allow","Action":["sts:AssumeRole","sts:SetSourceIdentity","sts:TagSession"],"Resource":"arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-deploy"}
    "#);
}

#[test]
fn what_an_account_shares() {
    let text = "ci: github\nrepo: acme/orders\n";
    let target = small(text, &Part::Account);
    assert_eq!(target.account.as_str(), STAGING);
    insta::assert_snapshot!(shown(&target), @r#"
    ArtifactBucketPolicy PolicyDocument
      {"Sid":"OnlyEncrypted","Effect":"Deny","Action":"s3:*","Resource":["arn:aws:s3:::landfall-111111111111-eu-west-1","arn:aws:s3:::landfall-111111111111-eu-west-1/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Principal":{"AWS":"*"}}
      {"Sid":"OnlyThisAccount","Effect":"Deny","Action":"s3:*","Resource":["arn:aws:s3:::landfall-111111111111-eu-west-1","arn:aws:s3:::landfall-111111111111-eu-west-1/*"],"Condition":{"StringNotEquals":{"aws:PrincipalAccount":"111111111111"},"Bool":{"aws:PrincipalIsAWSService":"false"}},"Principal":{"AWS":"*"}}
    "#);
    let facts = facts(&mut settings(text), "orders", PIPELINE);
    let mut settings = settings(text);
    settings.complete(None);
    settings.cicd_account = Some(base::AccountId::new(CICD).unwrap());
    settings.organization_id = Some("o-a1b2c3d4e5".into());
    let (all, _) = stacks(&settings, &[facts], &Found::default());
    assert_eq!(all[0].account.as_str(), CICD, "the CI/CD account comes first");
    insta::assert_snapshot!(shown(&all[0]), @r#"
    ArtifactBucketPolicy PolicyDocument
      {"Sid":"OnlyEncrypted","Effect":"Deny","Action":"s3:*","Resource":["arn:aws:s3:::landfall-999999999999-eu-west-1","arn:aws:s3:::landfall-999999999999-eu-west-1/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Principal":{"AWS":"*"}}
      {"Sid":"OnlyThisOrganization","Effect":"Deny","Action":"s3:*","Resource":["arn:aws:s3:::landfall-999999999999-eu-west-1","arn:aws:s3:::landfall-999999999999-eu-west-1/*"],"Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"Bool":{"aws:PrincipalIsAWSService":"false"}},"Principal":{"AWS":"*"}}
      {"Sid":"ReadArtifacts","Effect":"Allow","Action":["s3:GetObject","s3:GetObjectVersion"],"Resource":"arn:aws:s3:::landfall-999999999999-eu-west-1/artifacts/*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/landfall/landfall-*-deploy","arn:aws:iam::*:role/landfall/landfall-*-exec"]}},"Principal":{"AWS":"*"}}
      {"Sid":"FindState","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::landfall-999999999999-eu-west-1","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/landfall/landfall-*-deploy","arn:aws:iam::*:role/landfall/landfall-*-plan"]}},"Principal":{"AWS":"*"}}
      {"Sid":"KeepState","Effect":"Allow","Action":["s3:DeleteObject","s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::landfall-999999999999-eu-west-1/state/${aws:PrincipalTag/landfall:pipeline}/*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/landfall/landfall-*-deploy"]}},"Principal":{"AWS":"*"}}
      {"Sid":"ReadState","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::landfall-999999999999-eu-west-1/state/${aws:PrincipalTag/landfall:pipeline}/*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/landfall/landfall-*-plan"]}},"Principal":{"AWS":"*"}}
      {"Sid":"OnlyPipelinesPublish","Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::landfall-999999999999-eu-west-1/artifacts/*","Condition":{"ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/landfall/landfall-*-hub","arn:aws:iam::*:role/landfall/landfall-*-deploy","arn:aws:iam::*:role/landfall/landfall-*-agent"]}},"Principal":{"AWS":"*"}}
    "#);
}
