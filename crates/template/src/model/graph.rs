//! Which resource needs which, the order of creation that follows, and circles that forbid any order.

use super::Template;
use super::references::references;
use base::{Diagnostic, Span};
use indexmap::IndexMap;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// The dependencies between resources. Conditions do not count: a resource that is not created is needed by none that is.
#[derive(Debug, Clone, Default)]
pub struct Graph<'a> {
    /// What each resource needs, with the place that says so; resources and needs in template order.
    needs: IndexMap<&'a str, IndexMap<&'a str, Span>>,
}

/// Resources that need one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// The logical ids on one way round, each needing the next and the last needing the first.
    pub resources: Vec<String>,
    /// The place at which the first needs the second.
    pub span: Span,
}

impl Cycle {
    /// The cycle as a message.
    pub fn diagnostic(&self) -> Diagnostic {
        let first = self.resources.first().cloned().unwrap_or_default();
        let way: Vec<String> = self.resources.iter().chain([&first]).map(|id| format!("`{id}`")).collect();
        Diagnostic::error("TMPL-052", format!("resources depend on one another in a circle: {}", way.join(" needs ")))
            .at(self.span)
            .why("CloudFormation creates a resource after those it refers to, so none of these can be the first")
            .hint("break the circle: name a resource by text instead of a reference, or split one into two")
    }
}

impl<'a> Graph<'a> {
    pub(super) fn of(template: &Template<'a>) -> Self {
        let mut graph = Self::default();
        for (id, resource) in &template.resources {
            let mut needs: IndexMap<&str, Span> = IndexMap::new();
            for (name, span) in &resource.depends_on {
                if template.resources.contains_key(name) {
                    needs.entry(name).or_insert(*span);
                }
            }
            for node in resource.expressions() {
                references(node, &mut |reference| {
                    if reference.is_value() && template.resources.contains_key(reference.name) {
                        needs.entry(reference.name).or_insert(reference.span);
                    }
                });
            }
            graph.needs.insert(id, needs);
        }
        graph
    }

    /// The resources a resource needs directly, with the place that says so.
    pub fn needs(&self, id: &str) -> impl Iterator<Item = (&'a str, Span)> {
        self.needs.get(id).into_iter().flatten().map(|(name, span)| (*name, *span))
    }

    /// The resources that need a resource directly.
    pub fn needed_by(&self, id: &str) -> impl Iterator<Item = &'a str> {
        self.needs.iter().filter(move |(_, needs)| needs.contains_key(id)).map(|(name, _)| *name)
    }

    /// All resources, each after those it needs, and otherwise in template order. Deletion goes the other way. Members of
    /// cycles come last, in template order.
    pub fn creation_order(&self) -> Vec<&'a str> {
        let mut missing: Vec<usize> =
            self.needs.iter().map(|(id, needs)| needs.keys().filter(|n| *n != id).count()).collect();
        let own_cycle: Vec<bool> = self.needs.iter().map(|(id, needs)| needs.contains_key(id)).collect();
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); self.needs.len()];
        for (position, (id, needs)) in self.needs.iter().enumerate() {
            for need in needs.keys().filter(|need| *need != id).filter_map(|need| self.needs.get_index_of(need)) {
                users[need].push(position);
            }
        }
        let mut ready: BTreeSet<usize> = (0..missing.len()).filter(|n| missing[*n] == 0 && !own_cycle[*n]).collect();
        let mut order = Vec::with_capacity(missing.len());
        let mut placed = vec![false; missing.len()];
        while let Some(next) = ready.pop_first() {
            placed[next] = true;
            order.push(next);
            for user in &users[next] {
                missing[*user] -= 1;
                if missing[*user] == 0 && !own_cycle[*user] {
                    ready.insert(*user);
                }
            }
        }
        order.extend((0..missing.len()).filter(|n| !placed[*n]));
        order.into_iter().filter_map(|n| self.needs.get_index(n).map(|(id, _)| *id)).collect()
    }

    /// One cycle for every group of resources that need one another.
    pub fn cycles(&self) -> Vec<Cycle> {
        let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
        for (position, group) in self.components().into_iter().enumerate() {
            groups.entry(group).or_default().push(position);
        }
        let mut members: Vec<Vec<usize>> = groups.into_values().collect();
        members.sort();
        members.iter().filter_map(|group| self.way_round(group)).collect()
    }

    fn neighbours(&self, position: usize) -> impl Iterator<Item = usize> {
        let needs = self.needs.get_index(position).map(|(_, needs)| needs);
        needs.into_iter().flatten().filter_map(|(name, _)| self.needs.get_index_of(name))
    }

    /// The strongly connected component of every resource (Tarjan's algorithm, with a stack of its own).
    fn components(&self) -> Vec<usize> {
        let count = self.needs.len();
        let edges: Vec<Vec<usize>> = (0..count).map(|n| self.neighbours(n).collect()).collect();
        let mut search = Search {
            edges,
            number: vec![None; count],
            low: vec![0; count],
            group: vec![usize::MAX; count],
            open: Vec::new(),
            next: 0,
        };
        for start in 0..count {
            if search.number[start].is_none() {
                search.from(start);
            }
        }
        search.group
    }

    /// The shortest way from the first member of a group back to itself.
    fn way_round(&self, group: &[usize]) -> Option<Cycle> {
        let start = *group.first()?;
        let mut came_from: HashMap<usize, usize> = HashMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            for next in self.neighbours(at).filter(|n| group.binary_search(n).is_ok()) {
                if next == start {
                    return self.cycle(start, at, &came_from);
                }
                if let Entry::Vacant(first_visit) = came_from.entry(next) {
                    first_visit.insert(at);
                    queue.push_back(next);
                }
            }
        }
        None
    }

    fn cycle(&self, start: usize, last: usize, came_from: &HashMap<usize, usize>) -> Option<Cycle> {
        let mut way = vec![last];
        while let Some(before) = way.last().filter(|n| **n != start).and_then(|n| came_from.get(n)) {
            way.push(*before);
        }
        way.reverse();
        let name = |n: usize| self.needs.get_index(n).map(|(id, _)| *id);
        let second = name(way.get(1).copied().unwrap_or(start))?;
        let span = *self.needs.get(name(start)?)?.get(second)?;
        Some(Cycle { resources: way.into_iter().filter_map(name).map(str::to_owned).collect(), span })
    }
}

struct Search {
    edges: Vec<Vec<usize>>,
    number: Vec<Option<usize>>,
    low: Vec<usize>,
    group: Vec<usize>,
    open: Vec<usize>,
    next: usize,
}

impl Search {
    fn enter(&mut self, at: usize) {
        self.number[at] = Some(self.next);
        self.low[at] = self.next;
        self.next += 1;
        self.open.push(at);
    }

    fn from(&mut self, start: usize) {
        let mut path = vec![(start, 0)];
        self.enter(start);
        while let Some((at, edge)) = path.last_mut() {
            let at = *at;
            if let Some(next) = self.edges[at].get(*edge).copied() {
                *edge += 1;
                match self.number[next] {
                    None => {
                        self.enter(next);
                        path.push((next, 0));
                    }
                    Some(number) if self.group[next] == usize::MAX => self.low[at] = self.low[at].min(number),
                    Some(_) => {}
                }
                continue;
            }
            path.pop();
            if let Some((above, _)) = path.last() {
                self.low[*above] = self.low[*above].min(self.low[at]);
            }
            if Some(self.low[at]) == self.number[at] {
                while let Some(member) = self.open.pop() {
                    self.group[member] = at;
                    if member == at {
                        break;
                    }
                }
            }
        }
    }
}
