//! The contract of `wit/` in Rust's own terms, so that a plugin reads like a description of itself.
//!
//! A plugin never acts. It reads, says what it observed and what should be so; the host compares, remembers and makes it so. What
//! is here are therefore reads ([`moodle`], [`db`], [`http`], [`files`]), statements ([`ledger`], [`catalog`], [`sheets`], [`chat`])
//! and the run itself ([`run`]).
//!
//! ```
//! use beadle_sdk::{Collector, Description, Error, Plugin, Summary, info};
//!
//! struct Census;
//!
//! #[derive(serde::Deserialize)]
//! struct Settings {
//!     course: u64,
//! }
//!
//! impl Plugin for Census {
//!     fn describe() -> Description {
//!         Description::new("census", "0.1.0", "Counts the participants of a course.")
//!             .settings(r#"{"type": "object", "required": ["course"], "properties": {"course": {"type": "integer"}}}"#)
//!             .requires("moodle", &["core_enrol_get_enrolled_users"], "to list the participants")
//!     }
//! }
//!
//! impl Collector for Census {
//!     type Settings = Settings;
//!
//!     fn collect(settings: Settings) -> Result<Summary, Error> {
//!         let people: Vec<serde::de::IgnoredAny> = beadle_sdk::moodle::call(
//!             "core_enrol_get_enrolled_users",
//!             &serde_json::json!({ "courseid": settings.course }),
//!         )?;
//!         info!("course {} answered", settings.course);
//!         Ok(Summary::new(format!("{} participants", people.len())).count("participants", people.len() as u64))
//!     }
//! }
//!
//! beadle_sdk::collector!(Census);
//! ```
//!
//! Built for `wasm32-wasip2` as a `cdylib` this is a component. On other targets everything compiles and links too, so that pure
//! parts can be tested where the author works; only a call to the host panics there.

pub mod artifacts;
pub mod bindings;
pub mod catalog;
pub mod chat;
pub mod classrooms;
pub mod db;
mod describe;
mod error;
pub mod files;
#[cfg(feature = "fixtures")]
pub mod fixtures;
pub mod html;
pub mod http;
pub mod ledger;
mod log;
pub mod moodle;
mod role;
pub mod run;
pub mod sheets;
pub mod time;

pub use describe::{Description, Plugin};
pub use error::Error;
pub use jiff;
pub use role::{Collector, Mapper, Summary};

/// What the macros of this crate need in the crates that call them.
#[doc(hidden)]
pub mod private {
    pub use crate::role::Exported;
}
