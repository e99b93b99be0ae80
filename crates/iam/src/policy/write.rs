//! Writes a document in one canonical form, so that two documents that say the same compare equal as text.

use super::{ConditionEntry, Document, Element, PrincipalElement, Statement, TextList, Version};
use serde_json::{Map, Value};

impl Document {
    /// The document with elements in the order of the IAM reference, lists sorted and without repetition, and lists of
    /// one as plain strings. Statement order is kept.
    pub fn to_value(&self) -> Value {
        let mut map = Map::new();
        match self.version {
            Version::Absent => {}
            Version::V2008 => insert(&mut map, "Version", "2008-10-17"),
            Version::V2012 => insert(&mut map, "Version", "2012-10-17"),
        }
        if let Some(id) = &self.id {
            insert(&mut map, "Id", id);
        }
        map.insert("Statement".to_owned(), Value::Array(self.statements.iter().map(statement).collect()));
        Value::Object(map)
    }
}

fn insert(map: &mut Map<String, Value>, key: &str, text: &str) {
    map.insert(key.to_owned(), Value::String(text.to_owned()));
}

fn statement(statement: &Statement) -> Value {
    let mut map = Map::new();
    if let Some(sid) = &statement.sid {
        insert(&mut map, "Sid", sid);
    }
    insert(&mut map, "Effect", statement.effect.as_str());
    if let Some(element) = &statement.principal {
        map.insert(element.key().to_owned(), principal(element));
    }
    element(&mut map, "Action", Some(&statement.actions));
    element(&mut map, "Resource", statement.resources.as_ref());
    if !statement.conditions.is_empty() {
        map.insert("Condition".to_owned(), conditions(&statement.conditions));
    }
    Value::Object(map)
}

fn principal(element: &PrincipalElement) -> Value {
    if element.everyone {
        return Value::String("*".to_owned());
    }
    let mut map = Map::new();
    let kinds = [
        ("AWS", &element.aws),
        ("Service", &element.service),
        ("Federated", &element.federated),
        ("CanonicalUser", &element.canonical_user),
    ];
    for (kind, texts) in kinds.into_iter().filter(|(_, texts)| !texts.texts.is_empty()) {
        map.insert(kind.to_owned(), list(texts));
    }
    Value::Object(map)
}

fn element(map: &mut Map<String, Value>, name: &str, element: Option<&Element>) {
    if let Some(element) = element {
        let key = if element.negated { format!("Not{name}") } else { name.to_owned() };
        map.insert(key, list(&element.values));
    }
}

fn conditions(entries: &[ConditionEntry]) -> Value {
    let mut sorted: Vec<(String, &ConditionEntry)> = entries.iter().map(|e| (e.operator.to_string(), e)).collect();
    sorted.sort_by(|(a, x), (b, y)| (a, &x.key).cmp(&(b, &y.key)));
    let mut map = Map::new();
    for (operator, entry) in sorted {
        let keys = map.entry(operator).or_insert_with(|| Value::Object(Map::new()));
        if let Some(keys) = keys.as_object_mut() {
            keys.insert(entry.key.clone(), list(&entry.values));
        }
    }
    Value::Object(map)
}

fn list(texts: &TextList) -> Value {
    let mut sorted: Vec<&str> = texts.iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    match sorted.as_slice() {
        [one] => Value::String((*one).to_owned()),
        many => Value::Array(many.iter().map(|t| Value::String((*t).to_owned())).collect()),
    }
}
