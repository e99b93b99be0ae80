//! The bytes of an upload: out of `aws-chunked` framing, and checked against what the client says of them.
//!
//! Facts from the S3 API reference, "Signature calculations: transferring payload in multiple chunks" and "Checking object
//! integrity".

use super::checksum;
use crate::call::AwsError;
use crate::wire::WireRequest;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// An upload's bytes and the checksums that came with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Payload {
    /// The bytes themselves.
    pub bytes: Vec<u8>,
    /// Checksums in base64 by algorithm in lower case, every one of them checked.
    pub checksums: BTreeMap<String, String>,
}

/// Names and values of headers or trailers.
type Fields = Vec<(String, String)>;

/// Reads and checks a request's body.
pub(super) fn read(request: &WireRequest) -> Result<Payload, AwsError> {
    let announced = request.header("x-amz-content-sha256").unwrap_or_default();
    let chunked = announced.starts_with("STREAMING-")
        || request.header("content-encoding").is_some_and(|e| e.split(',').any(|p| p.trim() == "aws-chunked"));
    let (bytes, trailers) =
        if chunked { unchunk(&request.body).ok_or_else(incomplete)? } else { (request.body.clone(), Vec::new()) };
    check_length(request, &bytes, chunked)?;
    if announced.len() == 64 && announced != hex::encode(Sha256::digest(&bytes)) {
        return Err(AwsError::new(
            400,
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ));
    }
    if request.header("content-md5").is_some_and(|given| given != checksum::md5_base64(&bytes)) {
        return Err(AwsError::new(400, "BadDigest", "The Content-MD5 you specified did not match what we received."));
    }
    let headers =
        request.headers.iter().filter_map(|(n, v)| Some((n.as_str().to_owned(), v.to_str().ok()?.to_owned())));
    let checksums = check(&bytes, headers.chain(trailers))?;
    Ok(Payload { bytes, checksums })
}

fn incomplete() -> AwsError {
    AwsError::new(
        400,
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    )
}

fn check_length(request: &WireRequest, bytes: &[u8], chunked: bool) -> Result<(), AwsError> {
    let announced = request.header("x-amz-decoded-content-length").filter(|_| chunked);
    match announced.map(str::parse::<usize>) {
        Some(Ok(length)) if length != bytes.len() => Err(incomplete()),
        Some(Err(_)) => Err(incomplete()),
        _ => Ok(()),
    }
}

/// The chunks' bytes and the trailers after them.
fn unchunk(body: &[u8]) -> Option<(Vec<u8>, Fields)> {
    let (mut rest, mut bytes) = (body, Vec::with_capacity(body.len()));
    loop {
        let (head, after) = line(rest)?;
        let size = head.split(';').next().map(str::trim).and_then(|hex| usize::from_str_radix(hex, 16).ok())?;
        if size == 0 {
            return Some((bytes, trailers(after)));
        }
        bytes.extend_from_slice(after.get(..size)?);
        rest = after.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 2..]))
}

fn trailers(mut rest: &[u8]) -> Fields {
    let mut found = Vec::new();
    while let Some((text, after)) = line(rest).filter(|(text, _)| !text.is_empty()) {
        found.extend(text.split_once(':').map(|(n, v)| (n.trim().to_ascii_lowercase(), v.trim().to_owned())));
        rest = after;
    }
    found
}

/// The checksums among headers and trailers, each compared with the bytes.
fn check(bytes: &[u8], fields: impl Iterator<Item = (String, String)>) -> Result<BTreeMap<String, String>, AwsError> {
    let mut checksums = BTreeMap::new();
    for (name, value) in fields {
        let Some(algorithm) = name.strip_prefix("x-amz-checksum-") else { continue };
        if matches!(algorithm, "algorithm" | "type" | "mode") {
            continue;
        }
        let computed = checksum::of(algorithm, bytes);
        if computed.is_some_and(|computed| computed != value) {
            let message =
                format!("The {} you specified did not match the calculated checksum.", algorithm.to_uppercase());
            return Err(AwsError::new(400, "BadDigest", message));
        }
        checksums.insert(algorithm.to_owned(), value);
    }
    Ok(checksums)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn chunked(body: &[u8], length: &str) -> WireRequest {
        let mut request = WireRequest { body: body.to_vec(), ..WireRequest::default() };
        request.headers.insert("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER".parse().unwrap());
        request.headers.insert("x-amz-decoded-content-length", length.parse().unwrap());
        request
    }

    #[test]
    fn chunks_are_joined_and_trailers_checked() {
        let body = b"5\r\n12345\r\n4;chunk-signature=abc\r\n6789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
        let payload = read(&chunked(body, "9")).unwrap();
        assert_eq!(payload.bytes, b"123456789");
        assert_eq!(payload.checksums.get("crc32").map(String::as_str), Some("y/Q5Jg=="));
        let wrong = b"9\r\n123456780\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
        assert_eq!(read(&chunked(wrong, "9")).unwrap_err().code, "BadDigest");
    }

    #[test]
    fn cut_off_bodies_are_refused() {
        for body in [&b""[..], b"5\r\n123", b"zz\r\n", b"5\r\n12345", b"ffffffffffffffff\r\n"] {
            assert_eq!(read(&chunked(body, "5")).unwrap_err().code, "IncompleteBody");
        }
        assert_eq!(read(&chunked(b"5\r\n12345\r\n0\r\n\r\n", "6")).unwrap_err().code, "IncompleteBody");
    }
}
