//! Wrong tokens are refused: every issuer with every way to be wrong, against the trust policies that we write, by the
//! evaluator alone and over the wire with `AssumeRoleWithWebIdentity`. The right token of each gets in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use iam::trust::{CiIdentity, Door, GitHubIds, GitHubPlace, Refusal, RunPhase, SubjectForm, Token, ci_trust, enter};
use iam::{Kind, NamedPolicy};
use landfall_sandbox::World;
use landfall_sandbox::wire::query::percent_encode;
use landfall_sandbox::wire::xml;
use serde_json::{Value, json};
use support::{Client, administrator, anonymous, request};

const ACCOUNT: &str = "222222222222";

/// An issuer, the right token's subject and claims, and the wrong subjects. `None` says that the issuer's tokens do not
/// tell, so that no policy could; it must then be said in the issuer's `silent`.
struct Row {
    name: &'static str,
    ci: CiIdentity,
    right: String,
    claims: Value,
    organization: String,
    repository: String,
    look_alike: Vec<String>,
    branch: Option<String>,
    pull_request: Option<String>,
    stage: Option<String>,
    silent: &'static str,
}

fn github(name: &'static str, form: SubjectForm, place: GitHubPlace, right: &str, wrong: [&str; 3]) -> Row {
    let (org, repo) = match form {
        SubjectForm::Classic => ("acme", "shop"),
        _ => ("acme@1", "shop@22"),
    };
    let ids = (form != SubjectForm::Classic).then(|| GitHubIds { owner: "1".into(), repository: "22".into() });
    let with = |org: &str, repo: &str, rest: &str| format!("repo:{org}/{repo}:{rest}");
    let [branch, pull_request, stage] = wrong;
    Row {
        name,
        ci: CiIdentity::GitHub {
            address: "token.actions.githubusercontent.com".into(),
            owner: "acme".into(),
            repository: "shop".into(),
            ids,
            form,
            place,
        },
        right: with(org, repo, right),
        claims: json!({"repository": "acme/shop", "repository_id": "22", "repository_owner_id": "1", "ref": "refs/heads/main"}),
        organization: with(&org.replace("acme", "evil").replace("@1", "@9"), repo, right),
        repository: with(org, &repo.replace("shop", "blog").replace("@22", "@23"), right),
        look_alike: vec![
            with(&org.replace("acme", "acme-evil"), repo, right),
            with(org, &repo.replace("shop", "shop-evil"), right),
            with(org, repo, &format!("{right}-evil")),
            with(org, repo, &format!("{right}/evil")),
            with(&format!("{org}1"), repo, right),
            with(org, &format!("{repo}2"), right),
            format!("evil:{}", with(org, repo, right)),
            with(org, repo, right).to_uppercase(),
        ],
        branch: Some(with(org, repo, branch)),
        pull_request: Some(with(org, repo, pull_request)),
        stage: Some(with(org, repo, stage)),
        silent: "",
    }
}

fn forges() -> Vec<Row> {
    let gitlab = |rest: &str| format!("project_path:{rest}");
    vec![
        github(
            "GitHub, classic subject, environment",
            SubjectForm::Classic,
            GitHubPlace::Environment("production".into()),
            "environment:production",
            ["ref:refs/heads/main", "pull_request", "environment:staging"],
        ),
        github(
            "GitHub, classic subject, branch",
            SubjectForm::Classic,
            GitHubPlace::Branch("main".into()),
            "ref:refs/heads/main",
            ["ref:refs/heads/dev", "pull_request", "environment:production"],
        ),
        github(
            "GitHub, classic subject, tag",
            SubjectForm::Classic,
            GitHubPlace::Tag("v1".into()),
            "ref:refs/tags/v1",
            ["ref:refs/heads/v1", "pull_request", "environment:production"],
        ),
        github(
            "GitHub, immutable subject",
            SubjectForm::Immutable,
            GitHubPlace::Environment("production".into()),
            "environment:production",
            ["ref:refs/heads/main", "pull_request", "environment:staging"],
        ),
        github(
            "GitHub, both subjects",
            SubjectForm::Both,
            GitHubPlace::Environment("production".into()),
            "environment:production",
            ["ref:refs/heads/main", "pull_request", "environment:staging"],
        ),
        Row {
            name: "GitLab",
            ci: CiIdentity::GitLab {
                address: "gitlab.com".into(),
                project: "acme/team/shop".into(),
                reference: ("branch".into(), "main".into()),
                audience: None,
            },
            right: gitlab("acme/team/shop:ref_type:branch:ref:main"),
            claims: json!({"project_id": "22", "namespace_id": "1", "ref": "main"}),
            organization: gitlab("evil/team/shop:ref_type:branch:ref:main"),
            repository: gitlab("acme/team/blog:ref_type:branch:ref:main"),
            look_alike: vec![
                gitlab("acme-evil/team/shop:ref_type:branch:ref:main"),
                gitlab("acme/team/shop2:ref_type:branch:ref:main"),
                gitlab("acme/team/shop/evil:ref_type:branch:ref:main"),
                gitlab("acme/team/shop:ref_type:branch:ref:main-evil"),
                gitlab("acme/team/shop:ref_type:tag:ref:main"),
            ],
            branch: Some(gitlab("acme/team/shop:ref_type:branch:ref:dev")),
            // A merge request's pipeline carries its source branch, and no sign of being one.
            pull_request: Some(gitlab("acme/team/shop:ref_type:branch:ref:feature")),
            stage: Some(gitlab("acme/team/shop:ref_type:branch:ref:staging")),
            silent: "",
        },
        Row {
            name: "Bitbucket",
            ci: CiIdentity::Bitbucket {
                workspace: "acme".into(),
                workspace_id: "w-1".into(),
                repository_id: "r-1".into(),
                environment_id: Some("e-prod".into()),
            },
            right: "{r-1}:{e-prod}:{step-7}".into(),
            claims: json!({"branchName": "main"}),
            organization: "{r-9}:{e-prod}:{step-7}".into(),
            repository: "{r-2}:{e-prod}:{step-7}".into(),
            look_alike: vec!["{r-12}:{e-prod}:{s}".into(), "{r-1}:{e-prod2}:{s}".into(), "x{r-1}:{e-prod}:{s}".into()],
            branch: None,
            pull_request: Some("{r-1}:{step-7}".into()),
            stage: Some("{r-1}:{e-staging}:{step-7}".into()),
            silent: "branch: Bitbucket's subject has none; the deployment environment is limited to branches instead",
        },
    ]
}

fn services() -> Vec<Row> {
    const USER: &str = "0aabbccd-0123-4567-89ab-0123456789ab";
    let circle = |organization: &str, project: &str, rest: &str| {
        format!("org/{organization}/project/{project}/user/{USER}/vcs-origin/{rest}")
    };
    let main = "github.com/acme/shop/vcs-ref/refs/heads/main";
    let kite = |organization: &str, pipeline: &str, branch: &str| {
        format!("organization:{organization}:pipeline:{pipeline}:ref:refs/heads/{branch}:commit:0a1b:step:deploy")
    };
    let hcp = |organization: &str, workspace: &str, phase: &str| {
        format!("organization:{organization}:project:p:workspace:{workspace}:run_phase:{phase}")
    };
    vec![
        Row {
            name: "Azure Pipelines",
            ci: CiIdentity::AzurePipelines {
                organization_id: "7d1e".into(),
                organization: "acme".into(),
                project: "shop".into(),
                service_connection: "aws-prod".into(),
            },
            right: "sc://acme/shop/aws-prod".into(),
            claims: json!({}),
            organization: "sc://evil/shop/aws-prod".into(),
            repository: "sc://acme/blog/aws-prod".into(),
            look_alike: vec![
                "sc://acme/shop/aws-prod2".into(),
                "sc://acme-evil/shop/aws-prod".into(),
                "sc://acme/shop/aws-prod/x".into(),
            ],
            branch: None,
            pull_request: None,
            stage: Some("sc://acme/shop/aws-staging".into()),
            silent: "branch and pull request: the subject is the service connection, whose own checks limit them",
        },
        Row {
            name: "CircleCI",
            ci: CiIdentity::CircleCi {
                organization_id: "o-1".into(),
                project_id: "p-1".into(),
                source: Some(("github.com/acme/shop".into(), "main".into())),
            },
            right: circle("o-1", "p-1", main),
            claims: json!({"oidc.circleci.com/project-id": "p-1"}),
            organization: circle("o-2", "p-1", main),
            repository: circle("o-1", "p-2", main),
            look_alike: vec![
                circle("o-1", "p-12", main),
                circle("o-1", "p-1", "github.com/acme/shop2/vcs-ref/refs/heads/main"),
                circle("o-1", "p-1", "github.com/acme/shop/vcs-ref/refs/heads/main-evil"),
                circle("o-1", "p-1", &format!("github.com/evil/shop/vcs-ref/refs/heads/x/vcs-origin/{main}")),
                format!("org/o-1/project/p-1/user/{USER}"),
            ],
            branch: Some(circle("o-1", "p-1", "github.com/acme/shop/vcs-ref/refs/heads/dev")),
            // A fork's pull request is built from the fork.
            pull_request: Some(circle("o-1", "p-1", "github.com/evil/shop/vcs-ref/refs/heads/main")),
            stage: Some(circle("o-1", "p-1", "github.com/acme/shop/vcs-ref/refs/heads/staging")),
            silent: "",
        },
        Row {
            name: "Buildkite",
            ci: CiIdentity::Buildkite {
                organization: "acme".into(),
                pipeline: "shop-prod".into(),
                branch: "main".into(),
            },
            right: kite("acme", "shop-prod", "main"),
            claims: json!({"organization_slug": "acme", "pipeline_slug": "shop-prod"}),
            organization: kite("evil", "shop-prod", "main"),
            repository: kite("acme", "blog-prod", "main"),
            look_alike: vec![
                kite("acme-evil", "shop-prod", "main"),
                kite("acme", "shop-prod2", "main"),
                kite("acme", "shop-prod", "main-evil"),
                kite("acme", "shop-prod", "main/evil"),
            ],
            branch: Some(kite("acme", "shop-prod", "dev")),
            pull_request: Some(kite("acme", "shop-prod", "contributor:main")),
            stage: Some(kite("acme", "shop-staging", "main")),
            silent: "",
        },
        Row {
            name: "HCP Terraform",
            ci: CiIdentity::HcpTerraform {
                organization: "acme".into(),
                project: "p".into(),
                workspace: "shop-prod".into(),
                phase: RunPhase::Apply,
            },
            right: hcp("acme", "shop-prod", "apply"),
            claims: json!({}),
            organization: hcp("evil", "shop-prod", "apply"),
            repository: hcp("acme", "blog-prod", "apply"),
            look_alike: vec![
                hcp("acme-evil", "shop-prod", "apply"),
                hcp("acme", "shop-prod2", "apply"),
                hcp("acme", "shop-prod", "apply2"),
            ],
            branch: None,
            // A run of a pull request only plans.
            pull_request: Some(hcp("acme", "shop-prod", "plan")),
            stage: Some(hcp("acme", "shop-staging", "apply")),
            silent: "branch: a workspace follows one branch, which its subject does not name",
        },
    ]
}

/// The world with a provider and the role that `ci_trust` writes, both made over the wire.
fn world(row: &Row) -> World {
    let (mut world, found) =
        World::from_yaml("clock: \"2026-11-23T15:00:00Z\"\naccounts: [{ id: \"222222222222\", name: production }]\n");
    assert!(found.iter().all(|d| !d.is_error()), "{found:?}");
    let administrator = administrator(ACCOUNT);
    let (url, audience) = (format!("https://{}", row.ci.address()), row.ci.audience());
    let provider =
        [("Url", url.as_str()), ("ClientIDList.member.1", &audience), ("ClientIDList.member.2", "another-audience")];
    administrator.query(&mut world, "iam", "CreateOpenIDConnectProvider", &provider).unwrap();
    let trust = ci_trust("aws", ACCOUNT, &row.ci).to_string();
    let role = [("RoleName", "ci"), ("AssumeRolePolicyDocument", trust.as_str())];
    administrator.query(&mut world, "iam", "CreateRole", &role).unwrap();
    world
}

fn role() -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/ci")
}

/// What the evaluator says: `in`, or the error's code.
fn evaluated(row: &Row, claims: &Value, now: i64) -> String {
    let document = iam::parse(&ci_trust("aws", ACCOUNT, &row.ci), Kind::Trust).accept().unwrap();
    let trust = NamedPolicy::new("trust policy", document);
    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{}", row.ci.address());
    let audience = row.ci.audience();
    let clients = [audience.as_str(), "another-audience"];
    let door = Door { role: &role(), provider: &provider, clients: &clients, trust: &trust, session: "ci-1" };
    match enter(&Token { claims: claims.as_object().unwrap().clone() }, &door, now) {
        Ok(()) => "in".to_owned(),
        Err(refusal) => refusal.aws_error().0.to_owned(),
    }
}

/// What the wire says.
fn asked(world: &mut World, claims: &Value) -> String {
    let token = world.token_issuer.sign(claims);
    assert_eq!(Token::unverified(&token).map(|t| Value::Object(t.claims)).as_ref(), Some(claims));
    let role = percent_encode(&role(), false);
    let form = format!(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={role}&RoleSessionName=ci-1&WebIdentityToken={token}"
    );
    let answer = anonymous(world, &request("POST", "/", "", form.as_bytes()));
    let root = xml::parse(&answer.body).unwrap();
    if let Some(error) = root.child("Error") {
        assert_eq!(root.child("AssumeRoleWithWebIdentityResult"), None);
        return error.child_text("Code").unwrap().to_owned();
    }
    let result = root.child("AssumeRoleWithWebIdentityResult").unwrap();
    let arn = Client::from_credentials(result, "us-east-1").arn(world).unwrap();
    assert_eq!(arn, format!("arn:aws:sts::{ACCOUNT}:assumed-role/ci/ci-1"));
    "in".to_owned()
}

/// Each way to be wrong: its name, what it changes, and the error.
fn wrongs(row: &Row, now: i64) -> Vec<(String, &'static str, Value, &'static str)> {
    let mut all = Vec::new();
    let mut subject = |what: &str, subject: &str| {
        all.push((format!("{what}: {subject}"), "sub", json!(subject), "AccessDenied"));
    };
    subject("wrong organization", &row.organization);
    subject("wrong repository", &row.repository);
    for look_alike in &row.look_alike {
        subject("look-alike prefix", look_alike);
    }
    let told = [("branch", &row.branch), ("pull request", &row.pull_request), ("stage", &row.stage)];
    for (what, wrong) in told {
        match wrong {
            Some(wrong) => subject(&format!("wrong {what}"), wrong),
            None => assert!(row.silent.contains(what), "{}: {what} is neither tried nor explained", row.name),
        }
    }
    for pattern in ["*", "repo:*", "", &row.right.replace([':', '/'], "*")] {
        subject("pattern", pattern);
    }
    let address = row.ci.address();
    all.extend([
        ("audience of somebody else".to_owned(), "aud", json!("somebody-else"), "InvalidIdentityToken"),
        ("audience of another role".to_owned(), "aud", json!("another-audience"), "AccessDenied"),
        ("no audience".to_owned(), "aud", Value::Null, "InvalidIdentityToken"),
        ("expired".to_owned(), "exp", json!(now - 301), "ExpiredTokenException"),
        ("other issuer".to_owned(), "iss", json!("https://issuer.example"), "InvalidIdentityToken"),
        (
            "look-alike issuer".to_owned(),
            "iss",
            json!(format!("https://{address}.evil.example")),
            "InvalidIdentityToken",
        ),
        ("issuer without TLS".to_owned(), "iss", json!(format!("http://{address}")), "InvalidIdentityToken"),
    ]);
    all
}

#[test]
fn every_wrong_token_of_every_issuer_is_refused_and_the_right_one_is_not() {
    let mut refused = 0;
    for row in forges().into_iter().chain(services()) {
        let mut world = world(&row);
        let now = world.now().as_second();
        let mut right = json!({
            "iss": format!("https://{}", row.ci.address()), "aud": row.ci.audience(), "sub": row.right,
            "iat": now, "exp": now + 300,
        });
        right.as_object_mut().unwrap().extend(row.claims.as_object().unwrap().clone());
        assert_eq!(evaluated(&row, &right, now), "in", "{}", row.name);
        assert_eq!(asked(&mut world, &right), "in", "{}", row.name);
        for (what, claim, value, code) in wrongs(&row, now) {
            let mut wrong = right.clone();
            wrong[claim] = value;
            assert_eq!(evaluated(&row, &wrong, now), code, "{}: {what}", row.name);
            assert_eq!(asked(&mut world, &wrong), code, "{} over the wire: {what}", row.name);
            refused += 1;
        }
        for missing in ["sub", "aud", "exp", "iss"] {
            let mut wrong = right.clone();
            wrong.as_object_mut().unwrap().remove(missing);
            assert_eq!(evaluated(&row, &wrong, now), "InvalidIdentityToken", "{}: without {missing}", row.name);
            assert_eq!(asked(&mut world, &wrong), "InvalidIdentityToken", "{}: without {missing}", row.name);
            refused += 1;
        }
        let mut late = right.clone();
        late["exp"] = json!(now - 299);
        assert_eq!(asked(&mut world, &late), "in", "{}: five minutes of skew are allowed", row.name);
    }
    assert!(refused > 200, "{refused} wrong tokens were tried");
}

#[test]
fn a_token_of_another_repository_that_took_the_name_over_is_refused() {
    let row = forges().into_iter().find(|row| row.name == "GitHub, both subjects").unwrap();
    let mut world = world(&row);
    let now = world.now().as_second();
    for (subject, id, outcome) in [
        ("repo:acme/shop:environment:production", "22", "in"),
        ("repo:acme/shop:environment:production", "99", "AccessDenied"),
        ("repo:acme@1/shop@22:environment:production", "22", "in"),
        ("repo:acme@9/shop@99:environment:production", "22", "AccessDenied"),
    ] {
        let claims = json!({"iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com",
            "sub": subject, "repository_id": id, "iat": now, "exp": now + 300});
        assert_eq!(asked(&mut world, &claims), outcome, "{subject} {id}");
    }
}

#[test]
fn tokens_that_are_not_signed_or_not_tokens_are_refused() {
    let row = forges().remove(0);
    let mut world = world(&row);
    let now = world.now().as_second();
    let claims = json!({"iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com",
        "sub": row.right, "iat": now, "exp": now + 300});
    let signed = world.token_issuer.sign(&claims);
    let (body, _) = signed.rsplit_once('.').unwrap();
    for token in [format!("{body}."), format!("{body}.AAAA"), "not.a.token".to_owned(), "nothing".to_owned()] {
        let role = percent_encode(&role(), false);
        let form = format!(
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={role}&RoleSessionName=ci-1&WebIdentityToken={token}"
        );
        let answer = anonymous(&mut world, &request("POST", "/", "", form.as_bytes()));
        let text = String::from_utf8(answer.body).unwrap();
        assert!(text.contains("<Code>InvalidIdentityToken</Code>"), "{token}: {text}");
    }
    for odd in ["", "a.b", "a.b.c.d", "a.!!.c", "a.e30.", "a.YQ.c"] {
        assert!(Token::unverified(odd).is_none(), "{odd}");
    }
    assert!(Token::unverified("a.e30.c").is_some());
    let Err(refusal) = enter(
        &Token::unverified("a.e30.c").unwrap(),
        &Door {
            role: "r",
            provider: "p",
            clients: &[],
            trust: &NamedPolicy::new("t", iam::parse(&json!({}), Kind::Trust).document),
            session: "s",
        },
        now,
    ) else {
        panic!("an empty token got in")
    };
    assert_eq!(refusal, Refusal::Missing { claim: "iss" });
}
