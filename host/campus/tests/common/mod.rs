//! What the tests share: recorded answers, the recorded site's people, and a client.

#![allow(dead_code, reason = "every test binary uses another part of it, so that no expectation holds in all of them")]

pub(crate) mod lab;
pub(crate) mod replay;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use beadle_campus::school::{Clock, School};
use beadle_campus::{Campus, Options};
use serde_json::Value;

/// The instant at which the recordings of the people were made, epoch seconds.
pub(crate) const RECORDED: i64 = 1_795_198_790;

/// Returns a folder of recorded answers; says why and returns nothing where there is none.
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
pub(crate) fn fixtures(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("BEADLE_FIXTURES").map(PathBuf::from).or_else(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().find(|folder| folder.join("rust-toolchain.toml").is_file())?;
        Some(root.parent()?.join("shared/fixtures"))
    });
    let folder = root.map(|root| root.join(name)).filter(|folder| folder.is_dir());
    if folder.is_none() {
        assert!(
            std::env::var("BEADLE_REQUIRE_FIXTURES").as_deref() != Ok("1"),
            "no recorded answers in ../shared/fixtures/{name}, and BEADLE_REQUIRE_FIXTURES is set"
        );
        eprintln!("skipped: no recorded answers in ../shared/fixtures/{name}");
    }
    folder
}

/// Reads one recording.
pub(crate) fn recording(folder: &Path, name: &str) -> Value {
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("recording");
    serde_json::from_str(&text).expect("recording is JSON")
}

/// A clock that stands until it is moved.
#[derive(Clone)]
pub(crate) struct Hand(Arc<AtomicI64>);

impl Hand {
    pub(crate) fn at(ms: i64) -> Self {
        Self(Arc::new(AtomicI64::new(ms)))
    }

    pub(crate) fn clock(&self) -> Clock {
        let hand = self.0.clone();
        Arc::new(move || hand.load(Ordering::SeqCst))
    }

    pub(crate) fn set(&self, ms: i64) {
        self.0.store(ms, Ordering::SeqCst);
    }
}

/// Starts a campus of a school on a standing clock.
pub(crate) async fn campus(school: School, hand: &Hand) -> Campus {
    Campus::start(Options::of(school).on(hand.clock())).await.expect("campus")
}

/// A client that follows no redirects and keeps no connections, so that a fault on one request cannot reach the next.
pub(crate) fn client() -> reqwest::Client {
    // Another test of this process may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .no_proxy()
        .build()
        .expect("client")
}

/// Calls a function and returns the JSON of the answer.
pub(crate) async fn call(url: &str, token: &str, function: &str, params: &[(&str, &str)]) -> Value {
    let mut form = vec![("wstoken", token), ("wsfunction", function), ("moodlewsrestformat", "json")];
    form.extend_from_slice(params);
    let answer = client().post(format!("{url}/webservice/rest/server.php")).form(&form).send().await.expect("answer");
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("JSON")
}
