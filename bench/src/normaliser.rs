//! What a better normaliser costs, and that it announces nothing: 40,000 items in 80 scopes are looked at, looked at again, and then with a
//! normaliser whose words for every aspect are others.
//!
//!     cargo run --release -p beadle-bench --bin normaliser
//!
//! Prints processor time of the process and the rows of the feed for each look, and how much memory it held at most.

#![expect(clippy::print_stdout, reason = "it prints what it measures")]

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use beadle_artifacts::Content;
use beadle_bench::sandbox;
use beadle_config::{Config, Source};
use beadle_egress::{Egress, Redactor};
use beadle_engine::{Delivery, Engine, Inputs, Options, Setup};
use beadle_plan::{Clock as _, SystemClock};
use beadle_sandbox::{NoAudience, PseudonymKey};
use beadle_store::{Cursor, FeedFilter, SqliteStore, Store};
use rustix::time::{ClockId, clock_gettime};

/// How many scopes there are, and how many items each has.
const SCOPES: usize = 80;
const ITEMS: usize = 500;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("lamps.wasm"), beadle_test_guests::unruly())?;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&folder.path().join("beadle.db")).await?);
    let sandbox = sandbox(Some(&folder.path().join("cache")));
    let mut cursor = Cursor::START;
    let env = |name: &str| (name == "TOKEN").then(|| "0123456789abcdef0123456789abcdef".to_owned());
    for (look, shape) in [("first", 1), ("again", 1), ("with a new shape", 2), ("again", 2)] {
        let source = Source::from_text(folder.path().join("schedules.toml"), configuration(shape));
        let (config, _) = Config::from_source(&source, &env).map_err(|errors| anyhow!("{errors}"))?;
        let inputs = Inputs {
            env: &env,
            sandbox: &sandbox,
            builtins: beadle_builtins::builtin,
            campus: None,
            content: Content::at(folder.path().join("artifacts"), Redactor::new()),
            store: Arc::clone(&store),
            clock: Arc::new(SystemClock),
            key: PseudonymKey::new(&[7; 32]).context("the key is too short")?,
            egress: &Egress::new(beadle_egress::Settings::default())?,
            redactor: &Redactor::new(),
            console: Arc::new(|_: &str| {}),
            before: None,
        };
        let setup = Setup::new(config, inputs).await.map_err(|problems| anyhow!("{problems:?}"))?;
        let setup = Arc::new(setup);
        let began = spent();
        for scope in 0..SCOPES {
            let name = format!("course-{scope}");
            let options = Options {
                store: Arc::clone(&store),
                clock: Arc::new(SystemClock),
                audience: Arc::new(NoAudience),
                holder: "a measurement".to_owned(),
                delivery: Delivery::Live,
                lease: Duration::from_secs(30),
            };
            let engine = Engine::new(options, Arc::clone(&setup)).await?;
            let ended = engine.run_once(&name.as_str().into(), SystemClock.now(), Duration::ZERO).await?;
            let ended = ended.context("it ran before")?;
            let run = store.run(ended.run).await?.context("no such run")?.run;
            ensure!(run.failure.is_none(), "{name}: {:?}", run.failure);
        }
        let took = spent() - began;
        let all = FeedFilter { limit: 100_000, ..FeedFilter::default() };
        let page = store.changes(cursor, &all).await?;
        let told = page.rows.iter().filter(|row| row.meaningful).count();
        println!(
            "{look:<18} {:6.2} s CPU   {:6} rows of the feed, {told} that matter",
            took.as_secs_f64(),
            page.rows.len()
        );
        cursor = page.next;
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(most) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
        println!("at most {} resident", most.trim());
    }
    Ok(())
}

fn configuration(shape: u32) -> String {
    let mut text = String::from(
        "[sites.main]\nurl = \"http://127.0.0.1:9\"\ntoken = { env = \"TOKEN\" }\n
         [plugins.lamps]\nfile = \"lamps.wasm\"\ngrants = { catalog = [\"observe\", \"read\"] }\n",
    );
    for scope in 0..SCOPES {
        text += &format!(
            "\n[[schedule]]\nname = \"course-{scope}\"\nplugin = \"lamps\"\nsites = [\"main\"]\ncron = \"0 0 29 2 *\"\n\
             settings = {{ behaviour = \"sights\", texts = [\"contents/{scope}\"], first = {}, count = {ITEMS}, shape = {shape}, how = \"Read it\" }}\n",
            scope * ITEMS
        );
    }
    text
}

/// Time of the process on a processor.
fn spent() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}
