//! Reads JSON strictly (RFC 8259), with a place for every value and every problem.
//!
//! Trailing commas and comments are reported and read over; any other mistake ends the reading with what was read.

use super::build::duplicate;
use super::place::Places;
use super::{Dialect, MAX_DEPTH, scalar};
use crate::{Map, Node, Number, NumberValue, Value};
use base::{Diagnostic, Diagnostics, Span};

/// Reads JSON.
pub(super) fn read(places: &Places<'_>) -> (Node, Diagnostics) {
    let mut reader = Reader { places, text: places.text(), at: 0, depth: 0, problems: Vec::new() };
    let node = match reader.value() {
        Ok(node) => {
            reader.end();
            node
        }
        Err(Stop(partial)) => partial.unwrap_or_default(),
    };
    (node, reader.problems)
}

/// The reading ends; what was read of the value so far.
struct Stop(Option<Node>);

type Read<T> = Result<T, Stop>;

struct Reader<'a, 't> {
    places: &'a Places<'t>,
    text: &'t str,
    at: usize,
    depth: usize,
    problems: Diagnostics,
}

impl Reader<'_, '_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn span_from(&self, start: usize) -> Span {
        self.places.bytes(start, self.at)
    }

    /// The character here, as a span.
    fn here(&self) -> Span {
        let width = self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        self.places.bytes(self.at, self.at + width)
    }

    fn report(&mut self, span: Span, message: impl Into<String>, why: &str, hint: &str) {
        self.problems.push(Diagnostic::error("TMPL-004", message).at(span).why(why).hint(hint));
    }

    fn stop<T>(&mut self, span: Span, message: impl Into<String>, why: &str, hint: &str) -> Read<T> {
        self.report(span, message, why, hint);
        Err(Stop(None))
    }

    /// White space, and comments, which are reported.
    fn space(&mut self) {
        loop {
            while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
                self.at += 1;
            }
            let rest = &self.text[self.at..];
            let length = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |n| n + 2)
            } else {
                return;
            };
            let start = self.at;
            self.at += length;
            let span = self.span_from(start);
            self.report(
                span,
                "a comment stands in JSON",
                "JSON has no comments",
                "remove it, or write the file as YAML",
            );
        }
    }

    fn end(&mut self) {
        self.space();
        if self.peek().is_some() {
            let span = self.here();
            self.report(span, "text follows the end of the document", "a JSON file holds one value", "remove it");
        }
    }

    fn value(&mut self) -> Read<Node> {
        self.space();
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => {
                let text = self.string()?;
                Ok(Node::new(text, self.span_from(start)))
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Read<Node>) -> Read<Node> {
        if self.depth >= MAX_DEPTH {
            self.problems.push(
                Diagnostic::error("TMPL-006", "the document is nested too deeply")
                    .at(self.here())
                    .why(format!("more than {MAX_DEPTH} levels are not read"))
                    .hint("flatten the document"),
            );
            return Err(Stop(None));
        }
        self.depth += 1;
        let node = read(self);
        self.depth -= 1;
        node
    }

    fn object(&mut self) -> Read<Node> {
        let start = self.at;
        self.at += 1;
        let mut map = Map::new();
        loop {
            self.space();
            if self.peek() == Some(b'}') && map.is_empty() {
                break;
            }
            match self.member(&mut map) {
                Ok(()) => {}
                Err(Stop(_)) => return Err(Stop(Some(Node::new(map, self.span_from(start))))),
            }
            match self.separator(b'}', "`,` or `}`") {
                Ok(true) => {}
                Ok(false) => break,
                Err(Stop(_)) => return Err(Stop(Some(Node::new(map, self.span_from(start))))),
            }
        }
        self.at += 1;
        Ok(Node::new(map, self.span_from(start)))
    }

    fn member(&mut self, map: &mut Map) -> Read<()> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            let span = self.here();
            return self.stop(
                span,
                "a key in double quotes is expected here",
                "JSON keys are text in double quotes",
                "quote the key, or close the brace before it",
            );
        }
        let key = self.string()?;
        let key_span = self.span_from(start);
        self.space();
        if self.peek() != Some(b':') {
            return self.stop(
                key_span,
                format!("key `{key}` has no value"),
                "a key is followed by `:` and a value",
                "add the `:`",
            );
        }
        self.at += 1;
        let (node, stopped) = match self.value() {
            Ok(node) => (Some(node), false),
            Err(Stop(partial)) => (partial, true),
        };
        if let Some(node) = node {
            if let Some(first) = map.key_span(&key) {
                self.problems.push(duplicate(&key, key_span, first, self.places, Dialect::Template));
            }
            map.insert_at(key, key_span, node);
        }
        if stopped { Err(Stop(None)) } else { Ok(()) }
    }

    fn array(&mut self) -> Read<Node> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.space();
            if self.peek() == Some(b']') && items.is_empty() {
                break;
            }
            match self.value() {
                Ok(node) => items.push(node),
                Err(Stop(partial)) => {
                    items.extend(partial);
                    return Err(Stop(Some(Node::new(items, self.span_from(start)))));
                }
            }
            match self.separator(b']', "`,` or `]`") {
                Ok(true) => {}
                Ok(false) => break,
                Err(Stop(_)) => return Err(Stop(Some(Node::new(items, self.span_from(start))))),
            }
        }
        self.at += 1;
        Ok(Node::new(items, self.span_from(start)))
    }

    /// After an item: true when another follows, false at the closing bracket, which is not taken.
    fn separator(&mut self, close: u8, expected: &str) -> Read<bool> {
        self.space();
        if self.peek() == Some(close) {
            return Ok(false);
        }
        if self.peek() != Some(b',') {
            let span =
                if self.peek().is_some() { self.here() } else { self.places.trimmed(self.places.bytes(0, self.at)) };
            let span = if self.peek().is_some() { span } else { Span { start: span.end.saturating_sub(1), ..span } };
            return self.stop(
                span,
                format!("{expected} is expected here"),
                "items are separated by commas and the bracket is closed after the last",
                "add the missing character",
            );
        }
        let comma = self.here();
        self.at += 1;
        self.space();
        if self.peek() != Some(close) {
            return Ok(true);
        }
        self.report(
            comma,
            "a comma stands before a closing bracket",
            "JSON has no trailing commas",
            "remove the comma",
        );
        Ok(false)
    }

    fn word(&mut self) -> Read<Node> {
        let start = self.at;
        while matches!(self.peek(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'+')) {
            self.at += 1;
        }
        let span = self.span_from(start);
        let value = match &self.text[start..self.at] {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "" => {
                let span = self.here();
                return self.stop(
                    span,
                    "a value is expected here",
                    "a value is text in double quotes, a number, `true`, `false`, `null`, a list or an object",
                    "add the value",
                );
            }
            word => {
                let message = format!("`{word}` is not a JSON value");
                return self.stop(
                    span,
                    message,
                    "words other than `true`, `false` and `null` stand in double quotes",
                    "put it in double quotes",
                );
            }
        };
        Ok(Node::new(value, span))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Read<Node> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let first_digit = self.at;
        let whole = self.digits();
        let mut good = whole == 1 || (whole > 1 && self.text.as_bytes()[first_digit] != b'0');
        let mut float = false;
        if self.peek() == Some(b'.') {
            float = true;
            self.at += 1;
            good &= self.digits() > 0;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            float = true;
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            good &= self.digits() > 0;
        }
        let text = &self.text[start..self.at];
        let span = self.span_from(start);
        let value = match float {
            true => text.parse().ok().filter(|f: &f64| f.is_finite()).map(NumberValue::Float),
            false => scalar::integer(negative, &self.text[first_digit..self.at], 10),
        };
        match value.filter(|_| good) {
            Some(value) => Ok(Node::new(Value::Number(Number { text: text.to_owned(), value }), span)),
            None => {
                let message = format!("`{text}` is not a JSON number");
                self.stop(
                    span,
                    message,
                    "a JSON number has no leading zeros and digits on both sides of its point",
                    "put it in double quotes if it is an id or a version",
                )
            }
        }
    }

    fn string(&mut self) -> Read<String> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(['"', '\\', '\n', '\t', '\r']).unwrap_or(rest.len());
            text.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => text.push(self.escape()?),
                Some(b'\n' | b'\r') | None => {
                    let span = self.span_from(start);
                    return self.stop(
                        span,
                        "a quote is opened and not closed on its line",
                        "JSON text ends on the line it starts on; a line end inside is written `\\n`",
                        "close the quote",
                    );
                }
                Some(_) => {
                    let span = self.here();
                    self.report(
                        span,
                        "a tab stands in a JSON text",
                        "it has to be written as an escape",
                        "write `\\t`",
                    );
                    text.push('\t');
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        Ok(text)
    }

    fn escape(&mut self) -> Read<char> {
        let start = self.at;
        self.at += 2;
        let simple = match self.text.as_bytes().get(start + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(start),
            _ => return self.bad_escape(start),
        };
        Ok(simple)
    }

    fn bad_escape<T>(&mut self, start: usize) -> Read<T> {
        self.at = start + 1;
        let span = self.span_from(start);
        self.stop(
            span,
            "an unknown or incomplete escape",
            "JSON knows `\\\" \\\\ \\/ \\b \\f \\n \\r \\t` and `\\u` with four hexadecimal digits",
            "write `\\\\` for a backslash",
        )
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        if digits.bytes().all(|b| b.is_ascii_hexdigit()) { u32::from_str_radix(digits, 16).ok() } else { None }
    }

    fn unicode(&mut self, start: usize) -> Read<char> {
        let Some(high) = self.hex() else { return self.bad_escape(start) };
        let mut code = high;
        if (0xD800..0xDC00).contains(&high) && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            let Some(low) = self.hex() else { return self.bad_escape(start) };
            if (0xDC00..0xE000).contains(&low) {
                code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            }
        }
        match char::from_u32(code) {
            Some(c) => Ok(c),
            None => self.bad_escape(start),
        }
    }
}
