//! `core_enrol_get_enrolled_users`: the list with pages; on course 1 it is everybody.

use super::super::params::Params;
use super::super::record::{CourseOf, Record, RoleOf, View};
use super::super::{Fail, write};
use super::{Caller, courses, take};
use crate::school::{Role, SITE_COURSE, User};

#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Id,
    Firstname,
    Lastname,
    Siteorder,
}

struct Wish<'a> {
    fields: Option<Vec<&'a str>>,
    from: usize,
    number: usize,
    sort: Sort,
    descending: bool,
    only_active: bool,
    only_suspended: bool,
}

impl<'a> Wish<'a> {
    fn read(params: &'a Params) -> Result<Self, Fail> {
        let mut wish = Self {
            fields: None,
            from: 0,
            number: 0,
            sort: Sort::Id,
            descending: false,
            only_active: false,
            only_suspended: false,
        };
        for option in take::structures(params, "options")?.unwrap_or_default() {
            take::only(option, &["name", "value"])?;
            let (name, value) = (take::text(option, "name")?, take::text(option, "value")?);
            let count = || usize::try_from(take::lenient(value)).unwrap_or(0);
            match name {
                "userfields" => wish.fields = Some(value.split(',').map(str::trim).collect()),
                "limitfrom" => wish.from = count(),
                "limitnumber" => wish.number = count(),
                "onlyactive" => wish.only_active = truthy(value),
                "onlysuspended" => wish.only_suspended = truthy(value),
                "sortby" => {
                    wish.sort = match value {
                        "id" => Sort::Id,
                        "firstname" => Sort::Firstname,
                        "lastname" => Sort::Lastname,
                        "siteorder" => Sort::Siteorder,
                        _ => {
                            return Err(Fail::parameter(format!(
                                "Invalid value for sortby parameter (value: {value})"
                            )));
                        }
                    }
                }
                "sortdirection" => {
                    wish.descending = match value.to_uppercase().as_str() {
                        "ASC" => false,
                        "DESC" => true,
                        _ => {
                            let reason = format!("Invalid value for sortdirection parameter (value: {value})");
                            return Err(Fail::parameter(reason));
                        }
                    }
                }
                // Moodle reads what it knows and skips the rest.
                _ => {}
            }
        }
        Ok(wish)
    }
}

pub(super) fn call(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["courseid", "options"])?;
    let course_id = take::int(params, "courseid")?;
    let wish = Wish::read(params)?;
    let members = enter(caller, course_id)?;
    if (wish.only_active || wish.only_suspended) && !caller.rights.review {
        return Err(Fail::permission("Review course enrolments"));
    }
    if wish.only_active && wish.only_suspended {
        return Err(Fail::coding("Both onlyactive and onlysuspended are set, this is probably not what you want!"));
    }
    let mut users: Vec<&User> = caller
        .snapshot
        .users
        .iter()
        .filter(|user| !user.deleted && members.is_none_or(|members| members.binary_search(&user.id).is_ok()))
        // These ask for suspended enrolments, of which there are none; a suspended account stays enrolled.
        .filter(|_| !wish.only_suspended)
        .collect();
    sort(&mut users, wish.sort, wish.descending);
    let number = if wish.number == 0 { users.len() } else { wish.number };
    let view = View::new(caller);
    let records: Vec<Record<'_>> = users
        .into_iter()
        .skip(wish.from)
        .take(number)
        .filter_map(|user| view.of(user).map(|record| shape(caller, record, user, wish.fields.as_deref())))
        .collect();
    Ok(write::json(&records))
}

/// Returns the ids of a course's members, `None` for the site, which everybody is in; or why the caller may not ask.
fn enter<'a>(caller: &'a Caller<'_>, course_id: i64) -> Result<Option<&'a [i64]>, Fail> {
    if course_id == SITE_COURSE {
        return if caller.rights.participants { Ok(None) } else { Err(Fail::permission("View participants")) };
    }
    let course = caller.course(course_id).ok_or_else(|| courses::unknown(course_id))?;
    if caller.enters(course) { Ok(Some(&course.members)) } else { Err(Fail::course(course_id)) }
}

fn sort(users: &mut [&User], by: Sort, descending: bool) {
    match by {
        Sort::Id => {}
        Sort::Firstname => users.sort_by_cached_key(|user| user.firstname.to_lowercase()),
        Sort::Lastname => users.sort_by_cached_key(|user| user.lastname.to_lowercase()),
        Sort::Siteorder => {
            users.sort_by_cached_key(|user| (user.lastname.to_lowercase(), user.firstname.to_lowercase(), user.id));
        }
    }
    if descending {
        users.reverse();
    }
}

/// Leaves what this function answers with: other fields than the search, and only those that were asked for.
fn shape<'a>(caller: &Caller<'_>, mut record: Record<'a>, user: &User, fields: Option<&[&str]>) -> Record<'a> {
    // A site that hides one of the two times hides both. Who works at school works in a course, so they move together.
    let seen = record.lastaccess;
    let wants = |name: &str| fields.is_none_or(|fields| fields.contains(&name));
    macro_rules! keep {
        ($($field:ident),*) => { $( if !wants(stringify!($field)) { record.$field = None; } )* };
    }
    keep!(
        username,
        firstname,
        lastname,
        email,
        department,
        institution,
        idnumber,
        firstaccess,
        lastaccess,
        description,
        city,
        country,
        profileimageurlsmall,
        profileimageurl,
        preferences
    );
    if record.description.is_none() {
        record.descriptionformat = None;
    }
    record.auth = None;
    record.suspended = None;
    record.confirmed = None;
    record.lang = None;
    record.theme = None;
    record.timezone = None;
    record.mailformat = None;
    record.trackforums = None;
    if wants("lastcourseaccess") {
        record.lastcourseaccess = seen;
    }
    if wants("groups") {
        record.groups = Some(Vec::new());
    }
    if wants("roles") {
        record.roles = Some(match user.role {
            Role::Student => vec![RoleOf { roleid: 5, name: "", shortname: "student", sortorder: 0 }],
            Role::Teacher => vec![RoleOf { roleid: 3, name: "", shortname: "editingteacher", sortorder: 0 }],
            _ => Vec::new(),
        });
    }
    if wants("enrolledcourses") {
        let joined = caller.courses().filter(|course| course.members.binary_search(&user.id).is_ok());
        let joined = joined.map(|course| CourseOf {
            id: course.id,
            fullname: course.fullname.clone(),
            shortname: course.shortname.clone(),
        });
        record.enrolledcourses = Some(joined.collect());
    }
    record
}

/// Says whether PHP takes a text for true.
fn truthy(value: &str) -> bool {
    !matches!(value, "" | "0")
}
