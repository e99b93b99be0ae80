//! Data sources of a GraphQL API: DynamoDB tables, Lambda functions, and the one that is none.

use super::{api_id, connect, member, part, service_role};
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::make::{made, node, reference, sub_with};
use crate::sam::python::{if_truthy, truthy};
use crate::sam::translation::{SamResource, Translation};
use crate::{Map, Node};
use std::collections::HashMap;

static DATA_SOURCE: CfnType = CfnType::new(
    "AWS::AppSync::DataSource",
    &["ApiId", "Description", "Name", "Type", "ServiceRoleArn", "DynamoDBConfig", "LambdaConfig"],
);

/// The data sources of an API.
#[derive(Debug, Default)]
pub(super) struct DataSources {
    /// They and their roles.
    pub(super) resources: Vec<Resource>,
    /// The data source that is none, once a function asked for it.
    pub(super) none: Option<Resource>,
    /// References to their names.
    names: HashMap<String, Node>,
}

/// Makes the data sources of `DataSources`.
pub(super) fn construct(sam: &SamResource, t: &mut Translation<'_>) -> Result<DataSources, Fault> {
    let mut sources = DataSources::default();
    let Some(property) = sam.get("DataSources") else { return Ok(sources) };
    for (name, node) in property.get("DynamoDb").and_then(Node::as_map).into_iter().flat_map(Map::iter) {
        table(sam, name, node, &mut sources, t)?;
    }
    for (name, node) in property.get("Lambda").and_then(Node::as_map).into_iter().flat_map(Map::iter) {
        function(sam, name, node, &mut sources, t)?;
    }
    Ok(sources)
}

fn base(sam: &SamResource, name: &str, node: &Node, short: &str, kind: &str) -> Result<Resource, Fault> {
    let span = made(node.span);
    let mut source = part(sam, &DATA_SOURCE, format!("{}{name}{short}DataSource", sam.logical_id), span)?;
    source.set("Name", if_truthy(node.get("Name")).cloned().unwrap_or_else(|| node!(span, name)));
    source.set("Type", node!(span, kind));
    source.set("ApiId", api_id(sam, span));
    source.set("Description", node.get("Description").cloned());
    Ok(source)
}

fn table(
    sam: &SamResource,
    name: &str,
    node: &Node,
    sources: &mut DataSources,
    t: &mut Translation<'_>,
) -> Result<(), Fault> {
    let span = made(node.span);
    let mut source = base(sam, name, node, "DynamoDB", "AMAZON_DYNAMODB")?;
    let region = if_truthy(node.get("Region")).cloned().unwrap_or_else(|| reference(span, "AWS::Region"));
    let table = node.get("TableName").cloned().unwrap_or_default();
    let mut config = Map::new();
    config.insert_at("AwsRegion", span, region.clone());
    config.insert_at("TableName", span, table.clone());
    for key in ["UseCallerCredentials", "Versioned"] {
        if let Some(value) = if_truthy(node.get(key)) {
            config.insert_at(key, span, value.clone());
        }
    }
    if let Some(sync) = member(node, "DeltaSync") {
        config.insert_at("DeltaSyncConfig", span, sync.clone());
    }
    source.set("DynamoDBConfig", Node::new(config, span));
    let arn = if_truthy(node.get("TableArn")).cloned().unwrap_or_else(|| {
        let text = "arn:${AWS::Partition}:dynamodb:${__Region__}:${AWS::AccountId}:table/${__TableName__}";
        sub_with(span, text, node!(span, { "__TableName__": table, "__Region__": region }))
    });
    let permissions = if_truthy(node.get("Permissions")).cloned().unwrap_or_else(|| node!(span, ["Read", "Write"]));
    let target = Target { connector: "ToTableConnector", kind: "AWS::DynamoDB::Table", arn, permissions };
    add(sam, name, node, source, target, sources, t)
}

fn function(
    sam: &SamResource,
    name: &str,
    node: &Node,
    sources: &mut DataSources,
    t: &mut Translation<'_>,
) -> Result<(), Fault> {
    let span = made(node.span);
    let mut source = base(sam, name, node, "Lambda", "AWS_LAMBDA")?;
    let arn = node.get("FunctionArn").cloned().unwrap_or_default();
    source.set("LambdaConfig", node!(span, { "LambdaFunctionArn": &arn }));
    let permissions = node!(span, ["Write"]);
    let target = Target { connector: "ToLambdaConnector", kind: "AWS::Lambda::Function", arn, permissions };
    add(sam, name, node, source, target, sources, t)
}

/// What a data source needs access to.
struct Target {
    connector: &'static str,
    kind: &'static str,
    arn: Node,
    permissions: Node,
}

/// Adds a data source with its role: the given one, or a new one that may use the target.
fn add(
    sam: &SamResource,
    name: &str,
    node: &Node,
    mut source: Resource,
    target: Target,
    sources: &mut DataSources,
    t: &mut Translation<'_>,
) -> Result<(), Fault> {
    let span = made(node.span);
    sources.names.insert(name.to_owned(), source.get_att("Name"));
    if let Some(role) = if_truthy(node.get("ServiceRoleArn")) {
        source.set("ServiceRoleArn", role.clone());
        sources.resources.push(source);
        return Ok(());
    }
    let role = service_role(sam, format!("{}Role", source.logical_id), span)?;
    source.set("ServiceRoleArn", role.get_att("Arn"));
    let properties = node!(span, {
        "Source": {
            "Type": "AWS::AppSync::DataSource",
            "Arn": source.get_att("DataSourceArn"),
            "RoleName": role.reference(),
        },
        "Destination": { "Type": target.kind, "Arn": target.arn },
        "Permissions": target.permissions,
    });
    let connector = connect(&format!("{}{}", source.logical_id, target.connector), properties, t)?;
    sources.resources.extend([source, role]);
    sources.resources.extend(connector);
    Ok(())
}

impl DataSources {
    /// The name of the data source that a function names.
    pub(super) fn name_of(&mut self, sam: &SamResource, function: &str, node: &Node) -> Result<Node, Fault> {
        let Some(source) = node.get("DataSource").filter(|source| truthy(source)) else {
            return Err(Fault::resource(function, "'DataSource' must be set.").at(node.span));
        };
        let text = match &source.value {
            crate::Value::Map(_) => return Ok(source.clone()),
            _ => crate::sam::python::display(source),
        };
        if text.to_lowercase() == "none" {
            return self.none(sam, source);
        }
        self.names.get(&text).cloned().ok_or_else(|| {
            let message = format!(
                "Either define DataSource '{text}' in 'DataSources' or use intrinsic function like GetAtt, \
                 ImportValue, Sub or another one to reference a DataSource defined outside of this GraphQLApi resource."
            );
            Fault::resource(function, message).at(source.span)
        })
    }

    fn none(&mut self, sam: &SamResource, asked: &Node) -> Result<Node, Fault> {
        if self.none.is_none() {
            let span = made(asked.span);
            let mut source = part(sam, &DATA_SOURCE, format!("{}NoneDataSource", sam.logical_id), span)?;
            source.set("ApiId", api_id(sam, span));
            source.set("Name", node!(span, &source.logical_id));
            source.set("Type", node!(span, "NONE"));
            self.none = Some(source);
        }
        Ok(self.none.as_ref().map(|source| source.get_att("Name")).unwrap_or_default())
    }
}
