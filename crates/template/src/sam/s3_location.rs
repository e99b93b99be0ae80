//! Where code lies: `s3://bucket/key?versionId=…`, or a mapping with `Bucket`, `Key` and `Version`.

use super::error::Fault;
use super::make::node;
use super::python::truthy;
use crate::{Map, Node, Value};

/// Bucket, key and version as they were written.
#[derive(Debug, Clone)]
pub struct S3Location {
    /// The bucket.
    pub bucket: Node,
    /// The key.
    pub key: Node,
    /// The version, if it is given.
    pub version: Option<Node>,
}

/// Reads a location. `property` is what messages call it.
pub fn read(id: &str, property: &str, value: &Node) -> Result<S3Location, Fault> {
    match &value.value {
        Value::Map(map) => from_map(id, property, map).map_err(|fault| fault.at(value.span)),
        Value::String(text) => {
            let message = format!(
                "'{property}' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query \
                 parameter."
            );
            parse_uri(text, value).ok_or_else(|| Fault::resource(id, message).at(value.span))
        }
        _ => Err(Fault::resource(id, format!("'{property}' must be of type dict or string.")).at(value.span)),
    }
}

fn from_map(id: &str, property: &str, map: &Map) -> Result<S3Location, Fault> {
    let part = |name: &str| map.get(name).filter(|node| truthy(node)).cloned();
    match (part("Bucket"), part("Key")) {
        (Some(bucket), Some(key)) => Ok(S3Location { bucket, key, version: map.get("Version").cloned() }),
        _ => {
            let message = format!("'{property}' requires Bucket and Key properties to be specified.");
            Err(Fault::resource(id, message))
        }
    }
}

/// The code of a function or layer: `S3Bucket`, `S3Key` and `S3ObjectVersion`.
pub fn code(id: &str, property: &str, value: &Node) -> Result<Node, Fault> {
    if let Some(text) = value.as_str() {
        let services = ["ssm", "ssm-secure", "secretsmanager"];
        if dynamic_reference(text, &services).is_some_and(|reference| reference.contains('/')) {
            let message = format!(
                "Unsupported dynamic reference detected in '{property}'. Please consider using alternative \
                 'FunctionCode' object format."
            );
            return Err(Fault::resource(id, message).at(value.span));
        }
    }
    let location = read(id, property, value)?;
    let mut code = node!(value.span, { "S3Bucket": location.bucket, "S3Key": location.key });
    if let (Some(map), Some(version)) = (code.as_map_mut(), location.version) {
        map.insert("S3ObjectVersion", version);
    }
    Ok(code)
}

/// The first `{{resolve:service:name}}` or `{{resolve:service:name:1}}` in a text, for these services.
pub fn dynamic_reference<'a>(text: &'a str, services: &[&str]) -> Option<&'a str> {
    const BEGIN: &str = "{{resolve:";
    let mut from = 0;
    while let Some(at) = text[from..].find(BEGIN).map(|n| from + n) {
        from = at + BEGIN.len();
        let rest = &text[from..];
        let Some((service, rest)) = rest.split_once(':').filter(|(service, _)| services.contains(service)) else {
            continue;
        };
        let name_end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/')))
            .unwrap_or(rest.len());
        let after_name = &rest[name_end..];
        let digits = after_name
            .strip_prefix(':')
            .map_or(0, |version| 1 + version.bytes().take_while(u8::is_ascii_digit).count());
        for skip in [if digits > 1 { digits } else { 0 }, 0] {
            if name_end > 0 && after_name[skip..].starts_with("}}") {
                let end = from + service.len() + 1 + name_end + skip + 2;
                return Some(&text[at..end]);
            }
        }
    }
    None
}

/// Takes `s3://bucket/key?versionId=version` apart.
fn parse_uri(text: &str, node: &Node) -> Option<S3Location> {
    // Python's parser drops these characters wherever they stand, and blanks at the beginning.
    let text = text.trim_start_matches(|c: char| c <= ' ');
    let cleaned: String = text.chars().filter(|c| !"\n\r\t".contains(*c)).collect();
    let (scheme, rest) = cleaned.split_once(':')?;
    let rest = rest.strip_prefix("//").filter(|_| scheme.eq_ignore_ascii_case("s3"))?;
    let bucket_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (bucket, rest) = rest.split_at(bucket_end);
    if !is_host(bucket) {
        return None;
    }
    let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if bucket.is_empty() || path.is_empty() {
        return None;
    }
    let part = |text: &str| Node::new(text, node.span);
    let version = version_of(query);
    Some(S3Location {
        bucket: part(bucket),
        key: part(path.trim_start_matches('/')),
        version: version.map(|version| node!(node.span, version)),
    })
}

/// What stands in brackets in a host must be an IPv6 address, or one of a later version.
fn is_host(host: &str) -> bool {
    let Some((_, rest)) = host.split_once('[') else { return !host.contains(']') };
    let Some((inner, _)) = rest.split_once(']') else { return false };
    if let Some((version, address)) = inner.strip_prefix('v').and_then(|rest| rest.split_once('.')) {
        return !address.is_empty() && !version.is_empty() && version.bytes().all(|b| b.is_ascii_hexdigit());
    }
    let address = inner.split_once('%').map_or(inner, |(address, _)| address);
    address.parse::<std::net::Ipv6Addr>().is_ok()
}

/// The value of `versionId` in a query, if there is exactly one.
fn version_of(query: &str) -> Option<String> {
    let mut versions = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (decode(name) == "versionId" && !value.is_empty()).then(|| decode(value))
    });
    let version = versions.next()?;
    if versions.next().is_none() { Some(version) } else { None }
}

/// `%41` and `+` in a query.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
        match (bytes[i], hex(i + 1), hex(i + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                i += 2;
            }
            (b'+', _, _) => out.push(b' '),
            (byte, _, _) => out.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
