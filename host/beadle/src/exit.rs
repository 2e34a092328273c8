//! Exit codes. Scripts may depend on them; `docs/commands.md` lists them.

use std::fmt;
use std::process::ExitCode;

use beadle_egress::Redactor;

/// How a command ended when it did not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// The run failed, or a check found something.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// `schedules.toml`, or something that it names, is wrong.
    Configuration = 3,
    /// The store is in use, damaged, or cannot be written.
    Store = 4,
    /// A peer is away: the run was skipped, and a later one will do.
    Unavailable = 5,
    /// There is no such schedule, site or run, or whatever else was named.
    NotFound = 6,
    /// Something that should not happen.
    Internal = 70,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// An end with a message for people.
#[derive(Debug)]
pub(crate) struct Exit {
    pub(crate) code: Code,
    /// What to print; empty where everything is said.
    pub(crate) message: String,
}

impl Exit {
    pub(crate) fn new(code: Code, message: impl fmt::Display) -> Self {
        Self { code, message: message.to_string() }
    }

    /// Takes known secrets out of the message.
    pub(crate) fn without_secrets(self, redactor: &Redactor) -> Self {
        Self { message: redactor.redact(&self.message).into_owned(), ..self }
    }

    /// Ends with a code after everything was said.
    pub(crate) fn silent(code: Code) -> Self {
        Self { code, message: String::new() }
    }
}

impl From<beadle_store::StoreError> for Exit {
    fn from(error: beadle_store::StoreError) -> Self {
        Self::new(Code::Store, error)
    }
}

impl From<std::io::Error> for Exit {
    fn from(error: std::io::Error) -> Self {
        Self::new(Code::Internal, error)
    }
}

impl From<serde_json::Error> for Exit {
    fn from(error: serde_json::Error) -> Self {
        Self::new(Code::Internal, error)
    }
}
