//! What a plugin says of itself, before anything is granted to it.

use crate::bindings::plugin::exports::beadle::plugin::plugin as wit;
use crate::error::Error;

/// Every plugin.
pub trait Plugin {
    /// Says what the plugin is, what it wants and why. The same answer whenever it is asked.
    fn describe() -> Description;

    /// Checks what can be checked when the plugin is loaded: the files of its folder. Every other interface answers `denied` there.
    ///
    /// # Errors
    /// Whatever is wrong with the files; the plugin, or the edited folder, is then refused with this text.
    fn check() -> Result<(), Error> {
        Ok(())
    }
}

/// A description, put together clause by clause.
#[derive(Debug, Clone, PartialEq)]
pub struct Description(pub(crate) wit::Description);

impl Description {
    /// Starts a description: the plugin's name in lower case with hyphens, its version, and one sentence for the operator.
    pub fn new(name: &str, version: &str, summary: &str) -> Self {
        Self(wit::Description {
            name: name.to_owned(),
            version: version.to_owned(),
            summary: summary.to_owned(),
            settings: r#"{"type":"object","additionalProperties":false}"#.to_owned(),
            asks: Vec::new(),
            collections: Vec::new(),
        })
    }

    /// Says which settings it takes: a JSON schema (2020-12) of an object. Without this it takes none.
    #[must_use]
    pub fn settings(mut self, schema: &str) -> Self {
        self.0.settings = schema.to_owned();
        self
    }

    /// Asks for something it can do nothing without, and says why. See `wit/plugin` for the capabilities and what can be said of them.
    #[must_use]
    pub fn requires(self, capability: &str, what: &[&str], why: &str) -> Self {
        self.ask(capability, what, true, why)
    }

    /// Asks for something it can do without, and says why.
    #[must_use]
    pub fn may_use(self, capability: &str, what: &[&str], why: &str) -> Self {
        self.ask(capability, what, false, why)
    }

    /// Names a collection it keeps for itself.
    #[must_use]
    pub fn keeps(self, collection: &str, about: &str) -> Self {
        self.collection(collection, about, false)
    }

    /// Names a collection that other plugins may be granted to read.
    #[must_use]
    pub fn publishes(self, collection: &str, about: &str) -> Self {
        self.collection(collection, about, true)
    }

    fn ask(mut self, capability: &str, what: &[&str], required: bool, why: &str) -> Self {
        self.0.asks.push(wit::Ask {
            capability: capability.to_owned(),
            what: what.iter().map(|&item| item.to_owned()).collect(),
            required,
            why: why.to_owned(),
        });
        self
    }

    fn collection(mut self, name: &str, about: &str, readable: bool) -> Self {
        self.0.collections.push(wit::Collection { name: name.to_owned(), about: about.to_owned(), readable });
        self
    }

    /// Returns the JSON schema of the settings.
    pub fn schema(&self) -> &str {
        &self.0.settings
    }
}
