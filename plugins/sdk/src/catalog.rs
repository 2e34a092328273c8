//! What a Moodle holds, as the plugin sighted it: courses and the items in them, remembered and compared by the host.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::bindings::imports::beadle::catalog::catalog as wit;
use crate::error::Error;

pub use wit::{
    Comparison, Completion, Difference, Fact, Item, Kind, Losses, Moment, Query, Range, Review, ReviewState, Sightings,
    Source, SpeaksOf,
};

/// Returns the moment of an instant. Before 1970 it is the first of 1970.
pub fn at(instant: Timestamp) -> Moment {
    Moment::At(u64::try_from(instant.as_millisecond()).unwrap_or(0))
}

/// Returns the moment of a day whose hour nobody told.
pub fn day(date: Date) -> Moment {
    Moment::Day(date.to_string())
}

/// What was sighted of one item, told field by field: a field that is not told, this source knows nothing of.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting(wit::Sighting);

impl Sighting {
    /// Begins with what identifies it on its site, and what it is.
    pub fn new(key: impl Into<String>, kind: &str) -> Self {
        Self(wit::Sighting {
            key: key.into(),
            kind: kind.to_owned(),
            course: None,
            tells: SpeaksOf::empty(),
            title: None,
            body: None,
            url: None,
            published: None,
            starts: None,
            due: None,
            completion: None,
            review: None,
            facts: Vec::new(),
            details: String::new(),
            aspects: Vec::new(),
            likeness: None,
            group: None,
            at: None,
        })
    }

    /// Tells the key of its course.
    #[must_use]
    pub fn course(mut self, key: impl Into<String>) -> Self {
        self.0.course = Some(key.into());
        self
    }

    /// Tells what people call it.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.0.title = Some(title.into());
        self
    }

    /// Tells its text, or that it has none.
    #[must_use]
    pub fn body(mut self, body: Option<String>) -> Self {
        self.0.tells = self.0.tells | SpeaksOf::BODY;
        self.0.body = body;
        self
    }

    /// Tells where people look at it, or that they cannot.
    #[must_use]
    pub fn url(mut self, url: Option<String>) -> Self {
        self.0.tells = self.0.tells | SpeaksOf::URL;
        self.0.url = url;
        self
    }

    /// Tells when it was published, or that it never was.
    #[must_use]
    pub fn published(mut self, moment: Option<Moment>) -> Self {
        self.0.tells = self.0.tells | SpeaksOf::PUBLISHED;
        self.0.published = moment;
        self
    }

    /// Tells when it begins or opens, or that it has no beginning.
    #[must_use]
    pub fn starts(mut self, moment: Option<Moment>) -> Self {
        self.0.tells = self.0.tells | SpeaksOf::STARTS;
        self.0.starts = moment;
        self
    }

    /// Tells when it is due or closes, or that it never is.
    #[must_use]
    pub fn due(mut self, moment: Option<Moment>) -> Self {
        self.0.tells = self.0.tells | SpeaksOf::DUE;
        self.0.due = moment;
        self
    }

    /// Tells how far the account has come with it.
    #[must_use]
    pub fn completion(mut self, completion: Completion) -> Self {
        self.0.completion = Some(completion);
        self
    }

    /// Tells whether a person should look at the original, and why.
    #[must_use]
    pub fn review(mut self, state: ReviewState, reason: Option<&str>) -> Self {
        self.0.review = Some(Review { state, reason: reason.map(str::to_owned) });
        self
    }

    /// Adds what its text or dates say.
    #[must_use]
    pub fn facts(mut self, facts: impl IntoIterator<Item = Fact>) -> Self {
        self.0.facts.extend(facts);
        self
    }

    /// Keeps what else the source tells: something that JSON writes as an object.
    ///
    /// # Errors
    /// [`Error::Invalid`] where JSON cannot write it.
    pub fn details(mut self, details: &impl Serialize) -> Result<Self, Error> {
        self.0.details = serde_json::to_string(details)
            .map_err(|error| Error::Invalid(format!("cannot write the details of {}: {error}", self.0.key)))?;
        Ok(self)
    }

    /// Tells something that, if it differs, is a change that matters: its name, the number of the normaliser that made the value, and
    /// the value, or that there is none.
    #[must_use]
    pub fn aspect(mut self, name: &str, shape: u32, value: Option<String>) -> Self {
        self.0.aspects.push(wit::Aspect { name: name.to_owned(), value, shape });
        self
    }

    /// Tells by what it is recognised when its number was renewed.
    #[must_use]
    pub fn likeness(mut self, likeness: impl Into<String>) -> Self {
        self.0.likeness = Some(likeness.into());
        self
    }

    /// Tells what of the scope it belongs to, so that a part that could not be read can be named.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.0.group = Some(group.into());
        self
    }

    /// Tells when it happens, for scopes that carry a time range.
    #[must_use]
    pub fn happens(mut self, instant: Timestamp) -> Self {
        self.0.at = Some(u64::try_from(instant.as_millisecond()).unwrap_or(0));
        self
    }

    /// Returns it as the contract has it.
    pub fn told(self) -> wit::Sighting {
        self.0
    }
}

/// Begins what was sighted in a scope, `PART/…`: by whom, all of it, with great losses taken for an accident.
pub fn sightings(scope: impl Into<String>, source: Source, items: impl IntoIterator<Item = Sighting>) -> Sightings {
    Sightings {
        scope: scope.into(),
        course: None,
        source,
        complete: true,
        unsure: Vec::new(),
        range: None,
        losses: Losses::Guarded,
        items: items.into_iter().map(Sighting::told).collect(),
    }
}

/// Stages what was sighted in a scope and returns how the items differ.
///
/// # Errors
/// [`Error::Denied`] where it is not granted or the scope is another plugin's; [`Error::Invalid`] where a key stands twice.
pub fn observe(sightings: &Sightings) -> Result<Comparison, Error> {
    let none = || Err(Error::Unavailable("the host gave no answer".to_owned()));
    observe_all(std::slice::from_ref(sightings)).pop().unwrap_or_else(none)
}

/// Stages what was sighted in several scopes and returns for each, in their order, how the items differ or why it was refused, as
/// [`observe`] does. Dozens at once cost little more than one.
pub fn observe_all(scopes: &[Sightings]) -> Vec<Result<Comparison, Error>> {
    wit::observe(scopes).into_iter().map(|told| Ok(told?)).collect()
}

/// Returns items of the run's site as committed.
///
/// # Errors
/// [`Error::Denied`] where it is not granted.
pub fn items(query: &Query) -> Result<Vec<Item>, Error> {
    Ok(wit::items(query)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_told_apart_from_what_is_not_known() {
        let told = Sighting::new("assign/7", "assignment").due(None).body(Some("Read".to_owned())).told();
        assert_eq!(told.tells, SpeaksOf::DUE | SpeaksOf::BODY);
        assert_eq!((told.due, told.body.as_deref(), told.starts), (None, Some("Read"), None));
        let day = day(jiff::civil::date(2026, 12, 1));
        assert_eq!(day, Moment::Day("2026-12-01".to_owned()));
        assert_eq!(at(Timestamp::from_second(5).expect("an instant")), Moment::At(5_000));
    }
}
