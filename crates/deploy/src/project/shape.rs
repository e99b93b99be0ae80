//! What a pipeline file may look like, as data, and the one check that reads it.
//!
//! The tables in `keys` are the only list of keys: this check, the JSON Schema and the words in "did you mean" all come
//! from them. After it has run, the readers take what is there and ignore what has been reported.

use base::{AccountId, Diagnostic, Diagnostics, Region, Span};
use template::{Map, Node, Value};

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A string without expressions.
    Text,
    /// A string, number or boolean that may hold expressions.
    Expression,
    /// As `Expression`, or a list of such.
    Parameter,
    /// Anything, with expressions in it.
    Any,
    /// `true` or `false`.
    Bool,
    /// A whole number in this range.
    Int(i128, i128),
    /// A whole number in this range, or an expression.
    IntExpression(i128, i128),
    /// Twelve digits in quotes.
    AccountId,
    /// A region code.
    Region,
    /// A count or a percentage.
    Amount,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The version of the file's form.
    Version,
    /// A list.
    List(&'static Kind),
    /// One value, or a list.
    OneOrMany(&'static Kind),
    /// A mapping whose keys are the user's.
    Map(&'static Kind),
    /// A mapping with known keys.
    Object(&'static Object),
    /// Checked by its own reader, because it depends on what stands beside it.
    Elsewhere,
    /// Known, but nothing is done with it yet.
    Later,
}

/// A mapping with known keys.
#[derive(Debug)]
pub(crate) struct Object {
    /// What it is, for messages: "a stage".
    pub(crate) title: &'static str,
    /// Its keys.
    pub(crate) keys: &'static [Key],
    /// Keys that people write, and what they mean by them.
    pub(crate) meant: &'static [(&'static str, &'static str)],
}

/// A key.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) doc: &'static str,
}

impl Key {
    /// What it is for, as the end of a sentence.
    fn about(&self) -> String {
        let text = self.doc.trim_end_matches('.');
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(first), Some(second)) if !second.is_uppercase() => {
                first.to_lowercase().chain([second]).chain(chars).collect()
            }
            _ => text.to_owned(),
        }
    }
}

/// A key that may be left out.
pub(crate) const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, required: false, doc }
}

/// A key that must be there.
pub(crate) const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, required: true, doc }
}

impl Object {
    /// The names of its keys.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| key.name)
    }

    /// The key of this name.
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

/// Reports everything in `node` that is not as `kind` says; `name` is the key it stands at.
pub(crate) fn check(kind: &Kind, name: &str, node: &Node, out: &mut Diagnostics) {
    match kind {
        Kind::Any | Kind::Elsewhere => {}
        Kind::Later => out.push(
            Diagnostic::warning("PIPE-017", format!("`{name}` is not available in this version and is ignored"))
                .at(node.span)
                .hint("remove it, or keep it for a later version"),
        ),
        Kind::Text => check_text(name, node, out),
        Kind::Expression => check_scalar(name, node, out),
        Kind::Parameter => match node.as_list() {
            Some(items) => items.iter().for_each(|item| check_scalar(name, item, out)),
            None => check_scalar(name, node, out),
        },
        Kind::Bool => {
            if node.as_bool().is_none() {
                out.push(wrong_type(name, "`true` or `false`", node));
            }
        }
        Kind::Int(least, most) => check_int(name, *least, *most, node, out),
        Kind::IntExpression(least, most) => {
            if !node.as_str().is_some_and(|text| text.contains("${{")) {
                check_int(name, *least, *most, node, out);
            }
        }
        Kind::AccountId => check_account(name, node, out),
        Kind::Region => check_region(name, node, out),
        Kind::Amount => {
            if amount(node).is_none() {
                let message = format!("`{name}` needs a count or a percentage");
                out.push(
                    Diagnostic::error("PIPE-021", message).at(node.span).hint("write `3` or `25%`, at most `100%`"),
                );
            }
        }
        Kind::Word(words) => check_word(name, words, node, out),
        Kind::Version => check_version(node, out),
        Kind::List(kind) => match node.as_list() {
            Some(items) => items.iter().for_each(|item| check(kind, name, item, out)),
            None => out.push(wrong_type(name, "a list", node)),
        },
        Kind::OneOrMany(kind) => match node.as_list() {
            Some(items) => items.iter().for_each(|item| check(kind, name, item, out)),
            None => check(kind, name, node, out),
        },
        Kind::Map(kind) => match node.as_map() {
            Some(map) => map.iter().for_each(|(key, item)| check(kind, key, item, out)),
            None => out.push(wrong_type(name, "a mapping", node)),
        },
        Kind::Object(object) => match node.as_map() {
            Some(map) => check_object(object, map, node.span, out),
            None => out.push(wrong_type(name, "a mapping", node)),
        },
    }
}

/// Reports unknown and missing keys, and what is wrong with the values of the others.
pub(crate) fn check_object(object: &Object, map: &Map, span: Span, out: &mut Diagnostics) {
    for (name, entry) in map.entries() {
        match object.key(name) {
            Some(key) => check(&key.kind, name, &entry.node, out),
            None => out.push(unknown_key(object, map, name, entry.key_span)),
        }
    }
    let place = map.entries().next().map_or(span, |(_, entry)| entry.key_span);
    for key in object.keys.iter().filter(|key| key.required && !map.contains_key(key.name)) {
        let written = object.meant.iter().any(|(wrong, meant)| *meant == key.name && map.contains_key(wrong));
        if !written {
            let message = format!("`{}` is missing in {}", key.name, object.title);
            out.push(Diagnostic::error("PIPE-002", message).at(place).hint(format!(
                "add `{}: …`: {}",
                key.name,
                key.about()
            )));
        }
    }
}

fn unknown_key(object: &Object, map: &Map, name: &str, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("PIPE-001", format!("unknown key `{name}` in {}", object.title)).at(span);
    let meant = object.meant.iter().find(|(wrong, _)| *wrong == name).map(|(_, meant)| *meant);
    match meant.or_else(|| crate::suggest::nearest(name, object.names())) {
        Some(near) if map.contains_key(near) => diagnostic.hint(format!("remove it: `{near}` is there already")),
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => match crate::suggest::hint(name, object.names()) {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        },
    }
}

/// "`region` needs a string, found a number".
pub(crate) fn wrong_type(name: &str, wanted: &str, node: &Node) -> Diagnostic {
    if node.as_str().is_some_and(|text| text.contains("${{")) {
        return Diagnostic::error("PIPE-025", format!("`{name}` cannot hold an expression"))
            .at(node.span)
            .why("it must be known before anything is evaluated")
            .hint(format!("write {wanted}"));
    }
    if node.is_null() {
        let diagnostic = Diagnostic::error("PIPE-003", format!("`{name}` has no value")).at(node.span);
        return diagnostic.hint(format!("give it {wanted}, or remove the key"));
    }
    let hint = match wanted {
        "a mapping" => "write keys and values below it, such as `key: value`".to_owned(),
        "a list" => "write `- ` before each item, or `[a, b]`".to_owned(),
        "a region code" => "write a code such as `us-east-1`".to_owned(),
        _ => format!("write {wanted}"),
    };
    let diagnostic = Diagnostic::error("PIPE-003", format!("`{name}` needs {wanted}, found {}", node.kind()));
    diagnostic.at(node.span).hint(hint)
}

fn check_text(name: &str, node: &Node, out: &mut Diagnostics) {
    match &node.value {
        Value::String(text) if text.contains("${{") => out.push(wrong_type(name, "plain text", node)),
        Value::String(text) if text.trim().is_empty() => {
            out.push(
                Diagnostic::error("PIPE-003", format!("`{name}` is empty"))
                    .at(node.span)
                    .hint("write something, or remove the key"),
            );
        }
        Value::String(_) => {}
        Value::Number(number) => {
            let text = &number.text;
            out.push(wrong_type(name, "a string", node).hint(format!("put it in quotes: `\"{text}\"`")));
        }
        Value::Bool(b) => out.push(wrong_type(name, "a string", node).hint(format!("put it in quotes: `\"{b}\"`"))),
        _ => out.push(wrong_type(name, "a string", node)),
    }
}

fn check_scalar(name: &str, node: &Node, out: &mut Diagnostics) {
    if !matches!(node.value, Value::String(_) | Value::Number(_) | Value::Bool(_)) {
        out.push(wrong_type(name, "a string, a number or a boolean", node));
    }
}

fn check_int(name: &str, least: i128, most: i128, node: &Node, out: &mut Diagnostics) {
    match node.as_int() {
        Some(n) if (least..=most).contains(&n) => {}
        Some(n) => {
            let message = format!("`{name}` is {n}, outside of {least} to {most}");
            let hint = if n < least { format!("write at least {least}") } else { format!("write at most {most}") };
            out.push(Diagnostic::error("PIPE-007", message).at(node.span).hint(hint));
        }
        None => {
            let number = node.as_str().and_then(|text| text.trim().parse::<i128>().ok());
            let diagnostic = wrong_type(name, "a whole number", node);
            out.push(match number {
                Some(n) => diagnostic.hint(format!("remove the quotes: `{n}`")),
                None => diagnostic,
            });
        }
    }
}

fn check_account(name: &str, node: &Node, out: &mut Diagnostics) {
    let diagnostic = match &node.value {
        Value::String(text) => match AccountId::new(text.as_str()) {
            Ok(_) => return,
            Err(_) if text.contains("${{") => wrong_type(name, "an account id", node),
            Err(error) => {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                let diagnostic = Diagnostic::error("PIPE-004", error.to_string()).at(node.span);
                let only_marks = text.chars().all(|c| c.is_ascii_digit() || c == '-' || c == ' ');
                if digits.len() == 12 && only_marks {
                    diagnostic.hint(format!("write it without marks: `\"{digits}\"`"))
                } else {
                    diagnostic
                        .why(format!("it has {} characters", text.chars().count()))
                        .hint("write twelve digits in quotes")
                }
            }
        },
        Value::Number(number) => {
            let text = &number.text;
            let diagnostic = Diagnostic::error("PIPE-004", format!("the account id `{text}` is not in quotes"))
                .at(node.span)
                .why("YAML reads it as a number, and a number loses its leading zeros");
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            match text.len() {
                12 if digits => diagnostic.hint(format!("write `\"{text}\"`")),
                10 | 11 if digits => {
                    diagnostic.hint(format!("write `\"{text:0>12}\"` if its leading zeros were lost, or correct it"))
                }
                _ => diagnostic.hint("write twelve digits in quotes"),
            }
        }
        _ => wrong_type(name, "an account id in quotes", node),
    };
    out.push(diagnostic);
}

fn check_region(name: &str, node: &Node, out: &mut Diagnostics) {
    let Some(text) = node.as_str() else { return out.push(wrong_type(name, "a region code", node)) };
    if Region::new(text).is_ok() {
        return out.extend(unknown_region(text).map(|told| told.at(node.span)));
    }
    if text.contains("${{") {
        return out.push(wrong_type(name, "a region code", node));
    }
    let diagnostic = Diagnostic::error("PIPE-005", format!("`{text}` is not a region code")).at(node.span);
    let without_zone = text.strip_suffix(|c: char| c.is_ascii_lowercase()).filter(|t| Region::new(*t).is_ok());
    let lower = text.trim().to_lowercase().replace(['_', ' '], "-");
    out.push(match without_zone {
        Some(region) => diagnostic.why("it is an availability zone").hint(format!("write `{region}`")),
        None if Region::new(lower.as_str()).is_ok() => diagnostic.hint(format!("write `{lower}`")),
        None => diagnostic.hint("write a code such as `us-east-1`"),
    });
}

/// A warning about a region code that is well formed and that no region is known to have.
pub fn unknown_region(code: &str) -> Option<Diagnostic> {
    if Region::PUBLIC.contains(&code) {
        return None;
    }
    let told = Diagnostic::warning("PIPE-038", format!("no region `{code}` is known"));
    Some(match crate::suggest::nearest(code, Region::PUBLIC) {
        Some(near) => told.hint(format!("did you mean `{near}`?")),
        None => told.hint("correct it, unless the region is newer than this program"),
    })
}

fn check_word(name: &str, words: &[&str], node: &Node, out: &mut Diagnostics) {
    let Some(text) = node.as_str() else { return out.push(wrong_type(name, "a word", node)) };
    if words.contains(&text) {
        return;
    }
    if text.contains("${{") {
        return out.push(wrong_type(name, "one of its words", node));
    }
    let diagnostic = Diagnostic::error("PIPE-006", format!("`{name}` cannot be `{text}`")).at(node.span);
    out.push(match crate::suggest::hint(text, words.iter().copied()) {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    });
}

fn check_version(node: &Node, out: &mut Diagnostics) {
    let text = match &node.value {
        Value::Number(number) => number.text.as_str(),
        Value::String(text) => text,
        _ => "",
    };
    if !matches!(text, "1" | "1.0" | "1.0.0") {
        let message = if text.is_empty() {
            "`version` needs a number".to_owned()
        } else {
            format!("version `{text}` of pipeline files is not known")
        };
        out.push(Diagnostic::error("PIPE-018", message).at(node.span).hint("write `version: 1`"));
    }
}

/// A count or a percentage.
pub(super) fn amount(node: &Node) -> Option<super::Amount> {
    if let Some(n) = node.as_int() {
        return u32::try_from(n).ok().map(super::Amount::Count);
    }
    let percent = node.as_str()?.trim().strip_suffix('%')?.trim_end().parse().ok()?;
    (percent <= 100).then_some(super::Amount::Percent(percent))
}
