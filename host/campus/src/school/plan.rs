//! What kind of school to found.

use std::time::Duration;

use jiff::tz::TimeZone;

/// How fast the school lives.
#[derive(Clone, Debug)]
pub enum Pace {
    /// School days of eight lessons, Monday to Friday, in this time zone.
    Real(TimeZone),
    /// A day of eight lessons that begins again as soon as it has ended, with people who come and go all the time.
    Compressed {
        /// How long such a day lasts; at least 80 s.
        day: Duration,
    },
}

impl Pace {
    /// Returns in which slots conferences begin, in seconds: a quarter of a compressed day, a minute at least, and an hour
    /// of a real one.
    pub(super) fn conferences(&self) -> i64 {
        match self {
            Self::Real(_) => 3600,
            Self::Compressed { day } => i64::try_from(day.as_secs() / 4).unwrap_or(3600).clamp(60, 3600),
        }
    }
}

/// What kind of school to found. Equal plans found equal schools.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Everything that is left to chance follows from it.
    pub seed: u64,
    /// How many students with an active account.
    pub students: usize,
    /// How many teachers.
    pub teachers: usize,
    /// How many classrooms, 1 to 200; as many classes.
    pub rooms: usize,
    /// When the school was founded, milliseconds since 1970 UTC; first logins lie before it.
    pub start: i64,
    /// How fast it lives.
    pub pace: Pace,
    /// For measuring: this many of the students are online all the time, the others never, and nobody moves.
    pub online: Option<usize>,
}

/// 1 September 2026, 06:00 UTC.
const FOUNDED: i64 = 1_788_242_400_000;

impl Default for Plan {
    fn default() -> Self {
        Self {
            seed: 1,
            students: 300,
            teachers: 12,
            rooms: 8,
            start: FOUNDED,
            pace: Pace::Real(TimeZone::UTC),
            online: None,
        }
    }
}

impl Plan {
    /// Plans a school that is lively at any hour: a day of 12 minutes, someone comes, moves or goes every few seconds.
    pub fn compressed() -> Self {
        Self { pace: Pace::Compressed { day: Duration::from_secs(12 * 60) }, ..Self::default() }
    }

    /// Plans a school for measuring: `accounts` students of whom `online` are online all the time.
    pub fn everybody_online(accounts: usize, online: usize) -> Self {
        Self { students: accounts, online: Some(online.min(accounts)), ..Self::default() }
    }
}
