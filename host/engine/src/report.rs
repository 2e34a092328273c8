//! What is written down about a run, beside how it ended.

use beadle_plan::{Difference, Effect, Outcome, Plan, Read};
use serde::{Deserialize, Serialize};

/// What a run read, counted and used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The plugin's own numbers.
    pub counts: Vec<(String, u64)>,
    /// What was read.
    pub reads: Vec<Read>,
    /// How many effects were staged.
    pub effects: u64,
    /// What was observed.
    pub scopes: Vec<PlannedScope>,
    /// Time spent inside the guest, in milliseconds.
    pub guest_ms: f64,
    /// The most memory the guest held, in bytes.
    pub memory: u64,
    /// The staged effects themselves; only of a scheduled dry run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planned: Vec<Effect>,
}

/// What was observed of a scope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedScope {
    /// The collection.
    pub collection: String,
    /// The scope.
    pub scope: String,
    /// Whether it was never seen before.
    pub first: bool,
    /// How many records are unchanged.
    pub unchanged: u64,
    /// How many losses are held back.
    pub held: u64,
    /// How many records differ.
    pub changed: u64,
    /// The records that differ; only of a dry run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
}

impl Report {
    /// Makes a report of a run. `whole` keeps the plan itself.
    pub fn of(outcome: &Outcome, whole: bool) -> Self {
        Self {
            counts: outcome.result.as_ref().map(|summary| summary.counts.clone()).unwrap_or_default(),
            reads: outcome.reads.clone(),
            effects: outcome.plan.effects.len() as u64,
            scopes: scopes(&outcome.plan, whole),
            guest_ms: outcome.guest_time.as_secs_f64() * 1_000.0,
            memory: outcome.memory as u64,
            planned: if whole { outcome.plan.effects.clone() } else { Vec::new() },
        }
    }

    /// Returns it as it stands in the store.
    pub fn json(&self) -> String {
        // Texts and numbers only: there is nothing in it that JSON could refuse.
        serde_json::to_string(self).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
    }
}

fn scopes(plan: &Plan, whole: bool) -> Vec<PlannedScope> {
    plan.looks()
        .map(|(collection, scope, told)| PlannedScope {
            collection: collection.to_owned(),
            scope: scope.to_owned(),
            first: told.first,
            unchanged: told.unchanged,
            held: told.held,
            changed: told.differences.len() as u64,
            differences: if whole { told.differences.clone() } else { Vec::new() },
        })
        .collect()
}
