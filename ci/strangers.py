"""boto3 before the sandbox: identity, IAM, Organizations and S3. usage: strangers.py ENDPOINT"""

import base64
import hashlib
import io
import json
import os
import sys
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
BUCKET = "landfall-artifacts-999999999999-us-east-1"
HUB = "arn:aws:iam::999999999999:role/landfall-hub"


def client(service, keys=("999999999999", "any", None), region="us-east-1", **more):
    key, secret, token = keys
    return boto3.client(service, endpoint_url=ENDPOINT, region_name=region, aws_access_key_id=key,
                        aws_secret_access_key=secret, aws_session_token=token, **more)


def administrator(service, account, **more):
    return client(service, (account, "any", None), **more)


def refused(code, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except ClientError as error:
        found = error.response["Error"]["Code"]
        assert found == code, f"{found} and not {code}: {error}"
        return error.response["Error"]["Message"]
    raise AssertionError(f"allowed, not refused with {code}")


def keys_of(answer):
    credentials = answer["Credentials"]
    return credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]


def identity():
    hub = keys_of(client("sts").assume_role(
        RoleArn=HUB, RoleSessionName="run-1", SourceIdentity="ci", TransitiveTagKeys=["run"],
        Tags=[{"Key": "run", "Value": "r1"}]))
    sts = client("sts", hub)
    deploy = sts.assume_role(RoleArn="arn:aws:iam::111111111111:role/landfall-deploy", RoleSessionName="run-1")
    assert deploy["SourceIdentity"] == "ci"
    arn = client("sts", keys_of(deploy)).get_caller_identity()["Arn"]
    assert arn == "arn:aws:sts::111111111111:assumed-role/landfall-deploy/run-1", arn
    refused("ValidationError", sts.assume_role, RoleArn="arn:aws:iam::111111111111:role/landfall-deploy",
            RoleSessionName="run-1", DurationSeconds=7200)
    refused("AccessDenied", sts.assume_role, RoleArn="arn:aws:iam::111111111111:role/landfall-execution", RoleSessionName="x1")
    refused("AccessDenied", sts.assume_role, RoleArn="arn:aws:iam::666666666666:role/landfall-deploy", RoleSessionName="x1")
    refused("SignatureDoesNotMatch", client("sts", (hub[0], "wrong", hub[2])).get_caller_identity)
    refused("InvalidClientTokenId", client("sts", ("AKIAIOSFODNN7EXAMPLE", "x", None)).get_caller_identity)
    refused("UnrecognizedClientException", client("organizations", ("AKIAIOSFODNN7EXAMPLE", "x", None)).list_roots)
    refused("InvalidClientTokenId", client("sts", region="af-south-1").get_caller_identity)
    return hub


def web_identity():
    request = urllib.request.Request(f"{ENDPOINT}/_landfall/clock")
    now = json.load(urllib.request.urlopen(request))["now"]
    from datetime import datetime
    at = int(datetime.fromisoformat(now.replace("Z", "+00:00")).timestamp())
    claims = {"iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com", "iat": at, "exp": at + 300,
              "sub": "repo:acme/orders:environment:production"}
    body = json.dumps(claims).encode()
    token = json.load(urllib.request.urlopen(f"{ENDPOINT}/_landfall/token", body))["token"]
    answer = client("sts").assume_role_with_web_identity(RoleArn=HUB, RoleSessionName="ci", WebIdentityToken=token)
    assert answer["SubjectFromWebIdentityToken"] == claims["sub"]


def organization(hub):
    organizations = client("organizations", hub)
    pages = organizations.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 3})
    accounts = {account["Name"]: account["Status"] for page in pages for account in page["Accounts"]}
    assert len(accounts) == 8 and accounts["customer-left"] == "SUSPENDED", accounts
    root = organizations.list_roots()["Roots"][0]["Id"]
    units = organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    assert [unit["Name"] for unit in units] == ["platform", "workloads"]
    assert organizations.describe_organization()["Organization"]["Id"] == "o-landfall42"
    refused("AccessDeniedException", administrator("organizations", "111111111111").list_roots)


def roles():
    iam = administrator("iam", "111111111111")

    def trust(principal):
        statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
    deploy = "arn:aws:iam::111111111111:role/landfall-deploy"
    role = iam.create_role(RoleName="x", AssumeRolePolicyDocument=trust(deploy), Tags=[{"Key": "a", "Value": "b"}])["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"] == deploy
    refused("EntityAlreadyExists", iam.create_role, RoleName="x", AssumeRolePolicyDocument=trust(deploy))
    refused("MalformedPolicyDocument", iam.create_role, RoleName="y", AssumeRolePolicyDocument=trust(deploy + "-none"))
    iam.put_role_policy(RoleName="x", PolicyName="p", PolicyDocument=policy)
    iam.attach_role_policy(RoleName="x", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    assert iam.get_role_policy(RoleName="x", PolicyName="p")["PolicyDocument"]["Statement"][0]["Action"] == "s3:*"
    refused("DeleteConflict", iam.delete_role, RoleName="x")
    arn = iam.create_policy(PolicyName="own", PolicyDocument=policy)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy, SetAsDefault=True)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy(PolicyArn=arn)
    iam.delete_role_policy(RoleName="x", PolicyName="p")
    iam.detach_role_policy(RoleName="x", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    iam.delete_role(RoleName="x")
    refused("NoSuchEntity", iam.get_role, RoleName="x")


def objects(hub):
    for style in ("path", "virtual"):
        s3 = client("s3", hub, config=Config(s3={"addressing_style": style}))
        s3.put_object(Bucket=BUCKET, Key=style, Body=b"hello", IfNoneMatch="*", Metadata={"m": "1"})
        answer = s3.get_object(Bucket=BUCKET, Key=style)
        assert (answer["Body"].read(), answer["Metadata"]) == (b"hello", {"m": "1"})
    s3 = client("s3", hub)
    refused("PreconditionFailed", s3.put_object, Bucket=BUCKET, Key="path", Body=b"", IfNoneMatch="*")
    refused("PreconditionFailed", s3.put_object, Bucket=BUCKET, Key="path", Body=b"", IfMatch='"0"')
    digest = base64.b64encode(hashlib.sha256(b"bytes").digest()).decode()
    s3.put_object(Bucket=BUCKET, Key="sum", Body=b"bytes", ChecksumSHA256=digest)
    assert s3.head_object(Bucket=BUCKET, Key="sum", ChecksumMode="ENABLED")["ChecksumSHA256"] == digest
    refused("BadDigest", s3.put_object, Bucket=BUCKET, Key="sum", Body=b"other", ChecksumSHA256=digest)
    large, back = os.urandom(20 * 1024 * 1024), io.BytesIO()
    s3.upload_fileobj(io.BytesIO(large), BUCKET, "large")
    s3.download_fileobj(BUCKET, "large", back)
    assert back.getvalue() == large
    url = client("s3", hub, config=Config(signature_version="s3v4")).generate_presigned_url(
        "get_object", Params={"Bucket": BUCKET, "Key": "path"})
    assert urllib.request.urlopen(url).read() == b"hello"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 2})
    assert [found["Key"] for page in pages for found in page["Contents"]] == ["large", "path", "sum", "virtual"]


def buckets():
    production = administrator("s3", "222222222222")
    assert production.get_object(Bucket=BUCKET, Key="sum")["Body"].read() == b"bytes"
    refused("AccessDenied", production.put_object, Bucket=BUCKET, Key="sum", Body=b"")
    refused("AccessDenied", production.get_object, Bucket=BUCKET, Key="sum", ExpectedBucketOwner="222222222222")
    europe = administrator("s3", "222222222222", region="eu-west-1")
    refused("IllegalLocationConstraintException", europe.create_bucket, Bucket="production-europe")
    europe.create_bucket(Bucket="production-europe", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert production.get_bucket_location(Bucket="production-europe")["LocationConstraint"] == "eu-west-1"
    assert production.list_objects_v2(Bucket="production-europe")["KeyCount"] == 0, "boto3 follows the redirect"
    europe.copy_object(Bucket="production-europe", Key="copy", CopySource={"Bucket": BUCKET, "Key": "sum"})
    owner = client("s3")
    owner.delete_object(Bucket=BUCKET, Key="sum")
    refused("NoSuchKey", owner.get_object, Bucket=BUCKET, Key="sum")
    keys = ["large", "path", "virtual"]
    assert len(owner.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys]})["Deleted"]) == 3
    versions = owner.list_object_versions(Bucket=BUCKET)
    assert len(versions["DeleteMarkers"]) == 4
    owner.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    assert owner.get_bucket_tagging(Bucket=BUCKET)["TagSet"] == [{"Key": "k", "Value": "v"}]
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 3}}
    owner.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
    assert owner.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"] == [rule]
    assert owner.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"]


hub_keys = identity()
web_identity()
organization(hub_keys)
roles()
objects(hub_keys)
buckets()
