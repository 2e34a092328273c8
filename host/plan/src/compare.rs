//! Comparing an observation with what stood there. Plugins say what they saw; what that means over time is decided here, once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::aspects::differences as aspect_differences;
use crate::{AspectDifference, Comparison, Difference, Kind, Losses, Observation, Record, Stored};

/// From how many standing records on a scope is watched for accidental losses.
const GUARDED_FROM: usize = 10;

/// What stands in a scope, as committed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The scope's version; `None` where it was never seen. An observation is committed only while this has not moved.
    pub version: Option<i64>,
    /// All records that stand or once stood, by key.
    pub records: Arc<HashMap<String, Stored>>,
    /// Keys whose loss the last run reported and the host held back.
    pub held: Arc<HashSet<String>>,
}

impl Standing {
    /// Returns what stands in a scope that was never seen.
    pub fn never_seen() -> Self {
        Self::default()
    }
}

/// What a commit has to write for one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The record stands now, as given; `kind` tells how it differs.
    Put {
        /// The record as seen.
        record: Record,
        /// How it differs.
        kind: Kind,
        /// Whether only the normaliser of an aspect is another.
        retold: bool,
    },
    /// The record stands no more.
    Lose {
        /// Its key.
        key: String,
    },
    /// The record is missed, and the loss is held back.
    Hold {
        /// Its key.
        key: String,
    },
}

/// Compares what was seen with what stands.
pub fn compare(standing: &Standing, seen: &Observation) -> Comparison {
    changes(standing, seen).0
}

/// Compares what was seen with what stands, and returns beside the plugin's answer what a commit has to write.
pub(crate) fn changes(standing: &Standing, seen: &Observation) -> (Comparison, Vec<Change>) {
    let mut differences = Vec::new();
    let mut changes = Vec::new();
    let mut unchanged = 0;
    let mut present = HashSet::with_capacity(seen.records.len());
    for record in &seen.records {
        present.insert(record.key.as_str());
        match compare_record(standing.records.get(&record.key), record.clone()) {
            None => unchanged += 1,
            Some((difference, change)) => {
                differences.push(difference);
                changes.push(change);
            }
        }
    }
    let (lost, held) = losses(standing, seen, &present);
    let held_count = held.len() as u64;
    for stored in lost {
        differences.push(Difference {
            key: stored.record.key.clone(),
            kind: Kind::Gone,
            aspects: Vec::new(),
            before: Some(stored.record.value.clone()),
        });
        changes.push(Change::Lose { key: stored.record.key.clone() });
    }
    changes.extend(held.into_iter().map(|stored| Change::Hold { key: stored.record.key.clone() }));
    differences.sort_by(|a, b| a.key.cmp(&b.key));
    (Comparison { first: standing.version.is_none(), unchanged, held: held_count, differences }, changes)
}

/// Compares one record with what stood under its key. Returns how it differs and what a commit has to write, if it does.
pub fn compare_record(before: Option<&Stored>, record: Record) -> Option<(Difference, Change)> {
    let (kind, aspects) = verdict(before, &record)?;
    let retold = kind == Kind::Refreshed && before.is_some_and(|stored| stored.record.aspects != record.aspects);
    let before = before.map(|stored| stored.record.value.clone());
    Some((Difference { key: record.key.clone(), kind, aspects, before }, Change::Put { record, kind, retold }))
}

/// Says how a seen record differs from the stored one, if it does.
fn verdict(before: Option<&Stored>, record: &Record) -> Option<(Kind, Vec<AspectDifference>)> {
    let Some(before) = before else { return Some((Kind::New, Vec::new())) };
    let aspects = aspect_differences(&before.record.aspects, &record.aspects);
    if !before.stands {
        return Some((Kind::Back, aspects));
    }
    if !aspects.is_empty() {
        return Some((Kind::Changed, aspects));
    }
    (before.record != *record).then_some((Kind::Refreshed, aspects))
}

/// Tells whether a loss looks like an accident.
pub(crate) fn is_suspicious(losses: Losses, stood: usize, missed: usize) -> bool {
    losses == Losses::Guarded && stood >= GUARDED_FROM && missed * 2 > stood
}

/// Returns the records that are missed: those that are lost, and those whose loss is held back.
fn losses<'a>(
    standing: &'a Standing,
    seen: &Observation,
    present: &HashSet<&str>,
) -> (Vec<&'a Stored>, Vec<&'a Stored>) {
    let in_range = |stored: &Stored| match (seen.range, stored.record.at) {
        (Some(range), Some(at)) => range.covers(at),
        (Some(_), None) => false,
        (None, _) => true,
    };
    let stood: Vec<&Stored> = standing.records.values().filter(|stored| stored.stands && in_range(stored)).collect();
    let missed: Vec<&Stored> =
        stood.iter().copied().filter(|stored| !present.contains(stored.record.key.as_str())).collect();
    if is_suspicious(seen.losses, stood.len(), missed.len()) {
        missed.into_iter().partition(|stored| standing.held.contains(&stored.record.key))
    } else {
        (missed, Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Aspect, Instant, Range};

    fn record(key: &str, room: &str, value: &str) -> Record {
        Record {
            key: key.into(),
            value: value.into(),
            aspects: vec![Aspect { name: "room".into(), value: room.into(), shape: 1 }],
            at: None,
        }
    }

    fn standing(records: impl IntoIterator<Item = (Record, bool)>) -> Standing {
        let records = records
            .into_iter()
            .map(|(record, stands)| (record.key.clone(), Stored { record, stands, since: Instant::from_millis(0) }))
            .collect();
        Standing { version: Some(1), records: Arc::new(records), held: Arc::default() }
    }

    fn seen(records: Vec<Record>) -> Observation {
        Observation { collection: "c".into(), scope: "s".into(), range: None, losses: Losses::Guarded, records }
    }

    fn kinds(comparison: &Comparison) -> Vec<(&str, Kind)> {
        comparison.differences.iter().map(|difference| (difference.key.as_str(), difference.kind)).collect()
    }

    #[test]
    fn every_kind_is_told_apart() {
        let before = standing([
            (record("changed", "A", "1"), true),
            (record("refreshed", "A", "1"), true),
            (record("same", "A", "1"), true),
            (record("gone", "A", "1"), true),
            (record("back", "A", "1"), false),
            (record("stays-gone", "A", "1"), false),
        ]);
        let now = seen(vec![
            record("changed", "B", "1"),
            record("refreshed", "A", "2"),
            record("same", "A", "1"),
            record("back", "A", "1"),
            record("new", "A", "1"),
        ]);
        let comparison = compare(&before, &now);
        assert_eq!(
            kinds(&comparison),
            [
                ("back", Kind::Back),
                ("changed", Kind::Changed),
                ("gone", Kind::Gone),
                ("new", Kind::New),
                ("refreshed", Kind::Refreshed)
            ]
        );
        assert_eq!((comparison.unchanged, comparison.first), (1, false));
        assert_eq!(
            comparison.differences[1].aspects,
            [AspectDifference { name: "room".into(), before: Some("A".into()), after: Some("B".into()) }]
        );
    }

    #[test]
    fn a_new_shape_is_taken_over_silently_while_other_aspects_compare() {
        let mut old = record("a", "A", "1");
        old.aspects.push(Aspect { name: "seat".into(), value: "1".into(), shape: 1 });
        let mut new = record("a", "room a", "1");
        new.aspects[0].shape = 2;
        new.aspects.push(Aspect { name: "seat".into(), value: "1".into(), shape: 1 });
        assert_eq!(
            kinds(&compare(&standing([(old.clone(), true)]), &seen(vec![new.clone()]))),
            [("a", Kind::Refreshed)]
        );
        new.aspects[1].value = "2".into();
        let comparison = compare(&standing([(old, true)]), &seen(vec![new]));
        assert_eq!(kinds(&comparison), [("a", Kind::Changed)]);
        assert_eq!(comparison.differences[0].aspects.len(), 1);
    }

    #[test]
    fn a_great_loss_is_held_back_once_and_then_believed() {
        let mut before = standing((0..10).map(|n| (record(&n.to_string(), "A", "1"), true)));
        let now = seen((0..4).map(|n| record(&n.to_string(), "A", "1")).collect());
        let comparison = compare(&before, &now);
        assert_eq!((comparison.held, comparison.differences.len()), (6, 0));
        before.held = Arc::new((4..10).map(|n: i32| n.to_string()).collect());
        let comparison = compare(&before, &now);
        assert_eq!((comparison.held, comparison.differences.len()), (0, 6));
        // Half is not more than half, and nine are not ten.
        let half = seen((0..5).map(|n| record(&n.to_string(), "A", "1")).collect());
        before.held = Arc::default();
        assert_eq!(compare(&before, &half).held, 0);
        let nine = standing((0..9).map(|n| (record(&n.to_string(), "A", "1"), true)));
        assert_eq!(compare(&nine, &seen(Vec::new())).held, 0);
        let ordinary = Observation { losses: Losses::Ordinary, ..now };
        assert_eq!(compare(&before, &ordinary).differences.len(), 6);
    }

    #[test]
    fn what_lies_outside_the_range_is_not_missed() {
        let at = |key: &str, millis| Record { at: Some(Instant::from_millis(millis)), ..record(key, "A", "1") };
        let before =
            standing([(at("inside", 10), true), (at("after", 20), true), (record("timeless", "A", "1"), true)]);
        let mut now = seen(Vec::new());
        now.range = Some(Range { from: Instant::from_millis(0), until: Instant::from_millis(20) });
        assert_eq!(kinds(&compare(&before, &now)), [("inside", Kind::Gone)]);
    }

    proptest! {
        /// Applying what the comparison says and looking again finds nothing new.
        #[test]
        fn a_second_look_finds_nothing(
            old in proptest::collection::btree_map("[a-e]", ("[AB]", "[12]", any::<bool>()), 0..5),
            new in proptest::collection::btree_map("[a-e]", ("[AB]", "[12]"), 0..5),
        ) {
            let before = standing(old.iter().map(|(key, (room, value, stands))| (record(key, room, value), *stands)));
            let now = seen(new.iter().map(|(key, (room, value))| record(key, room, value)).collect());
            let (_, changes) = changes(&before, &now);
            let mut records = (*before.records).clone();
            for change in changes {
                match change {
                    Change::Put { record, .. } => {
                        records.insert(record.key.clone(), Stored { record, stands: true, since: Instant::from_millis(1) });
                    }
                    Change::Lose { key } => records.get_mut(&key).expect("it stood").stands = false,
                    Change::Hold { .. } => unreachable!("fewer than ten records"),
                }
            }
            let after = Standing { version: Some(2), records: Arc::new(records), held: Arc::default() };
            let again = compare(&after, &now);
            prop_assert!(again.differences.is_empty());
            prop_assert_eq!(again.unchanged as usize, now.records.len());
        }

        /// Scopes of any size, with ranges, shapes and held losses, over several looks.
        #[test]
        fn what_is_written_is_what_was_seen(
            old in keys_of(any::<bool>()), looks in proptest::collection::vec((keys_of(Just(true)), any::<bool>(), proptest::option::of((0i64..6, 0i64..6))), 1..4),
        ) {
            let mut standing = standing(old.into_iter().map(|(key, (room, shape, at, stands))| (full(&key, &room, shape, at), stands)));
            for (keys, guarded, range) in looks {
                let range = range.map(|(from, length)| Range { from: Instant::from_millis(from), until: Instant::from_millis(from + length) });
                let mut now = seen(keys.into_iter().map(|(key, (room, shape, at, _))| full(&key, &room, shape, at)).collect());
                now.range = range;
                now.losses = if guarded { Losses::Guarded } else { Losses::Ordinary };
                let (comparison, changes) = changes(&standing, &now);

                // In whatever order they were seen.
                let mut turned = now.clone();
                turned.records.reverse();
                prop_assert_eq!(&compare(&standing, &turned), &comparison);

                // Losses are held only where most of ten or more are missed, and only those that were not held before.
                let inside = |stored: &Stored| range.is_none_or(|range| stored.record.at.is_some_and(|at| range.covers(at)));
                let stood: Vec<&Stored> = standing.records.values().filter(|stored| stored.stands && inside(stored)).collect();
                let missed: Vec<&&Stored> =
                    stood.iter().filter(|stored| now.records.iter().all(|record| record.key != stored.record.key)).collect();
                let watched = guarded && stood.len() >= 10 && missed.len() * 2 > stood.len();
                let fresh = missed.iter().filter(|stored| !standing.held.contains(&stored.record.key)).count() as u64;
                prop_assert_eq!(comparison.held, if watched { fresh } else { 0 });

                // What is written makes the scope what was seen, with what lies outside of it and what is held.
                let before = standing.clone();
                let mut records = (*standing.records).clone();
                let mut held = HashSet::new();
                for change in changes {
                    match change {
                        Change::Put { record, .. } => {
                            records.insert(record.key.clone(), Stored { record, stands: true, since: Instant::from_millis(9) });
                        }
                        Change::Lose { key } => records.get_mut(&key).expect("it stood").stands = false,
                        Change::Hold { key } => prop_assert!(held.insert(key)),
                    }
                }
                for record in &now.records {
                    let stored = &records[&record.key];
                    prop_assert!(stored.stands && stored.record == *record, "{:?}", stored);
                }
                for (key, stored) in before.records.iter().filter(|(_, stored)| stored.stands) {
                    let was_seen = now.records.iter().any(|record| record.key == *key);
                    prop_assert_eq!(records[key].stands, was_seen || !inside(stored) || held.contains(key), "{}", key);
                }
                standing = Standing { version: Some(before.version.unwrap_or(0) + 1), records: Arc::new(records), held: Arc::new(held) };

                // The same look again is news only of losses that were held, and only once.
                let again = compare(&standing, &now);
                prop_assert!(again.differences.iter().all(|difference| difference.kind == Kind::Gone && standing.held.contains(&difference.key)));
                prop_assert_eq!(again.held, 0);
            }
        }
    }

    /// Records by key: room, shape, instant, and whether it stands.
    fn keys_of(
        stands: impl Strategy<Value = bool>,
    ) -> impl Strategy<Value = std::collections::BTreeMap<String, (String, u32, Option<i64>, bool)>> {
        proptest::collection::btree_map("[a-z]", ("[AB]", 1u32..3, proptest::option::of(0i64..12), stands), 0..24)
    }

    fn full(key: &str, room: &str, shape: u32, at: Option<i64>) -> Record {
        let aspects = vec![Aspect { name: "room".into(), value: room.into(), shape }];
        Record { key: key.into(), value: room.into(), aspects, at: at.map(Instant::from_millis) }
    }
}
