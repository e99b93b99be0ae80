//! Who runs the command, and from which commit: read from the environment and the repository, once.

#![allow(clippy::disallowed_methods, reason = "the command line is where the environment is read")]

use deploy::plan::PlannedTrigger;
use engine::store::Holder;
use std::path::Path;
use std::process::Command;

/// Variables in which CI systems name the person, the commit, the branch and the tag.
const PERSON: [&str; 6] = [
    "GITHUB_ACTOR",
    "BUILD_REQUESTEDFOR",
    "GITLAB_USER_LOGIN",
    "BITBUCKET_STEP_TRIGGERER_UUID",
    "CIRCLE_USERNAME",
    "BUILDKITE_BUILD_AUTHOR",
];
const COMMIT: [&str; 6] =
    ["GITHUB_SHA", "BUILD_SOURCEVERSION", "CI_COMMIT_SHA", "BITBUCKET_COMMIT", "CIRCLE_SHA1", "BUILDKITE_COMMIT"];
const BRANCH: [&str; 6] = [
    "GITHUB_HEAD_REF",
    "BUILD_SOURCEBRANCHNAME",
    "CI_COMMIT_BRANCH",
    "BITBUCKET_BRANCH",
    "CIRCLE_BRANCH",
    "BUILDKITE_BRANCH",
];
const TAG: [&str; 4] = ["CI_COMMIT_TAG", "BITBUCKET_TAG", "CIRCLE_TAG", "BUILDKITE_TAG"];

fn first(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
}

/// The person, for journals and session names.
pub(crate) fn person() -> String {
    first(&PERSON).or_else(|| first(&["USER", "LOGNAME"])).unwrap_or_else(|| "somebody".to_owned())
}

/// Person, machine and process: who holds a lock.
pub(crate) fn owner() -> String {
    let machine = first(&["HOSTNAME", "COMPUTERNAME"])
        .or_else(|| std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|t| t.trim().to_owned()));
    format!("{}@{} ({})", person(), machine.unwrap_or_else(|| "this machine".to_owned()), std::process::id())
}

/// Whether the process that holds a lock is gone for certain: it ran on this machine, and its number belongs to no process.
pub(crate) fn is_gone(holder: &Holder) -> bool {
    let mine = owner();
    let split =
        |owner: &str| owner.rsplit_once(" (").map(|(who, pid)| (who.to_owned(), pid.trim_end_matches(')').to_owned()));
    let (Some((here, _)), Some((there, number))) = (split(&mine), split(&holder.owner)) else { return false };
    let machine = |who: &str| who.rsplit_once('@').map(|(_, machine)| machine.to_owned());
    let pid = number.parse().ok().and_then(rustix::process::Pid::from_raw);
    let Some(pid) = pid.filter(|_| machine(&here) == machine(&there)) else { return false };
    rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH)
}

/// Whether nobody is there to answer: a CI system says so.
pub(crate) fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|v| !v.is_empty() && v != "false" && v != "0")
}

/// The CI system's way to fold lines.
pub(crate) fn groups() -> view::Groups {
    let set = |name: &str| std::env::var(name).is_ok_and(|v| v.eq_ignore_ascii_case("true"));
    if set("GITHUB_ACTIONS") {
        view::Groups::GitHub
    } else if set("TF_BUILD") {
        view::Groups::AzurePipelines
    } else if set("GITLAB_CI") {
        view::Groups::GitLab
    } else {
        view::Groups::None
    }
}

/// The commit, branch and tag: given, from the CI system, or from the project's own repository.
pub(crate) fn trigger(root: &Path, given: Option<&str>) -> PlannedTrigger {
    let own = root.join(".git").exists();
    let git = |words: &[&str]| -> Option<String> {
        let out = own.then(|| Command::new("git").arg("-C").arg(root).args(words).output().ok()).flatten()?;
        out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned()).filter(|t| !t.is_empty())
    };
    let sha = given.map(str::to_owned).or_else(|| first(&COMMIT)).or_else(|| git(&["rev-parse", "HEAD"]));
    let branch = first(&BRANCH).or_else(|| git(&["branch", "--show-current"]));
    let tag =
        first(&TAG).or_else(|| git(&["tag", "--points-at", "HEAD"]).and_then(|t| t.lines().next().map(str::to_owned)));
    PlannedTrigger { sha: sha.unwrap_or_default(), branch: branch.unwrap_or_default(), tag: tag.unwrap_or_default() }
}
