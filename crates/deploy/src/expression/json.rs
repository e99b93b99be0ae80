//! Values as JSON text.

use super::Value;

/// Plain JSON. Secrets show as `[secret NAME]`.
pub(super) fn to_json(value: &Value) -> String {
    shown(value).to_string()
}

fn shown(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(b) => (*b).into(),
        Value::Number(super::Number::Int(n)) => (*n).into(),
        Value::Number(super::Number::Float(n)) => (*n).into(),
        Value::String(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(shown).collect(),
        Value::Map(map) => map.iter().map(|(k, v)| (k.clone(), shown(v))).collect(),
        Value::Secret(secret) => secret.to_string().into(),
        Value::Deferred(deferred) => deferred.text().into(),
    }
}
