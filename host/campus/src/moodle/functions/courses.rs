//! Lists of courses: somebody's own, and by a field.

use serde::Serialize;

use super::super::params::Params;
use super::super::{Fail, text, write};
use super::{Caller, take};
use crate::school::conferences::CATEGORY;
use crate::school::{Course, Role, SITE_COURSE};

/// The name of the only category.
pub(super) const CATEGORY_NAME: &str = "All classes";

/// When all courses begin: 1 September 2026, epoch seconds.
pub(super) const BEGINS: i64 = 1_788_220_800;

#[derive(Serialize)]
struct Own {
    id: i64,
    shortname: String,
    fullname: String,
    displayname: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    enrolledusercount: Option<usize>,
    idnumber: &'static str,
    visible: i64,
    summary: &'static str,
    summaryformat: i64,
    format: &'static str,
    courseimage: String,
    showgrades: bool,
    lang: &'static str,
    enablecompletion: bool,
    completionhascriteria: bool,
    completionusertracked: bool,
    category: i64,
    progress: Option<i64>,
    completed: Option<bool>,
    startdate: i64,
    enddate: i64,
    marker: i64,
    lastaccess: Option<i64>,
    isfavourite: bool,
    hidden: bool,
    overviewfiles: Vec<()>,
    showactivitydates: bool,
    showcompletionconditions: bool,
    timemodified: i64,
}

/// Calls `core_enrol_get_users_courses`: one's own courses, or those of somebody else that one gets into.
pub(super) fn of_user(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["userid", "returnusercount"])?;
    let user = take::int(params, "userid")?;
    let count = take::flag_or(params, "returnusercount", true)?;
    let me = user == caller.me.id;
    let row = caller.snapshot.user(user);
    let seen = row.map(|row| row.lastaccess).filter(|at| *at != 0);
    let mut courses: Vec<&Course> = match me {
        true => caller.my_courses(),
        false => caller
            .courses()
            .filter(|course| course.members.binary_search(&user).is_ok() && caller.enters(course))
            .collect(),
    };
    courses.sort_by_key(|course| std::cmp::Reverse(course.id));
    let url = caller.moodle.url();
    let courses = courses.into_iter().map(|course| Own {
        id: course.id,
        shortname: text::shown(&course.shortname),
        fullname: text::shown(&course.fullname),
        displayname: text::shown(&course.fullname),
        enrolledusercount: count.then_some(course.members.len()),
        idnumber: "",
        visible: i64::from(!caller.is_hidden(course)),
        summary: "",
        summaryformat: 1,
        format: "topics",
        courseimage: picture(&url, course.id),
        showgrades: true,
        lang: "",
        enablecompletion: true,
        completionhascriteria: false,
        completionusertracked: me,
        category: CATEGORY,
        progress: None,
        completed: me.then_some(false),
        startdate: BEGINS,
        enddate: 0,
        marker: 0,
        lastaccess: seen,
        isfavourite: false,
        hidden: false,
        overviewfiles: Vec::new(),
        showactivitydates: true,
        showcompletionconditions: true,
        timemodified: BEGINS,
    });
    Ok(write::json(&courses.collect::<Vec<_>>()))
}

#[derive(Serialize)]
struct Answer {
    courses: Vec<Found>,
    warnings: Vec<()>,
}

#[derive(Serialize)]
struct Found {
    id: i64,
    fullname: String,
    displayname: String,
    shortname: String,
    courseimage: String,
    categoryid: i64,
    categoryname: &'static str,
    sortorder: i64,
    summary: &'static str,
    summaryformat: i64,
    summaryfiles: Vec<()>,
    overviewfiles: Vec<()>,
    showactivitydates: bool,
    showcompletionconditions: bool,
    contacts: Vec<Contact>,
    enrollmentmethods: [&'static str; 1],
    #[serde(flatten)]
    inside: Option<Inside>,
}

#[derive(Serialize)]
struct Contact {
    id: i64,
    fullname: String,
}

/// What only those see who get in.
#[derive(Serialize)]
struct Inside {
    format: &'static str,
    showgrades: i64,
    newsitems: i64,
    startdate: i64,
    enddate: i64,
    maxbytes: i64,
    showreports: i64,
    visible: i64,
    groupmode: i64,
    groupmodeforce: i64,
    defaultgroupingid: i64,
    enablecompletion: i64,
    completionnotify: i64,
    lang: &'static str,
    theme: &'static str,
    marker: i64,
    filters: Vec<Filter>,
    courseformatoptions: Vec<FormatOption>,
}

#[derive(Serialize)]
struct Filter {
    filter: &'static str,
    localstate: i64,
    inheritedstate: i64,
}

#[derive(Serialize)]
struct FormatOption {
    name: &'static str,
    value: serde_json::Value,
}

/// The text filters that the recorded site had on.
const FILTERS: [&str; 7] =
    ["displayh5p", "activitynames", "mathjaxloader", "emoticon", "urltolink", "mediaplugin", "multilang"];

/// Calls `core_course_get_courses_by_field`; without a field it is all courses, with the site itself.
pub(super) fn by_field(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["field", "value"])?;
    let field = take::text_or(params, "field", "")?;
    let value = take::text_or(params, "value", "")?;
    let ids: Vec<i64> = value.split(',').map(take::lenient).collect();
    let site = Course {
        id: SITE_COURSE,
        shortname: caller.moodle.school().name().to_owned(),
        fullname: caller.moodle.school().name().to_owned(),
        members: Vec::new(),
    };
    let matches = |course: &Course| match field {
        "" => true,
        "id" => ids.first() == Some(&course.id),
        "ids" => ids.contains(&course.id),
        "shortname" => course.shortname == value,
        "category" => course.id != SITE_COURSE && ids.first() == Some(&CATEGORY),
        _ => false,
    };
    if !["", "id", "ids", "shortname", "idnumber", "category"].contains(&field) {
        return Err(Fail::parameter("Invalid field name"));
    }
    let shown = |course: &Course| !caller.is_hidden(course) || caller.sees_hidden(course);
    let courses = std::iter::once(&site).chain(caller.courses());
    let courses = courses.filter(|course| matches(course) && shown(course)).map(|course| found(caller, course));
    Ok(write::json(&Answer { courses: courses.collect(), warnings: Vec::new() }))
}

fn found(caller: &Caller<'_>, course: &Course) -> Found {
    let is_site = course.id == SITE_COURSE;
    let teachers =
        caller.snapshot.users.iter().filter(|user| {
            user.role == Role::Teacher && !user.deleted && course.members.binary_search(&user.id).is_ok()
        });
    Found {
        id: course.id,
        fullname: text::shown(&course.fullname),
        displayname: text::shown(&course.fullname),
        shortname: text::shown(&course.shortname),
        courseimage: picture(&caller.moodle.url(), course.id),
        categoryid: if is_site { 0 } else { CATEGORY },
        categoryname: if is_site { "" } else { CATEGORY_NAME },
        sortorder: if is_site { 1 } else { 30_000 - course.id },
        summary: "",
        summaryformat: 1,
        summaryfiles: Vec::new(),
        overviewfiles: Vec::new(),
        showactivitydates: true,
        showcompletionconditions: true,
        contacts: teachers
            .map(|user| Contact { id: user.id, fullname: format!("{} {}", user.firstname, user.lastname) })
            .collect(),
        enrollmentmethods: ["manual"],
        inside: (is_site || caller.enters(course)).then(|| inside(!caller.is_hidden(course))),
    }
}

fn inside(visible: bool) -> Inside {
    let option = |name, value| FormatOption { name, value };
    Inside {
        format: "topics",
        showgrades: 1,
        newsitems: 0,
        startdate: BEGINS,
        enddate: 0,
        maxbytes: 0,
        showreports: 0,
        visible: i64::from(visible),
        groupmode: 0,
        groupmodeforce: 0,
        defaultgroupingid: 0,
        enablecompletion: 1,
        completionnotify: 0,
        lang: "",
        theme: "",
        marker: 0,
        filters: FILTERS.map(|filter| Filter { filter, localstate: 0, inheritedstate: 1 }).into(),
        // A number once as a text: so it was recorded.
        courseformatoptions: vec![
            option("hiddensections", 1.into()),
            option("coursedisplay", 0.into()),
            option("indentation", "1".into()),
        ],
    }
}

/// A course does not exist.
pub(super) fn unknown(id: i64) -> Fail {
    Fail::unknown_record(format!("SELECT * FROM {{course}} WHERE id = ?\n[array (\n  0 => {id},\n)]"))
}

fn picture(url: &str, course: i64) -> String {
    format!("{url}/pluginfile.php/{}/course/generated/course.svg", course + 53)
}
