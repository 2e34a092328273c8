//! `beadle runs`: what ran, and with `--why-not` what did not.

use std::collections::HashMap;

use beadle_egress::Redactor;
use beadle_plan::{FiringId, ScheduleName};
use beadle_store::{RunFilter, RunState, Store};

use super::{run, show};
use crate::cli::{Common, Runs};
use crate::exit::Exit;
use crate::terminal::{plain, say, say_json, table};
use crate::{instant, world};

pub(crate) async fn runs(common: &Common, redactor: &Redactor, asked: &Runs) -> Result<(), Exit> {
    let config = world::configuration(common)?;
    let store = world::store_to_read(&config, redactor).await?;
    let filter = RunFilter {
        schedule: asked.name.as_deref().map(ScheduleName::from),
        limit: asked.number,
        before: asked.before,
    };
    let zone = &config.host.timezone;
    if asked.why_not {
        let firings = store.not_run(&filter).await?;
        if asked.form.json {
            return say_json(&firings);
        }
        let ended = last_runs(&*store, asked).await?;
        let mut made = table(["firing", "schedule", "due", "how many", "what became of it", "why"]);
        for firing in &firings {
            let due = match firing.first {
                Some(first) => format!("{} to {}", instant::show(first, zone), instant::show(firing.instant, zone)),
                None => instant::show(firing.instant, zone),
            };
            made.add_row([
                firing.id.to_string(),
                firing.schedule.to_string(),
                due,
                firing.stands_for.to_string(),
                // The words of `beadle runs`: a peer that was away skips a run, and nobody has to look for a fault.
                ended.get(&firing.id).map_or_else(|| firing.state.to_string(), ToString::to_string),
                firing.reason.map_or_else(|| "see its runs".to_owned(), |reason| reason.to_string()),
            ]);
        }
        say(if firings.is_empty() { "Every firing ran.".to_owned() } else { made.to_string() });
        return Ok(());
    }
    let runs = store.runs(&filter).await?;
    if asked.form.json {
        return say_json(&runs);
    }
    if runs.is_empty() {
        if let Some(name) = &asked.name {
            // A name that is in the file just has not run yet.
            run::find(&config, name)?;
        }
        say("No runs yet; `beadle next` shows when the first is due.");
        return Ok(());
    }
    let mut made = table(["run", "schedule", "due", "state", "took", "what came of it"]);
    for one in &runs {
        let text = one.sentence.as_deref().or(one.failure.as_deref()).unwrap_or("");
        made.add_row([
            one.id.to_string(),
            one.schedule.to_string(),
            instant::show(one.instant, zone),
            show::state(one.state),
            one.ended_at.map_or_else(String::new, |end| instant::took(end.since(one.started_at))),
            plain(text),
        ]);
    }
    say(made.to_string());
    Ok(())
}

/// Returns how the last run of each firing ended, as far back as is listed.
async fn last_runs(store: &dyn Store, asked: &Runs) -> Result<HashMap<FiringId, RunState>, Exit> {
    let schedule = asked.name.as_deref().map(ScheduleName::from);
    let limit = asked.number.saturating_mul(10).max(500);
    let mut ended = HashMap::new();
    for run in store.runs(&RunFilter { schedule, limit, before: None }).await? {
        // The newest first.
        ended.entry(run.firing).or_insert(run.state);
    }
    Ok(ended)
}
