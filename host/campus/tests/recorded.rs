//! The campus against the recordings of a real Moodle: the same people, the same questions, the same answers.

mod common;

use beadle_campus::Campus;
use beadle_campus::faults::Matcher;
use beadle_campus::moodle::{Account, Condition, breakdown};
use common::replay::{Replay, SITE, keys};
use common::{fixtures, recording};
use serde_json::{Value, json};

/// Replaces what no other site can have equal by its type: stored settings, and the time in a course.
fn blur(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(blur),
        Value::Object(map) => {
            for (name, inner) in map.iter_mut() {
                match name.as_str() {
                    "preferences" => {
                        let all = inner.as_array().expect("list").iter();
                        *inner = json!(all.clone().all(|p| p["name"].is_string() && !p["value"].is_null()));
                    }
                    "lastcourseaccess" => *inner = json!(inner.is_i64()),
                    "profileimageurl" | "profileimageurlsmall" | "userpictureurl" => {
                        let url = inner.as_str().expect("text");
                        *inner = json!(url.split('/').filter(|part| part.parse::<i64>().is_err()).collect::<Vec<_>>());
                    }
                    _ => blur(inner),
                }
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn people_are_answered_value_by_value() {
    let Some(folder) = fixtures("moodle") else { return };
    let replay = Replay::of(&folder).await;
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("folder") {
        let file = entry.expect("entry").file_name().into_string().expect("name");
        let Some(name) = file.strip_suffix(".json") else { continue };
        if !["core_user_get_users", "core_enrol_get_enrolled_users"].iter().any(|function| name.starts_with(function)) {
            continue;
        }
        let recording = recording(&folder, name);
        replay.campus.moodle().set(Condition::LastAccessHidden, name.contains("lastaccess_hidden"));
        let answer = replay.send(&recording, None).await;
        replay.assert_envelope(name, &recording, &answer);
        let (mut got, mut wanted) = (answer.json(), replay.expected(&recording));
        blur(&mut got);
        blur(&mut wanted);
        assert_eq!(got, wanted, "{name}");
        assert_eq!(keys(&got), keys(&wanted), "{name}: order of keys");
        count += 1;
    }
    assert!(count >= 35, "only {count} recordings found");
}

#[tokio::test]
async fn site_info_has_the_recorded_keys_and_values() {
    let Some(folder) = fixtures("moodle") else { return };
    let replay = Replay::of(&folder).await;
    for case in ["admin_mobile", "custom_service", "student"] {
        let recording = recording(&folder, &format!("core_webservice_get_site_info.{case}"));
        let answer = replay.send(&recording, None).await;
        replay.assert_envelope(case, &recording, &answer);
        let (mut got, mut wanted) = (answer.json(), replay.expected(&recording));
        assert_eq!(
            got.as_object().expect("object").keys().collect::<Vec<_>>(),
            wanted.as_object().expect("object").keys().collect::<Vec<_>>(),
            "{case}"
        );
        for info in [&mut got, &mut wanted] {
            blur(info);
            let functions = info["functions"].take();
            let functions = functions.as_array().expect("list");
            assert!(functions.iter().all(|f| f["name"].is_string() && f["version"].is_string()), "{case}");
            let has = |name: &str| functions.iter().any(|f| f["name"] == name);
            assert!(has("mod_bigbluebuttonbn_meeting_info") && has("core_calendar_get_calendar_events"), "{case}");
            assert_eq!(has("core_user_get_users"), case == "custom_service", "{case}");
            assert_eq!(has("tool_mobile_call_external_functions"), case != "custom_service", "{case}");
            let key = info["userprivateaccesskey"].take();
            assert_eq!(key.as_str().map(str::len), Some(32), "{case}");
        }
        assert_eq!(got, wanted, "{case}");
    }
}

/// What a recording of an error needs before it can be asked for.
type Setup = fn(&Campus);

#[tokio::test]
async fn errors_are_answered_as_recorded() {
    let Some(folder) = fixtures("moodle") else { return };
    let nothing: Setup = |_| ();
    let enrolled = Some("core_enrol_get_enrolled_users");
    let cases: &[(&str, Option<&str>, Setup)] = &[
        ("function_does_not_exist", None, nothing),
        ("function_missing", None, nothing),
        ("function_not_in_service", None, nothing),
        ("invalidtoken", None, nothing),
        ("invalidtoken_xml_default_format", None, nothing),
        ("json_body", None, nothing),
        ("no_token", None, nothing),
        ("token_in_authorization_header", None, nothing),
        ("token_not_alphanumeric", None, nothing),
        ("path_unknown", None, nothing),
        ("wrong_host_redirect", None, nothing),
        ("token_php_wrong_host", None, nothing),
        // The recorded function wants coursework, and this site has none; these take the same parameter.
        ("course_unknown", enrolled, nothing),
        ("parameter_missing", enrolled, nothing),
        ("parameter_unknown", enrolled, nothing),
        ("parameter_wrong_type", enrolled, nothing),
        ("course_not_accessible", enrolled, |campus| {
            campus.faults().order("core_enrol_get_enrolled_users", Some(1), breakdown::course_not_accessible(5));
        }),
        ("bad_gateway", None, |campus| campus.faults().order(Matcher::any(), Some(1), breakdown::bad_gateway())),
        ("cli_maintenance", None, |campus| campus.moodle().set(Condition::CommandLineMaintenance, true)),
        ("cli_maintenance_token_php", None, |campus| campus.moodle().set(Condition::CommandLineMaintenance, true)),
        ("database_down", None, |campus| campus.moodle().set(Condition::DatabaseDown, true)),
        ("database_down_token_php", None, |campus| campus.moodle().set(Condition::DatabaseDown, true)),
        ("maintenance_mode", None, |campus| campus.moodle().set(Condition::Maintenance, true)),
        ("maintenance_mode_token_php", None, |campus| campus.moodle().set(Condition::Maintenance, true)),
        ("rest_protocol_disabled", None, |campus| campus.moodle().set(Condition::RestDisabled, true)),
        ("webservices_disabled", None, |campus| campus.moodle().set(Condition::WebServicesDisabled, true)),
        ("token_php_webservices_disabled", None, |campus| campus.moodle().set(Condition::WebServicesDisabled, true)),
        ("service_disabled", None, |campus| campus.moodle().set(Condition::ServiceDisabled, true)),
        ("token_ip_restricted", None, |campus| campus.moodle().set(Condition::AddressRefused, true)),
        ("debug_on.invalidtoken", None, |campus| campus.moodle().set(Condition::Debugging, true)),
        ("debug_on.parameter_missing", enrolled, |campus| campus.moodle().set(Condition::Debugging, true)),
        ("debug_on.parameter_wrong_type", enrolled, |campus| campus.moodle().set(Condition::Debugging, true)),
    ];
    for (case, instead, setup) in cases {
        let replay = Replay::of(&folder).await;
        let recording = recording(&folder, &format!("error.{case}"));
        setup(&replay.campus);
        let answer = replay.send(&recording, *instead).await;
        replay.assert_envelope(case, &recording, &answer);
        if recording["body"].is_null() {
            let wanted = recording["body_text"].as_str().expect("text");
            if *case == "wrong_host_redirect" {
                let home = format!("{}/webservice/rest/server.php", replay.campus.moodle_url);
                assert_eq!(answer.location, Some(home));
                assert!(answer.text.starts_with("<!DOCTYPE html>") && wanted.starts_with("<!DOCTYPE html>"));
            } else {
                assert_eq!(answer.text, wanted, "{case}");
            }
        } else {
            assert_eq!(answer.json(), replay.expected(&recording), "{case}");
            assert_eq!(keys(&answer.json()), keys(&recording["body"]), "{case}: order of keys");
        }
    }
}

#[tokio::test]
async fn an_expired_token_fails_in_two_ways() {
    let Some(folder) = fixtures("moodle") else { return };
    let replay = Replay::of(&folder).await;
    let token = replay.log_in("student03").await;
    replay.campus.moodle().expire(&token);
    for case in ["token_expired_first_use", "token_expired_second_use"] {
        let recording = recording(&folder, &format!("error.{case}"));
        let answer = common::call(&replay.campus.moodle_url, &token, "core_webservice_get_site_info", &[]).await;
        assert_eq!(answer, recording["body"], "{case}");
    }
    assert_ne!(replay.log_in("student03").await, token, "a new login makes a new token");
}

#[tokio::test]
async fn a_suspended_user_is_refused_by_name() {
    let Some(folder) = fixtures("moodle") else { return };
    let replay = Replay::of(&folder).await;
    let token = replay.log_in("student02").await;
    replay.campus.moodle().suspend("student02", true);
    let answer = common::call(&replay.campus.moodle_url, &token, "core_webservice_get_site_info", &[]).await;
    assert_eq!(answer, recording(&folder, "error.user_suspended")["body"]);
}

#[tokio::test]
async fn the_administrator_works_through_maintenance() {
    let Some(folder) = fixtures("moodle") else { return };
    let replay = Replay::of(&folder).await;
    replay.campus.moodle().set(Condition::Maintenance, true);
    let answer = replay.send(&recording(&folder, "error.maintenance_mode_admin_still_works"), None).await;
    assert_eq!(answer.json()["username"], "admin");
}

#[tokio::test]
async fn debugging_adds_the_reason_and_changes_one_code() {
    let Some(folder) = fixtures("moodle") else { return };
    let replay = Replay::of(&folder).await;
    replay.campus.moodle().set(Condition::Debugging, true);
    for (case, instead) in
        [("course_unknown", Some("core_enrol_get_enrolled_users")), ("function_not_in_service", None)]
    {
        let recording = recording(&folder, &format!("error.debug_on.{case}"));
        let answer = replay.send(&recording, instead).await.json();
        assert_eq!(keys(&answer), keys(&recording["body"]), "{case}");
        assert_eq!(answer["errorcode"], recording["body"]["errorcode"], "{case}");
    }
}

#[tokio::test]
async fn logins_are_answered_as_recorded() {
    let Some(folder) = fixtures("moodle") else { return };
    let replay = Replay::of(&folder).await;
    let mut tokens = Vec::new();
    for case in [
        "appsitecheck",
        "get_method",
        "guest",
        "missing_password",
        "missing_service",
        "service_not_authorised",
        "service_unavailable",
        "success",
        "success_again_same_token",
        "success_uppercase_username",
        "suspended_user",
        "unconfirmed_user",
        "unknown_user",
        "wrong_password",
    ] {
        let recording = recording(&folder, &format!("login_token.{case}"));
        let answer = replay.send(&recording, None).await;
        replay.assert_envelope(case, &recording, &answer);
        let (mut got, mut wanted) = (answer.json(), replay.expected(&recording));
        if got["token"].is_string() {
            tokens.push(got["token"].take());
            assert!(wanted["token"].take().is_string(), "{case}");
        }
        assert_eq!(got, wanted, "{case}");
        assert_eq!(keys(&got), keys(&wanted), "{case}: order of keys");
    }
    assert_eq!(tokens.len(), 4);
    assert!(tokens.iter().all(|token| *token == tokens[0]), "the same user has the same token");
}

#[tokio::test]
async fn the_batch_function_refuses_and_stops_as_recorded() {
    let Some(folder) = fixtures("moodle") else { return };
    let replay = Replay::of(&folder).await;
    for case in ["function_not_in_service", "no_such_function", "custom_service"] {
        let recording = recording(&folder, &format!("tool_mobile_call_external_functions.{case}"));
        let answer = replay.send(&recording, None).await;
        assert_eq!(answer.json(), replay.expected(&recording), "{case}");
    }
    let url = &replay.campus.moodle_url;
    let token = Account::StudentMobile.token();
    let params = [
        ("requests[0][function]", "core_webservice_get_site_info"),
        ("requests[0][arguments]", "{}"),
        ("requests[1][function]", "core_enrol_get_enrolled_users"),
        ("requests[1][arguments]", r#"{"courseid": 99999}"#),
        ("requests[2][function]", "core_webservice_get_site_info"),
        ("requests[2][settingfilter]", "1"),
    ];
    let answer = common::call(url, token, "tool_mobile_call_external_functions", &params).await;
    let recorded = recording(&folder, "tool_mobile_call_external_functions.second_fails_rest_skipped");
    let wanted = replay.expected(&recorded);
    assert_eq!(keys(&answer), keys(&wanted));
    // The recorded inner JSON escapes its slashes, so the site's address has to be replaced in the decoded text.
    let inner = |answer: &Value| -> Value {
        let text = answer["responses"][1]["exception"].as_str().expect("text");
        let decoded: Value = serde_json::from_str(text).expect("JSON");
        serde_json::from_str(&decoded.to_string().replace(SITE, url)).expect("JSON")
    };
    assert_eq!(inner(&answer), inner(&wanted));
    let broken = [("requests[0][function]", "core_enrol_get_enrolled_users"), ("requests[0][arguments]", "{not json")];
    let answer = common::call(url, token, "tool_mobile_call_external_functions", &broken).await;
    let recorded = recording(&folder, "tool_mobile_call_external_functions.bad_json_arguments");
    let text = answer["responses"][0]["exception"].as_str().expect("text");
    let wanted = recorded["body"]["responses"][0]["exception"].as_str().expect("text");
    assert_eq!(keys(&serde_json::from_str(text).expect("JSON")), keys(&serde_json::from_str(wanted).expect("JSON")));
    assert!(text.contains("invalidparameter"));
}
