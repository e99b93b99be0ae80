//! Buckets and objects.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use landfall_sandbox::World;
use landfall_sandbox::wire::xml;
use support::{Client, HUB, administrator, anonymous, outcome, request};

const BUCKET: &str = "landfall-artifacts-999999999999-us-east-1";

fn hub(world: &mut World) -> Client {
    administrator("999999999999").assume(world, HUB, &[]).unwrap()
}

fn put(world: &mut World, who: &Client, path: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
    outcome(&who.s3(world, "PUT", path, headers, body))
}

fn get(world: &mut World, who: &Client, path: &str) -> String {
    let answer = who.s3(world, "GET", path, &[], b"");
    if answer.status < 300 { String::from_utf8(answer.body).unwrap() } else { outcome(&answer) }
}

#[test]
fn conditional_writes_happen_once() {
    let mut world = World::demo();
    let hub = hub(&mut world);
    let path = format!("/{BUCKET}/digest");
    let first = hub.s3(&mut world, "PUT", &path, &[("if-none-match", "*")], b"one");
    assert_eq!(outcome(&first), "200");
    let etag = first.header("etag").unwrap().to_owned();
    assert_eq!(put(&mut world, &hub, &path, &[("if-none-match", "*")], b"two"), "412 PreconditionFailed");
    assert_eq!(get(&mut world, &hub, &path), "one");
    assert_eq!(put(&mut world, &hub, &path, &[("if-match", "\"0\"")], b"two"), "412 PreconditionFailed");
    assert_eq!(put(&mut world, &hub, &path, &[("if-match", &etag)], b"two"), "200");
    assert_eq!(get(&mut world, &hub, &path), "two");
    assert_eq!(put(&mut world, &hub, &format!("/{BUCKET}/none"), &[("if-match", &etag)], b""), "404 NoSuchKey");
    let changed = world.log.iter().filter(|r| r.operation == "PutObject" && r.changed_the_world()).count();
    assert_eq!(changed, 2, "the log tells writes that happened from writes that were refused");
}

#[test]
fn another_account_needs_both_sides() {
    let mut world = World::demo();
    let hub = hub(&mut world);
    let deploy = hub.assume(&mut world, "arn:aws:iam::222222222222:role/landfall-deploy", &[]).unwrap();
    let path = format!("/{BUCKET}/a.zip");
    assert_eq!(put(&mut world, &hub, &path, &[], b"zip"), "200");
    assert_eq!(get(&mut world, &deploy, &path), "zip");
    assert_eq!(put(&mut world, &deploy, &path, &[], b"evil"), "403 AccessDenied");
    let execution_has_no_bucket_of_its_own = administrator("222222222222");
    assert_eq!(get(&mut world, &execution_has_no_bucket_of_its_own, &path), "zip");
    let anonymous_reader = anonymous(&mut world, &request("GET", &path, "", b""));
    assert_eq!(outcome(&anonymous_reader), "403 AccessDenied");
}

#[test]
fn an_account_outside_the_organization_reads_nothing() {
    let text = include_str!("../src/world/demo.yaml").replace(
        "accounts:\n  - { id: \"000000000001\"",
        "accounts:\n  - { id: \"777777777777\", name: stranger, stranger: true }\n  - { id: \"000000000001\"",
    );
    let (mut world, diagnostics) = World::from_yaml(&text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let hub = hub(&mut world);
    let path = format!("/{BUCKET}/a.zip");
    assert_eq!(put(&mut world, &hub, &path, &[], b"zip"), "200");
    assert_eq!(get(&mut world, &administrator("777777777777"), &path), "403 AccessDenied");
    assert_eq!(get(&mut world, &administrator("333333333333"), &path), "zip");
}

#[test]
fn the_wrong_owner_the_wrong_region_and_missing_keys_are_told() {
    let mut world = World::demo();
    let hub = hub(&mut world);
    let path = format!("/{BUCKET}/key");
    assert_eq!(
        put(&mut world, &hub, &path, &[("x-amz-expected-bucket-owner", "111111111111")], b""),
        "403 AccessDenied"
    );
    assert_eq!(put(&mut world, &hub, &path, &[("x-amz-expected-bucket-owner", "999999999999")], b""), "200");
    let elsewhere = hub.in_region("eu-west-1").s3(&mut world, "GET", &path, &[], b"");
    assert_eq!(outcome(&elsewhere), "301 PermanentRedirect");
    assert_eq!(elsewhere.header("x-amz-bucket-region"), Some("us-east-1"));
    assert_eq!(get(&mut world, &hub, &format!("/{BUCKET}/none")), "404 NoSuchKey");
    assert_eq!(get(&mut world, &hub, "/no-such-bucket/none"), "404 NoSuchBucket");
    let region = get(&mut world, &hub.in_region("eu-west-1"), &format!("/{BUCKET}?location"));
    assert!(region.contains("<LocationConstraint"), "{region}");
}

#[test]
fn whoever_may_not_list_is_not_told_what_is_missing() {
    let text = r#"
accounts: [{ id: "111111111111", name: one }]
buckets: [{ account: "111111111111", region: us-east-1, name: secrets }]
users:
  - account: "111111111111"
    name: reader
    access_key: { id: AKIAREADER, secret: word }
    inline: { read: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::secrets/*" } } }
"#;
    let (mut world, diagnostics) = World::from_yaml(text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let reader = Client::with_key("AKIAREADER", "word");
    assert_eq!(get(&mut world, &reader, "/secrets/none"), "403 AccessDenied");
    assert_eq!(get(&mut world, &administrator("111111111111"), "/secrets/none"), "404 NoSuchKey");
    let wrong = Client::with_key("AKIAREADER", "guess");
    assert_eq!(get(&mut world, &wrong, "/secrets/none"), "403 SignatureDoesNotMatch");
}

#[test]
fn versions_are_kept_and_deletes_are_markers() {
    let mut world = World::demo();
    let owner = administrator("999999999999");
    let path = format!("/{BUCKET}/k");
    let first = owner.s3(&mut world, "PUT", &path, &[], b"one").header("x-amz-version-id").unwrap().to_owned();
    put(&mut world, &owner, &path, &[], b"two");
    let deleted = owner.s3(&mut world, "DELETE", &path, &[], b"");
    assert_eq!((deleted.status, deleted.header("x-amz-delete-marker")), (204, Some("true")));
    assert_eq!(get(&mut world, &owner, &path), "404 NoSuchKey");
    assert_eq!(get(&mut world, &owner, &format!("{path}?versionId={first}")), "one");
    assert_eq!(outcome(&owner.s3(&mut world, "DELETE", &format!("/{BUCKET}"), &[], b"")), "409 BucketNotEmpty");
    let marker = deleted.header("x-amz-version-id").unwrap().to_owned();
    owner.s3(&mut world, "DELETE", &format!("{path}?versionId={marker}"), &[], b"");
    assert_eq!(get(&mut world, &owner, &path), "two");
}

fn text(bytes: &[u8], name: &str) -> String {
    xml::parse(bytes).unwrap().child_text(name).unwrap().to_owned()
}

#[test]
fn multipart_uploads_join_their_parts_and_refuse_wrong_ones() {
    let mut world = World::demo();
    let hub = hub(&mut world);
    let path = format!("/{BUCKET}/large");
    let begun = hub.s3(&mut world, "POST", &format!("{path}?uploads"), &[("x-amz-checksum-algorithm", "CRC32")], b"");
    let id = text(&begun.body, "UploadId");
    let five = vec![7u8; 5 * 1024 * 1024];
    let mut parts = String::new();
    for (number, bytes) in [(1, five.as_slice()), (2, b"end")] {
        let part = hub.s3(&mut world, "PUT", &format!("{path}?partNumber={number}&uploadId={id}"), &[], bytes);
        parts.push_str(&format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag></Part>",
            part.header("etag").unwrap()
        ));
    }
    let complete = |world: &mut World, list: &str| {
        let body = format!("<CompleteMultipartUpload>{list}</CompleteMultipartUpload>");
        hub.s3(world, "POST", &format!("{path}?uploadId={id}"), &[], body.as_bytes())
    };
    let wrong = "<Part><PartNumber>1</PartNumber><ETag>\"0\"</ETag></Part>";
    assert_eq!(outcome(&complete(&mut world, wrong)), "400 InvalidPart");
    assert_eq!(outcome(&complete(&mut world, "")), "400 MalformedXML");
    let done = complete(&mut world, &parts);
    assert_eq!(outcome(&done), "200");
    assert!(text(&done.body, "ETag").ends_with("-2\""));
    assert!(text(&done.body, "ChecksumCRC32").ends_with("-2"), "the checksum is one of the parts' checksums");
    let head = hub.s3(&mut world, "HEAD", &path, &[], b"");
    assert_eq!(head.announced_length, Some(5 * 1024 * 1024 + 3));
    let range = hub.s3(&mut world, "GET", &path, &[("range", "bytes=5242879-5242881")], b"");
    assert_eq!((range.status, range.body.as_slice()), (206, &b"\x07en"[..]));
    assert_eq!(outcome(&complete(&mut world, &parts)), "404 NoSuchUpload");
}

#[test]
fn small_parts_are_refused_at_the_end() {
    let mut world = World::demo();
    let hub = hub(&mut world);
    let path = format!("/{BUCKET}/small");
    let id = text(&hub.s3(&mut world, "POST", &format!("{path}?uploads"), &[], b"").body, "UploadId");
    let mut parts = String::new();
    for number in [1, 2] {
        let part = hub.s3(&mut world, "PUT", &format!("{path}?partNumber={number}&uploadId={id}"), &[], b"tiny");
        parts.push_str(&format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag></Part>",
            part.header("etag").unwrap()
        ));
    }
    let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    let answer = hub.s3(&mut world, "POST", &format!("{path}?uploadId={id}"), &[], body.as_bytes());
    assert_eq!(outcome(&answer), "400 EntityTooSmall");
    assert_eq!(outcome(&hub.s3(&mut world, "DELETE", &format!("{path}?uploadId={id}"), &[], b"")), "204");
}

#[test]
fn checksums_are_compared() {
    let mut world = World::demo();
    let hub = hub(&mut world);
    let path = format!("/{BUCKET}/sum");
    let right = ("x-amz-checksum-crc32", "y/Q5Jg==");
    assert_eq!(put(&mut world, &hub, &path, &[right], b"123456789"), "200");
    assert_eq!(put(&mut world, &hub, &path, &[right], b"123456780"), "400 BadDigest");
    assert_eq!(put(&mut world, &hub, &path, &[("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")], b"x"), "400 BadDigest");
    let head = hub.s3(&mut world, "HEAD", &path, &[("x-amz-checksum-mode", "ENABLED")], b"");
    assert_eq!(head.header("x-amz-checksum-crc32"), Some("y/Q5Jg=="));
}

#[test]
fn copies_cross_accounts_and_lists_come_in_pages() {
    let mut world = World::demo();
    let hub = hub(&mut world);
    for key in ["a/1", "a/2", "b", "c"] {
        put(&mut world, &hub, &format!("/{BUCKET}/{key}"), &[], key.as_bytes());
    }
    let production = administrator("222222222222");
    assert_eq!(put(&mut world, &production, "/production-mirror", &[], b""), "200");
    let source = format!("{BUCKET}/a%2F1");
    assert_eq!(put(&mut world, &production, "/production-mirror/x", &[("x-amz-copy-source", &source)], b""), "200");
    assert_eq!(get(&mut world, &production, "/production-mirror/x"), "a/1");
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let query = format!("/{BUCKET}?list-type=2&delimiter=%2F&max-keys=2{token}");
        let page = xml::parse(&hub.s3(&mut world, "GET", &query, &[], b"").body).unwrap();
        seen.extend(page.children_named("CommonPrefixes").map(|c| c.child_text("Prefix").unwrap().to_owned()));
        seen.extend(page.children_named("Contents").map(|c| c.child_text("Key").unwrap().to_owned()));
        match page.child_text("NextContinuationToken") {
            Some(next) => token = format!("&continuation-token={}", next.replace('=', "%3D")),
            None => break,
        }
    }
    assert_eq!(seen, ["a/", "b", "c"]);
}

#[test]
fn bucket_names_belong_to_one_account() {
    let mut world = World::demo();
    let (one, two) = (administrator("111111111111"), administrator("222222222222"));
    assert_eq!(put(&mut world, &one, "/shared-name", &[], b""), "200");
    assert_eq!(put(&mut world, &one, "/shared-name", &[], b""), "200");
    assert_eq!(put(&mut world, &two, "/shared-name", &[], b""), "409 BucketAlreadyExists");
    assert_eq!(put(&mut world, &two, "/Bad_Name", &[], b""), "400 InvalidBucketName");
    let eu = two.in_region("eu-west-1");
    assert_eq!(put(&mut world, &eu, "/in-europe", &[], b""), "400 IllegalLocationConstraintException");
    let body =
        b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
    assert_eq!(put(&mut world, &eu, "/in-europe", &[], body), "200");
    assert_eq!(put(&mut world, &eu, "/in-europe", &[], body), "409 BucketAlreadyOwnedByYou");
}
