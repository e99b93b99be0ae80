//! Reads a policy document and reports everything that is wrong with it, not only the first thing.

use super::{
    ConditionEntry, Document, Effect, Element, Kind, Operator, PrincipalElement, Statement, TextList, Version,
};
use base::{Code, Diagnostic, Severity};
use serde_json::{Map, Value};

/// Something wrong in a policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `POLICY-…`
    pub code: Code,
    /// An error is refused by AWS; a warning is accepted and does not do what it seems to.
    pub severity: Severity,
    /// JSON pointer into the document.
    pub path: String,
    /// Lower case, input in backticks.
    pub message: String,
    /// What to do.
    pub fix: String,
}

impl Problem {
    /// As a diagnostic, without a place in a file.
    pub fn to_diagnostic(&self) -> Diagnostic {
        let diagnostic = match self.severity {
            Severity::Error => Diagnostic::error(self.code.clone(), &*self.message),
            Severity::Warning => Diagnostic::warning(self.code.clone(), &*self.message),
            Severity::Note => Diagnostic::note(self.code.clone(), &*self.message),
        };
        diagnostic.hint(&*self.fix)
    }
}

/// A document and what is wrong with it. Statements that could not be read are missing from the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// What could be read.
    pub document: Document,
    /// In document order.
    pub problems: Vec<Problem>,
}

impl Parsed {
    /// The document, unless AWS would refuse it.
    pub fn accept(self) -> Result<Document, Vec<Problem>> {
        if self.problems.iter().any(|p| p.severity == Severity::Error) { Err(self.problems) } else { Ok(self.document) }
    }
}

/// Reads a document as one of `kind`.
pub fn parse(value: &Value, kind: Kind) -> Parsed {
    let mut reader = Reader { kind, problems: Vec::new() };
    let document = reader.document(value);
    Parsed { document, problems: reader.problems }
}

struct Reader {
    kind: Kind,
    problems: Vec<Problem>,
}

const TOP: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT: &[&str] =
    &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

impl Reader {
    fn report(&mut self, severity: Severity, code: &'static str, path: &str, message: String, fix: impl Into<String>) {
        self.problems.push(Problem {
            code: Code::new(code),
            severity,
            path: path.to_owned(),
            message,
            fix: fix.into(),
        });
    }

    fn error(&mut self, code: &'static str, path: &str, message: impl Into<String>, fix: impl Into<String>) {
        self.report(Severity::Error, code, path, message.into(), fix);
    }

    fn warn(&mut self, code: &'static str, path: &str, message: impl Into<String>, fix: impl Into<String>) {
        self.report(Severity::Warning, code, path, message.into(), fix);
    }

    fn document(&mut self, value: &Value) -> Document {
        let mut document = Document { version: Version::Absent, id: None, statements: Vec::new() };
        let Some(map) = value.as_object() else {
            self.error(
                "POLICY-001",
                "",
                "a policy document is an object",
                "write `{\"Version\": \"2012-10-17\", \"Statement\": […]}`",
            );
            return document;
        };
        self.unknown_keys(map, TOP, "");
        document.version = self.version(map.get("Version"));
        document.id = map.get("Id").and_then(|id| self.text(id, "/Id"));
        match map.get("Statement") {
            None => self.error("POLICY-003", "", "the document has no `Statement`", "add a `Statement` list"),
            Some(Value::Array(list)) if list.is_empty() => {
                self.error("POLICY-003", "/Statement", "`Statement` is empty", "add a statement");
            }
            Some(Value::Array(list)) => {
                for (index, statement) in list.iter().enumerate() {
                    document.statements.extend(self.statement(statement, format!("/Statement/{index}")));
                }
            }
            Some(one) => document.statements.extend(self.statement(one, "/Statement".to_owned())),
        }
        self.duplicate_sids(&document);
        document
    }

    fn version(&mut self, value: Option<&Value>) -> Version {
        let fix = "write `\"Version\": \"2012-10-17\"`";
        match value {
            None => {
                self.warn(
                    "POLICY-002",
                    "",
                    "the document has no `Version`, so it is read as `2008-10-17` without policy variables",
                    fix,
                );
                Version::Absent
            }
            Some(Value::String(v)) if v == "2012-10-17" => Version::V2012,
            Some(Value::String(v)) if v == "2008-10-17" => {
                self.warn("POLICY-002", "/Version", "version `2008-10-17` does not know policy variables", fix);
                Version::V2008
            }
            Some(other) => {
                self.error("POLICY-002", "/Version", format!("{} is not a policy language version", shown(other)), fix);
                Version::Absent
            }
        }
    }

    fn unknown_keys(&mut self, map: &Map<String, Value>, known: &[&str], path: &str) {
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            let fix = match known.iter().find(|k| k.eq_ignore_ascii_case(key)) {
                Some(right) => format!("write `{right}`; element names are case-sensitive"),
                None => format!("remove it; the elements here are {}", known.join(", ")),
            };
            self.error(
                "POLICY-004",
                &format!("{path}/{}", escape(key)),
                format!("`{key}` is not a policy element"),
                fix,
            );
        }
    }

    fn duplicate_sids(&mut self, document: &Document) {
        let mut seen: Vec<&str> = Vec::new();
        for statement in &document.statements {
            let Some(sid) = statement.sid.as_deref().filter(|sid| !sid.is_empty()) else { continue };
            if seen.contains(&sid) {
                self.error(
                    "POLICY-005",
                    &format!("{}/Sid", statement.path),
                    format!("`Sid` `{sid}` is used twice"),
                    "give each statement its own `Sid`",
                );
            }
            seen.push(sid);
        }
    }

    fn statement(&mut self, value: &Value, path: String) -> Option<Statement> {
        let Some(map) = value.as_object() else {
            self.error(
                "POLICY-003",
                &path,
                format!("a statement is an object, not {}", shown(value)),
                "write `{\"Effect\": …}`",
            );
            return None;
        };
        self.unknown_keys(map, STATEMENT, &path);
        let sid = map.get("Sid").and_then(|sid| self.sid(sid, &path));
        let effect = self.effect(map.get("Effect"), &path);
        let principal = self.principal(map, &path);
        let actions = self.element(map, "Action", &path);
        if actions.is_none() && !map.contains_key("Action") && !map.contains_key("NotAction") {
            self.error("POLICY-008", &path, "the statement has neither `Action` nor `NotAction`", "add `Action`");
        }
        let resources = self.resources(map, &path);
        let conditions =
            map.get("Condition").map(|c| self.conditions(c, &format!("{path}/Condition"))).unwrap_or_default();
        Some(Statement {
            path,
            sid,
            effect: effect?,
            principal: principal.ok()?,
            actions: actions?,
            resources: resources.ok()?,
            conditions,
        })
    }

    fn sid(&mut self, value: &Value, path: &str) -> Option<String> {
        let path = format!("{path}/Sid");
        let sid = self.text(value, &path)?;
        // Services with resource policies accept spaces and more; IAM itself accepts ASCII letters and digits only.
        if !matches!(self.kind, Kind::Resource) && !sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
            self.error(
                "POLICY-005",
                &path,
                format!("`Sid` `{sid}` may hold only letters and digits"),
                "remove the other characters",
            );
        }
        Some(sid)
    }

    fn effect(&mut self, value: Option<&Value>, path: &str) -> Option<Effect> {
        match value {
            Some(Value::String(text)) if text == "Allow" => Some(Effect::Allow),
            Some(Value::String(text)) if text == "Deny" => Some(Effect::Deny),
            Some(other) => {
                self.error(
                    "POLICY-006",
                    &format!("{path}/Effect"),
                    format!("`Effect` is {}", shown(other)),
                    "write `Allow` or `Deny`, spelled so",
                );
                None
            }
            None => {
                self.error(
                    "POLICY-006",
                    path,
                    "the statement has no `Effect`",
                    "write `\"Effect\": \"Allow\"` or `\"Deny\"`",
                );
                None
            }
        }
    }

    /// `Err` when it is there and unreadable.
    fn principal(&mut self, map: &Map<String, Value>, path: &str) -> Result<Option<PrincipalElement>, ()> {
        let (key, negated) = match (map.get("Principal"), map.get("NotPrincipal")) {
            (Some(_), Some(_)) => {
                self.error("POLICY-007", path, "the statement has both `Principal` and `NotPrincipal`", "keep one");
                return Err(());
            }
            (Some(_), None) => ("Principal", false),
            (None, Some(_)) => ("NotPrincipal", true),
            (None, None) if self.kind.names_principals() => {
                self.error("POLICY-007", path, "the statement has no `Principal`", "say who the statement is about");
                return Err(());
            }
            (None, None) => return Ok(None),
        };
        let path = format!("{path}/{key}");
        if !self.kind.names_principals() {
            self.error(
                "POLICY-007",
                &path,
                format!("this kind of policy takes no `{key}`"),
                "remove it; the policy is about whom it is attached to",
            );
            return Err(());
        }
        let mut element = PrincipalElement {
            negated,
            everyone: false,
            aws: TextList::default(),
            service: TextList::default(),
            federated: TextList::default(),
            canonical_user: TextList::default(),
        };
        match map.get(key) {
            Some(Value::String(text)) if text == "*" => element.everyone = true,
            Some(Value::Object(kinds)) if !kinds.is_empty() => self.principal_kinds(kinds, &path, &mut element),
            other => {
                let found = other.map_or_else(String::new, shown);
                self.error(
                    "POLICY-007",
                    &path,
                    format!("`{key}` is {found}"),
                    "write `\"*\"` or an object such as `{\"AWS\": \"arn:…\"}`",
                );
                // What is meant by a list is plain, and may be worse than its form.
                let Some(listed @ Value::Array(_)) = other else { return Err(()) };
                element.aws = self.texts(listed, &path);
            }
        }
        Ok(Some(element))
    }

    fn principal_kinds(&mut self, kinds: &Map<String, Value>, path: &str, element: &mut PrincipalElement) {
        for (kind, value) in kinds {
            let path = format!("{path}/{}", escape(kind));
            let texts = match kind.as_str() {
                "AWS" | "Service" | "Federated" | "CanonicalUser" => self.texts(value, &path),
                _ => {
                    self.error(
                        "POLICY-007",
                        &path,
                        format!("`{kind}` is not a kind of principal"),
                        "use AWS, Service, Federated or CanonicalUser",
                    );
                    continue;
                }
            };
            for (index, text) in texts.iter().enumerate().filter(|(_, t)| t.len() > 1 && t.contains(['*', '?'])) {
                let at = texts.path(&path, index);
                self.error(
                    "POLICY-007",
                    &at,
                    format!("`{text}` has a wildcard; principals take none but the whole `*`"),
                    "name the account and narrow it with a condition on `aws:PrincipalArn`",
                );
            }
            match kind.as_str() {
                "AWS" => element.aws = texts,
                "Service" => element.service = texts,
                "Federated" => element.federated = texts,
                _ => element.canonical_user = texts,
            }
        }
    }

    fn resources(&mut self, map: &Map<String, Value>, path: &str) -> Result<Option<Element>, ()> {
        let present = map.contains_key("Resource") || map.contains_key("NotResource");
        if self.kind == Kind::Trust {
            if present {
                self.error(
                    "POLICY-009",
                    path,
                    "a trust policy takes no `Resource`; the role is the resource",
                    "remove `Resource`",
                );
            }
            return Ok(None);
        }
        if !present {
            // A few services (for example Lambda function and API Gateway policies) fill it in; IAM never does.
            if self.kind == Kind::Resource {
                return Ok(None);
            }
            self.error("POLICY-009", path, "the statement has neither `Resource` nor `NotResource`", "add `Resource`");
            return Err(());
        }
        self.element(map, "Resource", path).map(Some).ok_or(())
    }

    fn element(&mut self, map: &Map<String, Value>, name: &str, path: &str) -> Option<Element> {
        let negated_name = format!("Not{name}");
        let (value, key, negated) = match (map.get(name), map.get(&negated_name)) {
            (Some(_), Some(_)) => {
                self.error(
                    "POLICY-008",
                    path,
                    format!("the statement has both `{name}` and `{negated_name}`"),
                    "keep one",
                );
                return None;
            }
            (Some(value), None) => (value, name, false),
            (None, Some(value)) => (value, negated_name.as_str(), true),
            (None, None) => return None,
        };
        let path = format!("{path}/{key}");
        let values = self.texts(value, &path);
        for (index, text) in values.iter().enumerate() {
            let at = values.path(&path, index);
            if name == "Action" { self.action(text, &at) } else { self.resource(text, &at) }
        }
        Some(Element { negated, values })
    }

    fn action(&mut self, text: &str, path: &str) {
        let word =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_*?".contains(&b));
        let good = text == "*" || text.split_once(':').is_some_and(|(service, action)| word(service) && word(action));
        if !good {
            self.error(
                "POLICY-010",
                path,
                format!("`{text}` is not an action"),
                "write `service:Action`, such as `s3:GetObject`",
            );
        }
    }

    fn resource(&mut self, text: &str, path: &str) {
        let symbolic = text.starts_with("{{") || text.starts_with("${");
        if text != "*" && !symbolic && !(text.starts_with("arn:") && text.matches(':').count() >= 2) {
            self.error("POLICY-011", path, format!("`{text}` is not an ARN"), "write a whole ARN, or `*`");
        }
    }

    fn conditions(&mut self, value: &Value, path: &str) -> Vec<ConditionEntry> {
        let mut entries = Vec::new();
        let Some(operators) = value.as_object() else {
            self.error(
                "POLICY-012",
                path,
                format!("`Condition` is {}", shown(value)),
                "write `{\"StringEquals\": {\"key\": \"value\"}}`",
            );
            return entries;
        };
        for (name, keys) in operators {
            let path = format!("{path}/{}", escape(name));
            let Some(operator) = Operator::read(name) else {
                let near =
                    Operator::names().find(|n| name.len() > 3 && n.to_lowercase().starts_with(&name.to_lowercase()));
                let fix = near.map_or("see the list of condition operators in the IAM User Guide".to_owned(), |n| {
                    format!("did you mean `{n}`?")
                });
                self.error("POLICY-012", &path, format!("`{name}` is not a condition operator"), fix);
                continue;
            };
            let Some(keys) = keys.as_object().filter(|k| !k.is_empty()) else {
                self.error(
                    "POLICY-012",
                    &path,
                    format!("`{name}` holds no condition keys"),
                    "write `{\"key\": \"value\"}` below it",
                );
                continue;
            };
            for (key, value) in keys {
                let path = format!("{path}/{}", escape(key));
                let values = self.texts(value, &path);
                entries.push(ConditionEntry { path, operator, key: key.clone(), values });
            }
        }
        entries
    }

    fn text(&mut self, value: &Value, path: &str) -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Bool(b) if path.contains("/Condition/") => Some(b.to_string()),
            Value::Number(n) if path.contains("/Condition/") => Some(n.to_string()),
            other => {
                self.error(
                    "POLICY-013",
                    path,
                    format!("{} stands where a string belongs", shown(other)),
                    "write a string",
                );
                None
            }
        }
    }

    fn texts(&mut self, value: &Value, path: &str) -> TextList {
        match value {
            Value::Array(list) => {
                if list.is_empty() && !path.contains("/Condition/") {
                    self.error("POLICY-013", path, "the list is empty", "add a value");
                }
                let texts = list.iter().enumerate().filter_map(|(i, v)| self.text(v, &format!("{path}/{i}"))).collect();
                TextList { texts, bare: false }
            }
            one => TextList { texts: self.text(one, path).into_iter().collect(), bare: true },
        }
    }
}

/// JSON pointer escaping (RFC 6901).
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let text: String = value.to_string().chars().take(60).collect();
            format!("`{}`", text.trim_matches('"'))
        }
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
