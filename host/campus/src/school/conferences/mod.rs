//! Conferences and the calendar, as the tables hold them at one instant.
//!
//! Two things become a conference: a BigBlueButton activity, whose calendar event knows neither its end nor its link, and a
//! plain calendar event with a link somewhere in its text. Both come about by chance, so that something is
//! always about to begin, or exactly as a test wants them: [`School::with_calendar`](super::School::with_calendar).

mod planner;
mod topics;

pub(super) use planner::Planner;

/// The only category of courses.
pub const CATEGORY: i64 = 2;

/// A BigBlueButton activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Instance id.
    pub id: i64,
    /// Course module id.
    pub cm: i64,
    /// Id of its calendar event, which is there only while it has an opening time.
    pub event: i64,
    /// Course id.
    pub course: i64,
    /// Name as it was typed.
    pub name: String,
    /// Description in HTML.
    pub intro: String,
    /// When it opens, epoch seconds.
    pub opening: Option<i64>,
    /// When it closes, epoch seconds; its calendar event vanishes then.
    pub closing: Option<i64>,
    /// When it was made, epoch seconds.
    pub created: i64,
    /// When it was edited, epoch seconds; 0 for never.
    pub modified: i64,
    /// Whether participants wait for a moderator.
    pub wait: bool,
    /// Whether guests may join by a link of their own.
    pub guests: bool,
    /// Hidden from participants.
    pub hidden: bool,
    /// Marked for deletion: in no answer any more, the row is deleted later.
    pub deleting: bool,
    /// Since when a meeting runs in it, epoch seconds.
    pub running: Option<i64>,
}

impl Activity {
    /// Makes an activity that is always open; change what shall differ. Ids of 0 are given out when it is added by hand.
    pub fn new(course: i64, name: impl Into<String>) -> Self {
        Self {
            id: 0,
            cm: 0,
            event: 0,
            course,
            name: name.into(),
            intro: "<p>Online session.</p>".into(),
            opening: None,
            closing: None,
            created: 0,
            modified: 0,
            wait: true,
            guests: false,
            hidden: false,
            deleting: false,
            running: None,
        }
    }

    /// Says whether it has closed by `at`, epoch seconds.
    pub fn is_closed(&self, at: i64) -> bool {
        self.closing.is_some_and(|closing| closing <= at)
    }
}

/// Whose calendar an event stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's.
    Site,
    /// That of the members of a course.
    Course(i64),
    /// That of a group of a course.
    Group {
        /// Course id.
        course: i64,
        /// Group id.
        group: i64,
    },
    /// That of one account.
    User(i64),
    /// That of everybody with a course in a category.
    Category(i64),
}

/// A plain event of the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Event id.
    pub id: i64,
    /// Whose calendar it stands in.
    pub scope: Scope,
    /// Name as it was typed.
    pub name: String,
    /// Description in HTML.
    pub description: String,
    /// Location; empty for none.
    pub location: String,
    /// When it begins, epoch seconds.
    pub begins: i64,
    /// How long it lasts, seconds; 0 for a mere instant.
    pub lasts: i64,
    /// When it was last edited, epoch seconds.
    pub modified: i64,
    /// Id of the first event of its series.
    pub repeat: Option<i64>,
    /// Hidden from participants.
    pub hidden: bool,
}

impl Event {
    /// Makes an event of an hour without description; change what shall differ. An id of 0 is given out when it is added
    /// by hand.
    pub fn new(scope: Scope, name: impl Into<String>, begins: i64) -> Self {
        Self {
            id: 0,
            scope,
            name: name.into(),
            description: String::new(),
            location: String::new(),
            begins,
            lasts: 3600,
            modified: 0,
            repeat: None,
            hidden: false,
        }
    }
}

/// All activities and events at one instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// The BigBlueButton activities.
    pub activities: Vec<Activity>,
    /// The plain events.
    pub events: Vec<Event>,
}

/// Where a school's calendar comes from.
#[derive(Debug)]
pub(super) enum Source {
    Chance(Planner),
    Exactly(Calendar),
}

impl Source {
    pub(super) fn at(&self, at: i64) -> Calendar {
        match self {
            Self::Chance(planner) => planner.at(at),
            Self::Exactly(calendar) => calendar.clone(),
        }
    }
}
