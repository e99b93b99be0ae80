#!/usr/bin/env bash
# The sandbox before clients that know nothing of it: boto3, the AWS CLI and the AWS SDK for Rust.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/venv.sh strangers 'boto3==1.43.11' 'awscli==1.45.11'
cargo build --quiet --package landfall-sandbox --example serve

port=4786
work=$(mktemp -d)
target/debug/examples/serve $port > "$work/server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 50); do grep -q http "$work/server.log" && break; sleep 0.1; done

"$VENV/bin/python" ci/strangers.py "http://127.0.0.1:$port"

# The AWS CLI: a chain of profiles, and copies small and large enough to go in parts.
cat > "$work/config" <<'CONFIG'
[profile cicd]
aws_access_key_id = 999999999999
aws_secret_access_key = any
region = us-east-1
[profile hub]
role_arn = arn:aws:iam::999999999999:role/landfall-hub
source_profile = cicd
region = us-east-1
[profile production]
role_arn = arn:aws:iam::222222222222:role/landfall-deploy
source_profile = hub
region = us-east-1
CONFIG
export AWS_CONFIG_FILE="$work/config" AWS_ENDPOINT_URL="http://127.0.0.1:$port" AWS_EC2_METADATA_DISABLED=true AWS_PAGER=
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION
# The AWS CLI keeps the credentials of roles under HOME, and those of another sandbox are worth nothing here.
aws() { HOME="$work" "$VENV/bin/aws" "$@"; }

arn=$(aws --profile production sts get-caller-identity --query Arn --output text)
case $arn in arn:aws:sts::222222222222:assumed-role/landfall-deploy/*) ;; *) echo "not the deploy role: $arn"; exit 1 ;; esac
bucket=s3://landfall-artifacts-999999999999-us-east-1
head -c 300 /dev/urandom > "$work/small"
head -c 21000000 /dev/urandom > "$work/large"
for file in small large; do
  aws --profile hub s3 cp --quiet "$work/$file" "$bucket/cli/$file"
  aws --profile production s3 cp --quiet "$bucket/cli/$file" "$work/back"
  cmp "$work/$file" "$work/back"
done
test "$(aws --profile hub s3 ls "$bucket/cli/" | wc -l)" = 2
aws --profile cicd s3 rm --quiet --recursive "$bucket/cli"
test "$(aws --profile hub organizations list-accounts --query 'length(Accounts)')" = 8
test "$(aws --profile cicd iam list-roles --query 'Roles[].RoleName' --output text)" = landfall-hub
if aws --profile production iam list-roles 2> "$work/refused"; then echo "the deploy role may list roles"; exit 1; fi
grep -q 'because no identity-based policy allows the iam:ListRoles action' "$work/refused"
kill "$server" && wait "$server" || true

# The AWS SDK for Rust, through every port of the engine.
cat > "$work/world.yaml" <<'WORLD'
accounts: [{ id: "999999999999", name: hub }, { id: "111111111111", name: staging }]
roles:
  - accounts: ["111111111111"]
    name: landfall-deploy
    managed: ["arn:aws:iam::aws:policy/AdministratorAccess"]
    trust:
      Version: "2012-10-17"
      Statement:
        Effect: Allow
        Principal: { AWS: "999999999999" }
        Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
WORLD
unset AWS_ENDPOINT_URL AWS_CONFIG_FILE
LANDFALL_SANDBOX_SPEED=60 target/debug/examples/serve $port "$work/world.yaml" > "$work/server2.log" 2>&1 &
server=$!
for _ in $(seq 50); do grep -q http "$work/server2.log" && break; sleep 0.1; done
LANDFALL_TEST_ENDPOINT="http://127.0.0.1:$port" cargo test --quiet --package landfall-aws --test server
echo "every stranger was served"
bash ci/strangers_stacks.sh
