"""Prepares three accounts on a ministack server and walks the demo's pipeline through them, twice."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

import boto3
from botocore.config import Config

HUB, STAGING, EAST, WEST = "999999999999", "111111111111", "222222222222", "333333333333"
REGIONS = {STAGING: "us-east-1", EAST: "us-east-1", WEST: "us-west-2"}
ALARM = "api-health-us-east-1"


def client(endpoint, service, account, region="us-east-1"):
    """A client of an account's administrator: here the access key id is the account."""
    return boto3.client(
        service, endpoint_url=endpoint, region_name=region, aws_access_key_id=account, aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 1}),
    )


def wait_for(endpoint):
    for _ in range(150):
        try:
            return client(endpoint, "sts", HUB).get_caller_identity()
        except Exception:
            time.sleep(0.2)
    sys.exit("the server did not start")


def trust(principal, *actions):
    statement = {"Effect": "Allow", "Principal": principal, "Action": list(actions)}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow_all():
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def prepare(endpoint):
    """A deployment role and an execution role in each account; the deployment role trusts the hub account."""
    wait_for(endpoint)
    for account, region in REGIONS.items():
        iam = client(endpoint, "iam", account)
        roles = {
            "landfall-deploy": trust(
                {"AWS": f"arn:aws:iam::{HUB}:root"}, "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"),
            "landfall-execution": trust({"Service": "cloudformation.amazonaws.com"}, "sts:AssumeRole"),
        }
        for name, document in roles.items():
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
            iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=allow_all())
        for name in (ALARM, "api-health-us-west-2"):
            cloudwatch = client(endpoint, "cloudwatch", account, region)
            cloudwatch.put_metric_alarm(
                AlarmName=name, Namespace="AWS/ApiGateway", MetricName="5XXError", Statistic="Sum", Period=60,
                EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold")
            cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="nothing happens yet")


SMOKE = """#!/bin/sh
exec "$PYTHON" -c '
import boto3, json, os
answer = boto3.client("lambda").invoke(FunctionName=os.environ["FUNCTION"], Payload=json.dumps({"body": json.dumps({"id": "o-1"})}))
payload = json.load(answer["Payload"])
assert payload["statusCode"] == 200, payload
print("the function answers", payload["body"])
'
"""


def project(work):
    """The demo's files; the last stage gets an account of its own, and the smoke test really calls the function."""
    demo = pathlib.Path(__file__).parent.parent / "crates/cli/demo"
    folder = pathlib.Path(work) / "orders"
    (folder / ".landfall/orders").mkdir(parents=True)
    shutil.copytree(demo / "src", folder / "src")
    shutil.copy(demo / "template.yaml", folder)
    (folder / "smoke.sh").write_text(SMOKE)
    (folder / "smoke.sh").chmod(0o755)
    text = (demo / "pipeline.yaml").read_text()
    head, tail = text.split("  - name: prod-us-west-2", 1)
    text = head + "  - name: prod-us-west-2" + tail.replace(EAST, WEST, 1)
    text = text.replace("duration_minutes: 60", "duration_minutes: 1")
    text = text.replace("API_URL: ${{ steps.deploy.ApiUrl }}", "FUNCTION: ${{ steps.deploy.FunctionName }}")
    text = text.replace("timeout_minutes: 5", "credentials: target")
    (folder / ".landfall/orders/pipeline.yaml").write_text(text)
    return folder


def deploy(endpoint, landfall, folder):
    environment = dict(
        os.environ, AWS_ACCESS_KEY_ID=HUB, AWS_SECRET_ACCESS_KEY="test", AWS_REGION="us-east-1", PYTHON=sys.executable)
    environment.pop("AWS_PROFILE", None)
    return subprocess.Popen(
        [landfall, "deploy", "--yes", "--no-input", "--project", str(folder), "--endpoint", endpoint],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def follow(process, on_line):
    for line in process.stdout:
        print("   ", line, end="", flush=True)
        on_line(line)
    return process.wait()


def releases(endpoint, work, landfall):
    folder = project(work)
    print("release 1")
    code = follow(deploy(endpoint, landfall, folder), lambda line: None)
    assert code == 0, f"release 1 ended with {code}"
    for account, region in REGIONS.items():
        name = "orders-staging" if account == STAGING else "orders-prod"
        stack = client(endpoint, "cloudformation", account, region).describe_stacks(StackName=name)["Stacks"][0]
        tags = {tag["Key"]: tag["Value"] for tag in stack["Tags"]}
        assert tags["landfall:release"] == "1", tags

    print("release 2, whose alarm fires")
    source = folder / "src/app.py"
    source.write_text(source.read_text().replace('"accepted"', '"received"'))

    def ring(line):
        if "prod-us-east-1" in line and "bakes until" in line:
            cloudwatch = client(endpoint, "cloudwatch", EAST)
            threading.Timer(5, lambda: cloudwatch.set_alarm_state(
                AlarmName=ALARM, StateValue="ALARM", StateReason="5 errors in a minute")).start()

    code = follow(deploy(endpoint, landfall, folder), ring)
    assert code == 4, f"release 2 ended with {code}, 4 means rolled back"
    for account, release in ((STAGING, "2"), (EAST, "1"), (WEST, "1")):
        name = "orders-staging" if account == STAGING else "orders-prod"
        stack = client(endpoint, "cloudformation", account, REGIONS[account]).describe_stacks(StackName=name)["Stacks"][0]
        tags = {tag["Key"]: tag["Value"] for tag in stack["Tags"]}
        assert tags["landfall:release"] == release, (account, tags)
    print("both releases ended as they should")


if __name__ == "__main__":
    {"prepare": prepare, "releases": releases}[sys.argv[1]](*sys.argv[2:])
