//! The campus as a process of its own, for measuring and for trying things out by hand.
//!
//! Prints one line of JSON when it serves, and stops on ctrl-c or SIGTERM.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context as _;
use beadle_campus::chat::Discord;
use beadle_campus::school::conferences::{Activity, Calendar};
use beadle_campus::school::courses::Coursework;
use beadle_campus::school::{Pace, Plan, School, rooms_csv, system_clock};
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
    /// Run a Discord too, with a bot, a channel and a role.
    #[arg(long)]
    discord: bool,
    /// In place of conferences by chance: so many, which begin one after the other within so many seconds, the first in half a minute.
    #[arg(long, value_name = "NUMBER,SECONDS", value_parser = conferences)]
    conferences: Option<Conferences>,
    /// Courses with contents: so many courses of so many modules, of ten 2 assignments, 1 quiz, 1 forum with ten discussions, 1 page, 1
    /// link and 4 files. At each SIGUSR1 somebody edits the next modules.
    #[arg(long, value_name = "COURSES,MODULES", value_parser = pair::<usize>)]
    coursework: Option<(usize, usize)>,
    /// How many modules are edited at a SIGUSR1.
    #[arg(long, requires = "coursework", default_value_t = 80)]
    edits: usize,
    /// Write a table of networks and rooms to this file.
    #[arg(long)]
    rooms: Option<PathBuf>,
}

/// The channel of the Discord.
const CHANNEL: &str = "100";

/// The role that may be mentioned there.
const ROLE: &str = "42";

/// How long after the start the first conference begins, in seconds: time enough for a host to have looked.
const FIRST: i64 = 30;

/// The first course of every school.
const COURSE: i64 = 2;

/// How many conferences there are, and within how many seconds they begin.
#[derive(Clone, Copy)]
struct Conferences {
    number: u16,
    seconds: u16,
}

fn conferences(text: &str) -> Result<Conferences, String> {
    pair(text).map(|(number, seconds)| Conferences { number, seconds })
}

/// Reads two numbers.
fn pair<T: FromStr>(text: &str) -> Result<(T, T), String> {
    let wrong = || "two whole numbers are wanted, as in 20,90".to_owned();
    let (first, second) = text.split_once(',').ok_or_else(wrong)?;
    let read = |text: &str| text.trim().parse().map_err(|_| wrong());
    Ok((read(first)?, read(second)?))
}

/// Puts conferences of an hour into the calendar.
fn hold(campus: &Campus, Conferences { number, seconds }: Conferences) {
    let now = system_clock()().div_euclid(1000);
    for one in 0..i64::from(number) {
        let opens = now + FIRST + one * i64::from(seconds) / i64::from(number);
        let (opening, closing) = (Some(opens), Some(opens + 3600));
        let activity = Activity { opening, closing, ..Activity::new(COURSE, format!("Conference {}", one + 1)) };
        campus.moodle().conferences().add(activity);
    }
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
    let school = School::new(&plan);
    let school = match arguments.coursework {
        Some((courses, modules)) => school.with_coursework(&Coursework {
            seed: arguments.seed,
            courses,
            modules,
            assignments: 2,
            quizzes: 1,
            forums: 1,
            pages: 1,
            urls: 1,
            resources: 4,
            discussions: 10,
        }),
        None => school,
    };
    let mut options = Options::of(match arguments.conferences {
        Some(_) => school.with_calendar(Calendar::default()),
        None => school,
    });
    options.listen = arguments.listen;
    options.database = arguments.database;
    options.sheets = arguments.sheets;
    // Registered before anybody is told that the campus serves, so that no signal is lost.
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut editing = signal(SignalKind::user_defined1()).context("cannot listen for SIGUSR1")?;
    let campus = Campus::start(options).await?;
    let discord = match arguments.discord {
        true => Some(Discord::start(system_clock()).await.context("cannot start the Discord of the campus")?),
        false => None,
    };
    if let Some(conferences) = arguments.conferences {
        hold(&campus, conferences);
    }
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
    if let Some(discord) = &discord {
        discord.channel(CHANNEL);
        discord.role(ROLE, true);
        let token = discord.token();
        line["discord"] = json!({ "url": discord.base_url, "token": token, "channel": CHANNEL, "role": ROLE });
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("cannot write to standard output")?;
    drop(out);
    let mut edited = 0;
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted.context("cannot listen for ctrl-c")?;
                break;
            }
            _ = editing.recv() => {
                campus.moodle().coursework().edit_some(edited, arguments.edits);
                edited += arguments.edits;
            }
        }
    }
    campus.stop().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conferences_are_two_numbers() {
        let read = |text| conferences(text).map(|Conferences { number, seconds }| (number, seconds));
        assert_eq!(read("20, 90"), Ok((20, 90)));
        for wrong in ["20", "20,", "a,b", "-1,5", "20,90,1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
