//! Comparing what was sighted with what a scope held: what is to be written, what is missed, and what only has another key.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::Sightings;
use crate::Instant;
use crate::compare::is_suspicious;

/// How a sighting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standpoint {
    /// Its scope holds it.
    Stands,
    /// Its scope held it when it was last looked at; since then a primary source has dropped the item.
    Doubted,
    /// Its scope has dropped it.
    Gone,
}

impl Standpoint {
    /// Returns the word under which the store keeps it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stands => "stands",
            Self::Doubted => "doubted",
            Self::Gone => "gone",
        }
    }

    /// Returns the standpoint of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Stands, Self::Doubted, Self::Gone].into_iter().find(|standpoint| standpoint.word() == word)
    }
}

/// What the store knows of a sighting without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The digest of what was sighted last.
    pub digest: String,
    /// How it stands.
    pub standpoint: Standpoint,
    /// Whether its loss was seen once and held back.
    pub held: bool,
    /// When it happens.
    pub at: Option<Instant>,
    /// By which a renewed key is recognised.
    pub likeness: Option<String>,
    /// What of the scope it belongs to.
    pub group: Option<String>,
}

/// What a look at a scope changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sifted {
    /// Which of the sightings differ from what is known, by their place.
    pub puts: Vec<usize>,
    /// The keys of those that the scope has told before.
    pub again: BTreeSet<String>,
    /// Keys that were renewed: the old one and the new one, which is among the puts.
    pub renewed: Vec<(String, String)>,
    /// Keys that the scope has dropped.
    pub lost: Vec<String>,
    /// Keys that are missed, and the loss is held back for one look.
    pub held: Vec<String>,
    /// How many are as they were.
    pub unchanged: u64,
    /// Whether the same sightings would change nothing: all that the scope holds was seen, or lies in the past.
    pub settled: bool,
}

impl Sifted {
    /// Tells whether the scope is another than before.
    pub fn moves(&self) -> bool {
        !(self.puts.is_empty() && self.lost.is_empty() && self.held.is_empty())
    }
}

/// Compares what was sighted with what is known of the scope.
pub fn sift(known: &HashMap<String, Known>, seen: &Sightings) -> Sifted {
    let mut sifted = Sifted::default();
    let mut present = HashSet::with_capacity(seen.items.len());
    let mut appeared: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (place, item) in seen.items.iter().enumerate() {
        let key = item.sighting.key.as_str();
        present.insert(key);
        match known.get(key) {
            Some(known) if known.standpoint == Standpoint::Stands && !known.held && known.digest == item.digest => {
                sifted.unchanged += 1;
                continue;
            }
            Some(_) => {
                sifted.again.insert(key.to_owned());
            }
            None => {
                if let Some(likeness) = item.sighting.likeness.as_deref() {
                    appeared.entry(likeness).or_default().push(key);
                }
            }
        }
        sifted.puts.push(place);
    }
    let holds = |known: &Known| known.standpoint != Standpoint::Gone;
    let absent = known.iter().filter(|(key, known)| holds(known) && !present.contains(key.as_str()));
    let past = |known: &Known| seen.range.is_some_and(|range| known.at.is_some_and(|at| at < range.from));
    let mut absent: Vec<(&str, &Known)> = absent.map(|(key, known)| (key.as_str(), known)).collect();
    absent.retain(|(_, known)| !past(known));
    // By key, so that one of several that look alike is always paired with the same.
    absent.sort_unstable_by_key(|(key, _)| *key);
    let all = absent.len();
    let sure = |known: &Known| {
        let read = known.group.as_ref().is_none_or(|group| !seen.unsure.contains(group));
        let inside = seen.range.is_none_or(|range| known.at.is_some_and(|at| range.covers(at)));
        seen.complete && read && inside
    };
    absent.retain(|(_, known)| sure(known));
    let mut missed = Vec::new();
    for list in appeared.values_mut() {
        list.sort_unstable_by(|a, b| b.cmp(a));
    }
    for (key, known) in absent {
        let renewed = known.likeness.as_deref().and_then(|likeness| appeared.get_mut(likeness)?.pop());
        match renewed {
            Some(new) => sifted.renewed.push((key.to_owned(), new.to_owned())),
            None => missed.push((key, known)),
        }
    }
    let inside = |known: &Known| seen.range.is_none_or(|range| known.at.is_some_and(|at| range.covers(at)));
    let stood = known.values().filter(|known| holds(known) && inside(known)).count();
    let suspicious = is_suspicious(seen.losses, stood, missed.len());
    for (key, known) in missed {
        let list = if suspicious && !known.held { &mut sifted.held } else { &mut sifted.lost };
        list.push(key.to_owned());
    }
    sifted.settled = all == sifted.renewed.len() + sifted.lost.len();
    sifted
}
