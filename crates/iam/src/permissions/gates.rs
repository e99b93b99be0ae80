//! Which of a handler's actions are called only when some property is set.

use super::TypeFacts;
use crate::pattern::Pattern;
use std::sync::OnceLock;

static TEXT: &str = include_str!("../../data/gates.txt");

pub(super) struct Gate {
    types: Vec<&'static str>,
    operations: &'static str,
    actions: Vec<Pattern>,
    decision: Decision,
}

enum Decision {
    Always,
    Never,
    IfSet(Vec<Pattern>),
}

fn gates() -> &'static [Gate] {
    static GATES: OnceLock<Vec<Gate>> = OnceLock::new();
    GATES.get_or_init(|| TEXT.lines().filter(|l| !l.starts_with('#')).filter_map(read).collect())
}

fn read(line: &'static str) -> Option<Gate> {
    let mut columns = line.split('|').map(str::trim);
    let list = |text: &'static str| text.split(',').map(str::trim).collect::<Vec<_>>();
    Some(Gate {
        types: list(columns.next()?),
        operations: columns.next()?,
        actions: list(columns.next()?).into_iter().map(Pattern::new).collect(),
        decision: match columns.next()? {
            "always" => Decision::Always,
            "never" => Decision::Never,
            wanted => Decision::IfSet(list(wanted).into_iter().map(Pattern::new).collect()),
        },
    })
}

/// The gates of one type, in their order.
pub(super) struct Gates {
    own: Vec<&'static Gate>,
    foreign: Vec<&'static Gate>,
}

impl Gates {
    pub(super) fn of(facts: &TypeFacts) -> Self {
        let chosen = |any: &[&str]| {
            gates().iter().filter(|g| g.types.iter().any(|t| *t == facts.name || any.contains(t))).collect()
        };
        Self { own: chosen(&["**"]), foreign: chosen(&["*", "**"]) }
    }

    /// Whether an action of one of the type's lists is needed, and for which property if that decides.
    pub(super) fn cause<'p>(
        &self,
        own_service: &str,
        (letter, action): (char, &str),
        properties: &[&'p str],
    ) -> Option<Option<&'p str>> {
        let own = action.split(':').next() == Some(own_service);
        let gate = if own { &self.own } else { &self.foreign }.iter().find(|gate| {
            gate.operations.contains(letter) && gate.actions.iter().any(|p| p.matches_ignoring_case(action))
        });
        match gate.map(|g| &g.decision) {
            None | Some(Decision::Always) => Some(None),
            Some(Decision::Never) => None,
            Some(Decision::IfSet(wanted)) => {
                let fits =
                    |path: &str| path.split('/').any(|segment| wanted.iter().any(|w| w.matches_ignoring_case(segment)));
                properties.iter().find(|path| fits(path)).copied().map(Some)
            }
        }
    }
}
