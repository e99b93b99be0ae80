//! One file per verb.

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod running;
pub(crate) mod sandbox;
pub(crate) mod transform;
