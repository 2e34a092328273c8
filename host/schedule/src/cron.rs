//! A `cron` line: read with care, matched by the `cron` crate.
//!
//! The crate counts weekdays from Sunday = 1, refuses five fields and reads day of month *and* weekday as "both". People write lines
//! as `crontab(5)` taught them, so the line is first read here, piece by piece, and handed on in a form that has one meaning only.

mod error;
mod field;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, TimeZone as _, Utc};
use jiff::civil;

pub use self::error::CronError;
use self::field::{DAY, Field, HOUR, MINUTE, MONTH, SECOND, Set, WEEKDAY, YEAR};

/// A cron line of 5, 6 (seconds first) or 7 fields (years last), or one of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
///
/// Weekday numbers are POSIX's in every form: 0 and 7 are Sunday, 1 is Monday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    text: String,
    // Behind a pointer: seven sets are large, and timings are cloned into every planned firing.
    schedule: Arc<cron::Schedule>,
    hourly: bool,
}

impl Cron {
    /// Reads a line.
    ///
    /// # Errors
    /// Names the piece that is wrong and a line that would do. A line that restricts both day of month and weekday is refused,
    /// because POSIX and most libraries disagree about it; so is one that can never fire, such as 30 February.
    pub fn parse(line: &str) -> Result<Self, CronError> {
        let text = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let plain = nickname(&text)?.unwrap_or(&text);
        let pieces: Vec<&str> = plain.split(' ').filter(|piece| !piece.is_empty()).collect();
        let (second, five, year) = match pieces.as_slice() {
            five if five.len() == 5 => ("0", five, "*"),
            [second, five @ ..] if five.len() == 5 => (*second, five, "*"),
            [second, five @ .., year] if five.len() == 5 => (*second, five, *year),
            _ => return Err(CronError::FieldCount { found: pieces.len(), line: text }),
        };
        let read = |field: &'static Field, piece: &str| field.read(piece, &text);
        let (seconds, minutes, hours) = (read(&SECOND, second)?, read(&MINUTE, five[0])?, read(&HOUR, five[1])?);
        let (days, months, weekdays) = (read(&DAY, five[2])?, read(&MONTH, five[3])?, read(&WEEKDAY, five[4])?);
        let years = read(&YEAR, year)?;
        if !days.full() && !weekdays.full() {
            return Err(CronError::both_days(&text, &pieces, five));
        }
        let hourly = hours.full();
        let expression =
            [seconds, minutes, hours, days, months, weekdays, years].map(|set: Set| set.spelled()).join(" ");
        let schedule = cron::Schedule::from_str(&expression)
            .map_err(|error| CronError::Unreadable { line: text.clone(), problem: error.to_string() })?;
        let cron = Self { text, schedule: Arc::new(schedule), hourly };
        if cron.civil_after(civil::date(1969, 12, 31).at(0, 0, 0, 0)).next().is_none() {
            return Err(CronError::Never { line: cron.text });
        }
        Ok(cron)
    }

    /// Returns the line as it was written, with single spaces.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the line names every hour, so that it follows the wall clock through gaps and folds.
    pub(crate) fn hourly(&self) -> bool {
        self.hourly
    }

    /// Returns the wall-clock times that match, after `from`, in order.
    ///
    /// The `cron` crate is given wall-clock time disguised as UTC: its own handling of time zones skips jobs in gaps and loses
    /// runs in folds.
    pub(crate) fn civil_after(&self, from: civil::DateTime) -> impl Iterator<Item = civil::DateTime> + '_ {
        let disguised = disguise(from);
        disguised.into_iter().flat_map(|from| self.schedule.after(&from)).map_while(unmask)
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(line: &str) -> Result<Self, CronError> {
        Self::parse(line)
    }
}

/// Returns the five fields a nickname stands for.
fn nickname(text: &str) -> Result<Option<&'static str>, CronError> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "@hourly" => Some("0 * * * *"),
        "@daily" | "@midnight" => Some("0 0 * * *"),
        "@weekly" => Some("0 0 * * 0"),
        "@monthly" => Some("0 0 1 * *"),
        "@yearly" | "@annually" => Some("0 0 1 1 *"),
        other if other.starts_with('@') => return Err(CronError::Nickname { name: text.to_owned() }),
        _ => None,
    })
}

fn disguise(civil: civil::DateTime) -> Option<DateTime<Utc>> {
    let whole = |number: i8| u32::try_from(number).ok();
    Utc.with_ymd_and_hms(
        civil.year().into(),
        whole(civil.month())?,
        whole(civil.day())?,
        whole(civil.hour())?,
        whole(civil.minute())?,
        whole(civil.second())?,
    )
    .single()
}

fn unmask(disguised: DateTime<Utc>) -> Option<civil::DateTime> {
    Some(jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::from_second(disguised.timestamp()).ok()?))
}

#[cfg(test)]
mod tests;
