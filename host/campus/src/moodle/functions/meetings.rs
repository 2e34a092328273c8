//! BigBlueButton: the list without times, and the one answer that has them.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::super::params::Params;
use super::super::{Fail, text, write};
use super::{Caller, take};
use crate::school::Role;
use crate::school::conferences::Activity;

#[derive(Serialize)]
struct List<'a> {
    bigbluebuttonbns: Vec<Listed<'a>>,
    warnings: Vec<Warning>,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: i64,
    coursemodule: i64,
    course: i64,
    name: String,
    intro: &'a str,
    introformat: i64,
    introfiles: Vec<()>,
    section: i64,
    visible: bool,
    groupmode: i64,
    groupingid: i64,
    lang: Option<&'static str>,
    meetingid: String,
    timemodified: i64,
}

#[derive(Serialize)]
struct Warning {
    item: &'static str,
    itemid: i64,
    warningcode: &'static str,
    message: &'static str,
}

#[derive(Serialize)]
struct Info {
    cmid: i64,
    userlimit: i64,
    bigbluebuttonbnid: i64,
    groupid: i64,
    meetingid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    openingtime: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closingtime: Option<i64>,
    statusrunning: bool,
    statusclosed: bool,
    statusopen: bool,
    statusmessage: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    startedat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moderatorcount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    participantcount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moderatorplural: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    participantplural: Option<bool>,
    canjoin: bool,
    ismoderator: bool,
    presentations: Vec<()>,
    joinurl: String,
    guestaccessenabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    guestjoinurl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guestpassword: Option<String>,
    features: [Feature; 3],
}

#[derive(Serialize)]
struct Feature {
    name: &'static str,
    isenabled: bool,
}

/// Calls `mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses`; without courses it is all of the caller's own.
pub(super) fn by_courses(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["courseids"])?;
    let mut asked = take::ints(params, "courseids")?;
    if asked.is_empty() {
        asked = caller.my_courses().iter().map(|course| course.id).collect();
    }
    let calendar = caller.moodle.calendar();
    let (mut listed, mut warnings) = (Vec::new(), Vec::new());
    for (index, id) in asked.iter().enumerate() {
        if asked[..index].contains(id) {
            continue;
        }
        if !caller.course(*id).is_some_and(|course| caller.enters(course)) {
            let message = "No access rights in course context";
            warnings.push(Warning { item: "course", itemid: *id, warningcode: "1", message });
            continue;
        }
        let mut activities: Vec<&Activity> =
            calendar.activities.iter().filter(|activity| activity.course == *id && caller.sees(activity)).collect();
        activities.sort_by_key(|activity| activity.id);
        listed.extend(activities.into_iter().map(list));
    }
    Ok(write::json(&List { bigbluebuttonbns: listed, warnings }))
}

fn list(activity: &Activity) -> Listed<'_> {
    Listed {
        id: activity.id,
        coursemodule: activity.cm,
        course: activity.course,
        name: text::shown(&activity.name),
        intro: &activity.intro,
        introformat: 1,
        introfiles: Vec::new(),
        section: 1,
        visible: !activity.hidden,
        groupmode: 0,
        groupingid: 0,
        lang: None,
        meetingid: secret(activity, "meeting", 40),
        timemodified: activity.modified,
    }
}

/// Calls `mod_bigbluebuttonbn_meeting_info`.
pub(super) fn info(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["bigbluebuttonbnid", "groupid", "updatecache"])?;
    let id = take::int(params, "bigbluebuttonbnid")?;
    let group = take::int_or(params, "groupid", 0)?;
    let afresh = take::flag_or(params, "updatecache", false)?;
    let calendar = caller.moodle.calendar();
    let Some(activity) = calendar.activities.iter().find(|activity| activity.id == id) else {
        return Err(Fail::php("Call to a member function set_group_id() on null"));
    };
    if !caller.attends(activity.course) {
        return Err(Fail::login_required());
    }
    if activity.deleting {
        return Err(Fail::deletion_in_progress());
    }
    if !caller.sees(activity) {
        return Err(Fail::login_required());
    }
    let now = caller.moodle.now();
    let running = caller.moodle.hands().meeting(activity, now, afresh).ok_or_else(Fail::no_conference_server)?;
    let is_teacher = caller.me.role == Role::Teacher
        && caller.course(activity.course).is_some_and(|course| caller.is_member(course));
    let moderator = caller.rights.admin || is_teacher;
    Ok(write::json(&describe(activity, &Seen { url: caller.moodle.url(), now, moderator, group, running })))
}

/// What an answer depends on beside the activity.
struct Seen {
    url: String,
    now: i64,
    moderator: bool,
    group: i64,
    running: Option<i64>,
}

fn describe(activity: &Activity, seen: &Seen) -> Info {
    let running = seen.running.is_some();
    let closed = activity.is_closed(seen.now);
    let open = !closed && !running && activity.opening.is_none_or(|opening| opening <= seen.now);
    let may_enter = seen.moderator || !activity.wait;
    let message = match (running, open, closed) {
        (true, ..) => "The session is in progress.",
        (_, true, _) if may_enter => "This room is ready. You can join the session now.",
        // Who waits for a moderator is told so whatever the time is.
        _ if activity.wait && !seen.moderator => "Waiting for a moderator to join.",
        (_, _, true) => "This session has ended.",
        _ => "The session has not started yet.",
    };
    let url = &seen.url;
    // Few at an even instance, more at others, so that both plurals occur.
    let (moderators, participants) = (1 + activity.id.rem_euclid(2), 1 + activity.id.rem_euclid(24));
    let guest = activity.guests && seen.moderator;
    Info {
        cmid: activity.cm,
        userlimit: 0,
        bigbluebuttonbnid: activity.id,
        groupid: seen.group,
        meetingid: format!("{}-{}-{}[{}]", secret(activity, "meeting", 40), activity.course, activity.id, seen.group),
        openingtime: activity.opening,
        closingtime: activity.closing,
        statusrunning: running,
        statusclosed: closed,
        statusopen: open,
        statusmessage: message,
        startedat: seen.running,
        moderatorcount: running.then_some(moderators),
        participantcount: running.then_some(participants),
        moderatorplural: running.then_some(moderators != 1),
        participantplural: running.then_some(participants != 1),
        canjoin: running || (open && may_enter),
        ismoderator: seen.moderator,
        presentations: Vec::new(),
        joinurl: format!(
            "{url}/mod/bigbluebuttonbn/bbb_view.php?action=join&amp;id={}&amp;bn={}",
            activity.cm, activity.id
        ),
        guestaccessenabled: activity.guests,
        guestjoinurl: guest
            .then(|| format!("{url}/mod/bigbluebuttonbn/guest.php?uid={}", secret(activity, "guest link", 40))),
        guestpassword: guest.then(|| secret(activity, "guest password", 8)),
        features: [("showroom", true), ("showrecordings", true), ("importrecordings", false)]
            .map(|(name, isenabled)| Feature { name, isenabled }),
    }
}

/// Makes up what Moodle draws at random for an activity: so many hexadecimal digits, 64 at most.
fn secret(activity: &Activity, what: &str, length: usize) -> String {
    let mut digits = hex::encode(Sha256::digest(format!("{what} {} {}", activity.course, activity.id)));
    digits.truncate(length);
    digits
}
