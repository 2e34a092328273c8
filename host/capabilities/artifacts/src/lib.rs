//! The `artifacts` capability: bytes worth keeping, by the digest of their content.
//!
//! Equal content is kept once. The bytes go to a folder at once; what refers to them is staged and committed with the run, so that a run
//! that fails leaves at most bytes that nothing refers to, which are removed after a while. Answers of a site hold secrets, which are
//! removed before anything is kept.
//!
//! What a plugin may do is granted:
//!
//! ```
//! use beadle_artifacts::grant::{Right, may};
//! use beadle_plan::Grants;
//!
//! let denial = may("detector", &Grants::default(), Right::Put).unwrap_err();
//! assert!(denial.to_string().contains(r#"artifacts = ["put"]"#));
//! ```

mod clean;
mod content;
pub mod grant;
mod host;

pub use content::{Content, ContentError, Swept};
pub use host::{ArtifactsRun, ArtifactsView, add_to_linker};
