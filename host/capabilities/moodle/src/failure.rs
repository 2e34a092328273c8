//! Why a call has no answer, by what can be done about it.

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The operator would have to allow it.
    #[error("{0}")]
    Denied(String),
    /// The site is away, in maintenance, slow, or refuses the host's token; later may work.
    #[error("{0}")]
    Unavailable(String),
    /// The call is wrong, or its answer over the limit.
    #[error("{0}")]
    Invalid(String),
    /// The site answered and said no.
    #[error("{}", refusal(.code, .message))]
    Refused {
        /// Moodle's `errorcode`; empty where Moodle gave none, as after an error of PHP.
        code: String,
        /// Moodle's text.
        message: String,
    },
}

fn refusal(code: &str, message: &str) -> String {
    if code.is_empty() { message.to_owned() } else { format!("{message} ({code})") }
}

impl Failure {
    /// Returns the same failure with another text.
    #[must_use]
    pub(crate) fn map_text(self, change: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Denied(text) => Self::Denied(change(&text)),
            Self::Unavailable(text) => Self::Unavailable(change(&text)),
            Self::Invalid(text) => Self::Invalid(change(&text)),
            Self::Refused { code, message } => Self::Refused { code: change(&code), message: change(&message) },
        }
    }
}
