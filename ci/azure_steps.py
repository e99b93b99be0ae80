"""An Azure pipeline as JSON with the AWS Toolkit's steps as plain ones.

The vendor's schema knows the tasks of Azure Pipelines itself and none of the marketplace. The inputs of the toolkit's
task are compared here with those that it has (`task.json` of `AWSShellScript`).
"""

import json
import sys

from ruamel.yaml import YAML

INPUTS = {
    "awsCredentials", "regionName", "arguments", "scriptType", "filePath", "inlineScript", "disableAutoCwd",
    "workingDirectory", "failOnStandardError",
}


def plain(node):
    if isinstance(node, dict):
        if node.get("task") == "AWSShellScript@1":
            inputs = node["inputs"]
            assert set(inputs) <= INPUTS, set(inputs) - INPUTS
            assert inputs["scriptType"] == "inline" and inputs["awsCredentials"] and inputs["disableAutoCwd"], inputs
            return {"bash": inputs["inlineScript"], "displayName": node["displayName"]}
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(item) for item in node]
    # Azure Pipelines reads every scalar as text, and so does its schema.
    return str(node).lower() if isinstance(node, (bool, int)) else node


with open(sys.argv[1], encoding="utf-8") as file:
    json.dump(plain(YAML(typ="safe").load(file)), sys.stdout)
