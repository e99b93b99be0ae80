//! DynamoDB: tables as a deployment sees them. They hold no items.

use super::resources::Resource;
use crate::call::{Answer, AwsError, Call, Output};
use crate::world::World;
use serde_json::{Value, json};

const TABLE: &str = "AWS::DynamoDB::Table";

/// Carries out one call.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    match call.operation.as_str() {
        "ListTables" => {
            call.authorize(world, "dynamodb:ListTables", "*", &[])?;
            let names: Vec<&str> = tables(world, call).map(|t| t.id.as_str()).collect();
            Ok(Output::tree(json!({ "TableNames": names })))
        }
        "DescribeTable" => {
            let table = table(world, call, "DescribeTable", call.require("TableName")?)?;
            Ok(Output::tree(json!({ "Table": tree(call, table) })))
        }
        "DescribeTimeToLive" => {
            let table = table(world, call, "DescribeTimeToLive", call.require("TableName")?)?;
            let ttl = table.get("TimeToLiveSpecification");
            let on = ttl.get("Enabled").and_then(crate::call::as_flag) == Some(true);
            let status = if on { "ENABLED" } else { "DISABLED" };
            let description = json!({ "TimeToLiveStatus": status, "AttributeName": ttl.get("AttributeName") });
            Ok(Output::tree(json!({ "TimeToLiveDescription": description })))
        }
        "DescribeContinuousBackups" => {
            let table = table(world, call, "DescribeContinuousBackups", call.require("TableName")?)?;
            let on = table.properties.pointer("/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled");
            let status = if on.and_then(crate::call::as_flag) == Some(true) { "ENABLED" } else { "DISABLED" };
            let recovery = json!({ "PointInTimeRecoveryStatus": status });
            let description =
                json!({ "ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery });
            Ok(Output::tree(json!({ "ContinuousBackupsDescription": description })))
        }
        "ListTagsOfResource" => {
            let arn = call.require("ResourceArn")?;
            let table = table(world, call, "ListTagsOfResource", arn.rsplit('/').next().unwrap_or_default())?;
            let tags: Vec<Value> = table.tags.iter().map(|(k, v)| json!({ "Key": k, "Value": v })).collect();
            Ok(Output::tree(json!({ "Tags": tags })))
        }
        other => Err(AwsError::not_implemented("dynamodb", other)),
    }
}

fn tables<'w>(world: &'w World, call: &Call<'_>) -> impl Iterator<Item = &'w Resource> {
    world.region(&call.account, &call.region).into_iter().flat_map(|r| r.resources.list(TABLE))
}

fn table<'w>(world: &'w World, call: &Call<'_>, action: &str, name: &str) -> Result<&'w Resource, AwsError> {
    let name = name.rsplit(":table/").next().unwrap_or(name);
    let arn = format!("arn:{}:dynamodb:{}:{}:table/{name}", call.region.partition(), call.region, call.account);
    call.authorize(world, &format!("dynamodb:{action}"), &arn, &[])?;
    tables(world, call).find(|t| t.id == name).ok_or_else(|| {
        let text = format!("Requested resource not found: Table: {name} not found");
        AwsError::new(400, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", text)
    })
}

fn tree(call: &Call<'_>, table: &Resource) -> Value {
    let mode = table.text("BillingMode").unwrap_or_else(|| "PROVISIONED".into());
    let units =
        |name: &str| table.get("ProvisionedThroughput").get(name).and_then(crate::call::as_integer).unwrap_or(0);
    json!({
        "TableName": table.id,
        "TableArn": table.arn(),
        "TableId": table.attribute("TableId"),
        "TableStatus": "ACTIVE",
        "CreationDateTime": call.time(table.created),
        "AttributeDefinitions": table.get("AttributeDefinitions"),
        "KeySchema": table.get("KeySchema"),
        "BillingModeSummary": (mode == "PAY_PER_REQUEST").then(|| json!({ "BillingMode": mode })),
        "ProvisionedThroughput": {
            "ReadCapacityUnits": units("ReadCapacityUnits"),
            "WriteCapacityUnits": units("WriteCapacityUnits"),
            "NumberOfDecreasesToday": 0,
        },
        "GlobalSecondaryIndexes": indexes(table),
        "ItemCount": 0,
        "TableSizeBytes": 0,
        "DeletionProtectionEnabled": table.text("DeletionProtectionEnabled").as_deref() == Some("true"),
        "StreamSpecification": table.get("StreamSpecification").get("StreamViewType")
            .map(|v| json!({ "StreamEnabled": true, "StreamViewType": v })),
        "LatestStreamArn": table.attribute("StreamArn"),
        "LatestStreamLabel": table.attribute("StreamArn").and_then(|a| a.rsplit('/').next()),
    })
}

fn indexes(table: &Resource) -> Value {
    let list = table.get("GlobalSecondaryIndexes").as_array();
    let one = |index: &Value| {
        let name = index.get("IndexName").and_then(Value::as_str).unwrap_or_default();
        json!({
            "IndexName": name,
            "IndexArn": format!("{}/index/{name}", table.arn()),
            "IndexStatus": "ACTIVE",
            "KeySchema": index.get("KeySchema"),
            "Projection": index.get("Projection"),
        })
    };
    list.map_or(Value::Null, |l| l.iter().map(one).collect())
}
