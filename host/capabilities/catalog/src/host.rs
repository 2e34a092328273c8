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

/// What a plugin is told of one scope.
type Told<T> = Result<T, wit::Error>;

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

fn unavailable(error: &StoreError) -> wit::Error {
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

    /// Learns what is known of scopes, of those that this run has not looked at before.
    async fn pin<'s>(&mut self, seen: impl Iterator<Item = &'s Sightings>) -> Result<(), StoreError> {
        let new: Vec<&Sightings> = seen.filter(|seen| !self.run.pinned.contains_key(&seen.scope)).collect();
        if !new.is_empty() {
            let known = self.store.catalog_scopes(self.site, &new).await?;
            self.run.pinned.extend(new.into_iter().map(|seen| seen.scope.clone()).zip(known));
        }
        Ok(())
    }

    /// Returns what was known of a scope when this run first looked.
    fn pinned(&self, seen: &Sightings) -> CatalogScope {
        self.run.pinned.get(&seen.scope).cloned().unwrap_or_default()
    }

    /// Refuses what was sighted in a scope that belongs to another plugin.
    fn own(&self, seen: Sightings) -> Told<Sightings> {
        match self.pinned(&seen).owner.filter(|owner| *owner != self.plugin) {
            None => Ok(seen),
            Some(owner) => Err(wit::Error::Denied(format!(
                "scope {} of the catalog belongs to plugin {owner}, which wrote it first; plugin {} needs another name for its own",
                seen.scope, self.plugin
            ))),
        }
    }

    /// Compares what was sighted with what is known, and returns what is to be staged.
    async fn compared(&mut self, seen: Vec<Told<Sightings>>) -> Result<Vec<Told<StagedSightings>>, StoreError> {
        self.pin(seen.iter().flatten()).await?;
        let seen: Vec<Told<Sightings>> = seen.into_iter().map(|seen| self.own(seen?)).collect();
        let moved = |seen: &&Sightings| {
            let known = self.pinned(seen);
            known.version.is_some() && known.digest != seen.digest()
        };
        let moved: Vec<&str> = seen.iter().flatten().filter(moved).map(|seen| seen.scope.as_str()).collect();
        let known = if moved.is_empty() { HashMap::new() } else { self.store.sighted(self.site, &moved).await? };
        let mut compared = Vec::with_capacity(seen.len());
        for seen in seen {
            tokio::task::yield_now().await;
            compared.push(seen.map(|seen| compare(self.pinned(&seen), known.get(&seen.scope), seen)));
        }
        let mut changing: Vec<&mut StagedSightings> = compared
            .iter_mut()
            .flatten()
            .filter(|staged| !(staged.sifted.puts.is_empty() && staged.sifted.lost.is_empty()))
            .collect();
        if !changing.is_empty() {
            let looks: Vec<&StagedSightings> = changing.iter().map(|staged| &**staged).collect();
            let differences = self.store.preview(self.site, &looks).await?;
            for (staged, differences) in changing.iter_mut().zip(differences) {
                staged.comparison.differences = differences;
            }
        }
        Ok(compared)
    }
}

/// Returns the part that all scopes are of, if it is one.
fn part(seen: &[Told<Sightings>]) -> Option<&str> {
    let mut parts = seen.iter().flatten().map(Sightings::part);
    let first = parts.next()?;
    parts.all(|part| part == first).then_some(first)
}

/// Compares what was sighted in a scope with what is known of it.
fn compare(scope: CatalogScope, known: Option<&HashMap<String, Known>>, seen: Sightings) -> StagedSightings {
    let sifted = match known {
        // The same as the last time, which left nothing open.
        None if scope.version.is_some() && scope.digest == seen.digest() => {
            Sifted { unchanged: seen.items.len() as u64, settled: true, ..Sifted::default() }
        }
        known => sift(known.unwrap_or(&HashMap::new()), &seen),
    };
    StagedSightings::new(seen, scope.version, scope.baseline, sifted)
}

impl wit::Host for CatalogView<'_> {
    async fn observe(&mut self, scopes: Vec<wit::Sightings>) -> wasmtime::Result<Vec<Told<wit::Comparison>>> {
        // Each costs what a call costs.
        for _ in 0..scopes.len().max(1) {
            self.stage.call()?;
        }
        if let Err(error) = self.allowed(Right::Observe) {
            return Ok(scopes.iter().map(|_| Err(error.clone())).collect());
        }
        let mut seen: Vec<Told<Sightings>> = Vec::with_capacity(scopes.len());
        for scope in scopes {
            // A large scope takes some ten milliseconds at each step; others get their turn in between.
            tokio::task::yield_now().await;
            seen.push(convert::sightings(scope).and_then(keepable).map_err(wit::Error::Invalid));
        }
        let from = format!("catalog:{}", part(&seen).unwrap_or("observe"));
        let (asked, size) = (seen.len(), seen.iter().flatten().map(|seen| seen.items.len() as u64).sum());
        let began = Timer::now();
        let compared = self.compared(seen).await;
        let failed = match &compared {
            Ok(compared) => compared.iter().find_map(|one| one.as_ref().err()).map(|error| format!("{error:?}")),
            Err(error) => Some(error.to_string()),
        };
        self.stage.read(from, began.elapsed(), size, failed);
        let compared = match compared {
            Ok(compared) => compared,
            Err(error) => return Ok((0..asked).map(|_| Err(unavailable(&error))).collect()),
        };
        let mut told = Vec::with_capacity(asked);
        for staged in compared {
            told.push(staged.as_ref().map(|staged| convert::comparison(&staged.comparison)).map_err(Clone::clone));
            if let Ok(staged) = staged {
                self.stage.sight(staged)?;
            }
        }
        Ok(told)
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
            Err(error) => return Ok(Err(unavailable(&error))),
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
