//! The first `schedules.toml`, for `beadle init`: from the environment of the script that was used before, or from answers.
//!
//! Nothing here reads or writes anything. Secrets are never asked for and never written: an answer says where one is.

mod environment;
mod questions;
mod render;
mod valid;

use std::time::Duration;

use crate::secret::SecretRef;

pub use self::environment::{Found, VARIABLES, from_environment};
pub use self::questions::{Question, Questions};
pub use self::render::render;

/// What a first `schedules.toml` is made from. The default is the simulated school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// The Moodle; none for the simulated school.
    pub site: Option<SiteAnswer>,
    /// The database behind it. The simulated school always has one.
    pub database: Option<DatabaseAnswer>,
    /// Where arrivals are written.
    pub sheet: SheetAnswer,
    /// How often to look, in whole seconds.
    pub every: Duration,
    /// Who was active for so long counts as online.
    pub window: Duration,
    /// The IANA name of a time zone; none for the machine's.
    pub timezone: Option<String>,
    /// `en`, `de` or `es`; none for English.
    pub language: Option<String>,
}

/// A Moodle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteAnswer {
    /// The address of its front page.
    pub url: String,
    /// Where its web service token is.
    pub token: SecretRef,
}

/// A database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseAnswer {
    /// Its address, without a password.
    pub url: String,
    /// Where its password is.
    pub password: Option<SecretRef>,
    /// What the names of Moodle's tables begin with.
    pub prefix: String,
}

/// Where arrivals are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetAnswer {
    /// A file of this machine.
    Csv {
        /// Its path, relative to the configuration's folder.
        file: String,
    },
    /// A tab of a Google spreadsheet.
    Google {
        /// The spreadsheet's id.
        spreadsheet: String,
        /// The tab's title.
        tab: String,
        /// Where the service account's key is.
        key: SecretRef,
    },
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            site: None,
            database: None,
            sheet: SheetAnswer::Csv { file: "presence.csv".to_owned() },
            every: Duration::from_secs(30),
            window: Duration::from_secs(300),
            timezone: None,
            language: None,
        }
    }
}

#[cfg(test)]
mod tests;
