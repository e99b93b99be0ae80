//! The walls: which of our crates may use which, and which outside crates each may never use.

use std::path::Path;

/// Our crates and the ones of ours they may use.
const MAY_USE: [(&str, &[&str]); 10] = [
    ("landfall-base", &[]),
    ("landfall-template", &["landfall-base"]),
    ("landfall-iam", &["landfall-base"]),
    ("landfall-deploy", &["landfall-base", "landfall-template", "landfall-iam"]),
    ("landfall-engine", &["landfall-base", "landfall-template", "landfall-deploy"]),
    ("landfall-aws", &["landfall-base", "landfall-deploy", "landfall-engine"]),
    ("landfall-sandbox", &["landfall-base", "landfall-template", "landfall-iam"]),
    ("landfall-view", &["landfall-base", "landfall-deploy"]),
    (
        "landfall",
        &[
            "landfall-base",
            "landfall-template",
            "landfall-iam",
            "landfall-deploy",
            "landfall-engine",
            "landfall-aws",
            "landfall-sandbox",
            "landfall-view",
        ],
    ),
    ("xtask", &[]),
];

/// Outside crates (by prefix) and the only ones of ours that may name them.
const ONLY_IN: [(&str, &[&str]); 6] = [
    ("aws-", &["landfall-aws"]),
    ("clap", &["landfall", "landfall-view"]),
    ("tokio", &["landfall-engine", "landfall-aws", "landfall-sandbox", "landfall"]),
    ("hyper", &["landfall-sandbox", "landfall"]),
    ("anstream", &["landfall"]),
    ("async-trait", &["landfall-engine", "landfall-aws", "landfall"]),
];

/// Checks the dependencies of every workspace crate, leaving those for tests only out of the count.
pub(crate) fn check(root: &Path) -> Vec<String> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .current_dir(root)
        .no_deps()
        .other_options(vec!["--offline".into()])
        .exec();
    let metadata = match metadata {
        Ok(metadata) => metadata,
        Err(e) => return vec![format!("cargo metadata failed: {e}")],
    };
    let mut found = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let Some((_, allowed)) = MAY_USE.iter().find(|(n, _)| *n == name) else {
            found.push(format!("crate `{name}` has no place in the walls (crates/xtask/src/tidy/edges.rs)"));
            continue;
        };
        let normal = package.dependencies.iter().filter(|d| d.kind == cargo_metadata::DependencyKind::Normal);
        for used in normal.map(|d| d.name.as_str()) {
            let ours = MAY_USE.iter().any(|(n, _)| *n == used);
            if ours && !allowed.contains(&used) {
                found.push(format!("`{name}` may not use `{used}`"));
            }
            let guarded = ONLY_IN.iter().find(|(prefix, _)| used.starts_with(prefix));
            if let Some((_, users)) = guarded.filter(|(_, users)| !users.contains(&name)) {
                found.push(format!("`{name}` may not use `{used}`: only {} may", users.join(", ")));
            }
        }
    }
    found
}
