//! The `catalog` capability: what a Moodle holds, as plugins sighted it.
//!
//! A plugin tells everything it sighted of a scope, such as the contents of a course. Several scopes may tell of one item, each what it
//! knows; the host makes the item from all of them and answers how it differs. Nothing is written here: the run's commit does that,
//! against the version that the answer was given from.
//!
//! What a plugin may do is granted:
//!
//! ```
//! use beadle_catalog::grant::{Right, may};
//! use beadle_plan::Grants;
//!
//! let denial = may("detector", &Grants::default(), Right::Observe).unwrap_err();
//! assert!(denial.to_string().contains(r#"catalog = ["observe"]"#));
//! ```

pub mod grant;
mod host;

pub use host::{CatalogRun, CatalogView, add_to_linker};
