//! `mod_forum_get_forums_by_courses` and `mod_forum_get_forum_discussions`.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::super::super::params::Params;
use super::super::super::{Fail, text, write};
use super::super::{Caller, take};
use crate::school::courses::{Discussion, Kind, Module};

/// Calls `mod_forum_get_forums_by_courses`; it leaves out without a word what the caller does not get into.
pub(in crate::moodle::functions) fn forums(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["courseids"])?;
    let (entered, _) = caller.asked(&take::ints(params, "courseids")?, "", "");
    let book = caller.moodle.book();
    let mut listed = Vec::new();
    for course in entered {
        let Some(contents) = book.of(course.id) else { continue };
        for module in contents.modules.iter().filter(|module| caller.opens(course, module)) {
            let Kind::Forum { news } = module.kind else { continue };
            let count = contents.discussions.iter().filter(|one| one.forum == module.instance).count();
            listed.push(record(course.id, module, count, !news || caller.sees_hidden(course)));
        }
    }
    Ok(write::json(&listed))
}

fn record(course: i64, module: &Module, discussions: usize, can_begin: bool) -> Value {
    let is_news = module.kind == Kind::Forum { news: true };
    json!({
        "id": module.instance,
        "course": course,
        "type": if is_news { "news" } else { "general" },
        "name": text::shown(&module.name),
        "intro": module.intro,
        "introformat": 1,
        "introfiles": [],
        "lang": "",
        "duedate": 0,
        "cutoffdate": 0,
        "assessed": 0,
        "assesstimestart": 0,
        "assesstimefinish": 0,
        "scale": 0,
        "grade_forum": 0,
        "grade_forum_notify": 0,
        "maxbytes": 0,
        "maxattachments": 1,
        "forcesubscribe": i64::from(is_news),
        "trackingtype": 1,
        "rsstype": 0,
        "rssarticles": 0,
        "timemodified": module.modified,
        "warnafter": 0,
        "blockafter": 0,
        "blockperiod": 0,
        "completiondiscussions": 0,
        "completionreplies": 0,
        "completionposts": 0,
        "cmid": module.cm,
        "numdiscussions": discussions,
        "cancreatediscussions": can_begin,
        "lockdiscussionafter": 0,
        "istracked": false,
    })
}

/// Calls `mod_forum_get_forum_discussions`: pinned ones first, then the one that was posted to last.
pub(in crate::moodle::functions) fn discussions(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["forumid", "sortorder", "page", "perpage", "groupid"])?;
    let forum = take::int(params, "forumid")?;
    let order = take::int_or(params, "sortorder", -1)?;
    let (page, size) = (take::int_or(params, "page", -1)?, take::int_or(params, "perpage", 0)?);
    take::int_or(params, "groupid", 0)?;
    let book = caller.moodle.book();
    let is_it = |module: &Module| matches!(module.kind, Kind::Forum { .. }) && module.instance == forum;
    if !book.modules().any(|(_, module)| is_it(module)) {
        let sentence = format!("Unable to find forum with id {forum}");
        return Err(Fail::moodle(&*sentence, format!("error/{sentence}")));
    }
    let (course, contents, module) = caller.opened(&book, "forum", forum)?;
    let mut found: Vec<&Discussion> = contents.discussions.iter().filter(|one| one.forum == forum).collect();
    match order {
        2 => found.sort_by_key(|one| (!one.pinned, one.modified, one.id)),
        3 => found.sort_by_key(|one| (!one.pinned, Reverse((one.created, one.id)))),
        4 => found.sort_by_key(|one| (!one.pinned, one.created, one.id)),
        _ => found.sort_by_key(|one| (!one.pinned, Reverse((one.modified, one.id)))),
    }
    // Pages have a size only once one is asked for.
    let (from, count) = match (usize::try_from(page), usize::try_from(size)) {
        (Ok(page), Ok(size)) if size > 0 => (page.saturating_mul(size), size),
        _ => (0, usize::MAX),
    };
    let teaches = caller.sees_hidden(course);
    let can_reply = module.kind != (Kind::Forum { news: true }) || teaches;
    let listed: Vec<Value> =
        found.into_iter().skip(from).take(count).map(|one| post(caller, one, can_reply, teaches)).collect();
    Ok(write::json(&json!({"discussions": listed, "warnings": []})))
}

/// Writes a discussion as its first post, whose id it goes by.
fn post(caller: &Caller<'_>, one: &Discussion, can_reply: bool, can_lock: bool) -> Value {
    let (url, revision) = (caller.moodle.url(), caller.moodle.revision());
    let picture = format!("{url}/theme/image.php/boost/core/{revision}/u/f2");
    let name = |id: i64| {
        let user = caller.snapshot.user(id);
        user.map(|user| format!("{} {}", user.firstname, user.lastname)).unwrap_or_default()
    };
    json!({
        "id": one.post,
        "name": text::shown(&one.subject),
        "groupid": -1,
        "timemodified": one.modified,
        "usermodified": one.last_author,
        "timestart": 0,
        "timeend": 0,
        "discussion": one.id,
        "parent": 0,
        "userid": one.author,
        "created": one.created,
        "modified": one.edited,
        "mailed": 0,
        "subject": text::shown(&one.subject),
        "message": one.message,
        "messageformat": 1,
        "messagetrust": 0,
        "attachment": false,
        "totalscore": 0,
        "mailnow": 0,
        "userfullname": name(one.author),
        "usermodifiedfullname": name(one.last_author),
        "userpictureurl": picture,
        "usermodifiedpictureurl": picture,
        "numreplies": one.replies,
        "numunread": 0,
        "pinned": one.pinned,
        "locked": false,
        "starred": false,
        "canreply": can_reply,
        "canlock": can_lock,
        "canfavourite": true,
    })
}
