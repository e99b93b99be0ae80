//! The physical names of resources: the property that gives one, and the pattern of the one CloudFormation makes.
//!
//! CloudFormation makes `STACK-LOGICALID-SUFFIX`, cut in its parts to what the service takes ("Name type" in the template
//! reference). Patterns end where a cut could begin, so they hold for every logical id.

use super::registry::facts;

/// What a service takes as a name.
struct Style {
    resource_type: &'static str,
    /// Most characters that are used; 64 and more are not listed. Load balancers use fewer than they may.
    most: usize,
    lower: bool,
    /// The name begins with the logical id and the stack's name is not in it.
    logical: bool,
}

const fn style(resource_type: &'static str, most: usize, lower: bool) -> Style {
    Style { resource_type, most, lower, logical: false }
}

const fn logical(resource_type: &'static str) -> Style {
    Style { resource_type, most: 64, lower: false, logical: true }
}

const STYLES: &[Style] = &[
    style("AWS::S3::Bucket", 63, true),
    style("AWS::ECR::Repository", 64, true),
    style("AWS::RDS::DBInstance", 63, true),
    style("AWS::RDS::DBCluster", 63, true),
    style("AWS::RDS::DBSubnetGroup", 64, true),
    style("AWS::RDS::DBParameterGroup", 64, true),
    style("AWS::RDS::DBClusterParameterGroup", 64, true),
    style("AWS::Redshift::Cluster", 63, true),
    style("AWS::ElastiCache::ReplicationGroup", 20, true),
    style("AWS::ElastiCache::CacheCluster", 20, true),
    style("AWS::OpenSearchService::Domain", 28, true),
    style("AWS::Elasticsearch::Domain", 28, true),
    style("AWS::ElasticLoadBalancingV2::LoadBalancer", 24, false),
    style("AWS::ElasticLoadBalancingV2::TargetGroup", 24, false),
    style("AWS::ElasticLoadBalancing::LoadBalancer", 24, false),
    logical("AWS::StepFunctions::StateMachine"),
    logical("AWS::StepFunctions::Activity"),
    logical("AWS::SecretsManager::Secret"),
    logical("AWS::Lambda::LayerVersion"),
];

/// Name properties of types whose ARNs hold the name under another word, with that word.
const OWN_PLACES: &[(&str, &str, &str)] = &[
    ("AWS::SSM::Parameter", "Name", "ParameterNameWithoutLeadingSlash"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName", "PolicyName"),
    ("AWS::SecretsManager::Secret", "Name", "SecretId"),
    ("AWS::KMS::Alias", "AliasName", "Alias"),
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier", "DbInstanceName"),
    ("AWS::RDS::DBCluster", "DBClusterIdentifier", "DbClusterInstanceName"),
    ("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName", "SubnetGroupName"),
    ("AWS::RDS::DBParameterGroup", "DBParameterGroupName", "ParameterGroupName"),
    ("AWS::RDS::DBClusterParameterGroup", "DBClusterParameterGroupName", "ClusterParameterGroupName"),
    ("AWS::ElastiCache::ReplicationGroup", "ReplicationGroupId", "ReplicationGroupId"),
    ("AWS::ElastiCache::CacheCluster", "ClusterName", "CacheClusterId"),
    ("AWS::Lambda::LayerVersion", "LayerName", "LayerName"),
    ("AWS::CloudFormation::Stack", "StackName", "StackName"),
];

/// The property that holds a type's physical name, where its ARN holds that name.
pub fn name_property(resource_type: &str) -> Option<&'static str> {
    let by_hand = OWN_PLACES.iter().find(|(t, _, _)| *t == resource_type).map(|(_, property, _)| *property);
    by_hand.or_else(|| facts(resource_type)?.name_property)
}

/// Whether a place in an ARN is for the type's own physical name, by the list above.
pub(super) fn is_own_place(resource_type: &str, place: &str) -> bool {
    OWN_PLACES.iter().any(|(t, _, own)| *t == resource_type && *own == place)
}

/// Patterns of the name that CloudFormation makes for a resource without one. `stack` may itself be a pattern, as the
/// name of a nested stack is.
pub fn made_names(resource_type: &str, logical_id: &str, stack: Option<&str>) -> Vec<String> {
    let style = STYLES.iter().find(|s| s.resource_type == resource_type);
    let most = style.map_or(64, |s| s.most);
    let cased = |text: String| if style.is_some_and(|s| s.lower) { text.to_ascii_lowercase() } else { text };
    let of_stack = cased(stack.map_or_else(|| "*".to_owned(), |stack| start(stack, most)));
    match resource_type {
        "AWS::SSM::Parameter" => return vec![format!("CFN-{logical_id}-*"), of_stack],
        "AWS::CloudFormation::Stack" => {
            return vec![stack.map_or_else(|| "*".to_owned(), |stack| nested_stack(stack, logical_id))];
        }
        // Seen in many outputs of stacks: the stack's name is never in it.
        "AWS::StepFunctions::StateMachine" => return vec![start(logical_id, most)],
        _ if style.is_some_and(|s| s.logical) => {
            return vec![cased(start(logical_id, most)), of_stack];
        }
        _ => {}
    }
    vec![of_stack]
}

/// The pattern of a nested stack's name. `stack` is that of the stack around it, or itself a pattern.
pub fn nested_stack(stack: &str, logical_id: &str) -> String {
    let whole = format!("{stack}-{logical_id}-*");
    let longest = whole.len() + SUFFIX * whole.matches('*').count();
    if longest <= STACK_NAME { whole } else { start(&whole, STACK_NAME) }
}

/// Most characters of a stack's name (CloudFormation quotas).
const STACK_NAME: usize = 128;
/// Most characters that stand for a star in a nested stack's name.
const SUFFIX: usize = 13;

/// The start of a made name that no cut reaches: a suffix of 12 characters and two hyphens are set aside, and of the
/// rest each part keeps at least half.
fn start(part: &str, most: usize) -> String {
    let kept = most.saturating_sub(14) / 2 - usize::from(most > 40);
    let (fixed, open) = part.split_once('*').map_or((part, false), |(fixed, _)| (fixed, true));
    let cut: String = fixed.chars().take(kept).collect();
    if open || cut.len() < fixed.len() { format!("{cut}*") } else { format!("{cut}-*") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_names_keep_what_no_cut_reaches() {
        let made = |t, stack| made_names(t, "Orders", Some(stack)).join(" ");
        assert_eq!(made("AWS::Lambda::Function", "shop"), "shop-*");
        assert_eq!(made("AWS::Lambda::Function", "a-very-long-name-of-a-stack"), "a-very-long-name-of-a-st*");
        assert_eq!(made("AWS::S3::Bucket", "Shop"), "shop-*");
        assert_eq!(made("AWS::ElasticLoadBalancingV2::TargetGroup", "checkout-service"), "check*");
        assert_eq!(made("AWS::StepFunctions::StateMachine", "shop"), "Orders-*");
        assert_eq!(made("AWS::StepFunctions::Activity", "shop"), "Orders-* shop-*");
        assert_eq!(made("AWS::SSM::Parameter", "shop"), "CFN-Orders-* shop-*");
        assert_eq!(made("AWS::SQS::Queue", "shop-Inner-*"), "shop-Inner-*");
        assert_eq!(made_names("AWS::SQS::Queue", "Q", None), ["*"]);
    }
}
