//! `core_calendar_get_calendar_events`: one call for a month, with all its traps.

use serde::Serialize;

use super::super::super::params::Params;
use super::super::super::{Fail, text, write};
use super::super::{Caller, take};
use super::{Row, Sight, all_rows};
use crate::school::SITE_COURSE;
use crate::school::conferences::Scope;

/// What Moodle adds to a warning, in production too: a trace of its own code.
const TRACE: &str = "#0 [dirroot]/lib/external/classes/external_api.php(521): require_login()\n#1 [dirroot]/calendar/externallib.php(201): core_external\\external_api::validate_context()\n#2 [dirroot]/webservice/lib.php(1507): core_calendar_external::get_calendar_events()\n#3 [dirroot]/webservice/lib.php(1353): webservice_base_server->execute()\n#4 [dirroot]/webservice/rest/server.php(44): webservice_base_server->run()\n#5 {main}";

#[derive(Serialize)]
struct Answer {
    events: Vec<Line>,
    warnings: Vec<Warning>,
}

#[derive(Serialize)]
struct Line {
    id: i64,
    name: String,
    description: String,
    format: i64,
    courseid: i64,
    categoryid: Option<i64>,
    groupid: Option<i64>,
    userid: Option<i64>,
    repeatid: Option<i64>,
    modulename: Option<&'static str>,
    instance: Option<i64>,
    eventtype: &'static str,
    timestart: i64,
    timeduration: i64,
    visible: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<&'static str>,
    sequence: i64,
    timemodified: i64,
    subscriptionid: Option<i64>,
}

#[derive(Serialize)]
struct Warning {
    item: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    itemid: Option<i64>,
    warningcode: &'static str,
    message: String,
}

struct Asked {
    events: Vec<i64>,
    courses: Vec<i64>,
    groups: Vec<i64>,
    user: bool,
    site: bool,
    from: i64,
    until: i64,
    ignore_hidden: bool,
}

impl Asked {
    fn read(params: &Params) -> Result<Self, Fail> {
        take::only(params, &["events", "options"])?;
        let nothing = Params::default();
        let events = take::structure(params, "events")?.unwrap_or(&nothing);
        let options = take::structure(params, "options")?.unwrap_or(&nothing);
        take::only(events, &["eventids", "courseids", "groupids", "categoryids"])?;
        take::only(options, &["userevents", "siteevents", "timestart", "timeend", "ignorehidden"])?;
        // Events of categories come whether or not they are asked for.
        take::ints(events, "categoryids")?;
        Ok(Self {
            events: take::ints(events, "eventids")?,
            courses: take::ints(events, "courseids")?,
            groups: take::ints(events, "groupids")?,
            user: take::flag_or(options, "userevents", true)?,
            site: take::flag_or(options, "siteevents", true)?,
            from: take::int_or(options, "timestart", 0)?,
            until: take::int_or(options, "timeend", 0)?,
            ignore_hidden: take::flag_or(options, "ignorehidden", true)?,
        })
    }

    /// Takes out what the caller may not ask for, with a warning for each.
    fn allow(&mut self, caller: &Caller<'_>) -> Vec<Warning> {
        let mut warnings = Vec::new();
        self.courses.retain(|id| {
            let enters = *id == SITE_COURSE || caller.course(*id).is_some_and(|course| caller.enters(course));
            if !enters {
                warnings.push(Warning {
                    item: "course".into(),
                    itemid: Some(*id),
                    warningcode: "nopermissions",
                    message: format!("No access rights in course context Course or activity not accessible.{TRACE}"),
                });
            }
            enters
        });
        self.groups.retain(|id| {
            let own = caller.rights.manages || caller.groups_of(caller.me.id).any(|group| group.id == *id);
            if !own {
                warnings.push(Warning {
                    item: id.to_string(),
                    itemid: None,
                    warningcode: "nopermissions",
                    message: "you do not have permissions to access this group".into(),
                });
            }
            own
        });
        warnings
    }

    fn wants(&self, row: &Row<'_>, has_courses: bool, me: i64) -> bool {
        let wanted = match row.scope {
            Scope::Site => self.site || self.courses.contains(&SITE_COURSE),
            Scope::Course(course) => self.courses.contains(&course),
            Scope::Group { group, .. } => self.user && self.groups.contains(&group),
            Scope::User(user) => self.user && user == me,
            Scope::Category(_) => has_courses,
        };
        let begun = self.from == 0 || row.begins >= self.from || row.begins + row.lasts > self.from;
        let not_after = self.until == 0 || row.begins <= self.until;
        wanted && begun && not_after && (row.visible || !self.ignore_hidden)
    }
}

/// Calls `core_calendar_get_calendar_events`.
pub(in crate::moodle::functions) fn events(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    let mut asked = Asked::read(params)?;
    let mut warnings = asked.allow(caller);
    let (calendar, book) = (caller.moodle.calendar(), caller.moodle.book());
    let rows = all_rows(caller, &calendar, &book);
    let has_courses = caller.rights.manages || !caller.my_courses().is_empty();
    let (listed, others): (Vec<&Row<'_>>, Vec<&Row<'_>>) =
        rows.iter().partition(|row| asked.wants(row, has_courses, caller.me.id));
    let mut by_id: Vec<&Row<'_>> = others.into_iter().filter(|row| asked.events.contains(&row.id)).collect();
    by_id.sort_by_key(|row| row.id);
    let mut events = Vec::new();
    for (row, raw) in listed.into_iter().map(|row| (row, false)).chain(by_id.into_iter().map(|row| (row, true))) {
        match row.sight(caller) {
            Sight::Seen => events.push(line(row, raw)),
            Sight::Unseen => {}
            Sight::Refused => warnings.push(Warning {
                item: row.id.to_string(),
                itemid: None,
                warningcode: "nopermissions",
                message: "you do not have permissions to view this event".into(),
            }),
        }
    }
    Ok(write::json(&Answer { events, warnings }))
}

/// Writes a row; `raw` as it stands in the table, where nothing is 0 and not null.
fn line(row: &Row<'_>, raw: bool) -> Line {
    let nothing = raw.then_some(0);
    let module = row.activity.map(|activity| ("bigbluebuttonbn", activity.id));
    let module = module.or(row.mirror.as_ref().map(|mirror| (mirror.module.kind.name(), mirror.module.instance)));
    Line {
        id: row.id,
        name: text::shown(&row.name),
        description: row.description.clone(),
        format: 1,
        courseid: row.course(),
        categoryid: if let Scope::Category(category) = row.scope { Some(category) } else { nothing },
        groupid: if let Scope::Group { group, .. } = row.scope { Some(group) } else { nothing },
        userid: row.author,
        repeatid: row.repeat.or(nothing),
        modulename: module.map(|(name, _)| name).or(raw.then_some("")),
        instance: module.map(|(_, instance)| instance).or(nothing),
        eventtype: row.kind(),
        timestart: row.begins,
        timeduration: row.lasts,
        visible: i64::from(row.visible),
        uuid: raw.then_some(""),
        sequence: 1,
        timemodified: row.modified,
        subscriptionid: None,
    }
}
