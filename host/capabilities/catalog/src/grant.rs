//! What a plugin may do with the catalog: a pure decision.

use beadle_plan::{Denial, Grants};

/// Something that may be done with the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// To tell what was sighted.
    Observe,
    /// To read the items.
    Read,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Observe, Self::Read];

    /// Returns its name in a grant.
    pub fn word(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Read => "read",
        }
    }
}

/// Decides whether a plugin may do something with the catalog.
///
/// # Errors
/// When it is not granted.
pub fn may(plugin: &str, grants: &Grants, right: Right) -> Result<(), Denial> {
    let what = match right {
        Right::Observe => "may not write to the catalog",
        Right::Read => "may not read the catalog",
    };
    grants.require(plugin, "catalog", right.word(), what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_grant_grants_nothing() {
        for right in Right::ALL {
            assert!(may("a", &Grants::default(), right).is_err());
            let others: Vec<String> =
                Right::ALL.iter().filter(|other| **other != right).map(|other| other.word().to_owned()).collect();
            assert!(may("a", &Grants { catalog: others, ..Grants::default() }, right).is_err());
            let granted = Grants { catalog: vec![right.word().to_owned()], ..Grants::default() };
            assert_eq!(may("a", &granted, right), Ok(()));
        }
    }
}
