//! What the plugin observed, compared over time by the host, with values of a type of its own.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::imports::beadle::ledger::ledger as wit;
use crate::error::Error;

pub use wit::{Aspect, AspectDifference, Comparison, Difference, Kind, Losses, Range};

/// A collection whose records carry a `T`. Make it a constant: `const PRESENCE: Collection<Session> = Collection::new("presence");`
#[derive(Debug)]
pub struct Collection<T> {
    name: &'static str,
    value: PhantomData<fn() -> T>,
}

/// Something seen, to be observed.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<T> {
    /// What identifies it within its scope.
    pub key: String,
    /// Everything worth keeping about it.
    pub value: T,
    /// What of it matters, the weightiest first.
    pub aspects: Vec<Aspect>,
    /// When it happens, in milliseconds since 1970-01-01 UTC, for scopes that carry a time range.
    pub at: Option<u64>,
}

/// A record that stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<T> {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: T,
    /// Its aspects.
    pub aspects: Vec<Aspect>,
    /// When it was first seen, or came back, in milliseconds since 1970-01-01 UTC.
    pub since: u64,
}

/// Makes an aspect: its name, the number of the normaliser that made the value, the value in a canonical form.
pub fn aspect(name: &str, shape: u32, value: impl Into<String>) -> Aspect {
    Aspect { name: name.to_owned(), value: value.into(), shape }
}

impl<T: Serialize> Record<T> {
    /// Makes a record without aspects.
    pub fn new(key: impl Into<String>, value: T) -> Self {
        Self { key: key.into(), value, aspects: Vec::new(), at: None }
    }

    /// Adds an aspect, less weighty than those before it.
    #[must_use]
    pub fn aspect(mut self, name: &str, shape: u32, value: impl Into<String>) -> Self {
        self.aspects.push(aspect(name, shape, value));
        self
    }
}

impl<T> Collection<T> {
    /// Names a collection; `plugin:collection` for one of another plugin.
    pub const fn new(name: &'static str) -> Self {
        Self { name, value: PhantomData }
    }
}

impl<T: Serialize> Collection<T> {
    /// Stages everything that was seen of a scope and returns how it differs from what stood there: what is not in `records` is gone.
    ///
    /// # Errors
    /// [`Error::Invalid`] where a key stands twice or the collection is not in the plugin's description.
    pub fn observe(&self, scope: &str, losses: Losses, records: Vec<Record<T>>) -> Result<Comparison, Error> {
        self.observe_range(scope, None, losses, records)
    }

    /// The same for a scope of which only a stretch of time was looked at: a record outside it is not missed.
    ///
    /// # Errors
    /// See [`Collection::observe`].
    pub fn observe_range(
        &self,
        scope: &str,
        range: Option<Range>,
        losses: Losses,
        records: Vec<Record<T>>,
    ) -> Result<Comparison, Error> {
        let records = records.into_iter().map(|record| self.entry(record)).collect::<Result<_, _>>()?;
        Ok(wit::observe(&wit::Observation {
            collection: self.name.to_owned(),
            scope: scope.to_owned(),
            range,
            losses,
            records,
        })?)
    }

    fn entry(&self, record: Record<T>) -> Result<wit::Entry, Error> {
        let value = serde_json::to_string(&record.value)
            .map_err(|error| Error::Invalid(format!("cannot write a record of {}: {error}", self.name)))?;
        Ok(wit::Entry { key: record.key, value, aspects: record.aspects, at: record.at })
    }
}

impl<T: DeserializeOwned> Collection<T> {
    /// Returns all records that stand in a scope, by key.
    ///
    /// # Errors
    /// [`Error::Denied`] for another plugin's collection that is not granted; [`Error::Invalid`] where a value does not fit the type.
    pub fn list(&self, scope: &str) -> Result<Vec<Stored<T>>, Error> {
        wit::list(self.name, scope)?.into_iter().map(|stored| self.stored(stored)).collect()
    }

    /// Returns the records with these keys, in order, none where none stands.
    ///
    /// # Errors
    /// See [`Collection::list`].
    pub fn get(&self, scope: &str, keys: &[String]) -> Result<Vec<Option<Stored<T>>>, Error> {
        wit::get(self.name, scope, keys)?
            .into_iter()
            .map(|stored| stored.map(|stored| self.stored(stored)).transpose())
            .collect()
    }

    fn stored(&self, stored: wit::Stored) -> Result<Stored<T>, Error> {
        let value = serde_json::from_str(&stored.value)
            .map_err(|error| Error::unreadable(&format!("a record of {}", self.name), &error))?;
        Ok(Stored { key: stored.key, value, aspects: stored.aspects, since: stored.since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOMS: Collection<u64> = Collection::new("rooms");

    #[test]
    fn values_go_out_and_come_back_as_json() {
        let entry = ROOMS.entry(Record::new("Lab 1", 8).aspect("count", 1, "8")).expect("a number is JSON");
        assert_eq!((entry.key.as_str(), entry.value.as_str()), ("Lab 1", "8"));
        assert_eq!(entry.aspects, [aspect("count", 1, "8")]);
        let stored = wit::Stored { key: entry.key, value: entry.value, aspects: entry.aspects, since: 5 };
        assert_eq!(ROOMS.stored(stored).expect("the same type").value, 8);
    }

    #[test]
    fn a_record_of_another_type_is_an_error_that_names_the_collection() {
        let stored = wit::Stored { key: "x".into(), value: "\"eight\"".into(), aspects: Vec::new(), since: 0 };
        let error = ROOMS.stored(stored).expect_err("a text is no number");
        assert!(error.to_string().starts_with("cannot read a record of rooms: "), "{error}");
    }
}
