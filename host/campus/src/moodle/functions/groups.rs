//! `core_group_get_course_user_groups`.

use serde::Serialize;

use super::super::params::Params;
use super::super::{Fail, text, write};
use super::{Caller, take};

#[derive(Serialize)]
struct Answer {
    groups: Vec<Record>,
    warnings: Vec<()>,
}

#[derive(Serialize)]
struct Record {
    id: i64,
    name: String,
    description: &'static str,
    descriptionformat: i64,
    idnumber: &'static str,
    courseid: i64,
}

/// Lists the groups of somebody in one course, or in all for course 0; user 0 is the caller.
pub(super) fn call(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["courseid", "userid", "groupingid"])?;
    let wanted = take::int_or(params, "courseid", 0)?;
    let user = match take::int_or(params, "userid", 0)? {
        0 => caller.me.id,
        user => user,
    };
    take::int_or(params, "groupingid", 0)?;
    if wanted != 0 {
        let course = caller.course(wanted).ok_or_else(|| super::courses::unknown(wanted))?;
        if !caller.enters(course) {
            return Err(Fail::course(wanted));
        }
    }
    if user != caller.me.id && !caller.rights.manages {
        return Err(Fail::moodle("accessdenied", "Access denied"));
    }
    let groups = caller.groups_of(user).filter(|group| wanted == 0 || group.course == wanted);
    let groups = groups.map(|group| Record {
        id: group.id,
        name: text::shown(&group.name),
        description: "",
        descriptionformat: 1,
        idnumber: "",
        courseid: group.course,
    });
    Ok(write::json(&Answer { groups: groups.collect(), warnings: Vec::new() }))
}
