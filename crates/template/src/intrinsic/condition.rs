//! Conditions, in three values: what depends on something unknown is unknown, unless the rest decides.

use super::{Eval, Halt, Scope, did_you_mean, fault, function, scalar_text, shape};
use crate::{Node, Value};
use base::{Diagnostic, Diagnostics, Span};

/// The truth of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It cannot be known now; the text says why.
    Unknown(String),
}

/// How far a named condition is.
#[derive(Debug, Clone)]
pub(super) enum Progress {
    /// Being evaluated: meeting it again is a cycle.
    Started,
    /// Done.
    Done(Truth),
}

/// How many conditions may refer to one another in a chain before we stop: no call stack is deep enough for any number.
const MAX_CHAIN: usize = 100;

/// Whether a function belongs in `Conditions` or `Rules` only.
pub(super) fn is_condition_function(name: &str) -> bool {
    matches!(
        name,
        "Fn::And"
            | "Fn::Or"
            | "Fn::Not"
            | "Fn::Equals"
            | "Fn::Contains"
            | "Fn::EachMemberEquals"
            | "Fn::EachMemberIn"
            | "Fn::RefAll"
            | "Fn::ValueOf"
            | "Fn::ValueOfAll"
    )
}

impl From<bool> for Truth {
    fn from(b: bool) -> Self {
        if b { Self::True } else { Self::False }
    }
}

impl Scope<'_> {
    pub(super) fn named_condition(&self, name: &str, span: Span, problems: &mut Diagnostics) -> Truth {
        match self.conditions.borrow().get(name) {
            Some(Progress::Done(truth)) => return truth.clone(),
            Some(Progress::Started) => return cycle(name, span, problems),
            None => {}
        }
        let conditions = self.template.get("Conditions").and_then(Node::as_map);
        let Some(expression) = conditions.and_then(|map| map.get(name)) else {
            let known: Vec<&str> = conditions.map(|map| map.keys().collect()).unwrap_or_default();
            let _: Eval<()> = fault(problems, span, format!("condition `{name}` is not defined"))
                .hint(did_you_mean(name, &known).unwrap_or_else(|| "define it in `Conditions`".to_owned()))
                .done();
            return Truth::Unknown(format!("condition `{name}` is not defined"));
        };
        let open = self.open_conditions.get();
        if open >= MAX_CHAIN {
            return Truth::Unknown(format!("more than {MAX_CHAIN} conditions refer to one another"));
        }
        self.conditions.borrow_mut().insert(name.to_owned(), Progress::Started);
        self.open_conditions.set(open + 1);
        let truth = self.condition_value(expression, problems);
        self.open_conditions.set(open);
        self.conditions.borrow_mut().insert(name.to_owned(), Progress::Done(truth.clone()));
        truth
    }

    pub(super) fn condition_value(&self, node: &Node, problems: &mut Diagnostics) -> Truth {
        if let Some(b) = node.as_bool() {
            return b.into();
        }
        if let Some(name) = node.as_map().filter(|map| map.len() == 1).and_then(|map| map.get("Condition")) {
            return match name.as_str() {
                Some(text) => self.named_condition(text, name.span, problems),
                None => faulty(shape(problems, "Condition", name, "the name of a condition")),
            };
        }
        let Some((name, argument)) = function(node) else {
            return faulty(not_a_condition(problems, node));
        };
        match name {
            "Fn::And" | "Fn::Or" => self.several(name, argument, problems),
            "Fn::Not" => match argument.as_list() {
                Some([one]) => match self.condition_value(one, problems) {
                    Truth::True => Truth::False,
                    Truth::False => Truth::True,
                    unknown => unknown,
                },
                _ => faulty(shape(problems, name, argument, "a list of one condition")),
            },
            "Fn::Equals" => self.equals(argument, problems),
            "Fn::Contains" => {
                self.members(name, argument, problems, |list, values| values.iter().all(|v| list.contains(v)))
            }
            "Fn::EachMemberIn" => {
                self.members(name, argument, problems, |list, values| list.iter().all(|m| values.contains(m)))
            }
            "Fn::EachMemberEquals" => self
                .members(name, argument, problems, |list, values| list.iter().all(|m| values.iter().all(|v| v == m))),
            "Fn::RefAll" | "Fn::ValueOf" | "Fn::ValueOfAll" => {
                Truth::Unknown(format!("`{name}` looks at resources of the account"))
            }
            _ => match self.value(node, problems).map(|value| scalar_text(&value)) {
                Ok(Some(text)) if text.eq_ignore_ascii_case("true") => Truth::True,
                Ok(Some(text)) if text.eq_ignore_ascii_case("false") => Truth::False,
                Ok(_) => faulty(not_a_condition(problems, node)),
                Err(halt) => Truth::Unknown(reason(halt)),
            },
        }
    }

    /// `Fn::And` and `Fn::Or`: of two to ten conditions. One member can decide though others are unknown.
    fn several(&self, name: &str, argument: &Node, problems: &mut Diagnostics) -> Truth {
        let Some(members) = argument.as_list().filter(|list| (2..=10).contains(&list.len())) else {
            return faulty(shape(problems, name, argument, "a list of 2 to 10 conditions"));
        };
        let decisive = Truth::from(name == "Fn::Or");
        let mut result = Truth::from(name == "Fn::And");
        for member in members {
            let truth = self.condition_value(member, problems);
            if truth == decisive || (result != decisive && matches!(truth, Truth::Unknown(_))) {
                result = truth;
            }
        }
        result
    }

    /// `Fn::Equals` compares as text: `1` equals `"1"`, and `true` equals `"true"`.
    fn equals(&self, argument: &Node, problems: &mut Diagnostics) -> Truth {
        let Some([left, right]) = argument.as_list() else {
            return faulty(shape(problems, "Fn::Equals", argument, "a list of two values"));
        };
        match (self.value(left, problems), self.value(right, problems)) {
            (Ok(left), Ok(right)) => as_text(left).eq(&as_text(right)).into(),
            (Err(Halt::Absent), Err(Halt::Absent)) => Truth::True,
            (Err(Halt::Absent), Ok(_)) | (Ok(_), Err(Halt::Absent)) => Truth::False,
            (Err(halt), _) | (_, Err(halt)) => Truth::Unknown(reason(halt)),
        }
    }

    /// The functions of rules: a list of text, and text or a list of text.
    fn members(
        &self,
        name: &str,
        argument: &Node,
        problems: &mut Diagnostics,
        holds: fn(&[String], &[String]) -> bool,
    ) -> Truth {
        let Some([list, values]) = argument.as_list() else {
            return faulty(shape(problems, name, argument, "a list and the values to compare with"));
        };
        let texts = |node: Node| match node.value {
            Value::List(items) => items.iter().filter_map(scalar_text).collect(),
            _ => scalar_text(&node).into_iter().collect::<Vec<_>>(),
        };
        match (self.value(list, problems), self.value(values, problems)) {
            (Ok(list), Ok(values)) => holds(&texts(list), &texts(values)).into(),
            (Err(halt), _) | (_, Err(halt)) => Truth::Unknown(reason(halt)),
        }
    }
}

/// A value with its scalars as text, so that two spellings of one value compare equal.
fn as_text(node: Node) -> Node {
    let span = node.span;
    if let Some(text) = scalar_text(&node) {
        return Node::new(text, span);
    }
    match node.value {
        Value::List(items) => Node::new(items.into_iter().map(as_text).collect::<Vec<_>>(), span),
        value => Node { value, span },
    }
}

fn reason(halt: Halt) -> String {
    match halt {
        Halt::Unknown(unknown) => unknown.why,
        Halt::Absent => "it has no value".to_owned(),
        Halt::Faulty => "its expression is faulty".to_owned(),
    }
}

fn faulty(_: Eval<()>) -> Truth {
    Truth::Unknown("its expression is faulty".to_owned())
}

fn not_a_condition(problems: &mut Diagnostics, node: &Node) -> Eval<()> {
    fault(problems, node.span, "a condition is expected here")
        .why(format!("it is {}", node.kind()))
        .hint("use `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` or `Condition`")
        .done()
}

fn cycle(name: &str, span: Span, problems: &mut Diagnostics) -> Truth {
    problems.push(
        Diagnostic::error("TMPL-022", format!("condition `{name}` depends on itself"))
            .at(span)
            .why("conditions that refer to one another in a circle have no value")
            .hint("break the circle"),
    );
    Truth::Unknown(format!("condition `{name}` depends on itself"))
}
