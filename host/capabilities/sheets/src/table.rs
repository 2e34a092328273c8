//! What every kind of sheet can do, and how it fails.

use std::time::Duration;

use async_trait::async_trait;

/// Why a sheet did not do as asked, by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing was applied; later may work, not before this much time where it was said.
    Busy {
        /// What happened.
        cause: String,
        /// How long to wait.
        wait: Option<Duration>,
    },
    /// It may or may not have been applied.
    Unknown {
        /// What happened.
        cause: String,
    },
    /// Nothing was applied, and nothing will be until somebody mends it.
    Held {
        /// What is wrong.
        cause: String,
        /// What to do about it.
        advice: String,
    },
    /// Nothing was applied: what was sent can never be.
    Invalid {
        /// Why.
        cause: String,
    },
}

impl Trouble {
    pub(crate) fn busy(cause: impl Into<String>) -> Self {
        Self::Busy { cause: cause.into(), wait: None }
    }

    pub(crate) fn held(cause: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::Held { cause: cause.into(), advice: advice.into() }
    }

    /// Returns the same trouble with other texts.
    pub(crate) fn map_text(self, change: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Busy { cause, wait } => Self::Busy { cause: change(&cause), wait },
            Self::Unknown { cause } => Self::Unknown { cause: change(&cause) },
            Self::Held { cause, advice } => Self::Held { cause: change(&cause), advice: change(&advice) },
            Self::Invalid { cause } => Self::Invalid { cause: change(&cause) },
        }
    }

    /// Returns what happened, with the advice where there is one.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Busy { cause, .. } | Self::Unknown { cause } | Self::Invalid { cause } => cause.clone(),
            Self::Held { cause, advice } => format!("{cause}; {advice}"),
        }
    }
}

/// What stands at the top of a tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Head {
    /// The tab or file is not there.
    Missing {
        /// What is there instead: the titles of the other tabs.
        instead: Vec<String>,
    },
    /// Its first line is empty.
    Bare {
        /// Whether nothing stands below either.
        empty: bool,
    },
    /// A header.
    Header(Vec<String>),
}

/// A row that stands in a tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Its number, from 1, as people see it.
    pub(crate) number: usize,
    /// The cells of the columns that were asked for.
    pub(crate) cells: Vec<String>,
}

/// A tab of a spreadsheet, or a local file. One caller at a time.
#[async_trait]
pub(crate) trait Table: Send + Sync {
    /// Names it for people.
    fn name(&self) -> String;

    /// Names the place of a row, for the record.
    fn place(&self, row: usize) -> String;

    /// Returns how long after it was sent a request may still be applied.
    fn settles_within(&self) -> Duration;

    /// Looks at the header.
    async fn head(&self) -> Result<Head, Trouble>;

    /// Reads all rows below the header, of it only the columns at these places, of which the header was just seen.
    async fn rows(&self, header: &[String], places: &[usize]) -> Result<Vec<Standing>, Trouble>;

    /// Makes the tab and its header. Doing it twice does it once.
    async fn create(&self, columns: &[String]) -> Result<(), Trouble>;

    /// Appends lines below the table, all or none, and returns the number of the first where it is known.
    async fn append(&self, lines: &[Vec<String>]) -> Result<Option<usize>, Trouble>;

    /// Cuts away what an interrupted append of one of these lines left half-written.
    async fn mend(&self, lines: &[Vec<String>]) -> Result<(), Trouble>;

    /// Reads everything; nothing where it is not there.
    async fn read(&self) -> Result<Vec<Vec<String>>, Trouble>;
}
