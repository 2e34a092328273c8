//! A school that lives: who is where at any instant, and what meets when, as a pure function of a seed.
//!
//! Tests and rehearsals must be able to look at the same second twice and find the same people in the same rooms, and a
//! demonstration must be lively at whatever hour it is started. So nothing here has a state: [`School::at`] computes what
//! the tables of the school's Moodle hold at an instant, with the traps of the real tables: last access moves at most once
//! a minute, sessions outlive people, addresses come in all the forms Moodle writes.

mod address;
mod chance;
pub mod conferences;
pub mod courses;
mod crowd;
mod enrolment;
mod life;
mod names;
mod people;
mod plan;
mod rooms;
mod timetable;
mod visit;

use std::collections::HashMap;
use std::sync::Arc;

pub use address::{Form, mapped, plain_v4, plain_v6};
pub use people::{MailDisplay, Profile, Role, User};
pub use plan::{Pace, Plan};
pub use rooms::{PROXY, Room, RoomKind, rooms_csv};
pub use timetable::{Lesson, Timetable};

use conferences::{Calendar, Planner, Source};
use courses::{Book, Coursework};
use crowd::Crowd;
use life::Life;

/// The instant, in milliseconds since 1970 UTC, from whoever drives the campus.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Returns the clock of the machine.
pub fn system_clock() -> Clock {
    Arc::new(|| jiff::Timestamp::now().as_millisecond())
}

/// The id of the course that is the whole site.
pub const SITE_COURSE: i64 = 1;

/// One row of Moodle's session table: one browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Row id.
    pub id: i64,
    /// The cookie's value.
    pub sid: String,
    /// Whose it is; 0 for anonymous visitors.
    pub userid: i64,
    /// When it began, epoch seconds.
    pub timecreated: i64,
    /// When it was last written, epoch seconds; moves at most every 20 s.
    pub timemodified: i64,
    /// The address it began from, as Moodle writes it.
    pub firstip: Arc<str>,
    /// The address of its last request, which follows at once.
    pub lastip: Arc<str>,
}

/// What the tables hold at one instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The instant, milliseconds since 1970 UTC.
    pub at: i64,
    /// All accounts by ascending id, deleted ones too.
    pub users: Vec<User>,
    /// All session rows.
    pub sessions: Vec<Session>,
}

impl Snapshot {
    /// Returns the account with this id.
    pub fn user(&self, id: i64) -> Option<&User> {
        self.users.binary_search_by_key(&id, |user| user.id).ok().map(|index| &self.users[index])
    }

    /// Returns the accounts that were active in the last `window` seconds, as Moodle's tables show it.
    pub fn online(&self, window: i64) -> impl Iterator<Item = &User> {
        let since = self.at.div_euclid(1000) - window;
        self.users.iter().filter(move |user| !user.deleted && user.lastaccess > since)
    }
}

/// A course and who is enrolled in it.
#[derive(Clone, Debug)]
pub struct Course {
    /// Course id; 1 is the site and has no members of its own.
    pub id: i64,
    /// Short name as it was typed.
    pub shortname: String,
    /// Full name as it was typed.
    pub fullname: String,
    /// Ids of the people enrolled, ascending.
    pub members: Vec<i64>,
}

/// A group of a course.
#[derive(Clone, Debug)]
pub struct Group {
    /// Group id.
    pub id: i64,
    /// Course id.
    pub course: i64,
    /// Name as it was typed.
    pub name: String,
    /// Ids of its members, ascending.
    pub members: Vec<i64>,
}

/// A school.
#[derive(Debug)]
pub struct School {
    name: String,
    kind: Kind,
    rooms: Vec<Room>,
    courses: Vec<Course>,
    groups: Vec<Group>,
    conferences: Source,
    book: Arc<Book>,
    by_name: HashMap<String, Arc<Profile>>,
}

#[derive(Debug)]
enum Kind {
    Living(Life),
    Crowd(Crowd),
    Still { users: Vec<User>, sessions: Vec<Session> },
}

impl School {
    /// Founds the school of a plan.
    pub fn new(plan: &Plan) -> Self {
        let rooms = rooms::all(plan.rooms);
        let people = people::all(plan);
        let courses = enrolment::courses(plan, &people);
        let groups = enrolment::groups(&courses, &people);
        let conferences = Source::Chance(Planner::new(plan.seed, &courses, &groups, plan.pace.conferences()));
        let profiles: Vec<Arc<Profile>> = people.iter().map(|person| person.profile.clone()).collect();
        let kind = match plan.online {
            Some(online) => Kind::Crowd(Crowd::new(plan, people, &rooms, online)),
            None => Kind::Living(Life::new(plan, people)),
        };
        Self {
            name: "Campus".into(),
            kind,
            rooms,
            courses,
            groups,
            conferences,
            book: Arc::default(),
            by_name: by_name(profiles),
        }
    }

    /// Makes a school where nothing ever moves, with exactly these rows; it has neither groups nor conferences.
    pub fn still(mut users: Vec<User>, sessions: Vec<Session>, courses: Vec<Course>) -> Self {
        users.sort_by_key(|user| user.id);
        let by_name = by_name(users.iter().map(|user| user.profile.clone()));
        Self {
            name: "Campus".into(),
            kind: Kind::Still { users, sessions },
            rooms: Vec::new(),
            courses,
            groups: Vec::new(),
            conferences: Source::Exactly(Calendar::default()),
            book: Arc::default(),
            by_name,
        }
    }

    /// Gives the school another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Gives the school exactly these conferences, and none by chance.
    #[must_use]
    pub fn with_calendar(mut self, calendar: Calendar) -> Self {
        self.conferences = Source::Exactly(calendar);
        self
    }

    /// Gives the school exactly these groups. Conferences by chance keep to the groups the school was founded with.
    #[must_use]
    pub fn with_groups(mut self, groups: Vec<Group>) -> Self {
        self.groups = groups;
        self
    }

    /// Fills the courses by chance, and founds more where there are too few. Conferences by chance and groups keep to the
    /// courses the school was founded with.
    #[must_use]
    pub fn with_coursework(mut self, plan: &Coursework) -> Self {
        courses::enrol(plan, &mut self.courses);
        self.book = Arc::new(courses::make(plan, &self.courses));
        self
    }

    /// Gives the courses exactly these contents.
    #[must_use]
    pub fn with_book(mut self, book: Book) -> Self {
        self.book = Arc::new(book);
        self
    }

    /// Returns what the courses hold as the school was founded; nothing by default.
    pub fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// Returns the school's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what the tables hold at `at`, milliseconds since 1970 UTC.
    pub fn at(&self, at: i64) -> Snapshot {
        let (users, sessions) = match &self.kind {
            Kind::Living(life) => life.at(at.div_euclid(1000), &self.rooms),
            Kind::Crowd(crowd) => crowd.at(at.div_euclid(1000)),
            Kind::Still { users, sessions } => (users.clone(), sessions.clone()),
        };
        Snapshot { at, users, sessions }
    }

    /// Returns the rooms; none in a still school.
    pub fn rooms(&self) -> &[Room] {
        &self.rooms
    }

    /// Returns the courses, without the site itself.
    pub fn courses(&self) -> &[Course] {
        &self.courses
    }

    /// Returns the groups of all courses.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Returns what stands in the calendar at `at`, milliseconds since 1970 UTC.
    pub fn calendar(&self, at: i64) -> Calendar {
        self.conferences.at(at.div_euclid(1000))
    }

    /// Returns the room whose network an address is in, in whatever form Moodle wrote it; a mapped address is read as if
    /// nothing was lost, so the answer for one that did lose something may be wrong or none.
    pub fn room_of(&self, address: &str) -> Option<&Room> {
        let address = address::read(address)?;
        self.rooms.iter().find(|room| room.contains(address))
    }

    /// Returns the room somebody is in at `at` by the timetable; `None` for who is not at school then.
    pub fn whereabouts(&self, user: i64, at: i64) -> Option<&Room> {
        match &self.kind {
            Kind::Living(life) => life.whereabouts(user, at.div_euclid(1000)).and_then(|room| self.rooms.get(room)),
            Kind::Crowd(_) | Kind::Still { .. } => None,
        }
    }

    /// Returns the account with this user name.
    pub fn account(&self, username: &str) -> Option<&Arc<Profile>> {
        self.by_name.get(username)
    }
}

fn by_name(profiles: impl IntoIterator<Item = Arc<Profile>>) -> HashMap<String, Arc<Profile>> {
    profiles.into_iter().map(|profile| (profile.username.clone(), profile)).collect()
}
