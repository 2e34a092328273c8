//! Faults reach the client as ordered, and no further than ordered.

mod common;

use std::time::Duration;

use beadle_campus::Campus;
use beadle_campus::faults::{Action, Faults, Gate, Matcher};
use beadle_campus::moodle::breakdown;
use beadle_campus::school::{Plan, School};
use common::{Hand, RECORDED, campus, client};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const INFO: &str = "core_webservice_get_site_info";

async fn small() -> Campus {
    campus(School::new(&Plan { students: 5, teachers: 1, rooms: 2, ..Plan::compressed() }), &Hand::at(RECORDED * 1000))
        .await
}

async fn ask(campus: &Campus) -> reqwest::Result<reqwest::Response> {
    let form = [("wstoken", campus.token.as_str()), ("wsfunction", INFO), ("moodlewsrestformat", "json")];
    client().post(format!("{}/webservice/rest/server.php", campus.moodle_url)).form(&form).send().await
}

async fn works(campus: &Campus) {
    let answer: Value = ask(campus).await.expect("answer").json().await.expect("JSON");
    assert_eq!(answer["username"], "wsbeadle");
}

#[tokio::test]
async fn an_order_hits_as_often_as_it_says_and_only_what_it_matches() {
    let campus = small().await;
    let faults = campus.faults();
    faults.order("core_user_get_users", None, breakdown::invalid_token());
    faults.order(Matcher::function(INFO).after(1), Some(2), breakdown::site_maintenance());
    works(&campus).await;
    for _ in 0..2 {
        let answer: Value = ask(&campus).await.expect("answer").json().await.expect("JSON");
        assert_eq!(answer["errorcode"], "sitemaintenance");
    }
    works(&campus).await;
    assert_eq!(faults.open_orders().len(), 1);
    faults.clear();
    assert!(faults.open_orders().is_empty());
    assert_eq!(faults.count(Matcher::function(INFO)), 4);
    let seen = &faults.requests()[0];
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str(), seen.query.as_str()),
        ("POST", "/webservice/rest/server.php", "")
    );
    assert_eq!(seen.param("wstoken").as_deref(), Some(campus.token.as_str()));
}

#[tokio::test]
async fn pages_and_statuses_arrive_as_ordered() {
    let campus = small().await;
    for (action, status, kind, part) in [
        (breakdown::login_page(), 200, "text/html; charset=utf-8", "Log in to the site"),
        (breakdown::redirect_to_login(&campus.moodle_url), 303, "text/html; charset=UTF-8", "Redirect"),
        (breakdown::bad_gateway(), 502, "text/html", "502 Bad Gateway"),
        (breakdown::command_line_maintenance(), 503, "text/html; charset=utf-8", "Maintenance"),
        (breakdown::web_services_disabled(), 403, "text/html; charset=utf-8", ""),
        (breakdown::php_error("Call to a member function"), 200, "application/json", "\"exception\":\"Error\""),
        (breakdown::php_warning_before("{}"), 200, "application/json", "<b>Warning</b>"),
        (Action::too_many(7, "{}"), 429, "application/json", "{}"),
        (Action::json(200, &b"\xff\xfe{"[..]), 200, "application/json", "{"),
    ] {
        campus.faults().order(INFO, Some(1), action);
        let answer = ask(&campus).await.expect("answer");
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["content-type"], kind);
        if status == 429 {
            assert_eq!(answer.headers()["retry-after"], "7");
        }
        let text = String::from_utf8_lossy(&answer.bytes().await.expect("body")).into_owned();
        assert!(text.contains(part), "{text}");
    }
    works(&campus).await;
}

#[tokio::test]
async fn connections_end_as_ordered() {
    let campus = small().await;
    for action in [Action::ApplyThenDrop, Action::Reset, Action::Garbage] {
        campus.faults().order(INFO, Some(1), action.clone());
        let error = ask(&campus).await.expect_err("no answer");
        assert!(!error.is_status() && !error.is_timeout(), "{action:?}: {error:?}");
    }
    campus.faults().order(INFO, Some(1), Action::CutBody);
    let answer = ask(&campus).await.expect("the head arrives");
    assert_eq!(answer.status(), 200);
    let promised = answer.content_length().expect("length");
    assert!(promised > 500);
    answer.bytes().await.expect_err("the body does not");
    works(&campus).await;
}

#[tokio::test]
async fn a_dropped_answer_was_carried_out_and_a_reset_request_was_not() {
    // The first use of an expired token deletes it, which the second use shows.
    for (action, second) in [(Action::ApplyThenDrop, "invalidtoken"), (Action::Reset, "accessexception")] {
        let campus = small().await;
        campus.moodle().expire(&campus.token);
        campus.faults().order(INFO, Some(1), action);
        ask(&campus).await.expect_err("no answer");
        let answer: Value = ask(&campus).await.expect("answer").json().await.expect("JSON");
        assert_eq!(answer["errorcode"], second);
    }
}

/// Sends a request by hand and returns what comes until the connection ends.
async fn raw(campus: &Campus) -> (Vec<u8>, std::io::Result<usize>) {
    let address = campus.moodle_url.trim_start_matches("http://");
    let body = format!("wstoken={}&wsfunction={INFO}&moodlewsrestformat=json", campus.token);
    let request = format!(
        "POST /webservice/rest/server.php HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("connection");
    stream.write_all(request.as_bytes()).await.expect("request");
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).await;
    (bytes, end)
}

#[tokio::test]
async fn on_the_wire_a_drop_is_silence_a_reset_is_a_reset_and_garbage_is_no_http() {
    let campus = small().await;
    campus.faults().order(INFO, Some(1), Action::ApplyThenDrop);
    let (bytes, end) = raw(&campus).await;
    assert!(bytes.is_empty() && end.is_ok(), "{bytes:?} {end:?}");
    campus.faults().order(INFO, Some(1), Action::Reset);
    let (bytes, end) = raw(&campus).await;
    assert!(bytes.is_empty(), "{bytes:?}");
    assert_eq!(end.expect_err("reset").kind(), std::io::ErrorKind::ConnectionReset);
    campus.faults().order(INFO, Some(1), Action::Garbage);
    let (bytes, end) = raw(&campus).await;
    assert!(end.is_ok() && !bytes.is_empty() && !bytes.starts_with(b"HTTP/"), "{bytes:?} {end:?}");
    campus.faults().order(INFO, Some(1), Action::CutBody);
    let (bytes, _) = raw(&campus).await;
    let text = String::from_utf8_lossy(&bytes);
    assert!(
        text.starts_with("HTTP/1.1 200") && text.contains("\"sitename\"") && !text.contains("policyagreed"),
        "{text}"
    );
}

#[tokio::test]
async fn a_gate_holds_a_request_before_or_after_its_work() {
    for after in [false, true] {
        let campus = small().await;
        let gate = Gate::new();
        let action = if after { Action::ApplyThenHold(gate.clone()) } else { Action::Hold(gate.clone()) };
        campus.faults().order(INFO, Some(1), action);
        campus.moodle().expire(&campus.token);
        let (answer, second) = tokio::join!(ask(&campus), async {
            gate.arrived(1).await;
            // The token's first use deletes it: whether this is the second tells on which side of the work the gate is.
            let answer: Value = ask(&campus).await.expect("answer").json().await.expect("JSON");
            gate.open();
            answer["errorcode"].clone()
        });
        let first: Value = answer.expect("answer").json().await.expect("JSON");
        let (wanted_first, wanted_second) =
            if after { ("accessexception", "invalidtoken") } else { ("invalidtoken", "accessexception") };
        assert_eq!((first["errorcode"].as_str(), second.as_str()), (Some(wanted_first), Some(wanted_second)));
    }
}

#[tokio::test(start_paused = true)]
async fn delays_and_drips_run_on_a_paused_clock() {
    let campus = small().await;
    campus.faults().order(INFO, Some(1), Action::Delay(Duration::from_secs(3600)));
    let begun = tokio::time::Instant::now();
    works(&campus).await;
    assert!(begun.elapsed() >= Duration::from_secs(3600));
    campus.faults().order(INFO, Some(1), Action::Drip { chunk: 100, every: Duration::from_secs(60) });
    let begun = tokio::time::Instant::now();
    works(&campus).await;
    assert!(begun.elapsed() >= Duration::from_secs(10 * 60));
}

#[tokio::test]
async fn a_test_can_wait_for_requests_and_the_log_can_be_emptied() {
    let campus = small().await;
    let faults: &Faults = campus.faults();
    let ((), ()) = tokio::join!(faults.wait_for(INFO, 2), async {
        works(&campus).await;
        works(&campus).await;
    });
    assert_eq!(faults.requests_to(INFO).len(), 2);
    faults.forget();
    assert_eq!((faults.requests().len(), faults.total()), (0, 2));
}

#[tokio::test]
async fn a_request_that_hangs_is_given_up_by_the_client() {
    let campus = small().await;
    campus.faults().order(INFO, Some(1), Action::Hang);
    tokio::select! {
        answer = ask(&campus) => panic!("{answer:?}"),
        // The campus has it and does not answer; nothing else can be waited for.
        () = campus.faults().wait_for(INFO, 1) => {}
    }
    works(&campus).await;
}

#[tokio::test]
async fn it_is_quiet_when_every_client_has_gone() {
    let campus = small().await;
    let gate = Gate::new();
    campus.faults().order(INFO, Some(1), Action::ApplyThenHold(gate.clone()));
    let under_way = async { ask(&campus).await };
    tokio::pin!(under_way);
    let quiet = campus.faults().quiet();
    tokio::pin!(quiet);
    tokio::select! {
        () = gate.arrived(1) => {}
        answer = &mut under_way => panic!("the gate is closed: {answer:?}"),
    }
    tokio::select! {
        biased;
        () = &mut quiet => panic!("a request is under way"),
        () = std::future::ready(()) => {}
    }
    gate.open();
    let answer = under_way.await.expect("an answer");
    // The client goes, and its connection with it.
    drop(answer);
    quiet.await;
}
