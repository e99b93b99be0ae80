//! Whether the bootstrap that is there is the one that the files ask for.

use super::BootstrapStack;
use super::stack::BOOTSTRAP_VERSION;
use crate::seen::StackSeen;
use base::Diagnostic;

/// What is wrong with a stack that is there (or not): missing, unfinished, made by another version, or of other
/// settings, pipelines or templates.
pub fn drifted(expected: &BootstrapStack, seen: Option<&StackSeen>) -> Option<Diagnostic> {
    let BootstrapStack { account, region, name, .. } = expected;
    let place = format!("`{name}` in account {account}, {region}");
    let again = "run `landfall bootstrap`; with `--dry-run` it says what would change";
    let Some(seen) = seen.filter(|s| s.status != "DELETE_COMPLETE") else {
        let message = format!("the bootstrap stack {place} is missing");
        return Some(
            Diagnostic::error("BOOT-013", message)
                .why("it makes the roles and the bucket that a deployment uses")
                .hint("run `landfall bootstrap`"),
        );
    };
    if seen.status == "REVIEW_IN_PROGRESS" || seen.status == "ROLLBACK_COMPLETE" {
        let message = format!("the bootstrap stack {place} was never finished: {}", seen.status);
        return Some(Diagnostic::error("BOOT-013", message).hint("run `landfall bootstrap` again"));
    }
    let version = seen.outputs.get("BootstrapVersion").and_then(|v| v.parse::<u32>().ok());
    match version {
        Some(version) if version > BOOTSTRAP_VERSION => {
            let message = format!("the bootstrap stack {place} was made by a newer Landfall (form {version})");
            return Some(Diagnostic::warning("BOOT-014", message).hint("update Landfall"));
        }
        Some(BOOTSTRAP_VERSION) => {}
        _ => {
            let message = format!("the bootstrap stack {place} is of an older form");
            return Some(Diagnostic::warning("BOOT-014", message).hint(again));
        }
    }
    if seen.outputs.get("BootstrapDigest").map(String::as_str) == Some(expected.digest.as_str()) {
        return None;
    }
    let message = format!("the bootstrap stack {place} is not what the files ask for");
    let why = "settings, pipelines or templates were changed after it was made; permissions may be missing or too wide";
    Some(Diagnostic::warning("BOOT-014", message).why(why).hint(again))
}
