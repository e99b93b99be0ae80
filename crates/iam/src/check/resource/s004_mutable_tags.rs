//! RES-004: image tags that can be moved.

use crate::check::{Check, Report, ResourceFacts, Rule};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "RES-004",
    severity: Severity::Warning,
    title: "image tags can be moved",
    why: "what was tested and what is deployed under the same tag may differ",
    check: Check::Resource(check),
};

fn check(facts: &ResourceFacts<'_>, report: &mut Report<'_>) {
    if facts.resource_type != "AWS::ECR::Repository" || facts.properties.is_none() {
        return;
    }
    let set = facts.has("/ImageTagMutability");
    let immutable = facts.text("/ImageTagMutability").is_some_and(|v| v.starts_with("IMMUTABLE"));
    // A value that is not known yet may well be right.
    let unknown = set && facts.text("/ImageTagMutability").is_none();
    if !immutable && !unknown {
        let path = if set { "/ImageTagMutability" } else { "" };
        report.add(path, "tags", "tags can be moved to other images", "set `ImageTagMutability: IMMUTABLE`");
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::resource;
    use serde_json::json;

    #[test]
    fn tags_stay() {
        let repository = |properties| resource("RES-004", "AWS::ECR::Repository", properties, None);
        assert_eq!(repository(json!({})), ["warning : tags can be moved to other images"]);
        assert_eq!(repository(json!({"ImageTagMutability": "MUTABLE"})).len(), 1);
        assert!(repository(json!({"ImageTagMutability": "IMMUTABLE"})).is_empty());
        assert!(repository(json!({"ImageTagMutability": "IMMUTABLE_WITH_EXCLUSION"})).is_empty());
        assert!(repository(json!({"ImageTagMutability": {"Ref": "Mode"}})).is_empty());
    }
}
