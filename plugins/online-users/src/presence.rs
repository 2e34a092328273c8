//! Presence as sessions: who came, who moved, who left, and when a session is over.
//!
//! A record changes only when something happens to the person: at arrival, departure, return, move and end. It does not carry when
//! the person was last seen, because then every record would change with every poll.
//!
//! **Departure.** Who is not among the active at a poll did nothing since `now - window`, so that is the latest instant at which
//! they can have left, and it is the one that is written down (`away_since`). **End.** A session is over when more than
//! `session-gap` lies between two activities: seen at the return (`last access - away_since`), or before it, as soon as silence has
//! lasted that long (`now - window - away_since`).
//!
//! **Skipped polls end nothing.** While nobody looks, nobody is seen to be away: after an outage those who were here and are not
//! any more have left just now, and the silence of those who were away already counts only as far as it was watched. To know how
//! far that is, the instant of a poll is kept while somebody is away, and renewed after a sixth of `session-gap`. Between two
//! counted polls at most a third of `session-gap` counts as silence.

use std::collections::{HashMap, HashSet};

use beadle_sdk::ledger::Record;
use serde::{Deserialize, Serialize};

/// A person's session. Instants are seconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// The room, once it is settled; none where it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) room: Option<String>,
    /// When it began: the first activity.
    pub(crate) since: i64,
    /// Whether the person is online.
    pub(crate) here: bool,
    /// The latest instant at which the person can have left, while they are away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    away_since: Option<i64>,
    /// Another room, seen at the last poll only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    candidate: Option<Candidate>,
}

/// A room that has still to be seen a second time. None is a room, too: the unknown one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Candidate {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    room: Option<String>,
}

/// When a poll was last counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Polled {
    pub(crate) at: i64,
}

/// A person who is online at this poll.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// The pseudonym.
    pub(crate) key: &'a str,
    /// The room, where it is known.
    pub(crate) room: Option<&'a str>,
    /// When the person last did something.
    pub(crate) last_access: i64,
}

/// The poll's instant, and the two lengths of time, all in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) now: i64,
    pub(crate) window: i64,
    pub(crate) gap: i64,
}

/// What a poll makes of the sessions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// All sessions that stand, under their pseudonyms.
    pub(crate) sessions: Vec<(String, Session)>,
    /// Which of the seen began a session.
    pub(crate) arrived: Vec<usize>,
    /// How many are in another room than before.
    pub(crate) moved: usize,
    /// How many are not online any more.
    pub(crate) left: usize,
    /// The instant to keep as the last counted poll, if it is time to.
    pub(crate) polled: Option<i64>,
}

/// Carries all sessions one poll further. `polled` is the last counted poll, `forgotten` the people whose traces have to go because
/// they chose not to be shown.
pub(crate) fn step(
    before: Vec<(String, Session)>,
    polled: Option<i64>,
    seen: &[Seen<'_>],
    forgotten: &HashSet<&str>,
    clock: Clock,
) -> Step {
    let unwatched = polled.map_or(0, |polled| (clock.now - polled - clock.gap / 3).max(0));
    let mut before: HashMap<String, Session> = before.into_iter().collect();
    for away_since in before.values_mut().filter_map(|session| session.away_since.as_mut()) {
        *away_since += unwatched;
    }
    let mut step = Step { sessions: Vec::with_capacity(before.len().max(seen.len())), ..Step::default() };
    for (index, person) in seen.iter().enumerate() {
        match before.remove_entry(person.key) {
            Some((key, mut session)) if !session.is_over(person.last_access, clock) => {
                session.here = true;
                session.away_since = None;
                step.moved += usize::from(session.enter(person.room));
                step.sessions.push((key, session));
            }
            _ => {
                step.arrived.push(index);
                step.sessions.push((person.key.to_owned(), Session::begin(person)));
            }
        }
    }
    let quiet_since = clock.now - clock.window;
    for (key, mut session) in before {
        if forgotten.contains(key.as_str()) || session.is_over(quiet_since, clock) {
            continue;
        }
        if session.here {
            session.leave(quiet_since);
            step.left += 1;
        }
        step.sessions.push((key, session));
    }
    step.sessions.sort_unstable_by(|one, two| one.0.cmp(&two.0));
    let away = step.sessions.iter().any(|(_, session)| !session.here);
    let due = polled.is_none_or(|polled| clock.now - polled >= clock.gap / 6 || polled > clock.now);
    step.polled = (away && due).then_some(clock.now);
    step
}

/// Makes a session's record. The room is what matters about it.
pub(crate) fn record((key, session): (String, Session)) -> Record<Session> {
    let room = session.room.clone();
    let record = Record::new(key, session);
    match room {
        Some(room) => record.aspect("room", 1, room),
        None => record,
    }
}

impl Session {
    fn begin(person: &Seen<'_>) -> Self {
        Self {
            room: person.room.map(str::to_owned),
            since: person.last_access,
            here: true,
            away_since: None,
            candidate: None,
        }
    }

    /// Whether the silence up to an instant is longer than a session lasts.
    fn is_over(&self, until: i64, clock: Clock) -> bool {
        self.away_since.is_some_and(|since| until - since > clock.gap)
    }

    fn leave(&mut self, at: i64) {
        self.here = false;
        self.away_since = Some(at);
        self.candidate = None;
    }

    /// Takes note of where the person is seen. Returns whether they moved: the second time in a row that another room is seen, and
    /// both rooms are known.
    fn enter(&mut self, room: Option<&str>) -> bool {
        if self.room.as_deref() == room {
            self.candidate = None;
            return false;
        }
        match self.candidate.take() {
            Some(candidate) if candidate.room.as_deref() == room => {
                let moved = self.room.is_some() && room.is_some();
                self.room = candidate.room;
                moved
            }
            _ => {
                self.candidate = Some(Candidate { room: room.map(str::to_owned) });
                false
            }
        }
    }
}

#[cfg(test)]
mod tests;
