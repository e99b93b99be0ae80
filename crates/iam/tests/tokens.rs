//! Every issuer's tokens against the trust policy that we write for it: the right one gets in, every wrong one does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use landfall_iam::trust::{
    CiIdentity, GitHubIds, GitHubPlace, HubTrust, Refusal, RunPhase, SubjectForm, Token, accept, ci_trust, hub_trust,
};
use landfall_iam::{Kind, NamedPolicy, PolicySet, Principal, Request, ResourcePolicy, authorize, parse};
use serde_json::{Value, json};

const NOW: i64 = 1_795_312_800;
const ACCOUNT: &str = "222222222222";
const ROLE: &str = "arn:aws:iam::222222222222:role/landfall/deploy-prod";

fn judge(ci: &CiIdentity, claims: Value) -> Result<(), Refusal> {
    let document = parse(&ci_trust("aws", ACCOUNT, ci), Kind::Trust).accept().unwrap_or_else(|p| panic!("{p:#?}"));
    let trust = NamedPolicy::new("trust policy", document);
    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{}", ci.address());
    // The provider also knows another audience, as an account's one provider for many roles may.
    let audience = ci.audience();
    let clients = [audience.as_str(), "another-audience"];
    let token = Token { claims: claims.as_object().unwrap().clone() };
    accept(&token, ROLE, (&provider, &clients), &trust, NOW)
}

fn kind(result: Result<(), Refusal>) -> &'static str {
    match result {
        Ok(()) => "in",
        Err(Refusal::NoProvider { .. }) => "issuer",
        Err(Refusal::Audience) => "audience",
        Err(Refusal::Expired { .. }) => "expired",
        Err(Refusal::Missing { .. }) => "incomplete",
        Err(Refusal::Trust(_)) => "trust",
    }
}

/// A right token, and what is changed in it.
fn check(ci: &CiIdentity, subject: &str, wrong_subjects: &[(&str, &str)]) {
    let right = json!({"iss": format!("https://{}", ci.address()), "aud": ci.audience(), "sub": subject, "exp": NOW + 300,
        "repository_id": "22", "repository": "acme/shop"});
    let with = |key: &str, value: Value| {
        let mut claims = right.clone();
        claims[key] = value;
        kind(judge(ci, claims))
    };
    assert_eq!(kind(judge(ci, right.clone())), "in", "{subject}");
    for (what, subject) in wrong_subjects {
        assert_eq!(with("sub", json!(subject)), "trust", "{what}: {subject}");
    }
    assert_eq!(with("aud", json!("somebody-else")), "audience");
    assert_eq!(with("aud", json!("another-audience")), "trust");
    assert_eq!(with("exp", json!(NOW - 301)), "expired");
    assert_eq!(with("exp", json!(NOW - 299)), "in", "IAM allows five minutes of skew");
    assert_eq!(with("exp", Value::Null), "expired");
    assert_eq!(with("iss", json!(format!("https://{}.evil.example", ci.address()))), "issuer");
    assert_eq!(with("sub", Value::Null), "trust");
}

fn github(form: SubjectForm, ids: Option<GitHubIds>, place: GitHubPlace) -> CiIdentity {
    CiIdentity::GitHub {
        address: "token.actions.githubusercontent.com".into(),
        owner: "acme".into(),
        repository: "shop".into(),
        ids,
        form,
        place,
    }
}

#[test]
fn github_classic() {
    check(
        &github(SubjectForm::Classic, None, GitHubPlace::Environment("production".into())),
        "repo:acme/shop:environment:production",
        &[
            ("other organization", "repo:evil/shop:environment:production"),
            ("other repository", "repo:acme/blog:environment:production"),
            ("look-alike organization", "repo:acme-evil/shop:environment:production"),
            ("look-alike repository", "repo:acme/shop-evil:environment:production"),
            ("branch", "repo:acme/shop:ref:refs/heads/main"),
            ("pull request", "repo:acme/shop:pull_request"),
            ("other stage", "repo:acme/shop:environment:staging"),
            ("look-alike stage", "repo:acme/shop:environment:production2"),
            ("case", "repo:Acme/shop:environment:production"),
            ("immutable form", "repo:acme@1/shop@22:environment:production"),
        ],
    );
    check(
        &github(SubjectForm::Classic, None, GitHubPlace::Branch("main".into())),
        "repo:acme/shop:ref:refs/heads/main",
        &[
            ("look-alike branch", "repo:acme/shop:ref:refs/heads/main-evil"),
            ("other branch", "repo:acme/shop:ref:refs/heads/dev"),
            ("tag with the branch's name", "repo:acme/shop:ref:refs/tags/main"),
            ("pull request", "repo:acme/shop:pull_request"),
        ],
    );
}

#[test]
fn github_immutable() {
    let ids = Some(GitHubIds { owner: "1".into(), repository: "22".into() });
    let ci = github(SubjectForm::Immutable, ids.clone(), GitHubPlace::Environment("prod: eu".into()));
    check(
        &ci,
        "repo:acme@1/shop@22:environment:prod%3A eu",
        &[
            ("renamed squatter", "repo:acme@9/shop@99:environment:prod%3A eu"),
            ("other repository", "repo:acme@1/blog@23:environment:prod%3A eu"),
            ("look-alike", "repo:acme@12/shop@22:environment:prod%3A eu"),
            ("branch", "repo:acme@1/shop@22:ref:refs/heads/main"),
            ("pull request", "repo:acme@1/shop@22:pull_request"),
            ("other stage", "repo:acme@1/shop@22:environment:staging"),
            ("classic form", "repo:acme/shop:environment:prod%3A eu"),
        ],
    );
    let both = github(SubjectForm::Both, ids, GitHubPlace::Environment("prod".into()));
    for subject in ["repo:acme/shop:environment:prod", "repo:acme@1/shop@22:environment:prod"] {
        let claims = |id: &str| {
            json!({"iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com",
            "sub": subject, "exp": NOW + 300, "repository_id": id})
        };
        assert_eq!(kind(judge(&both, claims("22"))), "in");
        assert_eq!(kind(judge(&both, claims("99"))), "trust", "a repository that took the name over");
    }
}

#[test]
fn gitlab() {
    check(
        &CiIdentity::GitLab {
            address: "gitlab.com".into(),
            project: "acme/team/shop".into(),
            reference: ("branch".into(), "main".into()),
            audience: None,
        },
        "project_path:acme/team/shop:ref_type:branch:ref:main",
        &[
            ("other group", "project_path:evil/team/shop:ref_type:branch:ref:main"),
            ("other project", "project_path:acme/team/blog:ref_type:branch:ref:main"),
            ("look-alike", "project_path:acme/team/shop2:ref_type:branch:ref:main"),
            ("other branch, also of a merge request", "project_path:acme/team/shop:ref_type:branch:ref:feature"),
            ("tag with the branch's name", "project_path:acme/team/shop:ref_type:tag:ref:main"),
            ("longer branch", "project_path:acme/team/shop:ref_type:branch:ref:main-evil"),
        ],
    );
}

#[test]
fn azure_pipelines() {
    check(
        &CiIdentity::AzurePipelines {
            organization_id: "7d1e".into(),
            organization: "acme".into(),
            project: "shop".into(),
            service_connection: "aws-prod".into(),
        },
        "sc://acme/shop/aws-prod",
        &[
            ("other organization", "sc://evil/shop/aws-prod"),
            ("other project", "sc://acme/blog/aws-prod"),
            ("other stage", "sc://acme/shop/aws-staging"),
            ("look-alike", "sc://acme/shop/aws-prod2"),
        ],
    );
}

#[test]
fn bitbucket() {
    let ci = |environment: Option<&str>| CiIdentity::Bitbucket {
        workspace: "acme".into(),
        workspace_id: "w-1".into(),
        repository_id: "r-1".into(),
        environment_id: environment.map(str::to_owned),
    };
    check(
        &ci(Some("e-prod")),
        "{r-1}:{e-prod}:{step-7}",
        &[
            ("other repository", "{r-2}:{e-prod}:{step-7}"),
            ("look-alike", "{r-12}:{e-prod}:{step-7}"),
            ("other stage", "{r-1}:{e-staging}:{step-7}"),
            ("no stage", "{r-1}:{step-7}"),
        ],
    );
    let claims = json!({"iss": format!("https://{}", ci(None).address()), "aud": ["custom", ci(None).audience()], "sub": "{r-1}:{s}", "exp": NOW});
    assert_eq!(kind(judge(&ci(None), claims)), "in", "a list of audiences");
}

#[test]
fn circleci() {
    check(
        &CiIdentity::CircleCi {
            organization_id: "o-1".into(),
            project_id: "p-1".into(),
            source: Some(("github.com/acme/shop".into(), "main".into())),
        },
        "org/o-1/project/p-1/user/0aabbccd-0123-4567-89ab-0123456789ab/vcs-origin/github.com/acme/shop/vcs-ref/refs/heads/main",
        &[
            (
                "other organization",
                "org/o-2/project/p-1/user/0aabbccd-0123-4567-89ab-0123456789ab/vcs-origin/github.com/acme/shop/vcs-ref/refs/heads/main",
            ),
            (
                "other project",
                "org/o-1/project/p-2/user/0aabbccd-0123-4567-89ab-0123456789ab/vcs-origin/github.com/acme/shop/vcs-ref/refs/heads/main",
            ),
            (
                "fork",
                "org/o-1/project/p-1/user/0aabbccd-0123-4567-89ab-0123456789ab/vcs-origin/github.com/evil/shop/vcs-ref/refs/heads/main",
            ),
            (
                "other branch",
                "org/o-1/project/p-1/user/0aabbccd-0123-4567-89ab-0123456789ab/vcs-origin/github.com/acme/shop/vcs-ref/refs/heads/dev",
            ),
            (
                "fork with a branch that ends like ours",
                "org/o-1/project/p-1/user/0aabbccd-0123-4567-89ab-0123456789ab/vcs-origin/github.com/evil/shop/vcs-ref/refs/heads/x/vcs-origin/github.com/acme/shop/vcs-ref/refs/heads/main",
            ),
            ("first version", "org/o-1/project/p-1/user/0aabbccd-0123-4567-89ab-0123456789ab"),
        ],
    );
}

#[test]
fn buildkite() {
    check(
        &CiIdentity::Buildkite { organization: "acme".into(), pipeline: "shop-prod".into(), branch: "main".into() },
        "organization:acme:pipeline:shop-prod:ref:refs/heads/main:commit:0a1b:step:deploy",
        &[
            ("other organization", "organization:evil:pipeline:shop-prod:ref:refs/heads/main:commit:0a1b:step:deploy"),
            ("other pipeline", "organization:acme:pipeline:shop-staging:ref:refs/heads/main:commit:0a1b:step:deploy"),
            ("look-alike", "organization:acme:pipeline:shop-prod2:ref:refs/heads/main:commit:0a1b:step:deploy"),
            ("other branch", "organization:acme:pipeline:shop-prod:ref:refs/heads/dev:commit:0a1b:step:deploy"),
            (
                "look-alike branch",
                "organization:acme:pipeline:shop-prod:ref:refs/heads/main-evil:commit:0a1b:step:deploy",
            ),
        ],
    );
}

#[test]
fn hcp_terraform() {
    check(
        &CiIdentity::HcpTerraform {
            organization: "acme".into(),
            project: "p".into(),
            workspace: "shop".into(),
            phase: RunPhase::Apply,
        },
        "organization:acme:project:p:workspace:shop:run_phase:apply",
        &[
            ("other organization", "organization:evil:project:p:workspace:shop:run_phase:apply"),
            ("other workspace", "organization:acme:project:p:workspace:blog:run_phase:apply"),
            ("plan", "organization:acme:project:p:workspace:shop:run_phase:plan"),
        ],
    );
}

#[test]
fn names_with_wildcards_in_them_stay_names() {
    let ci = github(SubjectForm::Classic, None, GitHubPlace::Environment("p*d".into()));
    check(&ci, "repo:acme/shop:environment:p*d", &[("wildcard", "repo:acme/shop:environment:prod")]);
    let ci = CiIdentity::Buildkite { organization: "acme".into(), pipeline: "shop".into(), branch: "rel-*".into() };
    let subject = |branch: &str| format!("organization:acme:pipeline:shop:ref:refs/heads/{branch}:commit:1:step:s");
    check(&ci, &subject("rel-*"), &[("wildcard", &subject("rel-1"))]);
}

#[test]
fn the_hub_enters_with_all_it_must_bring() {
    let hub = HubTrust {
        partition: "aws".into(),
        hub_role_arn: "arn:aws:iam::111111111111:role/landfall/hub".into(),
        external_id: Some("acme-landfall".into()),
        tags: vec![("landfall:stage".into(), "prod".into())],
        free_tags: vec![],
        source_identity: true,
    };
    let document = parse(&hub_trust(&hub), Kind::Trust).accept().unwrap();
    let identity = parse(
        &json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}}),
        Kind::Identity,
    );
    let set = PolicySet {
        identity: vec![NamedPolicy::new("hub", identity.document)],
        resource: ResourcePolicy::Trust(NamedPolicy::new("trust", document)),
        ..PolicySet::default()
    };
    let ask = |role: &str, action: &str, external: Option<&str>, stage: Option<&str>| {
        let mut request =
            Request::new(Principal::role_session(role, "run-1"), action, ROLE).with("sts:SourceIdentity", "gh:acme");
        if let Some(id) = external {
            request = request.with("sts:ExternalId", id);
        }
        if let Some(stage) = stage {
            request = request.with("aws:RequestTag/landfall:stage", stage).with("aws:TagKeys", "landfall:stage");
        }
        authorize(&request, &set).is_allowed()
    };
    let right = "arn:aws:iam::111111111111:role/landfall/hub";
    for action in ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] {
        assert!(ask(right, action, Some("acme-landfall"), Some("prod")), "{action}");
        assert!(!ask("arn:aws:iam::111111111111:role/other", action, Some("acme-landfall"), Some("prod")), "{action}");
    }
    assert!(!ask(right, "sts:AssumeRole", Some("wrong"), Some("prod")));
    assert!(!ask(right, "sts:AssumeRole", None, Some("prod")));
    assert!(!ask(right, "sts:AssumeRole", Some("acme-landfall"), Some("staging")));
    assert!(!ask(right, "sts:AssumeRole", Some("acme-landfall"), None));
}
