//! `core_calendar_get_action_events_by_timesort`: what can be done now or soon. No future conferences, and nothing done.

use serde_json::json;

use super::super::super::params::Params;
use super::super::super::{Fail, write};
use super::super::{Caller, take};
use super::{Sight, all_rows, view};

/// Calls `core_calendar_get_action_events_by_timesort`.
pub(in crate::moodle::functions) fn action_events(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    let known = [
        "timesortfrom",
        "timesortto",
        "aftereventid",
        "limitnum",
        "limittononsuspendedevents",
        "userid",
        "searchvalue",
    ];
    take::only(params, &known)?;
    let from = take::int_or(params, "timesortfrom", 0)?;
    let until = take::int_or(params, "timesortto", i64::MAX)?;
    let after = take::int_or(params, "aftereventid", 0)?;
    let limit = take::int_or(params, "limitnum", 20)?;
    let limit = usize::try_from(limit).ok().filter(|limit| (1..=50).contains(limit)).ok_or_else(|| {
        let sentence = "Limit must be between 1 and 50 (inclusive)";
        Fail::moodle(sentence, format!("error/{sentence}"))
    })?;
    let (calendar, book) = (caller.moodle.calendar(), caller.moodle.book());
    let rows = all_rows(caller, &calendar, &book);
    let rows = rows.iter().filter(|row| (from..=until).contains(&row.begins) && row.sight(caller) == Sight::Seen);
    let views = rows.map(|row| view::view(caller, row)).filter(|view| view.action.is_some());
    let mut views: Vec<_> = views.collect();
    if after != 0 {
        let passed = views.iter().position(|view| view.id == after).map_or(views.len(), |index| index + 1);
        views.drain(..passed);
    }
    views.truncate(limit);
    let (first, last) = (views.first().map(|view| view.id), views.last().map(|view| view.id));
    Ok(write::json(&json!({"events": views, "firstid": first, "lastid": last})))
}
