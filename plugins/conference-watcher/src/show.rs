//! The table for the person at the terminal.

use std::collections::BTreeMap;

use beadle_sdk::jiff::tz::TimeZone;
use beadle_sdk::run::Table;
use beadle_sdk::time::{civil, stamp};

use crate::conference::{Conference, Key};
use crate::step::{Happening, Step};

/// Makes the table: what is coming, the next first, and what is gone.
pub(crate) fn table(
    step: &Step,
    before: &BTreeMap<u64, Conference>,
    channel: &str,
    now: i64,
    zone: &TimeZone,
) -> Table {
    let minute = |instant: i64| stamp(civil(instant, zone))[..16].to_owned();
    let mut coming: Vec<(&u64, &Conference)> = step.records.iter().collect();
    coming.sort_by_key(|(event, conference)| (conference.start, **event));
    let mut rows: Vec<Vec<String>> = coming
        .into_iter()
        .map(|(event, conference)| {
            let happened = step.happened.get(event).copied().unwrap_or(Happening::Nothing);
            row(conference, minute(conference.start), now_it(conference, happened, now))
        })
        .collect();
    let gone = step.gone.iter().filter_map(|(event, why)| Some((before.get(event)?, why)));
    rows.extend(gone.map(|(stood, why)| row(stood, minute(stood.start), why.words().to_owned())));
    let pings = step.puts.iter().filter(|put| matches!(put.key, Key::Ping { .. })).count();
    Table {
        title: format!("Conferences in {channel}, {}", minute(now)),
        columns: ["Conference", "Course", "When", "Link", "Now"].map(str::to_owned).to_vec(),
        rows,
        notes: vec![format!(
            "{} announcements and {pings} pings stand or wait, {} messages are taken back.",
            step.puts.len() - pings,
            step.removes.len()
        )],
    }
}

fn row(conference: &Conference, when: String, now: String) -> Vec<String> {
    let courses: Vec<&str> = conference.courses.values().map(String::as_str).collect();
    let link = if conference.link.is_some() { "yes" } else { "no" };
    vec![conference.title.clone(), courses.join(", "), when, link.to_owned(), now]
}

/// What happens to it now.
fn now_it(conference: &Conference, happened: Happening, now: i64) -> String {
    let what = match happened {
        Happening::New if conference.announced => "is announced",
        Happening::New => "is new, and not announced",
        Happening::Moved => "is moved",
        Happening::Changed => "is changed",
        Happening::Nothing if conference.announced => "stands",
        Happening::Nothing => "is not announced",
    };
    if conference.goes_on(now) { format!("{what}, goes on") } else { what.to_owned() }
}

#[cfg(test)]
mod tests {
    use beadle_sdk::time;

    use super::*;
    use crate::absence::Gone;
    use crate::samples;

    #[test]
    fn the_table_lists_what_comes_and_what_is_gone() {
        let zone = time::zone("Europe/Berlin").expect("a known zone");
        let lecture = samples::conference();
        let later = Conference { start: lecture.start + 3600, link: None, announced: false, ..lecture.clone() };
        let before = BTreeMap::from([(3, Conference { title: "Seminar".to_owned(), ..lecture.clone() })]);
        let mut step = Step::default();
        step.happened.insert(2, Happening::Moved);
        step.records.extend([(1, later), (2, lecture)]);
        step.gone.insert(3, Gone::Cancelled);
        let table = table(&step, &before, "class", 1_795_338_000, &zone);
        assert_eq!(table.title, "Conferences in class, 2026-11-22 10:00");
        let course = "Fundamentals of Physics";
        assert_eq!(
            table.rows,
            [
                ["Weekly lecture (online)", course, "2026-11-22 10:00", "yes", "is moved, goes on"],
                ["Weekly lecture (online)", course, "2026-11-22 11:00", "no", "is not announced"],
                ["Seminar", course, "2026-11-22 10:00", "yes", "is cancelled"],
            ]
        );
        assert_eq!(table.notes, ["0 announcements and 0 pings stand or wait, 0 messages are taken back."]);
    }
}
