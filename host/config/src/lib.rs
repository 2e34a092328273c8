//! `schedules.toml` as typed configuration, and messages that say which line would fix what is wrong with it.
//!
//! The file is the only thing an operator writes. So every mistake in it is found before anything runs, all of them at once, and each
//! message names file, line, key and value. Secrets never stand in the file: it says where they are, and a secret written in clear
//! is refused without being shown.
//!
//! ```
//! use beadle_config::{Config, Source};
//!
//! let source = Source::from_text("schedules.toml", r#"
//! [sites.main]
//! url = "campus:"
//!
//! [plugins.online]
//! builtin = "online-users"
//! grants = { moodle = ["core_enrol_get_enrolled_users"] }
//!
//! [[schedule]]
//! name = "online"
//! plugin = "online"
//! sites = ["main"]
//! evry = "30s"
//! "#);
//! let errors = Config::from_source(&source, &|_| None).unwrap_err();
//! assert!(errors.to_string().contains("did you mean every? write: every = \"30s\""));
//! ```

mod check;
mod config;
mod difference;
pub mod init;
mod locate;
mod mask;
mod problem;
mod reader;
mod schema;
mod secret;
mod sections;
mod shape;
mod source;
mod values;

pub use config::{Config, DEFAULT};
pub use difference::Difference;
pub use problem::{ConfigErrors, Problem, Severity, Warning};
pub use schema::schema;
pub use secret::{ConfigError, SecretRef};
pub use sections::{
    Account, BUILTINS, Campus, Chat, ChatService, Code, Database, DatabaseServer, Day, Host, Language, Mode, Plugin,
    Schedule, Sheet, Site, SitePeer, Store,
};
pub use source::{Location, Source};
pub use values::duration_text;

/// How the environment is asked for a variable; a test passes its own.
pub type Env<'a> = dyn Fn(&str) -> Option<String> + 'a;
