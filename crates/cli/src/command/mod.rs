//! One file per verb.

pub(crate) mod bootstrap;
pub(crate) mod check;
pub(crate) mod ci;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod deploy;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod policy;
pub(crate) mod rollback;
pub(crate) mod running;
pub(crate) mod sandbox;
pub(crate) mod status;
pub(crate) mod transform;
pub(crate) mod word;
