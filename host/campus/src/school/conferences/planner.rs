//! Conferences by chance: a pure function of seed and instant, like the lessons.
//!
//! Time is cut into slots, and every slot has one thing that begins in it, announced some slots before. What happens to it
//! on the way (moved, renamed, hidden, cancelled) is drawn for the slot, so that any instant can be looked at alone.

use super::super::{Course, Group, chance};
use super::topics::{self, Text};
use super::{Activity, CATEGORY, Calendar, Event, Scope};

/// Ids by chance lie above this; below it is room for what is added by hand.
const FIRST_ID: i64 = 100_000;

/// So many slots after its end the row of an activity is deleted.
const KEPT: i64 = 20;

/// How long an activity that is marked for deletion keeps its row, in seconds.
const DELETION: i64 = 60;

/// The longest a conference is announced before it begins, in slots.
const LONGEST_LEAD: i64 = 17;

/// Slots of one length.
#[derive(Clone, Copy, Debug)]
struct Stream {
    /// Tells its numbers and ids from those of the other.
    parity: i64,
    /// Length of a slot, in seconds.
    slot: i64,
    /// Shortest duration and step of durations, in seconds.
    lasts: (i64, i64),
}

/// Who plans the conferences of a school.
#[derive(Debug)]
pub(in crate::school) struct Planner {
    seed: u64,
    courses: Vec<i64>,
    groups: Vec<(i64, i64)>,
    streams: [Stream; 2],
}

/// What becomes of a conference between its announcement and its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Nothing,
    Moved,
    Renamed,
    Both,
    Hidden,
    Cancelled,
}

/// One conference and the instants of its life, epoch seconds.
struct Slot {
    about: [i64; 2],
    announced: i64,
    changed: i64,
    begins: i64,
    lasts: i64,
    fate: Fate,
}

impl Planner {
    /// Plans for a school where one conference begins in every `slot` seconds, and a longer one in every 40th of them.
    pub(in crate::school) fn new(seed: u64, courses: &[Course], groups: &[Group], slot: i64) -> Self {
        Self {
            seed: seed ^ 0xc04f,
            courses: courses.iter().map(|course| course.id).collect(),
            groups: groups.iter().map(|group| (group.course, group.id)).collect(),
            streams: [
                Stream { parity: 0, slot, lasts: (300, 60) },
                Stream { parity: 1, slot: slot * 40, lasts: (1800, 900) },
            ],
        }
    }

    /// Returns what stands in the tables at `at`, epoch seconds.
    pub(super) fn at(&self, at: i64) -> Calendar {
        let mut calendar = Calendar::default();
        if self.courses.is_empty() {
            return calendar;
        }
        for stream in self.streams {
            let longest = stream.lasts.0 + stream.lasts.1 * 10;
            let first = (at - longest).div_euclid(stream.slot) - KEPT - 4;
            let last = at.div_euclid(stream.slot) + LONGEST_LEAD;
            for number in first..=last {
                self.enter(stream, number, at, &mut calendar);
            }
        }
        calendar
    }

    fn below(&self, slot: &[i64; 2], what: i64, limit: i64) -> i64 {
        chance::below(self.seed, &[slot[0], slot[1], what], limit)
    }

    fn slot(&self, stream: Stream, number: i64) -> Slot {
        let about = [stream.parity, number];
        let begins = number * stream.slot + self.below(&about, 0, stream.slot / 2);
        // People name whole minutes.
        let begins = begins - begins.rem_euclid(60);
        let lead = stream.slot * (2 + self.below(&about, 1, LONGEST_LEAD - 2));
        let announced = begins - lead;
        let fate = match self.below(&about, 2, 12) {
            0 | 1 => Fate::Moved,
            2 | 3 => Fate::Renamed,
            4 => Fate::Both,
            5 => Fate::Hidden,
            6 => Fate::Cancelled,
            _ => Fate::Nothing,
        };
        Slot {
            about,
            announced,
            changed: announced + lead * (25 + self.below(&about, 3, 50)) / 100,
            begins,
            lasts: stream.lasts.0 + stream.lasts.1 * self.below(&about, 4, 11),
            fate,
        }
    }

    fn enter(&self, stream: Stream, number: i64, at: i64, calendar: &mut Calendar) {
        let slot = self.slot(stream, number);
        let is_changed = slot.fate != Fate::Nothing && at >= slot.changed;
        let mut begins = slot.begins;
        if is_changed && matches!(slot.fate, Fate::Moved | Fate::Both) {
            begins += match self.below(&slot.about, 5, 4) {
                // Earlier, but by less than what is left until then.
                0 => -((slot.begins - slot.changed) / 5 / 60 * 60),
                later => later * (stream.slot / 60).max(1) * 60,
            };
        }
        let ends = begins + slot.lasts;
        if at < slot.announced || at >= ends + KEPT * stream.slot {
            return;
        }
        let renamed = is_changed && matches!(slot.fate, Fate::Renamed | Fate::Both);
        let rename = |name: &str| if renamed { format!("{name} (new room)") } else { name.to_owned() };
        let id = FIRST_ID + number * 2 + stream.parity;
        let cancelled = is_changed && slot.fate == Fate::Cancelled;
        let kind = self.below(&slot.about, 6, 10);
        if kind < 6 {
            if cancelled && at >= slot.changed + DELETION {
                return;
            }
            let opens = begins + 20 + self.below(&slot.about, 7, 60);
            calendar.activities.push(Activity {
                id: id + 7,
                cm: id + 13,
                event: id,
                opening: Some(begins),
                closing: (self.below(&slot.about, 8, 6) != 0).then_some(ends),
                created: slot.announced,
                modified: if is_changed { slot.changed } else { 0 },
                wait: self.below(&slot.about, 9, 3) != 0,
                guests: self.below(&slot.about, 10, 4) == 0,
                hidden: is_changed && slot.fate == Fate::Hidden,
                deleting: cancelled,
                running: (opens..ends - 30).contains(&at).then_some(opens),
                ..Activity::new(self.course(&slot.about), rename(topics::name(self.seed, &slot.about)))
            });
            return;
        }
        if cancelled {
            return;
        }
        let is_meeting = kind != 9 || self.below(&slot.about, 11, 2) == 0;
        let text = if is_meeting { topics::linked } else { topics::other };
        let Text { name, description, location } = text(self.seed, &slot.about);
        calendar.events.push(Event {
            id,
            description,
            location,
            lasts: slot.lasts,
            modified: if is_changed { slot.changed } else { slot.announced },
            hidden: is_changed && slot.fate == Fate::Hidden,
            ..Event::new(self.scope(&slot.about, kind), rename(&name), begins)
        });
    }

    fn course(&self, about: &[i64; 2]) -> i64 {
        let count = i64::try_from(self.courses.len()).unwrap_or(1);
        self.courses[usize::try_from(self.below(about, 12, count)).unwrap_or_default()]
    }

    fn scope(&self, about: &[i64; 2], kind: i64) -> Scope {
        let groups = i64::try_from(self.groups.len()).unwrap_or(0);
        match kind {
            6 | 7 => Scope::Course(self.course(about)),
            8 if groups > 0 => {
                let (course, group) = self.groups[usize::try_from(self.below(about, 13, groups)).unwrap_or_default()];
                Scope::Group { course, group }
            }
            9 if self.below(about, 14, 3) == 0 => Scope::Category(CATEGORY),
            _ => Scope::Site,
        }
    }
}
