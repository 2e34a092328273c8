use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use axum::Router;
use axum::http::Method as AxumMethod;
use axum::routing::any;
use beadle_egress::{Egress, Names, Settings};
use beadle_plan::{FailureKind, Instant, LimitHit, Limits};

use super::wit::Host;
use super::*;

/// Says that every name is this machine.
pub(crate) struct Here;

#[async_trait]
impl Names for Here {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![IpAddr::from([127, 0, 0, 1])])
    }
}

/// A peer that answers what it was sent, and redirects `/away` to another host.
pub(crate) async fn peer() -> u16 {
    let echo = |method: AxumMethod, body: String| async move { ([("x-kind", "echo")], format!("{method} {body}")) };
    let away = || async { (http::StatusCode::FOUND, [("location", "https://elsewhere.example/?token=SECRET")]) };
    let large = || async { vec![b'x'; 4096] };
    let router = Router::new().route("/echo", any(echo)).route("/away", any(away)).route("/large", any(large));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

pub(crate) fn egress() -> Egress {
    Egress::with_names(Settings::default(), Arc::new(Here)).unwrap()
}

pub(crate) fn grants(lines: &[String]) -> Grants {
    Grants { http: lines.to_vec(), ..Grants::default() }
}

fn request(method: &str, url: String) -> wit::Request {
    wit::Request { method: method.to_owned(), url, headers: vec![("accept".into(), "text/plain".into())], body: None }
}

#[tokio::test]
async fn answers_stand_in_the_order_of_the_requests() {
    let port = peer().await;
    let origin = format!("http://api.school.example:{port}");
    let (egress, grants) = (egress(), grants(&[format!("private {origin}"), format!("private POST {origin}/echo")]));
    let mut stage = Stage::new(Limits::default(), true);
    let mut view = HttpView { plugin: "rooms", grants: &grants, egress: Some(&egress), stage: &mut stage };
    let mut post = request("POST", format!("{origin}/echo"));
    post.body = Some(b"query".to_vec());
    let requests = vec![
        request("GET", format!("{origin}/echo")),
        post,
        request("DELETE", format!("{origin}/echo")),
        request("GET", "https://other.example/path?key=SECRET".to_owned()),
        request("get", format!("{origin}/echo")),
        request("GET", "not an address".to_owned()),
        request("GET", format!("{origin}/away")),
        request("GET", "http://api.school.example:1/".to_owned()),
    ];
    let answers = view.send_many(requests).await.unwrap();
    let text = |answer: &Result<wit::Response, wit::Error>| match answer {
        Ok(response) => format!("{} {}", response.status, String::from_utf8_lossy(&response.body)),
        Err(wit::Error::Denied(text)) => format!("denied {text}"),
        Err(wit::Error::Unavailable(text)) => format!("unavailable {text}"),
        Err(wit::Error::Invalid(text)) => format!("invalid {text}"),
    };
    let texts: Vec<String> = answers.iter().map(text).collect();
    assert_eq!(texts[0], "200 GET ");
    assert_eq!(texts[1], "200 POST query");
    assert!(
        texts[2].starts_with("denied") && texts[2].contains(&format!(r#"http = ["DELETE {origin}/echo"]"#)),
        "{}",
        texts[2]
    );
    assert!(texts[3].starts_with("denied") && texts[3].contains(r#"http = ["https://other.example"]"#), "{}", texts[3]);
    assert!(texts[4].starts_with("invalid") && texts[4].contains("upper case"), "{}", texts[4]);
    assert!(texts[5].starts_with("invalid"), "{}", texts[5]);
    assert!(
        texts[6].starts_with("denied") && texts[6].contains(r#"http = ["https://elsewhere.example"]"#),
        "{}",
        texts[6]
    );
    assert!(texts[7].starts_with("denied"), "{}", texts[7]);
    assert!(texts.iter().all(|text| !text.contains("SECRET")), "{texts:?}");
    let headers = &answers[0].as_ref().unwrap().headers;
    assert!(headers.contains(&("x-kind".to_owned(), "echo".to_owned())), "{headers:?}");

    let (reads, _) = stage.take_report(Instant::from_millis(0));
    assert_eq!(reads.len(), 6, "{reads:?}");
    assert_eq!((reads[0].from.as_str(), reads[0].size), (format!("http:api.school.example:{port}").as_str(), 4));
    assert!(reads[3].error.as_ref().is_some_and(|error| error.contains("other.example")));
    assert!(!format!("{reads:?}").contains("SECRET"));
}

#[tokio::test]
async fn a_private_address_needs_the_word() {
    let port = peer().await;
    let origin = format!("http://printer.school.example:{port}");
    let (egress, grants) = (egress(), grants(std::slice::from_ref(&origin)));
    let mut stage = Stage::new(Limits::default(), false);
    let mut view = HttpView { plugin: "rooms", grants: &grants, egress: Some(&egress), stage: &mut stage };
    let answers = view.send_many(vec![request("GET", format!("{origin}/echo"))]).await.unwrap();
    let Err(wit::Error::Denied(text)) = &answers[0] else { panic!("{answers:?}") };
    assert!(text.contains(&format!(r#"under [plugins.rooms]: grants = {{ http = ["private {origin}"] }}"#)), "{text}");
}

#[tokio::test]
async fn the_runs_limits_hold() {
    let port = peer().await;
    let origin = format!("http://api.school.example:{port}");
    let (egress, grants) = (egress(), grants(&[format!("private {origin}")]));
    let limits = Limits { host_calls: 2, responses: 5_000, ..Limits::default() };
    let mut stage = Stage::new(limits, false);
    let mut view = HttpView { plugin: "rooms", grants: &grants, egress: Some(&egress), stage: &mut stage };
    let large = || request("GET", format!("{origin}/large"));
    let error = view.send_many(vec![large(), large()]).await.unwrap_err();
    assert_eq!(error.downcast_ref::<LimitHit>(), Some(&LimitHit::Responses(5_000)));
    let error = view.send_many(vec![large()]).await.unwrap_err();
    assert_eq!(error.downcast_ref::<LimitHit>(), Some(&LimitHit::HostCalls(2)));
    assert_eq!(FailureKind::Limit.word(), "limit");
}

/// One list of requests may name a thousand large answers: they are not all fetched before somebody counts.
#[tokio::test]
async fn what_goes_beyond_the_limit_is_not_asked_for() {
    let visits = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&visits);
    let large = move || {
        seen.fetch_add(1, Ordering::SeqCst);
        async { vec![b'x'; 4096] }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://api.school.example:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", any(large))).await });
    let (egress, grants) = (egress(), grants(&[format!("private {origin}")]));
    let mut stage = Stage::new(Limits { responses: 5_000, ..Limits::default() }, false);
    let mut view = HttpView { plugin: "rooms", grants: &grants, egress: Some(&egress), stage: &mut stage };
    let error = view.send_many((0..100).map(|_| request("GET", format!("{origin}/"))).collect()).await.unwrap_err();
    assert_eq!(error.downcast_ref::<LimitHit>(), Some(&LimitHit::Responses(5_000)));
    let visits = visits.load(Ordering::SeqCst);
    assert!(visits <= 2 + AT_A_TIME, "two fill it, and some were under way: {visits}");
}

#[tokio::test]
async fn a_call_takes_no_longer_than_a_call_may() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://api.school.example:{}", listener.local_addr().unwrap().port());
    let (egress, grants) = (egress(), grants(&[format!("private {origin}")]));
    let host_call = std::time::Duration::from_millis(50);
    let mut stage = Stage::new(Limits { host_call, ..Limits::default() }, false);
    let mut view = HttpView { plugin: "rooms", grants: &grants, egress: Some(&egress), stage: &mut stage };
    // Connections are taken by the system, and nobody answers.
    let answers = view.send_many((0..20).map(|_| request("GET", format!("{origin}/"))).collect()).await.unwrap();
    assert_eq!(answers.len(), 20);
    for answer in &answers {
        let Err(wit::Error::Unavailable(text)) = answer else { panic!("{answer:?}") };
        assert!(text.ends_with("no answer within 50ms (limits.host-call)"), "{text}");
    }
    drop(listener);
}

#[test]
fn addresses_are_no_longer_than_a_server_takes() {
    assert!(read_url("https://api.school.example/rooms").is_ok());
    assert!(read_url(&format!("https://api.school.example/{}", "a".repeat(8 << 10))).is_err());
    assert!(read_url(&format!("https://{}example/", "a.".repeat(200))).is_err());
}

#[tokio::test]
async fn nothing_granted_and_nothing_lent() {
    let (egress, none) = (egress(), Grants::default());
    for (egress, part) in [(Some(&egress), r#"http = ["https://api.school.example"]"#), (None, "describes itself")] {
        let mut stage = Stage::new(Limits::default(), false);
        let mut view = HttpView { plugin: "rooms", grants: &none, egress, stage: &mut stage };
        let answers = view.send_many(vec![request("GET", "https://api.school.example/".to_owned())]).await.unwrap();
        let Err(wit::Error::Denied(text)) = &answers[0] else { panic!("{answers:?}") };
        assert!(text.contains(part), "{text}");
    }
}
