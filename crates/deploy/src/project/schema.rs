//! The JSON Schema of pipeline files, for editors. It is made from the tables that the reader itself checks with.

use super::keys::{APPROVAL, ARTIFACT, BAKE, COMMAND, FILE, FOREIGN_TEST, STACK, STEP, STEP_TYPES, WRAPPED_FILE};
use super::shape::{Key, Kind, Object};
use serde_json::{Map, Value, json};

/// The step types and what their `params` are.
static PARAMS: [(&str, &Object); 8] = [
    ("sam", &STACK),
    ("cloudformation", &STACK),
    ("run", &COMMAND),
    ("test", &COMMAND),
    ("bake", &BAKE),
    ("approval", &APPROVAL),
    ("DEVRAMPS:APPROVAL:BAKE", &BAKE),
    ("DEVRAMPS:APPROVAL:TEST", &FOREIGN_TEST),
];

/// The JSON Schema (draft 7, which editors know best) of a pipeline file. What it accepts the reader may still refuse:
/// names, references, cycles and expressions are beyond a schema.
pub fn pipeline_schema() -> Value {
    let mut definitions = Map::new();
    let forms = json!([reference(&FILE, &mut definitions), reference(&WRAPPED_FILE, &mut definitions)]);
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Landfall pipeline",
        "description": "A pipeline file, `.landfall/<pipeline>/pipeline.yaml`.",
        "anyOf": forms,
        "definitions": definitions,
    })
}

/// The JSON Schema (draft 7) of `.landfall/bootstrap.yaml`.
pub fn bootstrap_schema() -> Value {
    let mut definitions = Map::new();
    let forms: Vec<Value> = crate::bootstrap::FILES
        .iter()
        .map(|(word, object)| {
            let form = reference(object, &mut definitions);
            json!({ "if": { "properties": { "ci": { "const": word } }, "required": ["ci"] }, "then": form })
        })
        .collect();
    let words: Vec<&str> = crate::bootstrap::FILES.iter().map(|(word, _)| *word).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Landfall bootstrap",
        "description": "The bootstrap file, `.landfall/bootstrap.yaml`.",
        "type": "object",
        "properties": { "ci": { "enum": words } },
        "required": ["ci"],
        "allOf": forms,
        "definitions": definitions,
    })
}

/// A reference to an object's definition, which is added when it is not there.
fn reference(object: &'static Object, definitions: &mut Map<String, Value>) -> Value {
    let name: String = object
        .title
        .trim_start_matches("the ")
        .trim_start_matches("an ")
        .trim_start_matches("a ")
        .chars()
        .filter(|c| *c != '`')
        .map(|c| if c == ' ' { '_' } else { c })
        .collect();
    if !definitions.contains_key(&name) {
        // The place is taken first, so that objects that hold each other come to an end.
        definitions.insert(name.clone(), Value::Null);
        let definition = definition(object, definitions);
        definitions.insert(name.clone(), definition);
    }
    json!({ "$ref": format!("#/definitions/{name}") })
}

fn definition(object: &'static Object, definitions: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    for key in object.keys {
        properties.insert(key.name.to_owned(), property(key, definitions));
    }
    let required: Vec<&str> = object.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if std::ptr::eq(object, &STEP) {
        schema["properties"]["type"] = json!({ "enum": PARAMS.map(|(name, _)| name), "description": type_doc() });
        let cases: Vec<Value> = PARAMS.iter().map(|(name, params)| case(name, params, definitions)).collect();
        schema["allOf"] = json!(cases);
    }
    if std::ptr::eq(object, &ARTIFACT) {
        schema["properties"]["type"]["enum"] = json!(["sam", "cloudformation"]);
    }
    schema
}

fn type_doc() -> String {
    format!("What the step does: {}.", STEP_TYPES.map(|name| format!("`{name}`")).join(", "))
}

fn case(name: &str, params: &'static Object, definitions: &mut Map<String, Value>) -> Value {
    let mut then = json!({ "properties": { "params": reference(params, definitions) } });
    if params.keys.iter().any(|key| key.required) {
        then["required"] = json!(["params"]);
    }
    json!({ "if": { "properties": { "type": { "const": name } }, "required": ["type"] }, "then": then })
}

fn property(key: &Key, definitions: &mut Map<String, Value>) -> Value {
    // Draft 7 ignores what stands beside `$ref`.
    let described = |schema: Value| match schema.get("$ref") {
        Some(_) => json!({ "allOf": [schema], "description": key.doc }),
        None => {
            let mut schema = schema;
            schema["description"] = json!(key.doc);
            schema
        }
    };
    described(match (key.name, key.kind) {
        ("artifacts", Kind::Map(_)) => {
            json!({ "type": "object", "additionalProperties": reference(&ARTIFACT, definitions) })
        }
        (_, kind) => schema_of(&kind, definitions),
    })
}

fn schema_of(kind: &Kind, definitions: &mut Map<String, Value>) -> Value {
    const SCALAR: [&str; 3] = ["string", "number", "boolean"];
    match *kind {
        Kind::Text => json!({ "type": "string", "minLength": 1 }),
        Kind::Expression => json!({ "type": SCALAR }),
        Kind::Parameter => json!({ "anyOf": [{ "type": SCALAR }, { "type": "array", "items": { "type": SCALAR } }] }),
        Kind::Any | Kind::Elsewhere | Kind::Later => json!({}),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Int(least, most) => integer(least, most),
        Kind::IntExpression(least, most) => {
            json!({ "anyOf": [integer(least, most), { "type": "string", "pattern": "\\$\\{\\{" }] })
        }
        Kind::AccountId => json!({ "type": "string", "pattern": "^[0-9]{12}$" }),
        Kind::Region => json!({ "type": "string", "pattern": "^[a-z]+(-[a-z]+){1,2}-[0-9]{1,2}$" }),
        Kind::Amount => json!({
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^\\s*(100|[0-9]{1,2})\\s*%\\s*$" },
            ]
        }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Version => json!({ "enum": [1, "1", "1.0", "1.0.0"] }),
        Kind::List(item) => json!({ "type": "array", "items": schema_of(item, definitions) }),
        Kind::OneOrMany(item) => {
            let item = schema_of(item, definitions);
            json!({ "anyOf": [item.clone(), { "type": "array", "items": item }] })
        }
        Kind::Map(item) => json!({ "type": "object", "additionalProperties": schema_of(item, definitions) }),
        Kind::Object(object) => reference(object, definitions),
    }
}

/// The limits of the tables fit in 64 bits.
fn integer(least: i128, most: i128) -> Value {
    let number = |n: i128| i64::try_from(n).unwrap_or(i64::MAX);
    json!({ "type": "integer", "minimum": number(least), "maximum": number(most) })
}
