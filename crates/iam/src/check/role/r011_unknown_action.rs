//! ROLE-011: actions that do not exist, and resources that an action is never about.

use super::within;
use crate::check::{Check, Report, RoleFacts, Rule};
use crate::pattern::Pattern;
use crate::permissions::actions::{self, Action};
use crate::policy::Statement;
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "ROLE-011",
    severity: Severity::Warning,
    title: "unknown action, or a resource that the action is never about",
    why: "IAM accepts such a statement and it never applies, so an allow is missing, or a deny does not protect",
    check: Check::Role(check),
};

fn check(facts: &RoleFacts<'_>, report: &mut Report<'_>) {
    for policy in facts.policies.iter().chain(&facts.boundary) {
        for statement in &policy.document.statements {
            for (index, text) in
                statement.actions.values.iter().enumerate().filter(|(_, t)| t.contains(':') && !t.contains("{{"))
            {
                let path = within(policy, &statement.actions.values.path(&statement.actions_path(), index));
                if let Some((message, fix)) = unknown(text) {
                    report.add(path, text, message, fix);
                } else if let Some((message, fix)) = mismatch(statement, text) {
                    report.add(path, &format!("{text} resource"), message, fix);
                }
            }
        }
    }
}

fn unknown(text: &str) -> Option<(String, String)> {
    let (service, name) = text.split_once(':')?;
    let whole_service = !service.contains(['*', '?']);
    if whole_service && !actions::is_service(service) {
        return Some((
            format!("`{service}` is no service prefix"),
            "write the prefix of the service authorization reference, such as `s3` or `states`".to_owned(),
        ));
    }
    let pattern = name.contains(['*', '?']) || !whole_service;
    if (pattern && !actions::matching(text).is_empty()) || (!pattern && actions::find(text).is_some()) {
        return None;
    }
    let near = actions::matching(&format!("{service}:*"))
        .into_iter()
        .min_by_key(|a| distance(a.name, name))
        .filter(|a| distance(a.name, name) <= 1 + name.len() / 4);
    let fix = near.map_or_else(
        || "see the service authorization reference for the actions of this service".to_owned(),
        |a| format!("write `{service}:{}`", a.name),
    );
    Some((format!("`{text}` is no known action"), fix))
}

/// Whether none of the statement's resources can be one that the action is about.
fn mismatch(statement: &Statement, text: &str) -> Option<(String, String)> {
    let resources = statement.resources.as_ref().filter(|r| !r.negated && !statement.actions.negated)?;
    // The reference lists API Gateway's verbs for a part of its paths only.
    let action = actions::find(text).filter(|a| a.service != "apigateway")?;
    if resources.values.iter().any(|r| Pattern::new(r).is_everything() || r.contains("{{") || r.contains("${")) {
        return None;
    }
    let kinds = action.resources();
    // What is no ARN is told about its form.
    if resources.values.iter().any(|r| !r.starts_with("arn:")) {
        return None;
    }
    if kinds.is_empty() {
        if resources.values.iter().any(|r| is_whole_kind(r, action.service)) {
            return None;
        }
        return Some((
            format!("`{text}` can only be allowed on `*`"),
            "give the action a statement of its own with `\"Resource\": \"*\"`".to_owned(),
        ));
    }
    // Transforms of AWS itself are asked about beside the stack (CloudFormation User Guide, macros); the reference
    // leaves them out.
    let transform = |resource: &str| {
        let pattern = Pattern::new("arn:*:cloudformation:*:aws:transform/*");
        ["CreateChangeSet", "CreateStack", "UpdateStack"].contains(&action.name)
            && action.service == "cloudformation"
            && pattern.overlaps_arn(&Pattern::new(resource))
    };
    let fits = |resource: &str| {
        kinds.iter().any(|kind| may_be(&action, kind.name, &kind.arn(), resource)) || transform(resource)
    };
    if resources.values.iter().any(fits) {
        return None;
    }
    let forms: Vec<String> = kinds.iter().take(3).map(|k| format!("`{}`", k.arn())).collect();
    Some((
        format!("`{text}` is never about the statement's resources"),
        format!("write a resource of the form {}", forms.join(" or ")),
    ))
}

/// Whether an ARN pattern means all things of a service, or all of one kind, such as `role/*`. Services ask about such an
/// ARN where the reference lists none: IAM about `role/` for `ListRoles`, CloudWatch Logs about `log-group::log-stream:`.
fn is_whole_kind(resource: &str, service: &str) -> bool {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let [_, _, of, _, _, name] = parts.as_slice() else { return false };
    let open = |text: &str| text.chars().all(|c| matches!(c, '*' | '?' | '/' | ':'));
    let after = name.find(['/', ':']).map_or(*name, |at| &name[at..]);
    (*of == service || *of == "*") && open(after)
}

fn may_be(action: &Action, kind: &str, arn: &str, resource: &str) -> bool {
    // A bucket's ARN has no slash, though a pattern of its name would match one.
    if action.service == "s3" && kind == "bucket" && resource.contains('/') {
        return false;
    }
    let mut pattern = String::new();
    let mut rest = arn;
    while let Some((before, after)) = rest.split_once("${") {
        pattern.push_str(before);
        pattern.push('*');
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    pattern.push_str(rest);
    Pattern::new(&pattern).overlaps_arn(&Pattern::new(resource))
}

/// Edit distance without regard to case.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let change = before + usize::from(x != y);
            before = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use crate::check::samples::role;
    use serde_json::json;

    #[test]
    fn actions_and_resources_exist() {
        let ask = |action: &str, resource: &str| {
            role("ROLE-011", json!({"Effect": "Allow", "Action": action, "Resource": resource}))
        };
        assert_eq!(ask("s3:GetObjects", "*"), ["warning /inline/Statement/Action: `s3:GetObjects` is no known action"]);
        assert_eq!(
            ask("stepfunctions:StartExecution", "*"),
            ["warning /inline/Statement/Action: `stepfunctions` is no service prefix"]
        );
        assert_eq!(ask("lambda:Invok?Functions", "*").len(), 1);
        assert_eq!(
            ask("s3:GetObject", "arn:aws:s3:::b"),
            ["warning /inline/Statement/Action: `s3:GetObject` is never about the statement's resources"]
        );
        assert_eq!(ask("s3:ListBucket", "arn:aws:s3:::b/*").len(), 1);
        assert_eq!(
            ask("s3:ListAllMyBuckets", "arn:aws:s3:::b"),
            ["warning /inline/Statement/Action: `s3:ListAllMyBuckets` can only be allowed on `*`"]
        );
        assert_eq!(ask("logs:DescribeLogGroups", "arn:aws:logs:*:*:log-group:/app/*").len(), 1);
        assert_eq!(ask("iam:ListRoles", "arn:aws:s3:::*").len(), 1);
        assert_eq!(ask("lambda:InvokeFunction", "arn:aws:sqs:us-east-1:1:q").len(), 1);
        for (action, resource) in [
            ("s3:GetObject", "arn:aws:s3:::b/*"),
            ("s3:ListBucket", "arn:aws:s3:::b"),
            ("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
            ("iam:ListRoles", "arn:aws:iam::222222222222:role/*"),
            ("logs:DescribeLogGroups", "arn:aws:logs:us-east-1:222222222222:log-group:*"),
            ("s3:getobject", "arn:aws:s3:::*"),
            ("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:x"),
            ("lambda:InvokeFunction", "{{Fn.Arn}}"),
            ("dynamodb:Query", "arn:aws:dynamodb:us-east-1:1:table/t/index/*"),
            ("apigateway:GET", "arn:aws:apigateway:*::/restapis/*"),
            ("cloudformation:CreateChangeSet", "arn:aws:cloudformation:us-east-1:aws:transform/Serverless-2016-10-31"),
            ("*", "*"),
            ("ec2:Describe*", "*"),
        ] {
            assert_eq!(ask(action, resource), [""; 0], "{action} {resource}");
        }
    }
}
