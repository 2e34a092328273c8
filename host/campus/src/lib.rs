//! The simulated school, for the demonstration and for the tests of the host.
//!
//! A real school is slow to set up, moves only in term time and never breaks when a test wants it to. The campus lives at
//! any hour, answers as a real Moodle was recorded to answer, keeps the same database beside it, and fails on order. It
//! imports no other crate of the house, so that a mistake in the host is not repeated by what the host is tested against.
//!
//! - [`school`]: people, rooms and lessons as a pure function of a seed and an instant;
//! - [`moodle`]: the web service over a school;
//! - [`database`]: the tables of that Moodle, in SQLite and as statements for MariaDB and PostgreSQL;
//! - [`sheets`]: a spreadsheet service;
//! - [`chat`]: Discord, Telegram, and a webhook;
//! - [`services`]: private database servers for tests;
//! - [`faults`]: what shall go wrong, and a log of what was asked;
//! - [`Campus`]: school, Moodle, database and sheets, running.
//!
//! ```no_run
//! # async fn example() -> Result<(), beadle_campus::CampusError> {
//! use beadle_campus::{Campus, Options};
//! let campus = Campus::start(Options::default()).await?;
//! println!("{} {} {}", campus.moodle_url, campus.token, campus.database_path.display());
//! # Ok(()) }
//! ```

mod campus;
pub mod chat;
pub mod database;
pub mod faults;
mod loopback;
pub mod moodle;
pub mod school;
pub mod services;
pub mod sheets;

pub use campus::{Campus, CampusError, Options};
