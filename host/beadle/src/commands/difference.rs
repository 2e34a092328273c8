//! A dry run's plan, as a difference against what is there now.

use std::fmt::Write as _;

use anstyle::AnsiColor;
use beadle_config::Schedule;
use beadle_engine::{DryRun, Report};
use beadle_plan::{Difference, Instant, Kind, Preview, PreviewMessage, PreviewRow, Previewed};
use jiff::tz::TimeZone;

use crate::exit::Exit;
use crate::instant;
use crate::terminal::{paint, plain, say, say_json};

/// How many rows and records of each kind are listed; the rest is counted.
const LISTED: usize = 20;

pub(crate) fn print(schedule: &Schedule, at: Instant, dry: &DryRun, json: bool) -> Result<(), Exit> {
    if json {
        return say_json(&serde_json::json!({
            "schedule": schedule.name,
            "instant": at,
            "result": match &dry.outcome.result {
                Ok(summary) => serde_json::json!({ "ok": summary }),
                Err(failure) => serde_json::json!({ "failed": failure }),
            },
            "report": Report::of(&dry.outcome, true),
            "log": dry.outcome.log,
            "targets": dry.previews,
        }));
    }
    say(text(schedule, at, dry));
    Ok(())
}

fn text(schedule: &Schedule, at: Instant, dry: &DryRun) -> String {
    let mut text = String::new();
    let head =
        format!("{} · dry run for {} · nothing was written", schedule.name, instant::show(at, &schedule.timezone));
    // Writing into a String cannot fail.
    let _ = writeln!(text, "{}", paint(head, AnsiColor::Cyan));
    let _ = match &dry.outcome.result {
        Ok(summary) => writeln!(text, "{}", plain(&summary.sentence)),
        Err(failure) => {
            writeln!(text, "{}: {}", paint(failure.kind.word(), AnsiColor::Red), plain(&failure.message))
        }
    };
    if let Err(failure) = &dry.outcome.result
        && let Some(backtrace) = &failure.backtrace
    {
        let _ = writeln!(text, "{backtrace}");
    }
    for line in &dry.outcome.log {
        let _ = writeln!(text, "  {}: {}", line.level.word(), plain(&line.message));
    }
    for (collection, scope, seen) in dry.outcome.plan.looks() {
        let name = format!("{scope} of {collection}");
        let first = if seen.first { ", never seen before" } else { "" };
        let held = if seen.held > 0 { format!(", {} losses held back", seen.held) } else { String::new() };
        let _ = writeln!(
            text,
            "\nwould remember {name}: {} differ, {} unchanged{first}{held}",
            seen.differences.len(),
            seen.unchanged
        );
        list(&mut text, &seen.differences, record);
    }
    for preview in &dry.previews {
        target(&mut text, preview, &schedule.timezone);
    }
    if dry.outcome.result.is_ok() && dry.previews.is_empty() {
        let _ = writeln!(text, "\nwould write nothing anywhere");
    }
    let _ = writeln!(text, "\nread");
    list(&mut text, &dry.outcome.reads, |read| {
        let error = read.error.as_ref().map_or_else(String::new, |error| format!("  {}", plain(error)));
        format!("  {:<44} {:>10}  {:>9}{error}", read.from, instant::took(read.took), read.size)
    });
    let _ =
        write!(text, "guest {}, {} MiB", instant::took(dry.outcome.guest_time), dry.outcome.memory.div_ceil(1 << 20));
    text
}

fn target(text: &mut String, preview: &Preview, zone: &TimeZone) {
    match &preview.what {
        Previewed::Rows { columns, rows, twice } => {
            let new = rows.iter().filter(|row| !row.stands).count();
            place(text, preview, &format!("{new} rows"));
            for places in twice {
                let _ = writeln!(text, "  a key stands twice, in {places}; delete one of the rows");
            }
            self::rows(text, columns, rows);
        }
        Previewed::Messages { messages } => {
            let new: Vec<_> = messages.iter().filter(|message| !message.said).collect();
            place(text, preview, &format!("{} messages", new.len()));
            list(text, &new, |message| self::message(message, zone));
            // What was never said need not be taken back.
            let said = messages.iter().filter(|message| message.said && !message.after.is_empty()).count();
            if said > 0 {
                let _ = writeln!(text, "  = {said} stand already, or wait for their time");
            }
        }
    }
}

fn place(text: &mut String, preview: &Preview, what: &str) {
    let _ = writeln!(text, "\nwould write to {} ({}): {what}", preview.target, plain(&preview.place));
    if let Some(problem) = &preview.problem {
        let _ = writeln!(text, "  {} {}", paint("!", AnsiColor::Red), plain(problem));
    }
}

/// Shows what stands under a key beside what would.
pub(super) fn message(message: &PreviewMessage, zone: &TimeZone) -> String {
    let mut text = format!("  {}", plain(&message.key));
    if let Some(at) = message.at.filter(|_| !message.after.is_empty()) {
        let _ = write!(text, ", sent {}", instant::show(at, zone));
    }
    if let Some(until) = message.until.filter(|_| !message.after.is_empty()) {
        let _ = write!(text, ", not after {}", instant::show(until, zone));
    }
    if message.before.is_empty() && message.after.is_empty() {
        text.push_str(", not sent any more");
    }
    text.push('\n');
    for (sign, colour, parts) in [("-", AnsiColor::Red, &message.before), ("+", AnsiColor::Green, &message.after)] {
        for (number, part) in parts.iter().enumerate() {
            if number > 0 {
                let _ = writeln!(text, "  {} ---", paint(sign, colour));
            }
            for line in part.lines() {
                let _ = writeln!(text, "  {} {}", paint(sign, colour), plain(line));
            }
        }
    }
    text
}

fn rows(text: &mut String, columns: &[String], rows: &[PreviewRow]) {
    let new: Vec<_> = rows.iter().filter(|row| !row.stands).collect();
    let stand = rows.len() - new.len();
    if !new.is_empty() {
        let _ = writeln!(text, "    {}", columns.join(" | "));
    }
    list(text, &new, |row| {
        let cells: Vec<String> = row.cells.iter().map(|cell| plain(cell)).collect();
        format!("  {} {}", paint("+", AnsiColor::Green), cells.join(" | "))
    });
    if stand > 0 {
        let _ = writeln!(text, "  = {stand} stand already");
    }
}

fn record(difference: &Difference) -> String {
    let sign = match difference.kind {
        Kind::New | Kind::Back => paint("+", AnsiColor::Green),
        Kind::Changed => paint("~", AnsiColor::Yellow),
        Kind::Refreshed => ".".to_owned(),
        Kind::Gone => paint("-", AnsiColor::Red),
    };
    let aspects: Vec<String> = difference
        .aspects
        .iter()
        .map(|aspect| {
            let side = |value: &Option<String>| value.as_deref().map_or_else(|| "nothing".to_owned(), plain);
            format!("{}: {} → {}", aspect.name, side(&aspect.before), side(&aspect.after))
        })
        .collect();
    format!("  {sign} {} {}", plain(&difference.key), aspects.join(", "))
}

fn list<T>(text: &mut String, items: &[T], line: impl Fn(&T) -> String) {
    for item in items.iter().take(LISTED) {
        let _ = writeln!(text, "{}", line(item).trim_end());
    }
    if items.len() > LISTED {
        let _ = writeln!(text, "  … and {} more", items.len() - LISTED);
    }
}
