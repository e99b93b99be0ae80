//! Evaluates intrinsic functions as far as they can be known before, or during, a deployment.
//!
//! [`Scope::evaluate`] gives a value, the absence of one (`AWS::NoValue`), or an honest "not known until deployed" that
//! says why. What exists outside the template is asked of a [`Resolve`]: a planner answers "not yet", a simulator answers
//! with live resources. This module does not look at what resource types mean.

mod cidr;
mod condition;
mod for_each;
mod lists;
mod lookup;
pub mod sub;
mod text;

use crate::{Map, Node, Value};
use base::{AccountId, Diagnostic, Diagnostics, Partition, Region, Span, StackName};
use indexmap::IndexMap;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

pub use condition::Truth;
pub use for_each::LOOP;

/// Why a value cannot be known now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// A clause such as "`Bucket.Arn` is known after deployment".
    pub why: String,
    /// The expression.
    pub span: Span,
}

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Evaluated {
    /// A value without functions.
    Known(Node),
    /// `AWS::NoValue`: the property is as if it had not been written.
    Absent,
    /// Not known until deployed, or faulty; faults are reported as diagnostics.
    Unknown(Unknown),
}

impl Evaluated {
    /// The value, if it is known.
    pub fn known(&self) -> Option<&Node> {
        match self {
            Self::Known(node) => Some(node),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// The text of a known scalar: text as it is, numbers and booleans as CloudFormation spells them.
    pub fn text(&self) -> Option<String> {
        self.known().and_then(scalar_text)
    }
}

/// An answer about something outside the template's own text.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// Its value.
    Found(Node),
    /// It has none yet; the text is a clause that says why.
    NotYet(String),
    /// It does not and will not exist; the text is a message in lower case.
    Missing(String),
}

/// What the world outside the template knows.
pub trait Resolve {
    /// What `Ref` of a resource returns.
    fn reference(&self, logical_id: &str) -> Lookup;
    /// What `Fn::GetAtt` returns; `attribute` may have points in it, such as `Outputs.Url`.
    fn attribute(&self, logical_id: &str, attribute: &str) -> Lookup;
    /// The value of a stack export in this account and region.
    fn import(&self, name: &str) -> Lookup;
    /// The names of the region's Availability Zones as a list, for `Fn::GetAZs`.
    fn availability_zones(&self, region: &str) -> Lookup {
        Lookup::NotYet(format!("the Availability Zones of `{region}` are read at deployment"))
    }
}

/// Nothing is deployed: every answer is "not yet".
#[derive(Debug, Clone, Copy, Default)]
pub struct Undeployed;

impl Resolve for Undeployed {
    fn reference(&self, logical_id: &str) -> Lookup {
        Lookup::NotYet(format!("the name of `{logical_id}` is known after deployment"))
    }

    fn attribute(&self, logical_id: &str, attribute: &str) -> Lookup {
        Lookup::NotYet(format!("`{logical_id}.{attribute}` is known after deployment"))
    }

    fn import(&self, name: &str) -> Lookup {
        Lookup::NotYet(format!("the export `{name}` is read at deployment"))
    }
}

/// The pseudo parameters of a stack. What is absent is not known.
#[derive(Debug, Clone, Default)]
pub struct Pseudo {
    /// `AWS::AccountId`
    pub account: Option<AccountId>,
    /// `AWS::Region`; `AWS::Partition` and `AWS::URLSuffix` follow from it.
    pub region: Option<Region>,
    /// `AWS::StackName`
    pub stack_name: Option<StackName>,
    /// `AWS::StackId`, an ARN that exists once the stack does.
    pub stack_id: Option<String>,
    /// `AWS::NotificationARNs`
    pub notification_arns: Vec<String>,
}

/// The names of the pseudo parameters. From "Get AWS values using pseudo parameters" of the CloudFormation user guide.
pub const PSEUDO_PARAMETERS: &[&str] = &[
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// Values of parameters by name. Lists are lists of text.
pub type Parameters = IndexMap<String, Evaluated>;

/// All that an expression can refer to.
pub struct Scope<'a> {
    template: &'a Node,
    parameters: &'a Parameters,
    pseudo: &'a Pseudo,
    resolve: &'a dyn Resolve,
    conditions: RefCell<HashMap<String, condition::Progress>>,
    /// How many named conditions are being evaluated, one inside the other.
    open_conditions: Cell<usize>,
}

/// Why an evaluation gives no value. Inside this module; outside it is [`Evaluated`].
enum Halt {
    Absent,
    Unknown(Unknown),
    /// A diagnostic says what is wrong.
    Faulty,
}

type Eval<T = Node> = Result<T, Halt>;

impl<'a> Scope<'a> {
    /// The scope of a template's expressions: its mappings and conditions, the parameters given, the stack it is for.
    pub fn new(template: &'a Node, parameters: &'a Parameters, pseudo: &'a Pseudo, resolve: &'a dyn Resolve) -> Self {
        Self { template, parameters, pseudo, resolve, conditions: RefCell::default(), open_conditions: Cell::new(0) }
    }

    /// The value of an expression. Faults, such as a missing key of a mapping, are added to `problems`.
    pub fn evaluate(&self, node: &Node, problems: &mut Diagnostics) -> Evaluated {
        match self.value(node, problems) {
            Ok(node) => Evaluated::Known(node),
            Err(Halt::Absent) => Evaluated::Absent,
            Err(Halt::Unknown(unknown)) => Evaluated::Unknown(unknown),
            Err(Halt::Faulty) => {
                Evaluated::Unknown(Unknown { why: "its expression is faulty".to_owned(), span: node.span })
            }
        }
    }

    /// The same tree with everything replaced that is known; functions of what is unknown stay. Nothing if the whole is
    /// `AWS::NoValue`.
    pub fn simplify(&self, node: &Node, problems: &mut Diagnostics) -> Option<Node> {
        if function(node).is_some() {
            return match self.evaluate(node, problems) {
                Evaluated::Known(known) => Some(known),
                Evaluated::Absent => None,
                Evaluated::Unknown(_) => Some(self.simplify_arguments(node)),
            };
        }
        Some(self.simplify_members(node, problems))
    }

    fn simplify_members(&self, node: &Node, problems: &mut Diagnostics) -> Node {
        let value = match &node.value {
            Value::List(items) => Value::List(items.iter().filter_map(|n| self.simplify(n, problems)).collect()),
            Value::Map(map) => {
                let mut result = Map::new();
                for (key, entry) in map.entries() {
                    if let Some(node) = self.simplify(&entry.node, problems) {
                        result.insert_at(key, entry.key_span, node);
                    }
                }
                Value::Map(result)
            }
            scalar => scalar.clone(),
        };
        Node { value, span: node.span }
    }

    /// The arguments of a function that stays. Absent values stay too, since a position counts; so do faults, which the
    /// evaluation of the whole has reported.
    fn simplify_arguments(&self, node: &Node) -> Node {
        let mut unheard = Diagnostics::new();
        let value = match &node.value {
            Value::List(items) => Value::List(items.iter().map(|n| self.simplify_argument(n, &mut unheard)).collect()),
            Value::Map(map) => {
                let mut result = Map::new();
                for (key, entry) in map.entries() {
                    result.insert_at(key, entry.key_span, self.simplify_argument(&entry.node, &mut unheard));
                }
                Value::Map(result)
            }
            scalar => scalar.clone(),
        };
        Node { value, span: node.span }
    }

    fn simplify_argument(&self, node: &Node, unheard: &mut Diagnostics) -> Node {
        if function(node).is_some() {
            return self.simplify(node, unheard).unwrap_or_else(|| node.clone());
        }
        self.simplify_arguments(node)
    }

    /// The truth of a named condition.
    pub fn condition(&self, name: &str, span: Span, problems: &mut Diagnostics) -> Truth {
        self.named_condition(name, span, problems)
    }

    /// The truth of a condition expression such as a member of `Conditions` or a rule's assertion.
    pub fn truth(&self, node: &Node, problems: &mut Diagnostics) -> Truth {
        self.condition_value(node, problems)
    }

    fn value(&self, node: &Node, problems: &mut Diagnostics) -> Eval {
        if let Some((name, argument)) = function(node) {
            return self.call(name, argument, node.span, problems);
        }
        match &node.value {
            Value::List(items) => self.list(items, node.span, problems),
            Value::Map(map) => self.map(map, node.span, problems),
            _ => Ok(node.clone()),
        }
    }

    /// A list without its absent members. All members are evaluated, so that all faults are found.
    fn list(&self, items: &[Node], span: Span, problems: &mut Diagnostics) -> Eval {
        let mut result = Vec::with_capacity(items.len());
        let mut halt = None;
        for item in items {
            match self.value(item, problems) {
                Ok(node) => result.push(node),
                Err(Halt::Absent) => {}
                Err(other) => halt = Some(worse(halt, other)),
            }
        }
        halt.map_or_else(|| Ok(Node::new(result, span)), Err)
    }

    fn map(&self, map: &Map, span: Span, problems: &mut Diagnostics) -> Eval {
        let mut result = Map::new();
        let mut halt = None;
        for (key, entry) in map.entries() {
            match self.value(&entry.node, problems) {
                Ok(node) => {
                    result.insert_at(key, entry.key_span, node);
                }
                Err(Halt::Absent) => {}
                Err(other) => halt = Some(worse(halt, other)),
            }
        }
        halt.map_or_else(|| Ok(Node::new(result, span)), Err)
    }

    fn call(&self, name: &str, argument: &Node, span: Span, problems: &mut Diagnostics) -> Eval {
        match name {
            "Ref" => self.reference(argument, span, problems),
            "Fn::GetAtt" => self.attribute(argument, span, problems),
            "Fn::ImportValue" => self.import(argument, span, problems),
            "Fn::FindInMap" => self.find_in_map(argument, span, problems),
            "Fn::If" => self.choose(argument, span, problems),
            "Fn::Sub" => self.substitute(argument, span, problems),
            "Fn::Join" => self.join(argument, span, problems),
            "Fn::Split" => self.split(argument, span, problems),
            "Fn::Base64" => self.base64(argument, span, problems),
            "Fn::ToJsonString" => self.to_json_string(argument, span, problems),
            "Fn::Select" => self.select(argument, span, problems),
            "Fn::Length" => self.length(argument, span, problems),
            "Fn::GetAZs" => self.zones(argument, span, problems),
            "Fn::Cidr" => self.cidr(argument, span, problems),
            "Fn::Transform" => unknown("a macro gives its result at deployment", span),
            _ if condition::is_condition_function(name) => {
                fault(problems, span, format!("`{name}` cannot stand in a value"))
                    .why("conditions are defined in `Conditions` and used by name in `Fn::If`")
                    .hint("give the condition a name in `Conditions` and use it with `Fn::If`")
                    .done()
            }
            _ if name.starts_with(LOOP) => unknown("a loop is expanded by `AWS::LanguageExtensions`", span),
            _ => fault(problems, span, format!("unknown function `{name}`"))
                .hint(did_you_mean(name, FUNCTIONS).unwrap_or_else(|| "remove it".to_owned()))
                .done(),
        }
    }

    /// `Fn::If`: only the branch that counts is evaluated.
    fn choose(&self, argument: &Node, span: Span, problems: &mut Diagnostics) -> Eval {
        let Some([name, yes, no]) = argument.as_list() else {
            return shape(problems, "Fn::If", argument, "a condition's name and two values");
        };
        let Some(condition) = name.as_str() else {
            return shape(problems, "Fn::If", name, "the name of a condition first");
        };
        match self.named_condition(condition, name.span, problems) {
            Truth::True => self.value(yes, problems),
            Truth::False => self.value(no, problems),
            Truth::Unknown(why) => unknown(format!("it depends on the condition `{condition}`: {why}"), span),
        }
    }

    /// A scalar argument as text.
    fn text(&self, node: &Node, function: &str, problems: &mut Diagnostics) -> Eval<String> {
        let value = self.value(node, problems)?;
        match scalar_text(&value) {
            Some(text) => Ok(text),
            None => shape(problems, function, node, &format!("text where it has {}", value.kind())),
        }
    }

    /// A list argument, its functions evaluated. `AWS::NoValue` members are gone.
    fn items(&self, node: &Node, function: &str, problems: &mut Diagnostics) -> Eval<Vec<Node>> {
        let value = self.value(node, problems)?;
        match value.value {
            Value::List(items) => Ok(items),
            _ => shape(problems, function, node, &format!("a list where it has {}", value.kind())),
        }
    }

    /// Whether an expression takes anything from a `NoEcho` parameter, so that its value may not be shown.
    fn is_secret(&self, node: &Node) -> bool {
        let no_echo = |name: &str| {
            let declared = self.template.at(&["Parameters", name, "NoEcho"]);
            declared.is_some_and(|n| {
                n.as_bool() == Some(true) || n.as_str().is_some_and(|t| t.eq_ignore_ascii_case("true"))
            })
        };
        match function(node) {
            Some(("Ref", name)) => name.as_str().is_some_and(no_echo),
            Some(("Fn::Sub", argument)) => {
                let text =
                    argument.as_list().and_then(<[Node]>::first).unwrap_or(argument).as_str().unwrap_or_default();
                sub::variables(text).any(|v| no_echo(v.name)) || self.has_secret_member(argument)
            }
            _ => self.has_secret_member(node),
        }
    }

    fn has_secret_member(&self, node: &Node) -> bool {
        match &node.value {
            Value::List(items) => items.iter().any(|n| self.is_secret(n)),
            Value::Map(map) => map.iter().any(|(_, n)| self.is_secret(n)),
            _ => false,
        }
    }

    /// A value for a message: in backticks, or not at all when it may be secret.
    fn shown(&self, expression: &Node, value: &str) -> String {
        if self.is_secret(expression) { "a hidden value".to_owned() } else { format!("`{value}`") }
    }
}

/// All function names, for suggestions.
pub const FUNCTIONS: &[&str] = &[
    "Fn::And",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::Equals",
    "Fn::FindInMap",
    "Fn::GetAZs",
    "Fn::GetAtt",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Not",
    "Fn::Or",
    "Fn::RefAll",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
    "Fn::ValueOf",
    "Fn::ValueOfAll",
    "Ref",
];

/// The function a mapping of one key calls: its name and its argument.
pub fn function(node: &Node) -> Option<(&str, &Node)> {
    let map = node.as_map().filter(|map| map.len() == 1)?;
    map.iter().next().filter(|(key, _)| *key == "Ref" || key.starts_with("Fn::"))
}

/// The resource and the attribute of a `Fn::GetAtt` argument: a list of two texts, or `Resource.Attribute`.
pub fn get_att(argument: &Node) -> Option<(&str, String)> {
    if let Some(text) = argument.as_str() {
        return text.split_once('.').map(|(resource, attribute)| (resource, attribute.to_owned()));
    }
    let (resource, attribute) = argument.as_list()?.split_first()?;
    let parts: Option<Vec<&str>> = attribute.iter().map(Node::as_str).collect();
    let attribute = parts.filter(|p| !p.is_empty())?.join(".");
    Some((resource.as_str()?, attribute))
}

/// The text CloudFormation makes of a scalar.
pub fn scalar_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Number(n) => Some(crate::write::number_text(n)),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    }
}

/// `did you mean …?` when a name is close to a known one.
pub(crate) fn did_you_mean<'n>(
    name: &str,
    known: impl IntoIterator<Item = &'n (impl AsRef<str> + ?Sized + 'n)>,
) -> Option<String> {
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(AsRef::as_ref)
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(4).max(1))
        .min()
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

fn unknown<T>(why: impl Into<String>, span: Span) -> Eval<T> {
    Err(Halt::Unknown(Unknown { why: why.into(), span }))
}

fn worse(first: Option<Halt>, second: Halt) -> Halt {
    match first {
        Some(Halt::Faulty) => Halt::Faulty,
        Some(first) if !matches!(second, Halt::Faulty) => first,
        _ => second,
    }
}

/// A fault on its way to the diagnostics.
struct Fault<'p> {
    problems: &'p mut Diagnostics,
    diagnostic: Diagnostic,
}

fn fault<'p>(problems: &'p mut Diagnostics, span: Span, message: impl Into<String>) -> Fault<'p> {
    Fault { problems, diagnostic: Diagnostic::error("TMPL-020", message).at(span) }
}

impl Fault<'_> {
    fn why(mut self, why: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.why(why);
        self
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.hint(hint);
        self
    }

    fn done<T>(self) -> Eval<T> {
        // One expression can be reached by several ways, for example a condition used twice.
        if !self.problems.contains(&self.diagnostic) {
            self.problems.push(self.diagnostic);
        }
        Err(Halt::Faulty)
    }
}

/// A function's argument has the wrong shape.
fn shape<T>(problems: &mut Diagnostics, function: &str, found: &Node, takes: &str) -> Eval<T> {
    fault(problems, found.span, format!("`{function}` takes {takes}"))
        .why(format!("it has {} here", found.kind()))
        .hint("see the function's page in the CloudFormation template reference")
        .done()
}

fn partition_of(pseudo: &Pseudo) -> Option<Partition> {
    pseudo.region.as_ref().map(Region::partition)
}
