//! The contract's records as the host knows them, and back.

use beadle_plan::catalog::{
    Completion, Fact, Fields, Kept, Moment, Review, ReviewState, SightedAspect, Sighting, Sightings, Source,
};
use beadle_plan::{Comparison, Instant, Kind, Losses, Range};
use beadle_store::{CatalogItem, ItemFilter};

use super::wit;

type Details = serde_json::Map<String, serde_json::Value>;

fn instant(millis: u64) -> Instant {
    Instant::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

fn range(range: wit::Range) -> Range {
    Range { from: instant(range.from), until: instant(range.until) }
}

fn moment(moment: wit::Moment) -> Result<Moment, String> {
    match moment {
        wit::Moment::At(millis) => Ok(Moment::At(instant(millis))),
        wit::Moment::Day(day) => match day.parse() {
            Ok(date) => Ok(Moment::Day(date)),
            Err(_) => Err(format!("{day:?} is no day; write it as 2026-12-01")),
        },
    }
}

pub(super) fn sightings(sightings: wit::Sightings) -> Result<Sightings, String> {
    let items = sightings.items.into_iter().map(|item| sighting(item).map(Kept::from));
    Ok(Sightings {
        scope: sightings.scope,
        course: sightings.course,
        source: match sightings.source {
            wit::Source::Service => Source::Service,
            wit::Source::Contents => Source::Contents,
            wit::Source::Gradebook => Source::Gradebook,
            wit::Source::Calendar => Source::Calendar,
            wit::Source::Text => Source::Text,
        },
        complete: sightings.complete,
        unsure: sightings.unsure,
        range: sightings.range.map(range),
        losses: match sightings.losses {
            wit::Losses::Guarded => Losses::Guarded,
            wit::Losses::Ordinary => Losses::Ordinary,
        },
        items: items.collect::<Result<_, _>>()?,
    })
}

fn sighting(sighting: wit::Sighting) -> Result<Sighting, String> {
    let key = sighting.key;
    let wrong = |what: String| format!("key {key:?}: {what}");
    let tells = |flag: wit::SpeaksOf| sighting.tells.contains(flag);
    let when = |told: Option<wit::Moment>| told.map(moment).transpose().map_err(wrong);
    let details: Details = match sighting.details.as_str() {
        "" => Details::new(),
        text => {
            serde_json::from_str(text).map_err(|error| wrong(format!("its details are no JSON object: {error}")))?
        }
    };
    let fields = Fields {
        title: sighting.title,
        body: tells(wit::SpeaksOf::BODY).then_some(sighting.body),
        url: tells(wit::SpeaksOf::URL).then_some(sighting.url),
        published_at: tells(wit::SpeaksOf::PUBLISHED).then_some(when(sighting.published)?),
        starts_at: tells(wit::SpeaksOf::STARTS).then_some(when(sighting.starts)?),
        due_at: tells(wit::SpeaksOf::DUE).then_some(when(sighting.due)?),
        completion: sighting.completion.map(completion),
        review: sighting.review.map(review),
    };
    let facts: Result<Vec<Fact>, String> = sighting.facts.into_iter().map(|one| fact(one).map_err(wrong)).collect();
    let facts = facts?;
    Ok(Sighting {
        kind: sighting.kind,
        course: sighting.course,
        fields,
        facts,
        details,
        aspects: sighting
            .aspects
            .into_iter()
            .map(|aspect| SightedAspect { name: aspect.name, value: aspect.value, shape: aspect.shape })
            .collect(),
        likeness: sighting.likeness,
        group: sighting.group,
        at: sighting.at.map(instant),
        key,
    })
}

fn fact(fact: wit::Fact) -> Result<Fact, String> {
    if !(0.0..=1.0).contains(&fact.confidence) {
        return Err(format!("a fact's confidence is {}; it goes from 0 to 1", fact.confidence));
    }
    Ok(Fact {
        kind: fact.kind,
        when: fact.when.map(moment).transpose()?,
        value: fact.value,
        confidence: fact.confidence,
        extractor: fact.extractor,
        span: fact.span,
    })
}

fn completion(completion: wit::Completion) -> Completion {
    match completion {
        wit::Completion::Unknown => Completion::Unknown,
        wit::Completion::Incomplete => Completion::Incomplete,
        wit::Completion::Completed => Completion::Completed,
    }
}

fn review(review: wit::Review) -> Review {
    let state = match review.state {
        wit::ReviewState::None => ReviewState::None,
        wit::ReviewState::Watch => ReviewState::Watch,
        wit::ReviewState::NeedsReview => ReviewState::NeedsReview,
    };
    Review { state, reason: review.reason }
}

pub(super) fn comparison(comparison: &Comparison) -> wit::Comparison {
    let difference = |difference: &beadle_plan::Difference| wit::Difference {
        key: difference.key.clone(),
        kind: match difference.kind {
            Kind::New => wit::Kind::New,
            Kind::Changed => wit::Kind::Changed,
            Kind::Refreshed => wit::Kind::Refreshed,
            Kind::Gone => wit::Kind::Gone,
            Kind::Back => wit::Kind::Back,
        },
        aspects: difference
            .aspects
            .iter()
            .map(|aspect| wit::AspectDifference {
                name: aspect.name.clone(),
                before: aspect.before.clone(),
                after: aspect.after.clone(),
            })
            .collect(),
    };
    wit::Comparison {
        first: comparison.first,
        unchanged: comparison.unchanged,
        held: comparison.held,
        differences: comparison.differences.iter().map(difference).collect(),
    }
}

pub(super) fn filter(query: wit::Query) -> ItemFilter {
    ItemFilter {
        keys: query.keys,
        kind: query.kind,
        course: query.course,
        due: query.due.map(range),
        limit: query.limit,
    }
}

fn told(moment: Moment) -> wit::Moment {
    match moment {
        Moment::At(at) => wit::Moment::At(u64::try_from(at.millis()).unwrap_or(0)),
        Moment::Day(day) => wit::Moment::Day(day.to_string()),
    }
}

pub(super) fn item(stands: CatalogItem) -> wit::Item {
    let CatalogItem { key, item } = stands;
    wit::Item {
        key,
        kind: item.kind,
        course: item.course,
        title: item.title,
        body: item.body,
        url: item.url,
        published: item.published_at.map(told),
        starts: item.starts_at.map(told),
        due: item.due_at.map(told),
        completion: match item.completion {
            Completion::Unknown => wit::Completion::Unknown,
            Completion::Incomplete => wit::Completion::Incomplete,
            Completion::Completed => wit::Completion::Completed,
        },
        review: item.review.map(|review| wit::Review {
            state: match review.state {
                ReviewState::None => wit::ReviewState::None,
                ReviewState::Watch => wit::ReviewState::Watch,
                ReviewState::NeedsReview => wit::ReviewState::NeedsReview,
            },
            reason: review.reason,
        }),
        facts: item
            .facts
            .into_iter()
            .map(|fact| wit::Fact {
                kind: fact.kind,
                when: fact.when.map(told),
                value: fact.value,
                confidence: fact.confidence,
                extractor: fact.extractor,
                span: fact.span,
            })
            .collect(),
        details: match item.details.is_empty() {
            true => String::new(),
            false => serde_json::Value::Object(item.details).to_string(),
        },
    }
}

/// Returns how many bytes of text an item takes.
pub(super) fn size(item: &wit::Item) -> usize {
    let texts = [
        Some(&item.key),
        Some(&item.kind),
        Some(&item.title),
        item.body.as_ref(),
        item.url.as_ref(),
        Some(&item.details),
    ];
    texts.into_iter().flatten().map(String::len).sum()
}
