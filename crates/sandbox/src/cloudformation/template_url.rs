//! Where templates come from: the body in the call, or an object in S3 that the caller can read.

use crate::call::AwsError;
use crate::identity::Principal;
use crate::services::s3;
use crate::world::World;
use base::Region;

/// The longest template body in a call, in bytes (user guide, "CloudFormation quotas").
pub(super) const BODY_LIMIT: usize = 51_200;
/// The longest template in S3, in bytes.
pub(super) const OBJECT_LIMIT: usize = 1_000_000;

/// The template of a call: one of body and URL must be given.
pub(super) fn fetch(
    world: &mut World,
    principal: &Principal,
    region: &Region,
    body: Option<&str>,
    url: Option<&str>,
) -> Result<String, AwsError> {
    match (body, url) {
        (Some(_), Some(_)) => {
            Err(AwsError::validation("You must specify either Template URL or Template Body, not both."))
        }
        (None, None) => Err(AwsError::validation("Either Template URL or Template Body must be specified.")),
        (Some(body), None) if body.len() > BODY_LIMIT => Err(AwsError::validation(format!(
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to {BODY_LIMIT}"
        ))),
        (Some(body), None) => Ok(body.to_owned()),
        (None, Some(url)) => {
            let text = object(world, principal, region, url)?;
            if text.len() > OBJECT_LIMIT {
                return Err(AwsError::validation(format!("Template may not exceed {OBJECT_LIMIT} bytes in size.")));
            }
            Ok(text)
        }
    }
}

/// The text of an object in S3, read with the permissions of whoever asks.
pub(super) fn object(world: &mut World, principal: &Principal, region: &Region, url: &str) -> Result<String, AwsError> {
    let (bucket, key) = location(url).ok_or_else(|| AwsError::validation("TemplateURL must be a supported URL."))?;
    let bytes = s3::fetch(world, principal, region, &bucket, &key, None).map_err(|e| {
        AwsError::validation(format!(
            "S3 error: {}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
            e.message
        ))
    })?;
    String::from_utf8(bytes).map_err(|_| AwsError::validation("Template format error: unsupported structure."))
}

/// Bucket and key of an S3 URL: virtual-hosted style, path style, the form `s3://`, and the sandbox's own address.
pub(super) fn location(url: &str) -> Option<(String, String)> {
    let decode = |text: &str| crate::wire::query::percent_decode(text, false);
    if let Some(rest) = url.strip_prefix("s3://") {
        let (bucket, key) = rest.split_once('/')?;
        return Some((bucket.to_owned(), key.to_owned()));
    }
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/')?;
    let path = path.split(['?', '#']).next()?;
    let name = host.split(':').next()?;
    let path_style = name.starts_with("s3.") || name.starts_with("s3-") || matches!(name, "127.0.0.1" | "localhost");
    let (bucket, key) = if path_style {
        let (bucket, key) = path.split_once('/')?;
        (bucket.to_owned(), key)
    } else {
        let at = name.find(".s3.").or_else(|| name.find(".s3-")).or_else(|| name.find(".localhost"))?;
        (name.get(..at)?.to_owned(), path)
    };
    (!bucket.is_empty() && !key.is_empty()).then(|| (bucket, decode(key)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::location;

    #[test]
    fn every_style_of_url_names_bucket_and_key() {
        let table = [
            "https://b.s3.us-east-1.amazonaws.com/a/t.yaml",
            "https://b.s3.amazonaws.com/a/t.yaml",
            "https://s3.amazonaws.com/b/a/t.yaml",
            "https://s3.eu-west-1.amazonaws.com/b/a/t.yaml?versionId=3",
            "https://s3-eu-west-1.amazonaws.com/b/a/t.yaml",
            "http://127.0.0.1:4599/b/a/t.yaml",
            "s3://b/a/t.yaml",
        ];
        for url in table {
            assert_eq!(location(url).unwrap(), ("b".to_owned(), "a/t.yaml".to_owned()), "{url}");
        }
        for bad in ["ftp://x/y", "https://example.com/t.yaml", "https://s3.amazonaws.com/b"] {
            assert_eq!(location(bad), None, "{bad}");
        }
    }
}
