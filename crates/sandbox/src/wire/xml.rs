//! Trees as XML, and XML as trees, in the forms of AWS's query and REST-XML protocols.

use quick_xml::escape::escape;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// Writes a structure's members as elements. Lists become `<member>` children, `{"$map": {…}}` becomes `<entry>` children,
/// `{"$flat": […]}` repeats the element itself, and null members are left out.
pub fn write_members(out: &mut String, map: &Map<String, Value>) {
    for (name, value) in map {
        write_element(out, name, value);
    }
}

/// Writes one element.
pub fn write_element(out: &mut String, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Object(map) if map.contains_key("$flat") => {
            for item in map.get("$flat").and_then(Value::as_array).into_iter().flatten() {
                write_element(out, name, item);
            }
        }
        _ => {
            out.push_str(&format!("<{name}>"));
            write_content(out, value);
            out.push_str(&format!("</{name}>"));
        }
    }
}

fn write_content(out: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::String(text) => out.push_str(&escape_text(text)),
        Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
        Value::Array(items) => items.iter().for_each(|item| write_element(out, "member", item)),
        Value::Object(map) => match map.get("$map").and_then(Value::as_object) {
            Some(entries) => entries.iter().for_each(|(key, value)| {
                out.push_str("<entry>");
                write_element(out, "key", &Value::String(key.clone()));
                write_element(out, "value", value);
                out.push_str("</entry>");
            }),
            None => write_members(out, map),
        },
    }
}

/// Escapes a text; characters that XML cannot carry are replaced, and carriage returns kept as references.
pub fn escape_text(text: &str) -> String {
    let legal = |c: char| matches!(c, '\t' | '\n' | '\r') || c >= ' ' && c != '\u{fffe}' && c != '\u{ffff}';
    let clean: String = text.chars().map(|c| if legal(c) { c } else { '\u{fffd}' }).collect();
    escape(clean.as_str()).replace('\r', "&#13;")
}

/// An element of a parsed document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Its local name.
    pub name: String,
    /// Its text, children left out.
    pub text: String,
    /// Its child elements, in order.
    pub children: Vec<Element>,
}

impl Element {
    /// The first child of a name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|c| c.name == name)
    }

    /// The text of the first child of a name.
    pub fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|c| c.text.as_str())
    }

    /// All children of a name.
    pub fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |c| c.name == name)
    }
}

/// Parses a document to its root element; nothing if it is not well formed or nested more than 64 deep.
pub fn parse(bytes: &[u8]) -> Option<Element> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut reader = quick_xml::Reader::from_str(text);
    let mut stack = vec![Element::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                stack.push(Element { name, ..Element::default() });
                if stack.len() > 64 {
                    return None;
                }
            }
            Event::Empty(start) => {
                let name = start.local_name().as_ref().to_owned();
                stack.last_mut()?.children.push(Element { name, ..Element::default() });
            }
            Event::End(_) => {
                let done = stack.pop()?;
                stack.last_mut()?.children.push(done);
            }
            Event::Text(part) => stack.last_mut()?.text.push_str(&part),
            Event::CData(part) => stack.last_mut()?.text.push_str(&part),
            Event::GeneralRef(reference) => {
                let name = &*reference;
                let resolved = match reference.resolve_char_ref().ok()? {
                    Some(character) => character.to_string(),
                    None => quick_xml::escape::resolve_predefined_entity(name)?.to_owned(),
                };
                stack.last_mut()?.text.push_str(&resolved);
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    let mut root = stack.pop()?;
    if stack.is_empty() && root.children.len() == 1 { root.children.pop() } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn trees_are_written_as_aws_writes_them() {
        let tree = json!({"A": [{"B": "<&>"}, {"B": 2}], "Empty": [], "None": null, "M": {"$map": {"k": true}}, "F": {"$flat": ["x", "y"]}});
        let mut out = String::new();
        write_members(&mut out, tree.as_object().unwrap());
        assert_eq!(
            out,
            "<A><member><B>&lt;&amp;&gt;</B></member><member><B>2</B></member></A><Empty></Empty>\
             <M><entry><key>k</key><value>true</value></entry></M><F>x</F><F>y</F>"
        );
    }

    #[test]
    fn documents_are_read_and_broken_ones_refused() {
        let doc =
            parse(b"<?xml version=\"1.0\"?><D xmlns=\"x\"><O><Key>a &amp; b&#33;</Key></O><O/><Quiet>true</Quiet></D>")
                .unwrap();
        assert_eq!(doc.children_named("O").count(), 2);
        assert_eq!(doc.child("O").and_then(|o| o.child_text("Key")), Some("a & b!"));
        for bad in ["", "<a>", "<a></b>", "text", "<a/><b/>", "<a>&nope;</a>"] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(parse("<a>".repeat(5000).as_bytes()), None);
    }
}
