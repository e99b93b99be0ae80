//! Secrets from the environment of the command: `LANDFALL_SECRET_NAME`, and `LANDFALL_STAGE_SECRET_STAGE_NAME` for one
//! stage. A CI system's own secrets arrive there; nothing is kept.

use async_trait::async_trait;
use deploy::plan::SecretName;
use engine::ports::{Answer, Secrets};

/// Reads secrets from environment variables.
pub(crate) struct EnvironmentSecrets;

#[async_trait]
impl Secrets for EnvironmentSecrets {
    #[allow(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
    async fn read(&self, name: &SecretName) -> Answer<Option<String>> {
        Ok(std::env::var(variable(name)).ok())
    }
}

fn variable(name: &SecretName) -> String {
    let clean = |t: &str| t.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    match &name.stage {
        None => format!("LANDFALL_SECRET_{}", clean(&name.name)),
        Some(stage) => format!("LANDFALL_STAGE_SECRET_{}_{}", clean(stage), clean(&name.name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_variables() {
        let name = |stage: Option<&str>| SecretName { name: "DB-password".into(), stage: stage.map(str::to_owned) };
        assert_eq!(variable(&name(None)), "LANDFALL_SECRET_DB_PASSWORD");
        assert_eq!(variable(&name(Some("prod-us"))), "LANDFALL_STAGE_SECRET_PROD_US_DB_PASSWORD");
    }
}
