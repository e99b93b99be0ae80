//! Secrets put in at the last moment, and kept out of everything that is shown or written.

use super::Performer;
use crate::ports::{Answer, Failure, FailureKind};
use deploy::plan::{SecretName, Text, TextPart};

/// Shorter values are not masked: they would hide half of every line, and are no secrets.
const SHORTEST: usize = 4;

/// The text with its secrets.
pub(super) async fn reveal(on: &Performer<'_>, text: &Text) -> Answer<String> {
    match text {
        Text::Plain(text) => Ok(text.clone()),
        Text::Deferred(expression) => {
            let message = format!("`{expression}` was not evaluated");
            Err(Failure::new(FailureKind::Conflict, "Deferred", message))
        }
        Text::Secret(parts) => {
            let mut out = String::new();
            for part in parts {
                match part {
                    TextPart::Plain(text) => out.push_str(text),
                    TextPart::Secret(name) => out.push_str(&read(on, name).await?),
                }
            }
            Ok(out)
        }
    }
}

async fn read(on: &Performer<'_>, name: &SecretName) -> Answer<String> {
    on.ports.secrets.read(name).await?.ok_or_else(|| {
        let place = name.stage.as_ref().map(|s| format!(" of stage `{s}`")).unwrap_or_default();
        Failure::new(FailureKind::NotFound, "SecretMissing", format!("there is no secret `{}`{place}", name.name))
    })
}

/// The values of all secrets in some texts, longest first.
pub(super) async fn values(on: &Performer<'_>, texts: impl Iterator<Item = &Text>) -> Answer<Vec<String>> {
    let mut values = Vec::new();
    for name in texts.flat_map(Text::secrets) {
        values.push(read(on, name).await?);
    }
    values.sort_by_key(|v| std::cmp::Reverse(v.len()));
    values.dedup();
    Ok(values)
}

/// The line with every secret value hidden.
pub(super) fn mask(line: &str, values: &[String]) -> String {
    let long = values.iter().filter(|v| v.len() >= SHORTEST);
    long.fold(line.to_owned(), |line, value| line.replace(value.as_str(), "****"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_occurrence_is_hidden() {
        let values = ["hunter2hunter2".to_owned(), "hunter2".to_owned(), "a".to_owned()];
        assert_eq!(mask("a=hunter2 b=hunter2hunter2", &values), "a=**** b=****");
    }
}
