//! Which collections a plugin may read and write: a pure decision.

use beadle_plan::{Denial, Grants};

/// A collection that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The plugin to whom it belongs.
    pub plugin: String,
    /// Its name.
    pub collection: String,
}

impl Access {
    /// Names a collection of a plugin.
    pub fn own(plugin: &str, collection: &str) -> Self {
        Self { plugin: plugin.to_owned(), collection: collection.to_owned() }
    }
}

/// Decides whether a plugin may read a collection: an own one by its name, another's as `plugin:collection`.
///
/// # Errors
/// When the collection is not described, or not granted.
pub fn may_read<'a>(
    plugin: &str,
    described: impl IntoIterator<Item = &'a str>,
    grants: &Grants,
    name: &str,
) -> Result<Access, Denial> {
    match name.split_once(':') {
        None => may_write(plugin, described, name),
        Some((owner, collection)) if grants.ledger.iter().any(|granted| granted == name) => {
            Ok(Access::own(owner, collection))
        }
        Some(_) => {
            Err(Denial::grant(plugin, format!("plugin {plugin} may not read collection {name}"), "ledger", name))
        }
    }
}

/// Decides whether a plugin may write a collection: only its own, and only one that it describes.
///
/// # Errors
/// When the collection is another's, or not described.
pub fn may_write<'a>(plugin: &str, described: impl IntoIterator<Item = &'a str>, name: &str) -> Result<Access, Denial> {
    if name.contains(':') {
        return Err(Denial::never(format!("plugin {plugin} may not write collection {name} of another plugin")));
    }
    if described.into_iter().any(|own| own == name) {
        Ok(Access::own(plugin, name))
    } else {
        Err(Denial::never(format!("plugin {plugin} does not describe a collection {name:?}; its author must add it")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_grant_grants_nothing_of_others() {
        let grants = Grants::default();
        assert!(may_read("a", ["x"], &grants, "x").is_ok());
        assert!(may_read("a", ["x"], &grants, "y").is_err());
        assert!(may_read("a", ["x"], &grants, "b:x").is_err());
        let granted = Grants { ledger: vec!["b:x".into()], ..Grants::default() };
        assert_eq!(may_read("a", ["x"], &granted, "b:x"), Ok(Access::own("b", "x")));
        assert!(may_write("a", ["x"], "b:x").is_err());
    }
}
