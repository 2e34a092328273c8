//! The contract's functions, on a view of one run.

use std::collections::HashMap;
use std::collections::HashSet;
use std::time::Instant as Timer;

use beadle_plan::{
    Aspect, Change, Clock, Grants, Instant, Kind, LONGEST_KEY, Losses, Observation, Range, Record, Stage, Standing,
    Stored,
};
use beadle_store::{Ledger, ScopeName};
use wasmtime::component::{HasData, Linker};

use crate::grant::{Access, may_read, may_write};

mod generated {
    wasmtime::component::bindgen!({
        path: "../../../wit/ledger",
        world: "uses-ledger",
        imports: { default: async | trappable },
    });
}

use generated::beadle::ledger::ledger as wit;

/// The longest name of a scope, in bytes. A run remembers each scope it looks at, whether there is anything in it or not.
const SCOPE: usize = 500;

/// What a run remembers of the ledger between calls.
#[derive(Debug, Default)]
pub struct LedgerRun {
    /// What stood in each scope when the run first looked. Later looks see the same, so that what the plugin decided is committed
    /// against what it decided from.
    pinned: HashMap<ScopeName, Standing>,
}

impl LedgerRun {
    /// Forgets what was seen, after a checkpoint has moved it.
    pub fn forget(&mut self) {
        self.pinned.clear();
    }
}

/// The ledger as one run sees it.
pub struct LedgerView<'a> {
    /// The plugin's name, to whom its collections belong.
    pub plugin: &'a str,
    /// The run's site; empty where there is none.
    pub site: &'a str,
    /// The collections that the plugin describes.
    pub collections: &'a [String],
    /// What is granted.
    pub grants: &'a Grants,
    /// Where the present is read.
    pub clock: &'a dyn Clock,
    /// What was committed.
    pub store: &'a dyn Ledger,
    /// What the run remembers.
    pub run: &'a mut LedgerRun,
    /// Where observations are staged.
    pub stage: &'a mut Stage,
}

struct HasLedger<T>(std::marker::PhantomData<T>);

impl<T: 'static> HasData for HasLedger<T> {
    type Data<'a> = LedgerView<'a>;
}

/// Adds the interface to a linker; `view` borrows a run's view from the store's data.
///
/// # Errors
/// When the linker has the interface already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> LedgerView<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, HasLedger<T>>(linker, view)
}

impl LedgerView<'_> {
    fn name(&self, access: Access, scope: String) -> Result<ScopeName, wit::Error> {
        if scope.len() > SCOPE {
            return Err(wit::Error::Invalid(format!("the name of a scope is longer than {SCOPE} bytes")));
        }
        if scope.contains('\0') {
            return Err(wit::Error::Invalid(format!("scope {scope:?} holds the character NUL")));
        }
        Ok(ScopeName { plugin: access.plugin, site: self.site.to_owned(), collection: access.collection, scope })
    }

    /// Returns what stood in a scope when this run first looked.
    async fn pinned(&mut self, name: &ScopeName) -> Result<Standing, wit::Error> {
        if let Some(standing) = self.run.pinned.get(name) {
            return Ok(standing.clone());
        }
        let began = Timer::now();
        let answer = self.store.standing(name).await;
        let size = answer.as_ref().map_or(0, |standing| standing.records.len() as u64);
        let error = answer.as_ref().err().map(ToString::to_string);
        self.stage.read(format!("ledger:{}:{}", name.plugin, name.collection), began.elapsed(), size, error);
        let standing = answer.map_err(|error| wit::Error::Unavailable(error.to_string()))?;
        self.run.pinned.insert(name.clone(), standing.clone());
        Ok(standing)
    }

    /// Returns what of a scope stands, with this run's own staging laid over it.
    async fn standing(
        &mut self,
        collection: &str,
        scope: String,
        only: Option<&[String]>,
    ) -> Result<Vec<Stored>, wit::Error> {
        let own = self.collections.iter().map(String::as_str);
        let access = may_read(self.plugin, own, self.grants, collection)
            .map_err(|denial| wit::Error::Denied(denial.to_string()))?;
        let mine = access.plugin == self.plugin;
        let name = self.name(access, scope)?;
        let standing = self.pinned(&name).await?;
        let now = self.clock.now();
        let staged = if mine { self.stage.staged(&name.collection, &name.scope) } else { None };
        let wanted: Option<HashSet<&str>> = only.map(|keys| keys.iter().map(String::as_str).collect());
        let asked = |key: &str| wanted.as_ref().is_none_or(|keys| keys.contains(key));
        let mut found: HashMap<&str, Stored> = standing
            .records
            .iter()
            .filter(|(key, stored)| stored.stands && asked(key))
            .map(|(key, stored)| (key.as_str(), stored.clone()))
            .collect();
        for change in staged.map_or(&[][..], |staged| &staged.changes) {
            match change {
                Change::Put { record, .. } if asked(&record.key) => {
                    let since = found.get(record.key.as_str()).map_or(now, |stored| stored.since);
                    found.insert(&record.key, Stored { record: record.clone(), stands: true, since });
                }
                Change::Lose { key } => {
                    found.remove(key.as_str());
                }
                Change::Put { .. } | Change::Hold { .. } => {}
            }
        }
        Ok(found.into_values().collect())
    }
}

impl wit::Host for LedgerView<'_> {
    async fn observe(
        &mut self,
        observation: wit::Observation,
    ) -> wasmtime::Result<Result<wit::Comparison, wit::Error>> {
        self.stage.call()?;
        let own = self.collections.iter().map(String::as_str);
        let access = match may_write(self.plugin, own, &observation.collection) {
            Ok(access) => access,
            Err(denial) => return Ok(Err(wit::Error::Denied(denial.to_string()))),
        };
        // A large observation takes some ten milliseconds at each step; others get their turn in between.
        tokio::task::yield_now().await;
        let observation = match read_observation(observation) {
            Ok(observation) => observation,
            Err(message) => return Ok(Err(wit::Error::Invalid(message))),
        };
        tokio::task::yield_now().await;
        let name = match self.name(access, observation.scope.clone()) {
            Ok(name) => name,
            Err(error) => return Ok(Err(error)),
        };
        let standing = match self.pinned(&name).await {
            Ok(standing) => standing,
            Err(error) => return Ok(Err(error)),
        };
        let comparison = self.stage.observe(&standing, observation)?;
        tokio::task::yield_now().await;
        Ok(Ok(write_comparison(comparison)))
    }

    async fn get(
        &mut self,
        collection: String,
        scope: String,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<Option<wit::Stored>>, wit::Error>> {
        self.stage.call()?;
        let found = match self.standing(&collection, scope, Some(&keys)).await {
            Ok(found) => found,
            Err(error) => return Ok(Err(error)),
        };
        self.stage.respond(found.iter().map(|stored| stored.record.size()).sum())?;
        let mut found: HashMap<String, Stored> =
            found.into_iter().map(|stored| (stored.record.key.clone(), stored)).collect();
        Ok(Ok(keys.iter().map(|key| found.remove(key).map(write_stored)).collect()))
    }

    async fn list(
        &mut self,
        collection: String,
        scope: String,
    ) -> wasmtime::Result<Result<Vec<wit::Stored>, wit::Error>> {
        self.stage.call()?;
        let mut found = match self.standing(&collection, scope, None).await {
            Ok(found) => found,
            Err(error) => return Ok(Err(error)),
        };
        self.stage.respond(found.iter().map(|stored| stored.record.size()).sum())?;
        found.sort_by(|a, b| a.record.key.cmp(&b.record.key));
        Ok(Ok(found.into_iter().map(write_stored).collect()))
    }
}

/// Reads an observation and refuses what cannot be kept.
fn read_observation(observation: wit::Observation) -> Result<Observation, String> {
    let mut seen = HashSet::with_capacity(observation.records.len());
    for record in &observation.records {
        keepable(&record.key)?;
        if !seen.insert(record.key.as_str()) {
            return Err(format!("key {:?} stands twice in scope {:?}", record.key, observation.scope));
        }
        serde_json::from_str::<serde::de::IgnoredAny>(&record.value)
            .map_err(|error| format!("the value of key {:?} is not JSON: {error}", record.key))?;
        let mut names = HashSet::with_capacity(record.aspects.len());
        if let Some(twice) = record.aspects.iter().find(|aspect| !names.insert(aspect.name.as_str())) {
            return Err(format!("aspect {:?} stands twice in key {:?}", twice.name, record.key));
        }
    }
    let instant = |millis: u64| Instant::from_millis(i64::try_from(millis).unwrap_or(i64::MAX));
    Ok(Observation {
        collection: observation.collection,
        scope: observation.scope,
        range: observation.range.map(|range| Range { from: instant(range.from), until: instant(range.until) }),
        losses: match observation.losses {
            wit::Losses::Guarded => Losses::Guarded,
            wit::Losses::Ordinary => Losses::Ordinary,
        },
        records: observation
            .records
            .into_iter()
            .map(|record| Record {
                key: record.key,
                value: record.value,
                aspects: record
                    .aspects
                    .into_iter()
                    .map(|aspect| Aspect { name: aspect.name, value: aspect.value, shape: aspect.shape })
                    .collect(),
                at: record.at.map(instant),
            })
            .collect(),
    })
}

/// Refuses a key that not every database keeps.
fn keepable(key: &str) -> Result<(), String> {
    if key.contains('\0') {
        return Err(format!("key {key:?} holds the character NUL"));
    }
    if key.len() > LONGEST_KEY {
        let start: String = key.chars().take(40).collect();
        return Err(format!("key {start:?}… is longer than {LONGEST_KEY} bytes"));
    }
    Ok(())
}

fn write_comparison(comparison: beadle_plan::Comparison) -> wit::Comparison {
    wit::Comparison {
        first: comparison.first,
        unchanged: comparison.unchanged,
        held: comparison.held,
        differences: comparison
            .differences
            .into_iter()
            .map(|difference| wit::Difference {
                key: difference.key,
                kind: match difference.kind {
                    Kind::New => wit::Kind::New,
                    Kind::Changed => wit::Kind::Changed,
                    Kind::Refreshed => wit::Kind::Refreshed,
                    Kind::Gone => wit::Kind::Gone,
                    Kind::Back => wit::Kind::Back,
                },
                aspects: difference
                    .aspects
                    .into_iter()
                    .map(|aspect| wit::AspectDifference {
                        name: aspect.name,
                        before: aspect.before,
                        after: aspect.after,
                    })
                    .collect(),
                before: difference.before,
            })
            .collect(),
    }
}

fn write_stored(stored: Stored) -> wit::Stored {
    wit::Stored {
        key: stored.record.key,
        value: stored.record.value,
        aspects: stored
            .record
            .aspects
            .into_iter()
            .map(|aspect| wit::Aspect { name: aspect.name, value: aspect.value, shape: aspect.shape })
            .collect(),
        since: u64::try_from(stored.since.millis()).unwrap_or(0),
    }
}
