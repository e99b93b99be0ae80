//! Arguments of `landfall policy`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `landfall policy`
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// The template; a stage of the project's pipeline if absent.
    #[arg(value_name = "TEMPLATE")]
    pub(crate) template: Option<PathBuf>,
    /// Stage of the pipeline; needed when there are several.
    #[arg(long, value_name = "NAME", conflicts_with = "template")]
    pub(crate) stage: Option<String>,
    /// What is done to the stack.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "LIST", default_value = "create,update,delete")]
    pub(crate) operations: Vec<PolicyOperation>,
    /// Region; any if absent.
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Account; any if absent.
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
    /// Name of the stack, which resources without a name get theirs from.
    #[arg(long, value_name = "NAME")]
    pub(crate) stack_name: Option<String>,
    /// Bucket of the artifacts.
    #[arg(long, value_name = "NAME")]
    pub(crate) bucket: Option<String>,
    /// ARN of the permissions boundary that roles must be made with.
    #[arg(long, value_name = "ARN")]
    pub(crate) boundary: Option<String>,
    /// A parameter's value; without any, parameters may have any value.
    #[arg(long = "parameter", value_name = "NAME=VALUE", requires = "template")]
    pub(crate) parameters: Vec<String>,
    /// A table for people, the policy alone, or a document with reasons.
    #[arg(long, value_enum, default_value_t = PolicyForm::Table, value_name = "FORM")]
    pub(crate) format: PolicyForm,
}

/// What is done to a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyOperation {
    /// Make its resources.
    Create,
    /// Change them.
    Update,
    /// Remove them; also what a rollback does.
    Delete,
    /// Read them, for drift.
    Read,
    /// Set their tags.
    Tag,
}

/// How a policy is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyForm {
    /// Action, resources, conditions, reasons.
    Table,
    /// The policy document, ready to paste; a list of documents where one would be too large.
    Policy,
    /// Documents and reasons.
    Json,
}
