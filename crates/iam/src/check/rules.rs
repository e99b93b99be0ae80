//! The catalogue: one line for each rule.

use super::Rule;
use super::resource as s;
use super::role as r;
use super::trust as t;

/// All rules, in order of id within each family.
pub static RULES: &[Rule] = &[
    t::t001_missing_subject::RULE,
    t::t002_audience::RULE,
    t::t003_tenant_wildcard::RULE,
    t::t004_prefix_collision::RULE,
    t::t005_pull_request::RULE,
    t::t006_subject_form::RULE,
    t::t007_absent_passes::RULE,
    t::t008_attacker_set::RULE,
    t::t009_literal_wildcard::RULE,
    t::t010_volatile_subject::RULE,
    t::t011_ref_type::RULE,
    t::t012_plan_and_apply::RULE,
    t::t013_everyone::RULE,
    t::t014_account_root::RULE,
    t::t015_service_principal::RULE,
    t::t016_session_rights::RULE,
    t::t017_session_length::RULE,
    r::r001_everything::RULE,
    r::r002_service_wildcard::RULE,
    r::r003_pass_role::RULE,
    r::r004_escalation::RULE,
    r::r005_unbounded_roles::RULE,
    r::r006_own_limits::RULE,
    r::r007_not_elements::RULE,
    r::r008_credentials::RULE,
    r::r009_exfiltration::RULE,
    r::r010_literal_wildcard::RULE,
    r::r011_unknown_action::RULE,
    s::s001_bucket_transport::RULE,
    s::s002_cross_account_grant::RULE,
    s::s003_key_policy::RULE,
    s::s004_mutable_tags::RULE,
    s::s005_function_url::RULE,
    s::s006_invoke_permission::RULE,
    s::s007_secret_literal::RULE,
    s::s008_stateful_policies::RULE,
    s::s009_stateful_replacement::RULE,
];

/// A rule by id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_whole_and_in_order() {
        let expected: Vec<String> = [("TRUST", 17), ("ROLE", 11), ("RES", 9)]
            .iter()
            .flat_map(|(family, count)| (1..=*count).map(move |n| format!("{family}-{n:03}")))
            .collect();
        assert_eq!(RULES.iter().map(|r| r.id.to_owned()).collect::<Vec<_>>(), expected);
    }
}
