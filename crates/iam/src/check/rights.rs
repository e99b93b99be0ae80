//! How far the rights of a role go, for those who ask whom it may let in.

use super::RoleFacts;
use crate::permissions::actions::{self, AccessLevel};
use crate::policy::{ConditionEntry, Effect, Quantifier, Statement};

/// How far the rights of a role go at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rights {
    /// They are not at hand, or go further than the others.
    #[default]
    Any,
    /// It sees how things are set up, and objects below a prefix of a bucket. It changes nothing and reads no secrets.
    Reads,
    /// That, and it enters roles that it names.
    Enters,
}

/// Services whose actions of the classes `List` and `Read` tell how things are set up, and give out no data, no secrets
/// and no credentials.
const DESCRIBING: [&str; 4] = ["cloudformation", "cloudwatch", "iam", "organizations"];
/// What a role that enters others is allowed for it.
const ENTERING: [&str; 3] = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"];

impl Rights {
    /// The rights that policies give. Managed policies whose text is not at hand may give any; what a deny or a boundary
    /// takes away again is not counted.
    pub fn of(facts: &RoleFacts<'_>) -> Self {
        let allows = facts.policies.iter().flat_map(|p| &p.document.statements).filter(|s| s.effect == Effect::Allow);
        let at_hand = facts.managed.is_empty() && !facts.policies.is_empty();
        let mut rights = if at_hand { Self::Reads } else { Self::Any };
        for statement in allows {
            rights = match (rights, given(statement)) {
                (Self::Any, _) | (_, Self::Any) => Self::Any,
                (Self::Reads, Self::Reads) => Self::Reads,
                _ => Self::Enters,
            };
        }
        rights
    }
}

fn given(statement: &Statement) -> Rights {
    let Some(resources) = statement.resources.as_ref().filter(|r| !r.negated && !statement.actions.negated) else {
        return Rights::Any;
    };
    let each = |test: &dyn Fn(&str) -> bool| statement.actions.values.iter().all(test);
    let every = |test: &dyn Fn(&str) -> bool| resources.values.iter().all(test);
    if each(&describes)
        || each(&|a| is(a, "s3:ListBucket"))
        || each(&|a| is(a, "s3:GetObject")) && every(&below_a_prefix)
        || each(&|a| is(a, "kms:Decrypt")) && statement.conditions.iter().any(is_for_objects)
    {
        Rights::Reads
    } else if each(&|a| ENTERING.iter().any(|one| is(a, one))) && every(&|r| r.contains(":role/") && !r.ends_with('*'))
    {
        Rights::Enters
    } else {
        Rights::Any
    }
}

fn is(action: &str, name: &str) -> bool {
    action.eq_ignore_ascii_case(name)
}

fn describes(pattern: &str) -> bool {
    let meant = actions::matching(pattern);
    let reads = |level| matches!(level, AccessLevel::List | AccessLevel::Read);
    !meant.is_empty() && meant.iter().all(|a| DESCRIBING.contains(&a.service) && reads(a.level))
}

/// Whether a key is used by S3 alone, for objects that another statement gives.
fn is_for_objects(condition: &ConditionEntry) -> bool {
    let by_s3 = condition.key.eq_ignore_ascii_case("kms:ViaService") && !condition.operator.if_exists;
    by_s3
        && !condition.operator.comparison.is_negated()
        && condition.operator.quantifier == Quantifier::None
        && condition.values.iter().all(|service| service.starts_with("s3."))
}

/// Whether objects are meant whose keys start with a text that is given, in a bucket that is named.
fn below_a_prefix(resource: &str) -> bool {
    let Some((bucket, key)) = resource.split(":::").nth(1).and_then(|rest| rest.split_once('/')) else { return false };
    !bucket.contains(['*', '?']) && !key.starts_with(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::Rights;
    use crate::check::RoleFacts;
    use crate::check::samples::document;
    use crate::evaluate::NamedPolicy;
    use crate::policy::Kind;
    use serde_json::{Value, json};

    fn rights(statements: &[(Value, &str)]) -> Rights {
        let statements: Vec<Value> = statements
            .iter()
            .map(|(action, resource)| json!({"Effect": "Allow", "Action": action, "Resource": resource}))
            .collect();
        let policies = vec![NamedPolicy::new("inline", document(Kind::Identity, json!(statements)))];
        Rights::of(&RoleFacts { policies, ..RoleFacts::default() })
    }

    #[test]
    fn policies_that_are_not_at_hand_may_give_anything() {
        assert_eq!(rights(&[]), Rights::Reads, "a policy that allows nothing");
        assert_eq!(Rights::of(&RoleFacts::default()), Rights::Any);
    }

    #[test]
    fn a_key_that_only_s3_uses_opens_objects() {
        let by = |condition: Value| {
            let statement =
                json!({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": condition});
            let policies = vec![NamedPolicy::new("inline", document(Kind::Identity, json!([statement])))];
            Rights::of(&RoleFacts { policies, ..RoleFacts::default() })
        };
        assert_eq!(by(json!({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}})), Rights::Reads);
        for open in [
            json!({}),
            json!({"StringEquals": {"kms:ViaService": ["s3.eu-west-1.amazonaws.com", "ssm.eu-west-1.amazonaws.com"]}}),
            json!({"StringNotEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
            json!({"StringEqualsIfExists": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
        ] {
            assert_eq!(by(open.clone()), Rights::Any, "{open}");
        }
    }

    #[test]
    fn only_what_describes_is_reading() {
        let role = "arn:aws:iam::222222222222:role/landfall/landfall-orders.staging-plan";
        let good = [
            (json!(["cloudformation:DescribeStacks", "iam:GetRole", "organizations:List*"]), "*"),
            (json!("s3:ListBucket"), "arn:aws:s3:::b"),
            (json!("s3:GetObject"), "arn:aws:s3:::b/state/orders/*"),
        ];
        assert_eq!(rights(&good), Rights::Reads);
        let enters = (json!(["sts:AssumeRole", "sts:TagSession"]), role);
        assert_eq!(rights(&[good[0].clone(), enters]), Rights::Enters);
        for (action, resource) in [
            ("cloudformation:*", "*"),
            ("cloudformation:CreateChangeSet", "*"),
            ("iam:PassRole", role),
            ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:222222222222:secret:a"),
            ("ssm:GetParameter", "*"),
            ("lambda:GetFunction", "*"),
            ("s3:GetObject", "arn:aws:s3:::b/*"),
            ("s3:GetObject", "arn:aws:s3:::*/state/orders"),
            ("s3:PutObject", "arn:aws:s3:::b/state/orders/*"),
            ("sts:AssumeRole", "arn:aws:iam::222222222222:role/*"),
            ("no:Such", "*"),
        ] {
            assert_eq!(rights(&[good[0].clone(), (json!(action), resource)]), Rights::Any, "{action} on {resource}");
        }
    }
}
