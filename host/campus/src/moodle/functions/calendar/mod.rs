//! The calendar: its rows, and who sees which of them.

mod export;
mod list;
mod mirror;
mod record;
mod timeline;
mod view;

pub(in crate::moodle) use export::{What, export};
pub(super) use list::events;
pub(super) use timeline::action_events;
pub(super) use view::event_by_id;

use mirror::Mirror;
use record::Action;

use super::Caller;
use crate::school::SITE_COURSE;
use crate::school::conferences::{Activity, Calendar, Scope};
use crate::school::courses::Book;

/// The account that made everything.
const AUTHOR: i64 = 2;

/// One row of the calendar: of a conference, of another module, or on its own.
struct Row<'a> {
    id: i64,
    name: String,
    description: String,
    location: &'a str,
    scope: Scope,
    author: Option<i64>,
    repeat: Option<i64>,
    activity: Option<&'a Activity>,
    mirror: Option<Mirror<'a>>,
    begins: i64,
    lasts: i64,
    modified: i64,
    visible: bool,
}

/// What a caller gets of a row that was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sight {
    /// All of it.
    Seen,
    /// Nothing, and no word about it.
    Unseen,
    /// A warning.
    Refused,
}

impl Row<'_> {
    /// Returns the id of its course: 1 for the site, 0 for none.
    fn course(&self) -> i64 {
        match self.scope {
            Scope::Site => SITE_COURSE,
            Scope::Course(course) | Scope::Group { course, .. } => course,
            Scope::User(_) | Scope::Category(_) => 0,
        }
    }

    fn kind(&self) -> &'static str {
        if let Some(mirror) = &self.mirror {
            return mirror.event.kind();
        }
        match self.scope {
            _ if self.activity.is_some() => "meeting_start",
            Scope::Site => "site",
            Scope::Course(_) => "course",
            Scope::Group { .. } => "group",
            Scope::User(_) => "user",
            Scope::Category(_) => "category",
        }
    }

    fn sight(&self, caller: &Caller<'_>) -> Sight {
        let seen_or = |seen: bool, otherwise: Sight| if seen { Sight::Seen } else { otherwise };
        if let Some(activity) = self.activity {
            return seen_or(caller.sees(activity), Sight::Unseen);
        }
        // Others are only listed for those who get to their modules.
        if caller.rights.manages || self.mirror.is_some() {
            return Sight::Seen;
        }
        match self.scope {
            Scope::Site | Scope::Category(_) => Sight::Seen,
            Scope::Course(course) | Scope::Group { course, .. } => seen_or(caller.attends(course), Sight::Refused),
            Scope::User(user) => seen_or(user == caller.me.id, Sight::Refused),
        }
    }
}

/// Lists the rows that a calendar shows to a caller, by their beginning.
fn all_rows<'a>(caller: &Caller<'_>, calendar: &'a Calendar, book: &'a Book) -> Vec<Row<'a>> {
    let mut rows = rows(calendar, caller.moodle.now());
    rows.extend(mirror::rows(caller, book));
    rows.sort_by_key(|row| (row.begins, row.id));
    rows
}

/// Lists the rows of conferences and of plain events that a calendar shows at `now`. A conference that has closed is not
/// among them, though its row stays in the table.
fn rows(calendar: &Calendar, now: i64) -> Vec<Row<'_>> {
    let activities = calendar.activities.iter().filter(|activity| !activity.deleting && !activity.is_closed(now));
    let meetings = activities.filter_map(|activity| {
        let begins = activity.opening?;
        Some(Row {
            id: activity.event,
            name: format!("{} is scheduled for", activity.name),
            description: format!("<div class=\"no-overflow\">{}</div>", activity.intro),
            location: "",
            scope: Scope::Course(activity.course),
            // Moodle forgets the author when it writes the row anew.
            author: (activity.modified == 0).then_some(AUTHOR),
            repeat: None,
            activity: Some(activity),
            mirror: None,
            begins,
            lasts: 0,
            modified: activity.modified.max(activity.created),
            visible: !activity.hidden,
        })
    });
    let plain = calendar.events.iter().map(|event| Row {
        id: event.id,
        name: event.name.clone(),
        description: event.description.clone(),
        location: &event.location,
        scope: event.scope,
        author: Some(if let Scope::User(user) = event.scope { user } else { AUTHOR }),
        repeat: event.repeat,
        activity: None,
        mirror: None,
        begins: event.begins,
        lasts: event.lasts,
        modified: event.modified,
        visible: !event.hidden,
    });
    meetings.chain(plain).collect()
}
