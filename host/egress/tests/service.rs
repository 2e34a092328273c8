//! The host's own errands: a pinned address, no redirect, a pace.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::any;
use beadle_egress::{EgressError, Pace, Service, ServiceRequest};
use support::{FakeNames, egress, serve};

fn service(base: &str) -> Result<Service, EgressError> {
    let names = FakeNames::new([("peer.example", vec![vec!["127.0.0.1"]])]);
    Service::new(&egress(names), &base.parse().unwrap(), Pace::new(2, None))
}

#[tokio::test]
async fn stays_below_its_base() {
    let router = Router::new().fallback(any(|uri: Uri| async move { uri.to_string() }));
    let port = serve(router).await;
    let peer = service(&format!("http://peer.example:{port}/moodle/")).unwrap();
    for (path, found) in [
        ("webservice/rest/server.php", "/moodle/webservice/rest/server.php"),
        ("/login/token.php?a=b", "/moodle/login/token.php?a=b"),
    ] {
        let answer = peer.send(ServiceRequest::get("test", path)).await.unwrap();
        assert_eq!(answer.body, found);
    }
    for path in ["../other", "a/../../other", "%2e%2e/other", "..\\other"] {
        let result = peer.send(ServiceRequest::get("test", path)).await;
        assert!(matches!(result, Err(EgressError::Invalid(_))), "{path}: {result:?}");
    }
    // Nothing in a path can move the host.
    let root = service(&format!("http://peer.example:{port}")).unwrap();
    for path in ["@other.example/", "//other.example/x", ".other.example/"] {
        let answer = root.send(ServiceRequest::get("test", path)).await.unwrap();
        assert!(answer.url.as_str().starts_with(&format!("http://peer.example:{port}/")), "{}", answer.url);
    }
}

#[tokio::test]
async fn follows_no_redirect_with_its_secrets() {
    let visits = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&visits);
    let elsewhere = move || {
        seen.fetch_add(1, Ordering::SeqCst);
        async { "caught" }
    };
    let other = serve(Router::new().fallback(any(elsewhere))).await;
    let to = format!("http://127.0.0.1:{other}/");
    let away = move || async move { (StatusCode::SEE_OTHER, [("location", to)]) };
    let port = serve(Router::new().fallback(any(away))).await;
    let peer = service(&format!("http://peer.example:{port}")).unwrap();
    let answer = peer.send(ServiceRequest::form("token", "login/token.php", "password=SECRET")).await.unwrap();
    assert_eq!(answer.status, 303);
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn sends_forms() {
    let echo = |headers: HeaderMap, body: String| async move {
        format!("{} {body}", headers["content-type"].to_str().unwrap())
    };
    let port = serve(Router::new().fallback(any(echo))).await;
    let peer = service(&format!("http://peer.example:{port}")).unwrap();
    let answer = peer.send(ServiceRequest::form("form", "x", "a=1&b=2")).await.unwrap();
    assert_eq!(answer.body, "application/x-www-form-urlencoded a=1&b=2");
}

#[tokio::test]
async fn refuses_addresses_that_hide_something() {
    for base in [
        "https://clerk:SECRET@peer.example/",
        "https://peer.example/?token=SECRET",
        "https://peer.example/#x",
        "ftp://peer.example/",
    ] {
        let message = service(base).unwrap_err().to_string();
        assert!(!message.contains("SECRET"), "{message}");
    }
    assert!(service("http://peer.example/").unwrap().exposed());
    assert!(!service("http://localhost:8080/").unwrap().exposed());
    assert!(!service("http://127.0.0.1:8080/").unwrap().exposed());
    assert!(!service("https://peer.example/").unwrap().exposed());
}
