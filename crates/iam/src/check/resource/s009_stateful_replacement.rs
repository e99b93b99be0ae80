//! RES-009: a change set that replaces a resource with data in it.

use super::is_stateful;
use crate::check::{Check, Replacement, Report, ResourceFacts, Rule};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "RES-009",
    severity: Severity::Error,
    title: "change set replaces a stateful resource",
    why: "CloudFormation makes an empty one and then removes or abandons the one with the data",
    check: Check::Resource(check),
};

fn check(facts: &ResourceFacts<'_>, report: &mut Report<'_>) {
    if !is_stateful(facts.resource_type) {
        return;
    }
    let kept = matches!(facts.update_replace_policy, Some(Some("Retain" | "Snapshot")));
    let after = if kept { "the old one is kept" } else { "the old one is deleted" };
    let fix = "undo the change of the property that forces it, or move the data first and say so in the release";
    match facts.replacement {
        Some(Replacement::Certain) => {
            report.add("", "certain", format!("`{}` will be replaced; {after}", facts.resource_type), fix)
        }
        Some(Replacement::Possible) => report.add_as(
            Severity::Warning,
            "",
            "possible",
            format!("`{}` may be replaced; {after}", facts.resource_type),
            fix,
        ),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::resource_facts;
    use crate::check::{Replacement, ResourceFacts};

    #[test]
    fn data_is_not_replaced() {
        let ask = |resource_type, replacement, policy| {
            resource_facts(
                "RES-009",
                &ResourceFacts {
                    name: "Orders",
                    resource_type,
                    replacement,
                    update_replace_policy: Some(policy),
                    ..Default::default()
                },
            )
        };
        let table = "AWS::DynamoDB::Table";
        assert_eq!(
            ask(table, Some(Replacement::Certain), None),
            ["error : `AWS::DynamoDB::Table` will be replaced; the old one is deleted"]
        );
        assert_eq!(
            ask(table, Some(Replacement::Possible), Some("Retain")),
            ["warning : `AWS::DynamoDB::Table` may be replaced; the old one is kept"]
        );
        assert!(ask(table, None, None).is_empty());
        assert!(ask("AWS::Lambda::Function", Some(Replacement::Certain), None).is_empty());
    }
}
