//! What a plugin says of itself, asked once per digest of component and folder.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{LoadError, schema};

/// What a plugin is, what it wants and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// The plugin's own name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One sentence for the operator.
    pub summary: String,
    /// The JSON schema of its settings.
    pub settings: serde_json::Value,
    /// What it asks for.
    pub asks: Vec<Ask>,
    /// The collections it keeps.
    pub collections: Vec<Collection>,
}

/// One thing that a plugin wants to use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// The interface it is about.
    pub capability: String,
    /// What of it.
    pub what: Vec<String>,
    /// Whether the plugin can do nothing without it.
    pub required: bool,
    /// Why.
    pub why: String,
}

/// A collection of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// Its name.
    pub name: String,
    /// What stands in it.
    pub about: String,
    /// Whether other plugins may be granted to read it.
    pub readable: bool,
}

/// The largest description that is taken, in bytes; the largest of ours has 4 KiB.
const LARGEST: usize = 256 << 10;

/// The most asks and collections a description may have.
const MOST: usize = 200;

impl Description {
    /// Takes a description from a guest, if it can be used.
    pub(crate) fn read(guest: crate::roles::plugin::Description) -> Result<Self, LoadError> {
        let wrong = |what: String| Err(LoadError::Description(what));
        let size = size(&guest);
        if size > LARGEST {
            return wrong(format!("it is {} KiB large, at most {} are taken", size / 1024, LARGEST / 1024));
        }
        if guest.asks.len() > MOST || guest.collections.len() > MOST {
            return wrong(format!("it has more than {MOST} asks or collections"));
        }
        let usual = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        for name in std::iter::once(&guest.name).chain(guest.collections.iter().map(|collection| &collection.name)) {
            if name.is_empty() || name.len() > 64 || !name.chars().all(usual) {
                return wrong(format!("{name:?} is not a name of lower-case letters, digits and hyphens"));
            }
        }
        if texts(&guest).any(|text| text.chars().any(char::is_control)) {
            return wrong(
                "there are control characters in its words, which could move the cursor of a terminal".to_owned(),
            );
        }
        let settings: serde_json::Value = match serde_json::from_str(&guest.settings) {
            Ok(settings) => settings,
            Err(error) => return wrong(format!("the schema of its settings is not JSON: {error}")),
        };
        if let Err(problem) = schema::compile(&settings) {
            return wrong(format!("the schema of its settings {problem}"));
        }
        Ok(Self {
            name: guest.name,
            version: guest.version,
            summary: guest.summary,
            settings,
            asks: guest
                .asks
                .into_iter()
                .map(|ask| Ask { capability: ask.capability, what: ask.what, required: ask.required, why: ask.why })
                .collect(),
            collections: guest
                .collections
                .into_iter()
                .map(|one| Collection { name: one.name, about: one.about, readable: one.readable })
                .collect(),
        })
    }
}

/// Returns what people are shown of it.
fn texts(guest: &crate::roles::plugin::Description) -> impl Iterator<Item = &String> {
    let asks = guest.asks.iter().flat_map(|ask| ask.what.iter().chain([&ask.capability, &ask.why]));
    [&guest.version, &guest.summary].into_iter().chain(asks).chain(guest.collections.iter().map(|one| &one.about))
}

/// Counts the bytes of all texts.
fn size(guest: &crate::roles::plugin::Description) -> usize {
    let asks = guest
        .asks
        .iter()
        .map(|ask| ask.capability.len() + ask.why.len() + ask.what.iter().map(|what| what.len() + 1).sum::<usize>());
    let collections = guest.collections.iter().map(|collection| collection.name.len() + collection.about.len());
    let own = guest.name.len() + guest.version.len() + guest.summary.len() + guest.settings.len();
    own + asks.sum::<usize>() + collections.sum::<usize>()
}

/// Descriptions kept beside the compiled code.
#[derive(Debug)]
pub(crate) struct Descriptions {
    folder: Option<PathBuf>,
}

impl Descriptions {
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    fn path(&self, digest: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(format!("{digest}.description.json")))
    }

    /// Returns a description that is kept.
    pub(crate) fn get(&self, digest: &str) -> Option<Description> {
        let text = std::fs::read(self.path(digest)?).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Keeps a description; where that fails, the plugin is asked again next time.
    pub(crate) fn put(&self, digest: &str, description: &Description) {
        let Some(path) = self.path(digest) else { return };
        let written = serde_json::to_vec(description)
            .map_err(std::io::Error::other)
            .and_then(|text| crate::cache::write(&path, &text));
        if let Err(error) = written {
            tracing::debug!(file = %path.display(), %error, "a description is not kept");
        }
    }
}
