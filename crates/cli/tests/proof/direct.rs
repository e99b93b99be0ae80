//! Accounts that trust the CI themselves: the program with nothing but a job's token, against a sandbox at an address.

use crate::organization::{Desk, PRODUCTION, STAGING, account, stacks};
use crate::runs::{short, subject, token};
use deploy::bootstrap::deployment_role;
use jiff::Timestamp;
use sandbox::{ClockMode, Options, Sandbox, World};
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

fn desk() -> Desk {
    let desk = Desk::new();
    let landfall = desk.project().join(".landfall");
    for other in ["orders", "invoices"] {
        std::fs::remove_dir_all(landfall.join(other)).unwrap();
    }
    std::fs::write(landfall.join("notices/pipeline.yaml"), PIPELINE).unwrap();
    std::fs::write(landfall.join("bootstrap.yaml"), BOOTSTRAP).unwrap();
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

/// The program in a CI job: a token in a file, and no key of any account.
fn job(project: &Path, sandbox: &Sandbox, token: &Path, arguments: &str) -> (i32, String) {
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
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", token)
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&out.stderr), String::from_utf8_lossy(&out.stdout));
    (out.status.code().unwrap_or(-1), text)
}

/// Deploys a stage of two accounts with one token; tries the next stage with it.
pub fn deployed_with_a_token_alone() {
    let desk = desk();
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
    let (code, text) = job(&desk.project(), &sandbox, &file, "deploy --yes --stage staging");
    assert_eq!(code, 0, "{text}");
    let made = stacks(&sandbox.world());
    for home in [STAGING, PRODUCTION[0]] {
        assert!(made.contains(&format!("{home}/eu-west-1/notices-staging CREATE_COMPLETE")), "{made:#?}");
    }
    let entered = |c: &&sandbox::CallRecord| c.operation == "AssumeRoleWithWebIdentity";
    assert!(sandbox.world().log.iter().filter(entered).count() >= 2);
    // The token of one stage does not open another.
    written(&sandbox);
    let (code, text) = job(&desk.project(), &sandbox, &file, "deploy --yes --stage production");
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
