//! `core_calendar_get_calendar_event_by_id`: one event with its location and link.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::super::params::Params;
use super::super::super::{Fail, text, write};
use super::super::courses::CATEGORY_NAME;
use super::super::coursework::parts;
use super::super::{Caller, take};
use super::record::{Action, Answer, Icon, InCategory, InCourse, Subscription, View};
use super::{Row, Sight, all_rows};
use crate::school::conferences::Scope;
use crate::school::{Course, SITE_COURSE};

/// A picture that is generated for every course, and so repeated in every event.
const PICTURE: &str = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=";

/// Calls `core_calendar_get_calendar_event_by_id`.
pub(in crate::moodle::functions) fn event_by_id(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["eventid"])?;
    let id = take::int(params, "eventid")?;
    let (calendar, book) = (caller.moodle.calendar(), caller.moodle.book());
    let rows = all_rows(caller, &calendar, &book);
    let row = rows.iter().find(|row| row.id == id && row.sight(caller) == Sight::Seen && in_group(caller, row));
    // What is deleted, hidden or never was: all read the same.
    let row = row.ok_or_else(|| Fail::permission("View courses without participation"))?;
    Ok(write::json(&Answer { event: view(caller, row), warnings: Vec::new() }))
}

fn in_group(caller: &Caller<'_>, row: &Row<'_>) -> bool {
    match row.scope {
        Scope::Group { group, .. } => {
            caller.rights.manages || caller.groups_of(caller.me.id).any(|mine| mine.id == group)
        }
        _ => true,
    }
}

pub(super) fn view<'a>(caller: &Caller<'_>, row: &'a Row<'_>) -> View<'a> {
    let (url, now) = (caller.moodle.url(), caller.moodle.now());
    let activity = row.activity;
    let module = Module::of(row);
    let course = caller.course(row.course());
    // The calendar of the site stands for those without a course.
    let calendar = course.map_or(SITE_COURSE, |course| course.id);
    let normal = if module.is_some() { "course" } else { row.kind() };
    View {
        id: row.id,
        name: text::shown_in_views(&row.name),
        description: &row.description,
        descriptionformat: 1,
        location: row.location,
        categoryid: if let Scope::Category(category) = row.scope { Some(category) } else { None },
        groupid: if let Scope::Group { group, .. } = row.scope { Some(group) } else { None },
        userid: row.author,
        repeatid: row.repeat,
        eventcount: None,
        component: module.as_ref().map(|module| format!("mod_{}", module.kind)),
        modulename: module.as_ref().map_or("", |module| module.kind),
        activityname: module.as_ref().map_or_else(String::new, |module| text::shown(module.name)),
        activitystr: module.as_ref().map_or("", |module| module.words),
        instance: module.as_ref().map(|module| module.cm),
        eventtype: row.kind(),
        timestart: row.begins,
        timeduration: row.lasts,
        timesort: row.begins,
        timeusermidnight: if course.is_some() { row.begins - row.begins.rem_euclid(86_400) } else { 0 },
        visible: i64::from(row.visible),
        timemodified: row.modified,
        overdue: module.is_some() && row.begins < now,
        icon: icon(&url, caller.moodle.revision(), module.as_ref(), row.kind()),
        category: matches!(row.scope, Scope::Category(_)).then(|| category(caller, &url)),
        course: course.map(|course| in_course(caller, course, &url)),
        subscription: Subscription { displayeventsource: false },
        canedit: caller.rights.manages,
        candelete: caller.rights.manages && module.is_none(),
        deleteurl: format!("{url}/calendar/delete.php?id={}&course={calendar}", row.id),
        editurl: match &module {
            Some(module) => format!("{url}/course/mod.php?update={}&return=1&sesskey=campuskey0", module.cm),
            None => format!("{url}/calendar/event.php?action=edit&id={}&course={calendar}", row.id),
        },
        viewurl: format!("{url}/calendar/view.php?view=day&course={calendar}&time={}#event_{}", row.begins, row.id),
        formattedtime: formatted(&url, row, now),
        formattedlocation: row.location,
        isactionevent: module.is_some(),
        iscourseevent: row.kind() == "course",
        iscategoryevent: row.kind() == "category",
        groupname: group_name(caller, row),
        normalisedeventtype: normal,
        normalisedeventtypetext: format!("{}{} event", normal[..1].to_uppercase(), &normal[1..]),
        action: activity
            .filter(|_| row.begins <= now)
            .map(|activity| Action {
                name: "Join session",
                url: format!(
                    "{url}/mod/bigbluebuttonbn/bbb_view.php?action=join&id={}&bn={}&timeline=1",
                    activity.cm, activity.id
                ),
                itemcount: 1,
                actionable: true,
                showitemcount: false,
            })
            .or_else(|| row.mirror.as_ref().and_then(|mirror| mirror.action(caller))),
        purpose: module.as_ref().map_or("none", |module| module.purpose),
        branded: activity.is_some(),
        url: match (&module, row.scope) {
            (Some(module), _) => format!("{url}/mod/{}/view.php?id={}", module.kind, module.cm),
            (None, Scope::Course(course) | Scope::Group { course, .. }) => {
                format!("{url}/course/view.php?id={course}")
            }
            (None, Scope::Category(category)) => format!("{url}/course/index.php?categoryid={category}"),
            (None, Scope::Site | Scope::User(_)) => format!("{url}/?redirect=0"),
        },
    }
}

/// What the view tells of the module behind an event.
struct Module<'a> {
    kind: &'static str,
    name: &'a str,
    cm: i64,
    words: &'static str,
    /// What its picture is said to show.
    picture: &'static str,
    purpose: &'static str,
}

impl<'a> Module<'a> {
    fn of(row: &'a Row<'_>) -> Option<Self> {
        match (row.activity, &row.mirror) {
            (Some(activity), _) => Some(Self {
                kind: "bigbluebuttonbn",
                name: &activity.name,
                cm: activity.cm,
                words: "BigBlueButton requires action",
                picture: "Activity event",
                purpose: "communication",
            }),
            (None, Some(mirror)) => Some(Self {
                kind: mirror.module.kind.name(),
                name: &mirror.module.name,
                cm: mirror.module.cm,
                words: mirror.event.words(),
                picture: mirror.event.picture(),
                purpose: "assessment",
            }),
            (None, None) => None,
        }
    }
}

fn icon(url: &str, revision: i64, module: Option<&Module<'_>>, kind: &str) -> Icon {
    match module {
        Some(module) => Icon {
            key: "monologo".into(),
            component: module.kind,
            alttext: module.picture.into(),
            iconurl: parts::monologo(url, module.kind, revision),
            iconclass: "",
        },
        None => Icon {
            key: format!("i/{kind}event"),
            component: "core",
            alttext: format!("{}{} event", kind[..1].to_uppercase(), &kind[1..]),
            iconurl: String::new(),
            iconclass: "",
        },
    }
}

fn category(caller: &Caller<'_>, url: &str) -> InCategory {
    let id = crate::school::conferences::CATEGORY;
    let link = format!("{url}/course/index.php?categoryid={id}");
    InCategory {
        id,
        name: CATEGORY_NAME,
        idnumber: "",
        parent: 0,
        coursecount: caller.courses().count(),
        visible: 1,
        timemodified: 0,
        depth: 1,
        nestedname: format!("<a href=\"{link}\">{CATEGORY_NAME}</a>"),
        url: link,
    }
}

fn in_course(caller: &Caller<'_>, course: &Course, url: &str) -> InCourse {
    InCourse {
        id: course.id,
        fullname: text::shown(&course.fullname),
        shortname: text::shown(&course.shortname),
        idnumber: "",
        summary: "",
        summaryformat: 1,
        startdate: super::super::courses::BEGINS,
        enddate: 0,
        visible: !caller.is_hidden(course),
        showactivitydates: true,
        showcompletionconditions: true,
        pdfexportfont: "",
        fullnamedisplay: text::shown(&course.fullname),
        viewurl: format!("{url}/course/view.php?id={}", course.id),
        courseimage: PICTURE,
        progress: 0,
        hasprogress: true,
        isfavourite: false,
        hidden: false,
        showshortname: false,
        coursecategory: CATEGORY_NAME,
    }
}

fn group_name(caller: &Caller<'_>, row: &Row<'_>) -> Option<String> {
    let Scope::Group { group, .. } = row.scope else { return None };
    let groups = caller.moodle.school().groups();
    groups.iter().find(|found| found.id == group).map(|found| text::shown(&found.name))
}

/// Writes when an event is, as HTML that says "Today" when it is today: no two days show the same.
fn formatted(url: &str, row: &Row<'_>, now: i64) -> String {
    let begins = instant(url, row.begins, now, false);
    if row.lasts == 0 {
        return begins;
    }
    format!("{begins}\n &raquo;\n    {}", instant(url, row.begins + row.lasts, now, true))
}

fn instant(url: &str, at: i64, now: i64, is_end: bool) -> String {
    let zoned = |at: i64| Timestamp::from_second(at).unwrap_or_default().to_zoned(TimeZone::UTC);
    let (when, today) = (zoned(at), zoned(now).date());
    let (day, time) = (when.strftime("%A, %-d %B").to_string(), when.strftime("%-I:%M %p"));
    let is_today = when.date() == today;
    let said = match (is_end, is_today) {
        (true, _) => time.to_string(),
        (false, true) => format!("Today, {}, {time}", when.strftime("%-d %B")),
        (false, false) => format!("{day}, {time}"),
    };
    let dimmed = if at < now { "dimmed_text" } else { "" };
    let title = if is_end || is_today { format!(" title=\"{day}\" ") } else { String::new() };
    format!(
        "<a href=\"{url}/calendar/view.php?view=day&amp;time={at}\" title=\"{day}\">\n        <span\n            class=\"date {dimmed} \"\n            data-timestamp=\"{at}\"\n            {title}\n        >\n            {said}\n        </span>\n    </a>"
    )
}
