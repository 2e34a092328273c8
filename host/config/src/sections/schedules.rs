//! `[[schedule]]`: when which plugin runs, and where.

mod keys;
mod timing;

use std::collections::BTreeMap;
use std::time::Duration;

use beadle_plan::{PluginName, ScheduleName, SiteName, TooLong};
use beadle_schedule::{Blackout, Misfire, Overlap, Timing};
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};
use toml::de::DeValue;

pub(crate) use self::keys::SCHEDULE;
use super::plugins::Plugin;
use super::settings;
use crate::reader::{Item, Reader, Section};
use crate::values;

const DAY: Duration = Duration::from_secs(86_400);

/// What a schedule does when it is due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It runs, and what it plans is made so.
    #[default]
    Live,
    /// It runs and records its plan; nothing is made so.
    DryRun,
    /// It does not run.
    Off,
}

/// A schedule for one site, or for none. One that names several sites stands in the configuration once for each.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Its name: `online`, or `online@north` where the file names several sites.
    pub name: ScheduleName,
    /// Its name in the file.
    pub base: String,
    /// The plugin that runs.
    pub plugin: PluginName,
    /// The site it runs for.
    pub site: Option<SiteName>,
    /// When it is due.
    pub timing: Timing,
    /// Whether it runs.
    pub mode: Mode,
    /// What the plugin is told: a JSON object, the plugin's settings with the schedule's own over them.
    pub settings: Json,
    /// The zone of its cron line, its blackouts and its dates.
    pub timezone: TimeZone,
    /// What happens to a firing that is due while an earlier one still runs.
    pub overlap: Overlap,
    /// What happens to firings that were due while the host was down.
    pub misfire: Misfire,
    /// How late a missed firing may still run.
    pub misfire_window: Duration,
    /// The spread of its own fixed delay.
    pub jitter: Duration,
    /// How long a run may take in all.
    pub timeout: Duration,
    /// How many more attempts a failed run gets.
    pub retries: u32,
    /// When it rests.
    pub blackout: Blackout,
    /// Whether what is seen for the first time is announced; none leaves it to the plugin.
    pub announce_first: Option<bool>,
    /// What becomes of messages that are longer than a channel takes.
    pub too_long: TooLong,
}

/// Reads all schedules; those with several sites become several.
pub(crate) fn read(item: &Item<'_>, plugins: &BTreeMap<PluginName, Plugin>, zone: &TimeZone) -> Vec<Schedule> {
    let DeValue::Array(array) = item.value.get_ref() else {
        item.error("schedule is one table; it takes a list of them".to_owned(), "write: [[schedule]]".to_owned());
        return Vec::new();
    };
    let reader = item.reader;
    let mut schedules: Vec<Schedule> = Vec::new();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for value in array {
        let Some(table) = value.get_ref().as_table() else {
            let message = "schedule holds something else than tables".to_owned();
            reader.error(value.span(), "schedule", message, "write: [[schedule]]".to_owned());
            continue;
        };
        let name = table.get("name").and_then(|name| name.get_ref().as_str()).unwrap_or("?");
        let section = Section::open(reader, format!("schedule[{name}]"), value.span(), table, &SCHEDULE);
        if let Some(item) = section.required("name") {
            check_name(&item, &mut names);
        }
        schedules.extend(schedule(&section, plugins, zone));
    }
    // `online@main` cannot be written as a name, so names stay unique after the split by sites.
    schedules
}

fn check_name(item: &Item<'_>, names: &mut BTreeMap<String, usize>) {
    let Some(name) = item.text() else { return };
    if !values::is_name(name) {
        let message = format!("{name:?} is no name for a schedule: letters, digits, -, _ and . only, at most 64");
        item.error(message, item.write_text(&values::nearest_name(name)));
        return;
    }
    let line = item.reader.source.location(item.value.span()).line;
    if let Some(first) = names.get(name) {
        let free = (2..).map(|number| format!("{name}-{number}")).find(|free| !names.contains_key(free));
        let message = format!("two schedules of one name, {name:?}: the first is on line {first}");
        item.error(message, free.map(|free| item.write_text(&free)));
        return;
    }
    names.insert(name.to_owned(), line);
}

fn schedule(section: &Section<'_>, plugins: &BTreeMap<PluginName, Plugin>, host_zone: &TimeZone) -> Vec<Schedule> {
    let get = |name: &'static str| section.item(name);
    let seconds = Duration::from_secs;
    let plugin = section
        .required("plugin")
        .and_then(|item| item.known("plugin", &section.reader.names.plugins, "plugins"))
        .map(PluginName::from);
    let timezone = get("timezone").map_or_else(|| Some(host_zone.clone()), |item| item.zone());
    let zone = timezone.clone().unwrap_or_else(|| host_zone.clone());
    let timing = section.exactly_one().and_then(|which| timing::read(&section.item(which)?, &zone));
    let own = get("settings").and_then(|item| settings::read(&item)).unwrap_or_default();
    let configured = plugin.as_ref().and_then(|name| plugins.get(name));
    let settings = merged(configured, own);
    let sites = get("sites").map(|item| sites(&item));
    let blackout =
        get("blackout").map_or_else(|| Blackout::parse([], zone.clone()).ok(), |item| timing::blackout(&item, &zone));
    if sites.is_none()
        && !section.is_meant("sites")
        && let Some(plugin) = configured.filter(|plugin| !plugin.grants.moodle.is_empty())
    {
        no_sites(section, plugin);
    }
    let mode = get("mode")
        .and_then(|item| item.choice(&[("live", Mode::Live), ("dry-run", Mode::DryRun), ("off", Mode::Off)]));
    let overlap = get("overlap").and_then(|item| {
        item.choice(&[("skip", Overlap::Skip), ("queue", Overlap::Queue), ("cancel", Overlap::Cancel)])
    });
    let misfire = get("misfire")
        .and_then(|item| item.choice(&[("skip", Misfire::Skip), ("once", Misfire::Once), ("all", Misfire::All)]));
    let misfire_window = get("misfire-window").and_then(|item| item.duration(seconds(1), 30 * DAY));
    let jitter = get("jitter").and_then(|item| item.duration(Duration::ZERO, DAY));
    let timeout = get("timeout").and_then(|item| item.duration(seconds(1), DAY));
    let retries = get("retries").and_then(|item| item.whole());
    let announce_first = get("announce-first").and_then(|item| item.flag());
    let too_long =
        get("too-long").and_then(|item| item.choice(&[("split", TooLong::Split), ("shorten", TooLong::Shorten)]));
    let base = get("name").and_then(|item| item.value.get_ref().as_str());
    let (Some(base), Some(plugin), Some(timing), Some(blackout)) = (base, plugin, timing, blackout) else {
        return Vec::new();
    };
    let make = |name: String, site: Option<SiteName>| Schedule {
        name: name.into(),
        base: base.to_owned(),
        plugin: plugin.clone(),
        site,
        timing: timing.clone(),
        mode: mode.unwrap_or_default(),
        settings: settings.clone(),
        timezone: zone.clone(),
        overlap: overlap.unwrap_or_default(),
        misfire: misfire.unwrap_or_default(),
        misfire_window: misfire_window.unwrap_or(seconds(3_600)),
        jitter: jitter.unwrap_or_default(),
        timeout: timeout.unwrap_or(seconds(120)),
        retries: retries.map_or(0, |retries| retries as u32),
        blackout: blackout.clone(),
        announce_first,
        too_long: too_long.unwrap_or_default(),
    };
    match sites.unwrap_or_default().as_slice() {
        [] => vec![make(base.to_owned(), None)],
        [one] => vec![make(base.to_owned(), Some(one.clone()))],
        several => several.iter().map(|site| make(format!("{base}@{site}"), Some(site.clone()))).collect(),
    }
}

/// Lays a schedule's settings over its plugin's, key by key.
fn merged(plugin: Option<&Plugin>, own: Map<String, Json>) -> Json {
    let mut settings = plugin.map(|plugin| plugin.settings.clone()).unwrap_or_default();
    settings.extend(own);
    Json::Object(settings)
}

fn sites(item: &Item<'_>) -> Vec<SiteName> {
    let mut sites: Vec<SiteName> = Vec::new();
    for item in item.texts().unwrap_or_default() {
        let Some(name) = item.known("site", &item.reader.names.sites, "sites") else { continue };
        if sites.iter().any(|site| site.as_str() == name) {
            item.error(format!("{} names {name:?} twice", item.path), "remove one of them".to_owned());
        } else {
            sites.push(name.into());
        }
    }
    sites
}

/// A plugin that may ask a Moodle, in a schedule that says none, would only be denied.
fn no_sites(section: &Section<'_>, plugin: &Plugin) {
    let reader: &Reader<'_> = section.reader;
    let sites: Vec<String> = reader.names.sites.iter().map(|site| values::quoted(site)).collect();
    let functions = plugin.grants.moodle.len();
    let message = format!(
        "{} names no site, but its plugin is granted {functions} web service function{}",
        section.path,
        if functions == 1 { "" } else { "s" }
    );
    let fix = format!("write: sites = [{}]", sites.join(", "));
    reader.warning(section.span.clone(), &section.path_of("sites"), message, fix);
}
