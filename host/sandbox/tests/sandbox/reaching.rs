//! What a run may try on addresses, and on the interfaces that every program has.

use std::time::Duration;

use beadle_egress::Egress;
use beadle_plan::{FailureKind, Grants, Limits, Outcome};
use serde_json::json;

use crate::peers::{Peer, egress};
use crate::world::{Guest, failure, lines, sentence};

/// Longer than any request of these tests may take.
const AMPLE: Duration = Duration::from_secs(30);

/// Asks through both interfaces, with these lines granted; returns what the guest saw of each.
async fn send(egress: &Egress, granted: &[String], texts: &[String], headers: serde_json::Value) -> [Outcome; 2] {
    let grants = Grants { http: granted.to_vec(), ..Grants::default() };
    let run = async |how: &str| {
        let guest = Guest::that("asks_http").with("how", how).with("texts", texts).with("arguments", headers.clone());
        Guest { grants: grants.clone(), egress: Some(egress.clone()), ..guest }.run().await
    };
    [run("http").await, run("wasi").await]
}

fn answered(line: &&&str) -> bool {
    line.starts_with(|c: char| c.is_ascii_digit())
}

pub(crate) async fn asks_http() {
    let peer = Peer::start().await;
    let port = peer.port;
    let egress = egress(
        &[
            ("inside.example", &[&["127.0.0.1"]]),
            ("mixed.example", &[&["9.9.9.9", "127.0.0.1"]]),
            ("mapped.example", &[&["::ffff:127.0.0.1"]]),
            ("nat64.example", &[&["64:ff9b::7f00:1"]]),
            ("cloud.example", &[&["169.254.169.254"]]),
            ("granted.example", &[&["127.0.0.1"]]),
            ("fickle.example", &[&["127.0.0.1"], &["169.254.169.254"]]),
        ],
        AMPLE,
    );
    every_form_of_an_inner_address(&egress, &peer).await;
    assert_eq!(peer.visits(), 0, "nobody came in");
    header_lines_of_the_connection_are_the_hosts().await;

    // What is granted as private is reached, and leads nowhere else.
    let origin = format!("http://granted.example:{port}");
    let inside = [
        format!("http://127.0.0.1:{port}/"),
        format!("http://inside.example:{port}/"),
        format!("//2130706433:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        format!("http://[::ffff:7f00:1]:{port}/"),
        "file:///etc/passwd".to_owned(),
        format!("http://granted.example:{port}@169.254.169.254/"),
    ];
    let texts: Vec<String> = inside.iter().map(|to| format!("GET {origin}/away?{to}")).collect();
    let granted = [format!("private {origin}")];
    let [own, standard] = send(&egress, &granted, &texts, json!({})).await;
    assert_eq!(lines(&own).iter().filter(answered).count(), 0, "{:?}", own.log);
    // A standard client is handed the redirect and has to ask anew, as above.
    assert!(lines(&standard).iter().all(|line| line.starts_with("302")), "{:?}", standard.log);
    assert_eq!(peer.visits(), 2 * inside.len(), "only the redirects themselves were asked for");

    // A name that changes its mind is judged each time it is looked up.
    let fickle = format!("http://fickle.example:{port}");
    let texts = [format!("GET {fickle}/"), format!("GET {fickle}:1/"), format!("POST {fickle}/")];
    let [own, _] = send(&egress, &[format!("private {fickle}")], &texts, json!({ "connection": "close" })).await;
    assert!(lines(&own)[1..].iter().all(|line| !line.starts_with("200")), "{:?}", own.log);
}

async fn every_form_of_an_inner_address(egress: &Egress, peer: &Peer) {
    let port = peer.port;
    let hosts = [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "127。0。0。1",
        "①②⑦.0.0.1",
        "0.0.0.0",
        "0",
        "localhost",
        "LOCALHOST.",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.45",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::1]",
        "[2001:0:7f00:1::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[fec0::1]",
        "[ff02::1]",
        "[5f00::1]",
        "[4000::1]",
        "inside.example",
        "mixed.example",
        "mapped.example",
        "nat64.example",
        "cloud.example",
        "nowhere.example",
    ];
    let plain = hosts.iter().map(|host| format!("http://{host}:{port}/"));
    let others = [
        format!("https://127.0.0.1:{port}/"),
        format!("ftp://127.0.0.1:{port}/"),
        format!("gopher://127.0.0.1:{port}/"),
        format!("ws://127.0.0.1:{port}/"),
        "file:///etc/passwd".to_owned(),
        "unix:///run/docker.sock".to_owned(),
        format!("http://api.school.example@127.0.0.1:{port}/"),
        format!("http://clerk:secret@127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port}#@api.school.example/"),
        format!("http://api.school.example\\@127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port}/\r\nHost: api.school.example\r\n\r\n"),
        format!("http://{}.example/", "a".repeat(20_000)),
        format!("http://{}example/", "a.".repeat(200)),
    ];
    let texts: Vec<String> = plain.chain(others).map(|url| format!("GET {url}")).collect();
    // Each origin is granted by name where it can be written as one; without the word "private" that is no help.
    let line = |host: &&str| format!("http://{host}:{port}");
    let mut granted: Vec<String> = hosts.iter().filter(|host| !host.contains('%')).map(line).collect();
    granted.push("https://api.school.example".to_owned());
    for outcome in send(egress, &granted, &texts, json!({})).await {
        let lines = lines(&outcome);
        assert_eq!(lines.len(), texts.len());
        for (text, line) in texts.iter().zip(&lines) {
            assert!(!answered(&line), "{text}: {line}");
        }
        assert!(outcome.reads.iter().all(|read| read.from.len() < 300 && read.error.is_some()), "{:?}", outcome.reads);
    }
    // Nothing is said for a guest to send that is not its own.
    let origin = format!("http://granted.example:{port}");
    for (name, value) in
        [("x-lamp", "on\r\nHost: other.example"), ("x lamp", "on"), ("x-lamp\r\nhost", "other.example")]
    {
        for outcome in
            send(egress, std::slice::from_ref(&origin), &[format!("GET {origin}/echo")], json!({ name: value })).await
        {
            assert!(!answered(&&lines(&outcome)[0]), "{name:?}: {:?}", outcome.log);
        }
    }
}

/// Header lines that would make a second request of the first, or ask a shared server for another site.
async fn header_lines_of_the_connection_are_the_hosts() {
    let peer = Peer::start().await;
    let origin = format!("http://granted.example:{}", peer.port);
    let egress = egress(&[("granted.example", &[&["127.0.0.1"]])], AMPLE);
    let texts = [format!("GET {origin}/echo")];
    for name in [
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "te",
        "upgrade",
        "proxy-authorization",
        "user-agent",
    ] {
        let headers = json!({ name: "lamp" });
        for outcome in send(&egress, &[format!("private {origin}")], &texts, headers).await {
            let line = lines(&outcome)[0];
            assert!(!line.contains("lamp"), "{name}: {line}");
        }
    }
    for outcome in send(&egress, &[format!("private {origin}")], &texts, json!({ "x-lamp": "on" })).await {
        let line = lines(&outcome)[0];
        assert!(
            line.contains("x-lamp=\"on\"") && line.contains(&format!("host=\"granted.example:{}\"", peer.port)),
            "{line}"
        );
    }
}

pub(crate) async fn keeps_a_stream_open() {
    let peer = Peer::start().await;
    let origin = format!("http://granted.example:{}", peer.port);
    let short = Duration::from_millis(300);
    let run = async |how: &str, path: &str, count: u64, total: Duration, limits: Limits| {
        let grants =
            Grants { http: vec![format!("private {origin}"), format!("private POST {origin}/")], ..Grants::default() };
        let egress = Some(egress(&[("granted.example", &[&["127.0.0.1"]])], total));
        let guest = Guest::that("keeps_a_stream_open").with("how", how).with("count", count);
        let guest = guest.with("texts", json!([format!("{origin}{path}")])).limited(limits);
        Guest { grants, egress, ..guest }.run().await
    };
    for (how, count) in [("body", 1), ("bodies", 20)] {
        let outcome = run(how, "/echo", count, AMPLE, Limits { host_call: short, ..Limits::default() }).await;
        let message = failure(&outcome, FailureKind::Unavailable).message;
        assert!(message.contains("did not end its request within 300ms (limits.host-call)"), "{how}: {message}");
        assert_eq!(outcome.reads.len() as u64, count, "{:?}", outcome.reads);
    }
    assert_eq!(peer.visits(), 0, "no request without an end was sent");
    for (how, part) in [("http", "no whole answer within"), ("wasi", "HttpResponseIncomplete")] {
        let outcome = run(how, "/drip", 1, short, Limits::default()).await;
        let message = failure(&outcome, FailureKind::Unavailable).message;
        assert!(message.contains(part), "{how}: {message}");
    }
    let outcome = run("kept", "/large", 20, AMPLE, Limits { responses: 1 << 20, ..Limits::default() }).await;
    assert_eq!(sentence(&outcome), "0 20 kept");
}

pub(crate) async fn calls_the_standard_interfaces() {
    let limits = || Limits { guest_time: Duration::from_millis(100), ..Limits::default() };
    for how in ["the clock", "its errors"] {
        let outcome = Guest::that("calls_the_standard_interfaces").with("how", how).limited(limits()).run().await;
        let failure = failure(&outcome, FailureKind::Limit);
        assert_eq!(failure.message, "the plugin computed for longer than 100ms (limits.guest-time)", "{how}");
    }
    let outcome = Guest::that("calls_the_standard_interfaces").with("how", "much randomness").run().await;
    let message = failure(&outcome, FailureKind::Host).message;
    assert!(message.contains("exceeds limit"), "{message}");
}

pub(crate) async fn keeps_too_much_open() {
    let outcome = Guest::that("keeps_too_much_open").run().await;
    let message = failure(&outcome, FailureKind::Limit).message;
    assert_eq!(message, "the plugin kept too many requests, streams and timers at once");
    let outcome = Guest::that("keeps_too_much_open").with("how", "one").with("count", 100).run().await;
    let failure = outcome.result.as_ref().expect_err("header lines have a limit");
    assert!(failure.message.len() < 500, "{failure:?}");
}
