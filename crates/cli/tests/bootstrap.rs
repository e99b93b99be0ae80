//! The proof of the bootstrap: an organization of twelve accounts from nothing, the example pipelines deployed by the roles
//! that were made for them and by nothing else, each permission of each role taken away in turn, and what nobody may do.
//!
//! The sandbox asks what AWS asks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stdout,
    unreachable_pub
)]

#[path = "proof/direct.rs"]
mod direct;
#[path = "simulated/doors.rs"]
mod doors;
#[path = "proof/examples.rs"]
mod examples;
#[path = "proof/forbidden.rs"]
mod forbidden;
#[path = "proof/in_aws.rs"]
mod in_aws;
#[path = "proof/killed.rs"]
mod killed;
#[path = "proof/organization.rs"]
mod organization;
#[path = "proof/permissions.rs"]
mod permissions;
#[path = "proof/releases.rs"]
mod releases;
#[path = "proof/requests.rs"]
mod requests;
#[path = "proof/runs.rs"]
mod runs;
#[path = "proof/stack_of.rs"]
mod stack_of;
#[path = "proof/sweep.rs"]
mod sweep;
#[path = "proof/templates.rs"]
mod templates;

use organization::{Desk, PRODUCTION, STAGING, bootstrapped, stacks};
use sweep::{Place, Stage, Swept};

#[test]
fn twelve_accounts_from_nothing() {
    let (world, said) = bootstrapped();
    assert!(said.text.contains("11 accounts, stacks: 29 made"), "{}", said.text);
    let made = stacks(world);
    assert_eq!(made.len(), 29);
    assert!(made.iter().all(|s| s.ends_with("CREATE_COMPLETE protected")), "{made:#?}");

    // Safe to repeat, and in CI.
    let desk = Desk::new();
    world.save(&desk.world_folder()).unwrap();
    let again = desk.landfall("bootstrap --no-input");
    assert_eq!(again.code, 0, "{}", again.text);
    assert!(again.text.contains("nothing to do"), "{}", again.text);
    assert_eq!(stacks(&desk.world()), made);
}

#[test]
fn the_examples_go_through_all_stages_by_the_derived_roles() {
    assert_eq!(examples::all(), examples::expected());
}

/// The first account of each stage; the others have the same roles.
const PLACES: [Place; 7] = [
    Place { pipeline: "invoices", stage: "staging", account: STAGING, region: "eu-west-1" },
    Place { pipeline: "invoices", stage: "production", account: PRODUCTION[0], region: "eu-west-1" },
    Place { pipeline: "notices", stage: "staging", account: STAGING, region: "eu-west-1" },
    Place { pipeline: "notices", stage: "production", account: PRODUCTION[0], region: "eu-west-1" },
    Place { pipeline: "notices", stage: "production", account: PRODUCTION[0], region: "us-east-1" },
    Place { pipeline: "orders", stage: "staging", account: STAGING, region: "eu-west-1" },
    Place { pipeline: "orders", stage: "production", account: PRODUCTION[0], region: "eu-west-1" },
];

/// Sweeps the stages of a pipeline.
fn sweep(pipeline: &str) {
    let mut swept = Swept::default();
    for place in PLACES.into_iter().filter(|p| p.pipeline == pipeline) {
        Stage::new(place).sweep(&mut swept);
    }
    println!(
        "{pipeline}: taken away {:?}, as in another stage {}, failed {:?}, by documents {}",
        swept.taken, swept.same, swept.failed, swept.documented
    );
    let idle: Vec<String> = swept.idle.iter().map(ToString::to_string).collect();
    assert!(idle.is_empty(), "nothing needs:\n{}", idle.join("\n"));
}

#[test]
fn every_permission_of_invoices_is_needed() {
    sweep("invoices");
}

#[test]
fn every_permission_of_notices_is_needed() {
    sweep("notices");
}

#[test]
fn every_permission_of_orders_is_needed() {
    sweep("orders");
}

/// The other accounts of a fleet have the same roles, word for word.
#[test]
fn the_accounts_of_a_stage_have_the_same_roles() {
    let world = &bootstrapped().0;
    for role in ["landfall-orders.production-deploy", "landfall-orders.production-exec"] {
        let shape = |id: &str| permissions::shape(world, &organization::account(id), role);
        assert!(PRODUCTION.iter().all(|id| shape(id) == shape(PRODUCTION[0])));
    }
}

#[test]
fn what_nobody_may_do_is_refused_and_works_for_whom_it_is() {
    let wrong: Vec<String> = forbidden::CASES.iter().filter_map(forbidden::wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} forbidden acts", forbidden::CASES.len());
}

#[test]
fn what_no_template_may_do_is_refused_to_cloudformation() {
    let wrong = templates::wrong();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} forbidden templates", templates::refused().len());
}

#[test]
fn a_bootstrap_that_dies_after_any_change_is_finished_by_the_next() {
    println!("{} changes", killed::after_each_change());
}

#[test]
fn accounts_that_trust_the_ci_are_entered_with_its_token_alone() {
    direct::deployed_with_a_token_alone();
}

#[test]
fn a_job_that_may_ask_for_tokens_enters_accounts_with_them() {
    direct::deployed_with_tokens_for_the_asking();
}

#[test]
fn pull_requests_plan_with_roles_that_only_read() {
    println!("{} permissions of plan roles taken away", requests::each_permission_is_needed());
}

#[test]
fn tokens_of_pull_requests_open_plan_roles_alone() {
    requests::tokens_open_their_own_roles();
}

#[test]
fn a_plan_by_plan_roles_that_are_not_made_is_refused() {
    requests::without_plan_roles_it_is_said();
}
