//! The campus as a process of its own, for measuring and for trying things out by hand.
//!
//! Prints one line of JSON when it serves, and stops on ctrl-c or SIGTERM.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use beadle_campus::school::{Pace, Plan, School, rooms_csv};
use beadle_campus::{Campus, Options};
use clap::Parser;
use jiff::tz::TimeZone;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

/// A simulated school with its Moodle, for demonstrations, tests and measurements.
#[derive(Parser)]
#[command(name = "beadle-campus", version)]
struct Arguments {
    /// Address and port of the Moodle; port 0 is any free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// How many students have an account.
    #[arg(long, default_value_t = 300)]
    accounts: usize,
    /// For measuring: so many of them are online all the time, and nobody moves.
    #[arg(long, conflicts_with = "compressed")]
    online: Option<usize>,
    /// File of the database, replaced if it is there; a temporary one by default.
    #[arg(long)]
    database: Option<PathBuf>,
    /// Number from which everything that is left to chance follows.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A school day repeats every so many minutes, so that the school is lively at any hour.
    #[arg(long, value_name = "MINUTES", num_args = 0..=1, default_missing_value = "12")]
    compressed: Option<u64>,
    /// Time zone of the school, for days of the real length.
    #[arg(long, default_value = "UTC")]
    timezone: String,
    /// Run a spreadsheet service too.
    #[arg(long)]
    sheets: bool,
    /// Write a table of networks and rooms to this file.
    #[arg(long)]
    rooms: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let pace = match arguments.compressed {
        Some(minutes) => Pace::Compressed { day: Duration::from_secs(minutes.max(2) * 60) },
        None => {
            let zone = TimeZone::get(&arguments.timezone)
                .with_context(|| format!("--timezone {} is not a known time zone", arguments.timezone))?;
            Pace::Real(zone)
        }
    };
    let plan = Plan {
        seed: arguments.seed,
        students: arguments.accounts,
        pace,
        online: arguments.online.map(|online| online.min(arguments.accounts)),
        ..Plan::default()
    };
    let mut options = Options::of(School::new(&plan));
    options.listen = arguments.listen;
    options.database = arguments.database;
    options.sheets = arguments.sheets;
    // Registered before anybody is told that the campus serves, so that no signal is lost.
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let campus = Campus::start(options).await?;
    if let Some(path) = &arguments.rooms {
        let table = rooms_csv(campus.school().rooms());
        std::fs::write(path, table).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let mut line = json!({
        "moodle": campus.moodle_url,
        "token": campus.token,
        "database": campus.database_path,
    });
    if let Some(sheets) = &campus.sheets {
        line["sheets"] = json!(sheets.base_url);
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("cannot write to standard output")?;
    drop(out);
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot listen for ctrl-c")?,
    }
    campus.stop().await;
    Ok(())
}
