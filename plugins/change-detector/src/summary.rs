//! What a run says at its end.

use std::collections::BTreeMap;

use beadle_sdk::Summary;
use beadle_sdk::catalog::{Comparison, Difference, Kind, Sightings};

/// What was seen and how it differs, counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    scopes: u64,
    items: u64,
    held: u64,
    /// What was there at a first look.
    baseline: u64,
    /// What could not be read.
    pub(crate) failed: u64,
    /// Changes by their kind, as the host names them.
    changes: BTreeMap<String, u64>,
}

impl Tally {
    /// Adds what came of one scope.
    pub(crate) fn add(&mut self, scope: &Sightings, told: &Comparison) {
        self.scopes += 1;
        self.items += scope.items.len() as u64;
        self.held += told.held;
        for difference in &told.differences {
            match difference.kind {
                Kind::New if told.first => self.baseline += 1,
                _ => *self.changes.entry(kind(difference)).or_default() += 1,
            }
        }
    }

    /// Returns what is said.
    pub(crate) fn summary(&self) -> Summary {
        let mut parts = Vec::new();
        let changes = self.changes.iter().filter(|(kind, _)| *kind != "refresh_only");
        parts.extend(changes.map(|(kind, count)| format!("{count} {kind}")));
        if parts.is_empty() {
            parts.push("nothing changed".to_owned());
        }
        if self.baseline > 0 {
            parts.push(format!("{} at a first look", self.baseline));
        }
        if self.held > 0 {
            parts.push(format!("{} that are missing, to be believed if they still are at the next run", self.held));
        }
        if self.failed > 0 {
            parts.push(format!("{} could not be read", self.failed));
        }
        let sentence = format!("{} items in {} scopes: {}", self.items, self.scopes, parts.join(", "));
        let mut summary = Summary::new(sentence)
            .count("items", self.items)
            .count("scopes", self.scopes)
            .count("baseline", self.baseline)
            .count("held", self.held)
            .count("failed", self.failed);
        for (kind, count) in &self.changes {
            summary = summary.count(kind, *count);
        }
        summary
    }
}

/// Names a change as the host's feed does.
fn kind(difference: &Difference) -> String {
    match (difference.kind, difference.aspects.first()) {
        (Kind::New, _) => "new".to_owned(),
        (Kind::Gone, _) => "removed".to_owned(),
        (Kind::Back, _) => "restored".to_owned(),
        (Kind::Refreshed, _) | (Kind::Changed, None) => "refresh_only".to_owned(),
        (Kind::Changed, Some(first)) => {
            let way = match (&first.before, &first.after) {
                (None, _) => "added",
                (_, None) => "removed",
                (Some(_), Some(_)) => "changed",
            };
            format!("{}_{way}", first.name)
        }
    }
}
