//! What an expression can come to, as patterns: `*` stands for what is known only at deployment.

use super::TemplateUse;
use super::nested::Inside;
use iam::permissions::{ResourceUse, Scope, made_names, name_property, own_arns};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use template::intrinsic::{self, Truth, Undeployed, function, get_att, scalar_text, sub};
use template::{Map, Node, Value};

/// More alternatives than this are no narrower than `*`.
const MOST: usize = 12;
/// References that go in circles end here.
const DEEPEST: usize = 12;

/// The expressions of one template in one place.
pub(super) struct Values<'a> {
    pub(super) template: &'a Node,
    pub(super) used: &'a TemplateUse<'a>,
    known: &'a intrinsic::Scope<'a>,
    pub(super) scope: &'a Scope,
    /// Nested stacks that were looked into, by logical id; nothing for one that is being looked into.
    inside: RefCell<HashMap<&'a str, Option<Rc<Inside>>>>,
}

impl<'a> Values<'a> {
    pub(super) fn new(
        template: &'a Node,
        used: &'a TemplateUse<'a>,
        known: &'a intrinsic::Scope<'a>,
        scope: &'a Scope,
    ) -> Self {
        Self { template, used, known, scope, inside: RefCell::default() }
    }

    /// The value of a scalar expression, when it is known.
    pub(super) fn text(&self, node: &Node) -> Option<String> {
        scalar_text(node).or_else(|| self.known.evaluate(node, &mut base::Diagnostics::new()).text())
    }

    /// The nested stack with a logical id, looked into once. Nothing when its template is not known, and while it is looked
    /// into: what goes in circles stays open.
    pub(super) fn inside(&self, id: &str) -> Option<Rc<Inside>> {
        let (id, inner) = self.used.nested.iter().find(|(nested, _)| *nested == id)?;
        if let Some(known) = self.inside.borrow().get(id) {
            return known.clone();
        }
        self.inside.borrow_mut().insert(id, None);
        let made = Rc::new(Inside::of(self, id, inner));
        self.inside.borrow_mut().insert(id, Some(made.clone()));
        Some(made)
    }

    /// Patterns of a scalar expression; none when it is `AWS::NoValue`.
    pub(super) fn patterns(&self, node: &Node) -> Vec<String> {
        self.at_depth(node, 0)
    }

    /// The branches of a value that can be taken: what `Fn::If` leaves open gives both.
    pub(super) fn branches<'n>(&self, node: &'n Node) -> Vec<&'n Node> {
        match function(node) {
            Some(("Fn::If", argument)) => {
                let Some([name, yes, no]) = argument.as_list() else { return Vec::new() };
                let mut found = Vec::new();
                let truth = self.truth(name);
                if truth != Some(false) {
                    found.extend(self.branches(yes));
                }
                if truth != Some(true) {
                    found.extend(self.branches(no));
                }
                found
            }
            Some(("Ref", name)) if name.as_str() == Some("AWS::NoValue") => Vec::new(),
            _ => vec![node],
        }
    }

    /// Whether a condition holds, if that is known.
    pub(super) fn truth(&self, name: &Node) -> Option<bool> {
        match self.known.condition(name.as_str()?, name.span, &mut base::Diagnostics::new()) {
            Truth::True => Some(true),
            Truth::False => Some(false),
            Truth::Unknown(_) => None,
        }
    }

    fn at_depth(&self, node: &Node, depth: usize) -> Vec<String> {
        if depth > DEEPEST {
            return any();
        }
        if let Some(text) = self.text(node) {
            return vec![text];
        }
        let Some((name, argument)) = function(node) else { return any() };
        let found = match name {
            "Ref" => argument.as_str().map_or_else(any, |name| self.reference(name, depth)),
            "Fn::GetAtt" => get_att(argument).map_or_else(any, |(id, name)| self.attribute(id, &name, depth)),
            "Fn::Sub" => self.substitute(argument, depth),
            "Fn::Join" => self.join(argument, depth),
            "Fn::If" => self.branches(node).into_iter().flat_map(|n| self.at_depth(n, depth + 1)).collect(),
            "Fn::FindInMap" => self.look_up(argument),
            "Fn::Select" => self.select(argument, depth),
            _ => any(),
        };
        few(found)
    }

    fn reference(&self, name: &str, depth: usize) -> Vec<String> {
        match name {
            "AWS::NoValue" => Vec::new(),
            "AWS::Region" => vec![self.scope.region.clone()],
            "AWS::AccountId" => vec![self.scope.account.clone()],
            "AWS::Partition" => vec![self.scope.partition.clone()],
            "AWS::StackName" => vec![self.scope.stack.clone().unwrap_or_else(|| "*".to_owned())],
            "AWS::URLSuffix" => {
                vec![if self.scope.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }.to_owned()]
            }
            _ => match self.resource(name) {
                Some(("AWS::Lambda::Version" | "AWS::Lambda::Alias", _)) => self.of_function(name, depth),
                Some((kind, _)) if REF_IS_ARN.contains(&kind) => self.arns(name, depth),
                Some(_) => self.names(name, depth),
                None => self.used.patterns.and_then(|p| p.get(name)).cloned().unwrap_or_else(any),
            },
        }
    }

    fn attribute(&self, id: &str, attribute: &str, depth: usize) -> Vec<String> {
        let Some((kind, _)) = self.resource(id) else { return any() };
        let noun = kind.rsplit("::").next().unwrap_or_default();
        let is_own = |suffix: &str| attribute.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest == noun);
        match kind {
            "AWS::Lambda::Version" | "AWS::Lambda::Alias" => self.of_function(id, depth),
            "AWS::CloudFormation::Stack" => {
                let output = attribute.strip_prefix("Outputs.").unwrap_or_default();
                self.inside(id).and_then(|inside| inside.outputs.get(output).cloned()).unwrap_or_else(any)
            }
            _ if is_own("Arn") => self.arns(id, depth),
            _ if is_own("Name") => self.names(id, depth),
            _ => any(),
        }
    }

    fn resource(&self, id: &str) -> Option<(&'a str, Option<&'a Node>)> {
        let resource = self.template.at(&["Resources", id])?;
        Some((resource.get("Type")?.as_str()?, resource.get("Properties")))
    }

    /// Patterns of a resource's physical name, for IAM with its path: the given one, or the one that is made.
    pub(super) fn names(&self, id: &str, depth: usize) -> Vec<String> {
        let Some((kind, properties)) = self.resource(id) else { return any() };
        let given = name_property(kind).and_then(|name| properties?.get(name));
        let mut names = given.map_or_else(Vec::new, |node| self.at_depth(node, depth + 1));
        if names.is_empty() || self.may_be_absent(given) {
            names.extend(made_names(kind, id, self.scope.stack.as_deref()));
        }
        if kind.starts_with("AWS::IAM::") {
            let path =
                properties.and_then(|p| p.get("Path")).map_or_else(Vec::new, |node| self.at_depth(node, depth + 1));
            let paths: Vec<&str> = path.iter().map(|p| p.trim_start_matches('/')).collect();
            if !paths.is_empty() {
                names = product(&paths, &names);
            }
        }
        // How these are written in ARNs.
        let written = |name: String| match kind {
            "AWS::SSM::Parameter" => name.trim_start_matches('/').to_owned(),
            "AWS::KMS::Alias" => name.trim_start_matches("alias/").to_owned(),
            "AWS::SecretsManager::Secret" if !name.ends_with('*') => format!("{name}-??????"),
            _ => name,
        };
        few(names.into_iter().map(written).collect())
    }

    fn may_be_absent(&self, node: Option<&Node>) -> bool {
        let Some((node, ("Fn::If", argument))) = node.and_then(|node| Some((node, function(node)?))) else {
            return false;
        };
        let open = argument.as_list().and_then(<[Node]>::first).is_some_and(|name| self.truth(name).is_none());
        let branches = argument.as_list().unwrap_or_default().iter().skip(1);
        self.branches(node).is_empty()
            || (open && branches.into_iter().any(|b| self.may_be_absent(Some(b)) || self.branches(b).is_empty()))
    }

    fn arns(&self, id: &str, depth: usize) -> Vec<String> {
        let Some((kind, _)) = self.resource(id) else { return any() };
        let names = self.names(id, depth);
        let arns = names.iter().flat_map(|name| {
            own_arns(&ResourceUse { resource_type: kind, name: Some(name), ..ResourceUse::default() }, self.scope)
        });
        few(arns.collect())
    }

    /// A version or an alias has the ARN of its function, and a qualifier.
    fn of_function(&self, id: &str, depth: usize) -> Vec<String> {
        let function = self.resource(id).and_then(|(_, properties)| properties?.get("FunctionName"));
        let functions = function.map_or_else(any, |node| self.at_depth(node, depth + 1));
        functions.into_iter().map(|f| if f.ends_with('*') { f } else { format!("{f}:*") }).collect()
    }

    fn substitute(&self, argument: &Node, depth: usize) -> Vec<String> {
        let none = Map::new();
        let (text, own) = match argument.as_list() {
            Some([text, own]) => (text.as_str(), own.as_map().unwrap_or(&none)),
            _ => (argument.as_str(), &none),
        };
        let Some(text) = text else { return any() };
        let mut made = vec![String::new()];
        for piece in sub::pieces(text) {
            let values = match piece {
                sub::Piece::Text(text) => vec![text.to_owned()],
                sub::Piece::Literal(name) => vec![format!("${{{name}}}")],
                sub::Piece::Variable(variable) => match (own.get(variable.name), variable.attribute()) {
                    (Some(node), _) => self.at_depth(node, depth + 1),
                    (None, Some((id, attribute))) => self.attribute(id, attribute, depth + 1),
                    (None, None) => self.variable(variable.name, depth),
                },
            };
            made = product(&made, &values);
        }
        made
    }

    /// A variable of a text: its value where it is known, like that of `Ref`.
    fn variable(&self, name: &str, depth: usize) -> Vec<String> {
        let mut map = Map::new();
        map.insert("Ref", Node::new(name, base::Span::default()));
        self.at_depth(&Node::new(map, base::Span::default()), depth + 1)
    }

    fn join(&self, argument: &Node, depth: usize) -> Vec<String> {
        let Some([separator, list]) = argument.as_list() else { return any() };
        let (Some(separator), Some(items)) = (separator.as_str(), list.as_list()) else { return any() };
        let mut made = vec![String::new()];
        for (index, item) in items.iter().enumerate() {
            let values = self.at_depth(item, depth + 1);
            let before = if index == 0 { "" } else { separator };
            let values: Vec<String> = values.into_iter().map(|v| format!("{before}{v}")).collect();
            made = product(&made, &values);
        }
        made
    }

    /// The scalars that a look-up can find when not all of its keys are known.
    fn look_up(&self, argument: &Node) -> Vec<String> {
        let Some([mapping, top, second, ..]) = argument.as_list() else { return any() };
        let Some(members) = mapping.as_str().and_then(|m| self.template.at(&["Mappings", m])?.as_map()) else {
            return any();
        };
        let fits = |key: &Node, name: &str| key.as_str().is_none_or(|k| k == name);
        let rows = members.iter().filter(|(name, _)| fits(top, name)).filter_map(|(_, row)| row.as_map());
        let cells = rows.flat_map(|row| row.iter().filter(|(name, _)| fits(second, name)).map(|(_, cell)| cell));
        let texts: Option<Vec<String>> = cells.map(scalar_text).collect();
        texts.filter(|t| !t.is_empty()).unwrap_or_else(any)
    }

    /// One part of a text that is split, as far as the pattern has only known text before it.
    fn select(&self, argument: &Node, depth: usize) -> Vec<String> {
        let Some([index, list]) = argument.as_list() else { return any() };
        let Some(index) = scalar_text(index).and_then(|i| i.parse::<usize>().ok()) else { return any() };
        if let Some(item) = list.as_list().and_then(|items| items.get(index)) {
            return self.at_depth(item, depth + 1);
        }
        let Some(("Fn::Split", split)) = function(list) else { return any() };
        let Some([separator, text]) = split.as_list() else { return any() };
        let Some(separator) = separator.as_str().filter(|s| !s.is_empty()) else { return any() };
        let part = |text: String| {
            let parts: Vec<&str> = text.split(separator).collect();
            // A star that is a part of its own is one part of an ARN; elsewhere it may hold separators.
            let sure = |p: &&str| !p.contains('*') || (*p == "*" && text.starts_with("arn:"));
            let known = parts.iter().take(index).all(sure);
            parts.get(index).filter(|_| known).map_or_else(|| "*".to_owned(), |p| (*p).to_owned())
        };
        self.at_depth(text, depth + 1).into_iter().map(part).collect()
    }
}

/// Types of which `Ref` gives the ARN ("Ref" in the type's page of the template reference).
const REF_IS_ARN: &[&str] = &[
    "AWS::CertificateManager::Certificate",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::OIDCProvider",
    "AWS::IAM::SAMLProvider",
    "AWS::Lambda::LayerVersion",
    "AWS::SNS::Topic",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::Activity",
    "AWS::StepFunctions::StateMachine",
];

/// Whether an expression is a list of expressions, or a mapping, and no scalar.
pub(super) fn is_composite(node: &Node) -> bool {
    function(node).is_none() && matches!(node.value, Value::List(_) | Value::Map(_))
}

/// The resolver for conditions: nothing is deployed.
pub(super) const NOTHING: Undeployed = Undeployed;

pub(super) fn any() -> Vec<String> {
    vec!["*".to_owned()]
}

fn product<A: AsRef<str>>(starts: &[A], ends: &[String]) -> Vec<String> {
    let all = starts.iter().flat_map(|s| ends.iter().map(move |e| format!("{}{e}", s.as_ref())));
    few(all.collect())
}

fn few(mut found: Vec<String>) -> Vec<String> {
    for text in &mut found {
        while text.contains("**") {
            *text = text.replace("**", "*");
        }
    }
    found.sort();
    found.dedup();
    if found.len() > MOST || found.iter().any(|text| text == "*") { any() } else { found }
}
