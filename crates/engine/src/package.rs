//! From a project's folder to what a release is made of: every local artifact that a template names is found, zipped so
//! that the same files give the same bytes on any machine, and named by its digest; the template is rewritten for the
//! bucket of each target.
//!
//! Nothing is uploaded here. The bytes go to the store, from where they are mirrored.

mod archive;
mod bundle;
mod files;
mod site;

pub use archive::{ArchiveError, zip_folder};
pub use bundle::{Bundle, Part, bundle};
pub use files::{DiskFiles, Entry, EntryKind, Files, MemoryFiles};
pub use site::{SiteBucket, SiteTemplate};
