//! Policies that still hold template functions, made plain: what is not known yet becomes a symbol such as
//! `{{Bucket.Arn}}`, which no wildcard is and which matches nothing but itself.
//!
//! A choice (`Fn::If`) stands for both of its values, so that a check sees the looser one too.

use serde_json::{Map, Value};

/// Replaces `Ref` and `Fn::…` by text. `known` gives the value of a parameter, resource or pseudo parameter by name
/// (`Stage`, `Bucket.Arn`, `AWS::Region`) where there is one.
pub fn settle(value: &Value, known: &dyn Fn(&str) -> Option<String>) -> Value {
    one(value, known).unwrap_or(Value::Null)
}

/// `None` for `AWS::NoValue`.
fn one(value: &Value, known: &dyn Fn(&str) -> Option<String>) -> Option<Value> {
    match value {
        Value::Object(map) => match function(map) {
            Some((name, argument)) => call(name, argument, known),
            None => Some(Value::Object(object(map, known))),
        },
        Value::Array(list) => Some(Value::Array(list.iter().flat_map(|item| spliced(item, known)).collect())),
        plain => Some(plain.clone()),
    }
}

fn object(map: &Map<String, Value>, known: &dyn Fn(&str) -> Option<String>) -> Map<String, Value> {
    let mut out = Map::new();
    for (key, value) in map {
        let settled = match (key.as_str(), choice(value)) {
            // Without a branch's conditions the statement is at its loosest.
            ("Condition", Some((a, b))) => one(a, known).and_then(|a| one(b, known).map(|_| a)),
            ("Effect", Some((a, b))) => {
                [a, b].into_iter().filter_map(|v| one(v, known)).find(|v| v == "Allow").or_else(|| one(a, known))
            }
            _ => one(value, known),
        };
        if let Some(settled) = settled {
            out.insert(key.clone(), settled);
        }
    }
    out
}

/// An item of a list: both branches of a choice, and the items of a branch that is a list itself.
fn spliced(item: &Value, known: &dyn Fn(&str) -> Option<String>) -> Vec<Value> {
    match choice(item) {
        Some((a, b)) => spliced(a, known).into_iter().chain(spliced(b, known)).collect(),
        None => match one(item, known) {
            Some(Value::Array(list)) if item.is_object() || item.is_array() => list,
            Some(value) => vec![value],
            None => Vec::new(),
        },
    }
}

fn choice(value: &Value) -> Option<(&Value, &Value)> {
    let list = value.as_object().filter(|m| m.len() == 1)?.get("Fn::If")?.as_array()?;
    Some((list.get(1)?, list.get(2)?))
}

fn function(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = map.iter().next().filter(|_| map.len() == 1)?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name.as_str(), argument))
}

fn call(name: &str, argument: &Value, known: &dyn Fn(&str) -> Option<String>) -> Option<Value> {
    let text = match (name, argument) {
        ("Ref", Value::String(target)) if target == "AWS::NoValue" => return None,
        ("Ref", Value::String(target)) => symbol(target, known),
        ("Fn::GetAtt", Value::String(path)) => symbol(path, known),
        ("Fn::GetAtt", Value::Array(path)) => symbol(&texts(path, known).join("."), known),
        ("Fn::Sub", Value::String(template)) => substitute(template, None, known),
        ("Fn::Sub", Value::Array(list)) => {
            let template = list.first().and_then(Value::as_str).unwrap_or_default();
            substitute(template, list.get(1).and_then(Value::as_object), known)
        }
        ("Fn::Join", Value::Array(list)) => {
            let separator = list.first().and_then(Value::as_str).unwrap_or_default();
            match list.get(1) {
                Some(Value::Array(parts)) => texts(parts, known).join(separator),
                other => unknown(name, other),
            }
        }
        ("Fn::If", _) => {
            let (a, b) = choice_of(argument)?;
            let mut both: Vec<Value> = [a, b].into_iter().flat_map(|v| spliced(v, known)).collect();
            return if both.len() > 1 { Some(Value::Array(both)) } else { both.pop() };
        }
        (_, other) => unknown(name, Some(other)),
    };
    Some(Value::String(text))
}

fn choice_of(argument: &Value) -> Option<(&Value, &Value)> {
    let list = argument.as_array()?;
    Some((list.get(1)?, list.get(2)?))
}

fn texts(list: &[Value], known: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    list.iter()
        .flat_map(|item| spliced(item, known))
        .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
        .collect()
}

/// The value of a name, or its symbol. Colons would take ARNs apart, so symbols have none.
fn symbol(name: &str, known: &dyn Fn(&str) -> Option<String>) -> String {
    known(name).unwrap_or_else(|| match name {
        "AWS::Partition" => "aws".to_owned(),
        "AWS::URLSuffix" => "amazonaws.com".to_owned(),
        other => format!("{{{{{}}}}}", other.replace("::", ".").replace(':', ".")),
    })
}

fn unknown(name: &str, argument: Option<&Value>) -> String {
    let inner: String = argument.map(Value::to_string).unwrap_or_default();
    let plain: String =
        inner.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')).take(60).collect();
    format!("{{{{{}.{plain}}}}}", name.replace("::", "."))
}

/// `${Name}` is replaced and `${!Name}` is the text `${Name}`, which in a policy is a policy variable.
fn substitute(template: &str, own: Option<&Map<String, Value>>, known: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        match (name.strip_prefix('!'), own.and_then(|map| map.get(name.trim()))) {
            (Some(literal), _) => out.push_str(&format!("${{{literal}}}")),
            (None, Some(value)) => out.push_str(&texts(std::slice::from_ref(value), known).join(",")),
            (None, None) => out.push_str(&symbol(name.trim(), known)),
        }
        rest = tail;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::settle;
    use serde_json::{Value, json};

    fn plain(value: Value) -> Value {
        settle(&value, &|name| (name == "Stage").then(|| "prod".to_owned()))
    }

    #[test]
    fn functions_become_text() {
        let table = [
            (json!({"Ref": "Stage"}), json!("prod")),
            (json!({"Ref": "Bucket"}), json!("{{Bucket}}")),
            (json!({"Fn::GetAtt": ["Bucket", "Arn"]}), json!("{{Bucket.Arn}}")),
            (json!({"Fn::GetAtt": "Bucket.Arn"}), json!("{{Bucket.Arn}}")),
            (
                json!({"Fn::Sub": "arn:${AWS::Partition}:s3:::${Bucket}-${Stage}/*"}),
                json!("arn:aws:s3:::{{Bucket}}-prod/*"),
            ),
            (
                json!({"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:user/${!aws:username}"}),
                json!("arn:aws:iam::{{AWS.AccountId}}:user/${aws:username}"),
            ),
            (json!({"Fn::Sub": ["${A}/${Stage}", {"A": {"Ref": "B"}}]}), json!("{{B}}/prod")),
            (json!({"Fn::Join": ["", ["arn:aws:s3:::", {"Ref": "B"}, "/*"]]}), json!("arn:aws:s3:::{{B}}/*")),
            (json!({"Fn::ImportValue": "net-Vpc"}), json!("{{Fn.ImportValue.net-Vpc}}")),
            (json!(["a", {"Fn::If": ["C", "b", {"Ref": "AWS::NoValue"}]}]), json!(["a", "b"])),
            (json!({"Fn::If": ["C", "a", "b"]}), json!(["a", "b"])),
            (json!({"Action": {"Fn::If": ["C", "a", {"Ref": "AWS::NoValue"}]}}), json!({"Action": "a"})),
            (json!({"Condition": {"Fn::If": ["C", {"Bool": {"k": "true"}}, {"Ref": "AWS::NoValue"}]}}), json!({})),
            (json!({"Effect": {"Fn::If": ["C", "Deny", "Allow"]}}), json!({"Effect": "Allow"})),
            (
                json!([{"Fn::If": ["C", [{"Sid": "A"}, {"Sid": "B"}], {"Sid": "C"}]}]),
                json!([{"Sid": "A"}, {"Sid": "B"}, {"Sid": "C"}]),
            ),
            (json!({"Fn::Sub": "${unclosed"}), json!("${unclosed")),
        ];
        for (value, expected) in table {
            assert_eq!(plain(value.clone()), expected, "{value}");
        }
    }
}
