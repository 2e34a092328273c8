//! The simulated webhook: events, signatures, keys.

mod common;

use beadle_campus::chat::Hook;
use beadle_campus::chat::hook::{Repeat, Signature};
use beadle_campus::faults::Action;
use common::{Hand, client};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

const NOW: i64 = 1_795_198_024_000;
const SECRET: &str = "an invented secret";

struct School {
    hook: Hook,
    clock: Hand,
    http: reqwest::Client,
}

impl School {
    async fn start() -> Self {
        let clock = Hand::at(NOW);
        Self { hook: Hook::start(clock.clock()).await.expect("loopback"), clock, http: client() }
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Option<u16> {
        let mut request = self.http.post(format!("{}{path}", self.hook.base_url)).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Some(request.send().await.ok()?.status().as_u16())
    }
}

fn sign(secret: &str, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(format!("{timestamp}.{body}").as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn events_are_kept_as_they_came() {
    let school = School::start().await;
    assert_eq!(school.post("/hook/class-7", &[("x-note", "a")], "{\"a\": 1}").await, Some(200));
    school.clock.set(NOW + 5);
    assert_eq!(school.post("/hook", &[], "").await, Some(200));
    assert_eq!(school.post("/hooks", &[], "x").await, Some(404));
    let read = school.http.get(format!("{}/hook/class-7", school.hook.base_url)).send().await.expect("an answer");
    assert_eq!(read.status(), 405);
    let events = school.hook.events();
    assert_eq!(events.len(), 2);
    assert_eq!(
        (events[0].path.as_str(), events[0].text().as_str(), events[0].at_ms),
        ("/hook/class-7", "{\"a\": 1}", NOW)
    );
    assert_eq!(
        (events[0].header("x-note"), events[0].signature, events[1].at_ms),
        (Some("a"), Signature::Unchecked, NOW + 5)
    );
    assert_eq!(school.hook.applied().len(), 2);
}

#[tokio::test]
async fn signatures_are_checked_over_timestamp_and_body() {
    let school = School::start().await;
    school.hook.secret(Some(SECRET));
    let body = "{\"event\":\"moved\"}";
    let right = sign(SECRET, "1795198024", body);
    let foreign = sign("another", "1795198024", body);
    let (time, name) = ("x-beadle-timestamp", "x-beadle-signature");
    let table = [
        (vec![(time, "1795198024"), (name, right.as_str())], body, Signature::Right),
        (vec![(time, "1795198024"), (name, foreign.as_str())], body, Signature::Wrong),
        (vec![(time, "1795198025"), (name, right.as_str())], body, Signature::Wrong),
        (vec![(time, "1795198024"), (name, right.as_str())], "{\"event\": \"moved\"}", Signature::Wrong),
        (vec![(time, "1795198024"), (name, &right[7..])], body, Signature::Wrong),
        (vec![(time, "1795198024"), (name, "sha256=")], body, Signature::Wrong),
        (vec![(name, right.as_str())], body, Signature::Absent),
        (vec![(time, "1795198024")], body, Signature::Absent),
    ];
    for strict in [false, true] {
        school.hook.strict(strict);
        for (headers, body, expected) in &table {
            let before = school.hook.applied().len();
            let status = school.post("/hook/a", headers, body).await;
            let found = school.hook.events().last().expect("an event").signature;
            let refused = strict && *expected != Signature::Right;
            assert_eq!((found, status), (*expected, Some(if refused { 401 } else { 200 })), "{headers:?}");
            assert_eq!(school.hook.applied().len() - before, usize::from(!refused), "{headers:?}");
        }
    }
    assert_eq!(school.hook.events().len(), 2 * table.len());
}

#[tokio::test]
async fn a_key_is_applied_once_on_its_path() {
    let school = School::start().await;
    for (path, key, body, repeat) in [
        ("/hook/a", Some("k1"), "one", Repeat::First),
        ("/hook/a", Some("k1"), "one", Repeat::Again),
        ("/hook/a", Some("k1"), "two", Repeat::Clash),
        ("/hook/a", Some("k2"), "one", Repeat::First),
        ("/hook/b", Some("k1"), "one", Repeat::First),
        ("/hook/a", None, "one", Repeat::First),
        ("/hook/a", None, "one", Repeat::First),
    ] {
        let headers: Vec<_> = key.into_iter().map(|key| ("idempotency-key", key)).collect();
        assert_eq!(school.post(path, &headers, body).await, Some(200));
        let event = school.hook.events().pop().expect("an event");
        assert_eq!((event.repeat, event.key.as_deref()), (repeat, key), "{path} {key:?} {body}");
        assert_eq!(event.applied, repeat == Repeat::First);
    }
    assert_eq!((school.hook.events().len(), school.hook.applied().len()), (7, 5));
}

#[tokio::test]
async fn a_refused_key_is_not_used_up_and_a_lost_answer_is_found_again() {
    let school = School::start().await;
    school.hook.secret(Some(SECRET));
    school.hook.strict(true);
    let signature = sign(SECRET, "1", "x");
    let unsigned = [("idempotency-key", "k1")];
    let signed = [("idempotency-key", "k1"), ("x-beadle-timestamp", "1"), ("x-beadle-signature", signature.as_str())];
    assert_eq!(school.post("/hook/a", &unsigned, "x").await, Some(401));
    school.hook.faults.order("/hook/a", Some(1), Action::ApplyThenDrop);
    assert_eq!(school.post("/hook/a", &signed, "x").await, None);
    assert_eq!(school.hook.applied().len(), 1);
    assert_eq!(school.post("/hook/a", &signed, "x").await, Some(200));
    assert_eq!((school.hook.applied().len(), school.hook.events().len()), (1, 3));
    school.hook.faults.order("/hook/a", Some(1), Action::json(503, "{}"));
    assert_eq!(school.post("/hook/a", &signed, "x").await, Some(503));
    assert_eq!(school.hook.events().len(), 3, "refused before the service");
}
