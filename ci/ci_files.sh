#!/usr/bin/env bash
# The workflows that `landfall ci` writes, judged by others: zizmor for GitHub's, and the vendors' schemas that
# check-jsonschema carries for GitHub's, GitLab's, Azure's and Bitbucket's. A Jenkinsfile has no schema.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/venv.sh ci-files zizmor==1.32.0 check-jsonschema==0.39.0
cargo build --quiet -p landfall
landfall="$PWD/target/debug/landfall"
work="$PWD/target/ci-files"
rm -rf "$work"
mkdir -p "$work/project/.landfall/orders"
cat > "$work/project/.landfall/orders/pipeline.yaml" <<'YAML'
version: 1
stages:
  - { name: staging, account_id: "111111111111", region: eu-west-1 }
  - { name: production, account_id: "222222222222", region: eu-west-1 }
steps:
  - { name: app, type: cloudformation, params: { template: app.yaml, stack_name: orders } }
YAML
echo 'Resources: {Topic: {Type: AWS::SNS::Topic}}' > "$work/project/app.yaml"
here="$PWD/ci"
sum=$(printf %064d 7)
rev=$(printf %040d 7)
role=arn:aws:iam::111111111111:role/landfall/entry

entry=(--role-arn "$role")
# Each way to install and to enter, with and without a role for pull requests.
make() {
  name=$1
  shift
  cp -r "$work/project" "$work/$name"
  for system in github gitlab azure bitbucket jenkins; do
    "$landfall" ci "$system" --project "$work/$name" "${entry[@]}" --write "$@" 2> /dev/null
    # A second time nothing is in the way: nobody has edited it.
    "$landfall" ci "$system" --project "$work/$name" "${entry[@]}" --write "$@" 2> /dev/null
  done
  (
    cd "$work/$name"
    "$VENV/bin/zizmor" --offline --persona pedantic --no-progress --quiet .github/workflows
    check() { "$VENV/bin/check-jsonschema" --builtin-schema "$@"; }
    check vendor.github-workflows .github/workflows/*.yml
    check vendor.gitlab-ci --data-transform gitlab-ci .gitlab-ci.yml
    "$VENV/bin/python" "$here/azure_steps.py" azure-pipelines-orders.yml > azure.json
    check vendor.azure-pipelines --regex-variant python azure.json
    check vendor.bitbucket-pipelines bitbucket-pipelines.yml
    grep -q "stage('Deploy production')" Jenkinsfile
  )
}
make unset
make download --install-from https://example.com/landfall.tar.gz --sha256 "$sum" --plan-role-arn arn:aws:iam::111111111111:role/plan
make source --install-git https://example.com/landfall.git --rev "$rev"
# By what bootstrap makes, with plan roles.
entry=()
for access in direct hub; do
  printf 'ci: github\nrepo: acme/orders\naccess: %s\ncicd_account_id: "999999999999"\ncicd_account_region: eu-west-1\nplan_role: true\n' \
    "$access" > "$work/project/.landfall/bootstrap.yaml"
  make "$access"
  grep -q "landfall plan --pipeline orders --plan-role --no-input" "$work/$access"/.github/workflows/*.yml
done

# What somebody has edited is left alone.
echo '# mine' >> "$work/source/Jenkinsfile"
if "$landfall" ci jenkins --project "$work/source" --write 2> /dev/null; then
  echo "an edited Jenkinsfile was overwritten" >&2
  exit 1
fi
echo "ci files: 25 workflows, all accepted"
