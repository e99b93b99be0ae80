//! A bundle as it is deployed to one account and region: the template with the places of its artifacts written in.

use super::bundle::{Bundle, Part};
use base::{Digest, Region};
use deploy::plan::UploadedObject;
use deploy::plan::digest_of;
use std::collections::BTreeMap;
use template::artifact::{PlaceError, S3Location, place};
use template::{Node, Value, write};

/// The longest template that fits into a request (CloudFormation quotas). Up to here it is laid out for people.
const MAX_INLINE: usize = 51_200;

/// Where a target's artifacts lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteBucket {
    /// The bucket, in the target's region.
    pub bucket: String,
    /// The prefix of keys, without slashes at its ends; may be empty.
    pub prefix: String,
    /// The region.
    pub region: Region,
}

/// A template for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteTemplate {
    /// Its text.
    pub text: String,
    /// The digest of its text.
    pub digest: Digest,
    /// Its key, should it be put into the bucket.
    pub key: String,
    /// What must be in the bucket first, without the template itself, each once.
    pub objects: Vec<UploadedObject>,
    /// The texts of nested templates, which are among the objects.
    pub blobs: BTreeMap<Digest, Vec<u8>>,
}

impl Bundle {
    /// The bundle for a target. The same bundle and bucket give the same text.
    ///
    /// # Errors
    /// When the template has no place for one of its artifacts, which would be a mistake of ours.
    pub fn at(&self, site: &SiteBucket) -> Result<SiteTemplate, PlaceError> {
        let mut template = self.template.clone();
        let mut objects = BTreeMap::new();
        let mut blobs = BTreeMap::new();
        for (artifact, part) in &self.parts {
            let object = match part {
                Part::Object { digest, bytes, ending } => {
                    UploadedObject { digest: digest.clone(), key: site.key(digest, ending), bytes: *bytes }
                }
                Part::Template(inner) => {
                    let inner = inner.at(site)?;
                    objects.extend(inner.objects.into_iter().map(|o| (o.key.clone(), o)));
                    blobs.extend(inner.blobs);
                    let bytes = inner.text.len() as u64;
                    blobs.insert(inner.digest.clone(), inner.text.into_bytes());
                    UploadedObject { digest: inner.digest, key: inner.key, bytes }
                }
            };
            let location = S3Location {
                bucket: site.bucket.clone(),
                key: object.key.clone(),
                version: None,
                region: site.region.clone(),
            };
            place(&mut template, artifact, &location)?;
            objects.insert(object.key.clone(), object);
        }
        keep_names(&mut template);
        let mut text = write::pretty(&template);
        if text.len() > MAX_INLINE {
            text = write::compact(&template);
        }
        let digest = digest_of(text.as_bytes());
        let key = site.key(&digest, ".template");
        Ok(SiteTemplate { text, digest, key, objects: objects.into_values().collect(), blobs })
    }
}

impl SiteBucket {
    fn key(&self, digest: &Digest, ending: &str) -> String {
        if self.prefix.is_empty() { format!("{digest}{ending}") } else { format!("{}/{digest}{ending}", self.prefix) }
    }
}

/// Numbers that are rather names, such as an account id with a leading zero or the version `1.10`, become text: JSON
/// has no other way to keep what the user wrote.
fn keep_names(node: &mut Node) {
    match &mut node.value {
        Value::Number(number) if is_name(&number.text) => node.value = Value::String(number.text.clone()),
        Value::List(list) => list.iter_mut().for_each(keep_names),
        Value::Map(map) => map.iter_mut().for_each(|(_, n)| keep_names(n)),
        _ => {}
    }
}

fn is_name(text: &str) -> bool {
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction) && (fraction.ends_with('0') || zero_led(whole)),
        None => digits(text) && zero_led(text),
    }
}

fn zero_led(digits: &str) -> bool {
    digits.len() > 1 && digits.starts_with('0')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::package::{MemoryFiles, bundle};
    use base::Sources;

    fn files(list: &[(&str, &str)]) -> MemoryFiles {
        MemoryFiles(list.iter().map(|(k, v)| ((*k).to_owned(), v.as_bytes().to_vec())).collect())
    }

    fn site() -> SiteBucket {
        let region = Region::new("eu-west-1").unwrap();
        SiteBucket { bucket: "landfall-1-eu-west-1".into(), prefix: "orders".into(), region }
    }

    #[test]
    fn artifacts_nested_templates_and_names_are_written_for_the_bucket() {
        let files = files(&[
            (
                "app/template.yaml",
                "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties: { CodeUri: ../src, Description: !Sub 'v ${X}', Account: 012345678901, V: 1.10, N: 0.5 }\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties: { TemplateURL: nested/n.yaml }\n",
            ),
            (
                "app/nested/n.yaml",
                "Resources:\n  L:\n    Type: AWS::Lambda::Function\n    Properties: { Code: ../../src/a.py }\n",
            ),
            ("src/a.py", "x"),
        ]);
        let bundle = bundle(&files, "app/template.yaml", None, &mut Sources::new()).unwrap();
        let made = bundle.at(&site()).unwrap();
        assert_eq!(made, bundle.at(&site()).unwrap());
        let json: serde_json::Value = serde_json::from_str(&made.text).unwrap();
        let uri = json.pointer("/Resources/F/Properties/CodeUri").unwrap().as_str().unwrap();
        assert!(uri.starts_with("s3://landfall-1-eu-west-1/orders/") && uri.ends_with(".zip"), "{uri}");
        assert_eq!(json.pointer("/Resources/F/Properties/Account").unwrap(), "012345678901");
        assert_eq!(json.pointer("/Resources/F/Properties/V").unwrap(), "1.10");
        assert_eq!(json.pointer("/Resources/F/Properties/N").unwrap(), 0.5);
        let url = json.pointer("/Resources/N/Properties/TemplateURL").unwrap().as_str().unwrap();
        assert!(url.starts_with("https://s3.eu-west-1.amazonaws.com/landfall-1-eu-west-1/orders/"), "{url}");
        assert_eq!(made.objects.len(), 2, "a folder and its only file are the same archive; and a nested template");
        let known = |o: &UploadedObject| bundle.blobs.contains_key(&o.digest) || made.blobs.contains_key(&o.digest);
        assert!(made.objects.iter().all(known));
    }

    #[test]
    fn everything_that_is_missing_is_told_at_once() {
        let files = files(&[(
            "t.yaml",
            "Resources:\n  A:\n    Type: AWS::Serverless::Function\n    Properties: { CodeUri: a/ }\n  B:\n    Type: AWS::Serverless::LayerVersion\n    Properties: { ContentUri: ../b }\n",
        )]);
        let mut sources = Sources::new();
        let told = bundle(&files, "t.yaml", None, &mut sources).unwrap_err();
        let shown: Vec<String> = told.iter().map(|d| d.render(&sources).lines().next().unwrap().to_owned()).collect();
        assert_eq!(
            shown,
            [
                "error[PKG-004] t.yaml:4:28: `CodeUri` of `A` names `a`, which is not there",
                "error[PKG-005] t.yaml:7:31: `ContentUri` of `B` names `../b`, outside of the project",
            ]
        );
    }
}
