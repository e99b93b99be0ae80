//! Reading policy documents: everything that is wrong, in one go; and one canonical way of writing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use landfall_iam::{Kind, parse};
use serde_json::{Value, json};

fn problems(kind: Kind, document: &Value) -> Vec<String> {
    parse(document, kind).problems.iter().map(|p| format!("{} {}: {}", p.code, p.path, p.message)).collect()
}

#[test]
fn every_problem_is_reported() {
    let document = json!({
        "version": "2012-10-17",
        "Version": "2012-10-18",
        "Statement": [
            {"Effect": "allow", "Action": "s3:GetObject", "Resource": "*"},
            {"Sid": "a b", "Effect": "Allow", "Action": "GetObject", "NotAction": "s3:*", "Resource": "bucket"},
            {"Effect": "Allow", "Action": ["s3", 7], "Resource": "bucket", "Principal": "*"},
            {"Effect": "Allow", "Action": "s3:*"},
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringLik": {"a": "b"}, "Bool": {}, "StringEquals": {"k": {"x": 1}}}},
            "no",
        ]
    });
    assert_eq!(
        problems(Kind::Identity, &document),
        [
            "POLICY-004 /version: `version` is not a policy element",
            "POLICY-002 /Version: `2012-10-18` is not a policy language version",
            "POLICY-006 /Statement/0/Effect: `Effect` is `allow`",
            "POLICY-005 /Statement/1/Sid: `Sid` `a b` may hold only letters and digits",
            "POLICY-008 /Statement/1: the statement has both `Action` and `NotAction`",
            "POLICY-011 /Statement/1/Resource: `bucket` is not an ARN",
            "POLICY-007 /Statement/2/Principal: this kind of policy takes no `Principal`",
            "POLICY-013 /Statement/2/Action/1: `7` stands where a string belongs",
            "POLICY-010 /Statement/2/Action/0: `s3` is not an action",
            "POLICY-011 /Statement/2/Resource: `bucket` is not an ARN",
            "POLICY-009 /Statement/3: the statement has neither `Resource` nor `NotResource`",
            "POLICY-012 /Statement/4/Condition/StringLik: `StringLik` is not a condition operator",
            "POLICY-012 /Statement/4/Condition/Bool: `Bool` holds no condition keys",
            "POLICY-013 /Statement/4/Condition/StringEquals/k: an object stands where a string belongs",
            "POLICY-003 /Statement/5: a statement is an object, not `no`",
        ]
    );
}

#[test]
fn the_kinds_have_their_own_grammar() {
    let trust = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:role/*", "Group": "g"},
        "Action": "sts:AssumeRole", "Resource": "*"}});
    assert_eq!(
        problems(Kind::Trust, &trust),
        [
            "POLICY-007 /Statement/Principal/AWS: `arn:aws:iam::111111111111:role/*` has a wildcard; principals take none but the whole `*`",
            "POLICY-007 /Statement/Principal/Group: `Group` is not a kind of principal",
            "POLICY-009 /Statement: a trust policy takes no `Resource`; the role is the resource",
        ]
    );
    let nobody = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}});
    assert_eq!(problems(Kind::Resource, &nobody), ["POLICY-007 /Statement: the statement has no `Principal`"]);
    assert_eq!(problems(Kind::Identity, &nobody), [] as [&str; 0]);
    assert_eq!(problems(Kind::Identity, &json!([])), ["POLICY-001 : a policy document is an object"]);
    assert_eq!(
        problems(Kind::Identity, &json!({"Statement": []})),
        [
            "POLICY-002 : the document has no `Version`, so it is read as `2008-10-17` without policy variables",
            "POLICY-003 /Statement: `Statement` is empty",
        ]
    );
}

#[test]
fn documents_that_say_the_same_are_written_the_same() {
    let one = json!({"Statement": {"Action": ["s3:PutObject", "s3:GetObject", "s3:GetObject"], "Resource": ["*"], "Effect": "Allow",
        "Condition": {"Bool": {"aws:SecureTransport": true}, "ArnLike": {"aws:SourceArn": ["b", "a"]}}}, "Version": "2012-10-17"});
    let written = parse(&one, Kind::Identity).accept().unwrap().to_value();
    assert_eq!(
        serde_json::to_string(&written).unwrap(),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":["a","b"]},"Bool":{"aws:SecureTransport":"true"}}}]}"#
    );
}
