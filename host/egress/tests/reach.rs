//! What may be reached: literals, names, changing names, private grants, proxies.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use beadle_egress::{EgressError, Origins, Request};
use support::{FakeNames, egress, serve};

/// A peer that counts its visitors and closes each connection.
async fn counter() -> (u16, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let visit = move || {
        seen.fetch_add(1, Ordering::SeqCst);
        async { ([("connection", "close")], "inside") }
    };
    (serve(Router::new().route("/", get(visit))).await, count)
}

fn denied(result: Result<beadle_egress::Answer, EgressError>) -> String {
    match result {
        Err(EgressError::Denied(text)) => text,
        Err(error @ EgressError::Blocked { .. }) => error.to_string(),
        other => panic!("should be denied, was {other:?}"),
    }
}

#[tokio::test]
async fn every_way_to_write_this_machine_is_refused() {
    let (port, visitors) = counter().await;
    let egress = egress(FakeNames::new([]));
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "127。0。0。1",
        "①②⑦.0.0.1",
        "[::1]",
        "[::]",
        "0.0.0.0",
        "0",
        "169.254.169.254",
        "10.0.0.1",
        "[fd00::1]",
        "[fe80::1]",
    ] {
        let origin = format!("http://{host}:{port}");
        // Even a grant for the very origin does not reach a private address, unless it says "private".
        let plugin = egress.guarded(Origins::public([origin.as_str()]).unwrap());
        denied(plugin.send(Request::get(&format!("{origin}/")).unwrap()).await);
    }
    assert_eq!(visitors.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn names_are_judged_by_all_their_addresses() {
    let (port, visitors) = counter().await;
    let names = FakeNames::new([
        ("inside.example", vec![vec!["127.0.0.1"]]),
        ("mixed.example", vec![vec!["9.9.9.9", "127.0.0.1"]]),
        ("mapped.example", vec![vec!["::ffff:127.0.0.1"]]),
        ("cloud.example", vec![vec!["169.254.169.254"]]),
    ]);
    let egress = egress(names);
    for name in ["inside.example", "mixed.example", "mapped.example", "cloud.example"] {
        let origin = format!("http://{name}:{port}");
        let plugin = egress.guarded(Origins::public([origin.as_str()]).unwrap());
        let text = denied(plugin.send(Request::get(&format!("{origin}/?key=SECRET")).unwrap()).await);
        assert!(text.contains(name) && !text.contains("SECRET"), "{text}");
    }
    assert_eq!(visitors.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_private_grant_is_for_one_host_and_port() {
    let (port, visitors) = counter().await;
    let (other, _) = counter().await;
    let names =
        FakeNames::new([("moodle.example", vec![vec!["127.0.0.1"]]), ("cloud.example", vec![vec!["169.254.169.254"]])]);
    let egress = egress(names);
    let origin = format!("http://moodle.example:{port}");
    let plugin = egress.guarded(Origins::private([origin.as_str()]).unwrap());

    let answer = plugin.send(Request::get(&origin).unwrap()).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"inside"[..]));
    denied(plugin.send(Request::get(&format!("http://moodle.example:{other}/")).unwrap()).await);
    denied(plugin.send(Request::get(&format!("http://127.0.0.1:{port}/")).unwrap()).await);
    assert_eq!(visitors.load(Ordering::SeqCst), 1);

    // Some addresses are nobody's school.
    let plugin = egress.guarded(Origins::private([format!("http://cloud.example:{port}").as_str()]).unwrap());
    denied(plugin.send(Request::get(&format!("http://cloud.example:{port}/")).unwrap()).await);
}

#[tokio::test]
async fn a_name_that_changes_its_mind_gains_nothing() {
    let (port, visitors) = counter().await;
    let names = FakeNames::new([("fickle.example", vec![vec!["127.0.0.1"], vec!["169.254.169.254"]])]);
    let egress = egress(Arc::clone(&names));
    let origin = format!("http://fickle.example:{port}");
    let plugin = egress.guarded(Origins::private([origin.as_str()]).unwrap());
    plugin.send(Request::get(&origin).unwrap()).await.unwrap();
    // Asked once: what was checked is what was dialled.
    assert_eq!(names.asked.load(Ordering::SeqCst), 1);
    denied(plugin.send(Request::get(&origin).unwrap()).await);
    assert_eq!((names.asked.load(Ordering::SeqCst), visitors.load(Ordering::SeqCst)), (2, 1));
}

#[tokio::test]
async fn only_http_and_only_plain_addresses() {
    let egress = egress(FakeNames::new([]));
    let plugin = egress.guarded(support::Everything);
    for url in ["ftp://files.example/", "file:///etc/passwd", "data:text/plain,x"] {
        assert!(matches!(plugin.send(Request::get(url).unwrap()).await, Err(EgressError::Invalid(_))), "{url}");
    }
    let error = plugin.send(Request::get("https://clerk:hunter2@api.example/").unwrap()).await.unwrap_err();
    assert!(matches!(error, EgressError::Invalid(_)) && !format!("{error:?}").contains("hunter2"));
}

/// Clients read proxies from the environment, which a test must not change under its neighbours: it starts itself again.
#[tokio::test]
async fn a_proxy_in_the_environment_is_ignored() {
    const NAME: &str = "a_proxy_in_the_environment_is_ignored";
    let Ok(proxy) = std::env::var("BEADLE_TEST_PROXY") else {
        let (port, visitors) = counter().await;
        let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", NAME, "--nocapture"]).env("BEADLE_TEST_PROXY", port.to_string());
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            child.env(name, format!("http://127.0.0.1:{port}"));
        }
        let output = child.output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
        assert_eq!(visitors.load(Ordering::SeqCst), 0, "the proxy was used");
        return;
    };
    let (port, visitors) = counter().await;
    assert_ne!(proxy, port.to_string());
    let egress = egress(FakeNames::new([("moodle.example", vec![vec!["127.0.0.1"]])]));
    let origin = format!("http://moodle.example:{port}");
    egress.guarded(Origins::private([origin.as_str()]).unwrap()).send(Request::get(&origin).unwrap()).await.unwrap();
    let service =
        beadle_egress::Service::new(&egress, &origin.parse().unwrap(), beadle_egress::Pace::new(1, None)).unwrap();
    service.send(beadle_egress::ServiceRequest::get("front", "/")).await.unwrap();
    assert_eq!(visitors.load(Ordering::SeqCst), 2);
}
