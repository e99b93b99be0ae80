//! Resource policies of REST APIs ("Control access to a REST API with API Gateway resource policies", API Gateway
//! Developer Guide).

use super::definition::{arrive, dict};
use super::swagger::SwaggerEditor;
use super::{ANY_METHOD, get_path_without_trailing_slash};
use crate::sam::definition_text::definition_text;
use crate::sam::distinct::Distinct;
use crate::sam::error::Fault;
use crate::sam::make::{is_made, made, node, sub_with};
use crate::sam::python::truthy;
use crate::{Map, Node, Value};
use base::Span;

/// The lists a statement about private endpoints is made from.
struct Endpoints<'a> {
    written: Option<&'a Node>,
    vpcs: Option<&'a Node>,
    endpoints: Option<&'a Node>,
}

/// The statements that a resource policy has, kept from one edit to the next.
#[derive(Debug, Default)]
pub struct Statements {
    seen: Distinct,
    count: usize,
}

impl SwaggerEditor {
    /// Adds the statements of an `Auth.ResourcePolicy` for all methods of a path.
    ///
    /// # Errors
    /// A list has a value of the wrong type.
    pub fn add_resource_policy(&mut self, policy: &Map, path: &str, stage: Option<&Node>) -> Result<(), Fault> {
        let get = |key: &str| policy.get(key).filter(|value| !value.is_null());
        let span = policy.iter().next().map_or(self.definition.doc.span, |(_, value)| value.span);
        let resources = self.method_uris(path, stage, span)?;
        for (key, effect) in [("AwsAccountWhitelist", "Allow"), ("AwsAccountBlacklist", "Deny")] {
            if let Some(accounts) = get(key) {
                self.allow_accounts(accounts, effect, &resources)?;
            }
        }
        for (key, condition) in [("IpRangeWhitelist", "NotIpAddress"), ("IpRangeBlacklist", "IpAddress")] {
            if let Some(ranges) = get(key).filter(|ranges| truthy(ranges)) {
                let list = if ranges.as_list().is_some() { ranges.clone() } else { node!(ranges.span, [ranges]) };
                let condition = node!(span, { (condition): { "aws:SourceIp": list } });
                self.add_allow_and_deny(&resources, condition, made(ranges.span));
            }
        }
        for (side, condition) in [("Blacklist", "StringEquals"), ("Whitelist", "StringNotEquals")] {
            let written = get(&format!("SourceVpc{side}"));
            check_written(written, side)?;
            let vpcs = get(&format!("IntrinsicVpc{side}"));
            let endpoints = get(&format!("IntrinsicVpce{side}"));
            self.add_endpoints(&Endpoints { written, vpcs, endpoints }, condition, &resources);
        }
        self.resource_policy.put(&mut self.definition);
        Ok(())
    }

    /// Adds statements that the author wrote.
    pub fn add_custom_statements(&mut self, statements: Option<&Node>) {
        if let Some(statements) = statements.filter(|statements| !statements.is_null()) {
            let span = made(statements.span);
            let copies = self.definition.copies;
            self.set_version(span);
            let mut new = statements.clone();
            arrive(&mut new, copies);
            match self.existing_statements() {
                None => self.set_statements(new),
                Some(mut there) => {
                    let items = match new.value {
                        Value::List(items) => items,
                        _ => vec![new],
                    };
                    self.statements.add_missing(&mut there, items);
                    self.set_statements(Node::new(there, span));
                }
            }
        }
        self.resource_policy.put(&mut self.definition);
    }

    /// `execute-api:/stage/METHOD/path` of every method of the path.
    fn method_uris(&mut self, path: &str, stage: Option<&Node>, span: Span) -> Result<Node, Fault> {
        let mut methods = Vec::new();
        for item in self.definition.path_items(path).map_err(|fault| fault.at(span))? {
            methods.extend(item.python_entries().map(|(name, entry)| (name.to_owned(), entry.key_span)));
        }
        let paths = self.definition.get("paths").and_then(Node::as_map);
        let path_is_made = paths.and_then(|paths| paths.key_span(path)).is_none_or(is_made);
        let path = get_path_without_trailing_slash(path);
        let uris = methods.into_iter().map(|(name, name_span)| {
            let any = name.eq_ignore_ascii_case(ANY_METHOD) || name.eq_ignore_ascii_case("any");
            let method = if any { "*".to_owned() } else { name.to_uppercase() };
            let text_is_made = path_is_made && (any || is_made(name_span));
            let text = format!("execute-api:/${{__Stage__}}/{method}{path}");
            let text = Node::new(text, if text_is_made { made(span) } else { span });
            let stage = stage.cloned().unwrap_or_default();
            sub_with(span, text, node!(span, { "__Stage__": stage }))
        });
        Ok(Node::new(uris.collect::<Vec<_>>(), made(span)))
    }

    fn allow_accounts(&mut self, accounts: &Node, effect: &str, resources: &Node) -> Result<(), Fault> {
        if !truthy(accounts) {
            return Ok(());
        }
        let list = match &accounts.value {
            Value::List(_) => accounts.clone(),
            Value::Map(_) => node!(accounts.span, [accounts]),
            _ => {
                let message = format!("Type of '{}' must be a list or dictionary", definition_text(accounts));
                return Err(Fault::document(message).at(accounts.span));
            }
        };
        let span = made(accounts.span);
        self.set_version(span);
        let mut principal = dict(self.definition.copies);
        principal.insert_at("AWS", span, list);
        let statement = self.statement(effect, resources, Node::new(principal, span), None, span);
        let statements = match self.existing_statements() {
            None => statement,
            Some(mut there) => {
                self.statements.push(&mut there, statement);
                Node::new(there, span)
            }
        };
        self.set_statements(statements);
        Ok(())
    }

    fn add_endpoints(&mut self, lists: &Endpoints<'_>, condition: &str, resources: &Node) {
        let mut sources = dict(self.definition.copies);
        let items = |list: Option<&Node>| list.and_then(Node::as_list).unwrap_or_default().to_vec();
        let begins = |with: &str| {
            let items = items(lists.written).into_iter();
            items.filter(|item| item.as_str().is_some_and(|text| text.starts_with(with))).collect::<Vec<_>>()
        };
        let span =
            [lists.written, lists.vpcs, lists.endpoints].into_iter().flatten().next().map(|list| made(list.span));
        let span = span.unwrap_or(made(resources.span));
        let mut extend = |key: &str, more: Vec<Node>, even_empty: bool| {
            if more.is_empty() && !even_empty {
                return;
            }
            if !sources.contains_key(key) {
                sources.insert_at(key, span, Node::new(Vec::new(), span));
            }
            if let Some(list) = sources.get_mut(key).and_then(Node::as_list_mut) {
                list.extend(more);
            }
        };
        extend("aws:SourceVpc", begins("vpc-"), false);
        extend("aws:SourceVpce", begins("vpce-"), false);
        extend("aws:SourceVpc", items(lists.vpcs), lists.vpcs.is_some());
        extend("aws:SourceVpce", items(lists.endpoints), lists.endpoints.is_some());
        if sources.iter().any(|(_, list)| truthy(list)) {
            let condition = node!(span, { (condition): Node::new(sources, span) });
            self.add_allow_and_deny(resources, condition, span);
        }
    }

    /// Everyone may call, except under the condition.
    fn add_allow_and_deny(&mut self, resources: &Node, condition: Node, span: Span) {
        self.set_version(span);
        let everyone = || Node::new("*", span);
        let allow = self.statement("Allow", resources, everyone(), None, span);
        let deny = self.statement("Deny", resources, everyone(), Some(condition), span);
        let statements = match self.existing_statements() {
            None => vec![allow, deny],
            Some(mut there) => {
                self.statements.add_missing(&mut there, vec![allow, deny]);
                there
            }
        };
        self.set_statements(Node::new(statements, span));
    }

    fn statement(&self, effect: &str, resources: &Node, principal: Node, condition: Option<Node>, span: Span) -> Node {
        let mut statement = self.definition.dict();
        let mut put = |key: &str, value: Node| _ = statement.insert_at(key, span, value);
        put("Effect", Node::new(effect, span));
        put("Action", Node::new("execute-api:Invoke", span));
        put("Resource", resources.clone());
        put("Principal", principal);
        if let Some(condition) = condition {
            put("Condition", condition);
        }
        Node::new(statement, span)
    }

    fn set_version(&mut self, span: Span) {
        if let Some(policy) = self.resource_policy.map(&mut self.definition) {
            policy.insert_at("Version", span, Node::new("2012-10-17", span));
        }
    }

    /// The statements there are, as a list, taken out; nothing if there is no `Statement`.
    fn existing_statements(&mut self) -> Option<Vec<Node>> {
        let statements = self.resource_policy.map(&mut self.definition)?.get_mut("Statement")?;
        if statements.is_null() {
            return None;
        }
        let statements = std::mem::take(statements);
        Some(match statements.value {
            Value::List(items) => items,
            value => vec![Node { value, span: statements.span }],
        })
    }

    fn set_statements(&mut self, statements: Node) {
        let span = made(statements.span);
        if let Some(policy) = self.resource_policy.map(&mut self.definition) {
            policy.insert_at("Statement", span, statements);
        }
    }
}

fn check_written(list: Option<&Node>, side: &str) -> Result<(), Fault> {
    let Some(list) = list else { return Ok(()) };
    let all_text = match &list.value {
        Value::List(items) => items.iter().all(|item| item.as_str().is_some()),
        Value::Map(_) | Value::String(_) => true,
        _ => false,
    };
    if all_text {
        return Ok(());
    }
    Err(Fault::document(format!(
        "SourceVpc{side} must be a list of strings. Use IntrinsicVpc{side} instead for values that use Intrinsic \
         Functions"
    ))
    .at(list.span))
}

impl Statements {
    /// Adds what is not there yet.
    fn add_missing(&mut self, there: &mut Vec<Node>, new: Vec<Node>) {
        self.catch_up(there);
        new.into_iter().for_each(|item| self.seen.push(there, item));
        self.count = there.len();
    }

    /// Adds one in any case.
    fn push(&mut self, there: &mut Vec<Node>, statement: Node) {
        self.catch_up(there);
        self.seen.add(&statement);
        there.push(statement);
        self.count = there.len();
    }

    fn catch_up(&mut self, there: &[Node]) {
        if self.count != there.len() {
            *self = Self { seen: Distinct::of(there), count: there.len() };
        }
    }
}
