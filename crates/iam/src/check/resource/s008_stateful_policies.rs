//! RES-008: data that goes with its resource.

use super::is_stateful;
use crate::check::{Check, Report, ResourceFacts, Rule};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "RES-008",
    severity: Severity::Warning,
    title: "stateful resource without deletion or replacement policy",
    why: "deleting the stack, removing the resource from the template, or a change that replaces it takes the data with it",
    check: Check::Resource(check),
};

fn check(facts: &ResourceFacts<'_>, report: &mut Report<'_>) {
    if !is_stateful(facts.resource_type) {
        return;
    }
    let policies = [("DeletionPolicy", facts.deletion_policy), ("UpdateReplacePolicy", facts.update_replace_policy)];
    let missing: Vec<&str> =
        policies.into_iter().filter(|(_, value)| *value == Some(None)).map(|(name, _)| name).collect();
    if !missing.is_empty() {
        let named = missing.join("` and `");
        let fixes: Vec<String> = missing.iter().map(|name| format!("`{name}: Retain`")).collect();
        report.add(
            "",
            &named,
            format!("`{}` has no `{named}`", facts.resource_type),
            format!("write {} beside `Type`; `Delete`, if the data may go, says so as well", fixes.join(" and ")),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::ResourceFacts;
    use crate::check::samples::resource_facts;

    #[test]
    fn what_becomes_of_data_is_said() {
        let ask = |resource_type, deletion, replacement| {
            resource_facts(
                "RES-008",
                &ResourceFacts {
                    name: "Orders",
                    resource_type,
                    deletion_policy: deletion,
                    update_replace_policy: replacement,
                    ..Default::default()
                },
            )
        };
        let table = "AWS::DynamoDB::Table";
        assert_eq!(
            ask(table, Some(None), Some(None)),
            ["warning : `AWS::DynamoDB::Table` has no `DeletionPolicy` and `UpdateReplacePolicy`"]
        );
        assert_eq!(
            ask(table, Some(Some("Retain")), Some(None)),
            ["warning : `AWS::DynamoDB::Table` has no `UpdateReplacePolicy`"]
        );
        assert!(ask(table, Some(Some("Retain")), Some(Some("Delete"))).is_empty());
        assert!(ask(table, None, None).is_empty(), "not from a template");
        assert!(ask("AWS::Lambda::Function", Some(None), Some(None)).is_empty());
    }
}
