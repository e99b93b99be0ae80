//! The AWS query protocol's requests: a form whose dotted names spell a tree.

use serde_json::{Map, Value};

/// Decodes `%XX`, and `+` as a space where asked. What is not valid UTF-8 or not a valid escape stays as it is.
pub fn percent_decode(text: &str, plus_is_space: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let escaped = text.get(i + 1..i + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[i], escaped) {
            (b'%', Some(byte)) => {
                out.push(byte);
                i += 3;
                continue;
            }
            (b'+', _) if plus_is_space => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        i += 1;
    }
    String::from_utf8(out).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// Encodes everything but RFC 3986's unreserved characters, and slashes where asked, as signatures want it.
pub fn percent_encode(text: &str, keep_slash: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain =
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') || (keep_slash && byte == b'/');
        if plain {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A query string or form as decoded pairs, in order.
pub fn decode_pairs(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| percent_decode(part, true);
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').map_or_else(|| (decode(pair), String::new()), |(k, v)| (decode(k), decode(v))))
        .collect()
}

/// The tree that a form spells: `A.member.1.B=x` is `{"A": [{"B": "x"}]}`, `A.entry.1.key=k&A.entry.1.value=v` is
/// `{"A": {"k": "v"}}`. Lists that the model flattens (`A.1=x`) are read as lists too. Every leaf is a string.
pub fn to_tree(pairs: &[(String, String)]) -> Value {
    let mut root = Value::Object(Map::new());
    for (name, value) in pairs {
        insert(&mut root, &mut name.split('.'), value);
    }
    tidy(root)
}

fn insert<'a>(at: &mut Value, path: &mut impl Iterator<Item = &'a str>, value: &str) {
    match path.next() {
        None => *at = Value::String(value.to_owned()),
        Some(name) => {
            if !at.is_object() {
                *at = Value::Object(Map::new());
            }
            if let Value::Object(map) = at {
                insert(map.entry(name).or_insert(Value::Null), path, value);
            }
        }
    }
}

fn tidy(value: Value) -> Value {
    let Value::Object(mut map) = value else { return value };
    if map.len() == 1 {
        if let Some(members) = map.remove("member") {
            return numbered(members).map_or_else(Value::Array, Value::Array);
        }
        if let Some(entries) = map.remove("entry") {
            let items = numbered(entries).unwrap_or_else(|items| items);
            return Value::Object(items.into_iter().filter_map(key_and_value).collect());
        }
    }
    if !map.is_empty() && map.keys().all(|k| k.parse::<usize>().is_ok()) {
        return numbered(Value::Object(map)).map_or_else(Value::Array, Value::Array);
    }
    Value::Object(map.into_iter().map(|(k, v)| (k, tidy(v))).collect())
}

/// The items of `{"1": …, "2": …}` in the order of their numbers; anything else is no items.
fn numbered(value: Value) -> Result<Vec<Value>, Vec<Value>> {
    let Value::Object(map) = value else { return Err(Vec::new()) };
    let mut items: Vec<(usize, Value)> =
        map.into_iter().map(|(k, v)| (k.parse().unwrap_or(usize::MAX), tidy(v))).collect();
    items.sort_by_key(|(n, _)| *n);
    Ok(items.into_iter().map(|(_, v)| v).collect())
}

fn key_and_value(item: Value) -> Option<(String, Value)> {
    let Value::Object(mut map) = item else { return None };
    let key = map.remove("key").or_else(|| map.remove("Name"))?.as_str()?.to_owned();
    let value = map.remove("value").or_else(|| map.remove("Value"))?;
    Some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn dotted_names_spell_a_tree() {
        let form = "Action=CreateChangeSet&Parameters.member.2.ParameterKey=B&Parameters.member.1.ParameterKey=A\
                    &Parameters.member.1.ParameterValue=x%20y%2Bz&Tags=&Attributes.entry.1.key=k&Attributes.entry.1.value=v\
                    &RollbackConfiguration.RollbackTriggers.member.1.Arn=a&Flat.1=p&Flat.2=q&Body=a+b";
        assert_eq!(
            to_tree(&decode_pairs(form)),
            json!({
                "Action": "CreateChangeSet",
                "Parameters": [{"ParameterKey": "A", "ParameterValue": "x y+z"}, {"ParameterKey": "B"}],
                "Tags": "",
                "Attributes": {"k": "v"},
                "RollbackConfiguration": {"RollbackTriggers": [{"Arn": "a"}]},
                "Flat": ["p", "q"],
                "Body": "a b",
            })
        );
    }

    #[test]
    fn ten_items_keep_their_order() {
        let form: Vec<String> = (1..=11).rev().map(|n| format!("L.member.{n}=v{n}")).collect();
        let tree = to_tree(&decode_pairs(&form.join("&")));
        assert_eq!(tree["L"][9], "v10");
    }

    #[test]
    fn odd_escapes_never_panic() {
        for text in ["%", "%4", "%zz", "a%é", "%E9%", "=&=&&"] {
            let _ = to_tree(&decode_pairs(text));
        }
        assert_eq!(percent_encode("a b/ü", true), "a%20b/%C3%BC");
    }
}
