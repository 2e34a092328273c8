use std::pin::Pin;

use beadle_plan::{Instant, Limits, Stage};

use super::*;
use crate::host::tests::{egress, grants, peer};
use crate::host::way;

async fn send(hooks: &mut WasiGuard, method: &str, url: String, body: &'static str) -> Result<(u16, String), Error> {
    let request =
        http::Request::builder().method(method).uri(url).body(whole(Bytes::from_static(body.as_bytes()))).unwrap();
    let (response, _) = Pin::from(hooks.send_request(request, None, Box::new(async { Ok(()) }))).await?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

fn hooks(lines: &[String], limits: &Limits) -> (WasiGuard, Journal) {
    let journal = Journal::new(limits);
    (WasiGuard::new("rooms", way("rooms", &grants(lines), &egress()).unwrap(), journal.clone()), journal)
}

#[tokio::test]
async fn standard_clients_go_through_the_same_grants() {
    let port = peer().await;
    let origin = format!("http://api.school.example:{port}");
    let (mut hooks, journal) =
        hooks(&[format!("private {origin}"), format!("private POST {origin}/echo")], &Limits::default());
    assert_eq!(send(&mut hooks, "GET", format!("{origin}/echo"), "").await.unwrap(), (200, "GET ".to_owned()));
    assert_eq!(send(&mut hooks, "POST", format!("{origin}/echo"), "q").await.unwrap(), (200, "POST q".to_owned()));
    // Followed by the guest, who then asks again.
    assert_eq!(send(&mut hooks, "GET", format!("{origin}/away"), "").await.unwrap().0, 302);
    for (method, url) in [
        ("GET", "https://elsewhere.example/?token=SECRET".to_owned()),
        ("PUT", format!("{origin}/echo")),
        ("GET", format!("http://127.0.0.1:{port}/echo")),
    ] {
        let result = send(&mut hooks, method, url, "body").await;
        assert!(matches!(result, Err(Error::HttpRequestDenied)), "{method} {result:?}");
    }
    let mut stage = Stage::new(Limits::default(), true);
    journal.settle(&mut stage);
    let (reads, _) = stage.take_report(Instant::from_millis(0));
    assert_eq!(reads.len(), 6);
    assert!(reads[3].error.as_ref().is_some_and(|error| error.contains(r#"http = ["https://elsewhere.example"]"#)));
    assert!(!format!("{reads:?}").contains("SECRET"));
}

#[tokio::test]
async fn private_addresses_need_the_word_here_too() {
    let port = peer().await;
    let origin = format!("http://api.school.example:{port}");
    let (mut hooks, _) = hooks(std::slice::from_ref(&origin), &Limits::default());
    let result = send(&mut hooks, "GET", format!("{origin}/echo"), "").await;
    assert!(matches!(result, Err(Error::DestinationIpProhibited)), "{result:?}");
}

#[tokio::test]
async fn limits_hold() {
    let port = peer().await;
    let origin = format!("http://api.school.example:{port}");
    let limits = Limits { host_calls: 2, responses: 5_000, ..Limits::default() };
    let (mut hooks, _) = hooks(&[format!("private {origin}")], &limits);
    assert!(send(&mut hooks, "GET", format!("{origin}/large"), "").await.is_ok());
    let over = send(&mut hooks, "GET", format!("{origin}/large"), "").await;
    assert!(matches!(&over, Err(Error::InternalError(Some(text))) if text.contains("limits.responses")), "{over:?}");
    let over = send(&mut hooks, "GET", format!("{origin}/echo"), "").await;
    assert!(matches!(&over, Err(Error::InternalError(Some(text))) if text.contains("limits.host-calls")), "{over:?}");
}
