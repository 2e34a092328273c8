//! Redirects and header lines: what is followed, and what goes along.

mod support;

use axum::Router;
use axum::extract::Request as Incoming;
use axum::http::{HeaderMap, Method, Response, StatusCode};
use axum::routing::any;
use beadle_egress::{EgressError, Guarded, Lift, Origins, Policy, Refusal, Request};
use support::{Everything, FakeNames, egress, serve};

/// Says what it was sent: the method, the lines, one each, and the body.
async fn echo(method: Method, headers: HeaderMap, body: String) -> String {
    let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    format!("{method}\n{}\n\n{body}", lines.join("\n"))
}

/// Redirects `/STATUS/REST` to the percent-decoded query.
async fn bounce(request: Incoming) -> Response<String> {
    let status: u16 = request.uri().path().split('/').nth(2).unwrap().parse().unwrap();
    let to = request.uri().query().unwrap().to_owned();
    let answer = Response::builder().status(StatusCode::from_u16(status).unwrap()).header("location", to);
    answer.header("set-cookie", "session=1; Path=/").body("moved".to_owned()).unwrap()
}

fn router() -> Router {
    Router::new().route("/echo", any(echo)).route("/bounce/{status}", any(bounce))
}

async fn two() -> (String, String, beadle_egress::Egress) {
    let (one, two) = (serve(router()).await, serve(router()).await);
    let names = FakeNames::new([("one.example", vec![vec!["127.0.0.1"]]), ("two.example", vec![vec!["127.0.0.1"]])]);
    (format!("http://one.example:{one}"), format!("http://two.example:{two}"), egress(names))
}

async fn text(plugin: &Guarded, request: Request) -> String {
    let answer = plugin.send(request).await.unwrap();
    assert_eq!(answer.status, 200);
    String::from_utf8(answer.body.to_vec()).unwrap()
}

fn with_lines(mut request: Request) -> Request {
    for (name, value) in [
        ("x-secret", "SECRET"),
        ("authorization", "Bearer SECRET"),
        ("cookie", "a=SECRET"),
        ("accept", "application/json"),
        ("host", "two.example"),
        ("referer", "http://SECRET.example/"),
        ("user-agent", "Somebody else"),
    ] {
        request.headers.insert(name, value.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn lines_go_to_their_own_origin_only() {
    let (one, two, egress) = two().await;
    let plugin = egress.guarded(Origins::private([one.as_str(), two.as_str()]).unwrap());

    let near = text(&plugin, with_lines(Request::get(&format!("{one}/bounce/302?/echo")).unwrap())).await;
    assert!(near.contains("x-secret: SECRET") && near.contains("authorization: Bearer SECRET"), "{near}");
    assert!(near.contains(&format!("host: {}", one.trim_start_matches("http://"))), "{near}");
    assert!(near.contains("user-agent: Beadle/") && !near.contains("referer"), "{near}");

    let far = text(&plugin, with_lines(Request::get(&format!("{one}/bounce/302?{two}/echo")).unwrap())).await;
    assert!(!far.contains("SECRET"), "{far}");
    assert!(far.contains("accept: application/json"), "{far}");
}

#[tokio::test]
async fn no_cookie_is_kept() {
    let (one, _, egress) = two().await;
    let plugin = egress.guarded(Everything);
    let echoed = text(&plugin, Request::get(&format!("{one}/bounce/302?/echo")).unwrap()).await;
    assert!(!echoed.contains("cookie"), "{echoed}");
}

#[tokio::test]
async fn each_hop_needs_its_own_grant() {
    let (one, two, egress) = two().await;
    let plugin = egress.guarded(Origins::private([one.as_str()]).unwrap());
    let port = one.rsplit(':').next().unwrap();
    for to in [
        format!("{two}/echo"),
        format!("http://127.0.0.1:{port}/echo"),
        format!("//2130706433:{port}/echo"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
    ] {
        let result = plugin.send(Request::get(&format!("{one}/bounce/302?{to}")).unwrap()).await;
        assert!(matches!(result, Err(EgressError::Denied(_) | EgressError::Blocked { .. })), "{to}: {result:?}");
    }
    for to in ["file:///etc/passwd", "ftp://files.example/"] {
        let result = plugin.send(Request::get(&format!("{one}/bounce/302?{to}")).unwrap()).await;
        assert!(matches!(result, Err(EgressError::Invalid(_))), "{to}: {result:?}");
    }
}

#[tokio::test]
async fn an_answer_says_where_it_came_from_and_a_loop_ends() {
    let (one, two, egress) = two().await;
    let plugin = egress.guarded(Everything);
    let answer = plugin.send(Request::get(&format!("{one}/bounce/301?{two}/echo#part")).unwrap()).await.unwrap();
    assert_eq!(answer.url.as_str(), format!("{two}/echo"));
    // `/bounce/302?/bounce/302?…`: five redirects are followed, six are not.
    let chain = |hops: usize| format!("{one}{}/echo", "/bounce/302?".repeat(hops));
    assert!(plugin.send(Request::get(&chain(5)).unwrap()).await.is_ok());
    assert!(matches!(plugin.send(Request::get(&chain(6)).unwrap()).await, Err(EgressError::Invalid(_))));
}

#[tokio::test]
async fn methods_and_bodies() {
    let (one, two, egress) = two().await;
    let plugin = egress.guarded(Everything);
    let post = |url: String| {
        let mut request = with_lines(Request::new(Method::POST, url.parse().unwrap()));
        request.headers.insert("content-type", "text/plain".parse().unwrap());
        request.body = Some("body".into());
        request
    };
    assert!(text(&plugin, post(format!("{one}/echo"))).await.starts_with("POST"));
    for status in [301, 302, 303] {
        let echoed = text(&plugin, post(format!("{one}/bounce/{status}?/echo"))).await;
        assert!(
            echoed.starts_with("GET") && echoed.ends_with("\n\n") && !echoed.contains("content-type"),
            "{status} {echoed}"
        );
    }
    for status in [307, 308] {
        let echoed = text(&plugin, post(format!("{one}/bounce/{status}?/echo"))).await;
        assert!(echoed.starts_with("POST") && echoed.ends_with("\n\nbody"), "{status} {echoed}");
        let far = plugin.send(post(format!("{one}/bounce/{status}?{two}/echo"))).await;
        assert!(matches!(far, Err(EgressError::Denied(_))), "{far:?}");
    }
    // A redirect without a target is an answer.
    let router = Router::new().route("/", any(|| async { StatusCode::FOUND }));
    let bare = format!("http://one.example:{}/", serve(router).await);
    assert_eq!(plugin.send(Request::get(&bare).unwrap()).await.unwrap().status, 302);
}

/// The policy sees the method that is sent, not the one that was asked for.
#[tokio::test]
async fn the_policy_sees_each_method() {
    struct PostOnly;
    impl Policy for PostOnly {
        fn check(&self, method: &Method, _: &url::Url) -> Result<Lift, Refusal> {
            if *method == Method::POST { Ok(Lift::Private) } else { Err(Refusal(format!("{method} is not granted"))) }
        }
    }
    let (one, _, egress) = two().await;
    let plugin = egress.guarded(PostOnly);
    let result = plugin.send(Request::new(Method::POST, format!("{one}/bounce/303?/echo").parse().unwrap())).await;
    assert!(matches!(&result, Err(EgressError::Denied(text)) if text.starts_with("GET")), "{result:?}");
}

#[tokio::test]
async fn callers_may_follow_redirects_themselves() {
    let (one, _, egress) = two().await;
    let plugin = egress.guarded(Everything);
    let answer = plugin.send_once(Request::get(&format!("{one}/bounce/302?/echo")).unwrap()).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.headers["location"].to_str().unwrap()), (302, "/echo"));
    let nothing = egress.guarded(Origins::default());
    assert!(nothing.send_once(Request::get(&format!("{one}/echo")).unwrap()).await.is_err());
}
