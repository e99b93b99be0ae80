//! What changes from one template to another, by meaning and not by text.
//!
//! Order of keys, spelling of functions (`!GetAtt A.B` or a list), `DependsOn` as text or as a list of one, and `1` or `"1"`
//! make no difference. Whether a change replaces the real thing is not known here.

use crate::intrinsic::{get_att, scalar_text};
use crate::{Map, Node, Value, write};

/// What changes between two templates.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TemplateDiff {
    /// Resources: changed and removed in the old template's order, then added in the new one's.
    pub resources: Vec<MemberChange>,
    /// Parameters.
    pub parameters: Vec<MemberChange>,
    /// Outputs.
    pub outputs: Vec<MemberChange>,
    /// Members of all other sections, and texts such as `Description`, named `Section.Member` or `Section`.
    pub others: Vec<MemberChange>,
}

/// A member of a section that changes.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberChange {
    /// Its name.
    pub name: String,
    /// `Type` of a resource or parameter: the new one, or of something removed the old one.
    pub kind: Option<String>,
    /// How it changes.
    pub change: Change,
}

/// How a member changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It is new.
    Added,
    /// It goes away.
    Removed,
    /// It stays with other contents.
    Changed(Vec<PathChange>),
}

/// One value that changes.
#[derive(Debug, Clone, PartialEq)]
pub struct PathChange {
    /// Where, such as `Properties.Tags[0].Value`; empty when the member itself is the value.
    pub path: String,
    /// The old value; nothing if it is added.
    pub before: Option<Node>,
    /// The new value; nothing if it is removed.
    pub after: Option<Node>,
}

impl TemplateDiff {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        [&self.resources, &self.parameters, &self.outputs, &self.others].iter().all(|list| list.is_empty())
    }

    /// The change as lines for people: `+` added, `-` removed, `~` changed.
    pub fn render(&self) -> String {
        let mut out = String::new();
        let sections = [
            ("resource", &self.resources),
            ("parameter", &self.parameters),
            ("output", &self.outputs),
            ("section", &self.others),
        ];
        for (what, changes) in sections {
            changes.iter().for_each(|change| change.render(what, &mut out));
        }
        out
    }
}

impl MemberChange {
    fn render(&self, what: &str, out: &mut String) {
        use std::fmt::Write as _;
        let kind = self.kind.as_ref().map(|kind| format!(" ({kind})")).unwrap_or_default();
        let sign = match self.change {
            Change::Added => '+',
            Change::Removed => '-',
            Change::Changed(_) => '~',
        };
        let _ = writeln!(out, "{sign} {what} {}{kind}", self.name);
        let Change::Changed(paths) = &self.change else { return };
        for change in paths {
            let shown = |node: &Option<Node>| node.as_ref().map_or("nothing".to_owned(), write::compact);
            let path = if change.path.is_empty() { "value" } else { &change.path };
            let _ = writeln!(out, "    {path}: {} -> {}", shown(&change.before), shown(&change.after));
        }
    }
}

/// What changes from `before` to `after`.
pub fn diff(before: &Node, after: &Node) -> TemplateDiff {
    let mut result = TemplateDiff {
        resources: members(before.get("Resources"), after.get("Resources")),
        parameters: members(before.get("Parameters"), after.get("Parameters")),
        outputs: members(before.get("Outputs"), after.get("Outputs")),
        others: Vec::new(),
    };
    hide_secrets(&mut result.parameters, before, after);
    let empty = Map::new();
    let (old, new) = (before.as_map().unwrap_or(&empty), after.as_map().unwrap_or(&empty));
    let all = old.keys().chain(new.keys().filter(|key| !old.contains_key(key)));
    for section in all.filter(|name| !matches!(*name, "Resources" | "Parameters" | "Outputs")) {
        others(section, old.get(section), new.get(section), &mut result.others);
    }
    result
}

/// The default of a secret is shown to nobody.
fn hide_secrets(parameters: &mut [MemberChange], before: &Node, after: &Node) {
    for member in parameters {
        let no_echo = [before, after].iter().any(|template| {
            let declared = template.at(&["Parameters", &member.name, "NoEcho"]).and_then(scalar_text);
            declared.is_some_and(|text| text.eq_ignore_ascii_case("true"))
        });
        let Change::Changed(paths) = &mut member.change else { continue };
        for change in paths
            .iter_mut()
            .filter(|change| no_echo && (change.path == "Default" || change.path.starts_with("AllowedValues")))
        {
            for side in [&mut change.before, &mut change.after].into_iter().flatten() {
                side.value = Value::String("****".to_owned());
            }
        }
    }
}

fn others(section: &str, before: Option<&Node>, after: Option<&Node>, out: &mut Vec<MemberChange>) {
    let is_map = |node: Option<&Node>| node.is_none_or(|n| n.as_map().is_some());
    if is_map(before) && is_map(after) {
        let changes = members(before, after);
        out.extend(changes.into_iter().map(|m| MemberChange {
            name: format!("{section}.{}", m.name),
            kind: None,
            ..m
        }));
        return;
    }
    let change = match (before, after) {
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        (Some(before), Some(after)) => {
            let mut paths = Vec::new();
            compare(before, after, "", &mut paths);
            if paths.is_empty() {
                return;
            }
            Change::Changed(paths)
        }
    };
    out.push(MemberChange { name: section.to_owned(), kind: None, change });
}

fn members(before: Option<&Node>, after: Option<&Node>) -> Vec<MemberChange> {
    let empty = Map::new();
    let old = before.and_then(Node::as_map).unwrap_or(&empty);
    let new = after.and_then(Node::as_map).unwrap_or(&empty);
    let kind = |node: &Node| node.get("Type").and_then(Node::as_str).map(str::to_owned);
    let mut changes = Vec::new();
    for (name, before) in old.iter() {
        let Some(after) = new.get(name) else {
            changes.push(MemberChange { name: name.to_owned(), kind: kind(before), change: Change::Removed });
            continue;
        };
        let mut paths = Vec::new();
        compare(before, after, "", &mut paths);
        if !paths.is_empty() {
            changes.push(MemberChange { name: name.to_owned(), kind: kind(after), change: Change::Changed(paths) });
        }
    }
    let added = new.iter().filter(|(name, _)| !old.contains_key(name));
    changes.extend(added.map(|(name, node)| MemberChange {
        name: name.to_owned(),
        kind: kind(node),
        change: Change::Added,
    }));
    changes
}

/// Whether two values mean the same.
pub fn same(before: &Node, after: &Node) -> bool {
    same_under("", before, after)
}

/// Whether two values of one key mean the same.
fn same_under(key: &str, before: &Node, after: &Node) -> bool {
    match (&before.value, &after.value) {
        (Value::Map(old), Value::Map(new)) => {
            old.len() == new.len() && old.iter().all(|(k, a)| new.get(k).is_some_and(|b| same_under(k, a, b)))
        }
        (Value::List(old), Value::List(new)) => old.len() == new.len() && old.iter().zip(new).all(|(a, b)| same(a, b)),
        _ => before == after || same_spelling(key, before, after),
    }
}

fn compare(before: &Node, after: &Node, path: &str, out: &mut Vec<PathChange>) {
    match (&before.value, &after.value) {
        (Value::Map(old), Value::Map(new)) => compare_maps(old, new, path, out),
        (Value::List(old), Value::List(new)) => compare_lists(old, new, path, out),
        _ if same_under(path.rsplit('.').next().unwrap_or(path), before, after) => {}
        _ => out.push(PathChange { path: path.to_owned(), before: Some(before.clone()), after: Some(after.clone()) }),
    }
}

/// Two spellings of one value.
fn same_spelling(key: &str, before: &Node, after: &Node) -> bool {
    if let (Some(before), Some(after)) = (scalar_text(before), scalar_text(after)) {
        return before == after;
    }
    match key {
        "Fn::GetAtt" => get_att(before).is_some_and(|old| Some(old) == get_att(after)),
        "DependsOn" => {
            let one = |node: &Node| node.as_list().map_or_else(|| vec![node.clone()], <[Node]>::to_vec);
            one(before) == one(after)
        }
        _ => false,
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn compare_maps(old: &Map, new: &Map, path: &str, out: &mut Vec<PathChange>) {
    for (key, before) in old.iter() {
        let path = join(path, key);
        match new.get(key) {
            Some(after) => compare(before, after, &path, out),
            None => out.push(PathChange { path, before: Some(before.clone()), after: None }),
        }
    }
    for (key, after) in new.iter().filter(|(key, _)| !old.contains_key(key)) {
        out.push(PathChange { path: join(path, key), before: None, after: Some(after.clone()) });
    }
}

/// Lists are compared from both ends, so that one item put in or taken out is one change. Positions are those of the list
/// an item is in.
fn compare_lists(old: &[Node], new: &[Node], path: &str, out: &mut Vec<PathChange>) {
    let shorter = old.len().min(new.len());
    let head = old.iter().zip(new).take_while(|(a, b)| same(a, b)).count();
    let tail = old.iter().rev().zip(new.iter().rev()).take(shorter - head).take_while(|(a, b)| same(a, b)).count();
    let (old_middle, new_middle) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let longest = old_middle.len().max(new_middle.len());
    for n in 0..longest {
        let path = format!("{path}[{}]", head + n);
        match (old_middle.get(n), new_middle.get(n)) {
            (Some(before), Some(after)) => compare(before, after, &path, out),
            (before, after) => out.push(PathChange { path, before: before.cloned(), after: after.cloned() }),
        }
    }
}
