//! The web service over a living school: searching, paging, merging of parameters.

mod common;

use beadle_campus::moodle::Account;
use beadle_campus::school::{Plan, School};
use common::{Hand, RECORDED, call, campus, client};
use serde_json::{Value, json};

const NOW: i64 = RECORDED * 1000;

fn ids(answer: &Value) -> Vec<i64> {
    answer.as_array().expect("list").iter().map(|user| user["id"].as_i64().expect("id")).collect()
}

#[tokio::test]
async fn pages_of_the_site_course_add_up_to_everybody() {
    let hand = Hand::at(NOW);
    let campus = campus(School::new(&Plan { students: 90, ..Plan::compressed() }), &hand).await;
    let snapshot = campus.moodle().snapshot();
    let everybody: Vec<i64> = snapshot.users.iter().filter(|user| !user.deleted).map(|user| user.id).collect();
    let mut paged = Vec::new();
    for page in 0.. {
        let from = (page * 25).to_string();
        let params = [
            ("courseid", "1"),
            ("options[0][name]", "userfields"),
            ("options[0][value]", "id,lastaccess"),
            ("options[1][name]", "limitfrom"),
            ("options[1][value]", &from),
            ("options[2][name]", "limitnumber"),
            ("options[2][value]", "25"),
        ];
        let answer = call(&campus.moodle_url, &campus.token, "core_enrol_get_enrolled_users", &params).await;
        for user in answer.as_array().expect("list") {
            let row = snapshot.user(user["id"].as_i64().expect("id")).expect("row");
            let fullname = format!("{} {}", row.firstname, row.lastname);
            assert_eq!(*user, json!({"id": row.id, "fullname": fullname, "lastaccess": row.lastaccess}));
        }
        let page = ids(&answer);
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, everybody);
}

#[tokio::test]
async fn answers_and_snapshot_show_the_same_second() {
    let hand = Hand::at(NOW);
    let campus = campus(School::new(&Plan { students: 60, ..Plan::compressed() }), &hand).await;
    let mut seen = Vec::new();
    for step in [0, 30, 90] {
        hand.set(NOW + step * 1000);
        let params = [("criteria[0][key]", "email"), ("criteria[0][value]", "%@school.example")];
        let answer = call(&campus.moodle_url, &campus.token, "core_user_get_users", &params).await;
        assert_eq!(answer["warnings"], json!([]));
        let snapshot = campus.school().at(NOW + step * 1000);
        for user in answer["users"].as_array().expect("list") {
            let row = snapshot.user(user["id"].as_i64().expect("id")).expect("row");
            assert_eq!(user["lastaccess"], row.lastaccess);
            assert!(user.get("lastip").is_none(), "the web service never tells the address");
        }
        seen.push(answer["users"].clone());
    }
    assert_ne!(seen[0], seen[2], "the school moves");
}

#[tokio::test]
async fn lists_are_sorted_only_as_moodle_sorts() {
    let campus = campus(School::new(&Plan { students: 40, ..Plan::compressed() }), &Hand::at(NOW)).await;
    let list = async |sortby: &str, direction: &str| {
        let params = [
            ("courseid", "1"),
            ("options[0][name]", "sortby"),
            ("options[0][value]", sortby),
            ("options[1][name]", "sortdirection"),
            ("options[1][value]", direction),
        ];
        call(&campus.moodle_url, &campus.token, "core_enrol_get_enrolled_users", &params).await
    };
    let mut up = ids(&list("id", "asc").await);
    assert!(up.is_sorted());
    up.reverse();
    assert_eq!(ids(&list("id", "DESC").await), up);
    let names: Vec<String> = list("lastname", "ASC")
        .await
        .as_array()
        .expect("list")
        .iter()
        .map(|user| user["lastname"].as_str().expect("name").to_lowercase())
        .collect();
    assert!(names.is_sorted());
    assert_eq!(list("lastaccess", "ASC").await["errorcode"], "invalidparameter");
    assert_eq!(list("id", "sideways").await["errorcode"], "invalidparameter");
}

#[tokio::test]
async fn a_course_shows_its_members_to_its_members() {
    let campus = campus(School::new(&Plan { students: 40, ..Plan::compressed() }), &Hand::at(NOW)).await;
    let url = &campus.moodle_url;
    let course = campus.school().courses().iter().find(|course| course.members.contains(&3)).expect("course").clone();
    let id = course.id.to_string();
    let list = call(url, Account::StudentMobile.token(), "core_enrol_get_enrolled_users", &[("courseid", &id)]).await;
    assert_eq!(ids(&list), course.members);
    assert!(list[0]["roles"][0]["shortname"].is_string() && list[0]["groups"] == json!([]));
    let other = campus.school().courses().iter().find(|course| !course.members.contains(&3)).expect("course").id;
    let params = [("courseid", other.to_string())];
    let params: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = call(url, Account::StudentMobile.token(), "core_enrol_get_enrolled_users", &params).await;
    assert_eq!(refused["errorcode"], "errorcoursecontextnotvalid");
    let site = call(url, Account::StudentMobile.token(), "core_enrol_get_enrolled_users", &[("courseid", "1")]).await;
    assert_eq!(site["errorcode"], "nopermissions");
    let site = call(url, Account::ManagerMobile.token(), "core_enrol_get_enrolled_users", &[("courseid", "1")]).await;
    assert!(site.as_array().expect("list").len() > 40, "a manager's plain mobile token lists everybody");
}

#[tokio::test]
async fn query_and_body_are_merged_and_lists_want_brackets() {
    let campus = campus(School::new(&Plan { students: 10, ..Plan::compressed() }), &Hand::at(NOW)).await;
    let token = Account::Monitor.token();
    let url = format!(
        "{}/webservice/rest/server.php?moodlewsrestformat=json&wsfunction=core_webservice_get_site_info&wstoken=wrong",
        campus.moodle_url
    );
    let answer: Value =
        client().post(url).form(&[("wstoken", token)]).send().await.expect("answer").json().await.expect("JSON");
    assert_eq!(answer["username"], "wsmonitor", "the body wins");
    let base = &campus.moodle_url;
    let scalar = call(base, token, "core_user_get_users_by_field", &[("field", "id"), ("values", "3")]).await;
    assert_eq!(scalar["errorcode"], "invalidparameter");
    let list =
        call(base, token, "core_user_get_users_by_field", &[("field", "id"), ("values[]", "3"), ("values[]", "4")])
            .await;
    assert_eq!(ids(&list), [3, 4]);
    let known = call(base, token, "mod_assign_get_submission_status", &[]).await;
    assert_eq!(known["errorcode"], "accessexception", "a function of Moodle outside of the service");
}

#[tokio::test]
async fn without_the_format_success_is_xml_too() {
    let campus = campus(School::new(&Plan { students: 10, ..Plan::compressed() }), &Hand::at(NOW)).await;
    let form = [("wstoken", campus.token.as_str()), ("wsfunction", "core_webservice_get_site_info")];
    let url = format!("{}/webservice/rest/server.php", campus.moodle_url);
    let answer = client().post(url).form(&form).send().await.expect("answer");
    assert_eq!(answer.headers()["content-type"], "application/xml; charset=utf-8");
    let text = answer.text().await.expect("text");
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<RESPONSE>\n<SINGLE>\n<KEY name=\"sitename\"><VALUE>Campus</VALUE>\n</KEY>\n"), "{text}");
}
