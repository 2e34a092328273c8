//! The `ledger` capability: what a plugin observed, compared over time by the host.
//!
//! A plugin says everything it saw of a scope; the host answers at once what is new, changed, refreshed, gone or back against what
//! was last committed, and stages the difference. Nothing is written here: the run's commit does that, against the version that
//! the answer was given from.
//!
//! Collections belong to a plugin and a site. A plugin writes only its own, and reads those of others that their describer calls
//! readable and the operator granted:
//!
//! ```
//! use beadle_ledger::grant::{Access, may_read};
//! use beadle_plan::Grants;
//!
//! let own = ["presence"];
//! assert_eq!(may_read("online", own, &Grants::default(), "presence"), Ok(Access::own("online", "presence")));
//! let denial = may_read("online", own, &Grants::default(), "rooms:table").unwrap_err();
//! assert!(denial.to_string().contains(r#"ledger = ["rooms:table"]"#));
//! ```

pub mod grant;
mod host;

pub use host::{LedgerRun, LedgerView, add_to_linker};
