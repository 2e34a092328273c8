//! The capability `db`: one reading SQL statement on a database that the operator granted.
//!
//! A school's database holds password hashes and grades, and it serves the school while the plugin asks. So a statement
//! passes several gates, each of which would do alone:
//!
//! 1. the grant: `grants = { db = ["moodle"] }` ([`grant`]);
//! 2. the statement: exactly one, of a reading kind, without functions that act or only wait, without comments that a server
//!    would run (`statement`); it is sent as one prepared statement, so that a second one is a syntax error;
//! 3. the session: read-only, with a time limit kept by the server;
//! 4. the user: with `SELECT` only. That is the operator's to do; [`Databases::check`] says what is amiss.
//!
//! Rows and bytes are counted while they stream in, and a call ends when its time is over, whatever the server does.
//!
//! What plugin authors should know:
//! - `?` stands for a parameter everywhere, also on PostgreSQL, whose operators of that name have functions:
//!   `jsonb_exists(a, b)`. `{prefix}` is replaced everywhere, also in texts.
//! - On PostgreSQL whole numbers arrive as `bigint` and texts as `text`: write `CAST(? AS integer)` or `CAST(? AS timestamptz)`
//!   where it insists. A column of a type that has no value here says so; cast it to `text`.
//! - MySQL and MariaDB: the session's time zone is UTC, `sql_mode` is
//!   `STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION`; `TINYINT(1)` is a number; a date of zeros is null;
//!   bytes that are UTF-8 arrive as text, because the server does not tell binary texts from bytes.
//! - SQLite has no exact decimals; a decimal parameter arrives as text.
//!
//! ```
//! use beadle_db::{Databases, Settings};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings { prefix: "mdl_".into(), ..Settings::new("sqlite::memory:") };
//! let databases = Databases::new([("moodle".to_owned(), settings)])?;
//! let answer = databases.query("moodle", "SELECT 1 AS one", Vec::new(), std::time::Duration::from_secs(5)).await?;
//! assert_eq!(answer.rows.columns, ["one"]);
//! # Ok(()) }
//! ```

mod backend;
mod connect;
mod error;
pub mod grant;
mod health;
mod host;
mod pool;
mod rows;
mod settings;
mod statement;

pub use connect::{Databases, NamedError};
pub use error::DbError;
pub use health::Health;
pub use host::bindings::beadle::db::db::{Dialect, Rows, Value};
pub use host::{DbView, HasDb, add_to_linker, bindings};
pub use rows::Answer;
pub use settings::{Reread, Settings, SettingsError};

#[cfg(test)]
mod tests;
