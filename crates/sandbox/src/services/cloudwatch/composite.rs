//! Composite alarms: a rule over the states of other alarms (CloudWatch user guide, "Create a composite alarm").

use super::state::{self, COMPOSITE};
use crate::world::World;
use base::{AccountId, Region};

/// Composite alarms may watch composite alarms; this many rounds settle any that AWS would accept.
const ROUNDS: usize = 5;

/// Brings the composite alarms of a region to what their rules say.
pub(super) fn recompute(world: &mut World, account: &AccountId, region: &Region) {
    for _ in 0..ROUNDS {
        let Some(home) = world.region(account, region) else { return };
        let rules: Vec<(String, String, String)> = home
            .resources
            .list(COMPOSITE)
            .map(|a| (a.id.clone(), a.text("AlarmRule").unwrap_or_default(), state::state_text(a).to_owned()))
            .collect();
        let wrong = rules.into_iter().find_map(|(name, rule, now)| {
            let wanted = if holds(world, account, region, &rule)? { "ALARM" } else { "OK" };
            (wanted != now).then_some((name, wanted))
        });
        let Some((name, wanted)) = wrong else { return };
        state::set_state(world, account, region, &name, wanted, "The alarm rule changed its value.");
    }
}

/// Whether a rule holds; nothing if it cannot be read.
pub(super) fn holds(world: &World, account: &AccountId, region: &Region, rule: &str) -> Option<bool> {
    let is = |state: &str, name: &str| {
        let name = name.trim_matches(['"', '\'']);
        let name = name.rsplit_once(":alarm:").map_or(name, |(_, n)| n);
        state::find(world, account, region, name).is_some_and(|a| state::state_text(a) == state)
    };
    let tokens = tokens(rule);
    let mut reader = Reader { tokens: &tokens, at: 0, is: &is, depth: 0 };
    let value = reader.any()?;
    (reader.at == tokens.len()).then_some(value)
}

fn tokens(rule: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in rule.chars() {
        match (quote, c) {
            (Some(q), c) => {
                word.push(c);
                if c == q {
                    quote = None;
                }
            }
            (None, '"' | '\'') => {
                word.push(c);
                quote = Some(c);
            }
            (None, '(' | ')') => {
                out.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                out.push(c.to_string());
            }
            (None, c) if c.is_whitespace() => out.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
            (None, c) => word.push(c),
        }
    }
    out.extend((!word.is_empty()).then_some(word));
    out
}

struct Reader<'a> {
    tokens: &'a [String],
    at: usize,
    is: &'a dyn Fn(&str, &str) -> bool,
    depth: usize,
}

impl Reader<'_> {
    fn take(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|t| t == word);
        self.at += usize::from(found);
        found
    }

    fn next(&mut self) -> Option<&str> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(token)
    }

    fn any(&mut self) -> Option<bool> {
        let mut value = self.all()?;
        while self.take("OR") {
            value |= self.all()?;
        }
        Some(value)
    }

    fn all(&mut self) -> Option<bool> {
        let mut value = self.one()?;
        while self.take("AND") {
            value &= self.one()?;
        }
        Some(value)
    }

    fn one(&mut self) -> Option<bool> {
        self.depth += 1;
        if self.depth > 64 {
            return None;
        }
        let value = self.term();
        self.depth -= 1;
        value
    }

    fn term(&mut self) -> Option<bool> {
        if self.take("NOT") {
            return self.one().map(|v| !v);
        }
        if self.take("(") {
            let value = self.any()?;
            return self.take(")").then_some(value);
        }
        match self.next()?.to_owned().as_str() {
            "TRUE" => Some(true),
            "FALSE" => Some(false),
            state @ ("ALARM" | "OK" | "INSUFFICIENT_DATA") => {
                if !self.take("(") {
                    return None;
                }
                let name = self.next()?.to_owned();
                self.take(")").then(|| (self.is)(state, &name))
            }
            _ => None,
        }
    }
}
