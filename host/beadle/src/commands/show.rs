//! `beadle show`: everything about a run.

use std::time::Duration;

use anstyle::AnsiColor;
use beadle_config::Config;
use beadle_egress::Redactor;
use beadle_engine::Report;
use beadle_plan::RunId;
use beadle_store::{EffectState, EffectView, RunDetail, RunState, Store, TargetState};

use super::outbox;
use crate::cli::{Common, Show};
use crate::exit::{Code, Exit};
use crate::terminal::{paint, plain, say, say_json, table};
use crate::{instant, world};

/// How many effects are listed one by one.
const LISTED: usize = 50;

pub(crate) async fn show(common: &Common, redactor: &Redactor, asked: &Show) -> Result<(), Exit> {
    let config = world::configuration(common)?;
    let store = world::store_to_read(&config, redactor).await?;
    let detail = find(&*store, RunId(asked.run)).await?;
    print(&config, &detail, asked.form.json)
}

pub(crate) async fn find(store: &dyn Store, run: RunId) -> Result<RunDetail, Exit> {
    store.run(run).await?.ok_or_else(|| {
        Exit::new(
            Code::NotFound,
            format!("there is no run {run}; `beadle runs` lists them, old ones are removed after host.keep"),
        )
    })
}

/// Colours the word for how far a run came.
pub(crate) fn state(state: RunState) -> String {
    let colour = match state {
        RunState::Committed | RunState::Dry => AnsiColor::Green,
        RunState::Running => AnsiColor::Cyan,
        RunState::Skipped => AnsiColor::Yellow,
        RunState::Failed | RunState::Lost => AnsiColor::Red,
    };
    paint(state, colour)
}

pub(crate) fn print(config: &Config, detail: &RunDetail, json: bool) -> Result<(), Exit> {
    if json {
        return say_json(detail);
    }
    let zone = &config.host.timezone;
    let run = &detail.run;
    say(format!("run {} · {} · {} · attempt {} · {}", run.id, run.schedule, state(run.state), run.attempt, run.mode));
    say(format!("  due {}, by {}", instant::show(run.instant, zone), run.trigger.word()));
    let took =
        run.ended_at.map_or_else(|| "still under way".to_owned(), |end| instant::took(end.since(run.started_at)));
    say(format!("  began {}, {took}", instant::show(run.started_at, zone)));
    if let Some(sentence) = &run.sentence {
        say(format!("  {}", plain(sentence)));
    }
    if let Some(failure) = &run.failure {
        let kind = run.failure_kind.as_deref().unwrap_or("failed");
        say(format!("  {}: {}", paint(kind, AnsiColor::Red), plain(failure)));
    }
    if let Some(backtrace) = &detail.backtrace {
        for frame in backtrace.lines() {
            say(format!("    {}", plain(frame)));
        }
    }
    if let Some(report) = detail.report.clone().and_then(|report| serde_json::from_value::<Report>(report).ok()) {
        print_report(&report);
    }
    if !detail.log.is_empty() {
        say("log");
        for line in &detail.log {
            say(format!("  {} {}: {}", instant::show(line.at, zone), line.level.word(), plain(&line.message)));
        }
    }
    if !detail.effects.is_empty() {
        print_effects(detail);
    }
    Ok(())
}

/// Colours the word for how far an effect has come. One whose target is held is held with it.
pub(crate) fn effect_state(effect: &EffectView) -> String {
    if effect.kept.as_ref().is_some_and(|kept| kept.state == TargetState::Held) {
        return paint(EffectState::Held, AnsiColor::Red);
    }
    let colour = match effect.state {
        EffectState::Done | EffectState::AlreadyThere => AnsiColor::Green,
        EffectState::Queued | EffectState::Sending | EffectState::Unknown => AnsiColor::Yellow,
        EffectState::Superseded | EffectState::Expired | EffectState::Dropped => AnsiColor::BrightBlack,
        EffectState::Held | EffectState::Invalid | EffectState::Lost => AnsiColor::Red,
    };
    paint(effect.state, colour)
}

fn print_report(report: &Report) {
    let counts: Vec<String> = report.counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    if !counts.is_empty() {
        say(format!("  {}", counts.join(", ")));
    }
    for scope in &report.scopes {
        let held = if scope.held > 0 { format!(", {} losses held back", scope.held) } else { String::new() };
        say(format!(
            "  observed {} of {}: {} differ, {} unchanged{held}",
            scope.scope, scope.collection, scope.changed, scope.unchanged
        ));
    }
    for read in &report.reads {
        let error = read.error.as_ref().map_or_else(String::new, |error| format!(" ({})", plain(error)));
        say(format!("  read {} in {}, {}{error}", read.from, instant::took(read.took), read.size));
    }
    let guest = Duration::from_secs_f64((report.guest_ms / 1_000.0).max(0.0));
    say(format!("  guest {}, {} MiB", instant::took(guest), report.memory.div_ceil(1 << 20)));
}

fn print_effects(detail: &RunDetail) {
    let mut made = table(["no.", "target", "key", "state", "where, or why not"]);
    for effect in detail.effects.iter().take(LISTED) {
        made.add_row([
            effect.number.to_string(),
            effect.target.clone(),
            plain(&effect.key),
            effect_state(effect),
            plain(&outbox::why(effect)),
        ]);
    }
    say(made.to_string());
    if detail.effects.len() > LISTED {
        say(format!("… and {} more; --json lists all", detail.effects.len() - LISTED));
    }
}
