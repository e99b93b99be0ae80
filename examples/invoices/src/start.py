import os

import boto3

machine = boto3.client("stepfunctions")


def handler(event, context):
    for record in event["Records"]:
        machine.start_execution(
            stateMachineArn=os.environ["MACHINE"], name=record["messageId"], input=record["body"]
        )
