//! Who the account is, and which courses and groups it sees.

use std::collections::BTreeMap;

use beadle_sdk::{Error, info, warn};
use serde::Deserialize;
use serde_json::json;

use super::{COURSES, GROUPS, OWN_COURSES, Site, Wanted, nothing, read, some};
use crate::seen::Unseen;
use beadle_sdk::html;

/// The site and the account. The account's private key, which stands in the same answer, is not read.
#[derive(Debug, Deserialize)]
pub(super) struct Home {
    userid: u64,
    siteurl: String,
}

impl Home {
    /// Returns the address of a conference activity's page, where everybody joins with their own login.
    pub(super) fn activity(&self, cmid: u64) -> Option<String> {
        let home = self.siteurl.trim_end_matches('/');
        let known = home.starts_with("https://") || home.starts_with("http://");
        known.then(|| format!("{home}/mod/bigbluebuttonbn/view.php?id={cmid}"))
    }
}

/// The groups of the account.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) ids: Vec<u64>,
    /// Whether they could not be asked: events for groups are not seen then.
    unknown: bool,
}

impl Groups {
    /// Notes what is not seen without them.
    pub(super) fn note(&self, unseen: &mut Unseen) {
        unseen.all_groups |= self.unknown;
    }
}

#[derive(Deserialize)]
struct Course {
    id: u64,
    #[serde(default)]
    fullname: String,
    visible: Option<i64>,
}

#[derive(Deserialize)]
struct CourseList {
    courses: Vec<Course>,
}

#[derive(Deserialize)]
struct GroupList {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    id: u64,
    #[serde(default, deserialize_with = "some")]
    courseid: Option<u64>,
}

/// Asks for the courses to watch, with their names, and for the account's groups in them. Courses that are hidden from those who take
/// part are left out, also where the account sees them.
pub(super) fn courses_and_groups(
    site: &mut dyn Site,
    wanted: &Wanted<'_>,
    home: &Home,
) -> Result<(BTreeMap<u64, String>, Groups), Error> {
    let mut questions = Vec::new();
    let ask_groups = wanted.may(GROUPS);
    if ask_groups {
        questions.push((GROUPS, json!({ "courseid": 0, "userid": home.userid })));
    }
    match wanted.courses {
        Some(ids) if wanted.may(COURSES) => {
            let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
            questions.push((COURSES, wanted.in_one_language(json!({ "field": "ids", "value": ids.join(",") }))));
        }
        Some(_) => {}
        None => {
            let own = json!({ "userid": home.userid, "returnusercount": false });
            questions.push((OWN_COURSES, wanted.in_one_language(own)));
        }
    }
    let mut answers = site.ask(questions).into_iter();
    let groups = ask_groups.then(|| read::<GroupList>(GROUPS, answers.next().unwrap_or_else(nothing)));
    let courses = match wanted.courses {
        Some(ids) if !wanted.may(COURSES) => {
            info!("{COURSES} is not granted: courses have no names, and hidden ones are not known");
            return Ok((ids.iter().map(|&id| (id, String::new())).collect(), groups_of(groups, |_| true)));
        }
        Some(_) => read::<CourseList>(COURSES, answers.next().unwrap_or_else(nothing))?.courses,
        None => read::<Vec<Course>>(OWN_COURSES, answers.next().unwrap_or_else(nothing))?,
    };
    let courses: BTreeMap<u64, String> = courses
        .into_iter()
        .filter(|course| course.visible != Some(0))
        .map(|course| (course.id, html::plain(&course.fullname)))
        .collect();
    let groups = groups_of(groups, |course| courses.contains_key(&course));
    Ok((courses, groups))
}

/// A refusal means that the account has no groups; when they cannot be told now, those of yesterday are not gone.
fn groups_of(answer: Option<Result<GroupList, Error>>, is_watched: impl Fn(u64) -> bool) -> Groups {
    match answer {
        None | Some(Err(Error::Refused { .. } | Error::Denied(_))) => Groups::default(),
        Some(Err(error)) => {
            warn!("the groups cannot be told now, so that events for groups stay as they are: {error}");
            Groups { ids: Vec::new(), unknown: true }
        }
        Some(Ok(list)) => {
            let watched = |group: &Group| group.courseid.is_none_or(&is_watched);
            Groups { ids: list.groups.into_iter().filter(watched).map(|group| group.id).collect(), unknown: false }
        }
    }
}
