//! YAML for people: block style, short intrinsic functions, quotes only where they are needed.

use super::json::write_text;
use super::number_text;
use crate::{Node, Value};

/// The functions whose short form may hold a text.
const SHORT: &[&str] = &[
    "Fn::And",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::Equals",
    "Fn::FindInMap",
    "Fn::GetAtt",
    "Fn::GetAZs",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Not",
    "Fn::Or",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Ref",
];

/// YAML text that [`crate::parse::parse`] reads back as the same tree, in the template dialect.
pub fn yaml(node: &Node) -> String {
    let mut out = String::new();
    match &node.value {
        Value::Map(map) if !map.is_empty() && short_form(node).is_none() => block(node, 0, &mut out),
        Value::List(list) if !list.is_empty() => block(node, 0, &mut out),
        _ => {
            inline(node, 0, &mut out);
            out.push('\n');
        }
    }
    out
}

/// A mapping or list of at least one item, each on lines of its own at `indent`.
fn block(node: &Node, indent: usize, out: &mut String) {
    match &node.value {
        Value::Map(map) => {
            for (key, value) in map.iter() {
                pad(indent, out);
                plain_or_quoted(key, out);
                out.push(':');
                after_key(value, indent, out);
            }
        }
        Value::List(items) => {
            for item in items {
                pad(indent, out);
                out.push('-');
                after_dash(item, indent, out);
            }
        }
        _ => {}
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// What follows `key:`.
fn after_key(value: &Node, indent: usize, out: &mut String) {
    if let Some(text) = attribute(value) {
        out.push_str(" !GetAtt ");
        out.push_str(&text);
        out.push('\n');
        return;
    }
    if let Some((tag, inner)) = short_form(value) {
        out.push_str(" !");
        out.push_str(tag);
        return after_key(inner, indent, out);
    }
    if is_block(value) {
        out.push('\n');
        return block(value, indent + 2, out);
    }
    out.push(' ');
    inline(value, indent, out);
    out.push('\n');
}

/// What follows `-`: a mapping starts on the same line.
fn after_dash(value: &Node, indent: usize, out: &mut String) {
    if short_form(value).is_some() || !is_block(value) {
        return after_key(value, indent, out);
    }
    let mut lines = String::new();
    block(value, indent + 2, &mut lines);
    out.push(' ');
    out.push_str(lines.trim_start());
}

fn is_block(node: &Node) -> bool {
    match &node.value {
        Value::Map(map) => !map.is_empty(),
        Value::List(items) => !items.is_empty(),
        _ => false,
    }
}

/// `Resource.Attribute`, when a value is that and can be said so.
fn attribute(node: &Node) -> Option<String> {
    let map = node.as_map().filter(|map| map.len() == 1)?;
    match map.get("Fn::GetAtt")?.as_list()? {
        [resource, attribute] => {
            let (resource, attribute) = (resource.as_str()?, attribute.as_str()?);
            let text = format!("{resource}.{attribute}");
            (!resource.contains('.') && is_plain(&text)).then_some(text)
        }
        _ => None,
    }
}

/// The short form of an intrinsic function: its tag and what stands after it. A function directly inside another one is
/// written long, because two tags cannot follow each other.
fn short_form(node: &Node) -> Option<(&'static str, &Node)> {
    let map = node.as_map().filter(|map| map.len() == 1)?;
    let (key, inner) = map.iter().next()?;
    let name = SHORT.iter().find(|name| **name == key)?;
    let fits = match &inner.value {
        Value::String(_) => *name != "Fn::GetAtt",
        Value::List(_) => true,
        _ => false,
    };
    fits.then_some((name.trim_start_matches("Fn::"), inner))
}

/// A scalar or an empty container.
fn inline(node: &Node, indent: usize, out: &mut String) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) => out.push_str(&number_text(n)),
        Value::String(text) if literal_fits(text) => literal(text, indent + 2, out),
        Value::String(text) => plain_or_quoted(text, out),
        Value::List(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push_str(", ");
                }
                inline(item, indent, out);
            }
            out.push(']');
        }
        Value::Map(map) => {
            if let Some((tag, inner)) = short_form(node) {
                out.push('!');
                out.push_str(tag);
                out.push(' ');
                return inline(inner, indent, out);
            }
            out.push('{');
            for (n, (key, value)) in map.iter().enumerate() {
                if n > 0 {
                    out.push_str(", ");
                }
                write_text(key, out);
                out.push_str(": ");
                inline(value, indent, out);
            }
            out.push('}');
        }
    }
}

/// Whether a text of several lines reads back the same from a `|` block.
fn literal_fits(text: &str) -> bool {
    let lines_are_plain = text.chars().all(|c| c == '\n' || (!c.is_control() && !is_line_like(c)));
    text.contains('\n')
        && lines_are_plain
        && !text.starts_with([' ', '\n'])
        && !text.ends_with("\n\n")
        && !text.lines().any(|line| line.ends_with(' '))
        && text != "\n"
}

fn is_line_like(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn literal(text: &str, indent: usize, out: &mut String) {
    out.push_str(if text.ends_with('\n') { "|" } else { "|-" });
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(indent, out);
            out.push_str(line);
        }
    }
}

/// Text as it is when it reads back as the same text, otherwise in double quotes.
fn plain_or_quoted(text: &str, out: &mut String) {
    if is_plain(text) { out.push_str(text) } else { write_text(text, out) }
}

/// Conservative: letters, digits and a few signs, and no word that YAML 1.1 or 1.2 reads as something else.
fn is_plain(text: &str) -> bool {
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '_' | '$'));
    let characters = text.chars().all(|c| {
        c.is_alphanumeric()
            || matches!(c, ' ' | '_' | '-' | '.' | '/' | ':' | '*' | '$' | '(' | ')' | '+' | '=' | '@' | ';')
    });
    let word = text.to_ascii_lowercase();
    let reserved = matches!(word.as_str(), "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n");
    starts_well
        && characters
        && !reserved
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains('\n')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::parse::{Dialect, parse};
    use base::FileId;

    #[test]
    fn yaml_is_short_and_reads_back() {
        let source = r#"
Resources:
  A:
    Type: AWS::Lambda::Function
    Properties:
      Code: {ZipFile: "line\n  two\n"}
      Role: !GetAtt Role.Arn
      Name: !Sub "${AWS::StackName}-x"
      If: !If [C, !Ref B, !Join ["", [a, 'yes']]]
      Import: !ImportValue {"Fn::Sub": "${N}-x"}
      Empty: [[], {}, ""]
      List: [[1, 2], {a: b, c: [d]}]
"#;
        let tree = parse(FileId(0), source, Dialect::Template).0;
        insta::assert_snapshot!(yaml(&tree), @r#"
        Resources:
          A:
            Type: AWS::Lambda::Function
            Properties:
              Code:
                ZipFile: |
                  line
                    two
              Role: !GetAtt Role.Arn
              Name: !Sub "${AWS::StackName}-x"
              If: !If
                - C
                - !Ref B
                - !Join
                  - ""
                  - - a
                    - "yes"
              Import:
                Fn::ImportValue: !Sub "${N}-x"
              Empty:
                - []
                - {}
                - ""
              List:
                - - 1
                  - 2
                - a: b
                  c:
                    - d
        "#);
        assert_eq!(parse(FileId(0), &yaml(&tree), Dialect::Template), (tree.clone(), vec![]));
    }
}
