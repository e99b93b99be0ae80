//! Expressions `${{ … }}` in pipeline files: what they are written as, what they mean, and what they give.
//!
//! An [`Expr`] is a value of the pipeline file that may hold expressions. [`evaluate`] gives its [`Value`] in a
//! [`Scope`]. What cannot be known yet (an output of a step that has not run) stays as a [`Value::Deferred`], reduced
//! to the parts that are missing, and is evaluated again when they are there. Secrets stay references throughout.

mod ast;
mod deferred;
mod evaluate;
mod expr;
mod functions;
mod json;
mod lexer;
mod number;
mod parse;
mod place;
mod print;
mod scope;
mod value;

pub use evaluate::evaluate;
pub use expr::{Expr, StepReference};
pub use number::Number;
pub use scope::{OrganizationScope, Outputs, Scope, StageScope, Trigger};
pub use value::{Deferred, Secret, SecretPart, SecretRef, Value};
