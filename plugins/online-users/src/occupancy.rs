//! How many people are in each room, for other plugins to read.
//!
//! A record changes only when its count does. A room that became empty stands with 0 for a day, so that "nobody is in Lab 1" can be
//! told from "nothing is known about Lab 1"; then it is left out, or renamed rooms would stand for ever.

use std::collections::BTreeMap;

use beadle_sdk::ledger::Record;
use serde::{Deserialize, Serialize};

/// How long an empty room stands, in seconds.
const KEEP_EMPTY: i64 = 86_400;

/// One room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Room {
    /// How many people are in it.
    pub(crate) count: u64,
    /// Since when nobody is in it, in seconds since 1970-01-01 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    empty_since: Option<i64>,
}

/// A room's name, and how many people are in it.
pub(crate) type Count = (String, u64);

/// Counts the people in each room. Returns all rooms that stand, and those with people in them, the fullest first.
pub(crate) fn step<'a>(
    before: Vec<(String, Room)>,
    here: impl Iterator<Item = &'a str>,
    now: i64,
) -> (Vec<(String, Room)>, Vec<Count>) {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for room in here {
        *counts.entry(room).or_default() += 1;
    }
    let mut full: Vec<Count> = counts.iter().map(|(&name, &count)| (name.to_owned(), count)).collect();
    full.sort_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
    let mut rooms: Vec<(String, Room)> =
        full.iter().map(|(name, count)| (name.clone(), Room { count: *count, empty_since: None })).collect();
    rooms.extend(before.into_iter().filter(|(name, _)| !counts.contains_key(name.as_str())).filter_map(
        |(name, room)| {
            let since = room.empty_since.unwrap_or(now);
            (now - since <= KEEP_EMPTY).then_some((name, Room { count: 0, empty_since: Some(since) }))
        },
    ));
    (rooms, full)
}

/// Makes a room's record. The count is what matters about it.
pub(crate) fn record((name, room): (String, Room)) -> Record<Room> {
    Record::new(name, room).aspect("count", 1, room.count.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_that_empties_stands_with_nought_for_a_day() {
        let (rooms, full) = step(Vec::new(), ["Lab 1", "Hall", "Lab 1"].into_iter(), 0);
        assert_eq!(full, [("Lab 1".to_owned(), 2), ("Hall".to_owned(), 1)]);
        let (rooms, full) = step(rooms, ["Hall"].into_iter(), 60);
        assert_eq!(full, [("Hall".to_owned(), 1)]);
        let lab = |rooms: &[(String, Room)]| rooms.iter().find(|(name, _)| name == "Lab 1").map(|(_, room)| *room);
        assert_eq!(lab(&rooms), Some(Room { count: 0, empty_since: Some(60) }));
        let (rooms, _) = step(rooms, std::iter::empty(), 3600);
        assert_eq!(
            lab(&rooms),
            Some(Room { count: 0, empty_since: Some(60) }),
            "a record of an empty room does not change"
        );
        let (back, _) = step(rooms.clone(), ["Lab 1"].into_iter(), 7200);
        assert_eq!(lab(&back), Some(Room { count: 1, empty_since: None }));
        let (gone, _) = step(rooms, std::iter::empty(), 60 + KEEP_EMPTY + 1);
        assert_eq!(lab(&gone), None);
    }
}
