//! What a plugin may do with the artifacts: a pure decision.

use beadle_plan::{Denial, Grants};

/// Something that may be done with artifacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// To keep content.
    Put,
    /// To read what is kept.
    Get,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Put, Self::Get];

    /// Returns its name in a grant.
    pub fn word(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Get => "get",
        }
    }
}

/// Decides whether a plugin may do something with artifacts.
///
/// # Errors
/// When it is not granted.
pub fn may(plugin: &str, grants: &Grants, right: Right) -> Result<(), Denial> {
    let what = match right {
        Right::Put => "may not keep artifacts",
        Right::Get => "may not read artifacts",
    };
    grants.require(plugin, "artifacts", right.word(), what)
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
            assert!(may("a", &Grants { artifacts: others, ..Grants::default() }, right).is_err());
            let granted = Grants { artifacts: vec![right.word().to_owned()], ..Grants::default() };
            assert_eq!(may("a", &granted, right), Ok(()));
        }
    }
}
