//! May this principal do this? The one door to policy decisions.

use crate::call::{AwsError, Call};
use crate::identity::Principal;
use crate::world::World;

/// A question for the policy engine.
#[derive(Debug, Clone, Default)]
pub struct Question<'a> {
    /// The action, for example `cloudformation:CreateStack`.
    pub action: &'a str,
    /// The ARN of what it acts on, `*` for actions without resources.
    pub resource: &'a str,
    /// Condition keys beside the global ones, which are filled in.
    pub context: Vec<(String, Vec<String>)>,
    /// The policy of the resource, and the account that owns the resource.
    pub resource_policy: Option<&'a str>,
    /// The account that owns the resource, where the ARN does not say it (S3).
    pub resource_account: Option<&'a base::AccountId>,
}

impl Call<'_> {
    /// Whether the caller may do `action` on `resource`; the error is the service's refusal.
    pub fn authorize(
        &self,
        world: &World,
        action: &str,
        resource: &str,
        context: &[(&str, &str)],
    ) -> Result<(), AwsError> {
        let context = context.iter().map(|(k, v)| ((*k).to_owned(), vec![(*v).to_owned()])).collect();
        self.ask(world, &Question { action, resource, context, ..Question::default() })
    }

    /// The same for a question with every part.
    pub fn ask(&self, world: &World, question: &Question<'_>) -> Result<(), AwsError> {
        authorize_as(world, &self.principal, self.region.as_str(), question)
    }
}

/// Whether a principal may do something, for services that act as a role or on behalf of a caller.
pub fn authorize_as(
    _world: &World,
    principal: &Principal,
    _region: &str,
    _question: &Question<'_>,
) -> Result<(), AwsError> {
    match principal {
        Principal::Anonymous => Err(crate::authenticate::missing_token()),
        _ => Ok(()),
    }
}
