//! An item from what its sources tell: which of them wins is decided here, once.

use serde::{Deserialize, Serialize};

use super::{Completion, Fact, Moment, Review, Sighting, Source};
use crate::{Aspect, Record};

/// What matters of an item, the weightiest first. Aspects with other names follow in the order in which they are told.
const WEIGHTS: [&str; 5] = ["deadline", "schedule", "exam", "review", "content"];

/// What one source tells of an item.
#[derive(Debug, Clone, Copy)]
pub struct Sighted<'a> {
    /// Who tells.
    pub source: Source,
    /// What it tells.
    pub sighting: &'a Sighting,
}

/// An item as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// What it is: `assignment`, `announcement`, `course`.
    pub kind: String,
    /// The key of its course.
    pub course: Option<String>,
    /// What people call it.
    pub title: String,
    /// Its text.
    pub body: Option<String>,
    /// Where people look at it.
    pub url: Option<String>,
    /// When it was published.
    pub published_at: Option<Moment>,
    /// When it begins or opens.
    pub starts_at: Option<Moment>,
    /// When it is due or closes.
    pub due_at: Option<Moment>,
    /// How far the account has come with it.
    pub completion: Completion,
    /// Whether a person should look at the original.
    pub review: Option<Review>,
    /// What its text or dates say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
    /// What else its sources tell.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub details: serde_json::Map<String, serde_json::Value>,
}

impl Item {
    /// Makes an item from what its sources tell, field by field and aspect by aspect from the most trusted that knows. Returns nothing
    /// where nobody tells of it.
    pub fn derive(sighted: &[Sighted<'_>]) -> Option<(Self, Vec<Aspect>)> {
        let mut ranked = sighted.to_vec();
        // Stable: of two scopes with the same source the first told wins.
        ranked.sort_by_key(|one| one.source);
        let first = ranked.first()?.sighting;
        let known = |field: fn(&Sighting) -> Option<Option<Moment>>| {
            ranked.iter().find_map(|one| field(one.sighting)).flatten()
        };
        let text = |field: fn(&Sighting) -> &Option<Option<String>>| {
            ranked.iter().find_map(|one| field(one.sighting).as_ref()).cloned().flatten()
        };
        let mut details = serde_json::Map::new();
        for (name, value) in ranked.iter().flat_map(|one| &one.sighting.details) {
            details.entry(name).or_insert_with(|| value.clone());
        }
        let mut facts: Vec<Fact> = Vec::new();
        for fact in ranked.iter().flat_map(|one| &one.sighting.facts) {
            if !facts.contains(fact) {
                facts.push(fact.clone());
            }
        }
        let item = Self {
            kind: first.kind.clone(),
            course: ranked.iter().find_map(|one| one.sighting.course.clone()),
            title: ranked.iter().find_map(|one| one.sighting.fields.title.clone()).unwrap_or_default(),
            body: text(|one| &one.fields.body),
            url: text(|one| &one.fields.url),
            published_at: known(|one| one.fields.published_at),
            starts_at: known(|one| one.fields.starts_at),
            due_at: known(|one| one.fields.due_at),
            completion: ranked.iter().find_map(|one| one.sighting.fields.completion).unwrap_or(Completion::Unknown),
            review: ranked.iter().find_map(|one| one.sighting.fields.review.clone()),
            facts,
            details,
        };
        Some((item, aspects(&ranked)))
    }

    /// Returns the record under which it is kept and compared.
    pub fn record(&self, key: String, aspects: Vec<Aspect>) -> Record {
        Record { key, value: serde_json::to_string(self).unwrap_or_default(), aspects, at: None }
    }
}

/// Returns the shape of an aspect that a source tells. Two sources word one thing in two ways: when a more trusted one begins to tell of
/// an item, that is another normaliser and no change.
fn shape(source: Source, shape: u32) -> u32 {
    shape.saturating_mul(Source::ALL.len() as u32).saturating_add(source as u32)
}

fn aspects(ranked: &[Sighted<'_>]) -> Vec<Aspect> {
    let mut found = Vec::new();
    let mut known = Vec::new();
    for (source, aspect) in ranked.iter().flat_map(|one| one.sighting.aspects.iter().map(|aspect| (one.source, aspect)))
    {
        if known.contains(&aspect.name.as_str()) {
            continue;
        }
        known.push(aspect.name.as_str());
        if let Some(value) = &aspect.value {
            found.push(Aspect { name: aspect.name.clone(), value: value.clone(), shape: shape(source, aspect.shape) });
        }
    }
    let weight = |aspect: &Aspect| WEIGHTS.iter().position(|name| *name == aspect.name).unwrap_or(WEIGHTS.len());
    found.sort_by_key(weight);
    found
}
