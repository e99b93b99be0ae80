//! The table of IAM actions: which exist, what they may do, and which resources they are about.

use crate::pattern::Pattern;
use std::collections::HashMap;
use std::sync::OnceLock;

static TEXT: &str = include_str!("../../data/actions.txt");

/// AWS's classes of actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessLevel {
    /// Sees that things exist.
    List,
    /// Sees what they hold.
    Read,
    /// Changes them.
    Write,
    /// Changes who may do what.
    Permissions,
    /// Changes tags only.
    Tagging,
}

/// A resource that an action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionResource {
    /// Name in the reference.
    pub name: &'static str,
    /// Whether a statement about the action must cover such a resource.
    pub required: bool,
    /// Service prefix, for the shorthand of `arn`.
    service: &'static str,
    short: &'static str,
}

impl ActionResource {
    /// The ARN with `${Partition}`, `${Region}`, `${Account}` and named places for the rest.
    pub fn arn(&self) -> String {
        let service = self.service;
        match (self.short.strip_prefix('='), self.short.strip_prefix('-')) {
            (Some(rest), _) => format!("arn:${{Partition}}:{service}:${{Region}}:${{Account}}:{rest}"),
            (_, Some(rest)) => format!("arn:${{Partition}}:{service}::${{Account}}:{rest}"),
            _ => self.short.to_owned(),
        }
    }
}

/// What the reference says about one action.
#[derive(Debug, Clone, Copy)]
pub struct Action {
    /// Service prefix.
    pub service: &'static str,
    /// Name after the colon, as AWS spells it.
    pub name: &'static str,
    /// Class.
    pub level: AccessLevel,
    resources: &'static str,
}

impl Action {
    /// The resources it is about; none for actions that only take `*`.
    pub fn resources(&self) -> Vec<ActionResource> {
        let Some(service) = index().get(self.service) else { return Vec::new() };
        let names = self.resources.split(',').filter(|n| !n.is_empty());
        let read = |name: &'static str| {
            let (name, required) = name.strip_suffix('!').map_or((name, false), |n| (n, true));
            let short = service.resources.get(name).copied()?;
            Some(ActionResource { name, required, service: self.service, short })
        };
        names.filter_map(read).collect()
    }
}

struct Service {
    resources: HashMap<&'static str, &'static str>,
    lines: Vec<&'static str>,
    actions: OnceLock<HashMap<String, Action>>,
}

/// Services by prefix. Actions are read service by service when one is asked for.
fn index() -> &'static HashMap<&'static str, Service> {
    static INDEX: OnceLock<HashMap<&'static str, Service>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut services = HashMap::new();
        for block in TEXT.split("\n@").skip(1) {
            let mut lines = block.lines();
            let prefix = lines.next().unwrap_or_default();
            let mut service = Service { resources: HashMap::new(), lines: Vec::new(), actions: OnceLock::new() };
            for line in lines {
                match line.strip_prefix(':').and_then(|l| l.split_once(' ')) {
                    Some((name, arn)) => drop(service.resources.insert(name, arn)),
                    None => service.lines.push(line),
                }
            }
            services.insert(prefix, service);
        }
        services
    })
}

fn actions_of(prefix: &'static str, service: &'static Service) -> &'static HashMap<String, Action> {
    service.actions.get_or_init(|| {
        let mut actions = HashMap::new();
        for (head, names) in service.lines.iter().filter_map(|line| line.split_once('|')) {
            let Some(letter) = head.get(..1) else { continue };
            for name in names.split(',') {
                let action = Action { service: prefix, name, level: level(letter), resources: &head[1..] };
                actions.insert(name.to_ascii_lowercase(), action);
            }
        }
        actions
    })
}

fn level(letter: &str) -> AccessLevel {
    match letter {
        "L" => AccessLevel::List,
        "R" => AccessLevel::Read,
        "P" => AccessLevel::Permissions,
        "T" => AccessLevel::Tagging,
        _ => AccessLevel::Write,
    }
}

fn service(prefix: &str) -> Option<(&'static str, &'static Service)> {
    index().get_key_value(prefix.to_ascii_lowercase().as_str()).map(|(k, v)| (*k, v))
}

/// Whether a service with this prefix exists.
pub fn is_service(prefix: &str) -> bool {
    service(prefix).is_some()
}

/// One action by name, without regard to case.
pub fn find(action: &str) -> Option<Action> {
    let (prefix, name) = action.split_once(':')?;
    let (prefix, found) = service(prefix)?;
    actions_of(prefix, found).get(&name.to_ascii_lowercase()).copied()
}

/// The actions that a pattern such as `s3:Get*` means, sorted by name.
pub fn matching(pattern: &str) -> Vec<Action> {
    let (service_pattern, name_pattern) = pattern.split_once(':').unwrap_or((pattern, "*"));
    let wanted = Pattern::new(&service_pattern.to_ascii_lowercase());
    let name = Pattern::new(name_pattern);
    let mut found: Vec<Action> = Vec::new();
    for (prefix, service) in index().iter().filter(|(prefix, _)| wanted.matches(prefix)) {
        found.extend(actions_of(prefix, service).values().filter(|a| name.matches_ignoring_case(a.name)));
    }
    found.sort_by_key(|a| (a.service, a.name));
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn actions_are_found_with_their_resources() {
        let create = find("Lambda:createfunction").unwrap();
        assert_eq!((create.service, create.name, create.level), ("lambda", "CreateFunction", AccessLevel::Write));
        let arns: Vec<String> = create.resources().iter().map(ActionResource::arn).collect();
        assert_eq!(arns, ["arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}"]);
        assert_eq!(
            find("iam:PassRole").unwrap().resources()[0].arn(),
            "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"
        );
        assert!(find("s3:ListAllMyBuckets").unwrap().resources().is_empty());
        assert!(find("s3:GetObjects").is_none());
        assert!(find("nothing").is_none());
        assert!(is_service("cloudformation") && !is_service("cloudformatoin"));
    }

    #[test]
    fn patterns_are_spelled_out() {
        let names = |p: &str| matching(p).iter().map(|a| format!("{}:{}", a.service, a.name)).collect::<Vec<_>>();
        assert_eq!(
            names("sqs:*Queue"),
            ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:PurgeQueue", "sqs:TagQueue", "sqs:UntagQueue"]
        );
        assert!(names("*").len() > 15_000);
        assert!(names("nope:*").is_empty());
    }
}
