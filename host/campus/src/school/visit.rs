//! One stay at school: from a login to the last page view.

use super::chance;
use super::people::{Habit, Person, Place};
use super::rooms::{Room, RoomKind};
use super::timetable::{LESSONS, Timetable, room_of_class};

/// Moodle notes a page view as last access only if the last note is older than this (`LASTACCESS_UPDATE_SECS`).
const LAST_ACCESS_GRAIN: i64 = 60;

/// A session row is written at most every so many seconds.
const SESSION_GRAIN: i64 = 20;

/// One in so many lessons of a student is free and is spent in the library.
const FREE_LESSON: i64 = 12;

/// A stay, by the numbers of its first and last lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) first: i64,
    pub(super) last: i64,
}

/// What a stay has left in the tables up to an instant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trace {
    pub(super) login: i64,
    /// Last access as noted.
    pub(super) noted: i64,
    /// Where that was.
    pub(super) noted_at: usize,
    pub(super) computer: Browser,
    pub(super) phone: Option<Browser>,
    /// When the person leaves, which may still lie ahead.
    pub(super) leaves: i64,
    pub(super) logs_out: bool,
}

/// One session of a stay; rooms are indices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Browser {
    pub(super) created: i64,
    pub(super) written: i64,
    pub(super) first_room: usize,
    pub(super) last_room: usize,
}

impl Browser {
    fn new(at: i64, room: usize) -> Self {
        Self { created: at, written: at, first_room: room, last_room: room }
    }

    fn request(&mut self, at: i64, room: usize) {
        self.last_room = room;
        if at - self.written >= SESSION_GRAIN {
            self.written = at;
        }
    }
}

/// Where somebody is when.
#[derive(Clone, Debug)]
pub(super) struct Path {
    rooms: Vec<(i64, usize)>,
}

impl Path {
    /// Returns the room, as an index, at an instant.
    pub(super) fn room(&self, at: i64) -> usize {
        let entered = self.rooms.partition_point(|(from, _)| *from <= at);
        self.rooms.get(entered.saturating_sub(1)).map_or(0, |(_, room)| *room)
    }
}

/// What the stays of everybody have in common.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) seed: u64,
    pub(super) timetable: Timetable,
    pub(super) classes: usize,
    pub(super) teachers: usize,
}

impl Rules {
    /// Returns when somebody logs in for a stay.
    pub(super) fn login(&self, id: i64, visit: Visit) -> i64 {
        let lesson = self.timetable.lesson(visit.first);
        lesson.begins + chance::below(self.seed, &[id, visit.first, 1], (lesson.ends - lesson.begins) / 2)
    }

    /// Returns when somebody leaves.
    pub(super) fn leaves(&self, id: i64, visit: Visit) -> i64 {
        self.timetable.lesson(visit.last).ends + chance::below(self.seed, &[id, visit.last, 2], self.timetable.pause())
    }

    /// Returns the rooms, as indices, that somebody goes through during a stay, each with the second of entering.
    ///
    /// The room of the first lesson counts from before the login, the room of the last until after leaving.
    pub(super) fn path(&self, person: &Person, visit: Visit) -> Path {
        let id = person.profile.id;
        let rooms = (visit.first..=visit.last).map(|lesson| {
            // People are still on their way for a while after the bell.
            let walk = chance::below(self.seed, &[id, lesson, 3], self.timetable.pause());
            (self.timetable.lesson(lesson).begins + walk, self.assigned(id, &person.life, lesson))
        });
        Path { rooms: rooms.collect() }
    }

    fn assigned(&self, id: i64, habit: &Habit, lesson: i64) -> usize {
        let (library, staff) = (self.classes, self.classes + 1);
        match habit.place {
            Place::Class(_) if chance::once_in(self.seed, &[id, lesson, 4], FREE_LESSON) => library,
            Place::Class(class) => room_of_class(class, lesson, self.classes),
            Place::Teaching(teacher) => {
                // Teachers go round the classes, so that no class ever has two.
                let teachers = i64::try_from(self.teachers.max(1)).unwrap_or(1);
                let turn = (i64::try_from(teacher).unwrap_or(0) + lesson.rem_euclid(teachers)).rem_euclid(teachers);
                match usize::try_from(turn) {
                    Ok(class) if class < self.classes => room_of_class(class, lesson, self.classes),
                    _ => staff,
                }
            }
            Place::Office => staff,
        }
    }

    /// Returns what a stay has left up to `at`; the login must not lie ahead.
    pub(super) fn trace(&self, person: &Person, visit: Visit, at: i64) -> Trace {
        let id = person.profile.id;
        let login = self.login(id, visit);
        let leaves = self.leaves(id, visit).max(login);
        let path = self.path(person, visit);
        let entry = path.room(login);
        let mut trace = Trace {
            login,
            noted: login,
            noted_at: entry,
            computer: Browser::new(login, entry),
            phone: None,
            leaves,
            logs_out: !chance::once_in(self.seed, &[id, visit.first, 5], 3),
        };
        let wireless = self.classes + 2;
        let (shortest, spread) = self.gaps();
        let (mut view, mut count) = (login, 0);
        loop {
            count += 1;
            view += shortest + chance::below(self.seed, &[id, visit.first, 6, count], spread);
            if view > at.min(leaves) {
                return trace;
            }
            let by_phone = person.life.phone && count % 5 == 4;
            let room = if by_phone { wireless } else { path.room(view) };
            match (&mut trace.phone, by_phone) {
                (Some(phone), true) => phone.request(view, room),
                (phone @ None, true) => *phone = Some(Browser::new(view, room)),
                (_, false) => trace.computer.request(view, room),
            }
            if view - trace.noted > LAST_ACCESS_GRAIN {
                trace.noted = view;
                trace.noted_at = room;
            }
        }
    }

    /// Returns how long people look at a page: at least, and how much longer at most, in seconds.
    fn gaps(&self) -> (i64, i64) {
        match self.timetable {
            Timetable::Real(_) => (20, 160),
            Timetable::Compressed { .. } => (8, 25),
        }
    }

    /// Returns the latest stay that began at or before `at`, and the one before it.
    ///
    /// `current` is the number of the lesson at `at`.
    pub(super) fn visits(&self, id: i64, at: i64, current: i64) -> [Option<Visit>; 2] {
        let mut found = [None, None];
        let mut filled = 0;
        for back in 0..self.search() {
            let visit = match &self.timetable {
                Timetable::Real(_) => self.day(id, current.div_euclid(LESSONS) - back),
                Timetable::Compressed { slot } => Some(self.round(id, current, *slot, back)),
            };
            if let Some(visit) = visit.filter(|visit| self.login(id, *visit) <= at) {
                found[filled] = Some(visit);
                filled += 1;
                if filled == found.len() {
                    break;
                }
            }
        }
        found
    }

    /// How many days or rounds to look back: nobody is away for two school days in a row, and two stays are wanted.
    fn search(&self) -> i64 {
        match self.timetable {
            Timetable::Real(_) => 9,
            Timetable::Compressed { .. } => 4,
        }
    }

    /// Returns somebody's stay on a day.
    fn day(&self, id: i64, day: i64) -> Option<Visit> {
        let ill = |day: i64| chance::once_in(self.seed, &[id, day, 7], 9);
        if !Timetable::is_school_day(day) || (ill(day) && !ill(day - 1)) {
            return None;
        }
        let late = if chance::once_in(self.seed, &[id, day, 8], 5) {
            1 + chance::below(self.seed, &[id, day, 9], 3)
        } else {
            0
        };
        let first = day * LESSONS + late;
        Some(Visit { first, last: day * LESSONS + 4 + chance::below(self.seed, &[id, day, 10], LESSONS - 4) })
    }

    /// Returns somebody's stay in the round that is `back` rounds ago.
    fn round(&self, id: i64, current: i64, slot: i64, back: i64) -> Visit {
        let length = round_length(slot);
        let offset = chance::below(self.seed, &[id, 11], length);
        let round = (current - offset).div_euclid(length) - back;
        let first = round * length + offset;
        Visit { first, last: first + 1 + chance::below(self.seed, &[id, round, 12], 3) }
    }
}

/// Returns from how many lessons on somebody comes again, in a compressed school.
///
/// At least forty minutes pass, so that a monitor that ends a presence after half an hour sees a new arrival.
pub(super) fn round_length(slot: i64) -> i64 {
    (40 * 60 / slot + 6).clamp(12, 240)
}

/// Returns the address that Moodle writes for somebody in a room.
pub(super) fn written(person: &Person, room: &Room) -> String {
    let seat = match room.kind {
        // A phone has another address than the computer, even on the same network.
        RoomKind::Wireless => person.life.seat.wrapping_add(3).max(16),
        RoomKind::Classroom | RoomKind::Library | RoomKind::StaffRoom => person.life.seat,
    };
    room.written(seat, person.life.form)
}
