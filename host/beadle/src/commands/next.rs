//! `beadle next`: when schedules are due.

use beadle_config::Mode;
use beadle_plan::Instant;
use beadle_schedule::{Mark, jitter};
use jiff::Timestamp;

use super::run;
use crate::cli::{Common, Next};
use crate::exit::Exit;
use crate::terminal::{say, say_json};
use crate::{instant, world};

pub(crate) fn next(common: &Common, asked: &Next) -> Result<(), Exit> {
    let config = world::configuration(common)?;
    let schedules = match &asked.name {
        Some(name) => vec![run::find(&config, name)?],
        None => config.schedules.clone(),
    };
    let mut listed = Vec::new();
    for schedule in &schedules {
        let from = match &asked.from {
            Some(from) => instant::parse_start(from, &schedule.timezone)?,
            None => Timestamp::now(),
        };
        let zone = schedule.timezone.iana_name().unwrap_or("UTC");
        let jitter = jitter(schedule.name.as_str(), schedule.jitter);
        let late = if jitter.is_zero() { String::new() } else { format!(", each {jitter:?} later (jitter)") };
        let mode = match schedule.mode {
            Mode::Live => "",
            Mode::DryRun => ", dry run",
            Mode::Off => ", switched off",
        };
        if !asked.form.json {
            say(format!("{} ({zone}{late}{mode})", schedule.name));
        }
        let mut none = true;
        for coming in schedule.timing.firings(from).take(asked.number as usize) {
            none = false;
            let at = Instant::from(coming.at);
            let blackout = schedule.blackout.covering(coming.at);
            let mark = coming.mark.map(word);
            if asked.form.json {
                listed.push(serde_json::json!({
                    "schedule": schedule.name,
                    "at": coming.at.to_zoned(schedule.timezone.clone()).to_string(),
                    "millis": at.millis(),
                    "mark": mark,
                    "blackout": blackout,
                    "mode": mode.trim_start_matches(", "),
                }));
                continue;
            }
            let civil = coming.at.to_zoned(schedule.timezone.clone()).strftime("%a %Y-%m-%d %H:%M:%S %Z").to_string();
            let mark = mark.map_or_else(String::new, |mark| format!("  ({mark})"));
            let blackout = blackout.map_or_else(String::new, |window| format!("  not run: blackout {window}"));
            say(format!("  {civil}{mark}{blackout}"));
        }
        if none && !asked.form.json {
            say("  never again");
        }
    }
    if asked.form.json { say_json(&listed) } else { Ok(()) }
}

fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::AfterGap => "the clock skips this time; run at the first instant after the gap",
        Mark::FirstOfFold => "this hour comes twice; run in the first",
        Mark::SecondOfFold => "this hour comes twice; run again in the second",
    }
}
