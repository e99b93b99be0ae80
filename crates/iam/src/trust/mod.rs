//! Trust between continuous integration and roles: the policies we write, the tokens they meet, and how far a subject
//! pattern reaches.

mod build;
mod issuer;
mod subject;
mod token;

pub use build::{
    CiIdentity, GitHubIds, GitHubPlace, HubTrust, RunPhase, SubjectForm, any_trust, ci_trust, hub_trust, instance_trust,
};
pub use issuer::Issuer;
pub use subject::{Reach, reach};
pub use token::{Door, Refusal, Token, accept, enter};
