//! What the CloudFormation registry says each resource type's handlers call.

use std::collections::HashMap;
use std::sync::OnceLock;

static GENERATED: &str = include_str!("../../data/resource-types.txt");
static BY_HAND: &str = include_str!("../../data/by-hand.txt");

/// The facts of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeFacts {
    /// Name of the type.
    pub name: &'static str,
    /// The property that holds its physical name, where its ARN contains that name.
    pub name_property: Option<&'static str>,
    /// The type has no handlers: its actions were found by their names.
    pub by_convention: bool,
    block: &'static str,
    extra: &'static str,
}

impl TypeFacts {
    /// The actions of one list: `C`, `R`, `U`, `D` or `T`.
    pub(crate) fn actions(&self, letter: char) -> Vec<String> {
        let mut actions = Vec::new();
        for line in self.block.lines().chain(self.extra.lines()) {
            let Some(rest) = line.strip_prefix(letter).and_then(|l| l.strip_prefix(' ')) else { continue };
            for (service, names) in rest.split(' ').filter_map(|group| group.split_once(':')) {
                actions.extend(names.split(',').map(|name| format!("{service}:{name}")));
            }
        }
        actions
    }

    /// The service that the type belongs to: the one most of its own actions are of.
    pub(crate) fn own_service(&self) -> &'static str {
        let family = self.name.split("::").nth(1).unwrap_or_default();
        let mut counts: Vec<(&'static str, usize)> = Vec::new();
        for line in self.block.lines().filter(|l| l.starts_with("C ") || l.starts_with("D ")) {
            for (service, names) in line[2..].split(' ').filter_map(|group| group.split_once(':')) {
                if service.replace('-', "").eq_ignore_ascii_case(family) {
                    return service;
                }
                // A type of another family may call these on the side more often than its own service.
                let weight =
                    if matches!(service, "iam" | "kms" | "ec2" | "s3" | "logs") { 0 } else { names.split(',').count() };
                match counts.iter_mut().find(|(s, _)| *s == service) {
                    Some((_, count)) => *count += weight,
                    None => counts.push((service, weight)),
                }
            }
        }
        counts.iter().rev().max_by_key(|(_, n)| *n).map_or("", |(service, _)| service)
    }

    /// The last part of its name.
    pub(crate) fn noun(&self) -> &'static str {
        self.name.rsplit("::").next().unwrap_or_default()
    }
}

/// The facts of a type, if it is known.
pub fn facts(type_name: &str) -> Option<TypeFacts> {
    index().get(type_name).copied()
}

/// The names of all known types, unsorted.
pub fn type_names() -> impl Iterator<Item = &'static str> {
    index().keys().copied()
}

/// All known types, unsorted.
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = TypeFacts> {
    index().values().copied()
}

fn index() -> &'static HashMap<&'static str, TypeFacts> {
    static INDEX: OnceLock<HashMap<&'static str, TypeFacts>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut types = HashMap::new();
        for facts in read(GENERATED) {
            types.insert(facts.name, facts);
        }
        for facts in read(BY_HAND) {
            match types.get_mut(facts.name) {
                Some(known) if facts.name_property == Some("+") => known.extra = facts.block,
                _ => drop(types.insert(facts.name, facts)),
            }
        }
        types
    })
}

/// Blocks of a line with the type's name and lines that start with one letter and a space.
fn read(text: &'static str) -> Vec<TypeFacts> {
    let is_head = |line: &str| !line.starts_with('#') && line.contains("::") && line.as_bytes().get(1) != Some(&b' ');
    let mut found: Vec<TypeFacts> = Vec::new();
    let mut start = 0;
    let mut head: Option<TypeFacts> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if is_head(line) {
            if let Some(mut facts) = head.take() {
                facts.block = &text[start..at];
                found.push(facts);
            }
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default();
            let rest: Vec<&'static str> = words.collect();
            let name_property = rest.iter().find(|w| **w != "~").copied();
            head = Some(TypeFacts { name, name_property, by_convention: rest.contains(&"~"), block: "", extra: "" });
            start = at + line.len();
        }
        at += line.len();
    }
    if let Some(mut facts) = head {
        facts.block = &text[start..at];
        found.push(facts);
    }
    found
}
