#!/usr/bin/env bash
# What `landfall bootstrap --format terraform` writes, read by Terraform itself. The provider for AWS is a download, so its
# schema is not asked: Terraform parses the configuration as it is, and then evaluates every value of it, with the
# resources in the guise of `terraform_data`, which Terraform carries with it.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v terraform > /dev/null; then
  echo "skipped: there is no terraform on PATH to read its configuration with"
  exit 0
fi
cargo build --quiet --package landfall
landfall="$PWD/target/debug/landfall"
here="$PWD/ci"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_CLI_CONFIG_FILE="$work/terraformrc"
# No registry is asked for anything.
echo 'provider_installation { filesystem_mirror { path = "/nonexistent" } }' > "$TF_CLI_CONFIG_FILE"

project="$work/project"
mkdir -p "$project/.landfall/orders"
cat > "$project/.landfall/orders/pipeline.yaml" <<'YAML'
version: 1
stages:
  - { name: staging, account_id: "111111111111", region: eu-west-1 }
  - { name: elsewhere, account_id: "111111111111", region: us-east-1 }
  - { name: production, account_id: "222222222222", region: eu-west-1 }
steps:
  - { name: app, type: cloudformation, params: { template: app.yaml, stack_name: orders } }
YAML
echo 'Resources: {Topic: {Type: AWS::SNS::Topic}}' > "$project/app.yaml"

for access in hub direct; do
  cat > "$project/.landfall/bootstrap.yaml" <<YAML
ci: github
repo: acme/orders
owner_id: "1"
repo_id: "2"
access: $access
encryption: kms
image_repositories: [orders]
cicd_account_id: "999999999999"
cicd_account_region: eu-west-1
YAML
  for form in cloudformation terraform; do
    "$landfall" bootstrap --project "$project" --format "$form" --out "$work/$access/$form" 2> "$work/log" || { cat "$work/log"; exit 1; }
  done
  for module in "$work/$access"/terraform/*/; do
    (cd "$module" && terraform providers > /dev/null)
    python3 "$here/terraform.py" guise "$module/main.tf.json" "$work/$access/guise/$(basename "$module")"
    (
      cd "$work/$access/guise/$(basename "$module")"
      terraform init -input=false -backend=false > /dev/null
      terraform validate > /dev/null
      terraform apply -auto-approve -input=false > /dev/null
      terraform show -json > seen.json
    )
  done
  python3 "$here/terraform.py" compare "$work/$access/cloudformation" "$work/$access/guise"
done
