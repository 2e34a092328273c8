//! Roles: what the host asks of a plugin, as traits, and the macros that export them.

use std::any::Any;
use std::cell::RefCell;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::bindings::{collector, mapper, plugin};
use crate::classrooms::Place;
use crate::describe::Plugin;
use crate::error::Error;
use crate::run;

/// A plugin that runs on a schedule, reads, and says what it observed and what should be so.
pub trait Collector: Plugin {
    /// The operator's settings. They have passed the plugin's own schema already.
    type Settings: DeserializeOwned;

    /// Does the plugin's work once. What it staged is committed only if it returns a summary.
    ///
    /// # Errors
    /// [`Error::Unavailable`] skips this run; anything else is a fault that somebody has to mend.
    fn collect(settings: Self::Settings) -> Result<Summary, Error>;
}

/// A plugin that turns addresses into rooms.
pub trait Mapper: Plugin + Sized + 'static {
    /// The operator's settings. They have passed the plugin's own schema already.
    type Settings: DeserializeOwned;

    /// Reads settings and files into whatever makes looking up fast. Called once while an instance and its settings stay the same.
    ///
    /// # Errors
    /// [`Error::Invalid`] where settings or files are wrong.
    fn load(settings: Self::Settings) -> Result<Self, Error>;

    /// Returns a place for each address, in order, none where the address is unknown.
    fn locate(&self, addresses: &[String]) -> Vec<Option<Place>>;
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Numbers worth charting.
    pub counts: Vec<(String, u64)>,
    /// One sentence for people, without names.
    pub sentence: String,
}

impl Summary {
    /// Starts a summary with its sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { counts: Vec::new(), sentence: sentence.into() }
    }

    /// Adds a number.
    #[must_use]
    pub fn count(mut self, name: &str, value: u64) -> Self {
        self.counts.push((name.to_owned(), value));
        self
    }
}

/// Carries a plugin's traits to the generated ones.
#[doc(hidden)]
#[derive(Debug)]
pub struct Exported<T>(PhantomData<T>);

impl<T: Plugin> plugin::exports::beadle::plugin::plugin::Guest for Exported<T> {
    fn describe() -> Result<plugin::exports::beadle::plugin::plugin::Description, String> {
        T::check().map_err(|error| error.to_string())?;
        Ok(T::describe().0)
    }
}

impl<T: Collector> collector::exports::beadle::collector::collector::Guest for Exported<T> {
    fn collect() -> Result<
        collector::exports::beadle::collector::collector::Summary,
        collector::exports::beadle::collector::collector::Error,
    > {
        let Summary { counts, sentence } = run::settings().and_then(T::collect)?;
        Ok(collector::exports::beadle::collector::collector::Summary { counts, sentence })
    }
}

thread_local! {
    /// The mapper of this instance beside the settings it was loaded with. A warm instance answers many batches.
    static LOADED: RefCell<Option<(String, Box<dyn Any>)>> = const { RefCell::new(None) };
}

impl<T: Mapper> mapper::exports::beadle::classrooms::classrooms::Guest for Exported<T> {
    fn locate(
        addresses: Vec<String>,
    ) -> Result<
        Vec<Option<mapper::exports::beadle::classrooms::classrooms::Place>>,
        mapper::exports::beadle::classrooms::classrooms::Error,
    > {
        let settings = run::context().settings;
        let places = LOADED.with_borrow_mut(|loaded| {
            if loaded.as_ref().is_none_or(|(text, _)| *text != settings) {
                *loaded = Some((settings.clone(), Box::new(T::load(run::parse(&settings)?)?)));
            }
            match loaded.as_ref().and_then(|(_, mapper)| mapper.downcast_ref::<T>()) {
                Some(mapper) => Ok(mapper.locate(&addresses)),
                None => Err(Error::Invalid("one component exports two mappers".to_owned())),
            }
        })?;
        let export = |place: Place| mapper::exports::beadle::classrooms::classrooms::Place {
            name: place.name,
            room: place.room,
        };
        Ok(places.into_iter().map(|place| place.map(export)).collect())
    }
}

/// Exports a [`Plugin`] without a role. `collector!` and `mapper!` do this too.
#[macro_export]
macro_rules! plugin {
    ($plugin:ty) => {
        const _: () = {
            type Exported = $crate::private::Exported<$plugin>;
    $crate::bindings::plugin::export!(Exported with_types_in $crate::bindings::plugin);
        };
    };
}

/// Exports a [`Collector`](crate::Collector). A plugin of several roles names the others after it: `collector!(Type, mapper)`.
#[macro_export]
macro_rules! collector {
    ($plugin:ty, mapper) => {
        $crate::collector!($plugin);
        const _: () = {
            type Exported = $crate::private::Exported<$plugin>;
    $crate::bindings::mapper::export!(Exported with_types_in $crate::bindings::mapper);
        };
    };
    ($plugin:ty) => {
        $crate::plugin!($plugin);
        const _: () = {
            type Exported = $crate::private::Exported<$plugin>;
    $crate::bindings::collector::export!(Exported with_types_in $crate::bindings::collector);
        };
    };
}

/// Exports a [`Mapper`](crate::Mapper).
#[macro_export]
macro_rules! mapper {
    ($plugin:ty) => {
        $crate::plugin!($plugin);
        const _: () = {
            type Exported = $crate::private::Exported<$plugin>;
    $crate::bindings::mapper::export!(Exported with_types_in $crate::bindings::mapper);
        };
    };
}
