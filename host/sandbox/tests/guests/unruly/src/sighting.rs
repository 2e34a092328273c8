//! What a run can tell of a course.

use beadle_sdk::catalog::Sighting;
use beadle_sdk::jiff::Timestamp;
use beadle_sdk::{Error, Summary, catalog};
use serde::Deserialize;

use crate::Settings;
use crate::collecting::Outcome;

/// All items there are.
pub(crate) fn all_items() -> catalog::Query {
    catalog::Query { keys: Vec::new(), kind: None, course: None, due: None, limit: 100 }
}

/// An item as a test has it told: with an aspect of each date, of whether it is to be watched, and of its words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    key: String,
    title: String,
    #[serde(default)]
    body: Option<String>,
    /// In milliseconds since 1970-01-01 UTC, as the others.
    #[serde(default)]
    published: Option<i64>,
    #[serde(default)]
    starts: Option<i64>,
    #[serde(default)]
    due: Option<i64>,
    #[serde(default)]
    watch: bool,
    #[serde(default)]
    likeness: Option<String>,
    /// Where it is, which is kept and matters to nobody.
    #[serde(default)]
    room: Option<String>,
}

impl Told {
    fn sighting(self) -> Result<Sighting, Error> {
        let moment =
            |millis: Option<i64>| millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()).map(catalog::at);
        let word = |millis: Option<i64>| millis.map(|millis| millis.to_string());
        let state = if self.watch { catalog::ReviewState::Watch } else { catalog::ReviewState::None };
        let words = format!("{} {}", self.title, self.body.as_deref().unwrap_or_default());
        let sighting = Sighting::new(self.key, "assignment")
            .course("course/4")
            .title(self.title)
            .body(self.body)
            .published(moment(self.published))
            .starts(moment(self.starts))
            .due(moment(self.due))
            .review(state, None)
            .aspect("deadline", 1, word(self.due))
            .aspect("schedule", 1, word(self.starts))
            .aspect("review", 1, Some(self.watch.to_string()))
            .aspect("content", 1, Some(words))
            .details(&serde_json::json!({ "room": self.room }))?;
        Ok(match self.likeness {
            Some(likeness) => sighting.likeness(likeness),
            None => sighting,
        })
    }
}

/// Tells of the course that `texts` names: the items in `arguments`, or items by their numbers, `count` of them, all that a source can
/// tell of each.
pub(crate) fn sights(settings: &Settings) -> Outcome {
    let [scope] = &settings.texts[..] else { return Err(Error::Invalid("which scope?".to_owned())) };
    let day = beadle_sdk::jiff::civil::date(2026, 12, 1);
    let shape = settings.shape.max(1);
    let item = |number: u64| {
        let fact = catalog::Fact {
            kind: "exam_at".to_owned(),
            when: Some(catalog::day(day)),
            value: None,
            confidence: 0.7,
            extractor: "unruly".to_owned(),
            span: Some("the exam is on 1 December".to_owned()),
        };
        Sighting::new(format!("assign/{number}"), "assignment")
            .course("course/4")
            .title(format!("Lamp {number}"))
            .body(Some(settings.how.clone()))
            .url(None)
            .due(Some(catalog::day(day)))
            .completion(catalog::Completion::Incomplete)
            .review(catalog::ReviewState::Watch, Some("bright"))
            .facts([fact])
            .aspect("deadline", shape, Some(format!("{day}/{shape}")))
            .aspect("content", shape, Some(format!("{}/{shape}", settings.how)))
            .details(&serde_json::json!({ "number": number }))
    };
    let items: Vec<Sighting> = match settings.arguments.clone() {
        None => (settings.first..settings.first + settings.count).map(item).collect::<Result<_, _>>()?,
        Some(items) => {
            let wrong = |error: serde_json::Error| Error::Invalid(error.to_string());
            let told: Vec<Told> = serde_json::from_value(items).map_err(wrong)?;
            told.into_iter().map(Told::sighting).collect::<Result<_, _>>()?
        }
    };
    let mut seen = catalog::sightings(scope, catalog::Source::Contents, items);
    seen.course = Some("course/4".to_owned());
    let told = catalog::observe(&seen)?;
    let stands = catalog::items(&all_items())?;
    let titles: Vec<&str> = stands.iter().map(|item| item.title.as_str()).collect();
    Ok(Summary::new(format!(
        "first {}, {} differ, {} unchanged, {} held; stood: {}",
        told.first,
        told.differences.len(),
        told.unchanged,
        told.held,
        titles.join(", ")
    )))
}
