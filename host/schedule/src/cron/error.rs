//! What can be wrong with a cron line, in words that end with a line that would do.

/// Why a cron line was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CronError {
    /// The line has neither 5, 6 nor 7 fields.
    #[error(
        "cron line {line:?} has {found} fields; it takes 5 (minute hour day month weekday), 6 (seconds first) or 7 (years last), \
         such as \"*/5 8-17 * * Mon-Fri\""
    )]
    FieldCount {
        /// The line as it was read.
        line: String,
        /// How many fields it has.
        found: usize,
    },
    /// One piece of one field is wrong.
    #[error("cron line {line:?}, {field} {piece:?}: {problem}; {instead}")]
    Piece {
        /// The line as it was read.
        line: String,
        /// The field's name.
        field: &'static str,
        /// The piece between two commas.
        piece: String,
        /// What is wrong with it.
        problem: String,
        /// What would do.
        instead: String,
    },
    /// Day of month and weekday are both restricted, which has two meanings.
    #[error(
        "cron line {line:?} restricts both the day of month ({day}) and the weekday ({weekday}): POSIX cron runs when either \
         matches, many libraries only when both do. For either, write two schedules, {either_day:?} and {either_weekday:?}; for \
         both, keep one of those and let the plugin look at the date"
    )]
    BothDays {
        /// The line as it was read.
        line: String,
        /// The field for the day of month.
        day: String,
        /// The field for the weekday.
        weekday: String,
        /// The line without the weekday.
        either_day: String,
        /// The line without the day of month.
        either_weekday: String,
    },
    /// No date matches.
    #[error(
        "cron line {line:?} never fires: no date matches its day, month and year; for the last day of February \"0 8 28 2 *\" comes nearest"
    )]
    Never {
        /// The line as it was read.
        line: String,
    },
    /// A word such as `@reboot`.
    #[error(
        "{name:?} is no time; write @hourly, @daily, @weekly, @monthly, @yearly or five fields such as \"0 6 * * *\""
    )]
    Nickname {
        /// The word.
        name: String,
    },
    /// The matcher refused a line that was read well.
    #[error(
        "cron line {line:?} cannot be matched: {problem}; write it with plain lists, such as \"0,30 8-17 * * Mon-Fri\""
    )]
    Unreadable {
        /// The line as it was read.
        line: String,
        /// What the matcher says.
        problem: String,
    },
}

impl CronError {
    /// Builds the error that shows both meanings, each as a line of the same form.
    pub(super) fn both_days(line: &str, pieces: &[&str], five: &[&str]) -> Self {
        // Five fields start at 0, six and seven at 1.
        let offset = usize::from(pieces.len() > 5);
        let without = |index: usize| {
            let mut pieces = pieces.to_vec();
            pieces[offset + index] = "*";
            pieces.join(" ")
        };
        Self::BothDays {
            line: line.to_owned(),
            day: five[2].to_owned(),
            weekday: five[4].to_owned(),
            either_day: without(4),
            either_weekday: without(2),
        }
    }
}
