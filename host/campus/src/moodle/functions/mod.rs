//! The functions that the site has, and the dispatch to them.

mod access;
mod batch;
mod calendar;
mod courses;
mod coursework;
mod enrolled;
mod groups;
mod meetings;
mod site_info;
mod take;
mod users;
mod users_by_field;

use std::sync::Arc;

pub(super) use self::calendar::{What, export as calendar_export};
use super::accounts::{Rights, Service};
use super::params::Params;
use super::{Fail, Moodle};
use crate::school::{Course, Profile, Snapshot};

/// The functions that can be called, in the custom service (all but the last) or the mobile one (all but the first).
pub const FUNCTIONS: [&str; 12] = [
    "core_user_get_users",
    "core_user_get_users_by_field",
    "core_webservice_get_site_info",
    "core_enrol_get_enrolled_users",
    "core_enrol_get_users_courses",
    "core_course_get_courses_by_field",
    "core_group_get_course_user_groups",
    "core_calendar_get_calendar_events",
    "core_calendar_get_calendar_event_by_id",
    "mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses",
    "mod_bigbluebuttonbn_meeting_info",
    "tool_mobile_call_external_functions",
];

/// The functions about coursework, in both services of a site that has any and in none of another.
pub const COURSEWORK: [&str; 11] = [
    "core_calendar_get_action_events_by_timesort",
    "core_course_get_contents",
    "core_course_get_updates_since",
    "gradereport_user_get_grade_items",
    "mod_assign_get_assignments",
    "mod_assign_get_submission_status",
    "mod_forum_get_forum_discussions",
    "mod_forum_get_forums_by_courses",
    "mod_quiz_get_quizzes_by_courses",
    "mod_quiz_get_user_attempts",
    "mod_quiz_get_user_quiz_attempts",
];

/// Functions that a Moodle has and this one keeps in no service: calling them is an `accessexception`, while any other
/// name is an `invalidrecordunknown`.
pub const KNOWN: [&str; 11] = [
    "core_block_get_course_blocks",
    "core_calendar_delete_calendar_events",
    "core_calendar_get_calendar_access_information",
    "core_calendar_get_calendar_export_token",
    "core_calendar_get_calendar_monthly_view",
    "core_calendar_get_calendar_upcoming_view",
    "core_course_get_courses",
    "core_course_view_course",
    "core_files_get_files",
    "core_user_get_course_user_profiles",
    "mod_bigbluebuttonbn_get_join_url",
];

impl Service {
    /// Lists the functions of the service on any site.
    fn functions(self) -> &'static [&'static str] {
        match self {
            Self::Custom => &FUNCTIONS[..FUNCTIONS.len() - 1],
            Self::Mobile => &FUNCTIONS[1..],
        }
    }
}

/// Who calls, and what the school looks like at that moment.
pub(super) struct Caller<'a> {
    pub(super) moodle: &'a Moodle,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) me: Arc<Profile>,
    pub(super) rights: Rights,
    pub(super) service: Service,
}

impl Caller<'_> {
    /// Calls a function and returns its answer as JSON.
    pub(super) fn call(&self, function: &str, params: &Params) -> Result<String, Fail> {
        if function.is_empty() {
            return Err(Fail::parameter("Missing required key in single structure: wsfunction"));
        }
        if ![&FUNCTIONS[..], &COURSEWORK, &KNOWN].iter().any(|some| some.contains(&function)) {
            let reason = "SELECT * FROM {external_functions} WHERE name = ?";
            return Err(Fail::unknown_record(reason));
        }
        if !self.functions().any(|allowed| allowed == function) {
            return Err(Fail::access(function));
        }
        match function {
            "core_user_get_users" => users::call(self, params),
            "core_user_get_users_by_field" => users_by_field::call(self, params),
            "core_webservice_get_site_info" => site_info::call(self, params),
            "core_enrol_get_enrolled_users" => enrolled::call(self, params),
            "core_enrol_get_users_courses" => courses::of_user(self, params),
            "core_course_get_courses_by_field" => courses::by_field(self, params),
            "core_group_get_course_user_groups" => groups::call(self, params),
            "core_calendar_get_calendar_events" => calendar::events(self, params),
            "core_calendar_get_calendar_event_by_id" => calendar::event_by_id(self, params),
            "mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses" => meetings::by_courses(self, params),
            "mod_bigbluebuttonbn_meeting_info" => meetings::info(self, params),
            "core_calendar_get_action_events_by_timesort" => calendar::action_events(self, params),
            "core_course_get_contents" => coursework::contents(self, params),
            "core_course_get_updates_since" => coursework::updates(self, params),
            "gradereport_user_get_grade_items" => coursework::grades(self, params),
            "mod_assign_get_assignments" => coursework::assignments(self, params),
            "mod_assign_get_submission_status" => coursework::submission(self, params),
            "mod_forum_get_forum_discussions" => coursework::discussions(self, params),
            "mod_forum_get_forums_by_courses" => coursework::forums(self, params),
            "mod_quiz_get_quizzes_by_courses" => coursework::quizzes(self, params),
            "mod_quiz_get_user_attempts" | "mod_quiz_get_user_quiz_attempts" => coursework::attempts(self, params),
            "tool_mobile_call_external_functions" => batch::call(self, params),
            _ => Err(Fail::access(function)),
        }
    }

    /// Lists the functions the caller's service allows here.
    pub(super) fn functions(&self) -> impl Iterator<Item = &'static str> {
        let coursework: &[&str] = if self.moodle.book().courses.is_empty() { &[] } else { &COURSEWORK };
        self.service.functions().iter().chain(coursework).copied()
    }

    pub(super) fn courses(&self) -> impl Iterator<Item = &Course> {
        self.moodle.inner.school.courses().iter()
    }

    /// Says whether somebody is in any course.
    pub(super) fn is_enrolled(&self, user: i64) -> bool {
        self.courses().any(|course| course.members.binary_search(&user).is_ok())
    }
}
