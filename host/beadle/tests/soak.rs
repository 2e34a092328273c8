//! A host that runs for long beside a school in fast motion, while everything around it fails now and then.
//!
//! A day of this school takes four minutes, a hundredth of a real one. `BEADLE_SOAK_SECONDS` says for how long (60), `BEADLE_SOAK_SEED`
//! what goes wrong when. Nothing that is expected here depends on how fast the machine is: what a poll must have seen follows from when
//! it ran.
//!
//! ```sh
//! BEADLE_SOAK_SECONDS=1800 cargo test -p beadle --test soak -- --nocapture
//! ```

mod support;

use std::time::{Duration, Instant};

use beadle_campus::Options;
use beadle_campus::faults::{Action, Matcher};
use beadle_campus::school::{Pace, Plan, School};
use beadle_campus::sheets::Role;
use support::host::Host;
use support::school::{BOOK, TAB, Town, Wishes};
use support::tables::{self, all_settled, csv, log_tells_the_records};
use support::trial::{number, three_minutes_pass};
use support::visits::Visits;
use support::vitals::{Vitals, middle};
use support::{House, reckoning};

/// A school day, at a hundred times the usual speed.
const DAY: Duration = Duration::from_secs(240);

/// Every second, from the database, into a spreadsheet.
const ONLINE: Wishes =
    Wishes { when: "every = \"1s\"", settings: "database = \"moodle\"\nidentity = \"seed\"\nsession-gap = \"5m\"" };

/// And by web service into a file.
const ROLL: &str = r#"
[sheets.roll]
kind = "csv"
file = "roll.csv"

[plugins.roll]
builtin = "online-users"
grants = { moodle = ["core_user_get_users"], sheets = ["roll:append"] }

[[schedule]]
name = "roll"
plugin = "roll"
sites = ["main"]
every = "5s"

[schedule.settings]
source = "users"
sheet = "roll"
window = "2m"
session-gap = "5m"
identity = "seed"
show-hidden = true
"#;

/// How often what has ended is made older by as long as it is kept: a month in some minutes.
const AGE: Duration = Duration::from_secs(10);

struct Soak {
    town: Town,
    house: House,
    chance: fastrand::Rng,
    visits: Visits,
    /// When committed polls began and ended, of each schedule.
    polls: [Vec<(i64, i64)>; 2],
    looks: Vec<Vitals>,
    /// The next second in which the database works.
    works_again: u64,
}

const SCHEDULES: [&str; 2] = ["online", "roll"];

impl Soak {
    async fn found(seed: u64) -> Self {
        let pace = Pace::Compressed { day: DAY };
        let plan = Plan { students: 800, pace, start: now() - 86_400_000, ..Plan::default() };
        let town = Town::of(Options::of(School::new(&plan)).with_sheets()).await;
        town.sheets().create(BOOK, &[(town.sheets().email(), Role::Writer)]);
        let house = town.house(&ONLINE);
        house.write("schedules.toml", town.config(&ONLINE).replace("window = \"10m\"", "window = \"2m\"") + ROLL);
        house.edit("schedules.toml", "[host]\n", "[host]\nkeep = \"1h\"\n");
        let (chance, visits) = (fastrand::Rng::with_seed(seed), Visits::default());
        Self { town, house, chance, visits, polls: Default::default(), looks: Vec::new(), works_again: 0 }
    }

    /// One second of the school's life.
    async fn second(&mut self, second: u64, host: &Host) {
        if self.works_again <= second {
            if self.works_again == second && second > 0 {
                self.town.sql("ALTER TABLE mdl_user_away RENAME TO mdl_user").await;
            }
            self.school_goes_on().await;
            self.something_goes_wrong(second).await;
        }
        if second.is_multiple_of(AGE.as_secs()) {
            self.time_passes().await;
        }
        self.looks.push(Vitals::of(host.id(), &self.house.file("beadle.db")).await);
    }

    async fn school_goes_on(&mut self) {
        let snapshot = self.town.campus.moodle().snapshot();
        self.town.campus.refresh().await.expect("the school's database");
        self.visits.note(&snapshot, now());
    }

    async fn something_goes_wrong(&mut self, second: u64) {
        let chance = &mut self.chance;
        let times = Some(chance.u32(1..=2));
        let busy = || Action::json(503, r#"{"error": {"code": 503, "status": "UNAVAILABLE"}}"#);
        match chance.u8(..20) {
            0 | 1 => {
                let html = Action::html(200, "<html><body>Maintenance</body></html>");
                let late = Action::Delay(Duration::from_secs(2));
                let wrong = [busy(), html, Action::Reset, Action::Garbage, Action::CutBody, late];
                let action = wrong[chance.usize(..wrong.len())].clone();
                self.town.campus.faults().order("core_user_get_users", times, action);
            }
            2 | 3 => {
                let wrong = [
                    busy(),
                    Action::too_many(1, "{}"),
                    Action::ApplyThenDrop,
                    Action::Reset,
                    Action::Garbage,
                    Action::CutBody,
                ];
                let action = wrong[chance.usize(..wrong.len())].clone();
                self.town.sheets().faults.order(Matcher::path(":append"), times, action);
            }
            4 => self.town.sheets().faults.order(Matcher::path("values:batchGet"), times, busy()),
            5 => self.town.sheets().revoke_tokens(),
            // As while a Moodle is upgraded.
            6 => {
                self.works_again = second + chance.u64(1..=3);
                self.town.sql("ALTER TABLE mdl_user RENAME TO mdl_user_away").await;
            }
            _ => {}
        }
    }

    /// Everything that has ended is as old as if a month had gone by, and the three minutes of lost requests are over.
    async fn time_passes(&mut self) {
        self.note_polls().await;
        three_minutes_pass(&self.house).await;
        // An hour is the shortest time for which a host keeps anything.
        tables::execute(
            &self.house.file("beadle.db"),
            "UPDATE firing SET created_at = created_at - 3600000
               WHERE state IN ('done', 'failed', 'skipped') AND created_at > 1000 * (unixepoch() - 3600);
             UPDATE effect SET settled_at = settled_at - 3600000 WHERE settled_at > 1000 * (unixepoch() - 3600)",
        )
        .await;
    }

    /// Notes the polls that were committed, before their rows are removed.
    async fn note_polls(&mut self) {
        let mut store = tables::open(&self.house.file("beadle.db")).await;
        for (schedule, polls) in SCHEDULES.iter().zip(&mut self.polls) {
            let after = polls.last().map_or(0, |(began, _)| *began);
            let more: Vec<(i64, i64)> = sqlx::query_as(
                "SELECT started_at, ended_at FROM run JOIN firing ON firing.id = firing_id JOIN schedule ON schedule.id = schedule_id
                 WHERE name = ? AND run.state = 'committed' AND started_at > ? ORDER BY started_at",
            )
            .bind(schedule)
            .bind(after)
            .fetch_all(&mut store)
            .await
            .expect("polls");
            polls.extend(more);
        }
    }

    /// Nothing goes wrong any more, and a host finishes what is left.
    async fn come_to_rest(&mut self) {
        if self.works_again > 0 && self.town.is_away().await {
            self.town.sql("ALTER TABLE mdl_user_away RENAME TO mdl_user").await;
        }
        self.town.campus.faults().clear();
        self.town.sheets().faults.clear();
        self.school_goes_on().await;
        three_minutes_pass(&self.house).await;
        let mut host = self.house.serve().await;
        for _ in 0..2 {
            host.all_of(&["schedule=online run", "schedule=roll run"]).await;
        }
        host.stop_cleanly().await;
        self.note_polls().await;
        // By web service a host sees people in the very second in which they come.
        self.school_goes_on().await;
    }

    /// What was said, remembered and done, beside what the school knows.
    async fn reckon(&mut self) {
        let store = self.house.file("beadle.db");
        let sheets = [self.town.sheets().cells(BOOK, TAB).split_off(1), csv(&self.house.read("roll.csv")).1];
        for ((schedule, rows), polls) in SCHEDULES.iter().zip(&sheets).zip(&self.polls) {
            let written = self.visits.stand_once(rows, polls);
            assert!(written > 0 && !polls.is_empty(), "there was something to write");
            assert_eq!(
                rows.len(),
                tables::arrivals(&store, schedule).await,
                "the ledger's log of {schedule} tells the same"
            );
        }
        all_settled(&store).await;
        log_tells_the_records(&store).await;
        reckoning::firings(&store, |schedule| if schedule == "roll" { 5 } else { 1 }).await;
        self.everything_is_explained().await;
    }

    /// Expects the operator's own command to tell of every firing without a result why there is none.
    async fn everything_is_explained(&self) {
        let runs = self.house.run(&["runs", "--json", "-n", "1000000"]).await.json();
        let failed: Vec<&serde_json::Value> = runs
            .as_array()
            .expect("a list")
            .iter()
            .filter(|run| run["failure"].is_string())
            .map(|run| &run["firing"])
            .collect();
        let why = self.house.run(&["runs", "--why-not", "--json", "-n", "1000000"]).await.json();
        for firing in why.as_array().expect("a list") {
            let told = firing["reason"].is_string() || failed.contains(&&firing["id"]);
            assert!(told, "nobody says why: {firing}");
        }
    }
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Expects memory, descriptors and store not to grow with time: the last quarter beside the second, the first being the warm-up.
#[expect(clippy::print_stderr, reason = "whoever runs this by hand wants the figures")]
fn all_is_flat(looks: &[Vitals], arrivals: u64) {
    let quarter = looks.len() / 4;
    let (early, late) = (&looks[quarter..2 * quarter], &looks[3 * quarter..]);
    let both = |of: fn(&Vitals) -> u64| (middle(early, of), middle(late, of));
    let (memory, descriptors, store) = (both(|one| one.memory), both(|one| one.descriptors), both(|one| one.store));
    eprintln!(
        "{} s: memory {memory:?} KiB, descriptors {descriptors:?}, store {store:?} KiB, {arrivals} arrivals",
        looks.len()
    );
    assert!(memory.1 <= memory.0 + memory.0 / 10 + 4_096, "memory grew from {} to {} KiB", memory.0, memory.1);
    assert!(descriptors.1 <= descriptors.0 + 4, "descriptors grew from {} to {}", descriptors.0, descriptors.1);
    // What is kept for good grows with arrivals; what is kept for a while is as much as comes in two minutes.
    let (grown, allowed) = (store.1.saturating_sub(store.0), 128 + arrivals);
    assert!(grown <= allowed, "the store grew from {} to {} KiB with {arrivals} arrivals", store.0, store.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_fast_motion_and_with_everything_failing_now_and_then_it_stays_as_it_is() {
    let seconds = number("BEADLE_SOAK_SECONDS", 60);
    let mut soak = Soak::found(number("BEADLE_SOAK_SEED", 20_261_122)).await;
    soak.school_goes_on().await;
    let host = soak.house.serve().await;
    let began = Instant::now();
    for second in 0.. {
        if began.elapsed().as_secs() >= seconds {
            break;
        }
        soak.second(second, &host).await;
        // What is looked for is what time does to a process: it has to pass.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    host.stop_cleanly().await;
    soak.come_to_rest().await;
    soak.reckon().await;
    let arrivals = soak.town.sheets().cells(BOOK, TAB).len() as u64;
    all_is_flat(&soak.looks, arrivals);
}
