//! Text that may not be known yet or must not be written down.

use crate::expression::{Secret, SecretPart, SecretRef, Value};
use serde::{Deserialize, Serialize};

/// A text of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Text {
    /// Known.
    Plain(String),
    /// Known but for secrets, which are put in when the call is made.
    Secret(Vec<TextPart>),
    /// Known once other steps have run: an expression in the form of a pipeline file.
    Deferred(String),
}

/// A part of a text with secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextPart {
    /// Plain text.
    Plain(String),
    /// The value of this secret.
    Secret(SecretName),
}

/// Which secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SecretName {
    /// Its name.
    pub name: String,
    /// The stage it belongs to; nothing for a secret of the whole organization.
    pub stage: Option<String>,
}

impl Text {
    /// From what an expression gave for a stage.
    pub fn from_value(value: &Value, stage: &str) -> Self {
        match value {
            Value::Secret(secret) => Self::from_secret(secret, stage),
            Value::Deferred(deferred) => Self::Deferred(deferred.text().to_owned()),
            known => Self::Plain(known.to_string()),
        }
    }

    fn from_secret(secret: &Secret, stage: &str) -> Self {
        let part = |part: &SecretPart| match part {
            SecretPart::Text(text) => TextPart::Plain(text.clone()),
            SecretPart::Secret(SecretRef::Organization(name)) => {
                TextPart::Secret(SecretName { name: name.clone(), stage: None })
            }
            SecretPart::Secret(SecretRef::Stage(name)) => {
                TextPart::Secret(SecretName { name: name.clone(), stage: Some(stage.to_owned()) })
            }
        };
        Self::Secret(secret.parts().iter().map(part).collect())
    }

    /// The text, when nothing is missing in it.
    pub fn as_plain(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Secret(_) | Self::Deferred(_) => None,
        }
    }

    /// As a person may see it: secrets by name, unknown parts as the expression.
    pub fn shown(&self) -> String {
        match self {
            Self::Plain(text) | Self::Deferred(text) => text.clone(),
            Self::Secret(parts) => parts
                .iter()
                .map(|part| match part {
                    TextPart::Plain(text) => text.clone(),
                    TextPart::Secret(secret) => format!("[secret {}]", secret.name),
                })
                .collect(),
        }
    }

    /// The secrets in it.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretName> {
        let parts: &[TextPart] = match self {
            Self::Secret(parts) => parts,
            Self::Plain(_) | Self::Deferred(_) => &[],
        };
        parts.iter().filter_map(|part| match part {
            TextPart::Secret(secret) => Some(secret),
            TextPart::Plain(_) => None,
        })
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::Plain(String::new())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}
