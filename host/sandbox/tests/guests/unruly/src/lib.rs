//! A plugin that misbehaves as its settings say. Every name on the lists is a function here and a test of the sandbox.

#[path = "../../src/lists.rs"]
#[macro_use]
mod lists;

mod collecting;
mod describing;
mod excess;
mod keeping;
mod mapping;
mod reaching;
mod sighting;
mod talking;

use beadle_sdk::classrooms::Place;
use beadle_sdk::{Collector, Description, Error, Mapper, Plugin, Summary};
use serde::Deserialize;

/// What a test asks for. Which keys matter depends on the behaviour.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Settings {
    behaviour: String,
    mapping: String,
    /// Which way of it.
    how: String,
    texts: Vec<String>,
    count: u64,
    /// For `sights`: the number of the first item.
    first: u64,
    /// For `sights`: the number of the normaliser, whose words are of its own; 0 is the first.
    shape: u32,
    arguments: Option<serde_json::Value>,
    /// For `works`: the sheets to append a row to.
    sheets: Vec<String>,
    /// For `works`: whether to ask the site something before the end.
    asks: bool,
    /// For `works`: whether to observe something.
    observes: bool,
    /// For `works`: in how many seconds it wants to run again.
    wakes: Vec<u64>,
    /// For `works`: the chats to put a message into, and whether it is to be taken back.
    says: Vec<String>,
    takes_back: bool,
    /// For `works`: attempts before this one fail.
    fails_before: u32,
}

struct Unruly;

impl Plugin for Unruly {
    fn describe() -> Description {
        describing::describe()
    }

    fn check() -> Result<(), Error> {
        describing::check()
    }
}

macro_rules! collect {
    ($($name:ident)+) => {
        impl Collector for Unruly {
            type Settings = Settings;

            fn collect(settings: Settings) -> Result<Summary, Error> {
                match settings.behaviour.as_str() {
                    $(stringify!($name) => collecting::$name(&settings),)+
                    other => Err(Error::Invalid(format!("there is no behaviour {other:?}"))),
                }
            }
        }
    };
}

foreach_behaviour!(collect);

macro_rules! locate {
    ($($name:ident)+) => {
        impl Mapper for Unruly {
            type Settings = Settings;

            fn load(settings: Settings) -> Result<Self, Error> {
                match settings.mapping.as_str() {
                    $(stringify!($name) => mapping::choose(mapping::$name),)+
                    other => return Err(Error::Invalid(format!("there is no mapping {other:?}"))),
                }
                Ok(Self)
            }

            fn locate(&self, addresses: &[String]) -> Vec<Option<Place>> {
                mapping::locate(addresses)
            }
        }
    };
}

foreach_mapping!(locate);

beadle_sdk::collector!(Unruly, mapper);
