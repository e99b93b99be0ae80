//! No request makes the world panic, whatever it says and whoever signed it.
#![allow(clippy::unwrap_used, clippy::panic)]

use landfall_sandbox::World;
use landfall_sandbox::dispatch;
use landfall_sandbox::wire::WireRequest;
use proptest::prelude::*;
use std::sync::{Mutex, PoisonError};

/// One world for all cases: it becomes stranger with each of them.
static WORLD: Mutex<Option<World>> = Mutex::new(None);

const ACTIONS: [(&str, &str); 20] = [
    ("sts", "AssumeRole"),
    ("sts", "AssumeRoleWithWebIdentity"),
    ("sts", "GetSessionToken"),
    ("iam", "CreateRole"),
    ("iam", "DeleteRole"),
    ("iam", "UpdateAssumeRolePolicy"),
    ("iam", "PutRolePolicy"),
    ("iam", "CreatePolicy"),
    ("iam", "CreatePolicyVersion"),
    ("iam", "CreateOpenIDConnectProvider"),
    ("iam", "AddRoleToInstanceProfile"),
    ("iam", "CreateAccountAlias"),
    ("iam", "ListRoles"),
    ("iam", "GetAccountAuthorizationDetails"),
    ("iam", "CreateServiceLinkedRole"),
    ("iam", "TagRole"),
    ("cloudformation", "CreateStack"),
    ("cloudformation", "CreateChangeSet"),
    ("cloudformation", "DescribeStacks"),
    ("cloudformation", "ValidateTemplate"),
];
const OPERATIONS: [&str; 10] = [
    "ListAccounts",
    "ListChildren",
    "ListParents",
    "CreateAccount",
    "MoveAccount",
    "CreatePolicy",
    "AttachPolicy",
    "DetachPolicy",
    "CreateOrganizationalUnit",
    "CloseAccount",
];
const PARAMETERS: [&str; 18] = [
    "RoleName",
    "RoleArn",
    "RoleSessionName",
    "AssumeRolePolicyDocument",
    "PolicyDocument",
    "PolicyName",
    "PolicyArn",
    "Path",
    "Marker",
    "MaxItems",
    "DurationSeconds",
    "Tags.member.1.Key",
    "Tags.member.x.Value",
    "Url",
    "AWSServiceName",
    "StackName",
    "TemplateBody",
    "WebIdentityToken",
];
const VALUES: [&str; 18] = [
    "",
    "x",
    "landfall-deploy",
    "arn:aws:iam::111111111111:role/landfall-deploy",
    "arn:::::",
    "{\"Statement\":{}}",
    "{",
    "-1",
    "99999999999999999999",
    "é\u{0}",
    "https://",
    "a.b.c",
    "eyJhIjoxfQ.eyJhIjoxfQ.",
    "/",
    "YWZ0ZXI6OTk5",
    "{\"Resources\":{}}",
    "666666666666",
    "ou-lf42-fleet",
];

/// What a request is before it is signed: service, method, path, query and body.
type Draft = (String, String, String, String, Vec<u8>);

fn draft(service: &str, method: &str, path: &str, query: &str, body: Vec<u8>) -> Draft {
    (service.to_owned(), method.to_owned(), path.to_owned(), query.to_owned(), body)
}

fn form() -> impl Strategy<Value = Draft> {
    let pair = (prop::sample::select(&PARAMETERS[..]), prop::sample::select(&VALUES[..]));
    (prop::sample::select(&ACTIONS[..]), prop::collection::vec(pair, 0..9)).prop_map(|((service, action), pairs)| {
        let pairs = pairs.iter().map(|(k, v)| format!("&{k}={v}"));
        let body = format!("Action={action}{}", pairs.collect::<String>());
        draft(service, "POST", "/", "", body.into_bytes())
    })
}

fn json() -> impl Strategy<Value = Draft> {
    let names = [
        "ParentId",
        "ChildId",
        "ChildType",
        "AccountId",
        "NextToken",
        "MaxResults",
        "PolicyId",
        "TargetId",
        "Name",
        "Content",
        "AccountName",
        "Email",
        "Type",
    ];
    let values = ["r-lf42", "ou-lf42-fleet", "111111111111", "ACCOUNT", "p-FullAWSAccess", "SERVICE_CONTROL_POLICY"];
    let value = prop_oneof![prop::sample::select(values.to_vec()), prop::sample::select(&VALUES[..])];
    prop::collection::btree_map(prop::sample::select(names.to_vec()), value, 0..7)
        .prop_map(|map| draft("organizations", "POST", "/", "", serde_json::to_vec(&map).unwrap()))
}

fn objects() -> impl Strategy<Value = Draft> {
    let method = prop::sample::select(vec!["GET", "PUT", "POST", "DELETE", "HEAD"]);
    let path = "/landfall-artifacts-999999999999-us-east-1(/[ak]{0,2})?";
    let body = prop::sample::select(vec![
        "",
        "x",
        "{}",
        "<a/>",
        "<Delete><Object><Key>a</Key></Object></Delete>",
        "<Tagging><TagSet/></Tagging>",
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
        "1\r\nx\r\n0\r\n\r\n",
        "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
    ]);
    (method, path, query(), body).prop_map(|(m, p, q, b)| draft("s3", m, &p, &q, b.as_bytes().to_vec()))
}

fn noise() -> impl Strategy<Value = Draft> {
    let services =
        vec!["sts", "iam", "organizations", "s3", "cloudformation", "monitoring", "lambda", "sqs", "none", ""];
    let method = prop::sample::select(vec!["GET", "PUT", "POST", "DELETE", "HEAD"]);
    let body = prop::collection::vec(any::<u8>(), 0..64);
    (prop::sample::select(services), method, path(), query(), body).prop_map(|(s, m, p, q, b)| draft(s, m, &p, &q, b))
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("/".to_owned()),
        "/landfall-artifacts-999999999999-us-east-1(/[ak%/.]{0,3})?",
        "/[a-z%./]{0,12}",
        "/service/[A-Za-z]{0,8}/operation/[A-Za-z]{0,8}",
        "/2015-03-31/functions(/[a-z:]{0,6})?",
    ]
}

fn query() -> impl Strategy<Value = String> {
    let names = [
        "uploads",
        "uploadId=x",
        "partNumber=1",
        "partNumber=0",
        "versionId=null",
        "list-type=2",
        "max-keys=0",
        "prefix=%C3",
        "continuation-token=%",
        "delete",
        "policy",
        "versioning",
        "tagging",
        "lifecycle",
        "versions",
        "X-Amz-Signature=1",
        "X-Amz-Credential=a",
        "start-after=z",
        "delimiter=k",
        "location",
    ];
    prop::collection::vec(prop::sample::select(names.to_vec()), 0..3).prop_map(|parts| parts.join("&"))
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let all = [
        ("range", "bytes=1-"),
        ("range", "bytes=-0"),
        ("range", "bytes=9-1"),
        ("x-amz-copy-source", "a"),
        ("x-amz-copy-source", "/landfall-artifacts-999999999999-us-east-1/k"),
        ("if-match", "*"),
        ("if-none-match", "*"),
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-checksum-crc32", "="),
        ("content-md5", "="),
        ("smithy-protocol", "rpc-v2-cbor"),
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-tagging", "a=%"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("host", "k.localhost"),
        ("x-amz-expected-bucket-owner", "x"),
    ];
    prop::collection::vec(prop::sample::select(all.to_vec()), 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_request_is_answered(
        draft in prop_oneof![form(), json(), objects(), noise()],
        headers in headers(),
        account in prop::sample::select(vec!["999999999999", "999999999999", "000000000001", "111111111111", "nobody"]),
        region in prop::sample::select(vec!["us-east-1", "us-east-1", "us-east-1", "eu-west-1", "%%"]),
        operation in prop::sample::select(&OPERATIONS[..]),
    ) {
        let (service, method, path, query, body) = draft;
        let mut request = WireRequest { method, path, query, body, ..WireRequest::default() };
        request.headers.insert("host", "127.0.0.1".parse().unwrap());
        if service == "organizations" {
            request.headers.insert("x-amz-target", format!("AWSOrganizationsV20161128.{operation}").parse().unwrap());
        }
        for (name, value) in headers {
            request.headers.insert(name, value.parse().unwrap());
        }
        if !service.is_empty() {
            let scope = format!("{account}/20261122/{region}/{service}/aws4_request");
            let header = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
            request.headers.insert("authorization", header.parse().unwrap());
        }
        let mut guard = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
        let world = guard.get_or_insert_with(World::demo);
        dispatch::handle(world, &request);
    }
}
