//! Accounts that trust the CI themselves: the program with nothing but a job's token, against a sandbox at an address.

use crate::organization::{Desk, PRODUCTION, STAGING, account, stacks};
use crate::runs::{REQUEST, short, subject, token};
use deploy::bootstrap::{deployment_role, plan_role};
use jiff::Timestamp;
use sandbox::{ClockMode, Options, Sandbox, World};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

/// Two accounts in one stage, and no CI/CD account.
const PIPELINE: &str = r#"
version: 1
stages:
  - name: staging
    targets: { accounts: ["300000000003", "400000000004"], regions: [eu-west-1] }
  - { name: production, account_id: "500000000005", region: eu-west-1 }
steps:
  - name: deploy
    type: cloudformation
    params: { template: notices/template.yaml, stack_name: "notices-${{ stage.name }}" }
"#;

const BOOTSTRAP: &str = "ci: github\nrepo: acme/examples\nowner_id: \"1001\"\nrepo_id: \"2002\"\naccess: direct\n\
                         organization_id: o-landfall42\nenvironment: \"{pipeline}-{stage}\"\n";

/// The same for a CI that forgets: the state is in the CI/CD account's bucket. The command shows its environment.
const IN_THE_BUCKET: (&str, &str) = (
    "  - { name: look, type: run, params: { command: env > environment.txt } }\n",
    "cicd_account_id: \"200000000002\"\ncicd_account_region: eu-west-1\nplan_role: true\n",
);
const HOME: &str = "state: s3://landfall-200000000002-eu-west-1/state/notices\n\
                    organization: { cicd_account_id: \"200000000002\", cicd_account_region: eu-west-1 }\n";

fn desk(pipeline: &str, bootstrap: &str) -> Desk {
    let desk = Desk::new();
    let landfall = desk.project().join(".landfall");
    for other in ["orders", "invoices"] {
        std::fs::remove_dir_all(landfall.join(other)).unwrap();
    }
    std::fs::write(landfall.join("notices/pipeline.yaml"), pipeline).unwrap();
    std::fs::write(landfall.join("bootstrap.yaml"), bootstrap).unwrap();
    let made = desk.landfall("bootstrap --yes");
    assert_eq!(made.code, 0, "{}", made.text);
    desk
}

/// The world with the machine's time, sixty times as fast, since the program sleeps for real.
fn started(mut world: World) -> Sandbox {
    world.clock.set(Timestamp::now());
    world.clock.mode = ClockMode::Scaled { factor: 60.0 };
    Sandbox::start(world, Options::default()).unwrap()
}

/// The program in a CI job: a way to tokens in its environment, and no key of any account.
fn job(project: &Path, sandbox: &Sandbox, environment: &[(&str, &str)], arguments: &str) -> (i32, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_landfall"))
        .args(arguments.split_whitespace())
        .args(["--no-input", "--endpoint", &sandbox.endpoint()])
        .current_dir(project)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", project)
        .env("NO_COLOR", "1")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&out.stderr), String::from_utf8_lossy(&out.stdout));
    (out.status.code().unwrap_or(-1), text)
}

/// Deploys a stage of two accounts with one token; tries the next stage with it.
pub fn deployed_with_a_token_alone() {
    let desk = desk(PIPELINE, BOOTSTRAP);
    let settings = crate::runs::settings(&desk.project());
    let world = desk.world();
    let role = short(&deployment_role(&settings, "notices", "staging"));
    let sandbox = started(world);
    let file = desk.project().join("token");
    let written = |sandbox: &Sandbox| {
        let world = sandbox.world();
        std::fs::write(&file, token(&world, &subject(&world, STAGING, &role))).unwrap();
    };
    written(&sandbox);
    let environment = [("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().unwrap())];
    let (code, text) = job(&desk.project(), &sandbox, &environment, "deploy --yes --stage staging");
    assert_eq!(code, 0, "{text}");
    let made = stacks(&sandbox.world());
    for home in [STAGING, PRODUCTION[0]] {
        assert!(made.contains(&format!("{home}/eu-west-1/notices-staging CREATE_COMPLETE")), "{made:#?}");
    }
    let entered = |c: &&sandbox::CallRecord| c.operation == "AssumeRoleWithWebIdentity";
    assert!(sandbox.world().log.iter().filter(entered).count() >= 2);
    // The token of one stage does not open another.
    written(&sandbox);
    let (code, text) = job(&desk.project(), &sandbox, &environment, "deploy --yes --stage production");
    assert_ne!(code, 0, "{text}");
    assert!(text.contains("sts:AssumeRoleWithWebIdentity"), "{text}");
    let home = account(PRODUCTION[1]);
    let state = sandbox
        .world()
        .account(&home)
        .unwrap()
        .regions
        .values()
        .map(|r| r.cloudformation.live().count())
        .sum::<usize>();
    assert_eq!(state, 2, "the bootstrap's stacks and no other");
}

/// What opens the issuer of tokens to a job.
const KEY: &str = "key-of-this-job-alone";

/// Answers one question as GitHub does: a token to whoever has the key and names the audience. Whether a token was given.
fn answer(stream: TcpStream, make: impl FnOnce() -> String) -> bool {
    let mut lines = Vec::new();
    for line in BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()) {
        lines.push(line.to_lowercase());
    }
    let known = lines.contains(&format!("authorization: bearer {KEY}"));
    let right = known && lines.first().is_some_and(|l| l.starts_with("get /token?job=1&audience=sts.amazonaws.com "));
    let (status, body) = match right {
        true => ("200 OK", serde_json::json!({ "count": 1, "value": make() }).to_string()),
        false => ("403 Forbidden", "{}".to_owned()),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    (&stream).write_all(format!("{head}{body}").as_bytes()).unwrap();
    right
}

/// A job of GitHub Actions with tokens of a subject for the asking, and how many it was given.
fn asking(
    project: &Path,
    sandbox: &Sandbox,
    (subject, first, key): (&str, &str, &str),
    arguments: &str,
) -> (i32, String, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap();
    std::thread::scope(|scope| {
        let issuer = scope.spawn(|| {
            let mut given = 0;
            for stream in listener.incoming().map_while(Result::ok) {
                // Whoever hangs up without a word ends it.
                if stream.peek(&mut [0]).unwrap_or(0) == 0 {
                    break;
                }
                given += usize::from(answer(stream, || token(&sandbox.world(), subject)));
            }
            given
        });
        let environment = [
            ("ACTIONS_ID_TOKEN_REQUEST_URL", format!("http://{place}/token?job=1")),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", key.to_owned()),
            ("AWS_ROLE_ARN", first.to_owned()),
        ];
        let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (code, text) = job(project, sandbox, &environment, arguments);
        drop(TcpStream::connect(place).unwrap());
        (code, text, issuer.join().unwrap())
    })
}

fn entered(sandbox: &Sandbox) -> usize {
    sandbox.world().log.iter().filter(|c| c.operation == "AssumeRoleWithWebIdentity").count()
}

/// Deploys a stage of two accounts, with the state in a third, by tokens that are asked for; plans by those of a pull request.
pub fn deployed_with_tokens_for_the_asking() {
    let desk = desk(&format!("{HOME}{PIPELINE}{}", IN_THE_BUCKET.0), &format!("{BOOTSTRAP}{}", IN_THE_BUCKET.1));
    let settings = crate::runs::settings(&desk.project());
    let role = deployment_role(&settings, "notices", "staging");
    let world = desk.world();
    let staging = subject(&world, STAGING, &short(&role));
    let first = |role: &str| format!("arn:aws:iam::{STAGING}:role/{role}");
    let sandbox = started(world);
    let (project, deploy) = (desk.project(), "deploy --yes --stage staging");

    let (code, text, given) = asking(&project, &sandbox, (&staging, &first(&role), KEY), deploy);
    assert_eq!(code, 0, "{text}");
    let made = stacks(&sandbox.world());
    for home in [STAGING, PRODUCTION[0]] {
        assert!(made.contains(&format!("{home}/eu-west-1/notices-staging CREATE_COMPLETE")), "{made:#?}");
    }
    // For what belongs to no stage, and for each account: a token that was just made.
    assert_eq!((given, entered(&sandbox)), (given.max(3), given));
    let environment = std::fs::read_to_string(project.join("environment.txt")).unwrap();
    assert!(environment.contains("PATH=") && !environment.contains("ACTIONS_ID_TOKEN"), "{environment}");
    assert!(!environment.contains(KEY) && !text.contains(KEY));

    // A pull request plans, and cannot deploy.
    let plan_role = first(&plan_role(&settings, "notices", "staging"));
    let request = (REQUEST, plan_role.as_str(), KEY);
    let (code, text, _) = asking(&project, &sandbox, request, "plan --plan-role");
    assert_eq!(code, 0, "{text}");
    let (code, text, _) = asking(&project, &sandbox, request, deploy);
    assert_ne!(code, 0, "{text}");
    assert!(text.contains("sts:AssumeRoleWithWebIdentity"), "{text}");

    // Without the key there is no token, and nothing of the key is said.
    let (code, text, given) = asking(&project, &sandbox, (&staging, &first(&role), "stolen"), deploy);
    assert_eq!((code, given), (1, 0), "{text}");
    assert!(text.contains("the CI gave the job no token: it answers 403") && !text.contains("stolen"), "{text}");
}
