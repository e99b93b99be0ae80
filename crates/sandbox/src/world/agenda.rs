//! What happens by itself, in the order of its time: a service looks here for what is due instead of at everything that
//! there is, so a request costs the same in an organization of one account and of a thousand.

use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Things with something to do, each at one moment. It follows from the rest of the world, so it is not kept on disk.
#[derive(Debug, Clone)]
pub(crate) struct Agenda<K> {
    order: BTreeSet<(Timestamp, K)>,
    moments: BTreeMap<K, Timestamp>,
}

impl<K> Default for Agenda<K> {
    fn default() -> Self {
        Self { order: BTreeSet::new(), moments: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Agenda<K> {
    /// Notes when something is due, in the place of what was noted of it; nothing means never.
    pub(crate) fn set(&mut self, key: K, at: Option<Timestamp>) {
        if let Some(before) = self.moments.remove(&key) {
            self.order.remove(&(before, key.clone()));
        }
        if let Some(at) = at {
            self.order.insert((at, key.clone()));
            self.moments.insert(key, at);
        }
    }

    /// The next moment at which something is due.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| *at)
    }

    /// What is due first, if it is due by now; of several the first in order.
    pub(crate) fn due(&self, now: Timestamp) -> Option<&K> {
        self.order.first().filter(|(at, _)| *at <= now).map(|(_, key)| key)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_due_first_comes_first_and_only_once() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut agenda = Agenda::default();
        agenda.set("b", Some(at(5)));
        agenda.set("a", Some(at(5)));
        agenda.set("c", Some(at(9)));
        assert_eq!((agenda.next(), agenda.due(at(4))), (Some(at(5)), None));
        assert_eq!(agenda.due(at(5)), Some(&"a"));
        agenda.set("a", Some(at(7)));
        assert_eq!(agenda.due(at(9)), Some(&"b"));
        agenda.set("b", None);
        agenda.set("a", None);
        assert_eq!((agenda.due(at(8)), agenda.next()), (None, Some(at(9))));
    }
}
