#!/usr/bin/env bash
# Stacks of the sandbox before the AWS CLI and the SAM CLI: a serverless application from nothing to deleted, an update
# that an alarm takes back, and a stack that can only be deleted.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/venv.sh stacks 'aws-sam-cli==1.170.0' 'awscli==1.46.3'
cargo build --quiet --package landfall-sandbox --example serve

port=4788
work=$(mktemp -d)
LANDFALL_SANDBOX_SPEED=60 target/debug/examples/serve $port > "$work/server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 50); do grep -q http "$work/server.log" && break; sleep 0.1; done

unset AWS_PROFILE AWS_REGION AWS_SESSION_TOKEN
export AWS_ACCESS_KEY_ID=111111111111 AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=us-east-1
export AWS_ENDPOINT_URL="http://127.0.0.1:$port" AWS_EC2_METADATA_DISABLED=true AWS_PAGER= SAM_CLI_TELEMETRY=0 HOME="$work"
aws() { "$VENV/bin/aws" "$@"; }
status() { aws cloudformation describe-stacks --stack-name "$1" --query 'Stacks[0].StackStatus' --output text; }
expect() { if [ "$1" != "$2" ]; then echo "expected $2, found $1"; exit 1; fi; }

mkdir "$work/src"
echo 'def h(event, context): return {"statusCode": 200}' > "$work/src/index.py"
cat > "$work/template.yaml" <<'TEMPLATE'
Transform: AWS::Serverless-2016-10-31
Parameters: { Level: { Type: String, Default: info } }
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: index.h
      Runtime: python3.13
      AutoPublishAlias: live
      Environment: { Variables: { LEVEL: !Ref Level } }
      Events:
        Get: { Type: HttpApi, Properties: { Path: /, Method: get } }
  Health:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: hello-health
      ComparisonOperator: GreaterThanThreshold
      EvaluationPeriods: 1
      Threshold: 1
      MetricName: Errors
      Namespace: AWS/Lambda
      Period: 60
      Statistic: Sum
Outputs:
  Name: { Value: !Ref Hello }
TEMPLATE

# The SAM CLI: packages the code, shows the changes, follows the events, finds nothing to do the second time.
aws s3 mb s3://artifacts-of-a-stranger > "$work/bucket"
deploy() {
  "$VENV/bin/sam" deploy --template-file "$work/template.yaml" --stack-name hello --s3-bucket artifacts-of-a-stranger \
    --capabilities CAPABILITY_IAM --no-confirm-changeset --no-progressbar "$@" > "$work/sam.log" 2>&1
}
deploy || { cat "$work/sam.log"; exit 1; }
expect "$(status hello)" CREATE_COMPLETE
if deploy --fail-on-empty-changeset; then echo "an empty change set was executed"; exit 1; fi
grep -q "No changes to deploy. Stack hello is up to date" "$work/sam.log"
name=$(aws cloudformation describe-stacks --stack-name hello --query 'Stacks[0].Outputs[0].OutputValue' --output text)
expect "$(aws lambda get-alias --function-name "$name" --name live --query FunctionVersion --output text)" 1
expect "$(aws apigatewayv2 get-apis --query 'Items[0].Name' --output text)" hello

# The AWS CLI: an update with a rollback trigger; the alarm rings in the monitoring time.
aws cloudwatch set-alarm-state --alarm-name hello-health --state-value OK --state-reason quiet
arn=$(aws cloudwatch describe-alarms --alarm-names hello-health --query 'MetricAlarms[0].AlarmArn' --output text)
aws cloudformation update-stack --stack-name hello --use-previous-template --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND \
  --parameters ParameterKey=Level,ParameterValue=debug --client-request-token release-2 \
  --rollback-configuration "RollbackTriggers=[{Arn=$arn,Type=AWS::CloudWatch::Alarm}],MonitoringTimeInMinutes=120" > "$work/update"
sleep 2
expect "$(status hello)" UPDATE_IN_PROGRESS
aws cloudwatch set-alarm-state --alarm-name hello-health --state-value ALARM --state-reason errors
for _ in $(seq 40); do [ "$(status hello)" = UPDATE_ROLLBACK_COMPLETE ] && break; sleep 0.5; done
expect "$(status hello)" UPDATE_ROLLBACK_COMPLETE
level=$(aws lambda get-function-configuration --function-name "$name" --query Environment.Variables.LEVEL --output text)
expect "$level" info
aws cloudformation describe-stack-events --stack-name hello --query 'StackEvents[?ClientRequestToken==`release-2`].ResourceStatus' \
  --output text > "$work/events"
grep -q UPDATE_ROLLBACK_IN_PROGRESS "$work/events"
"$VENV/bin/sam" delete --stack-name hello --s3-bucket artifacts-of-a-stranger --no-prompts --region us-east-1 > "$work/sam.log" 2>&1
expect "$(aws cloudformation list-stacks --query 'StackSummaries[0].StackStatus' --output text)" DELETE_COMPLETE

# A creation that fails can only be deleted.
printf 'Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties: { Code: { S3Bucket: artifacts-of-a-stranger, S3Key: none.zip }, Role: "arn:aws:iam::111111111111:role/none" }\n' > "$work/broken.yaml"
if aws cloudformation deploy --stack-name broken --template-file "$work/broken.yaml" 2> "$work/refused"; then echo "it was created"; exit 1; fi
expect "$(status broken)" ROLLBACK_COMPLETE
aws cloudformation describe-stack-events --stack-name broken --output text > "$work/events"
grep -q 'S3 Error Code: NoSuchKey' "$work/events"
if aws cloudformation deploy --stack-name broken --template-file "$work/broken.yaml" 2> "$work/refused"; then echo "it was updated"; exit 1; fi
grep -q 'is in ROLLBACK_COMPLETE state and can not be updated' "$work/refused"
aws cloudformation delete-stack --stack-name broken
aws cloudformation wait stack-delete-complete --stack-name broken
echo "every stack was served"
