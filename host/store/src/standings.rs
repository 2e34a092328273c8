//! What stands, kept in memory between runs: a poll compares with a thousand records that seldom move.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use beadle_plan::Standing;

use crate::ScopeName;

/// How many records are kept in memory at most, all scopes together; some 300 bytes each.
const KEPT_RECORDS: usize = 100_000;

/// What stands, by scope, as of the version it names.
#[derive(Debug, Default)]
pub(crate) struct Standings(Mutex<HashMap<ScopeName, Standing>>);

impl Standings {
    /// Returns what stands in a scope, if what is kept is of this version.
    pub(crate) fn get(&self, name: &ScopeName, version: i64) -> Option<Standing> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(name).filter(|standing| standing.version == Some(version)).cloned()
    }

    /// Keeps what stands in a scope.
    pub(crate) fn put(&self, name: &ScopeName, standing: Standing) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held: usize = kept.values().map(|standing| standing.records.len()).sum();
        if held + standing.records.len() > KEPT_RECORDS {
            kept.clear();
        }
        kept.insert(name.clone(), standing);
    }

    /// Brings a scope that is kept to its next version.
    pub(crate) fn update(&self, name: &ScopeName, bring: impl FnOnce(&mut Standing)) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(standing) = kept.get_mut(name) {
            bring(standing);
        }
    }
}
