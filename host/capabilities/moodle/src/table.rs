//! The web service functions that change nothing.
//!
//! A name is no proof: `mod_assign_get_submission_status` creates a submission, `mod_quiz_get_attempt_data` closes an attempt whose time
//! is over, `mod_bigbluebuttonbn_get_join_url` opens the meeting, `mod_wiki_get_page_for_editing` locks the page, and the `*_view_*`
//! functions exist to leave a trace. So this is a list of names that were looked at, not a pattern; what is not on it may be granted as
//! unsafe. Functions that hand out keys and links into an account are not on it either, whatever they write.

use serde_json::{Map, Value};

use crate::batch::BATCH;
use crate::failure::Failure;

/// Functions that change nothing, beyond the row that Moodle's own log keeps of every call. In order of the alphabet.
pub const READS: &[&str] = &[
    "block_recentlyaccesseditems_get_recent_items",
    "block_starredcourses_get_starred_courses",
    "core_ai_get_policy_status",
    "core_badges_get_badge",
    "core_badges_get_user_badge_by_hash",
    "core_badges_get_user_badges",
    "core_block_fetch_addable_blocks",
    "core_block_get_course_blocks",
    "core_block_get_dashboard_blocks",
    "core_blog_get_access_information",
    "core_blog_get_entries",
    "core_calendar_get_action_events_by_course",
    "core_calendar_get_action_events_by_courses",
    "core_calendar_get_action_events_by_timesort",
    "core_calendar_get_allowed_event_types",
    "core_calendar_get_calendar_access_information",
    "core_calendar_get_calendar_day_view",
    "core_calendar_get_calendar_event_by_id",
    "core_calendar_get_calendar_events",
    "core_calendar_get_calendar_monthly_view",
    "core_calendar_get_calendar_upcoming_view",
    "core_cohort_get_cohort_members",
    "core_cohort_get_cohorts",
    "core_cohort_search_cohorts",
    "core_comment_get_comments",
    "core_competency_get_scale_values",
    "core_competency_list_course_competencies",
    "core_completion_get_activities_completion_status",
    "core_completion_get_course_completion_status",
    "core_course_check_updates",
    "core_course_get_categories",
    "core_course_get_contents",
    "core_course_get_course_module",
    "core_course_get_course_module_by_instance",
    "core_course_get_courses",
    "core_course_get_courses_by_field",
    "core_course_get_enrolled_courses_by_timeline_classification",
    "core_course_get_enrolled_courses_with_action_events_by_timeline_classification",
    "core_course_get_recent_courses",
    "core_course_get_updates_since",
    "core_course_get_user_administration_options",
    "core_course_get_user_navigation_options",
    "core_course_search_courses",
    "core_courseformat_get_state",
    "core_enrol_get_course_enrolment_methods",
    "core_enrol_get_enrolled_users",
    "core_enrol_get_enrolled_users_with_capability",
    "core_enrol_get_potential_users",
    "core_enrol_get_users_courses",
    "core_enrol_search_users",
    "core_files_get_files",
    "core_filters_get_all_states",
    "core_filters_get_available_in_context",
    "core_get_component_strings",
    "core_grades_get_enrolled_users_for_selector",
    "core_grades_get_gradable_users",
    "core_grades_get_grade_tree",
    "core_grades_get_gradeitems",
    "core_grades_get_groups_for_selector",
    "core_group_get_activity_allowed_groups",
    "core_group_get_activity_groupmode",
    "core_group_get_course_groupings",
    "core_group_get_course_groups",
    "core_group_get_course_user_groups",
    "core_group_get_group_members",
    "core_group_get_groupings",
    "core_group_get_groups",
    "core_group_get_groups_for_selector",
    "core_message_data_for_messagearea_search_messages",
    "core_message_get_blocked_users",
    "core_message_get_contact_requests",
    "core_message_get_conversation_counts",
    "core_message_get_conversation_members",
    "core_message_get_member_info",
    "core_message_get_messages",
    "core_message_get_received_contact_requests_count",
    "core_message_get_unread_conversation_counts",
    "core_message_get_unread_conversations_count",
    "core_message_get_unread_notification_count",
    "core_message_get_user_contacts",
    "core_message_get_user_message_preferences",
    "core_message_get_user_notification_preferences",
    "core_message_message_search_users",
    "core_message_search_contacts",
    "core_notes_get_course_notes",
    "core_rating_get_item_ratings",
    "core_reportbuilder_can_view_system_report",
    "core_reportbuilder_list_reports",
    "core_reportbuilder_retrieve_system_report",
    "core_search_get_results",
    "core_search_get_search_areas_list",
    "core_search_get_top_results",
    "core_tag_get_tag_areas",
    "core_tag_get_tag_cloud",
    "core_tag_get_tag_collections",
    "core_tag_get_tagindex",
    "core_tag_get_tagindex_per_area",
    "core_user_get_course_user_profiles",
    "core_user_get_private_files_info",
    "core_user_get_user_preferences",
    "core_user_get_users",
    "core_user_get_users_by_field",
    "core_user_search_identity",
    "core_webservice_get_site_info",
    "core_xapi_get_state",
    "core_xapi_get_states",
    "editor_tiny_get_configuration",
    "enrol_guest_get_instance_info",
    "enrol_self_get_instance_info",
    "gradereport_grader_get_users_in_report",
    "gradereport_overview_get_course_grades",
    "gradereport_singleview_get_grade_items_for_search_widget",
    "gradereport_user_get_access_information",
    "gradereport_user_get_grade_items",
    "gradereport_user_get_grades_table",
    "message_airnotifier_are_notification_preferences_configured",
    "message_airnotifier_is_system_configured",
    "message_popup_get_popup_notifications",
    "message_popup_get_unread_popup_notification_count",
    "mod_assign_get_assignments",
    "mod_assign_get_grades",
    "mod_assign_get_participant",
    "mod_assign_get_submissions",
    "mod_assign_get_user_flags",
    "mod_assign_get_user_mappings",
    "mod_assign_list_participants",
    "mod_bigbluebuttonbn_can_join",
    "mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses",
    "mod_bigbluebuttonbn_meeting_info",
    "mod_book_get_books_by_courses",
    "mod_choice_get_choice_options",
    "mod_choice_get_choice_results",
    "mod_choice_get_choices_by_courses",
    "mod_data_get_data_access_information",
    "mod_data_get_databases_by_courses",
    "mod_data_get_entries",
    "mod_data_get_entry",
    "mod_data_get_fields",
    "mod_data_search_entries",
    "mod_feedback_get_analysis",
    "mod_feedback_get_current_completed_tmp",
    "mod_feedback_get_feedback_access_information",
    "mod_feedback_get_feedbacks_by_courses",
    "mod_feedback_get_finished_responses",
    "mod_feedback_get_items",
    "mod_feedback_get_last_completed",
    "mod_feedback_get_non_respondents",
    "mod_feedback_get_page_items",
    "mod_feedback_get_responses_analysis",
    "mod_feedback_get_unfinished_responses",
    "mod_folder_get_folders_by_courses",
    "mod_forum_can_add_discussion",
    "mod_forum_get_discussion_post",
    "mod_forum_get_discussion_posts",
    "mod_forum_get_forum_access_information",
    "mod_forum_get_forum_discussions",
    "mod_forum_get_forums_by_courses",
    "mod_glossary_get_authors",
    "mod_glossary_get_categories",
    "mod_glossary_get_entries_by_author",
    "mod_glossary_get_entries_by_author_id",
    "mod_glossary_get_entries_by_category",
    "mod_glossary_get_entries_by_date",
    "mod_glossary_get_entries_by_letter",
    "mod_glossary_get_entries_by_search",
    "mod_glossary_get_entries_by_term",
    "mod_glossary_get_entries_to_approve",
    "mod_glossary_get_entry_by_id",
    "mod_glossary_get_glossaries_by_courses",
    "mod_h5pactivity_get_attempts",
    "mod_h5pactivity_get_h5pactivities_by_courses",
    "mod_h5pactivity_get_h5pactivity_access_information",
    "mod_h5pactivity_get_results",
    "mod_h5pactivity_get_user_attempts",
    "mod_imscp_get_imscps_by_courses",
    "mod_label_get_labels_by_courses",
    "mod_lesson_get_attempts_overview",
    "mod_lesson_get_content_pages_viewed",
    "mod_lesson_get_lesson",
    "mod_lesson_get_lesson_access_information",
    "mod_lesson_get_lessons_by_courses",
    "mod_lesson_get_pages",
    "mod_lesson_get_pages_possible_jumps",
    "mod_lesson_get_questions_attempts",
    "mod_lesson_get_user_attempt",
    "mod_lesson_get_user_attempt_grade",
    "mod_lesson_get_user_grade",
    "mod_lesson_get_user_timers",
    "mod_lti_get_ltis_by_courses",
    "mod_page_get_pages_by_courses",
    "mod_quiz_get_attempt_access_information",
    "mod_quiz_get_attempt_review",
    "mod_quiz_get_combined_review_options",
    "mod_quiz_get_quiz_access_information",
    "mod_quiz_get_quiz_feedback_for_grade",
    "mod_quiz_get_quiz_required_qtypes",
    "mod_quiz_get_quizzes_by_courses",
    "mod_quiz_get_user_attempts",
    "mod_quiz_get_user_best_grade",
    "mod_quiz_get_user_quiz_attempts",
    "mod_resource_get_resources_by_courses",
    "mod_scorm_get_scorm_access_information",
    "mod_scorm_get_scorm_attempt_count",
    "mod_scorm_get_scorm_sco_tracks",
    "mod_scorm_get_scorm_scoes",
    "mod_scorm_get_scorm_user_data",
    "mod_scorm_get_scorms_by_courses",
    "mod_url_get_urls_by_courses",
    "mod_wiki_get_subwiki_files",
    "mod_wiki_get_subwikis",
    "mod_wiki_get_wikis_by_courses",
    "mod_workshop_get_assessment",
    "mod_workshop_get_assessment_form_definition",
    "mod_workshop_get_grades",
    "mod_workshop_get_grades_report",
    "mod_workshop_get_reviewer_assessments",
    "mod_workshop_get_submission",
    "mod_workshop_get_submission_assessments",
    "mod_workshop_get_submissions",
    "mod_workshop_get_user_plan",
    "mod_workshop_get_workshop_access_information",
    "mod_workshop_get_workshops_by_courses",
    "tool_dataprivacy_get_access_information",
    "tool_dataprivacy_get_data_requests",
    "tool_lp_data_for_course_competencies_page",
    "tool_lp_data_for_plan_page",
    "tool_lp_data_for_plans_page",
    "tool_lp_data_for_user_competency_summary",
    "tool_lp_data_for_user_competency_summary_in_course",
    "tool_lp_data_for_user_competency_summary_in_plan",
    "tool_lp_data_for_user_evidence_list_page",
    "tool_lp_data_for_user_evidence_page",
    "tool_mobile_get_config",
    "tool_mobile_get_plugins_supporting_mobile",
    "tool_mobile_get_public_config",
    "tool_policy_get_user_acceptances",
];

/// Whether a function is on the list.
pub(crate) fn changes_nothing(function: &str) -> bool {
    READS.binary_search(&function).is_ok()
}

/// The function whose answer carries a key of the account's own, `userprivateaccesskey`.
const SITE_INFO: &str = "core_webservice_get_site_info";

/// The key of the account's own that it carries.
const KEY: &str = "userprivateaccesskey";

/// Leaves secrets of the account out of an answer, and has them learnt: addresses of files carry the same key.
///
/// # Errors
/// Refuses an answer that speaks of the key and cannot be read, so that nobody knows where in it the key stands.
pub(crate) fn scrub(
    function: &str,
    arguments: &Map<String, Value>,
    text: String,
    learn: impl Fn(&str),
) -> Result<String, Failure> {
    if !matches!(function, SITE_INFO | BATCH) || !text.contains(KEY) {
        return Ok(text);
    }
    // Moodle behind a wrongly saved configuration file writes a mark before everything, which is no JSON.
    let whole = text.trim_start_matches('\u{feff}');
    let scrubbed = if function == SITE_INFO { site_info(whole, &learn) } else { batch(arguments, whole, &learn) };
    scrubbed.ok_or_else(|| Failure::Unavailable("the site's answer is no readable JSON".to_owned()))
}

fn site_info(text: &str, learn: &impl Fn(&str)) -> Option<String> {
    let mut answer: Map<String, Value> = serde_json::from_str(text).ok()?;
    if let Some(Value::String(key)) = answer.shift_remove(KEY) {
        learn(&key);
    }
    serde_json::to_string(&answer).ok()
}

fn batch(arguments: &Map<String, Value>, text: &str, learn: &impl Fn(&str)) -> Option<String> {
    let requests = arguments.get("requests").and_then(Value::as_array);
    let asked = |index: usize| requests?.get(index)?.get("function")?.as_str();
    let mut answer: Value = serde_json::from_str(text).ok()?;
    let responses = answer.get_mut("responses").and_then(Value::as_array_mut);
    for (index, response) in responses.into_iter().flatten().enumerate() {
        if asked(index) == Some(SITE_INFO)
            && let Some(data) = response.get_mut("data")
            && let Some(text) = data.as_str().filter(|text| text.contains(KEY))
        {
            *data = site_info(text, learn)?.into();
        }
    }
    serde_json::to_string(&answer).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn is_in_order_so_that_it_can_be_searched() {
        assert!(READS.is_sorted());
        assert!(READS.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(READS.len() > 200);
    }

    #[test]
    fn what_looks_like_a_read_and_is_none() {
        for function in [
            "mod_assign_get_submission_status",
            "mod_bigbluebuttonbn_get_join_url",
            "mod_bigbluebuttonbn_get_recordings",
            "mod_quiz_get_attempt_data",
            "mod_quiz_get_attempt_summary",
            "mod_wiki_get_page_for_editing",
            "mod_wiki_get_page_contents",
            "mod_lti_get_tool_launch_data",
            "core_calendar_get_calendar_export_token",
            "core_files_get_unused_draft_itemid",
            "core_h5p_get_trusted_h5p_file",
            "core_message_get_conversations",
            "core_message_get_self_conversation",
            "core_reportbuilder_view_report",
            "core_table_get_dynamic_table_content",
            "tool_mobile_get_autologin_key",
            "tool_mobile_get_tokens_for_qr_login",
            "tool_mobile_get_content",
            "tiny_premium_get_api_key",
            BATCH,
        ] {
            assert!(!changes_nothing(function), "{function}");
        }
        let acts = [
            "view", "add", "create", "delete", "update", "save", "set", "submit", "start", "process", "mark", "send",
            "toggle", "prepare", "launch", "lock", "remove", "end", "token", "tokens", "validate", "store",
        ];
        // Reads whose names hold such a word in another sense.
        let known = |function: &str| function.contains("_can_") || function.starts_with("core_calendar_get_calendar_");
        for function in READS.iter().filter(|function| !known(function)) {
            let act = function.split('_').find(|word| acts.contains(word));
            assert_eq!(act, None, "{function}");
        }
    }

    #[test]
    fn keys_of_the_account_stay_here() {
        let info =
            json!({"sitename": "School", "userprivateaccesskey": "SECRET", "functions": [{"name": "a"}]}).to_string();
        let none = Map::new();
        let learn = |key: &str| assert_eq!(key, "SECRET");
        let clean = r#"{"sitename":"School","functions":[{"name":"a"}]}"#.to_owned();
        for text in [info.clone(), format!("\u{feff}{info}"), format!("\u{feff} \n{info}")] {
            assert_eq!(scrub(SITE_INFO, &none, text, learn), Ok(clean.clone()));
        }
        assert_eq!(scrub(SITE_INFO, &none, "[]".to_owned(), learn), Ok("[]".to_owned()));
        // What is JSON to those who skip values, and none to those who read them.
        let unreadable = info.replace("School", "\\ud800");
        assert!(scrub(SITE_INFO, &none, unreadable, learn).is_err());
        let Value::Object(arguments) =
            json!({"requests": [{"function": "core_user_get_users"}, {"function": SITE_INFO}]})
        else {
            panic!()
        };
        let answer = json!({"responses": [{"error": false, "data": "[]"}, {"error": false, "data": info}]}).to_string();
        let scrubbed = scrub(BATCH, &arguments, answer.clone(), learn).expect("it reads");
        assert!(!scrubbed.contains("SECRET") && scrubbed.contains("School"), "{scrubbed}");
        let scrubbed = scrub(BATCH, &arguments, answer.replace("School", "\\\\ud800"), learn);
        assert!(scrubbed.is_err(), "{scrubbed:?}");
    }

    /// Functions that the recorded site has, but not in the service of its mobile app.
    const OUTSIDE_THE_APP: &[&str] = &[
        "core_cohort_get_cohort_members",
        "core_cohort_get_cohorts",
        "core_cohort_search_cohorts",
        "core_courseformat_get_state",
        "core_enrol_get_enrolled_users_with_capability",
        "core_enrol_get_potential_users",
        "core_grades_get_grade_tree",
        "core_group_get_group_members",
        "core_group_get_groupings",
        "core_group_get_groups",
        "core_user_get_users",
        "core_user_search_identity",
    ];

    /// A name with a slip of the pen would deny a function that is safe: every name must be one of a real site's.
    #[test]
    #[expect(clippy::print_stderr, reason = "a skipped check must say so")]
    fn every_name_is_one_of_a_real_site() {
        let Some(fixtures) = fixtures() else {
            eprintln!("skipped: there is no folder of recorded answers (BEADLE_FIXTURES)");
            return;
        };
        let path = fixtures.join("moodle/core_webservice_get_site_info.admin_mobile.json");
        let recorded: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let known: Vec<&str> = recorded["body"]["functions"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|function| function["name"].as_str())
            .collect();
        assert!(known.len() > 400);
        for function in READS {
            assert!(known.contains(function) || OUTSIDE_THE_APP.contains(function), "{function}");
        }
    }

    /// Returns the folder of recorded answers; without it a strict run fails.
    fn fixtures() -> Option<std::path::PathBuf> {
        let named = std::env::var_os("BEADLE_FIXTURES").map(std::path::PathBuf::from);
        let beside = || {
            let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
            let root = here.ancestors().find(|folder| folder.join("rust-toolchain.toml").exists())?;
            Some(root.parent()?.join("shared/fixtures"))
        };
        let found = named.or_else(beside).filter(|folder| folder.join("moodle").exists());
        assert!(
            found.is_some() || std::env::var("BEADLE_REQUIRE_FIXTURES").as_deref() != Ok("1"),
            "the recorded answers are required and not there"
        );
        found
    }
}
