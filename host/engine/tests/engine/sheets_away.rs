//! Sheets in trouble, with delivery as it is: what is asked how often meanwhile, and that each row stands once in the end.

use std::collections::BTreeSet;
use std::time::Duration;

use beadle_campus::faults::{Action, Gate, Matcher};
use beadle_campus::sheets::{Role, Sheets};
use beadle_plan::{Clock as _, Instant};
use beadle_store::{DueTarget, TargetState};

use crate::world::{Running, World, at};

const BOOKS: [&str; 2] = ["one", "two"];

/// A spreadsheet service with two spreadsheets of one account, and a host that adds a row to each every minute.
struct Town {
    world: World,
    sheets: Sheets,
    running: Running,
}

impl Town {
    async fn found() -> Self {
        let world = World::new().await;
        let clock = std::sync::Arc::clone(&world.clock);
        let sheets = Sheets::start(std::sync::Arc::new(move || clock.now().millis())).await.expect("a port");
        let mut text = String::new();
        for book in BOOKS {
            sheets.create(book, &[(sheets.email(), Role::Writer)]);
            text += &format!(
                "[sheets.{book}]\nkind = \"google\"\nspreadsheet = \"{book}\"\ntab = \"Online\"\nendpoint = \"{}\"\n\
                 key = {{ file = \"key.json\" }}\n\n",
                sheets.base_url
            );
        }
        text += r#"
            [plugins.lamps]
            file = "unruly.wasm"
            grants = { sheets = ["one:append", "two:append"] }
            settings = { behaviour = "works", sheets = ["one", "two"], count = 1 }

            [[schedule]]
            name = "lamps"
            plugin = "lamps"
            every = "1m"
        "#;
        std::fs::write(world.folder.path().join("key.json"), sheets.service_account_json()).expect("a file");
        let running = world.serve_live(&text, 60).await;
        let town = Self { world, sheets, running };
        town.run(60, 1).await;
        for book in BOOKS {
            town.delivered(book, 1).await;
        }
        town
    }

    /// Has the schedule run at an instant.
    async fn run(&self, seconds: i64, count: usize) {
        self.world.time(seconds);
        self.world.until_committed("lamps", count).await;
    }

    /// Returns the keys that stand in a spreadsheet.
    fn keys(&self, book: &str) -> Vec<String> {
        self.sheets.cells(book, "Online").into_iter().skip(1).filter_map(|row| row.into_iter().next()).collect()
    }

    async fn delivered(&self, book: &str, rows: usize) {
        self.world.until(&format!("{rows} rows in {book}"), async || self.keys(book).len() == rows).await;
    }

    async fn due(&self, book: &str) -> Option<DueTarget> {
        let targets = self.world.store.targets().await.expect("the store works");
        targets.into_iter().find(|due| due.target.to_string() == format!("sheet:{book}"))
    }

    /// Waits until a sheet was tried so often in vain, and returns what is known of it.
    async fn tried(&self, book: &str, failures: u32) -> DueTarget {
        let what = format!("try {failures} of {book}");
        self.world.until(&what, async || self.due(book).await.is_some_and(|due| due.failures >= failures)).await;
        self.due(book).await.expect("it waits")
    }
}

type Act = fn(&Town);

/// Ten minutes of trouble that passes by itself: what the operator reads, that the service is left in peace, and that nothing is lost.
#[tokio::test]
async fn ten_minutes_of_trouble_pass_by_themselves() {
    let cases: [(&str, Act, Act); 4] = [
        ("is used up", |town| town.sheets.set_quota(0, 0), |town| town.sheets.set_quota(60, 300)),
        (
            "no token for",
            |town| {
                town.sheets.revoke_tokens();
                town.sheets.faults.order("/token", None, Action::Reset);
            },
            |town| town.sheets.faults.clear(),
        ),
        (
            "not what the service sends",
            |town| {
                town.sheets.revoke_tokens();
                town.sheets.faults.order("/token", None, Action::html(503, "<p>Backend</p>"));
            },
            |town| town.sheets.faults.clear(),
        ),
        (
            "answered 503",
            |town| town.sheets.faults.order(Matcher::any(), None, Action::json(503, "{}")),
            |town| town.sheets.faults.clear(),
        ),
    ];
    for (said, spoil, mend) in cases {
        let town = Town::found().await;
        spoil(&town);
        town.sheets.faults.forget();
        town.run(120, 2).await;
        let mut failures = 0;
        let mut due = town.tried("one", 1).await;
        while due.next_at < at(720) {
            assert_eq!(due.state, Some(TargetState::Waiting), "{said}: {due:?}");
            assert!(due.cause.as_deref().is_some_and(|cause| cause.contains(said)), "{said}: {due:?}");
            failures = due.failures;
            town.world.set(due.next_at.max(town.world.clock.now()));
            due = town.tried("one", failures + 1).await;
        }
        assert!(failures >= 6, "{said}: it was tried {failures} times");
        let asked = town.sheets.faults.requests().len();
        assert!(asked <= 80, "{said}: {asked} requests for two sheets in ten minutes");
        mend(&town);
        town.world.set(due.next_at);
        settled(&town, due.next_at).await;
        town.running.stop().await;
        let committed = town.world.ran("lamps", beadle_store::RunState::Committed).await.len();
        for book in BOOKS {
            let keys = town_keys(&town.sheets, book);
            assert_eq!(keys.len(), committed, "{said}: {book}");
            assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{said}: {book}");
        }
    }
}

fn town_keys(sheets: &Sheets, book: &str) -> Vec<String> {
    sheets.cells(book, "Online").into_iter().skip(1).filter_map(|row| row.into_iter().next()).collect()
}

/// Moves the clock on until nothing waits.
async fn settled(town: &Town, mut now: Instant) {
    for _ in 0..50 {
        let mut next = now;
        for book in BOOKS {
            if let Some(due) = town.due(book).await {
                next = next.max(due.next_at);
            }
        }
        town.world.set(next);
        now = next + Duration::from_secs(1);
        let quiet = async || {
            let mut waits = false;
            for book in BOOKS {
                waits |= town.due(book).await.is_some_and(|due| due.next_at <= next);
            }
            !waits
        };
        town.world.until("what is due to be tried", quiet).await;
        if town.due("one").await.is_none() && town.due("two").await.is_none() {
            return;
        }
    }
    panic!("it does not come to an end");
}

/// A request that hangs, a spreadsheet that is not shared: the other one goes on as if nothing were.
#[tokio::test]
async fn the_misery_of_one_target_never_delays_another() {
    let town = Town::found().await;
    let gate = Gate::new();
    let hangs = Matcher::path("/one/values/").and(Matcher::path(":append"));
    town.sheets.faults.order(hangs, Some(1), Action::Hold(gate.clone()));
    for minute in 2..=4 {
        town.run(minute * 60, minute as usize).await;
        town.delivered("two", minute as usize).await;
    }
    gate.arrived(1).await;
    assert_eq!(town.keys("one").len(), 1, "its request is still under way");
    gate.open();
    town.delivered("one", 4).await;

    town.sheets.unshare("one", town.sheets.email());
    for minute in 5..=6 {
        town.run(minute * 60, minute as usize).await;
        town.delivered("two", minute as usize).await;
    }
    let held = town.tried("one", 1).await;
    assert_eq!(held.state, Some(TargetState::Held));
    assert!(held.advice.as_deref().is_some_and(|advice| advice.contains("share the spreadsheet")), "{held:?}");
    town.sheets.share("one", town.sheets.email(), Role::Writer);
    town.world.set(held.next_at);
    town.world.until("the rows that waited", async || town.keys("one").len() >= 6).await;
    town.running.stop().await;
    for book in BOOKS {
        let keys = town_keys(&town.sheets, book);
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{book}: {keys:?}");
    }
}
