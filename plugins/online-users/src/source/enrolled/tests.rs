//! Pages and refusals, on recorded answers where they are at hand.

use beadle_sdk::fixtures;

use super::super::SINCE;
use super::*;
use crate::source::Person;

fn polled(pages: &[&str], size: usize) -> (Result<Poll, Error>, usize) {
    let mut active = Active::since(SINCE);
    let mut asked = 0;
    for page in pages {
        asked += 1;
        match take(&mut active, page) {
            Ok(count) if count == size => {}
            Ok(_) => break,
            Err(error) => return (Err(error), asked),
        }
    }
    (active.poll(FUNCTION, "moodle/course:viewhiddenuserfields"), asked)
}

#[test]
fn the_site_is_asked_for_all_accounts_in_order_and_for_names_only_at_a_terminal() {
    let json = serde_json::to_value(arguments(500, 250, false)).expect("JSON");
    assert_eq!(
        json,
        serde_json::json!({"courseid": 1, "options": [
            {"name": "userfields", "value": "id,lastaccess,preferences"},
            {"name": "limitfrom", "value": "500"},
            {"name": "limitnumber", "value": "250"},
            {"name": "sortby", "value": "id"},
            {"name": "sortdirection", "value": "ASC"},
        ]})
    );
    let json = serde_json::to_value(arguments(0, 250, true)).expect("JSON");
    assert_eq!(json["options"][0]["value"], "id,lastaccess,preferences,fullname,username");
}

#[test]
fn a_recorded_page_reads() {
    let Some(answer) = fixtures::body("core_enrol_get_enrolled_users.site_course.admin_token.json") else { return };
    let (poll, _) = polled(&[&answer], 500);
    let ids: Vec<u64> = poll.expect("it reads").people.iter().map(|person| person.id).collect();
    assert_eq!(ids, [2, 3, 4, 5], "the guest was never there");
}

#[test]
fn a_course_that_hides_last_access_is_denied_with_the_way_out() {
    let Some(answer) = fixtures::body("core_enrol_get_enrolled_users.lastaccess_hidden.student_mobile.json") else {
        return;
    };
    let (Err(Error::Denied(text)), _) = polled(&[&answer], 500) else { panic!("it is hidden") };
    assert!(text.contains("moodle/course:viewhiddenuserfields"), "{text}");
}

#[test]
fn pages_add_up_and_people_who_slide_from_one_to_the_next_count_once() {
    let now = SINCE + 1;
    let one = format!(r#"[{{"id": 1, "lastaccess": 0}}, {{"id": 2, "lastaccess": {now}}}]"#);
    let two = format!(r#"[{{"id": 2, "lastaccess": {now}}}, {{"id": 3, "lastaccess": {now}}}]"#);
    let (poll, asked) = polled(&[&one, &two, "[]"], 2);
    assert_eq!(poll.expect("it reads").people.iter().map(|person| person.id).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(asked, 3);
    let (_, asked) = polled(&[&one, &one, &one], 2);
    assert_eq!(asked, 2, "the same page again is the end");
}

#[test]
fn a_preference_in_the_answer_counts_and_a_missing_one_leaves_it_unknown() {
    let now = SINCE + 1;
    let preference = |value: &str| format!(r#"[{{"name": "block_online_users_uservisibility", "value": {value}}}]"#);
    for (preferences, hidden) in
        [(preference("\"0\""), true), (preference("0"), true), (preference("\"1\""), false), ("[]".to_owned(), false)]
    {
        let page = format!(r#"[{{"id": 2, "lastaccess": {now}, "preferences": {preferences}}}]"#);
        let (poll, _) = polled(&[&page], 500);
        let expected = Person { id: 2, last_access: now, hidden, ..Person::default() };
        assert_eq!(poll, Ok(Poll { people: vec![expected], opt_outs_known: true }), "{preferences}");
    }
    let (poll, _) = polled(&[&format!(r#"[{{"id": 2, "lastaccess": {now}}}]"#)], 500);
    assert!(!poll.expect("it reads").opt_outs_known);
}

#[test]
fn a_refusal_says_what_to_give() {
    let refused = |code: &str| explain(Error::Refused { code: code.to_owned(), message: "no".to_owned() });
    assert!(matches!(refused("nopermissions"), Error::Denied(text) if text.contains("moodle/site:viewparticipants")));
    assert!(matches!(refused("accessexception"), Error::Denied(text) if text.contains(FUNCTION)));
    assert!(matches!(refused("dmlreadexception"), Error::Refused { .. }));
}

#[test]
fn a_list_without_accounts_is_no_school_without_people() {
    for page in ["[]", r#"[{"id": 9, "lastaccess": 5}]"#] {
        let mut active = Active::since(100);
        take(&mut active, page).expect("it reads");
        let Err(Error::Unavailable(text)) = whole(active) else { panic!("{page} is not everybody") };
        assert!(text.contains("moodle/site:viewparticipants"), "{text}");
    }
    let mut active = Active::since(100);
    take(&mut active, r#"[{"id": 1, "lastaccess": 0}, {"id": 2, "lastaccess": 5}]"#).expect("it reads");
    assert_eq!(whole(active).expect("an empty school").people, []);
}
