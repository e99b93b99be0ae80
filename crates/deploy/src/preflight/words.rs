//! What a preflight found, in words for people and as values for programs.

use super::Purpose;
use super::report::{Refused, Report};
use base::{AccountId, Diagnostic, Diagnostics};
use iam::Layer;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Of a long list this many are told, and how many more there are.
const TOLD: usize = 10;
const ALL: &str = "; `--output json` has them all";
/// Long texts are broken into lines of this many characters, for screens.
const WIDTH: usize = 110;

fn first<T: AsRef<str>>(all: &[T], between: &str, where_all: &str) -> String {
    let mut text = all.iter().take(TOLD).map(AsRef::as_ref).collect::<Vec<_>>().join(between);
    if all.len() > TOLD {
        text.push_str(&format!("{between}and {} more{where_all}", all.len() - TOLD));
    }
    text
}

fn shown(statement: &Value) -> String {
    wrapped(&statement.to_string())
}

/// A text over several lines. Breaks are only where JSON may have them, so that a statement can be pasted.
fn wrapped(text: &str) -> String {
    let (mut out, mut piece, mut width) = (String::new(), String::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        piece.push(c);
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        if c == ',' && !quoted {
            let length = piece.chars().count();
            if width > 0 && width + length > WIDTH {
                out.push_str("\n ");
                width = 1;
            }
            width += length;
            out.push_str(&std::mem::take(&mut piece));
        }
    }
    if width > 0 && width + piece.chars().count() > WIDTH {
        out.push_str("\n ");
    }
    out + &piece
}

impl Refused {
    /// Where it is, for the start of a message.
    fn places(&self) -> String {
        let mut names = self.targets.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        if self.targets.len() > 3 {
            names.push_str(&format!(" and {} more", self.targets.len() - 3));
        }
        names
    }

    /// What is missing, a line for each thing that it is needed for.
    fn list(&self) -> String {
        let mut by_reason: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for missing in &self.missing {
            let reason = missing.why.split(", for `/").next().unwrap_or(&missing.why);
            by_reason.entry(reason).or_default().insert(&missing.action);
        }
        let line = |(reason, actions): (&str, BTreeSet<&str>)| {
            wrapped(&format!("for {reason}: {}", first(&actions.into_iter().collect::<Vec<_>>(), ", ", "")))
        };
        let lines: Vec<String> = by_reason.into_iter().map(line).collect();
        first(&lines, "\n", ALL)
    }

    fn diagnostic(&self, ignored: bool) -> Diagnostic {
        let (code, message) = match self.kind {
            "may_not_assume" | "not_let_in" => ("ACCESS-001", self.message.clone()),
            "not_there" => ("ACCESS-002", self.message.clone()),
            "not_trusting" => ("ACCESS-003", self.message.clone()),
            _ => self.missing_message(),
        };
        let text = format!("{}: {message}", self.places());
        let told = match (self.possible, ignored && self.kind == "missing") {
            (false, false) => Diagnostic::error(code, text),
            _ => Diagnostic::warning(code, text),
        };
        told.why(self.why()).hint(self.fix())
    }

    fn missing_message(&self) -> (&'static str, String) {
        let layer = self.layer.map_or("policy", Layer::as_str);
        let count = self.missing.iter().map(|m| &m.action).collect::<BTreeSet<_>>().len();
        let actions = if count == 1 { "1 action".to_owned() } else { format!("{count} actions") };
        let role = format!("the {} `{}`", self.purpose.as_str(), self.role);
        let how = match &self.denied_by {
            Some(denial) => format!("a statement of the {layer} `{}` denies {actions} to {role}", denial.policy),
            None => format!("{role} lacks {actions}: no {layer} allows them"),
        };
        let code = match (self.possible, self.purpose) {
            (true, _) => "ACCESS-006",
            (false, Purpose::Deployment | Purpose::Plan) => "ACCESS-004",
            (false, Purpose::Execution) => "ACCESS-005",
        };
        (code, if self.possible { format!("{how}, should the run come to it") } else { how })
    }

    fn why(&self) -> String {
        let depends: BTreeSet<&str> =
            self.missing.iter().flat_map(|m| m.depends_on.iter().map(String::as_str)).collect();
        let depends = match depends.is_empty() {
            true => String::new(),
            false => format!("; it hangs on {}", depends.into_iter().collect::<Vec<_>>().join(", ")),
        };
        match (&self.told, &self.denied_by) {
            (Some(told), _) => told.clone(),
            (None, Some(denial)) => format!("{}{depends}\nby {}", self.list(), shown(&denial.statement)),
            (None, None) if self.missing.is_empty() => "AWS would refuse it in the middle of the run".to_owned(),
            (None, None) => format!("{}{depends}", self.list()),
        }
    }

    fn fix(&self) -> String {
        if let Some(denial) = &self.denied_by {
            return format!("change that statement of `{}`; a deny wins over every permission", denial.policy);
        }
        let statements = first(&self.add.iter().map(shown).collect::<Vec<_>>(), ",\n", ALL);
        let several = if self.accounts.len() > 1 { " (ACCOUNT is each account's own id)" } else { "" };
        match self.kind {
            "not_there" => "run `landfall bootstrap`, or correct the stage's `execution_role`".to_owned(),
            "not_let_in" if statements.is_empty() => {
                "run `landfall bootstrap`, or correct the role's trust policy".into()
            }
            "not_let_in" => {
                format!("run `landfall bootstrap`, or add to {}{several}:\n{statements}", self.add_to)
            }
            _ => format!("add to {}{several}:\n{statements}", self.add_to),
        }
    }

    fn json(&self) -> Value {
        json!({
            "kind": self.kind,
            "certain": !self.possible,
            "accounts": self.accounts,
            "targets": self.targets,
            "role": self.role,
            "purpose": self.purpose.word(),
            "layer": self.layer.map(Layer::as_str),
            "denied_by": self.denied_by.as_ref().map(|d| json!({"policy": d.policy, "statement": d.statement})),
            "missing": self.missing.iter().map(|m| json!({
                "action": m.action, "resource": m.resource, "why": m.why, "depends_on": m.depends_on,
            })).collect::<Vec<_>>(),
            "add": self.add,
            "add_to": (!self.add.is_empty()).then_some(&self.add_to),
            "told": self.told,
        })
    }
}

impl Report {
    /// As messages. What is refused for sure is an error, unless a person said to go on.
    pub fn diagnostics(&self) -> Diagnostics {
        let refused = self.refused.iter().map(|refused| refused.diagnostic(self.ignored));
        let unchecked = self.unchecked.iter().map(|unchecked| {
            let places: Vec<&str> = unchecked.accounts.iter().take(3).map(AccountId::as_str).collect();
            let more = unchecked.accounts.len().saturating_sub(3);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let what = match unchecked.accounts.as_slice() {
                [only] => unchecked.what.replace("ACCOUNT", only.as_str()),
                _ => unchecked.what.clone(),
            };
            let text = format!("{}{more}: {what}", places.join(", "));
            let told = match unchecked.warning {
                true => Diagnostic::warning("ACCESS-007", text),
                false => Diagnostic::note("ACCESS-008", text),
            };
            told.why(unchecked.why.clone()).hint(unchecked.hint.clone())
        });
        refused.chain(unchecked).collect()
    }

    /// The stable form for programs.
    pub fn json(&self) -> Value {
        json!({
            "version": 1,
            "refused": self.refused.iter().map(Refused::json).collect::<Vec<_>>(),
            "unchecked": self.unchecked.iter().map(|u| json!({
                "accounts": u.accounts, "what": u.what, "why": u.why,
            })).collect::<Vec<_>>(),
        })
    }

    /// Nothing is refused for sure.
    pub fn is_clear(&self) -> bool {
        self.ignored || self.refused.iter().all(|refused| refused.possible)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn long_statements_are_broken_where_json_may_be() {
        let actions: Vec<String> = (0..30).map(|n| format!("dynamodb:Action, \"{n}\"")).collect();
        let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
        let text = shown(&statement);
        assert!(text.lines().count() > 5 && text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), statement);
        assert!(!shown(&json!({"Effect": "Allow"})).contains('\n'));
        let many: Vec<String> = (0..12).map(|n| n.to_string()).collect();
        assert_eq!(first(&many, ", ", ALL), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, and 2 more; `--output json` has them all");
    }
}
