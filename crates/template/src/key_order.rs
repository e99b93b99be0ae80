//! The order in which a Python 2.7 dictionary gives its keys.
//!
//! The logical id of an `AWS::ApiGateway::Deployment` ends in a hash of the text form that AWS's translator gave a
//! definition when it ran on Python 2.7. The text form lists keys in the order of their slots in a hash table, and that
//! order depends on every insertion, removal and copy since the dictionary was born. A stack whose deployment changes
//! its id deploys its API again, so this order is part of what the transform promises.
//!
//! The rules are those of `Objects/dictobject.c` of CPython 2.7: open addressing with the probe sequence
//! `i = 5i + perturb + 1`, a table that grows when two thirds are used (fourfold, twofold for `update`), removed keys
//! that leave a mark, and `unicode_hash` of `Objects/unicodeobject.c`.

use std::sync::Arc;

/// Slots of a new table.
const SMALLEST: usize = 8;
/// Above this many keys a table grows twofold.
const LARGE: usize = 50_000;

#[derive(Debug, Clone, Default)]
enum Slot {
    #[default]
    Empty,
    Removed,
    Key(u64, Arc<str>),
}

impl Slot {
    fn key(&self) -> Option<&Arc<str>> {
        match self {
            Self::Key(_, key) => Some(key),
            _ => None,
        }
    }

    fn holds(&self, hash: u64, key: &str) -> bool {
        matches!(self, Self::Key(h, k) if *h == hash && k.as_ref() == key)
    }
}

/// The hash table of a Python 2.7 dictionary, keys only.
#[derive(Debug, Clone)]
pub(crate) struct KeyTable {
    slots: Vec<Slot>,
    /// Slots that were ever taken, removed ones included.
    filled: usize,
    used: usize,
    /// Deep copies are known to change nothing.
    stable: bool,
}

impl Default for KeyTable {
    fn default() -> Self {
        Self { slots: vec![Slot::Empty; SMALLEST], filled: 0, used: 0, stable: false }
    }
}

impl KeyTable {
    /// A table into which the keys were put one by one.
    pub(crate) fn of<'a>(keys: impl Iterator<Item = &'a str>) -> Self {
        let mut table = Self::default();
        keys.for_each(|key| table.add(key));
        table
    }

    /// The keys in the order of their slots.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Arc<str>> {
        self.slots.iter().filter_map(Slot::key)
    }

    /// `dict[key] = …`.
    pub(crate) fn add(&mut self, key: &str) {
        self.put(hash(key), Arc::from(key));
    }

    /// `del dict[key]`.
    pub(crate) fn remove(&mut self, key: &str) {
        let at = self.find(hash(key), key);
        if matches!(self.slots[at], Slot::Key(..)) {
            self.slots[at] = Slot::Removed;
            self.used -= 1;
            self.stable = false;
        }
    }

    /// `dict.update(…)` with these keys.
    pub(crate) fn merge<'a>(&mut self, keys: impl ExactSizeIterator<Item = &'a str>) {
        let count = keys.len();
        if count == 0 {
            return;
        }
        if (self.filled + count) * 3 >= self.slots.len() * 2 {
            self.resize((self.used + count) * 2);
        }
        keys.for_each(|key| self.add(key));
    }

    /// What `dict.copy()` makes of it.
    pub(crate) fn copied(&self) -> Self {
        let keys: Vec<&str> = self.keys().map(AsRef::as_ref).collect();
        let mut copy = Self::default();
        copy.merge(keys.into_iter());
        copy
    }

    /// What `copy.deepcopy` makes of it, `times` times one after the other. Copies soon stop changing the order or run
    /// in a circle, so the work does not grow with `times`.
    pub(crate) fn deep_copied(self, times: u32) -> Self {
        if self.stable {
            return self;
        }
        let mut seen = vec![self];
        for done in 1..=times {
            let Some(last) = seen.last() else { break };
            let next = last.deep_copied_once();
            if let Some(circle) = seen.iter().rposition(|earlier| earlier.same_as(&next)) {
                let length = seen.len() - circle;
                let rest = (times - done) as usize % length;
                let mut copy = seen.swap_remove(circle + rest);
                copy.stable = length == 1;
                return copy;
            }
            seen.push(next);
        }
        seen.pop().unwrap_or_default()
    }

    fn deep_copied_once(&self) -> Self {
        let mut copy = Self::default();
        for slot in &self.slots {
            if let Slot::Key(hash, key) = slot {
                copy.put(*hash, Arc::clone(key));
            }
        }
        copy
    }

    fn same_as(&self, other: &Self) -> bool {
        self.filled == other.filled
            && self.slots.len() == other.slots.len()
            && self.slots.iter().zip(&other.slots).all(|(a, b)| match (a, b) {
                (Slot::Key(_, a), Slot::Key(_, b)) => a == b,
                (Slot::Empty, Slot::Empty) | (Slot::Removed, Slot::Removed) => true,
                _ => false,
            })
    }

    fn put(&mut self, hash: u64, key: Arc<str>) {
        let at = self.find(hash, &key);
        match self.slots[at] {
            Slot::Key(..) => return,
            Slot::Empty => self.filled += 1,
            Slot::Removed => {}
        }
        self.slots[at] = Slot::Key(hash, key);
        self.used += 1;
        self.stable = false;
        if self.filled * 3 >= self.slots.len() * 2 {
            self.resize(self.used * if self.used > LARGE { 2 } else { 4 });
        }
    }

    /// The slot of the key: where it is, or where it would go.
    fn find(&self, hash: u64, key: &str) -> usize {
        let mask = self.slots.len() as u64 - 1;
        let mut walker = hash;
        let mut perturb = hash;
        let mut removed = None;
        loop {
            let at = usize::try_from(walker & mask).unwrap_or_default();
            match &self.slots[at] {
                Slot::Empty => return removed.unwrap_or(at),
                Slot::Removed => removed = removed.or(Some(at)),
                slot if slot.holds(hash, key) => return at,
                Slot::Key(..) => {}
            }
            walker = walker.wrapping_mul(5).wrapping_add(perturb).wrapping_add(1);
            perturb >>= 5;
        }
    }

    fn resize(&mut self, request: usize) {
        let mut size = SMALLEST;
        while size <= request {
            size <<= 1;
        }
        let old = std::mem::replace(&mut self.slots, vec![Slot::Empty; size]);
        self.filled = 0;
        self.used = 0;
        self.stable = false;
        for slot in old {
            if let Slot::Key(hash, key) = slot {
                self.put(hash, key);
            }
        }
    }
}

/// `hash(u"…")` of a 64-bit Python 2.7.
fn hash(text: &str) -> u64 {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return 0 };
    let mut x = u64::from(u32::from(first)) << 7;
    let mut length = 0_u64;
    for c in text.chars() {
        x = x.wrapping_mul(1_000_003) ^ u64::from(u32::from(c));
        length += 1;
    }
    x ^ length
}

#[cfg(test)]
#[path = "key_order_tests.rs"]
mod tests;
