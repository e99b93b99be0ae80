//! Values as JSON: plain for users, and a form for plans that reads back.
//!
//! In plans a value that waits for a step is `{"$deferred": "${{ … }}"}`, one with secrets in it is
//! `{"$secret": "${{ secret(\"NAME\") }}"}`: references in the words of the pipeline file, never values. Keys of the
//! user's own mappings that begin with `$` get one more `$`.

use super::{Deferred, Expr, Number, Scope, Value, evaluate, print};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value as Json};
use std::str::FromStr as _;

/// Plain JSON text. Secrets show as `[secret NAME]`.
pub(super) fn to_json(value: &Value) -> String {
    shown(value).to_string()
}

fn shown(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => (*b).into(),
        Value::Number(n) => number(n),
        Value::String(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(shown).collect(),
        Value::Map(map) => map.iter().map(|(k, v)| (k.clone(), shown(v))).collect(),
        Value::Secret(secret) => secret.to_string().into(),
        Value::Deferred(deferred) => deferred.text().into(),
    }
}

fn number(number: &Number) -> Json {
    serde_json::Number::from_str(&number.canonical()).map_or(Json::Null, Json::Number)
}

fn written(value: &Value) -> Json {
    match value {
        Value::List(items) => items.iter().map(written).collect(),
        Value::Map(map) => {
            let key = |key: &str| if key.starts_with('$') { format!("${key}") } else { key.to_owned() };
            map.iter().map(|(k, v)| (key(k), written(v))).collect()
        }
        Value::Secret(secret) => {
            let text = print::pieces(&print::secret_pieces(secret.parts()));
            Json::Object(Map::from_iter([("$secret".to_owned(), text.into())]))
        }
        Value::Deferred(deferred) => Json::Object(Map::from_iter([
            ("$deferred".to_owned(), deferred.text().into()),
            ("$waits_for".to_owned(), deferred.waits_for().into()),
        ])),
        plain => shown(plain),
    }
}

fn read(json: Json) -> Result<Value, String> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(b),
        Json::Number(n) => read_number(&n).map(Value::Number)?,
        Json::String(text) => Value::String(text),
        Json::Array(items) => Value::List(items.into_iter().map(read).collect::<Result<_, _>>()?),
        Json::Object(map) => return read_object(map),
    })
}

fn read_number(json: &serde_json::Number) -> Result<Number, String> {
    Number::read(&json.to_string())
        .or_else(|| json.as_f64().and_then(Number::float))
        .ok_or_else(|| format!("`{json}` is not a number that can be used"))
}

fn read_object(map: Map<String, Json>) -> Result<Value, String> {
    let text = |key: &str| map.get(key).and_then(Json::as_str);
    if let Some(text) = text("$secret") {
        let expr = Expr::parse_text(text).map_err(|_| "a secret reference cannot be read".to_owned())?;
        return match evaluate(&expr, &Scope::default()) {
            Ok(value @ Value::Secret(_)) => Ok(value),
            _ => Err("a secret reference names no secret".to_owned()),
        };
    }
    if let Some(text) = text("$deferred") {
        let waits_for = map.get("$waits_for").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let waits_for = waits_for.iter().filter_map(Json::as_str).map(str::to_owned).collect();
        return Deferred::read(text, waits_for).map(Value::Deferred);
    }
    let entries = map.into_iter().map(|(key, value)| {
        let key = key.strip_prefix('$').map(str::to_owned).unwrap_or(key);
        read(value).map(|value| (key, value))
    });
    entries.collect::<Result<_, _>>().map(Value::Map)
}

impl Deferred {
    fn read(text: &str, waits_for: Vec<String>) -> Result<Self, String> {
        let expr = Expr::parse_text(text).map_err(|_| format!("`{text}` is not an expression"))?;
        Self::new(expr.pieces(), waits_for).map_err(|_| "a deferred expression is too large".to_owned())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        written(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(Json::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
