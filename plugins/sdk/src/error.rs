//! One error for everything a plugin can run into, in variants by what the caller can do about it.

use crate::bindings::{collector, imports::beadle, mapper};

/// Why a call, or a whole run, came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The operator has not granted it; the text says what would.
    #[error("{0}")]
    Denied(String),
    /// A peer is away; a later run will do.
    #[error("{0}")]
    Unavailable(String),
    /// The call, the settings or the plugin's files are wrong.
    #[error("{0}")]
    Invalid(String),
    /// The site answered and said no.
    #[error("the site refuses it: {code}: {message}")]
    Refused {
        /// Moodle's `errorcode`, the only part to decide on; empty after an error of PHP.
        code: String,
        /// Moodle's text, for the operator.
        message: String,
    },
}

impl Error {
    /// Returns an [`Error::Invalid`] about an answer that does not read as it should. The answer itself stays out of the text.
    pub(crate) fn unreadable(what: &str, error: &serde_json::Error) -> Self {
        Self::Invalid(format!("cannot read {what}: {error}"))
    }

    /// Returns the site's `errorcode`, where the site said no.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }
}

/// The interfaces whose error is the plain three.
macro_rules! from_three {
    ($($error:path),+ $(,)?) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                use $error as Source;
                match error {
                    Source::Denied(text) => Self::Denied(text),
                    Source::Unavailable(text) => Self::Unavailable(text),
                    Source::Invalid(text) => Self::Invalid(text),
                }
            }
        }
    )+};
}

from_three!(
    beadle::run::run::Error,
    beadle::db::db::Error,
    beadle::http::http::Error,
    beadle::files::files::Error,
    beadle::sheets::sheets::Error,
    beadle::ledger::ledger::Error,
    beadle::catalog::catalog::Error,
    beadle::artifacts::artifacts::Error,
    beadle::classrooms::classrooms::Error,
);

impl From<beadle::chat::chat::Error> for Error {
    fn from(error: beadle::chat::chat::Error) -> Self {
        use beadle::chat::chat::Error as Source;
        match error {
            Source::Denied(text) => Self::Denied(text),
            Source::Invalid(text) => Self::Invalid(text),
        }
    }
}

impl From<beadle::moodle::moodle::Error> for Error {
    fn from(error: beadle::moodle::moodle::Error) -> Self {
        use beadle::moodle::moodle::Error as Source;
        match error {
            Source::Denied(text) => Self::Denied(text),
            Source::Unavailable(text) => Self::Unavailable(text),
            Source::Invalid(text) => Self::Invalid(text),
            Source::Refused(refusal) => Self::Refused { code: refusal.code, message: refusal.message },
        }
    }
}

/// The roles whose error is the plain three: a site's "no" is a right that somebody has to give, but an error of PHP is none.
macro_rules! into_three {
    ($($error:path),+ $(,)?) => {$(
        impl From<Error> for $error {
            fn from(error: Error) -> Self {
                use $error as Target;
                match error {
                    Error::Denied(text) => Target::Denied(text),
                    Error::Unavailable(text) => Target::Unavailable(text),
                    Error::Invalid(text) => Target::Invalid(text),
                    Error::Refused { code, message } if code.is_empty() => {
                        Target::Unavailable(format!("the site failed at it: {message}; its own log says more"))
                    }
                    refused @ Error::Refused { .. } => Target::Denied(refused.to_string()),
                }
            }
        }
    )+};
}

into_three!(
    collector::exports::beadle::collector::collector::Error,
    mapper::exports::beadle::classrooms::classrooms::Error,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_code_and_leaves_a_role_as_denied() {
        let error = Error::from(beadle::moodle::moodle::Error::Refused(beadle::moodle::moodle::Refusal {
            code: "nopermissions".to_owned(),
            message: "View participants".to_owned(),
        }));
        assert_eq!(error.code(), Some("nopermissions"));
        let outcome = collector::exports::beadle::collector::collector::Error::from(error);
        let collector::exports::beadle::collector::collector::Error::Denied(text) = outcome else {
            panic!("a refusal is a missing right, not {outcome:?}");
        };
        assert_eq!(text, "the site refuses it: nopermissions: View participants");
    }

    #[test]
    fn an_error_of_php_is_no_missing_right() {
        let error = Error::Refused { code: String::new(), message: "Call to a member function f() on null".to_owned() };
        let outcome = collector::exports::beadle::collector::collector::Error::from(error);
        let collector::exports::beadle::collector::collector::Error::Unavailable(text) = outcome else {
            panic!("later may work, unlike {outcome:?}");
        };
        assert_eq!(text, "the site failed at it: Call to a member function f() on null; its own log says more");
    }

    #[test]
    fn the_plain_three_keep_their_kind() {
        let error = beadle::db::db::Error::Unavailable("gone".to_owned());
        assert_eq!(Error::from(error), Error::Unavailable("gone".to_owned()));
        let error = beadle::sheets::sheets::Error::Denied("no".to_owned());
        assert_eq!(Error::from(error), Error::Denied("no".to_owned()));
        let error = beadle::files::files::Error::Invalid("outside".to_owned());
        assert_eq!(Error::from(error), Error::Invalid("outside".to_owned()));
    }
}
