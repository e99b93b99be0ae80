//! From the scanner's events to the tree: containers, keys, anchors, aliases, merges.
//!
//! It keeps its own stack of open containers, so nesting costs no call stack.

use super::continued::{Continued, Padded};
use super::place::Places;
use super::scalar::{Scalar, Surprise, core_1_2, key_text, surprise, yaml_1_1};
use super::tag::{self, Tag};
use super::{Dialect, MAX_ALIAS_NODES, MAX_DEPTH, syntax};
use crate::{Map, Node, Number, NumberValue, Value};
use base::{Diagnostic, Diagnostics, Span};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};
use std::collections::HashMap;

/// Reads YAML.
pub(super) fn build(places: &Places<'_>, dialect: Dialect) -> (Node, Diagnostics) {
    let mut continued = Continued::default();
    loop {
        let padded = continued.padded(places.text());
        let (mut builder, stopped) = read(places, dialect, &padded);
        if let Some(error) = stopped {
            let at = padded.written(error.marker().index());
            if dialect == Dialect::Template && continued.note(&error, at, places) {
                continue;
            }
            builder.problems.push(syntax::explain(&error, at, places));
        }
        return builder.finish();
    }
}

/// Reads as far as the scanner comes.
fn read<'a, 't>(places: &'a Places<'t>, dialect: Dialect, padded: &Padded<'_>) -> (Builder<'a, 't>, Option<ScanError>) {
    let mut builder = Builder::new(places, dialect);
    if dialect == Dialect::Template {
        builder.problems.extend(line_separators(places));
    }
    let mut parser = Parser::new_from_str(&padded.text);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, mark)) => {
                let (start, end) = (padded.written(mark.start.index()), padded.written(mark.end.index()));
                if !builder.event(event, places.span(start, end)) {
                    break;
                }
            }
            Err(error) => return (builder, Some(error)),
        }
    }
    (builder, None)
}

/// Characters that YAML 1.1 takes for line ends and YAML 1.2, and every editor, does not.
fn line_separators(places: &Places<'_>) -> Diagnostics {
    let text = places.text();
    let separators = text.char_indices().filter(|(_, c)| matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}'));
    let problem = |(at, c): (usize, char)| {
        Diagnostic::error("TMPL-016", format!("an invisible line separator, U+{:04X}", c as u32))
            .at(places.bytes(at, at + c.len_utf8()))
            .why("CloudFormation takes it for a line end, so the text means something else than it shows")
            .hint("delete it, or write it as an escape such as `\"\\u2028\"` in double quotes")
    };
    separators.take(super::MAX_CONTROL_CHARACTERS).map(problem).collect()
}

/// A finished value on its way into its container.
struct Done {
    node: Node,
    /// A plain `<<`.
    merge: bool,
    /// Number of values in it.
    size: usize,
    anchor: usize,
}

/// What a tag, an anchor and a start say about a container that is still open.
struct Open {
    span: Span,
    tag: Option<Tag>,
    anchor: usize,
    size: usize,
    contents: Contents,
}

enum Contents {
    List(Vec<Node>),
    Map(MapInProgress),
}

#[derive(Default)]
struct MapInProgress {
    map: Map,
    key: Option<Key>,
    /// Mappings that `<<` brings in, later ones over earlier ones.
    merged: Vec<(Map, Span)>,
}

enum Key {
    Text(String, Span),
    Merge(Span),
    /// A key that was reported already: its value is read and dropped.
    Bad,
}

struct Builder<'a, 't> {
    places: &'a Places<'t>,
    dialect: Dialect,
    stack: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    anchors: HashMap<usize, (Node, usize)>,
    alias_nodes: usize,
    problems: Diagnostics,
}

impl<'a, 't> Builder<'a, 't> {
    fn new(places: &'a Places<'t>, dialect: Dialect) -> Self {
        Self {
            places,
            dialect,
            stack: Vec::new(),
            root: None,
            documents: 0,
            anchors: HashMap::new(),
            alias_nodes: 0,
            problems: Vec::new(),
        }
    }

    /// Takes one event; false stops the reading.
    fn event(&mut self, event: Event<'_>, span: Span) -> bool {
        match event {
            Event::DocumentStart(_) => self.document(span),
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, anchor, tag.map(|t| own(&t)), span);
                true
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(Contents::List(Vec::new()), anchor, tag.map(|t| own(&t)), span)
            }
            Event::MappingStart(anchor, tag) => {
                self.open(Contents::Map(MapInProgress::default()), anchor, tag.map(|t| own(&t)), span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.close(span);
                true
            }
            Event::Alias(id) => self.alias(id, span),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => true,
        }
    }

    fn document(&mut self, span: Span) -> bool {
        self.documents += 1;
        if self.documents == 1 {
            return true;
        }
        self.problems.push(
            Diagnostic::error("TMPL-005", "a second document starts here")
                .at(span)
                .why("a file holds one document; the text after `---` would be ignored")
                .hint("remove the `---`, or move the second document to a file of its own"),
        );
        false
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, tag: Option<Tag>, span: Span) {
        // An absent value carries the place of its neighbour.
        let absent = text.is_empty() && style == ScalarStyle::Plain && tag.is_none() && anchor == 0;
        let span = if absent { Span { end: span.start, ..span } } else { self.places.trimmed(span) };
        let text = if self.ends_without_line_end(style, span) { text.strip_suffix('\n').unwrap_or(text) } else { text };
        let content = if tag.is_some() || anchor > 0 { self.places.content(span) } else { span };
        let is_quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let content = if is_quoted { self.places.quoted(content) } else { content };
        let plain = style == ScalarStyle::Plain && !tag.as_ref().is_some_and(Tag::makes_text);
        let is_text = tag.as_ref().is_some_and(|t| !t.makes_text() && t.suffix == "str");
        let scalar = match self.dialect {
            _ if is_text => Scalar::Value(Value::String(text.to_owned())),
            Dialect::Template if plain || tag.as_ref().is_some_and(|t| !t.makes_text()) => yaml_1_1(text),
            Dialect::Strict if plain || tag.as_ref().is_some_and(|t| !t.makes_text()) => core_1_2(text),
            _ => Scalar::Value(Value::String(text.to_owned())),
        };
        let (value, merge) = match scalar {
            Scalar::Merge => (Value::String("<<".to_owned()), true),
            Scalar::Value(value) => (value, false),
        };
        if let Value::Number(number) = &value {
            self.check_number(number, content);
        }
        let node = Node::new(value, content);
        let node = match &tag {
            Some(tag) => tag::apply(tag, node, span, self.places, self.dialect, &mut self.problems),
            None => node,
        };
        self.complete(Done { node, merge, size: 1, anchor });
    }

    /// Whether a `|` or `>` block runs to the end of a text whose last line has no line end. The scanner gives it one; YAML
    /// 1.1 readers, CloudFormation's among them, do not.
    fn ends_without_line_end(&self, style: ScalarStyle, span: Span) -> bool {
        let text = self.places.text();
        let last_line_has_text = !text.ends_with(char::is_whitespace);
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        is_block && last_line_has_text && span.end >= self.places.bytes(text.len(), text.len()).end
    }

    fn check_number(&mut self, number: &Number, span: Span) {
        let text = &number.text;
        if matches!(number.value, NumberValue::Float(f) if !f.is_finite()) {
            self.problems.push(
                Diagnostic::error("TMPL-014", format!("`{text}` is a number that JSON cannot say"))
                    .at(span)
                    .why("CloudFormation works on JSON, which has neither infinity nor a number that is none")
                    .hint("put it in quotes if it is text"),
            );
        }
        let NumberValue::Int(value) = number.value else { return };
        if self.dialect == Dialect::Strict {
            return;
        }
        let reading = match surprise(text) {
            Some(Surprise::Octal) => "octal, because it starts with 0",
            Some(Surprise::Sexagesimal) => "base 60, because it has colons",
            None => return,
        };
        self.problems.push(
            Diagnostic::warning("TMPL-013", format!("`{text}` is read as the number {value}"))
                .at(span)
                .why(format!("YAML 1.1, which CloudFormation uses, reads it as {reading}"))
                .hint(format!("write `\"{text}\"` if it is an account id, a time, a port mapping or other text")),
        );
    }

    fn open(&mut self, contents: Contents, anchor: usize, tag: Option<Tag>, span: Span) -> bool {
        if self.stack.len() >= MAX_DEPTH {
            self.problems.push(
                Diagnostic::error("TMPL-006", "the document is nested too deeply")
                    .at(span)
                    .why(format!("more than {MAX_DEPTH} levels are not read"))
                    .hint("flatten the document"),
            );
            return false;
        }
        self.stack.push(Open { span, tag, anchor, size: 1, contents });
        true
    }

    fn close(&mut self, end: Span) {
        let Some(mut open) = self.stack.pop() else { return };
        // The end of a block container is the next token: only a bracket or a brace is the container's own.
        let own_end = if matches!(self.places.slice(end), "]" | "}") { end } else { open.span };
        let last = self.contents_end(&open.contents).unwrap_or(open.span);
        let whole = open.span.to(last).to(own_end);
        let content = if open.tag.is_some() || open.anchor > 0 { self.places.content(whole) } else { whole };
        let value = match open.contents {
            Contents::List(items) => Value::List(items),
            Contents::Map(map) => Value::Map(map.finish()),
        };
        let mut node = Node::new(value, content);
        if let Some(tag) = open.tag.take() {
            node = tag::apply(&tag, node, whole, self.places, self.dialect, &mut self.problems);
        }
        self.complete(Done { node, merge: false, size: open.size, anchor: open.anchor });
    }

    fn contents_end(&self, contents: &Contents) -> Option<Span> {
        match contents {
            Contents::List(items) => items.last().map(|n| n.span),
            Contents::Map(map) => {
                let merged = map.merged.last().map(|(_, span)| *span);
                let entry = map.map.iter().next_back().map(|(_, n)| n.span);
                merged.into_iter().chain(entry).max_by_key(|span| span.end)
            }
        }
    }

    fn alias(&mut self, id: usize, span: Span) -> bool {
        let Some((node, size)) = self.anchors.get(&id) else {
            self.problems.push(
                Diagnostic::error("TMPL-007", format!("`{}` stands inside its own anchor", self.places.slice(span)))
                    .at(span)
                    .why("a value that contains itself would never end")
                    .hint("move the anchor to a value that is complete before the alias"),
            );
            self.complete(Done { node: Node::new(Value::Null, span), merge: false, size: 1, anchor: 0 });
            return true;
        };
        self.alias_nodes += size;
        if self.alias_nodes > MAX_ALIAS_NODES {
            self.problems.push(
                Diagnostic::error("TMPL-007", "aliases repeat too much")
                    .at(span)
                    .why(format!("aliases may add {MAX_ALIAS_NODES} values to a document; aliases of aliases multiply"))
                    .hint("write the values out, or remove aliases of aliases"),
            );
            return false;
        }
        let (mut node, size) = (node.clone(), *size);
        node.span = span;
        self.complete(Done { node, merge: false, size, anchor: 0 });
        true
    }

    /// Puts a finished value where it belongs: into the open container, or at the root.
    fn complete(&mut self, done: Done) {
        if done.anchor > 0 {
            self.anchors.insert(done.anchor, (done.node.clone(), done.size));
        }
        let Some(open) = self.stack.last_mut() else {
            self.root.get_or_insert(done.node);
            return;
        };
        open.size += done.size;
        match &mut open.contents {
            Contents::List(items) => items.push(done.node),
            Contents::Map(map) => map.take(done, self.places, self.dialect, &mut self.problems),
        }
    }

    /// Closes what a syntax error left open.
    fn finish(mut self) -> (Node, Diagnostics) {
        while let Some(open) = self.stack.last() {
            let end = open.span;
            self.close(Span { start: end.end, ..end });
        }
        let root = self.root.unwrap_or_else(|| Node::new(Value::Null, self.places.span(0, 0)));
        (root, self.problems)
    }
}

fn own(tag: &saphyr_parser::Tag) -> Tag {
    Tag { handle: tag.handle.clone(), suffix: tag.suffix.clone() }
}

impl MapInProgress {
    fn take(&mut self, done: Done, places: &Places<'_>, dialect: Dialect, problems: &mut Diagnostics) {
        match self.key.take() {
            None => self.key = Some(self.key_from(done, places, dialect, problems)),
            Some(Key::Text(key, span)) => {
                self.map.insert_at(key, span, done.node);
            }
            Some(Key::Merge(span)) => self.merge(span, done.node, problems),
            Some(Key::Bad) => {}
        }
    }

    fn key_from(&self, done: Done, places: &Places<'_>, dialect: Dialect, problems: &mut Diagnostics) -> Key {
        let span = done.node.span;
        if done.merge {
            return Key::Merge(span);
        }
        let Some(key) = key_text(&done.node) else {
            problems.push(
                Diagnostic::error("TMPL-009", format!("{} cannot be a key", done.node.kind()))
                    .at(span)
                    .why("keys are text; a short function such as `!Ref` is a mapping, and `{{…}}` without quotes is one too")
                    .hint("put the key in quotes"),
            );
            return Key::Bad;
        };
        if let Some(first) = self.map.key_span(&key) {
            problems.push(duplicate(&key, span, first, places, dialect));
            if dialect == Dialect::Strict {
                return Key::Bad;
            }
        }
        Key::Text(key, span)
    }

    fn merge(&mut self, span: Span, node: Node, problems: &mut Diagnostics) {
        let node_span = node.span;
        match node.value {
            Value::Map(map) => self.merged.push((map, node_span)),
            Value::List(items) => {
                for item in items.into_iter().rev() {
                    match item.value {
                        Value::Map(map) => self.merged.push((map, node_span)),
                        _ => problems.push(bad_merge(item.kind(), item.span)),
                    }
                }
            }
            _ => problems.push(bad_merge(node.kind(), span)),
        }
    }

    /// Merged keys come first; the mapping's own keys win over them.
    fn finish(self) -> Map {
        if self.merged.is_empty() {
            return self.map;
        }
        let mut result = Map::new();
        for (key, entry) in self.merged.into_iter().flat_map(|(map, _)| map).chain(self.map) {
            result.insert_at(key, entry.key_span, entry.node);
        }
        result
    }
}

/// The same key twice in one mapping. CloudFormation takes the last value without a word; our own files are refused.
pub(super) fn duplicate(key: &str, span: Span, first: Span, places: &Places<'_>, dialect: Dialect) -> Diagnostic {
    let line = places.line(first);
    let message = format!("key `{key}` stands twice in this mapping");
    let problem = match dialect {
        Dialect::Template => Diagnostic::warning("TMPL-008", message)
            .why(format!("it stands on line {line} already, and CloudFormation takes the last of the two values")),
        Dialect::Strict => Diagnostic::error("TMPL-008", message)
            .why(format!("it stands on line {line} already, and only one of the two values would count")),
    };
    problem.at(span).hint("rename one of them, or remove it")
}

fn bad_merge(kind: &str, span: Span) -> Diagnostic {
    Diagnostic::error("TMPL-012", format!("`<<` cannot merge {kind}"))
        .at(span)
        .why("a merge takes the keys of a mapping, or of a list of mappings")
        .hint("give it an alias of a mapping, such as `<<: *defaults`")
}
