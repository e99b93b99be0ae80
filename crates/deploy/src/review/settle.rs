//! Properties and policies that still hold template functions, made plain, every value with its place in the source.
//!
//! What is not known before a deployment becomes a symbol such as `{{Bucket.Arn}}`, which no wildcard is and which
//! matches nothing but itself. Parameters have their defaults. A choice (`Fn::If`) stands for both of its values, so that
//! a check sees the looser one too.

use base::Span;
use indexmap::IndexMap;
use std::cell::Cell;
use template::intrinsic::{Evaluated, Pseudo, Scope, Undeployed, function, get_att, scalar_text, sub};
use template::model::{Resource, Template};
use template::{Map, Node, Value};

/// The symbol that stands for the account of a template.
pub(super) const ACCOUNT: &str = "{{AWS.AccountId}}";

/// Makes nodes of one template plain.
pub(super) struct Settler<'t> {
    template: &'t Template<'t>,
    parameters: IndexMap<String, Evaluated>,
    pseudo: Pseudo,
    /// How many names are being read, one inside the other.
    depth: Cell<usize>,
}

/// Names that are made of names that are made of names: a template may even refer in circles.
const DEEPEST: usize = 4;

/// Whether a text holds something that is not known.
pub(super) fn is_symbolic(text: &str) -> bool {
    text.contains("{{")
}

/// The logical id that a `Ref`, `Fn::GetAtt` or `Fn::Sub` of nothing else points to.
pub(super) fn target(node: &Node) -> Option<&str> {
    match function(node)? {
        ("Ref", name) => name.as_str(),
        ("Fn::GetAtt", argument) => get_att(argument).map(|(id, _)| id),
        ("Fn::Sub", text) => {
            let name = text.as_str()?.strip_prefix("${")?.strip_suffix('}')?;
            (!name.contains(['$', '{'])).then(|| name.split('.').next().unwrap_or(name))
        }
        _ => None,
    }
}

impl<'t> Settler<'t> {
    /// For the expressions of `template`, its parameters at their defaults. An empty default says nothing about the
    /// value that will be given.
    pub(super) fn new(template: &'t Template<'t>) -> Self {
        let mut parameters = template.bind(&std::collections::BTreeMap::new()).values;
        parameters.retain(|_, value| value.known().is_some_and(|n| n.as_str() != Some("")));
        Self { template, parameters, pseudo: Pseudo::default(), depth: Cell::new(0) }
    }

    /// The node without functions. Nothing for `AWS::NoValue`.
    pub(super) fn settle(&self, node: &Node) -> Option<Node> {
        if let Some((name, argument)) = function(node) {
            return self.call(name, argument, node);
        }
        let value = match &node.value {
            Value::List(items) => Value::List(items.iter().flat_map(|item| self.spliced(item)).collect()),
            Value::Map(map) => Value::Map(self.members(map)),
            plain => plain.clone(),
        };
        Some(Node { value, span: node.span })
    }

    /// The plain text of a scalar, symbols and all.
    pub(super) fn text(&self, node: &Node) -> Option<String> {
        self.settle(node).as_ref().and_then(scalar_text)
    }

    fn members(&self, map: &Map) -> Map {
        let mut out = Map::new();
        for (key, entry) in map.entries().filter(|(key, _)| !key.starts_with("Fn::")) {
            if let Some(settled) = self.member(key, &entry.node) {
                out.insert_at(key, entry.key_span, settled);
            }
        }
        out
    }

    fn member(&self, key: &str, node: &Node) -> Option<Node> {
        let Some((yes, no)) = choice(node) else { return self.settle(node) };
        let (yes, no) = (self.settle(yes), self.settle(no));
        match key {
            // Without a branch's conditions the statement is at its loosest.
            "Condition" => yes.and_then(|yes| no.map(|_| yes)),
            "Effect" => match (yes, no) {
                (Some(yes), Some(no)) => Some(if no.as_str() == Some("Allow") { no } else { yes }),
                (yes, no) => yes.or(no),
            },
            "Sid" | "Version" | "Id" => yes.or(no),
            _ => both(yes, no, node.span),
        }
    }

    /// An item of a list: both branches of a choice, and the items of a branch or a function that is a list itself.
    fn spliced(&self, item: &Node) -> Vec<Node> {
        if let Some((yes, no)) = choice(item) {
            return self.spliced(yes).into_iter().chain(self.spliced(no)).collect();
        }
        let was_list = item.as_list().is_some();
        match self.settle(item) {
            Some(Node { value: Value::List(items), .. }) if !was_list || function(item).is_some() => items,
            Some(Node { value: Value::List(items), span }) => vec![Node { value: Value::List(items), span }],
            Some(node) => vec![node],
            None => Vec::new(),
        }
    }

    fn call(&self, name: &str, argument: &Node, node: &Node) -> Option<Node> {
        let text = match name {
            "Ref" => return self.reference(argument.as_str().unwrap_or_default(), node.span),
            "Fn::GetAtt" => match get_att(argument) {
                Some((id, attribute)) => self.attribute(id, &attribute),
                None => unknown(name, argument),
            },
            "Fn::Sub" => self.substitute(argument),
            "Fn::Join" => self.join(argument).unwrap_or_else(|| unknown(name, argument)),
            // Checks are about the text, and not about how it travels.
            "Fn::Base64" => return self.settle(argument),
            "Fn::If" => {
                let (yes, no) = choice(node)?;
                return both(self.settle(yes), self.settle(no), node.span);
            }
            _ => {
                let scope = Scope::new(self.template.node, &self.parameters, &self.pseudo, &Undeployed);
                if let Evaluated::Known(known) = scope.evaluate(node, &mut Vec::new()) {
                    return Some(moved(known, node.span));
                }
                unknown(name, argument)
            }
        };
        Some(Node::new(text, node.span))
    }

    fn reference(&self, name: &str, span: Span) -> Option<Node> {
        if name == "AWS::NoValue" {
            return None;
        }
        if let Some(value) = self.parameters.get(name).and_then(Evaluated::known) {
            return Some(moved(value.clone(), span));
        }
        Some(Node::new(self.symbol(name), span))
    }

    /// What `${Name}` or `${Name.Attribute}` stands for.
    fn symbol(&self, name: &str) -> String {
        if let Some(text) = self.parameters.get(name).and_then(Evaluated::text) {
            return text;
        }
        if let Some((id, attribute)) = name.split_once('.') {
            return self.attribute(id, attribute);
        }
        match name {
            "AWS::Partition" => "aws".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            _ => self.arn_of_reference(name).unwrap_or_else(|| symbol(name)),
        }
    }

    /// The ARN of the resources whose `Ref` is one.
    fn arn_of_reference(&self, id: &str) -> Option<String> {
        let resource = self.template.resources.get(id)?;
        matches!(resource.kind, "AWS::IAM::ManagedPolicy" | "AWS::SNS::Topic").then(|| self.arn(id)).flatten()
    }

    fn attribute(&self, id: &str, attribute: &str) -> String {
        let arn = if attribute == "Arn" { self.arn(id) } else { None };
        arn.unwrap_or_else(|| symbol(&format!("{id}.{attribute}")))
    }

    /// The ARN a resource will have, its unknown parts as symbols, for the types that policies are most often about.
    pub(super) fn arn(&self, id: &str) -> Option<String> {
        let resource = self.template.resources.get(id).filter(|_| self.depth.get() < DEEPEST)?;
        self.depth.set(self.depth.get() + 1);
        let arn = self.arn_of(id, resource);
        self.depth.set(self.depth.get() - 1);
        arn
    }

    fn arn_of(&self, id: &str, resource: &Resource<'_>) -> Option<String> {
        let place = format!("{{{{AWS.Region}}}}:{ACCOUNT}");
        let (property, head) = match resource.kind {
            "AWS::IAM::Role" => ("RoleName", format!("arn:aws:iam::{ACCOUNT}:role{}", self.path(id))),
            "AWS::IAM::User" => ("UserName", format!("arn:aws:iam::{ACCOUNT}:user{}", self.path(id))),
            "AWS::IAM::ManagedPolicy" => {
                ("ManagedPolicyName", format!("arn:aws:iam::{ACCOUNT}:policy{}", self.path(id)))
            }
            "AWS::S3::Bucket" => ("BucketName", "arn:aws:s3:::".to_owned()),
            "AWS::Lambda::Function" => ("FunctionName", format!("arn:aws:lambda:{place}:function:")),
            "AWS::DynamoDB::Table" => ("TableName", format!("arn:aws:dynamodb:{place}:table/")),
            "AWS::SQS::Queue" => ("QueueName", format!("arn:aws:sqs:{place}:")),
            "AWS::SNS::Topic" => ("TopicName", format!("arn:aws:sns:{place}:")),
            _ => return None,
        };
        // A name that is itself computed may hold anything but a wildcard.
        let own = resource.property(property).and_then(|n| self.text(n)).filter(|t| !t.contains(['*', '?', ':']));
        Some(format!("{head}{}", own.unwrap_or_else(|| symbol(id))))
    }

    fn path(&self, id: &str) -> String {
        let resource = self.template.resources.get(id);
        let path = resource.and_then(|r| r.property("Path")).and_then(|n| self.text(n));
        path.filter(|p| p.starts_with('/') && p.ends_with('/')).unwrap_or_else(|| "/".to_owned())
    }

    fn substitute(&self, argument: &Node) -> String {
        let parts = argument.as_list();
        let text = parts.and_then(<[Node]>::first).unwrap_or(argument).as_str().unwrap_or_default();
        let own = parts.and_then(|p| p.get(1)).and_then(Node::as_map);
        let piece = |piece| match piece {
            sub::Piece::Text(text) => text.to_owned(),
            // In a policy this is a policy variable.
            sub::Piece::Literal(name) => format!("${{{name}}}"),
            sub::Piece::Variable(variable) => match own.and_then(|map| map.get(variable.name.trim())) {
                Some(value) => self.joined(value),
                None => self.symbol(variable.name.trim()),
            },
        };
        sub::pieces(text).map(piece).collect()
    }

    fn join(&self, argument: &Node) -> Option<String> {
        let [separator, parts] = argument.as_list()? else { return None };
        let texts: Vec<String> = match parts.as_list() {
            Some(items) => items.iter().flat_map(|item| self.spliced(item)).map(|n| shown(&n)).collect(),
            None => match self.settle(parts)?.value {
                Value::List(items) => items.iter().map(shown).collect(),
                _ => return None,
            },
        };
        Some(texts.join(separator.as_str()?))
    }

    fn joined(&self, node: &Node) -> String {
        match self.settle(node) {
            Some(Node { value: Value::List(items), .. }) => items.first().map(shown).unwrap_or_default(),
            Some(node) => shown(&node),
            None => String::new(),
        }
    }
}

fn shown(node: &Node) -> String {
    scalar_text(node).unwrap_or_else(|| "{{value}}".to_owned())
}

fn choice(node: &Node) -> Option<(&Node, &Node)> {
    let ("Fn::If", argument) = function(node)? else { return None };
    match argument.as_list()? {
        [_, yes, no] => Some((yes, no)),
        _ => None,
    }
}

/// Both values of a choice, as one list when there are two.
fn both(yes: Option<Node>, no: Option<Node>, span: Span) -> Option<Node> {
    let items = |node: Node| match node.value {
        Value::List(items) => items,
        value => vec![Node { value, span: node.span }],
    };
    match (yes, no) {
        (Some(yes), Some(no)) if yes == no => Some(yes),
        (Some(yes), Some(no)) => {
            let all: Vec<Node> = items(yes).into_iter().chain(items(no)).collect();
            Some(Node::new(all, span))
        }
        (yes, no) => yes.or(no),
    }
}

/// A value that comes from elsewhere, at the place where it is used.
fn moved(node: Node, span: Span) -> Node {
    let value = match node.value {
        Value::List(items) => Value::List(items.into_iter().map(|item| moved(item, span)).collect()),
        Value::Map(map) => {
            let mut out = Map::new();
            for (key, entry) in map {
                out.insert_at(key, span, moved(entry.node, span));
            }
            Value::Map(out)
        }
        plain => plain,
    };
    Node { value, span }
}

/// Colons would take ARNs apart, so symbols have none.
fn symbol(name: &str) -> String {
    format!("{{{{{}}}}}", name.trim().replace("::", ".").replace(':', "."))
}

fn unknown(name: &str, argument: &Node) -> String {
    let inner = template::write::compact(argument);
    let plain: String =
        inner.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')).take(60).collect();
    format!("{{{{{}.{plain}}}}}", name.replace("::", "."))
}
