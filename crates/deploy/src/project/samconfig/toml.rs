//! TOML as the document tree.

use base::{Diagnostic, Diagnostics, FileId, Span};
use template::{Map, Node, Number, NumberValue, Value};
use toml_span::ErrorKind;
use toml_span::value::{Table, Value as Toml, ValueInner};

/// Reads a TOML text. A text with an error gives nothing but the error.
pub(super) fn read(file: FileId, text: &str) -> (Node, Diagnostics) {
    match toml_span::parse(text) {
        Ok(mut value) => (Reader { file, text }.node(&mut value), Diagnostics::new()),
        Err(error) => {
            let span = Span::new(file, error.span.start, error.span.end.max(error.span.start + 1));
            let (message, hint) = explain(&error.kind);
            (Node::default(), vec![Diagnostic::error("SAMC-001", message).at(span).hint(hint)])
        }
    }
}

fn explain(kind: &ErrorKind) -> (String, &'static str) {
    let line = "write `key = value`, with text in double quotes, or `[table]`, on a line of its own";
    match kind {
        ErrorKind::DuplicateKey { key, .. } => (format!("the key `{key}` stands here twice"), "remove one of them"),
        ErrorKind::DuplicateTable { name, .. } => {
            (format!("the table `{name}` stands here twice"), "join the two tables")
        }
        ErrorKind::UnterminatedString => ("a string is not closed".to_owned(), "close it with the quote it began with"),
        ErrorKind::UnquotedString => ("text is not in quotes".to_owned(), "put it in double quotes"),
        ErrorKind::InvalidNumber => ("this is not a value".to_owned(), "put text in quotes"),
        ErrorKind::Unexpected(c) => (format!("unexpected `{c}`"), "put text in quotes"),
        ErrorKind::UnexpectedEof => {
            ("the file ends in the middle of a value".to_owned(), "write the value, or remove its key")
        }
        ErrorKind::Wanted { expected, found } => (format!("expected {expected}, found {found}"), line),
        other => (format!("this is not TOML: {}", other.to_string().to_lowercase().replace('-', " ")), line),
    }
}

struct Reader<'t> {
    file: FileId,
    text: &'t str,
}

impl Reader<'_> {
    fn node(&self, value: &mut Toml<'_>) -> Node {
        let span = Span::new(self.file, value.span.start, value.span.end);
        let written = self.text.get(value.span.start..value.span.end).unwrap_or_default();
        let value = match value.take() {
            ValueInner::String(text) => Value::String(text.into_owned()),
            ValueInner::Boolean(b) => Value::Bool(b),
            ValueInner::Integer(n) => number(written, NumberValue::Int(n.into())),
            ValueInner::Float(n) => number(written, NumberValue::Float(n)),
            ValueInner::Array(mut items) => Value::List(items.iter_mut().map(|item| self.node(item)).collect()),
            ValueInner::Table(table) => Value::Map(self.map(table)),
        };
        Node { value, span }
    }

    fn map(&self, table: Table<'_>) -> Map {
        let mut entries: Vec<_> = table.into_iter().collect();
        entries.sort_by_key(|(key, _)| key.span.start);
        let mut map = Map::new();
        for (key, mut value) in entries {
            let key_span = Span::new(self.file, key.span.start, key.span.end);
            map.insert_at(key.name.into_owned(), key_span, self.node(&mut value));
        }
        map
    }
}

fn number(text: &str, value: NumberValue) -> Value {
    Value::Number(Number { text: text.to_owned(), value })
}
