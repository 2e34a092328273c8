//! What earlier runs found out and left behind.

use std::collections::{BTreeMap, BTreeSet};

use beadle_sdk::Error;
use beadle_sdk::catalog::{self, Completion, Item, Query};
use beadle_sdk::ledger::{Collection, Losses, Record};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::collect::Looked;
use crate::settings::Collect;

/// The most courses, and the most items of one kind, of one account.
pub(crate) const MOST: u32 = 10_000;

/// Until when each course was asked about for updates, by its number.
const CHECKED: Collection<i64> = Collection::new("checked");
/// The day on which each activity was last asked about with a call of its own, by its key.
const ASKED: Collection<String> = Collection::new("asked");
/// What the action events have listed, by the key of its activity.
const LISTED: Collection<Listed> = Collection::new("listed");
/// The scope of what is about the whole of the run's site.
const SCOPE: &str = "site";

/// Something with a deadline that the action events have listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listed {
    /// When it is due, in seconds since 1970-01-01 UTC.
    pub(crate) due: i64,
    /// Whether they list it no more.
    pub(crate) done: bool,
}

/// An activity as the catalog knows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Known {
    /// Whether the account is done with it.
    pub(crate) completed: bool,
    /// What else its sources told.
    pub(crate) details: Value,
}

/// What earlier runs left behind, as far as the collector needs it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Memory {
    /// Until when each course was asked about for updates, in seconds since 1970-01-01 UTC by the site's clock.
    pub(crate) since: BTreeMap<u64, i64>,
    /// The activities that were asked about today.
    pub(crate) asked: BTreeSet<String>,
    /// What the action events have listed.
    pub(crate) listed: BTreeMap<String, Listed>,
    /// The activities that the catalog knows.
    pub(crate) known: BTreeMap<String, Known>,
}

impl Memory {
    /// Reads what a collector needs on a day.
    ///
    /// # Errors
    /// Whatever the host says.
    pub(crate) fn recall(collect: Collect, today: &str) -> Result<Self, Error> {
        let mut memory = Self::default();
        match collect {
            Collect::Updates => {
                let checked = CHECKED.list(SCOPE)?.into_iter();
                memory.since = checked.filter_map(|course| Some((course.key.parse().ok()?, course.value))).collect();
            }
            Collect::Quizzes | Collect::Assignments => {
                let asked = ASKED.list(part(collect))?.into_iter().filter(|activity| activity.value == today);
                memory.asked = asked.map(|activity| activity.key).collect();
                let kind = if collect == Collect::Quizzes { "quiz" } else { "assignment" };
                let query =
                    Query { keys: Vec::new(), kind: Some(kind.to_owned()), course: None, due: None, limit: MOST };
                memory.known = catalog::items(&query)?.into_iter().map(known).collect();
            }
            Collect::Calendar => {
                memory.listed = LISTED.list(SCOPE)?.into_iter().map(|one| (one.key, one.value)).collect();
            }
            Collect::Courses | Collect::Contents | Collect::Forums | Collect::Grades => {}
        }
        Ok(memory)
    }

    /// Leaves behind what a look found out that began at an instant of a day.
    ///
    /// # Errors
    /// Whatever the host says.
    pub(crate) fn keep(self, collect: Collect, looked: &mut Looked, began: i64, today: &str) -> Result<(), Error> {
        if collect == Collect::Updates {
            let mut since = self.since;
            since.extend(looked.checked.iter().map(|&course| (course, began)));
            let records = since.into_iter().map(|(course, until)| Record::new(course.to_string(), until)).collect();
            CHECKED.observe(SCOPE, Losses::Ordinary, records)?;
        }
        if !looked.asked.is_empty() {
            let mut asked = self.asked;
            asked.append(&mut looked.asked);
            let records = asked.into_iter().map(|key| Record::new(key, today.to_owned())).collect();
            ASKED.observe(part(collect), Losses::Ordinary, records)?;
        }
        if let Some(listed) = looked.listed.take().filter(|listed| *listed != self.listed) {
            let records = listed.into_iter().map(|(key, one)| Record::new(key, one)).collect();
            LISTED.observe(SCOPE, Losses::Ordinary, records)?;
        }
        Ok(())
    }
}

/// Returns the scope of what one collector asked about: each forgets its own yesterday.
fn part(collect: Collect) -> &'static str {
    if collect == Collect::Quizzes { "quizzes" } else { "assignments" }
}

fn known(item: Item) -> (String, Known) {
    let details = serde_json::from_str(&item.details).unwrap_or_default();
    (item.key, Known { completed: item.completion == Completion::Completed, details })
}
