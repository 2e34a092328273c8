//! A house that is killed over and over while its school lives: what is set up, how a round goes, and the reckoning at the end.
//!
//! Nothing here knows in which database the host remembers, but for the statements of [`super::reckoning`]. A round is cheap, so that
//! thousands can be run by hand:
//!
//! ```sh
//! BEADLE_KILL_ROUNDS=5000 BEADLE_KILL_SEED=7 cargo test -p beadle --test kill -- at_random
//! ```

use std::time::Duration;

use beadle_campus::Options;
use beadle_campus::faults::{Action, Gate, Matcher};
use beadle_campus::school::{Plan, School};
use beadle_campus::sheets::Role;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::House;
use super::host::Host;
use super::reckoning;
use super::school::{BOOK, TAB, Town, Wishes};
use super::tables::{self, csv};

/// Who is online when a school is founded; everybody else may come.
const EARLY: usize = 12;

/// The school's call on which `ask` waits.
const ASKED: &str = "core_webservice_get_site_info";

/// Every second, from the database, and at once after a start for what was missed.
const ONLINE: Wishes = Wishes {
    when: "every = \"1s\"\njitter = \"1s\"\nmisfire = \"once\"",
    settings: "database = \"moodle\"\nidentity = \"seed\"",
};

/// Beside it: a long run that commits half-way and is made up for, one that asks the school and is not, and one that always rests.
const OTHERS: &str = r#"
[sheets.lamps]
kind = "csv"
file = "lamps.csv"

[plugins.lamps]
file = "unruly.wasm"
grants = { sheets = ["lamps:append"], moodle = ["core_webservice_get_site_info"] }

[[schedule]]
name = "walk"
plugin = "lamps"
sites = ["main"]
every = "1s"
jitter = "1s"
misfire = "once"
settings = { behaviour = "works", how = "checkpoints", observes = true, sheets = ["lamps"], count = 2 }

[[schedule]]
name = "ask"
plugin = "lamps"
sites = ["main"]
every = "1s"
jitter = "1s"
settings = { behaviour = "works", asks = true, observes = true, sheets = ["lamps"], count = 2 }

[[schedule]]
name = "night"
plugin = "lamps"
every = "1s"
blackout = ["Mon-Sun"]
settings = { behaviour = "returns_a_summary" }
"#;

/// Where arrivals are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Into {
    Csv,
    Google,
}

/// Reads a number from the environment.
pub(crate) fn number(name: &str, usual: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// A house under kills.
pub(crate) struct Trial {
    pub(crate) town: Town,
    pub(crate) house: House,
    into: Into,
    chance: fastrand::Rng,
    absent: Vec<i64>,
    /// What was done to it, told where it fails.
    story: Story,
}

/// What was done, and how to do it again.
struct Story {
    seed: Option<u64>,
    rounds: Vec<String>,
}

impl Drop for Story {
    #[expect(clippy::print_stderr, reason = "a test that fails says how it can be repeated")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let last = self.rounds.len().saturating_sub(12);
            eprintln!("the last rounds:\n  {}", self.rounds[last..].join("\n  "));
            if let Some(seed) = self.seed {
                eprintln!("again: BEADLE_KILL_SEED={seed} BEADLE_KILL_ROUNDS={}", self.rounds.len());
            }
        }
    }
}

impl Trial {
    /// Founds a school of which up to `comers` people will come. Chance follows from the seed, where there is any.
    pub(crate) async fn found(into: Into, comers: usize, seed: Option<u64>) -> Self {
        let mut options = Options::of(School::new(&Plan::everybody_online(EARLY + comers, EARLY)));
        options.sheets = into == Into::Google;
        let mut town = Town::of(options).await;
        if into == Into::Google {
            let sheets = town.sheets();
            sheets.create(BOOK, &[(sheets.email(), Role::Writer)]);
            // A host that begins anew every half second is no subject for quotas.
            sheets.set_quota(u32::MAX, u32::MAX);
        }
        let house = town.house(&ONLINE);
        house.write("schedules.toml", town.config(&ONLINE) + OTHERS);
        house.write("unruly.wasm", beadle_test_guests::unruly());
        let absent = town.absent().await;
        let chance = fastrand::Rng::with_seed(seed.unwrap_or(0));
        Self { town, house, into, chance, absent, story: Story { seed, rounds: Vec::new() } }
    }

    /// Has somebody come.
    pub(crate) async fn somebody_comes(&mut self) {
        if let Some(id) = self.absent.pop() {
            let address = format!("10.20.{}.{}", self.chance.u8(1..=8), self.chance.u8(20..250));
            self.town.arrive(id, &address).await;
        }
    }

    /// Starts a host with an order for a step, and does not wait until it serves.
    pub(crate) fn start(&mut self, order: &str) -> Host {
        self.story.rounds.push(order.to_owned());
        let mut command = self.house.command(&["serve"]);
        command.env("BEADLE_KILL_POINT", order);
        Host::start(command)
    }

    /// Has the host killed at a step, with whatever must go before for it to get there.
    pub(crate) async fn killed_at(&mut self, order: &str) {
        self.somebody_comes().await;
        let step = order.split(' ').nth(2).expect("a step");
        match step {
            // A run that another attempt follows, and one that none follows.
            "attempt" => Box::pin(self.killed_at("kill after checkpoint 1")).await,
            "close_firing" => self.killed_while_the_school_thinks().await,
            "close_run" => self.town.campus.faults().order(ASKED, None, Action::json(503, "{}")),
            _ => {}
        }
        let mut host = self.start(order);
        if step == "release_lease" {
            host.line("serving").await;
            host.ask_to_stop();
        }
        host.killed().await;
        self.town.campus.faults().clear();
        self.all_is_quiet().await;
    }

    async fn killed_while_the_school_thinks(&mut self) {
        let gate = Gate::new();
        self.town.campus.faults().order(ASKED, Some(1), Action::Hold(gate.clone()));
        let host = self.house.serve().await;
        gate.arrived(1).await;
        host.kill().await;
        self.town.campus.faults().clear();
    }

    /// One round of chance: some people come, something may go wrong beside, and the host dies, at a call of its store or at a moment.
    pub(crate) async fn round(&mut self) {
        for _ in 0..self.chance.u8(0..=2) {
            self.somebody_comes().await;
        }
        self.something_may_go_wrong();
        if self.chance.bool() {
            let side = if self.chance.bool() { "before" } else { "after" };
            let order = format!("kill {side} any {}", self.chance.u8(1..60));
            let host = self.start(&order);
            host.killed().await;
        } else {
            let moment = Duration::from_micros(self.chance.u64(0..400_000));
            self.story.rounds.push(format!("{moment:?} after it serves"));
            let host = self.house.serve().await;
            // Not for anything to happen: where in its work the host is by then is what is left to chance.
            tokio::time::sleep(moment).await;
            host.kill().await;
        }
        self.all_is_quiet().await;
    }

    fn something_may_go_wrong(&mut self) {
        if self.chance.u8(..4) == 0 {
            self.town.campus.faults().order(ASKED, Some(1), Action::json(503, "{}"));
        }
        if self.into == Into::Google && self.chance.u8(..4) == 0 {
            let lost = [Action::ApplyThenDrop, Action::Reset, Action::CutBody, Action::Garbage];
            let action = lost[self.chance.usize(..lost.len())].clone();
            self.town.sheets().faults.order(Matcher::path(":append"), Some(1), action);
        }
    }

    /// After a kill: what the dead host has sent is carried out by now or never will be, and the three minutes are over for which the
    /// service itself would leave that open.
    async fn all_is_quiet(&self) {
        if self.into == Into::Google {
            let sheets = self.town.sheets();
            // Connections are taken in order: when this one is answered, none of the dead host's is left to be taken.
            let address = sheets.base_url.trim_start_matches("http://");
            let mut own = tokio::net::TcpStream::connect(address).await.expect("the service listens");
            own.write_all(b"GET /quiet HTTP/1.1\r\nhost: campus\r\nconnection: close\r\n\r\n")
                .await
                .expect("a request");
            own.read_to_end(&mut Vec::new()).await.expect("an answer");
            drop(own);
            sheets.faults.quiet().await;
            three_minutes_pass(&self.house).await;
        }
    }

    /// Lets a host finish what is left, and compares what was said, remembered and done.
    pub(crate) async fn reckon(&mut self) {
        self.town.campus.faults().clear();
        if self.into == Into::Google {
            self.town.sheets().faults.clear();
        }
        let mut host = self.house.serve().await;
        // What was left over from the last host may speak first; by the second line of each, one has begun and ended in this one.
        for _ in 0..2 {
            host.all_of(&["schedule=online run", "schedule=walk run", "schedule=ask run"]).await;
        }
        host.stop_cleanly().await;
        let store = self.house.file("beadle.db");
        reckoning::people_once(&self.presence(), &self.town.online().await);
        reckoning::sheet_is_the_outbox(&store, "sheet:presence", &self.presence()).await;
        let (_, lamps) = csv(&self.house.read("lamps.csv"));
        reckoning::sheet_is_the_outbox(&store, "sheet:lamps", &lamps).await;
        reckoning::rows_of_committed_runs(&store, &lamps).await;
        reckoning::firings(&store, |_| 1).await;
        tables::all_settled(&store).await;
        tables::log_tells_the_records(&store).await;
        tables::log_is_of_committed_runs(&store, Some("walk")).await;
    }

    /// Returns the rows of arrivals as they stand.
    fn presence(&self) -> Vec<Vec<String>> {
        match self.into {
            Into::Csv => csv(&self.house.read("presence.csv")).1,
            Into::Google => self.town.sheets().cells(BOOK, TAB).split_off(1),
        }
    }
}

/// Lets a request that is in doubt be old enough to be sent again: the service's own limit is three minutes.
pub(crate) async fn three_minutes_pass(house: &House) {
    let store = house.file("beadle.db");
    if store.exists() {
        tables::execute(
            &store,
            "UPDATE effect SET sent_at = sent_at - 181000 WHERE sent_at IS NOT NULL;
             UPDATE target SET next_at = next_at - 181000",
        )
        .await;
    }
}
