//! conference-watcher: which conferences are coming, and a ping before each begins.
//!
//! The answer is wrong in quiet ways if care is not taken: a conference that ended told as cancelled, one that is moved told as a new
//! one, everything removed because a site was away for a minute. So a run without the calendar is none, what was not seen stays, and why
//! something is gone is found out before it is said. Each run says all messages that shall stand; sending, editing and retrying them is
//! the host's.

mod absence;
mod conference;
mod fetch;
mod message;
mod patterns;
#[cfg(test)]
mod samples;
mod seen;
mod settings;
mod show;
mod step;
mod summary;
mod texts;

use std::collections::BTreeMap;

use beadle_sdk::ledger::{Collection, Losses, Record};
use beadle_sdk::{Collector, Description, Error, Plugin, Summary, chat, info, moodle, run, time, warn};

use absence::Clock;
use conference::Conference;
use fetch::{Looked, Wanted};
use message::millis;
use settings::Settings;
use step::{Step, Terms, step};

/// The plugin.
struct ConferenceWatcher;

/// All conferences that stand, by the numbers of their events.
const CONFERENCES: Collection<Conference> = Collection::new("conferences");
/// What the places of events lead to, by the numbers of the events.
const LOOKED: Collection<Looked> = Collection::new("looked");
/// The scope of both: the run's site.
const SCOPE: &str = "site";

impl Plugin for ConferenceWatcher {
    fn describe() -> Description {
        Description::new(
            "conference-watcher",
            env!("CARGO_PKG_VERSION"),
            "Announces coming conferences in a chat channel, edits what moves, removes what is over or cancelled, and pings before \
             each begins.",
        )
        .settings(include_str!("settings.json"))
        .requires("chat", &[], "to announce conferences and to ping before they begin, in the channel that the settings name")
        .requires(
            "moodle",
            &[fetch::SITE, fetch::EVENTS],
            "to know the account and the site's address, and to read the calendar: one call for all courses",
        )
        .may_use(
            "moodle",
            &[fetch::OWN_COURSES],
            "to know which courses the account is in, and their names; needed unless the settings name the courses",
        )
        .may_use("moodle", &[fetch::COURSES], "to know the names of the courses that the settings name, and which are hidden")
        .may_use("moodle", &[fetch::GROUPS], "to see the events for the account's groups")
        .may_use(
            "moodle",
            &[fetch::ACTIVITIES],
            "to know the names and addresses of BigBlueButton activities, which the calendar does not tell",
        )
        .may_use(
            "moodle",
            &[fetch::MEETING],
            "to know when a BigBlueButton conference closes, and whether one that is gone has ended or is cancelled",
        )
        .may_use(
            "moodle",
            &[fetch::EVENT],
            "to find links in the places of events, and conferences that were moved beyond the horizon",
        )
        .publishes("conferences", "the coming conferences with their times, links and courses")
        .keeps("looked", "which events were asked for one by one, and the addresses in their places")
    }
}

impl Collector for ConferenceWatcher {
    type Settings = Settings;

    fn collect(settings: Settings) -> Result<Summary, Error> {
        let context = run::context();
        let zone = time::zone(&context.timezone)?;
        let (horizon, leads, assume) = (settings.horizon()?, settings.leads()?, settings.assume_duration()?);
        let patterns = settings.patterns()?;
        let before = by_event(CONFERENCES.list(SCOPE)?);
        let mut looked = by_event(LOOKED.list(SCOPE)?);

        let asked = time::now().as_second();
        let wanted = Wanted {
            now: asked,
            horizon,
            assume,
            courses: settings.courses.as_deref(),
            patterns: &patterns,
            language: &context.language,
            granted: &context.granted,
            before: &before,
        };
        let seen = fetch::fetch(&mut moodle::Live, &wanted, &mut looked)?;
        // What closed while the site answered has closed.
        let now = time::now().as_second().max(asked);
        let ahead = moodle::clock_ahead();
        let channels: Vec<String> =
            context.granted.iter().filter_map(|line| line.strip_prefix("chat:")).map(str::to_owned).collect();
        let mut terms = Terms {
            clock: Clock { now, site: now + ahead, horizon: asked + ahead + horizon },
            channel: &settings.channel,
            leads: &leads,
            assume,
            channels: &channels,
            quiet: false,
            texts: texts::of(&context.language),
        };
        let mut outcome = step(&before, &seen, &terms);
        let mut comparison = observe(&outcome)?;
        if comparison.first && context.announce_first == Some(false) {
            terms.quiet = true;
            outcome = step(&before, &seen, &terms);
            comparison = observe(&outcome)?;
        }
        if comparison.held > 0 {
            outcome.hold();
        }
        let places = looked.into_iter().map(|(event, looked)| Record::new(event.to_string(), looked)).collect();
        LOOKED.observe(SCOPE, Losses::Ordinary, places)?;

        stage(&outcome, &settings.channel)?;
        if context.terminal {
            run::show(&show::table(&outcome, &before, &settings.channel, now, &zone));
        }
        Ok(summary::of(&outcome))
    }
}

/// Returns what stands by the numbers of the events.
fn by_event<T>(stored: Vec<beadle_sdk::ledger::Stored<T>>) -> BTreeMap<u64, T> {
    stored.into_iter().filter_map(|stored| Some((stored.key.parse().ok()?, stored.value))).collect()
}

/// Stages what stands. The whole scope is said, not a range of it: a conference beyond the horizon is carried over by this plugin, and
/// is gone only when it says so.
fn observe(outcome: &Step) -> Result<beadle_sdk::ledger::Comparison, Error> {
    let records =
        outcome.records.iter().map(|(&event, standing)| conference::record(event, standing.clone())).collect();
    CONFERENCES.observe(SCOPE, Losses::Guarded, records)
}

/// Stages the messages, and when to look again.
fn stage(outcome: &Step, channel: &str) -> Result<(), Error> {
    for line in &outcome.lines {
        info!("{line}");
    }
    for warning in &outcome.warnings {
        warn!("{warning}");
    }
    for remove in &outcome.removes {
        chat::remove(&remove.channel, &remove.key.to_string())?;
    }
    for put in &outcome.puts {
        let key = put.key.to_string();
        match chat::put(channel, &key, &put.message, put.at.map(millis), put.until.map(millis)) {
            // What somebody wrote into one event must not silence the others.
            Err(Error::Invalid(why)) => warn!("message {key} is left out: {why}"),
            outcome => outcome?,
        }
    }
    for &at in &outcome.wakes {
        run::wake_at(millis(at))?;
    }
    Ok(())
}

beadle_sdk::collector!(ConferenceWatcher);
