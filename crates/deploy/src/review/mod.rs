//! What templates and policy files say about access and data, put before the rules of the catalogue (`iam::check`).
//!
//! The extractor reads an expanded template: [`template`] finds roles, users, groups, the policies of buckets, queues,
//! topics, keys, repositories and secrets, function permissions and URLs, and stateful resources, wherever templates can
//! hold them, and every finding gets the place in the user's own text. [`document`] does the same for a policy that is a
//! file of its own, [`change_set`] for the description of a change set, [`authorization_details`] for a printed account, [`account::role`] for the roles that an account
//! really has.
//!
//! Absent: reading files, and today's date, which [`suppress`] is told.

pub mod account;
mod change_set;
mod collect;
mod details;
mod document;
mod file;
mod found;
mod identity;
mod repository;
mod resource;
mod settle;
mod sound;
pub mod suppress;

pub use change_set::{change_set, is_change_set};
pub use details::{authorization_details, is_authorization_details};
pub use file::{additional, document, is_policy};
pub use found::{Excuse, Found};
pub use repository::Repository;
pub use sound::sound;
pub(crate) use sound::values;

use base::Diagnostics;
use collect::Collector;
use settle::Settler;
use template::Node;
use template::model::Template;

/// Reviews a template that is plain CloudFormation, for a SAM template its expansion. `source` is the template as the
/// user wrote it: what the expansion made without a place is shown where the resource stands that it was made from.
/// `repository` is the one whose jobs deploy, where that is known.
pub fn template(expanded: &Node, source: &Node, repository: Option<&Repository>) -> (Vec<Found>, Diagnostics) {
    let (model, _) = Template::read(expanded);
    let settler = Settler::new(&model);
    let mut collector = Collector::new(&model, &settler, source, repository);
    identity::review(&mut collector);
    resource::review(&mut collector);
    collector.finish()
}
