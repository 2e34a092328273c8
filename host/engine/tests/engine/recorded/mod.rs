//! An hour of a real Moodle as it was recorded, edit by edit, through the whole host: what readers are told of each recorded edit, and of
//! nothing else. Answers that were not recorded for an edit stay as they were before it.

mod site;

use crate::conformance::host::Place;
use crate::conformance::term::{COLLECTORS, config};
use site::Site;

/// When the first edit was recorded, in seconds after the tests begin.
const RECORDED: i64 = 36_769;

/// What is answered at first.
const BEFORE: [&str; 14] = [
    "core_webservice_get_site_info.student",
    "core_group_get_course_user_groups.student_all_courses",
    "core_enrol_get_users_courses.student",
    "core_course_get_contents.phys101_student",
    "core_course_get_contents.hist200_student",
    "core_course_get_contents.bio300_student",
    "core_course_get_updates_since.phys101",
    "mod_assign_get_assignments.student_all_courses",
    "mod_quiz_get_quizzes_by_courses.student",
    "mod_forum_get_forums_by_courses.student",
    "mod_forum_get_forum_discussions.announcements",
    "mod_forum_get_forum_discussions.general",
    "gradereport_user_get_grade_items.student",
    "core_calendar_get_calendar_events.edge_duedate_before",
];

/// An edit: what it is called, which answers it changed, and what is told of it.
type Edit = (&'static str, &'static [&'static str], &'static [&'static str]);

/// All that were recorded, in their order.
const EDITS: [Edit; 15] = [
    (
        "nothing, before the first of them",
        &[
            "core_course_get_contents.edge_duedate_before",
            "mod_assign_get_assignments.edge_duedate_before",
            "mod_quiz_get_quizzes_by_courses.edge_quizclose_before",
            "mod_forum_get_forum_discussions.edge_announcement_before",
        ],
        &[],
    ),
    (
        "an assignment is due at another time",
        &[
            "core_course_get_contents.edge_duedate_after",
            "mod_assign_get_assignments.edge_duedate_after",
            "core_calendar_get_calendar_events.edge_duedate_after",
            "core_course_get_updates_since.edge_duedate_after",
        ],
        &["assign/1 deadline_changed"],
    ),
    (
        "the end of a quiz is dragged in the calendar",
        &[
            "mod_quiz_get_quizzes_by_courses.edge_quizclose_after",
            "core_calendar_get_calendar_events.edge_bbbtime_before",
            "core_course_get_updates_since.edge_quizclose_after",
        ],
        &["quiz/1 deadline_changed"],
    ),
    (
        "a conference is moved",
        &["core_calendar_get_calendar_events.edge_bbbtime_after", "core_course_get_updates_since.edge_bbbtime_after"],
        &["bigbluebuttonbn/1 schedule_changed"],
    ),
    // The contents were not recorded when the quiz was edited: what they say of it too comes only now.
    (
        "a conference is renamed",
        &["core_calendar_get_calendar_events.edge_bbbname_after", "core_course_get_contents.edge_section_before"],
        &["bigbluebuttonbn/1 content_changed", "quiz/1 refresh_only, which matters to nobody"],
    ),
    (
        "a section is renamed",
        &[
            "core_course_get_contents.edge_section_after",
            "core_course_get_updates_since.edge_section_after",
            "core_enrol_get_users_courses.edge_section_after",
        ],
        &["section/4 content_changed"],
    ),
    (
        "something is announced",
        &[
            "mod_forum_get_forums_by_courses.edge_announcement_after",
            "mod_forum_get_forum_discussions.edge_announcement_after",
            "core_course_get_updates_since.edge_announcement_after",
        ],
        &["discussion/4 new"],
    ),
    (
        "an announcement is edited",
        &["mod_forum_get_forum_discussions.edge_announcement_edited"],
        &["discussion/4 content_changed"],
    ),
    (
        "a plain event is moved",
        &[
            "core_calendar_get_calendar_events.edge_conference_before",
            "core_calendar_get_calendar_events.edge_conference_moved",
        ],
        &["event/22 schedule_changed"],
    ),
    ("a plain event is deleted", &["core_calendar_get_calendar_events.edge_conference_deleted"], &["event/22 removed"]),
    (
        "an activity is hidden",
        &[
            "core_course_get_contents.edge_module_hidden",
            "mod_assign_get_assignments.edge_module_hidden",
            "gradereport_user_get_grade_items.edge_module_hidden",
            "core_course_get_updates_since.edge_module_hidden",
        ],
        &["assign/2 removed"],
    ),
    // Whoever looks at a submission writes one, so nobody does.
    ("a student writes a draft", &[], &[]),
    ("a grade is given", &["gradereport_user_get_grade_items.edge_grade_after"], &["assign/5 grade_added"]),
    (
        "a conference is marked for deletion",
        &[
            "core_course_get_contents.edge_bbb_deletion_marked",
            "core_calendar_get_calendar_events.edge_bbb_deletion_marked",
        ],
        &["bigbluebuttonbn/7 removed"],
    ),
    (
        "a course is hidden",
        &[
            "core_enrol_get_users_courses.edge_course_hidden_before",
            "core_enrol_get_users_courses.edge_course_hidden_after",
            "core_course_get_contents.edge_course_hidden_after",
            "core_course_get_updates_since.edge_course_hidden_after",
            "mod_assign_get_assignments.edge_course_hidden_after",
            "core_calendar_get_calendar_events.edge_course_hidden_after",
            "gradereport_user_get_grade_items.edge_course_hidden_after",
        ],
        &["course/5 removed"],
    ),
];

async fn every_recorded_edit_is_told_and_nothing_else(place: Place) {
    let world = place.world();
    let Some(site) = Site::open(&world).await else { return };
    for name in BEFORE {
        site.answer(name);
    }
    site.answer_without_grades("gradereport_user_get_grade_items.edge_grade_after");
    let text = config(&place.site, &site.url, "{ env = \"TOKEN\" }");
    let host = place.host(world, &text).await;
    let mut now = RECORDED;
    let mut pass = async || {
        now += 10;
        host.world.time(now);
        for collector in COLLECTORS {
            host.run(collector).await;
        }
    };
    pass().await;
    let first = host.told(host.cursor().await).await;
    assert_eq!(first, [""; 0]);
    let mut wrong = Vec::new();
    for (edit, answers, expected) in EDITS {
        let since = host.cursor().await;
        for name in answers {
            site.answer(name);
        }
        pass().await;
        let told = host.told(since).await;
        if told != expected {
            wrong.push(format!("{edit}: {told:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(site.count("mod_assign_get_submission_status"), 0);
}

#[tokio::test]
async fn on_sqlite() {
    every_recorded_edit_is_told_and_nothing_else(Place::sqlite("recorded").await).await;
}

#[tokio::test]
async fn on_postgres() {
    if let Some(place) = Place::postgres("recorded").await {
        every_recorded_edit_is_told_and_nothing_else(place).await;
    }
}
