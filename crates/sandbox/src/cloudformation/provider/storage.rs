//! DynamoDB, SSM and Secrets Manager.

use super::naming::Style;
use super::{Ask, HandlerError, Made, Provider, Verb};
use crate::world::World;

/// The rows of storage services.
pub(super) static ROWS: &[Provider] = &[
    Provider::new("AWS::DynamoDB::Table", "DynamoDb")
        .named("TableName", Style::Mixed(255))
        .arn("arn:{partition}:dynamodb:{region}:{account}:table/{name}")
        .attributes(&[("TableId", "{uuid}")])
        .replaced_by(&["KeySchema", "ImportSourceSpecification", "LocalSecondaryIndexes"])
        .tagged()
        .takes(21, 31, 21)
        .needs("dynamodb:CreateTable", "dynamodb:UpdateTable", "dynamodb:DeleteTable")
        .hook(table),
    Provider::new("AWS::SSM::Parameter", "Ssm")
        .named("Name", Style::Mixed(2048))
        .arn("arn:{partition}:ssm:{region}:{account}:parameter/{name}")
        .attributes(&[("Type", "{Type}"), ("Value", "{Value}")])
        .replaced_by(&["DataType"])
        .tagged()
        .takes(3, 3, 2)
        .needs("ssm:PutParameter", "ssm:PutParameter", "ssm:DeleteParameter")
        .hook(parameter),
    Provider::new("AWS::SecretsManager::Secret", "SecretsManager")
        .named("Name", Style::Mixed(512))
        .id("arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-{upper6}")
        .attributes(&[("Id", "{id}")])
        .tagged()
        .takes(4, 4, 3)
        .needs("secretsmanager:CreateSecret", "secretsmanager:UpdateSecret", "secretsmanager:DeleteSecret"),
];

/// The stream's ARN has the time at which the stream was switched on.
fn table(world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    if ask.verb == Verb::Delete {
        let protected = ask.properties.get("DeletionProtectionEnabled").and_then(crate::call::as_flag) == Some(true);
        if protected {
            let text = format!(
                "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first. Table: {}",
                ask.physical_id
            );
            return Err(HandlerError::of_service(world, "DynamoDb", 400, "InvalidRequest", &text));
        }
        return Ok(());
    }
    let stream = ask.properties.get("StreamSpecification");
    if stream.is_none() {
        made.attributes.remove("StreamArn");
    } else if !made.attributes.contains_key("StreamArn") {
        let at = ask.at.strftime("%Y-%m-%dT%H:%M:%S.%3f").to_string();
        let arn = made.attributes.get("Arn").and_then(serde_json::Value::as_str).unwrap_or_default();
        let stream = format!("{arn}/stream/{at}");
        made.attributes.insert("StreamArn".into(), stream.into());
    }
    Ok(())
}

/// An ARN has one slash between `parameter` and the name, whether or not the name starts with one.
fn parameter(_world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    if let Some(arn) =
        made.attributes.get("Arn").and_then(serde_json::Value::as_str).map(|a| a.replace("parameter//", "parameter/"))
    {
        made.attributes.insert("Arn".into(), arn.into());
    }
    for name in ["Type", "Value"] {
        if let Some(text) = ask.text(name) {
            made.attributes.insert(name.into(), text.into());
        }
    }
    Ok(())
}
