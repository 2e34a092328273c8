//! Conferences: what each hand changes in the answers, and the traps between the functions.

mod common;

use beadle_campus::Campus;
use beadle_campus::moodle::{Account, ConferenceId};
use beadle_campus::school::conferences::{Activity, CATEGORY, Calendar, Event, Scope};
use beadle_campus::school::{Plan, School};
use common::{Hand, RECORDED, call, campus};
use serde_json::{Value, json};

/// Now, in milliseconds.
const NOW: i64 = RECORDED * 1000;

/// The course that most of it happens in.
const COURSE: i64 = 2;

const EVENTS: &str = "core_calendar_get_calendar_events";
const BY_ID: &str = "core_calendar_get_calendar_event_by_id";
const INFO: &str = "mod_bigbluebuttonbn_meeting_info";
const LIST: &str = "mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses";
const COURSES: &str = "core_enrol_get_users_courses";

struct World {
    campus: Campus,
    hand: Hand,
}

impl World {
    /// A school without conferences of its own.
    async fn quiet() -> Self {
        let hand = Hand::at(NOW);
        let school = School::new(&Plan { students: 20, ..Plan::compressed() }).with_calendar(Calendar::default());
        Self { campus: campus(school, &hand).await, hand }
    }

    async fn call(&self, account: Account, function: &str, params: &[(&str, &str)]) -> Value {
        call(&self.campus.moodle_url, account.token(), function, params).await
    }

    async fn events(&self, account: Account, params: &[(&str, &str)]) -> Value {
        let mut asked = vec![("events[courseids][0]", "2"), ("events[courseids][1]", "3")];
        asked.extend_from_slice(params);
        self.call(account, EVENTS, &asked).await
    }

    async fn ids(&self, account: Account, params: &[(&str, &str)]) -> Vec<i64> {
        ids(&self.events(account, params).await["events"])
    }

    async fn info(&self, account: Account, id: ConferenceId) -> Value {
        self.call(account, INFO, &[("bigbluebuttonbnid", &instance(id).to_string()), ("updatecache", "1")]).await
    }

    async fn listed(&self, account: Account) -> Value {
        self.call(account, LIST, &[("courseids[0]", "2"), ("courseids[1]", "3")]).await
    }

    async fn courses(&self) -> Vec<i64> {
        let me = self.campus.school().account("wsbeadle").expect("account").id.to_string();
        ids(&self.call(Account::Full, COURSES, &[("userid", &me)]).await)
    }

    /// Adds an activity that opens in an hour and closes an hour later.
    fn lecture(&self) -> ConferenceId {
        self.campus.moodle().conferences().add(Activity {
            opening: Some(RECORDED + 3600),
            closing: Some(RECORDED + 7200),
            ..Activity::new(COURSE, "Q&A <b>\"cells\"</b>")
        })
    }
}

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().expect("list").iter().map(|row| row["id"].as_i64().expect("id")).collect()
}

fn instance(id: ConferenceId) -> i64 {
    match id {
        ConferenceId::Activity(id) | ConferenceId::Event(id) => id,
    }
}

#[tokio::test]
async fn an_activity_has_four_numbers_and_its_times_stand_in_one_place() {
    let world = World::quiet().await;
    let id = world.lecture();
    let list = world.events(Account::Full, &[]).await;
    let event = &list["events"][0];
    assert_eq!(event["name"], "Q&amp;A \"cells\" is scheduled for");
    assert_eq!(
        (event["modulename"].as_str(), event["eventtype"].as_str()),
        (Some("bigbluebuttonbn"), Some("meeting_start"))
    );
    assert_eq!(event["instance"], instance(id));
    assert_eq!((event["timestart"].as_i64(), event["timeduration"].as_i64()), (Some(RECORDED + 3600), Some(0)));
    for absent in ["location", "url", "course", "closingtime"] {
        assert!(event.get(absent).is_none(), "{absent}");
    }
    let number = event["id"].to_string();
    let view = world.call(Account::Full, BY_ID, &[("eventid", &number)]).await["event"].take();
    assert_eq!(view["name"], "Q&#38;A &#60;b&#62;&#34;cells&#34;&#60;/b&#62; is scheduled for");
    assert_eq!(view["activityname"], "Q&amp;A \"cells\"");
    let module = view["instance"].as_i64().expect("module");
    assert!(module != instance(id) && module != event["id"].as_i64().expect("id"));
    assert_eq!(view["url"], format!("{}/mod/bigbluebuttonbn/view.php?id={module}", world.campus.moodle_url));
    assert_eq!(view["course"]["id"], COURSE);
    let info = world.info(Account::Full, id).await;
    assert_eq!(
        (info["openingtime"].as_i64(), info["closingtime"].as_i64()),
        (Some(RECORDED + 3600), Some(RECORDED + 7200))
    );
    assert_eq!((info["cmid"].as_i64(), info["bigbluebuttonbnid"].as_i64()), (Some(module), Some(instance(id))));
    let join = format!("action=join&amp;id={module}&amp;bn={}", instance(id));
    assert!(info["joinurl"].as_str().expect("link").ends_with(&join), "{info}");
    let listed = world.listed(Account::Full).await["bigbluebuttonbns"][0].take();
    assert_eq!((listed["coursemodule"].as_i64(), listed["timemodified"].as_i64()), (Some(module), Some(0)));
    assert!(listed.get("openingtime").is_none());
}

#[tokio::test]
async fn every_hand_is_seen_in_the_answers() {
    let world = World::quiet().await;
    let hands = world.campus.moodle().conferences();
    let id = world.lecture();
    let before = world.events(Account::Full, &[]).await["events"][0].take();
    assert_eq!(before["userid"], 2);
    world.hand.set(NOW + 60_000);
    hands.move_to(id, RECORDED + 5400);
    hands.rename(id, "Cells");
    let after = world.events(Account::Full, &[]).await["events"][0].take();
    assert_eq!(after["id"], before["id"]);
    assert_eq!(
        (after["timestart"].as_i64(), after["name"].as_str()),
        (Some(RECORDED + 5400), Some("Cells is scheduled for"))
    );
    assert_eq!((&after["timemodified"], &after["userid"]), (&json!(RECORDED + 60), &Value::Null));
    assert_eq!(world.listed(Account::Full).await["bigbluebuttonbns"][0]["timemodified"], RECORDED + 60);
    assert_eq!(world.info(Account::Full, id).await["closingtime"], RECORDED + 7200, "only the beginning moved");
    hands.set_closing(id, None);
    assert!(world.info(Account::Full, id).await.get("closingtime").is_none());
    hands.hide(id);
    assert_eq!(world.ids(Account::Full, &[("options[ignorehidden]", "0")]).await, [0; 0]);
    assert_eq!(world.info(Account::Full, id).await["errorcode"], "requireloginerror");
    assert_eq!(world.ids(Account::ManagerMobile, &[]).await, [0; 0], "hidden things are ignored by default");
    assert_eq!(world.ids(Account::ManagerMobile, &[("options[ignorehidden]", "0")]).await.len(), 1);
    hands.show(id);
    assert_eq!(world.ids(Account::Full, &[]).await.len(), 1);
    hands.mark_deleted(id);
    assert_eq!(world.ids(Account::Full, &[]).await, [0; 0]);
    assert_eq!(world.listed(Account::Full).await, json!({"bigbluebuttonbns": [], "warnings": []}));
    assert_eq!(world.info(Account::Full, id).await["errorcode"], "activityisscheduledfordeletion");
    assert_eq!(hands.calendar().activities.len(), 1, "the row stays");
    hands.cancel(id);
    let gone = world.info(Account::Full, id).await;
    assert_eq!(gone["exception"], "Error");
    assert!(gone.get("errorcode").is_none(), "{gone}");
    let event = before["id"].to_string();
    assert_eq!(world.call(Account::Full, BY_ID, &[("eventid", &event)]).await["errorcode"], "nopermissions");
}

#[tokio::test]
async fn a_conference_vanishes_when_it_closes_and_only_one_answer_says_why() {
    let world = World::quiet().await;
    let id = world.lecture();
    world.hand.set((RECORDED + 7199) * 1000);
    assert_eq!(world.ids(Account::Full, &[]).await.len(), 1);
    world.hand.set((RECORDED + 7200) * 1000);
    assert_eq!(world.ids(Account::Full, &[]).await, [0; 0]);
    let info = world.info(Account::Full, id).await;
    assert_eq!((info["statusclosed"].as_bool(), info["statusopen"].as_bool()), (Some(true), Some(false)));
    assert_eq!(world.listed(Account::Full).await["bigbluebuttonbns"].as_array().map(Vec::len), Some(1));
    let open = world.campus.moodle().conferences().add(Activity::new(COURSE, "Always open"));
    assert_eq!(world.ids(Account::Full, &[]).await, [0; 0], "without an opening time there is no event");
    assert!(world.info(Account::Full, open).await.get("openingtime").is_none());
}

#[tokio::test]
async fn a_meeting_runs_and_the_site_remembers_it_for_a_minute() {
    let world = World::quiet().await;
    let hands = world.campus.moodle().conferences();
    let id = hands.add(Activity { wait: false, opening: Some(RECORDED - 60), ..Activity::new(COURSE, "Office hours") });
    let number = instance(id).to_string();
    let kept = [("bigbluebuttonbnid", number.as_str())];
    let status =
        |info: &Value| ["statusopen", "statusrunning", "canjoin"].map(|key| info[key].as_bool().expect("flag"));
    assert_eq!(status(&world.call(Account::Full, INFO, &kept).await), [true, false, true]);
    hands.begin_meeting(id);
    assert_eq!(status(&world.call(Account::Full, INFO, &kept).await), [true, false, true], "remembered");
    let info = world.info(Account::Full, id).await;
    assert_eq!(status(&info), [false, true, true], "open is not said of a room where something runs");
    assert_eq!(info["startedat"], RECORDED);
    assert!(info["participantcount"].is_i64() && info["participantplural"].is_boolean());
    hands.server_down(true);
    assert_eq!(status(&world.call(Account::Full, INFO, &kept).await), [false, true, true], "remembered");
    assert_eq!(world.info(Account::Full, id).await["errorcode"], "general_error_no_answer");
    world.hand.set(NOW + 60_000);
    assert_eq!(world.call(Account::Full, INFO, &kept).await["errorcode"], "general_error_no_answer");
    assert_eq!(world.ids(Account::Full, &[]).await.len(), 1, "the calendar does not need the server");
    hands.server_down(false);
    hands.end_meeting(id);
    assert_eq!(status(&world.call(Account::Full, INFO, &kept).await), [true, false, true]);
}

#[tokio::test]
async fn guests_passwords_are_for_moderators_only() {
    let world = World::quiet().await;
    let id =
        world.campus.moodle().conferences().add(Activity { guests: true, ..Activity::new(COURSE, "Open evening") });
    for (account, moderates) in [(Account::Full, false), (Account::TeacherMobile, true), (Account::Admin, true)] {
        let info = world.info(account, id).await;
        assert_eq!(
            (info["ismoderator"].as_bool(), info["guestaccessenabled"].as_bool()),
            (Some(moderates), Some(true))
        );
        for key in ["guestjoinurl", "guestpassword"] {
            assert_eq!(info.get(key).is_some(), moderates, "{account:?}: {key}");
        }
    }
}

#[tokio::test]
async fn a_course_is_hidden_or_left_out_with_a_warning() {
    let world = World::quiet().await;
    let hands = world.campus.moodle().conferences();
    let id = world.lecture();
    let all = world.courses().await;
    assert_eq!(all.len(), world.campus.school().courses().len(), "the watching account is enrolled everywhere");
    hands.hide_course(COURSE);
    assert!(!world.courses().await.contains(&COURSE));
    let by_id = [("field", "id"), ("value", "2")];
    let found = world.call(Account::Full, "core_course_get_courses_by_field", &by_id).await;
    assert_eq!(found, json!({"courses": [], "warnings": []}));
    hands.warn_course(COURSE, true);
    hands.show_course(COURSE);
    assert_eq!(world.courses().await, all, "a course with a warning stays in the list");
    let answer = world.events(Account::Full, &[]).await;
    assert_eq!(answer["events"], json!([]));
    let warning = &answer["warnings"][0];
    assert_eq!((warning["item"].as_str(), warning["itemid"].as_i64()), (Some("course"), Some(COURSE)));
    assert!(warning["message"].as_str().expect("message").contains("externallib.php(201)"), "a trace in a message");
    assert_eq!(world.listed(Account::Full).await["warnings"][0]["warningcode"], "1");
    assert_eq!(world.info(Account::Full, id).await["errorcode"], "requireloginerror");
    hands.warn_course(COURSE, false);
    assert_eq!(world.ids(Account::Full, &[]).await.len(), 1);
}

#[tokio::test]
async fn plain_events_reach_whom_they_are_meant_for() {
    let world = World::quiet().await;
    let hands = world.campus.moodle().conferences();
    let student = world.campus.school().account("student01").expect("account").id;
    let group = |name: &str| {
        world.campus.school().groups().iter().find(|g| g.course == COURSE && g.name == name).expect("group").id
    };
    let (mine, other) = (group("Group A"), group("Group B"));
    let at = RECORDED + 600;
    let add = |scope, name: &str| instance(hands.add(Event::new(scope, name, at)));
    let site = add(Scope::Site, "Site");
    let course = add(Scope::Course(COURSE), "Course");
    let category = add(Scope::Category(CATEGORY), "Category");
    let in_group = add(Scope::Group { course: COURSE, group: mine }, "Group");
    let of_others = add(Scope::Group { course: COURSE, group: other }, "Others");
    let private = add(Scope::User(student), "Private");
    let groups = [("events[groupids][0]", mine.to_string()), ("events[groupids][1]", other.to_string())];
    let mut asked: Vec<(&str, &str)> = groups.iter().map(|(name, id)| (*name, id.as_str())).collect();
    let answer = world.events(Account::Full, &asked).await;
    assert_eq!(ids(&answer["events"]), [site, course, category, in_group]);
    assert_eq!(answer["warnings"][0]["item"], other.to_string(), "not a group of the caller");
    asked.push(("options[userevents]", "0"));
    assert_eq!(world.ids(Account::Full, &asked).await, [site, course, category], "groups want user events");
    asked.push(("options[siteevents]", "0"));
    assert_eq!(world.ids(Account::Full, &asked).await, [course, category]);
    let none = world.call(Account::StudentMobile, EVENTS, &[]).await;
    assert_eq!(ids(&none["events"]), [site, category, private], "without courses");
    let by_id = [("events[eventids][0]", course.to_string()), ("events[eventids][1]", private.to_string())];
    let by_id: Vec<(&str, &str)> = by_id.iter().map(|(name, id)| (*name, id.as_str())).collect();
    let found = world.call(Account::Full, EVENTS, &by_id).await;
    let raw = found["events"].as_array().expect("list").iter().find(|event| event["id"] == course).expect("event");
    assert_eq!((&raw["instance"], &raw["modulename"], &raw["uuid"]), (&json!(0), &json!(""), &json!("")));
    assert_eq!(found["warnings"][0]["item"], private.to_string());
    for (event, account, seen) in [
        (of_others, Account::Full, false),
        (of_others, Account::ManagerMobile, true),
        (private, Account::Full, false),
        (private, Account::StudentMobile, true),
    ] {
        let answer = world.call(account, BY_ID, &[("eventid", &event.to_string())]).await;
        assert_eq!(answer["event"]["id"] == event, seen, "{account:?}: {answer}");
    }
    hands.cancel(ConferenceId::Event(course));
    assert!(!world.ids(Account::Full, &[]).await.contains(&course));
}

#[tokio::test]
async fn a_link_in_a_location_is_only_in_the_view() {
    let world = World::quiet().await;
    let id = world.campus.moodle().conferences().add(Event {
        location: "https://meet.jit.si/campus-1?x=1&y=2".into(),
        description: "<p>Join &amp; talk</p>".into(),
        lasts: 5400,
        ..Event::new(Scope::Course(COURSE), "Conference", RECORDED + 600)
    });
    let list = world.events(Account::Full, &[]).await.to_string();
    assert!(!list.contains("jit.si") && list.contains("Join &amp; talk"));
    let view = world.call(Account::Full, BY_ID, &[("eventid", &instance(id).to_string())]).await["event"].take();
    assert_eq!(view["location"], "https://meet.jit.si/campus-1?x=1&y=2");
    assert_eq!((view["timeduration"].as_i64(), &view["instance"]), (Some(5400), &Value::Null));
    let formatted = view["formattedtime"].as_str().expect("text");
    assert!(formatted.contains("Today, ") && formatted.contains("&raquo;"), "{formatted}");
}

#[tokio::test]
async fn a_window_of_time_takes_what_lasts_into_it() {
    let world = World::quiet().await;
    let hands = world.campus.moodle().conferences();
    let add = |from: i64, lasts| instance(hands.add(Event { lasts, ..Event::new(Scope::Site, "E", RECORDED + from) }));
    let (past, lasting, within, late) = (add(-100, 100), add(-100, 101), add(500, 0), add(1001, 0));
    let (from, until) = (RECORDED.to_string(), (RECORDED + 1000).to_string());
    let window = [("options[timestart]", from.as_str()), ("options[timeend]", until.as_str())];
    assert_eq!(world.ids(Account::Full, &window).await, [lasting, within]);
    assert_eq!(world.ids(Account::Full, &[]).await, [past, lasting, within, late], "the end is open by default");
    assert_eq!(world.events(Account::Full, &[("options[userevents]", "true")]).await["errorcode"], "invalidparameter");
    assert_eq!(world.events(Account::Full, &[("options[limit]", "5")]).await["errorcode"], "invalidparameter");
}

#[tokio::test]
async fn who_is_not_enrolled_sees_little() {
    let world = World::quiet().await;
    let hands = world.campus.moodle().conferences();
    let id = world.lecture();
    let plain = instance(hands.add(Event::new(Scope::Course(COURSE), "Plain", RECORDED + 60)));
    let site = instance(hands.add(Event::new(Scope::Site, "Site", RECORDED + 60)));
    hands.add(Event::new(Scope::Category(CATEGORY), "Category", RECORDED + 60));
    for (account, warned) in [(Account::Monitor, plain.to_string()), (Account::Minimal, "course".to_owned())] {
        let answer = world.events(account, &[]).await;
        assert_eq!(ids(&answer["events"]), [site], "{account:?}");
        assert_eq!(answer["warnings"][0]["item"], warned, "{account:?}");
        assert_eq!(world.info(account, id).await["errorcode"], "requireloginerror", "{account:?}");
        assert_eq!(world.listed(account).await["bigbluebuttonbns"], json!([]), "{account:?}");
    }
    let student = world.campus.school().account("student01").expect("account").id;
    let other =
        world.campus.school().courses().iter().find(|course| !course.members.contains(&student)).expect("course").id;
    let elsewhere = hands.add(Activity { opening: Some(RECORDED + 60), ..Activity::new(other, "Elsewhere") });
    assert_eq!(world.info(Account::StudentMobile, elsewhere).await["errorcode"], "requireloginerror");
    let own = world.call(Account::Full, LIST, &[]).await;
    assert_eq!(ids(&own["bigbluebuttonbns"]), [instance(elsewhere), instance(id)], "all own courses, the newest first");
}

#[tokio::test]
async fn names_of_courses_are_html() {
    let world = World::quiet().await;
    let ids = [("field", "ids"), ("value", "2,3,7")];
    let answer = world.call(Account::Full, "core_course_get_courses_by_field", &ids).await;
    let names: Vec<&str> =
        answer["courses"].as_array().expect("list").iter().map(|c| c["fullname"].as_str().expect("name")).collect();
    assert_eq!(
        names,
        [
            "Fundamentals of Physics",
            "Biology &amp; \"Life\" ",
            "Geography &lt;@&amp;1&gt; @everyone **maps** [atlas](https://atlas.example.test)"
        ]
    );
}
