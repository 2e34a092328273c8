//! One field of a cron line: lists, ranges, steps and names become a plain set of numbers.

use std::collections::BTreeSet;

use super::CronError;

/// What a field is called and which numbers it takes.
#[derive(Debug)]
pub(super) struct Field {
    name: &'static str,
    low: u16,
    high: u16,
    words: &'static [&'static str],
    /// How `every` would say a step that is too large for this field: its unit.
    unit: &'static str,
    example: &'static str,
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

pub(super) static SECOND: Field = Field { name: "second", low: 0, high: 59, words: &[], unit: "s", example: "*/10" };
pub(super) static MINUTE: Field = Field { name: "minute", low: 0, high: 59, words: &[], unit: "m", example: "*/5" };
pub(super) static HOUR: Field = Field { name: "hour", low: 0, high: 23, words: &[], unit: "h", example: "8-17" };
pub(super) static DAY: Field = Field { name: "day of month", low: 1, high: 31, words: &[], unit: "d", example: "1,15" };
pub(super) static MONTH: Field = Field { name: "month", low: 1, high: 12, words: MONTHS, unit: "", example: "Sep-Dec" };
pub(super) static WEEKDAY: Field =
    Field { name: "weekday", low: 0, high: 7, words: DAYS, unit: "d", example: "Mon-Fri" };
/// The matcher knows the years to 2100.
pub(super) static YEAR: Field = Field { name: "year", low: 1970, high: 2100, words: &[], unit: "", example: "2027" };

/// The numbers a field stands for.
pub(super) struct Set {
    field: &'static Field,
    numbers: BTreeSet<u16>,
}

impl Set {
    /// Whether the field restricts nothing.
    pub(super) fn full(&self) -> bool {
        let all = if self.field.weekday() { 7 } else { usize::from(self.field.high - self.field.low) + 1 };
        self.numbers.len() == all
    }

    /// Writes the set so that the matcher cannot misread it: weekdays by name.
    pub(super) fn spelled(&self) -> String {
        if self.full() {
            return "*".to_owned();
        }
        let number = |number: &u16| match self.field.weekday() {
            true => DAYS[usize::from(*number)].to_owned(),
            false => number.to_string(),
        };
        self.numbers.iter().map(number).collect::<Vec<_>>().join(",")
    }

    #[cfg(test)]
    pub(super) fn contains(&self, number: i16) -> bool {
        u16::try_from(number).is_ok_and(|number| self.numbers.contains(&number))
    }
}

impl Field {
    fn weekday(&self) -> bool {
        self.name == WEEKDAY.name
    }

    /// Returns the last number of a round; Sunday as 7 is only another name for 0.
    fn top(&self) -> u16 {
        if self.weekday() { 6 } else { self.high }
    }

    /// Reads the whole field; `line` is for messages only.
    pub(super) fn read(&'static self, text: &str, line: &str) -> Result<Set, CronError> {
        let mut numbers = BTreeSet::new();
        for piece in text.split(',') {
            let found = self.piece(piece).map_err(|(problem, instead)| CronError::Piece {
                line: line.to_owned(),
                field: self.name,
                piece: piece.to_owned(),
                problem,
                instead,
            })?;
            numbers.extend(found);
        }
        // Sunday is both 0 and 7.
        if self.weekday() && numbers.remove(&7) {
            numbers.insert(0);
        }
        Ok(Set { field: self, numbers })
    }

    /// Reads one piece: `*`, `5`, `1-5`, `*/5`, `10-50/5`, `10/5`, names in place of numbers.
    fn piece(&self, piece: &str) -> Result<Vec<u16>, (String, String)> {
        let such = || format!("such as {:?}", self.example);
        if piece.is_empty() {
            return Err(("a piece between commas is empty".to_owned(), such()));
        }
        let (range, step) = match piece.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step)?)),
            None => (piece, None),
        };
        let top = self.top();
        let all: Vec<u16> = if range == "*" || (range == "?" && (self.weekday() || self.name == DAY.name)) {
            (self.low..=top).collect()
        } else if let Some((from, to)) = range.split_once('-') {
            self.range(self.number(from)?, self.number(to)?, range)?
        } else {
            let from = self.number(range)?;
            if step.is_some() { (from..=top.max(from)).collect() } else { vec![from] }
        };
        Ok(all.into_iter().step_by(step.map_or(1, usize::from)).collect())
    }

    fn range(&self, from: u16, to: u16, text: &str) -> Result<Vec<u16>, (String, String)> {
        if from <= to {
            return Ok((from..=to).collect());
        }
        // Fri-Mon has one meaning only; 22-6 is how people write a night, and other crons refuse it.
        if self.weekday() {
            return Ok((from..=6).chain(0..=to).collect());
        }
        let night = format!("{from}-{},{}-{to}", self.high, self.low);
        Err((format!("{text} runs backwards"), format!("write {night:?} to go over the end")))
    }

    fn step(&self, text: &str) -> Result<u16, (String, String)> {
        let such = || format!("such as \"*/{}\"", if self.high < 10 { 2 } else { 5 });
        let step: u16 = text.parse().map_err(|_| (format!("the step {text:?} is no number"), such()))?;
        if step == 0 {
            return Err(("a step of 0 goes nowhere".to_owned(), such()));
        }
        // Other crons take a step beyond the field and silently fire at its first number only.
        let span = self.top() - self.low;
        if step > span {
            let instead = match self.unit {
                "" => such(),
                unit => format!("write every = \"{step}{unit}\" instead of cron"),
            };
            return Err((
                format!("a step of {step} leaves the field, which starts anew after {}", self.top()),
                instead,
            ));
        }
        Ok(step)
    }

    fn number(&self, text: &str) -> Result<u16, (String, String)> {
        let such = || format!("such as {:?}", self.example);
        if let Ok(number) = text.parse::<u16>() {
            return match (self.low..=self.high).contains(&number) {
                true => Ok(number),
                false => Err((format!("{number} is out of range, {} to {}", self.low, self.high), such())),
            };
        }
        let lower = text.to_ascii_lowercase();
        let known = |word: &&str| lower.starts_with(*word) && full_name(word).starts_with(&lower);
        if let Some(at) = self.words.iter().position(known) {
            return Ok(at as u16 + self.low);
        }
        if text.contains(['L', 'W', '#', 'l', 'w']) && (self.weekday() || self.name == DAY.name) {
            let problem = "L, W and # are not part of this cron".to_owned();
            return Err((problem, "name the days, such as \"28\" or \"Mon\"".to_owned()));
        }
        if self.words.is_empty() {
            return Err((format!("{text:?} is no number"), such()));
        }
        Err((format!("{text:?} is neither a number nor one of {}", self.words.join(", ")), such()))
    }
}

fn full_name(word: &str) -> &'static str {
    const LONG: &[&str] = &[
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
    ];
    LONG.iter().find(|long| long.starts_with(word)).unwrap_or(&"")
}
