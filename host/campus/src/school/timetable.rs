//! When lessons are, and which class is in which room.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;

use super::plan::Pace;

/// Lessons a day.
pub(super) const LESSONS: i64 = 8;

/// Length of a lesson in seconds, at the real pace.
const LESSON: i64 = 45 * 60;

/// When the lessons of a day begin, in minutes after midnight: breaks of 5, 20 and 50 minutes between them.
const BELLS: [i64; LESSONS as usize] = [480, 530, 595, 645, 700, 795, 845, 895];

/// The shortest lesson slot that still leaves time to move between rooms, in seconds.
const SHORTEST_SLOT: i64 = 10;

/// One lesson of the whole school. Lessons are numbered without end in both directions, eight a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// Its number.
    pub number: i64,
    /// When it begins, epoch seconds.
    pub begins: i64,
    /// When it ends, epoch seconds.
    pub ends: i64,
}

/// When lessons are.
#[derive(Clone, Debug)]
pub enum Timetable {
    /// Eight lessons every day of the calendar; on which days anybody comes is not its business.
    Real(TimeZone),
    /// One lesson after another, each in a slot of this many seconds, of which the last 15 % are the break.
    Compressed {
        /// Seconds from one lesson to the next.
        slot: i64,
    },
}

impl Timetable {
    /// Returns the timetable of a pace.
    pub fn new(pace: &Pace) -> Self {
        match pace {
            Pace::Real(zone) => Self::Real(zone.clone()),
            Pace::Compressed { day } => {
                let seconds = i64::try_from(day.as_secs()).unwrap_or(i64::MAX);
                Self::Compressed { slot: (seconds / LESSONS).max(SHORTEST_SLOT) }
            }
        }
    }

    /// Returns a lesson by its number.
    pub fn lesson(&self, number: i64) -> Lesson {
        match self {
            Self::Real(zone) => {
                let bell = BELLS[usize::try_from(number.rem_euclid(LESSONS)).unwrap_or_default()];
                let begins = bell_time(zone, number.div_euclid(LESSONS), bell);
                Lesson { number, begins, ends: begins + LESSON }
            }
            Self::Compressed { slot } => {
                let begins = number.saturating_mul(*slot);
                Lesson { number, begins, ends: begins + slot - (slot * 15 / 100).max(1) }
            }
        }
    }

    /// Returns the number of the last lesson that began at or before `at`, epoch seconds.
    pub fn current(&self, at: i64) -> i64 {
        match self {
            Self::Real(zone) => {
                let now = Timestamp::from_second(at).unwrap_or_default().to_zoned(zone.clone());
                let today = now.date().since((jiff::Unit::Day, epoch())).map_or(0, |span| i64::from(span.get_days()));
                let minutes = i64::from(now.hour()) * 60 + i64::from(now.minute());
                let begun = BELLS.iter().filter(|bell| **bell <= minutes).count();
                today * LESSONS + i64::try_from(begun).unwrap_or(0) - 1
            }
            Self::Compressed { slot } => at.div_euclid(*slot),
        }
    }

    /// Returns how long the shortest break is, in seconds.
    pub fn pause(&self) -> i64 {
        match self {
            Self::Real(_) => 5 * 60,
            Self::Compressed { slot } => (slot * 15 / 100).max(1),
        }
    }

    /// Says whether people come to school on this day, counted from 1 January 1970.
    pub(super) fn is_school_day(day: i64) -> bool {
        !matches!(date_of(day).weekday(), Weekday::Saturday | Weekday::Sunday)
    }
}

/// Returns the room of a class in a lesson, as an index; no two classes ever share one.
pub(super) fn room_of_class(class: usize, lesson: i64, classes: usize) -> usize {
    let classes = i64::try_from(classes.max(1)).unwrap_or(1);
    let class = i64::try_from(class).unwrap_or(0);
    // Every class moves on by the same step, so that they never meet; the step of the day keeps days different.
    let shift = lesson.wrapping_add(lesson.div_euclid(LESSONS).wrapping_mul(3));
    usize::try_from((class + shift.rem_euclid(classes)).rem_euclid(classes)).unwrap_or(0)
}

fn epoch() -> Date {
    date(1970, 1, 1)
}

fn date_of(day: i64) -> Date {
    epoch().checked_add(jiff::Span::new().try_days(day).unwrap_or_default()).unwrap_or_else(|_| epoch())
}

/// Returns when a bell rings on a day: by the wall clock, also on days that have 23 or 25 hours.
fn bell_time(zone: &TimeZone, day: i64, minutes: i64) -> i64 {
    let hour = i8::try_from(minutes / 60).unwrap_or(0);
    let minute = i8::try_from(minutes % 60).unwrap_or(0);
    let zoned = date_of(day).at(hour, minute, 0, 0).to_zoned(zone.clone());
    zoned.map_or(day * 86_400 + minutes * 60, |zoned| zoned.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_lesson_is_current_from_its_bell_to_the_next() {
        let zone = TimeZone::get("Europe/Berlin").expect("zone");
        for timetable in [Timetable::Real(zone), Timetable::Compressed { slot: 90 }] {
            for number in [0, 7, 8, 165_000, 165_007, 165_008] {
                let lesson = timetable.lesson(number);
                let next = timetable.lesson(number + 1);
                assert!(lesson.begins < lesson.ends && lesson.ends + timetable.pause() <= next.begins);
                assert_eq!(timetable.current(lesson.begins), number);
                assert_eq!(timetable.current(next.begins - 1), number);
            }
        }
    }

    #[test]
    fn two_classes_never_share_a_room_and_everybody_moves() {
        for lesson in -20..200 {
            let rooms: HashSet<usize> = (0..8).map(|class| room_of_class(class, lesson, 8)).collect();
            assert_eq!(rooms.len(), 8);
            assert_ne!(room_of_class(3, lesson, 8), room_of_class(3, lesson + 1, 8));
        }
    }
}
