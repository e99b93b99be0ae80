//! The releases that are deployed in the proof: the examples as they are, and copies of them that change every resource.

use crate::organization::{copy, examples, in_the_bucket};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A copy of the examples.
pub struct Release(TempDir);

impl Release {
    fn new(change: &dyn Fn(&Path, String) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&examples(), folder.path(), &|path, text| in_the_bucket(path, change(path, text)));
        Self(folder)
    }

    pub fn folder(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    /// As they are.
    pub fn first() -> Self {
        Self::new(&|_, text| text)
    }

    /// Other code and other settings: an update of every resource.
    pub fn second() -> Self {
        Self::new(&second)
    }

    /// The second release, with a minute for its stacks.
    pub fn hurried() -> Self {
        let hurry = |path: &Path, text: String| match path.ends_with("pipeline.yaml") {
            true => text
                .replace("params: { template", "params: { timeout_minutes: 1, template")
                .replace("      stack_name:", "      timeout_minutes: 1\n      stack_name:"),
            false => text,
        };
        Self::new(&|path, text| hurry(path, second(path, text)))
    }
}

impl Release {
    /// A queue gets a name, and with it another one in its place.
    pub fn replacing() -> Self {
        let retention = "Properties: { MessageRetentionPeriod: 1209600";
        let named = retention.replace("{ ", "{ QueueName: invoices-other, ");
        Self::new(&|_, text| text.replace(retention, &named))
    }
}

fn second(path: &Path, mut text: String) -> String {
    if path.extension().is_some_and(|e| e == "py") {
        text.push_str("\n# The second release.\n");
    }
    let changes = [
        ("RawMessageDelivery: true", "RawMessageDelivery: false"),
        ("MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 604800"),
        ("Sid: TlsOnly", "Sid: OnlyTls"),
        ("Sid: Topic", "Sid: FromTopic"),
        ("Threshold: 86400", "Threshold: 43200"),
        ("Threshold: 1\n", "Threshold: 2\n"),
        ("MemorySize: 256", "MemorySize: 512"),
        ("BatchSize: 5", "BatchSize: 10"),
        ("PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false"),
    ];
    changes.iter().fold(text, |text, (from, to)| text.replace(from, to))
}
