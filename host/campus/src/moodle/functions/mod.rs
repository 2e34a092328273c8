//! The functions that the site has, and the dispatch to them.

mod access;
mod batch;
mod calendar;
mod courses;
mod enrolled;
mod groups;
mod meetings;
mod site_info;
mod take;
mod users;
mod users_by_field;

use std::sync::Arc;

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

/// Functions that a Moodle has and this one keeps in no service: calling them is an `accessexception`, while any other
/// name is an `invalidrecordunknown`.
pub const KNOWN: [&str; 18] = [
    "core_block_get_course_blocks",
    "core_calendar_delete_calendar_events",
    "core_calendar_get_action_events_by_timesort",
    "core_calendar_get_calendar_access_information",
    "core_calendar_get_calendar_export_token",
    "core_calendar_get_calendar_monthly_view",
    "core_calendar_get_calendar_upcoming_view",
    "core_course_get_contents",
    "core_course_get_courses",
    "core_course_get_updates_since",
    "core_course_view_course",
    "core_files_get_files",
    "core_user_get_course_user_profiles",
    "mod_assign_get_assignments",
    "mod_assign_get_submission_status",
    "mod_bigbluebuttonbn_get_join_url",
    "mod_forum_get_forum_discussions",
    "mod_quiz_get_quizzes_by_courses",
];

impl Service {
    /// Lists the functions of the service.
    pub(super) fn functions(self) -> &'static [&'static str] {
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
        if !FUNCTIONS.contains(&function) && !KNOWN.contains(&function) {
            let reason = "SELECT * FROM {external_functions} WHERE name = ?";
            return Err(Fail::unknown_record(reason));
        }
        if !self.service.functions().contains(&function) {
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
            "tool_mobile_call_external_functions" => batch::call(self, params),
            _ => Err(Fail::access(function)),
        }
    }

    pub(super) fn courses(&self) -> impl Iterator<Item = &Course> {
        self.moodle.inner.school.courses().iter()
    }

    /// Says whether somebody is in any course.
    pub(super) fn is_enrolled(&self, user: i64) -> bool {
        self.courses().any(|course| course.members.binary_search(&user).is_ok())
    }
}
