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

/// A slot that was never taken.
const EMPTY: u32 = 0;
/// A slot whose key was removed.
const REMOVED: u32 = 1;
/// The slot of the first key that was added; that of the next is one more.
const FIRST: u32 = 2;

/// A key and its hash.
type Key = (u64, Arc<str>);

/// The hash table of a Python 2.7 dictionary, keys only.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyTable {
    slots: Slots,
    /// All keys that were ever added, in that order.
    keys: Vec<Key>,
    /// Deep copies are known to change nothing.
    stable: bool,
}

/// Which key is where. Copies of a table differ in nothing else, so this is all that copying touches.
#[derive(Debug, Clone, PartialEq)]
struct Slots {
    at: Vec<u32>,
    /// Slots that were ever taken, removed ones included.
    filled: usize,
    used: usize,
}

impl Default for Slots {
    fn default() -> Self {
        Self { at: vec![EMPTY; SMALLEST], filled: 0, used: 0 }
    }
}

/// The places where a key with this hash may be, in the order in which they are looked at.
fn probe(hash: u64, size: usize) -> impl Iterator<Item = usize> {
    let mask = size as u64 - 1;
    let (mut walker, mut perturb) = (hash, hash);
    std::iter::from_fn(move || {
        let at = walker & mask;
        walker = walker.wrapping_mul(5).wrapping_add(perturb).wrapping_add(1);
        perturb >>= 5;
        usize::try_from(at).ok()
    })
}

fn key(keys: &[Key], slot: u32) -> Option<&Key> {
    keys.get(slot.checked_sub(FIRST)? as usize)
}

impl Slots {
    /// The taken slots in order.
    fn taken(&self) -> impl Iterator<Item = u32> {
        self.at.iter().copied().filter(|slot| *slot >= FIRST)
    }

    /// Puts a key that is not there into a table without removed keys.
    fn put_new(&mut self, slot: u32, keys: &[Key]) {
        let hash = key(keys, slot).map_or(0, |key| key.0);
        if let Some(at) = probe(hash, self.at.len()).find(|at| self.at[*at] == EMPTY) {
            self.at[at] = slot;
            self.filled += 1;
            self.used += 1;
        }
    }

    fn grow_if_full(&mut self, keys: &[Key], spare: &mut Vec<u32>) {
        if self.filled * 3 >= self.at.len() * 2 {
            self.resize(self.used * if self.used > LARGE { 2 } else { 4 }, keys, spare);
        }
    }

    /// Moves to a table for more than `request` keys. `spare` is memory to use, and gets the old table.
    fn resize(&mut self, request: usize, keys: &[Key], spare: &mut Vec<u32>) {
        let mut size = SMALLEST;
        while size <= request {
            size <<= 1;
        }
        spare.clear();
        spare.resize(size, EMPTY);
        std::mem::swap(&mut self.at, spare);
        (self.filled, self.used) = (0, 0);
        spare.iter().filter(|slot| **slot >= FIRST).for_each(|slot| self.put_new(*slot, keys));
    }

    fn deep_copied(&self, keys: &[Key], spare: &mut Vec<u32>) -> Self {
        // A copy is seldom larger than the table it is made of, and a table grows several times on its way there.
        let mut copy = Self { at: Vec::with_capacity(self.at.len()), filled: 0, used: 0 };
        copy.at.resize(SMALLEST, EMPTY);
        for slot in self.taken() {
            copy.put_new(slot, keys);
            copy.grow_if_full(keys, spare);
        }
        copy
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
        self.slots.taken().filter_map(|slot| Some(&key(&self.keys, slot)?.1))
    }

    /// `dict[key] = …`.
    pub(crate) fn add(&mut self, key: &str) {
        let hash = hash(key);
        let at = self.find(hash, key);
        match self.slots.at[at] {
            EMPTY => self.slots.filled += 1,
            REMOVED => {}
            _ => return,
        }
        self.slots.at[at] = u32::try_from(self.keys.len()).map_or(u32::MAX, |count| count.saturating_add(FIRST));
        self.slots.used += 1;
        self.keys.push((hash, Arc::from(key)));
        self.slots.grow_if_full(&self.keys, &mut Vec::new());
        self.stable = false;
    }

    /// `del dict[key]`.
    pub(crate) fn remove(&mut self, key: &str) {
        let at = self.find(hash(key), key);
        if self.slots.at[at] >= FIRST {
            self.slots.at[at] = REMOVED;
            self.slots.used -= 1;
            self.stable = false;
        }
    }

    /// `dict.update(…)` with these keys.
    pub(crate) fn merge<'a>(&mut self, keys: impl ExactSizeIterator<Item = &'a str>) {
        let count = keys.len();
        if count == 0 {
            return;
        }
        if (self.slots.filled + count) * 3 >= self.slots.at.len() * 2 {
            self.slots.resize((self.slots.used + count) * 2, &self.keys, &mut Vec::new());
            self.stable = false;
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
    pub(crate) fn deep_copied(mut self, times: u32) -> Self {
        if self.stable {
            return self;
        }
        let mut spare = Vec::with_capacity(self.slots.at.len());
        let mut seen = vec![std::mem::take(&mut self.slots)];
        for done in 1..=times {
            let Some(last) = seen.last() else { break };
            let next = last.deep_copied(&self.keys, &mut spare);
            if let Some(circle) = seen.iter().rposition(|earlier| *earlier == next) {
                let length = seen.len() - circle;
                let rest = (times - done) as usize % length;
                self.slots = seen.swap_remove(circle + rest);
                self.stable = length == 1;
                return self;
            }
            seen.push(next);
        }
        self.slots = seen.pop().unwrap_or_default();
        self
    }

    /// The slot of the key: where it is, or where it would go.
    fn find(&self, hash: u64, text: &str) -> usize {
        let mut removed = None;
        for at in probe(hash, self.slots.at.len()) {
            match self.slots.at[at] {
                EMPTY => return removed.unwrap_or(at),
                REMOVED => removed = removed.or(Some(at)),
                slot if key(&self.keys, slot).is_some_and(|(h, k)| *h == hash && k.as_ref() == text) => return at,
                _ => {}
            }
        }
        0
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
