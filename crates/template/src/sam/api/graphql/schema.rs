//! What the properties of `AWS::Serverless::GraphQLApi` may hold. AWS's translator checks this type with a schema: the
//! first place that does not fit is told, fields in their order, unknown fields last.

use crate::sam::python::truthy;
use crate::{Map, Node, NumberValue, Value};

/// What a value may be.
pub(super) enum Schema {
    /// Anything but nothing.
    Any,
    /// Text; numbers and booleans are taken for text.
    Text,
    /// A boolean, or a word or number that means one.
    Bool,
    /// Text or a mapping.
    TextOrMap,
    /// A mapping to anything.
    AnyMap,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list.
    List(&'static Schema),
    /// A mapping of names to values.
    Names(&'static Schema),
    /// A mapping with these fields and no others.
    Fields(&'static [Field]),
    /// A mapping with these fields, or a boolean.
    FieldsOrBool(&'static [Field]),
}

/// A field of a mapping.
pub(super) struct Field {
    name: &'static str,
    required: bool,
    schema: Schema,
}

const fn required(name: &'static str, schema: Schema) -> Field {
    Field { name, required: true, schema }
}

const fn optional(name: &'static str, schema: Schema) -> Field {
    Field { name, required: false, schema }
}

const TYPES: Schema =
    Schema::OneOf(&["AWS_IAM", "API_KEY", "AWS_LAMBDA", "OPENID_CONNECT", "AMAZON_COGNITO_USER_POOLS"]);
const LAMBDA_AUTHORIZER: &[Field] = &[
    optional("AuthorizerResultTtlInSeconds", Schema::Any),
    required("AuthorizerUri", Schema::Any),
    optional("IdentityValidationExpression", Schema::Any),
];
const OPEN_ID_CONNECT: &[Field] = &[
    optional("AuthTTL", Schema::Any),
    optional("ClientId", Schema::Any),
    optional("IatTTL", Schema::Any),
    optional("Issuer", Schema::Any),
];
const USER_POOL: &[Field] = &[
    optional("AppIdClientRegex", Schema::Any),
    optional("AwsRegion", Schema::Any),
    optional("DefaultAction", Schema::Any),
    required("UserPoolId", Schema::Any),
];
const AUTHORIZER: &[Field] = &[
    required("Type", TYPES),
    optional("LambdaAuthorizer", Schema::Fields(LAMBDA_AUTHORIZER)),
    optional("OpenIDConnect", Schema::Fields(OPEN_ID_CONNECT)),
    optional("UserPool", Schema::Fields(USER_POOL)),
];
const AUTH: &[Field] = &[
    required("Type", TYPES),
    optional("LambdaAuthorizer", Schema::Fields(LAMBDA_AUTHORIZER)),
    optional("OpenIDConnect", Schema::Fields(OPEN_ID_CONNECT)),
    optional("UserPool", Schema::Fields(USER_POOL)),
    optional("Additional", Schema::List(&Schema::Fields(AUTHORIZER))),
];
const LOGGING: &[Field] = &[
    optional("CloudWatchLogsRoleArn", Schema::Any),
    optional("ExcludeVerboseContent", Schema::Any),
    optional("FieldLogLevel", Schema::Any),
];
const DELTA_SYNC: &[Field] = &[
    required("BaseTableTTL", Schema::Any),
    required("DeltaSyncTableName", Schema::Any),
    required("DeltaSyncTableTTL", Schema::Any),
];
const DYNAMODB: &[Field] = &[
    required("TableName", Schema::Any),
    optional("ServiceRoleArn", Schema::Any),
    optional("TableArn", Schema::Any),
    optional("Permissions", Schema::List(&Schema::OneOf(&["Read", "Write"]))),
    optional("Name", Schema::Any),
    optional("Description", Schema::Any),
    optional("Region", Schema::Any),
    optional("DeltaSync", Schema::Fields(DELTA_SYNC)),
    optional("UseCallerCredentials", Schema::Any),
    optional("Versioned", Schema::Any),
];
const LAMBDA: &[Field] = &[
    required("FunctionArn", Schema::Any),
    optional("ServiceRoleArn", Schema::Any),
    optional("Name", Schema::Any),
    optional("Description", Schema::Any),
];
const DATA_SOURCES: &[Field] = &[
    optional("DynamoDb", Schema::Names(&Schema::Fields(DYNAMODB))),
    optional("Lambda", Schema::Names(&Schema::Fields(LAMBDA))),
];
const RUNTIME: &[Field] = &[required("Name", Schema::Any), required("Version", Schema::Any)];
const CONFLICT_HANDLER: &[Field] = &[required("LambdaConflictHandlerArn", Schema::Any)];
const SYNC: &[Field] = &[
    required("ConflictDetection", Schema::Any),
    optional("ConflictHandler", Schema::Any),
    optional("LambdaConflictHandlerConfig", Schema::Fields(CONFLICT_HANDLER)),
];
const FUNCTION: &[Field] = &[
    optional("DataSource", Schema::TextOrMap),
    optional("Runtime", Schema::Fields(RUNTIME)),
    optional("InlineCode", Schema::Any),
    optional("CodeUri", Schema::Any),
    optional("Description", Schema::Any),
    optional("MaxBatchSize", Schema::Any),
    optional("Name", Schema::Text),
    optional("Id", Schema::Any),
    optional("Sync", Schema::Fields(SYNC)),
];
const CACHING: &[Field] = &[required("Ttl", Schema::Any), optional("CachingKeys", Schema::List(&Schema::Any))];
const RESOLVER: &[Field] = &[
    optional("FieldName", Schema::Text),
    optional("Caching", Schema::Fields(CACHING)),
    optional("InlineCode", Schema::Any),
    optional("CodeUri", Schema::Any),
    optional("MaxBatchSize", Schema::Any),
    optional("Pipeline", Schema::List(&Schema::Text)),
    optional("Runtime", Schema::Fields(RUNTIME)),
    optional("Sync", Schema::Fields(SYNC)),
];
const API_KEY: &[Field] =
    &[optional("ApiKeyId", Schema::Any), optional("Description", Schema::Any), optional("ExpiresOn", Schema::Any)];
const DOMAIN_NAME: &[Field] = &[
    required("CertificateArn", Schema::Any),
    required("DomainName", Schema::Any),
    optional("Description", Schema::Any),
];
const CACHE: &[Field] = &[
    required("ApiCachingBehavior", Schema::Any),
    required("Ttl", Schema::Any),
    required("Type", Schema::Any),
    optional("AtRestEncryptionEnabled", Schema::Any),
    optional("TransitEncryptionEnabled", Schema::Any),
];
const PROPERTIES: &[Field] = &[
    required("Auth", Schema::Fields(AUTH)),
    optional("Tags", Schema::AnyMap),
    optional("Name", Schema::Any),
    optional("XrayEnabled", Schema::Bool),
    optional("SchemaInline", Schema::Any),
    optional("SchemaUri", Schema::Any),
    optional("Logging", Schema::FieldsOrBool(LOGGING)),
    optional("DataSources", Schema::Fields(DATA_SOURCES)),
    optional("Functions", Schema::Names(&Schema::Fields(FUNCTION))),
    optional("Resolvers", Schema::Names(&Schema::Names(&Schema::Fields(RESOLVER)))),
    optional("ApiKeys", Schema::Names(&Schema::Fields(API_KEY))),
    optional("DomainName", Schema::Fields(DOMAIN_NAME)),
    optional("Cache", Schema::Fields(CACHE)),
    optional("Visibility", Schema::Any),
    optional("OwnerContact", Schema::Any),
    optional("IntrospectionConfig", Schema::Any),
    optional("QueryDepthLimit", Schema::Any),
    optional("ResolverCountLimit", Schema::Any),
];

/// The path of the first value that does not fit.
pub(super) fn check(properties: &Map) -> Result<(), String> {
    // Unknown properties of the resource itself are left out before the schema sees them.
    let mut known = Map::new();
    for (name, entry) in properties.entries().filter(|(name, _)| PROPERTIES.iter().any(|field| field.name == *name)) {
        known.insert_at(name, entry.key_span, entry.node.clone());
    }
    check_fields(&known, PROPERTIES, "")
}

fn check_fields(map: &Map, fields: &[Field], path: &str) -> Result<(), String> {
    for field in fields {
        let path = join(path, field.name);
        match map.get(field.name) {
            None if field.required => return Err(path),
            Some(value) if value.is_null() && field.required => return Err(path),
            Some(value) if !value.is_null() => check_value(value, &field.schema, &path)?,
            _ => {}
        }
    }
    match map.keys().filter(|key| !fields.iter().any(|field| field.name == *key)).min() {
        Some(unknown) => Err(join(path, unknown)),
        None => Ok(()),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn check_value(value: &Node, schema: &Schema, path: &str) -> Result<(), String> {
    let fits = match (schema, &value.value) {
        (Schema::Fields(fields) | Schema::FieldsOrBool(fields), Value::Map(map)) => {
            return check_fields(map, fields, path);
        }
        // An empty list is taken for an empty mapping.
        (Schema::Fields(fields) | Schema::FieldsOrBool(fields), Value::List(items)) if items.is_empty() => {
            return check_fields(&Map::new(), fields, path);
        }
        (Schema::Names(_) | Schema::AnyMap | Schema::TextOrMap, Value::List(items)) if items.is_empty() => true,
        (Schema::List(item), Value::List(items)) => {
            let mut items = items.iter().enumerate();
            return items.try_for_each(|(at, value)| check_member(value, item, &join(path, &at.to_string())));
        }
        (Schema::Names(item), Value::Map(map)) => {
            return map.iter().try_for_each(|(name, value)| check_member(value, item, &join(path, name)));
        }
        (Schema::Any, _) | (Schema::AnyMap | Schema::TextOrMap, Value::Map(_)) => true,
        (Schema::Text | Schema::TextOrMap, Value::String(_) | Value::Number(_) | Value::Bool(_)) => true,
        (Schema::OneOf(texts), Value::String(text)) => texts.contains(&text.as_str()),
        (Schema::Bool | Schema::FieldsOrBool(_), _) => as_bool(value).is_some(),
        _ => false,
    };
    if fits { Ok(()) } else { Err(path.to_owned()) }
}

/// A member of a list or of a mapping of names must be something.
fn check_member(value: &Node, schema: &Schema, path: &str) -> Result<(), String> {
    if value.is_null() { Err(path.to_owned()) } else { check_value(value, schema, path) }
}

/// The boolean that a value is taken for.
pub(super) fn as_bool(value: &Node) -> Option<bool> {
    match &value.value {
        Value::Bool(b) => Some(*b),
        Value::String(text) => match text.to_lowercase().as_str() {
            "1" | "on" | "t" | "true" | "y" | "yes" => Some(true),
            "0" | "off" | "f" | "false" | "n" | "no" => Some(false),
            _ => None,
        },
        Value::Number(number) => match number.value {
            NumberValue::Int(0 | 1) => Some(truthy(value)),
            NumberValue::Float(n) if n == 0.0 || n == 1.0 => Some(truthy(value)),
            _ => None,
        },
        _ => None,
    }
}
