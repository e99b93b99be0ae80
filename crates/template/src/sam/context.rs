//! What the transform has to know besides the template: where it will be deployed and what AWS would answer.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The surroundings of one transform. The transform itself asks nobody.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct Context {
    /// The region the stack is deployed to.
    pub region: String,
    /// Its partition; [`partition_of`] tells it from the region.
    pub partition: String,
    /// Parameter values by name. Defaults and pseudo parameters are added by the transform.
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// ARNs of AWS managed policies by name, asked last, after the table that is built in.
    pub managed_policies: Option<BTreeMap<String, String>>,
    /// Whether features that AWS rolls out account by account are on.
    pub feature_toggles: FeatureToggles,
    /// What the Serverless Application Repository answers; nothing if it was not asked.
    pub sar: Option<Repository>,
    /// Seconds since 1970. Only APIs that are always deployed depend on it.
    pub now: u64,
    /// Whether the template was handed over as JSON, as CloudFormation hands it to its transforms. Then every key is
    /// text, and messages show text of API definitions and events as the service shows it, `u'…'`.
    pub json_roundtrip: bool,
}

/// Features that AWS rolls out account by account.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum FeatureToggles {
    /// All of them, or none.
    All(bool),
    /// By name; what is not named is off.
    ByName(BTreeMap<String, bool>),
}

impl Default for FeatureToggles {
    fn default() -> Self {
        Self::All(false)
    }
}

impl FeatureToggles {
    /// Whether the feature is on.
    pub fn is_enabled(&self, feature: &str) -> bool {
        match self {
            Self::All(on) => *on,
            Self::ByName(features) => features.get(feature).copied().unwrap_or(false),
        }
    }
}

/// What the Serverless Application Repository answers to `CreateCloudFormationTemplate` and
/// `GetCloudFormationTemplate`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Repository {
    /// The answer of a refused or unknown application, by application id.
    pub errors: BTreeMap<String, String>,
    /// The states of a template as they are told one after the other, by application id; the last one stays.
    pub status: BTreeMap<String, Vec<String>>,
    /// The state of all other templates.
    pub default_status: String,
    /// The version that is told.
    pub semantic_version: String,
    /// The id of the template that was made.
    pub template_id: String,
    /// Where the template lies.
    pub template_url: String,
}

impl Repository {
    /// Stands for what the repository will answer in a region: a template in one of its own buckets, whose names differ.
    pub fn unasked(region: &str) -> Self {
        let suffix = if partition_of(region) == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        let template_url = format!("https://s3.{region}.{suffix}/awsserverlessrepo-changesets-*/template");
        Self { template_url, ..Self::default() }
    }
}

impl Default for Context {
    fn default() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            partition: "aws".to_owned(),
            parameters: BTreeMap::new(),
            managed_policies: None,
            feature_toggles: FeatureToggles::default(),
            sar: None,
            now: 0,
            json_roundtrip: true,
        }
    }
}

impl Context {
    /// The surroundings for a region, in the partition the region lies in.
    pub fn for_region(region: impl Into<String>) -> Self {
        let region = region.into();
        Self { partition: partition_of(&region).to_owned(), region, ..Self::default() }
    }

    /// The surroundings for a look ahead of a deployment: applications of the repository are taken as they would be there.
    pub fn ahead(region: impl Into<String>) -> Self {
        let context = Self::for_region(region);
        Self { sar: Some(Repository::unasked(&context.region)), ..context }
    }

    /// Reads the JSON form: an object with the fields of this struct, all optional.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

/// The partition a region lies in, by the beginning of its name ("Amazon Resource Names", AWS General Reference).
pub fn partition_of(region: &str) -> &'static str {
    const BEGINNINGS: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-iso-", "aws-iso"),
        ("us-isob", "aws-iso-b"),
        ("us-gov", "aws-us-gov"),
        ("eu-isoe", "aws-iso-e"),
        ("us-isof", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    let region = region.to_ascii_lowercase();
    BEGINNINGS.iter().find(|(beginning, _)| region.starts_with(beginning)).map_or("aws", |(_, partition)| partition)
}
