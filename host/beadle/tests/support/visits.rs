//! What the school itself knows of who was there, to hold against what a host wrote down.

use std::collections::HashMap;

use beadle_campus::school::Snapshot;

use super::tables::seed;

/// Who is silent for longer than this has left, and comes anew. In seconds, as the stories configure it; people of a school in fast
/// motion stay away for forty minutes.
pub(crate) const GAP: i64 = 300;

/// For how long after their last page people count as online, in seconds.
pub(crate) const WINDOW: i64 = 120;

/// A stay at school.
struct Visit {
    /// What could be seen when: from the millisecond, on, this last access, in seconds.
    seen: Vec<(i64, i64)>,
    /// When rows of it were written, in seconds.
    rows: Vec<i64>,
}

/// All stays, by the eight digits that stand in rows.
#[derive(Default)]
pub(crate) struct Visits {
    visits: HashMap<String, Vec<Visit>>,
}

impl Visits {
    /// Notes what the tables show, which anybody can read from `now` on, in milliseconds.
    pub(crate) fn note(&mut self, snapshot: &Snapshot, now: i64) {
        for user in snapshot.online(WINDOW) {
            let visits = self.visits.entry(seed(user.id)).or_default();
            match visits.last_mut().and_then(|visit| visit.seen.last().map(|(_, last)| *last)) {
                Some(last) if last == user.lastaccess => {}
                Some(last) if user.lastaccess - last < GAP => {
                    visits.last_mut().expect("it was just there").seen.push((now, user.lastaccess));
                }
                _ => visits.push(Visit { seen: vec![(now, user.lastaccess)], rows: Vec::new() }),
            }
        }
    }

    /// Expects a row for each stay that a poll must have seen, none for what was no stay, and never two. Polls are told by when they
    /// began and ended, in milliseconds. Returns how many stays were written down.
    #[track_caller]
    pub(crate) fn stand_once(&mut self, rows: &[Vec<String>], polls: &[(i64, i64)]) -> usize {
        for visit in self.visits.values_mut().flatten() {
            visit.rows.clear();
        }
        for row in rows {
            let at = seconds(&row[row.len() - 1]);
            let visits = self.visits.get_mut(&row[0]).into_iter().flatten();
            let nearest = visits.min_by_key(|visit| visit.distance(at)).filter(|visit| visit.distance(at) < GAP);
            nearest.unwrap_or_else(|| panic!("nobody was there: {row:?}")).rows.push(at);
        }
        let mut written = 0;
        for (person, visit) in
            self.visits.iter().flat_map(|(person, visits)| visits.iter().map(move |visit| (person, visit)))
        {
            assert!(visit.rows.len() < 2, "{person} stands twice: {:?}", visit.rows);
            let met = polls.iter().find(|poll| visit.must_be_seen(**poll));
            assert!(
                visit.rows.len() == 1 || met.is_none(),
                "{person} was there and has no row: {:?}, {met:?}",
                visit.seen
            );
            written += visit.rows.len();
        }
        written
    }
}

impl Visit {
    /// How far an instant is from the time in which the person counted as online.
    fn distance(&self, at: i64) -> i64 {
        let (first, last) = (self.seen[0].0 / 1_000, self.seen[self.seen.len() - 1].1 + WINDOW);
        (first - at).max(at - last).max(0)
    }

    /// Whether a poll must have seen the person: what stood there when it began still counted when it ended.
    fn must_be_seen(&self, (began, ended): (i64, i64)) -> bool {
        let known = self.seen.iter().rev().find(|(from, _)| *from <= began);
        known.is_some_and(|(_, last)| ended / 1_000 < last + WINDOW - 1)
    }
}

/// Reads the date and time of a row, which are in UTC.
fn seconds(text: &str) -> i64 {
    let civil: jiff::civil::DateTime = text.parse().unwrap_or_else(|error| panic!("{text:?}: {error}"));
    civil.to_zoned(jiff::tz::TimeZone::UTC).expect("a time").timestamp().as_second()
}
