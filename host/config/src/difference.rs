//! What an edit changed, for a host that takes it over while it runs.

use std::collections::{BTreeMap, BTreeSet};

use beadle_plan::ScheduleName;

use crate::config::Config;
use crate::sections::Schedule;

/// What differs between two configurations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Schedules that are new.
    pub added: BTreeSet<ScheduleName>,
    /// Schedules that are gone.
    pub removed: BTreeSet<ScheduleName>,
    /// Schedules that differ, in themselves or in anything they use: plugin, mapper, site, databases, sheets, chats.
    pub changed: BTreeSet<ScheduleName>,
    /// Keys of the host itself whose new values count from now on: `host.runs`.
    pub settings: Vec<&'static str>,
    /// Keys whose new values are taken over only by a new start: `host.store`.
    pub restart: Vec<&'static str>,
}

impl Difference {
    /// Whether the edit changed nothing: a comment, an order, a blank.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Config {
    /// Returns what a newer configuration changes.
    pub fn difference(&self, newer: &Self) -> Difference {
        let (old, new) = (self.by_name(), newer.by_name());
        let only = |some: &BTreeMap<_, _>, others: &BTreeMap<_, _>| {
            some.keys().filter(|name| !others.contains_key(*name)).map(|&name| ScheduleName::clone(name)).collect()
        };
        let changed = old.iter().filter(|(name, before)| {
            new.get(*name).is_some_and(|after| *before != after || self.used_by(before) != newer.used_by(after))
        });
        let differing =
            |keys: &[(&'static str, bool)]| keys.iter().filter(|(_, differs)| *differs).map(|(key, _)| *key).collect();
        let settings = differing(&[
            ("host.timezone", self.host.timezone != newer.host.timezone),
            ("host.language", self.host.language != newer.host.language),
            ("host.runs", self.host.runs != newer.host.runs),
            ("host.keep", self.host.keep != newer.host.keep),
            ("host.grace", self.host.grace != newer.host.grace),
        ]);
        let restart = differing(&[
            ("host.store", self.host.store != newer.host.store),
            ("host.artifacts", self.host.artifacts != newer.host.artifacts),
            ("host.cache", self.host.cache != newer.host.cache),
            ("host.key", self.host.key != newer.host.key),
            ("host.lease", self.host.lease != newer.host.lease),
            ("campus", self.campus != newer.campus),
        ]);
        Difference {
            added: only(&new, &old),
            removed: only(&old, &new),
            changed: changed.map(|(&name, _)| name.clone()).collect(),
            settings,
            restart,
        }
    }

    fn by_name(&self) -> BTreeMap<&ScheduleName, &Schedule> {
        self.schedules.iter().map(|schedule| (&schedule.name, schedule)).collect()
    }

    /// Collects what a schedule's runs depend on besides the schedule itself.
    fn used_by(&self, schedule: &Schedule) -> impl PartialEq {
        let plugin = self.plugins.get(&schedule.plugin);
        let mapper = plugin.and_then(|plugin| plugin.mapper.as_ref()).and_then(|name| self.plugins.get(name));
        let grants = plugin.map(|plugin| &plugin.grants);
        let databases =
            grants.map(|grants| grants.db.iter().map(|name| self.databases.get(name).cloned()).collect::<Vec<_>>());
        let sheets = grants.map(|grants| {
            let names = grants.sheets.iter().map(|grant| grant.split(':').next().unwrap_or(grant));
            names.map(|name| self.sheets.get(&name.into()).cloned()).collect::<Vec<_>>()
        });
        let chats = grants.map(|grants| {
            grants.chat.iter().map(|name| self.chats.get(&name.as_str().into()).cloned()).collect::<Vec<_>>()
        });
        let site = schedule.site.as_ref().and_then(|site| self.sites.get(site));
        (plugin.cloned(), mapper.cloned(), site.cloned(), databases, sheets, chats, self.host.language)
    }
}
