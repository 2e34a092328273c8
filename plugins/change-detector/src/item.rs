//! An item as this plugin tells of it: what of it matters, in a canonical form.

use beadle_sdk::catalog::{self, Fact, Moment, ReviewState, Sighting};
use beadle_sdk::jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// The number of the normaliser below. Raise it when the same item would get another canonical form.
pub(crate) const SHAPE: u32 = 1;

/// What a source knows of an item. `None` in a field is "it does not say", `Some(None)` "it has none".
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Told {
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    pub(crate) url: Option<Option<String>>,
    /// Where it leads, if it is a link: its own page stays the same.
    pub(crate) leads: Option<String>,
    /// In seconds since 1970-01-01 UTC.
    pub(crate) starts: Option<Option<i64>>,
    /// In seconds since 1970-01-01 UTC.
    pub(crate) due: Option<Option<i64>>,
    /// Why somebody should keep an eye on it.
    pub(crate) watch: Option<&'static str>,
    pub(crate) facts: Vec<Fact>,
}

/// Adds to a sighting what its source tells, and what of it matters.
pub(crate) fn tell(sighting: Sighting, told: Told) -> Sighting {
    let moment =
        |seconds: Option<i64>| seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).map(catalog::at);
    let word = |seconds: Option<i64>| Some(Timestamp::from_second(seconds?).ok()?.to_string());
    let content = content(&told);
    let state = if told.watch.is_some() { ReviewState::Watch } else { ReviewState::None };
    let review = told.watch.map_or_else(|| "none".to_owned(), |reason| format!("watch: {reason}"));
    let mut sighting = sighting
        .title(&told.title)
        .body(told.body.filter(|body| !body.is_empty()))
        .review(state, told.watch)
        .aspect("exam", SHAPE, exam(&told.facts))
        .aspect("review", SHAPE, Some(review))
        .aspect("content", SHAPE, Some(content));
    if let Some(due) = told.due {
        sighting = sighting.due(moment(due)).aspect("deadline", SHAPE, word(due));
    }
    if let Some(starts) = told.starts {
        sighting = sighting.starts(moment(starts)).aspect("schedule", SHAPE, word(starts));
    }
    if let Some(url) = told.url {
        sighting = sighting.url(url);
    }
    sighting.facts(told.facts)
}

/// Returns a digest of what people read: title, text, link and where it leads, in any case and with any blanks.
fn content(told: &Told) -> String {
    let mut digest = Sha256::new();
    // A page of the site is the same page when the site has moved to another address.
    let page = told.url.as_ref().and_then(|url| url.as_deref()).map(path);
    let texts = [Some(told.title.as_str()), told.body.as_deref(), page];
    for text in texts.into_iter().chain(told.leads.as_deref().map(Some)) {
        for word in text.unwrap_or_default().split_whitespace() {
            digest.update(word.to_lowercase());
            digest.update(b" ");
        }
        digest.update(b"\n");
    }
    digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Returns what stands in an address behind its host.
fn path(url: &str) -> &str {
    url.split_once("://").and_then(|(_, rest)| Some(&rest[rest.find('/')?..])).unwrap_or(url)
}

/// Returns when exams are, as far as texts say; none where they say nothing.
fn exam(facts: &[Fact]) -> Option<String> {
    let mut exams: Vec<String> = facts.iter().filter(|fact| fact.kind == "exam_at").filter_map(when).collect();
    exams.sort();
    exams.dedup();
    (!exams.is_empty()).then(|| exams.join(" "))
}

fn when(fact: &Fact) -> Option<String> {
    Some(match fact.when.as_ref()? {
        Moment::At(millis) => Timestamp::from_millisecond(i64::try_from(*millis).ok()?).ok()?.to_string(),
        Moment::Day(day) => day.clone(),
    })
}

/// Makes the fact of a date that Moodle itself gives.
pub(crate) fn date(kind: &str, extractor: &str, seconds: i64) -> Option<Fact> {
    let when = Timestamp::from_second(seconds).ok().map(catalog::at)?;
    Some(Fact {
        kind: kind.to_owned(),
        when: Some(when),
        value: None,
        confidence: 1.0,
        extractor: extractor.to_owned(),
        span: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aspects(told: Told) -> Vec<(String, Option<String>)> {
        let told = tell(Sighting::new("assign/7", "assignment"), told).told();
        told.aspects.into_iter().map(|aspect| (aspect.name, aspect.value)).collect()
    }

    fn value(told: Told, name: &str) -> Option<Option<String>> {
        aspects(told).into_iter().find(|(aspect, _)| aspect == name).map(|(_, value)| value)
    }

    #[test]
    fn what_is_not_said_is_no_aspect_and_what_is_empty_is_one() {
        let silent = Told { title: "Essay".into(), ..Told::default() };
        assert_eq!(value(silent.clone(), "deadline"), None);
        assert_eq!(value(Told { due: Some(None), ..silent.clone() }, "deadline"), Some(None));
        let due = Told { due: Some(Some(1_795_993_140)), ..silent.clone() };
        assert_eq!(value(due, "deadline"), Some(Some("2026-11-29T22:59:00Z".into())));
        assert_eq!(value(silent, "review"), Some(Some("none".into())));
    }

    #[test]
    fn content_is_its_words() {
        let essay = |title: &str, body: &str| Told { title: title.into(), body: Some(body.into()), ..Told::default() };
        let content = |told: Told| value(told, "content").flatten().expect("a digest");
        assert_eq!(content(essay("Essay", "Read  chapter\none.")), content(essay("ESSAY", "read chapter one.")));
        assert_ne!(content(essay("Essay", "Read chapter one.")), content(essay("Essay", "Read chapter two.")));
        assert_ne!(content(essay("Essay one", "")), content(essay("Essay", "one")));
        let link = Told { url: Some(Some("https://school.example/7".into())), ..essay("Essay", "") };
        assert_ne!(content(link.clone()), content(essay("Essay", "")));
        let moved = Told { url: Some(Some("http://new.school.example:8080/7".into())), ..essay("Essay", "") };
        assert_eq!(content(link), content(moved), "the site has another address");
        let leads = |to: &str| Told { leads: Some(to.into()), ..essay("Essay", "") };
        assert_ne!(content(leads("https://a.example")), content(leads("https://b.example")));
    }
}
