//! What the action events list, and drop.

use beadle_sdk::time;

use super::super::actions::{self, Deadline};
use super::*;

fn listing(events: impl IntoIterator<Item = (u64, i64)>) -> String {
    let events: Vec<Value> = events.into_iter().map(|(id, at)| json!({ "id": id, "timesort": at })).collect();
    json!({ "events": events }).to_string()
}

fn deadline(event: u64, at: i64) -> Deadline {
    Deadline { key: format!("assign/{event}"), event, at }
}

/// Returns how far the account is with each deadline, and remembers what was listed.
fn act(site: &mut Answers, deadlines: &[Deadline], now: i64) -> Vec<Option<Completion>> {
    site.asked.clear();
    let before = site.memory.listed.clone();
    let found = actions::look(site, deadlines, &before, now);
    site.memory.listed = found.listed;
    deadlines.iter().map(|deadline| found.completion.get(&deadline.key).copied()).collect()
}

#[test]
fn what_the_action_events_drop_is_done() {
    let (done, open) = (Some(Completion::Completed), Some(Completion::Incomplete));
    let due = |days: i64| RECORDED + days * DAY;
    let deadlines = [deadline(1, due(1)), deadline(2, due(2)), deadline(3, due(3))];
    let mut site = Answers::default().to(ACTIONS, listing([(1, due(1)), (2, due(2))]));
    assert_eq!(act(&mut site, &deadlines, RECORDED), [open, open, None], "what was never listed may be a teacher's");
    site = site.to(ACTIONS, listing([(2, due(2))]));
    assert_eq!(act(&mut site, &deadlines, RECORDED), [done, open, None]);
    let mut away = Answers { memory: site.memory.clone(), ..Answers::default() };
    assert_eq!(act(&mut away, &deadlines, RECORDED), [done, open, None], "what cannot be read stays");
    away.texts.insert((ACTIONS, None), Err(denied()));
    assert_eq!(act(&mut away, &deadlines, RECORDED), [done, open, None]);
    // The date has passed: nothing follows from its absence.
    site = site.to(ACTIONS, listing([]));
    assert_eq!(act(&mut site, &deadlines, due(2) - 60), [done, open, None]);
    assert_eq!(act(&mut site, &[deadline(2, due(2))], due(2) + 60), [open]);
    assert_eq!(site.asked.len(), 0, "nothing lies ahead");
    // What is taken back is to be done again, and what is long past is forgotten.
    site = site.to(ACTIONS, listing([(1, due(5))]));
    assert_eq!(act(&mut site, &[deadline(1, due(5))], due(4) + 60), [open]);
    assert_eq!(site.memory.listed.keys().collect::<Vec<_>>(), ["assign/1"]);
}

#[test]
fn recorded_action_events_are_the_calendars_events() {
    let Some(text) = body("core_calendar_get_action_events_by_timesort.student_30_days.json") else { return };
    let due = [(1, 1_795_820_340), (18, 1_796_036_400), (8, 1_796_151_600), (6, 1_795_633_200)];
    let deadlines = due.map(|(event, at)| deadline(event, at));
    let mut site = Answers::default().to(ACTIONS, text);
    let open = Some(Completion::Incomplete);
    assert_eq!(act(&mut site, &deadlines, RECORDED), [open, open, open, None], "the last was attempted before");
    let Some(teacher) = body("core_calendar_get_action_events_by_timesort.teacher.json") else { return };
    let mut site = Answers::default().to(ACTIONS, teacher);
    assert_eq!(act(&mut site, &deadlines, RECORDED), [None; 4]);
}

#[test]
fn action_events_are_read_page_by_page_and_not_for_ever() {
    let at = |event: u64| RECORDED + DAY + i64::try_from(event).expect("small");
    let page = |from: u64, to: u64| listing((from..to).map(|event| (event, at(event))));
    let mut site = Answers::default().to(ACTIONS, page(1, 51)).about(ACTIONS, 50, Ok(page(51, 60)));
    let deadlines: Vec<Deadline> = (1..60).map(|event| deadline(event, at(event))).collect();
    assert!(act(&mut site, &deadlines, RECORDED).iter().all(|state| *state == Some(Completion::Incomplete)));
    assert_eq!(site.asked.len(), 2);
    // A site that says the same again and again: what lies behind its answer is not known.
    let memory = site.memory.clone();
    let mut site = Answers { memory, ..Answers::default() }.to(ACTIONS, page(1, 51));
    assert!(act(&mut site, &deadlines, RECORDED).iter().all(|state| *state == Some(Completion::Incomplete)));
    assert_eq!(site.asked.len(), 2);
    let mut site = Answers::default().to(ACTIONS, page(1, 51));
    for after in [50, 100, 150, 200, 250] {
        site = site.about(ACTIONS, after, Ok(page(after + 1, after + 51)));
    }
    act(&mut site, &deadlines, RECORDED);
    assert_eq!(site.asked.len(), 4);
}

#[test]
fn the_calendar_tells_what_is_done() {
    let due = time::now().as_second() + DAY;
    let event = |module: &str, what: &str, id: u64| json!({ "id": id, "name": "x", "courseid": 2, "modulename": module, "instance": id, "eventtype": what, "timestart": due });
    let events = [event("assign", "due", 1), event("quiz", "close", 2), event("bigbluebuttonbn", "meeting_start", 3)];
    let mut site = Answers::default()
        .to(SITE, r#"{"userid": 3, "siteurl": "https://school.example"}"#)
        .to(GROUPS, r#"{"groups": []}"#)
        .to(EVENTS, json!({ "events": events }).to_string())
        .to(ACTIONS, listing([(1, due), (2, due), (3, due)]));
    let first = site.look_at(Collect::Calendar, &[2], due - DAY).expect("it is read");
    site.memory.listed = first.listed.clone().expect("it was looked at");
    let site = site.to(ACTIONS, listing([(1, due)]));
    let second = site.look(Collect::Calendar, &[2]).expect("it is read");
    assert!(
        differ(
            Looked { scopes: first.scopes.clone(), ..Looked::default() },
            Looked { scopes: second.scopes.clone(), ..Looked::default() }
        )
        .is_empty(),
        "it is no change"
    );
    let (first, second) = (items(first), items(second));
    assert_eq!(first["quiz/2"].completion, Some(Completion::Incomplete));
    assert_eq!(second["quiz/2"].completion, Some(Completion::Completed));
    assert_eq!(second["assign/1"].completion, Some(Completion::Incomplete));
    assert_eq!(second["bigbluebuttonbn/3"].completion, None, "a conference is not done");
}
