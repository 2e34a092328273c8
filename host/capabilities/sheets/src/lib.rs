//! The `sheets` capability: tabs of Google spreadsheets and local CSV files, by the names the operator gave them.
//!
//! A plugin reads a tab, or says which rows shall stand there, each once for its key; nothing is written while it runs. Delivery makes
//! it so afterwards, exactly once per key, also when an answer is lost or the process is killed.
//!
//! ```
//! use beadle_plan::Grants;
//! use beadle_sheets::grant::{Right, may};
//!
//! let grants = Grants { sheets: vec!["presence:append".into()], ..Grants::default() };
//! assert!(may("online", &grants, "presence", Right::Append).is_ok());
//! let denial = may("online", &grants, "presence", Right::Read).unwrap_err();
//! assert!(denial.to_string().contains(r#"sheets = ["presence:read"]"#));
//! ```

mod deliver;
mod formula;
mod google;
pub mod grant;
mod header;
mod host;
pub mod keys;
mod limits;
mod local;
mod look;
mod preview;
mod settings;
mod table;

pub use deliver::Delivery;
pub use google::GoogleSettings;
pub use host::{SheetsView, add_to_linker};
pub use settings::{Settings, SetupError, Sheets};
