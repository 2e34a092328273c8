//! The contract's functions, on a view of one run.

mod convert;

use std::collections::{HashMap, HashSet};
use std::time::Instant as Timer;

use beadle_plan::catalog::{Known, Sifted, Sightings, sift};
use beadle_plan::{Grants, LONGEST_KEY, Stage, StagedSightings};
use beadle_store::{Catalog, CatalogScope, StoreError};
use wasmtime::component::{HasData, Linker};

use crate::grant::{Right, may};

mod generated {
    wasmtime::component::bindgen!({
        path: "../../../wit/catalog",
        world: "uses-catalog",
        imports: { default: async | trappable },
    });
}

use generated::beadle::catalog::catalog as wit;

/// The longest name of a scope, in bytes.
const SCOPE: usize = 500;

/// The most items that are returned at once.
const MOST: u32 = 10_000;

/// What a run remembers of the catalog between calls.
#[derive(Debug, Default)]
pub struct CatalogRun {
    /// What was known of each scope when the run first looked, so that what it said is committed against what it was compared with.
    pinned: HashMap<String, CatalogScope>,
}

impl CatalogRun {
    /// Forgets what was known, after a checkpoint has moved it.
    pub fn forget(&mut self) {
        self.pinned.clear();
    }
}

/// The catalog as one run sees it.
pub struct CatalogView<'a> {
    /// The plugin's name, to whom its scopes belong.
    pub plugin: &'a str,
    /// The run's site; empty where there is none.
    pub site: &'a str,
    /// What is granted.
    pub grants: &'a Grants,
    /// What was committed.
    pub store: &'a dyn Catalog,
    /// What the run remembers.
    pub run: &'a mut CatalogRun,
    /// Where sightings are staged.
    pub stage: &'a mut Stage,
}

struct HasCatalog<T>(std::marker::PhantomData<T>);

impl<T: 'static> HasData for HasCatalog<T> {
    type Data<'a> = CatalogView<'a>;
}

/// Adds the interface to a linker; `view` borrows a run's view from the store's data.
///
/// # Errors
/// When the linker has the interface already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> CatalogView<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, HasCatalog<T>>(linker, view)
}

fn unavailable(error: StoreError) -> wit::Error {
    wit::Error::Unavailable(error.to_string())
}

impl CatalogView<'_> {
    /// Refuses what is not granted, and what has no site to speak of.
    fn allowed(&self, right: Right) -> Result<(), wit::Error> {
        may(self.plugin, self.grants, right).map_err(|denial| wit::Error::Denied(denial.to_string()))?;
        if self.site.is_empty() {
            let message =
                "the catalog is that of a site, and the schedule has none; write sites = [\"NAME OF A SITE\"]";
            return Err(wit::Error::Denied(message.to_owned()));
        }
        Ok(())
    }

    /// Returns what was known of a scope when this run first looked.
    async fn pinned(&mut self, seen: &Sightings) -> Result<CatalogScope, wit::Error> {
        if let Some(scope) = self.run.pinned.get(&seen.scope) {
            return Ok(scope.clone());
        }
        let scope = self.store.catalog_scope(self.site, seen).await.map_err(unavailable)?;
        if let Some(owner) = scope.owner.as_deref().filter(|owner| *owner != self.plugin) {
            let message = format!(
                "scope {} of the catalog belongs to plugin {owner}, which wrote it first; plugin {} needs another name for its own",
                seen.scope, self.plugin
            );
            return Err(wit::Error::Denied(message));
        }
        self.run.pinned.insert(seen.scope.clone(), scope.clone());
        Ok(scope)
    }

    /// Compares what was sighted with what is known, and returns what is to be staged.
    async fn staged(&mut self, seen: Sightings) -> Result<StagedSightings, wit::Error> {
        let scope = self.pinned(&seen).await?;
        let sifted = if scope.digest == seen.digest() {
            // The same as the last time, which left nothing open.
            Sifted { unchanged: seen.items.len() as u64, settled: true, ..Sifted::default() }
        } else {
            let known: HashMap<String, Known> = match scope.version {
                Some(_) => self.store.sighted(self.site, &seen.scope).await.map_err(unavailable)?,
                None => HashMap::new(),
            };
            sift(&known, &seen)
        };
        let mut staged = StagedSightings::new(seen, scope.version, scope.baseline, sifted);
        if !(staged.sifted.puts.is_empty() && staged.sifted.lost.is_empty()) {
            staged.comparison.differences = self.store.preview(self.site, &staged).await.map_err(unavailable)?;
        }
        Ok(staged)
    }
}

impl wit::Host for CatalogView<'_> {
    async fn observe(&mut self, sightings: wit::Sightings) -> wasmtime::Result<Result<wit::Comparison, wit::Error>> {
        self.stage.call()?;
        if let Err(error) = self.allowed(Right::Observe) {
            return Ok(Err(error));
        }
        // A large scope takes some ten milliseconds at each step; others get their turn in between.
        tokio::task::yield_now().await;
        let seen = match convert::sightings(sightings).and_then(keepable) {
            Ok(seen) => seen,
            Err(message) => return Ok(Err(wit::Error::Invalid(message))),
        };
        tokio::task::yield_now().await;
        let (began, part, size) = (Timer::now(), seen.part().to_owned(), seen.items.len() as u64);
        let staged = self.staged(seen).await;
        let failed = staged.as_ref().err().map(|error| format!("{error:?}"));
        self.stage.read(format!("catalog:{part}"), began.elapsed(), size, failed);
        let staged = match staged {
            Ok(staged) => staged,
            Err(error) => return Ok(Err(error)),
        };
        let answer = convert::comparison(&staged.comparison);
        self.stage.sight(staged)?;
        Ok(Ok(answer))
    }

    async fn items(&mut self, query: wit::Query) -> wasmtime::Result<Result<Vec<wit::Item>, wit::Error>> {
        self.stage.call()?;
        if let Err(error) = self.allowed(Right::Read) {
            return Ok(Err(error));
        }
        if !(1..=MOST).contains(&query.limit) {
            return Ok(Err(wit::Error::Invalid(format!("limit is {}; it goes from 1 to {MOST}", query.limit))));
        }
        if query.keys.len() > MOST as usize {
            let message = format!("{} keys are asked for; at most {MOST} are answered at once", query.keys.len());
            return Ok(Err(wit::Error::Invalid(message)));
        }
        let began = Timer::now();
        let answer = self.store.items(self.site, &convert::filter(query)).await;
        let size = answer.as_ref().map_or(0, |items| items.len() as u64);
        let error = answer.as_ref().err().map(ToString::to_string);
        self.stage.read("catalog:items", began.elapsed(), size, error);
        let items = match answer {
            Ok(items) => items,
            Err(error) => return Ok(Err(unavailable(error))),
        };
        let items: Vec<wit::Item> = items.into_iter().map(convert::item).collect();
        self.stage.respond(items.iter().map(convert::size).sum())?;
        Ok(Ok(items))
    }
}

/// Refuses what cannot be kept.
fn keepable(seen: Sightings) -> Result<Sightings, String> {
    let name = |what: &str, text: &str, longest: usize| {
        let start: String = text.chars().take(40).collect();
        match text.len() > longest {
            _ if text.contains('\0') => Err(format!("{what} {text:?} holds the character NUL")),
            _ if text.is_empty() => Err(format!("{what} is empty")),
            true => Err(format!("{what} {start}… is longer than {longest} bytes")),
            false => Ok(()),
        }
    };
    name("the name of a scope", &seen.scope, SCOPE)?;
    let mut keys = HashSet::with_capacity(seen.items.len());
    for item in &seen.items {
        let sighting = &item.sighting;
        name("key", &sighting.key, LONGEST_KEY)?;
        name("the kind of an item", &sighting.kind, SCOPE)?;
        if let Some(course) = &sighting.course {
            name("the key of a course", course, LONGEST_KEY)?;
        }
        if !keys.insert(sighting.key.as_str()) {
            return Err(format!("key {:?} stands twice in scope {:?}", sighting.key, seen.scope));
        }
        let mut names = HashSet::with_capacity(sighting.aspects.len());
        if let Some(twice) = sighting.aspects.iter().find(|aspect| !names.insert(aspect.name.as_str())) {
            return Err(format!("aspect {:?} stands twice in key {:?}", twice.name, sighting.key));
        }
    }
    Ok(seen)
}
