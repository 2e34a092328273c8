//! Identifiers as types, so that a run's number is never taken for an effect's.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it stands.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    };
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

name! {
    /// The name under which the operator configured a plugin. State and keys belong to it together with the site.
    PluginName
}
name! {
    /// The name of a configured site: one Moodle and the account used on it.
    SiteName
}
name! {
    /// The name of a schedule; one that covers several sites has one name each: `online@north`.
    ScheduleName
}
name! {
    /// The name of a configured sheet.
    SheetName
}
name! {
    /// The name of a configured chat channel.
    ChatName
}
number! {
    /// One instant or event for which a schedule was due.
    FiringId
}
number! {
    /// One attempt at a firing.
    RunId
}
number! {
    /// One effect in the outbox.
    EffectId
}
