#!/usr/bin/env bash
# The report of `landfall check` against the schema of SARIF 2.1.0. The OASIS schema comes with the crate `serde-sarif`,
# which is only fetched for it and never built.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/venv.sh sarif 'jsonschema==4.26.0'
crate=serde-sarif-0.8.0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/fetch/src" "$work/project/policies"
touch "$work/fetch/src/lib.rs"
cat > "$work/fetch/Cargo.toml" <<'MANIFEST'
[package]
name = "schema"
version = "0.0.0"
edition = "2021"
[workspace]
[dependencies]
serde-sarif = { version = "=0.8.0", default-features = false }
MANIFEST
cargo fetch --quiet --manifest-path "$work/fetch/Cargo.toml"
schema=$(find "${CARGO_HOME:-$HOME/.cargo}/registry/src" -path "*/$crate/src/schema.json" | head -1)
[ -n "$schema" ] || { echo "no schema in $crate"; exit 1; }

# Every kind of result: findings with and without a place, suppressed in the source and outside, of several severities.
cat > "$work/project/template with space.yaml" <<'TEMPLATE'
Resources:
  Deploy:
    Type: AWS::IAM::Role
    Metadata:
      Landfall:
        Suppress:
          - { rule: TRUST-013, reason: a test, until: 9999-12-31 }
          - { rule: ROLE-007, reason: a test, until: 2020-01-01 }
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{ Effect: Allow, Principal: '*', Action: 'sts:AssumeRole' }]
      Policies:
        - PolicyName: all
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - { Effect: Allow, Action: '*', Resource: '*' }
              - { Effect: Allow, NotAction: 'iam:*', Resource: '*' }
  Files: { Type: AWS::S3::Bucket, Propertys: {} }
TEMPLATE
cat > "$work/project/policies/all.json" <<'POLICY'
{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
POLICY
mkdir "$work/project/.landfall"
cat > "$work/project/.landfall/suppressions.yaml" <<'SUPPRESSIONS'
suppress:
  - { rule: ROLE-001, path: policies/*, reason: a test, until: 9999-12-31 }
SUPPRESSIONS
cargo build --quiet --package landfall
landfall="$PWD/target/debug/landfall"
(cd "$work/project" && "$landfall" check . --format sarif --fail-on never > "$work/report.sarif")
"$VENV/bin/python" - "$schema" "$work/report.sarif" <<'CHECK'
import json, sys
from jsonschema import Draft7Validator
schema, report = (json.load(open(path)) for path in sys.argv[1:])
wrong = [f"{error.json_path}: {error.message}" for error in Draft7Validator(schema).iter_errors(report)]
assert not wrong, wrong
results = report["runs"][0]["results"]
kinds = {s["kind"] for r in results for s in r.get("suppressions", [])}
assert kinds == {"inSource", "external"}, kinds
assert {r["level"] for r in results} >= {"error", "warning"}, results
assert any(r["ruleId"] == "SUPP-003" for r in results), results
uris = {l["physicalLocation"]["artifactLocation"]["uri"] for r in results for l in r.get("locations", [])}
assert "template%20with%20space.yaml" in uris, uris
print(len(results), "results")
CHECK
