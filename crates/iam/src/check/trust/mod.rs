//! Rules about trust policies.

pub(super) mod token_statement;

pub(super) mod t001_missing_subject;
pub(super) mod t002_audience;
pub(super) mod t003_tenant_wildcard;
pub(super) mod t004_prefix_collision;
pub(super) mod t005_pull_request;
pub(super) mod t006_subject_form;
pub(super) mod t007_absent_passes;
pub(super) mod t008_attacker_set;
pub(super) mod t009_literal_wildcard;
pub(super) mod t010_volatile_subject;
pub(super) mod t011_ref_type;
pub(super) mod t012_plan_and_apply;
pub(super) mod t013_everyone;
pub(super) mod t014_account_root;
pub(super) mod t015_service_principal;
pub(super) mod t016_session_rights;
pub(super) mod t017_session_length;
