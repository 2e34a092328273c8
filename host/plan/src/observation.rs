//! What a plugin saw, and how it differs from what stood there.

use serde::{Deserialize, Serialize};

use crate::Instant;

/// Something about a record that, if it differs, is a change that matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aspect {
    /// Its name.
    pub name: String,
    /// Its value in a canonical form, compared byte by byte.
    pub value: String,
    /// The number of the normaliser that made the value. Values of different shapes are never compared.
    pub shape: u32,
}

/// One keyed thing that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What identifies it within its scope.
    pub key: String,
    /// Everything worth keeping about it, a JSON value as text.
    pub value: String,
    /// What of it matters, the weightiest first.
    pub aspects: Vec<Aspect>,
    /// When it happens, for scopes that carry a time range.
    pub at: Option<Instant>,
}

impl Record {
    /// Returns how many bytes it takes in a plan.
    pub fn size(&self) -> usize {
        self.key.len()
            + self.value.len()
            + self.aspects.iter().map(|aspect| aspect.name.len() + aspect.value.len() + 4).sum::<usize>()
    }
}

/// A stretch of time, from its first instant to before its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The first instant in it.
    pub from: Instant,
    /// The first instant after it.
    pub until: Instant,
}

impl Range {
    /// Tells whether an instant lies in it.
    pub fn covers(&self, at: Instant) -> bool {
        self.from <= at && at < self.until
    }
}

/// What the absence of records means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Losses {
    /// Losing more than half of ten or more records looks like an accident and is held back for one run.
    Guarded,
    /// Losing most records is ordinary here.
    Ordinary,
}

/// Everything that was seen of one scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The plugin's collection.
    pub collection: String,
    /// The part of it that was looked at.
    pub scope: String,
    /// The range of time that was looked at; a record outside it is not missed.
    pub range: Option<Range>,
    /// What an absence means.
    pub losses: Losses,
    /// All records of the scope.
    pub records: Vec<Record>,
}

/// A record that stands, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The record as last seen.
    pub record: Record,
    /// Whether it stands, or is gone.
    pub stands: bool,
    /// When it was first seen, or came back; for one that is gone, when it was missed.
    pub since: Instant,
}

/// How a record stands against the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Never seen before.
    New,
    /// An aspect differs.
    Changed,
    /// Only the value differs, or an aspect has a new shape.
    Refreshed,
    /// It stood, and stands no more.
    Gone,
    /// It was gone, and stands again.
    Back,
}

/// An aspect that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AspectDifference {
    /// Its name.
    pub name: String,
    /// Its value before; none where it was added.
    pub before: Option<String>,
    /// Its value now; none where it was removed.
    pub after: Option<String>,
}

/// A record that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The record's key.
    pub key: String,
    /// How it differs.
    pub kind: Kind,
    /// Which aspects differ, the weightiest first.
    pub aspects: Vec<AspectDifference>,
    /// The value before, where there was one.
    pub before: Option<String>,
}

/// How an observation differs from what stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Whether the scope was never seen before.
    pub first: bool,
    /// How many records are unchanged.
    pub unchanged: u64,
    /// How many losses are held back until the next run says the same.
    pub held: u64,
    /// The records that differ, by key.
    pub differences: Vec<Difference>,
}
