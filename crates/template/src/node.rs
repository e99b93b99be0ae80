//! A document as a tree of values that remember where they stand in the source.
//!
//! Templates and pipeline files are read into this one form. It keeps the order of keys and the text of numbers,
//! because both reach the user: an account id must not lose its zero and an output must not change its order.

use crate::key_order::KeyTable;
use base::Span;
use foldhash::fast::RandomState;
use indexmap::IndexMap;

/// A value and the place it came from.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it stands. Values that a transform makes carry the span of what they were made from.
    pub span: Span,
}

/// What a node can be.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A number: its value and the text that stood in the source.
    Number(Number),
    /// Text.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in source order.
    Map(Map),
}

/// A number: integers stay exact, everything else is a double; `text` is what stood in the source.
#[derive(Debug, Clone)]
pub struct Number {
    /// As written, for example `1.10` or `010`.
    pub text: String,
    /// Its value.
    pub value: NumberValue,
}

/// The value of a number as YAML 1.1 (templates) or JSON reads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NumberValue {
    /// An integer.
    Int(i128),
    /// Any other number.
    Float(f64),
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// A mapping with its keys in source order.
#[derive(Debug, Clone, Default)]
pub struct Map {
    entries: IndexMap<String, Entry, RandomState>,
    /// Only in mappings whose order of keys the SAM transform has to reproduce.
    history: Option<Box<History>>,
}

/// What happened to a mapping, as far as a Python 2.7 dictionary would show it in the order of its keys.
#[derive(Debug, Clone, Default)]
struct History {
    /// How many deep copies of the whole document took place before `table` was as it is.
    copies: u32,
    /// Nothing as long as keys were only added, one by one, in the order of `entries`.
    table: Option<KeyTable>,
}

/// One key of a mapping.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where the key stands.
    pub key_span: Span,
    /// What it holds.
    pub node: Node,
}

impl PartialEq for Node {
    /// Spans do not take part.
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialEq for Map {
    /// Neither spans nor the order of keys take part.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(k, v)| other.get(k) == Some(v))
    }
}

impl Node {
    /// A value at a place.
    pub fn new(value: impl Into<Value>, span: Span) -> Self {
        Self { value: value.into(), span }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn as_int(&self) -> Option<i128> {
        match &self.value {
            Value::Number(Number { value: NumberValue::Int(n), .. }) => Some(*n),
            _ => None,
        }
    }

    /// The mapping, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The mapping to change, if it is one.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The list to change, if it is one.
    pub fn as_list_mut(&mut self) -> Option<&mut Vec<Node>> {
        match &mut self.value {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// Whether it is nothing.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The member of a mapping; nothing for every other value.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }

    /// The node at a path of keys.
    pub fn at<'a>(&'a self, path: &[&str]) -> Option<&'a Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// What it is, in a word for messages.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

impl Map {
    /// An empty mapping.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many keys it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.get(key).map(|e| &e.node)
    }

    /// The value of a key, to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.get_mut(key).map(|e| &mut e.node)
    }

    /// Where a key stands.
    pub fn key_span(&self, key: &str) -> Option<Span> {
        self.entries.get(key).map(|e| e.key_span)
    }

    /// Whether it has the key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Sets a key; the key's span is the node's. A key that is there keeps its position. Returns the old value.
    pub fn insert(&mut self, key: impl Into<String>, node: Node) -> Option<Node> {
        let key_span = node.span;
        self.insert_at(key, key_span, node)
    }

    /// Sets a key that stands at `key_span`.
    pub fn insert_at(&mut self, key: impl Into<String>, key_span: Span, node: Node) -> Option<Node> {
        let key = key.into();
        if let Some(table) = self.history.as_mut().and_then(|h| h.table.as_mut()) {
            table.add(&key);
        }
        match self.entries.entry(key) {
            indexmap::map::Entry::Occupied(mut there) => Some(std::mem::replace(&mut there.get_mut().node, node)),
            indexmap::map::Entry::Vacant(gap) => {
                gap.insert(Entry { key_span, node });
                None
            }
        }
    }

    /// Takes a key out; the order of the others stays.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        if self.history.is_some() && self.contains_key(key) {
            self.settled_table().remove(key);
        }
        self.entries.shift_remove(key).map(|e| e.node)
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Node)> + ExactSizeIterator {
        self.entries.iter().map(|(k, e)| (k.as_str(), &e.node))
    }

    /// Keys and values in order, the values to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Node)> {
        self.entries.iter_mut().map(|(k, e)| (k.as_str(), &mut e.node))
    }

    /// Keys with their own spans, and values, in order.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(k, e)| (k.as_str(), e))
    }

    /// Keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }
}

/// The order of keys of a Python 2.7 dictionary. Mappings take part once [`Map::track`] was called.
impl Map {
    /// An empty mapping that takes part.
    pub(crate) fn tracked() -> Self {
        Self { history: Some(Box::default()), ..Self::default() }
    }

    /// Whether it takes part.
    pub(crate) fn is_tracked(&self) -> bool {
        self.history.is_some()
    }

    /// Makes it take part from now on, as if its keys had been put in one by one, in a document that was copied
    /// `copies` times. One that takes part already keeps its order.
    pub(crate) fn track(&mut self, copies: u32) {
        self.history.get_or_insert_default().copies = copies;
    }

    /// How many copies of the document it has taken part in.
    pub(crate) fn copies(&self) -> u32 {
        self.history.as_ref().map_or(0, |h| h.copies)
    }

    /// Catches up with the deep copies of the document: there were `copies` by now.
    pub(crate) fn settle(&mut self, copies: u32) {
        let Some(missing) = self.history.as_ref().and_then(|h| copies.checked_sub(h.copies)) else { return };
        if missing > 0 {
            let table = std::mem::take(self.settled_table()).deep_copied(missing);
            if let Some(history) = &mut self.history {
                **history = History { copies, table: Some(table) };
            }
        }
    }

    /// Keys in the order in which Python 2.7 would give them; in their own order if it does not take part.
    pub(crate) fn python_keys(&self) -> Vec<String> {
        match self.history.as_deref() {
            None => self.entries.keys().cloned().collect(),
            Some(History { table: Some(table), .. }) => table.keys().map(|key| key.as_ref().to_owned()).collect(),
            Some(_) => KeyTable::of(self.keys()).keys().map(|key| key.as_ref().to_owned()).collect(),
        }
    }

    /// Keys and values in that order.
    pub(crate) fn python_iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.python_entries().map(|(key, entry)| (key, &entry.node))
    }

    /// Keys with their own spans, and values, in that order.
    pub(crate) fn python_entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        let order: Vec<usize> = if self.is_tracked() {
            self.python_keys().iter().filter_map(|key| self.entries.get_index_of(key)).collect()
        } else {
            (0..self.len()).collect()
        };
        order.into_iter().filter_map(|at| self.entries.get_index(at)).map(|(key, entry)| (key.as_str(), entry))
    }

    /// `dict.copy()`.
    pub(crate) fn python_copy(&self) -> Self {
        let mut copy = self.clone();
        copy.become_python_copy();
        copy
    }

    /// Takes the order of keys that `dict.copy()` has.
    pub(crate) fn become_python_copy(&mut self) {
        if self.is_tracked() {
            let table = self.settled_table();
            *table = table.copied();
        }
    }

    /// `dict.update(other)`.
    pub(crate) fn python_update(&mut self, other: Map) {
        let keys = other.python_keys();
        if self.is_tracked() {
            self.settled_table().merge(keys.iter().map(String::as_str));
        }
        let mut entries = other.entries;
        for key in keys {
            if let Some(entry) = entries.swap_remove(&key) {
                self.insert_at(key, entry.key_span, entry.node);
            }
        }
    }

    fn settled_table(&mut self) -> &mut KeyTable {
        let history = self.history.get_or_insert_default();
        history.table.get_or_insert_with(|| KeyTable::of(self.entries.keys().map(String::as_str)))
    }
}

impl IntoIterator for Map {
    type Item = (String, Entry);
    type IntoIter = indexmap::map::IntoIter<String, Entry>;
    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Number(Number { text: n.to_string(), value: NumberValue::Int(n.into()) })
    }
}

impl From<Vec<Node>> for Value {
    fn from(list: Vec<Node>) -> Self {
        Self::List(list)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}
