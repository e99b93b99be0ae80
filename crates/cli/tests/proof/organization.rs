//! The organization, the project, and the program.

use base::AccountId;
use sandbox::World;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

pub const MANAGEMENT: &str = "100000000001";
pub const CICD: &str = "200000000002";
pub const STAGING: &str = "300000000003";
/// Accounts of `ou-lf42-production`.
pub const PRODUCTION: [&str; 9] = [
    "400000000004",
    "500000000005",
    "600000000006",
    "700000000007",
    "800000000008",
    "900000000009",
    "110000000010",
    "120000000011",
    "130000000012",
];

/// Twelve accounts with what AWS Organizations leaves in them. The CI/CD account may list the organization, as a delegated
/// administrator may, for the stage whose accounts are those of a unit.
pub fn organization() -> World {
    let mut text = format!(
        "clock: \"2026-11-23T15:00:00Z\"\norganization: {{ id: o-landfall42, root: r-lf42, management: \"{MANAGEMENT}\", delegated: [\"{CICD}\"] }}\nunits:\n  - {{ id: ou-lf42-platform, name: platform }}\n  - {{ id: ou-lf42-production, name: production }}\naccounts:\n  - {{ id: \"{MANAGEMENT}\", name: management }}\n"
    );
    let mut members = vec![(CICD, "ou-lf42-platform"), (STAGING, "ou-lf42-platform")];
    members.extend(PRODUCTION.iter().map(|a| (*a, "ou-lf42-production")));
    for (account, unit) in &members {
        let _ = writeln!(text, "  - {{ id: \"{account}\", name: a{account}, unit: {unit} }}");
    }
    let accounts: Vec<String> = members.iter().map(|(a, _)| format!("\"{a}\"")).collect();
    let _ = write!(
        text,
        "roles:\n  - accounts: [{}]\n    name: OrganizationAccountAccessRole\n    managed: [\"arn:aws:iam::aws:policy/AdministratorAccess\"]\n    trust:\n      Version: \"2012-10-17\"\n      Statement:\n        - {{ Effect: Allow, Principal: {{ AWS: \"arn:aws:iam::{MANAGEMENT}:root\" }}, Action: \"sts:AssumeRole\" }}\n",
        accounts.join(", ")
    );
    let (world, problems) = World::from_yaml(&text);
    assert!(problems.is_empty(), "{problems:?}");
    world
}

/// The project of the examples beside a sandbox that is kept in a folder.
pub struct Desk {
    folder: tempfile::TempDir,
}

/// What the program said.
pub struct Said {
    pub code: i32,
    pub text: String,
}

/// The bucket of the CI/CD account.
pub const CENTRAL: &str = "landfall-200000000002-eu-west-1";

/// The pipelines keep their state in the central bucket, as they do in a CI. Nobody orders anything here, so that the alarm on
/// errors has no data.
pub fn in_the_bucket(path: &Path, text: String) -> String {
    if !path.ends_with("pipeline.yaml") {
        return text;
    }
    let name = path.parent().and_then(Path::file_name).unwrap().to_string_lossy().into_owned();
    let alarm = "auto_rollback_alarm_name: orders-production-errors";
    let text = text.replace(alarm, &format!("{alarm}\n    alarms_without_data: ok"));
    format!("state: s3://{CENTRAL}/state/{name}\n{text}")
}

/// The folder of the examples.
pub fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// Copies a folder; every text goes through `change`, with its file's path.
pub fn copy(from: &Path, to: &Path, change: &dyn Fn(&Path, String) -> String) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target, change);
        } else {
            let bytes = std::fs::read(entry.path()).unwrap();
            match String::from_utf8(bytes) {
                Ok(text) => std::fs::write(target, change(&entry.path(), text)).unwrap(),
                Err(other) => std::fs::write(target, other.into_bytes()).unwrap(),
            }
        }
    }
}

impl Desk {
    /// The examples, and an organization in which nothing was done yet.
    pub fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        copy(&examples(), &desk.project(), &in_the_bucket);
        organization().save(&desk.world_folder()).unwrap();
        desk
    }

    pub fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    pub fn world_folder(&self) -> PathBuf {
        self.folder.path().join("world")
    }

    pub fn world(&self) -> World {
        World::load(&self.world_folder()).unwrap().unwrap()
    }

    /// Runs the program as the administrator of the management account.
    pub fn landfall(&self, arguments: &str) -> Said {
        let out = Command::new(env!("CARGO_BIN_EXE_landfall"))
            .args(arguments.split_whitespace())
            .arg("--sandbox")
            .arg(self.world_folder())
            .current_dir(self.project())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("NO_COLOR", "1")
            .env("AWS_ACCESS_KEY_ID", MANAGEMENT)
            .env("AWS_SECRET_ACCESS_KEY", "any")
            .output()
            .unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&out.stderr), String::from_utf8_lossy(&out.stdout));
        Said { code: out.status.code().unwrap_or(-1), text }
    }
}

/// The organization as one `landfall bootstrap --yes` leaves it, with what it said. All tests share the one run.
pub fn bootstrapped() -> &'static (World, Said) {
    static MADE: OnceLock<(World, Said)> = OnceLock::new();
    MADE.get_or_init(|| {
        let desk = Desk::new();
        let said = desk.landfall("bootstrap --yes");
        assert_eq!(said.code, 0, "{}", said.text);
        (desk.world(), said)
    })
}

/// `ACCOUNT/REGION/STACK STATUS`, and whether it is protected. The names of nested stacks end in `*`.
pub fn stacks(world: &World) -> Vec<String> {
    let mut all = Vec::new();
    for account in world.accounts.values() {
        for (region, state) in &account.regions {
            for stack in state.cloudformation.live() {
                let protected = if stack.termination_protection { " protected" } else { "" };
                let nested = stack.parent.as_ref().and_then(|_| stack.name.rsplit_once('-'));
                let name = nested.map_or_else(|| stack.name.clone(), |(name, _)| format!("{name}-*"));
                all.push(format!("{}/{region}/{name} {}{protected}", account.id, stack.status));
            }
        }
    }
    all.sort();
    all
}

pub fn account(id: &str) -> AccountId {
    AccountId::new(id).unwrap()
}

pub fn region(code: &str) -> base::Region {
    base::Region::new(code).unwrap()
}
