//! The `moodle` capability: web service functions of the run's site.
//!
//! Moodle says almost everything with status 200, takes parameters in PHP's notation, and has functions named like reads that write.
//! All of that ends here: a plugin names a function, hands over JSON, and gets JSON or one of four kinds of "no".
//!
//! * [`Site`] holds one Moodle and the account used on it: token, login and its renewal, pace, time and size limits, and a circuit that
//!   stops asking a site that is away.
//! * [`READS`] is the list of functions that change nothing; [`grant`] decides which of them a plugin may call. The batch function is
//!   unpacked and each call in it decided by itself.
//! * The calendar export is no web service: it is a page whose address holds a token, and is there where web services are off.
//!
//! ```
//! use beadle_moodle::grant::may_call;
//! use beadle_plan::Grants;
//!
//! let grants = Grants { moodle: vec!["core_user_get_users".into()], ..Grants::default() };
//! assert!(may_call("online", &grants, false, "core_user_get_users").is_ok());
//! let denial = may_call("online", &grants, false, "core_course_view_course").unwrap_err();
//! assert!(denial.to_string().contains(r#"moodle-unsafe = ["core_course_view_course"]"#));
//! ```

mod account;
mod batch;
mod calendar;
mod circuit;
mod clock;
mod encode;
mod envelope;
mod failure;
pub mod grant;
mod host;
mod login;
mod site;
mod table;

pub use self::{
    account::{Account, NoKeeper, Reread, TokenHealth, TokenKeeper},
    calendar::CalendarAddress,
    failure::Failure,
    host::{MoodleView, add_to_linker},
    site::{Site, SiteError, SiteSettings},
    table::READS,
};
