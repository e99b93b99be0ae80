//! What a person sees of a run: the fold of its events, rendered for terminals, CI logs and programs.
//!
//! This crate writes to a writer that it is given. It knows no engine, no sockets and no clock: the time of everything
//! is in the events.

mod check;
mod doctor;
mod ending;
mod foreseen;
mod json;
mod lines;
mod live;
mod plan;
mod status;
mod words;

pub use check::{About, annotations, sarif};
pub use doctor::doctor_text;
pub use ending::ending;
pub use json::{event_line, run_document};
pub use lines::{Groups, Lines};
pub use live::Live;
pub use plan::{plan_document, plan_text};
pub use status::{Filter, status_text};
pub use words::{changes_in_words, duration};
