"""Terraform's configuration of the bootstrap in a guise that needs no provider, and what came of it.

guise MAIN.TF.JSON FOLDER      every resource as a `terraform_data` with the same values and references
compare TEMPLATES FOLDERS      the policies that Terraform evaluated against those of the CloudFormation form
"""

import json
import re
import sys
from pathlib import Path

# What a provider works out, and others refer to.
COMPUTED = ("arn", "id", "name", "key_id", "bucket")


def named(kind, name):
    return f"{kind}__{name}"


def guise(main, folder):
    module = json.loads(Path(main).read_text())
    known = {(kind, name) for kind, all in module["resource"].items() for name in all}

    def refer(match):
        kind, name, attribute = match.groups()
        assert (kind, name) in known, f"{match.group(0)} refers to nothing"
        assert attribute in COMPUTED, f"{match.group(0)} refers to what is not worked out"
        return f"terraform_data.{named(kind, name)}.output.{attribute}"

    def dressed(value):
        if isinstance(value, dict):
            return {key: dressed(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [dressed(inner) for inner in value]
        if isinstance(value, str):
            # `$${` is plain text.
            return re.sub(r"(?<!\$)\$\{(aws_\w+)\.(\w+)\.(\w+)", lambda m: "${" + refer(m), value)
        return value

    resources = {}
    for kind, all in module["resource"].items():
        for name, body in all.items():
            body = {key: value for key, value in body.items() if key not in ("provider", "lifecycle", "depends_on")}
            worked_out = {key: f"{key}-of-{name}" for key in COMPUTED}
            resources[named(kind, name)] = {"input": {**worked_out, **dressed(body)}}
    Path(folder).mkdir(parents=True)
    written = {"terraform": module["terraform"] | {"required_providers": {}}, "resource": {"terraform_data": resources}}
    Path(folder, "main.tf.json").write_text(json.dumps(written))


def policies_of_templates(folder):
    def walk(value):
        if isinstance(value, dict):
            if "Statement" in value:
                yield json.dumps(value, sort_keys=True)
            for inner in value.values():
                yield from walk(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(inner)

    for file in Path(folder).rglob("*.template.json"):
        yield from walk(json.loads(file.read_text())["Resources"])


def policies_of_terraform(folder):
    for file in Path(folder).rglob("seen.json"):
        for resource in json.loads(file.read_text())["values"]["root_module"]["resources"]:
            for key, value in resource["values"]["output"].items():
                if key in ("policy", "assume_role_policy"):
                    yield json.dumps(json.loads(value), sort_keys=True)


def compare(templates, folders):
    ours, theirs = set(policies_of_templates(templates)), set(policies_of_terraform(folders))
    plain = {policy for policy in ours if '"Ref"' not in policy and '"Fn::' not in policy}
    missing = plain - theirs
    assert not missing, sorted(missing)[:2]
    assert theirs and len(theirs) >= len(ours), (len(theirs), len(ours))
    print(len(theirs), "policies are what the CloudFormation form says,", len(plain), "of them to the letter")


{"guise": guise, "compare": compare}[sys.argv[1]](*sys.argv[2:])
