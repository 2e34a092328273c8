//! When to look again before the schedule does: what is called off at the last minute should not be pinged, and what has ended should
//! not stand.

use std::collections::BTreeSet;

use crate::conference::Conference;

/// How many wake-ups a run may ask for.
const MOST: usize = 8;
/// How long before a ping or a start, in seconds: long enough for a run, short enough to see what happens at the last minute.
const AHEAD: i64 = 45;
/// How long after an end, in seconds: the site's clock may be a little behind.
const AFTER: i64 = 5;
/// The host wakes nobody sooner, in seconds.
const SOONEST: i64 = 10;
/// Starts and pings further ahead are nobody's business yet, in seconds: a run will have come by then.
const FURTHEST: i64 = 86_400;

/// Returns the instants, the earliest first.
pub(super) fn of<'a>(conferences: impl Iterator<Item = &'a Conference>, now: i64) -> Vec<i64> {
    let mut instants = BTreeSet::new();
    for conference in conferences {
        instants.insert(conference.start - AHEAD);
        instants.extend(conference.leads.iter().map(|lead| conference.start - lead - AHEAD));
        if conference.end_known && conference.goes_on(now) {
            instants.insert(conference.end + AFTER);
        }
    }
    instants.range(now + SOONEST..=now + FURTHEST).take(MOST).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn conference(start: i64) -> Conference {
        Conference { start, end: start + 3600, ..samples::conference() }
    }

    #[test]
    fn a_run_looks_before_pings_and_starts_and_after_known_ends() {
        let now = 1_000_000;
        let soon = Conference { leads: vec![300, 3600], ..conference(now + 4000) };
        let running = conference(now - 100);
        let open_ended = Conference { end_known: false, ..conference(now - 200) };
        assert_eq!(
            of([&soon, &running, &open_ended].into_iter(), now),
            [now + 355, now + 3505, now + 3655, now + 3955]
        );
    }

    #[test]
    fn wake_ups_are_few_and_neither_too_soon_nor_too_far() {
        let now = 1_000_000;
        let many: Vec<Conference> = (0..40).map(|minute| conference(now + minute * 60)).collect();
        let wakes = of(many.iter(), now);
        assert_eq!(wakes.len(), MOST);
        assert!(wakes.iter().all(|&at| at >= now + SOONEST), "{wakes:?}");
        assert!(wakes.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(of([&conference(now + 2 * FURTHEST)].into_iter(), now).is_empty());
        assert!(of([&conference(now + AHEAD + SOONEST - 1)].into_iter(), now).is_empty(), "it is too late to look");
    }
}
