//! A living school: what everybody's stays have left in the tables.

use std::sync::Arc;

use super::people::{Person, User, classes};
use super::plan::Plan;
use super::rooms::Room;
use super::timetable::Timetable;
use super::visit::{Browser, Rules, Trace, Visit, round_length, written};
use super::{Session, chance, plain_v4};

/// How long a session row stays after its last request if nobody logs out, in seconds (Moodle's default).
const SESSION_TIMEOUT: i64 = 8 * 3600;

/// How many anonymous visitors have a session at any time.
const ANONYMOUS: i64 = 3;

/// How long the accounts that nobody uses any more have been silent before the founding, in seconds.
const SILENT: i64 = 20 * 86_400;

#[derive(Debug)]
pub(super) struct Life {
    rules: Rules,
    people: Vec<Person>,
    founded: i64,
}

impl Life {
    pub(super) fn new(plan: &Plan, people: Vec<Person>) -> Self {
        let rules = Rules {
            seed: plan.seed,
            timetable: Timetable::new(&plan.pace),
            classes: classes(plan),
            teachers: plan.teachers,
        };
        Self { rules, people, founded: plan.start.div_euclid(1000) }
    }

    pub(super) fn at(&self, at: i64, rooms: &[Room]) -> (Vec<User>, Vec<Session>) {
        let mut sessions = self.anonymous(at);
        let now = (at, self.rules.timetable.current(at));
        let users = self.people.iter().map(|person| self.user(person, now, rooms, &mut sessions)).collect();
        sessions.sort_by_key(|session| session.id);
        (users, sessions)
    }

    pub(super) fn whereabouts(&self, id: i64, at: i64) -> Option<usize> {
        let person = self.people.iter().find(|person| person.profile.id == id && person.comes)?;
        let visit = self.rules.visits(id, at, self.rules.timetable.current(at))[0]?;
        (at <= self.rules.leaves(id, visit)).then(|| self.rules.path(person, visit).room(at))
    }

    fn user(&self, person: &Person, (at, current): (i64, i64), rooms: &[Room], sessions: &mut Vec<Session>) -> User {
        let mut user =
            User { profile: person.profile.clone(), firstaccess: person.first, lastaccess: 0, lastip: Arc::from("") };
        if !person.comes {
            if person.first != 0 {
                user.lastaccess = self.founded - SILENT;
                user.lastip = rooms.first().map_or_else(|| Arc::from(""), |room| written(person, room).into());
            }
            return user;
        }
        let [latest, before] = self.rules.visits(person.profile.id, at, current);
        if let Some(visit) = latest {
            let trace = self.rules.trace(person, visit, at);
            user.lastaccess = trace.noted;
            user.firstaccess = user.firstaccess.min(trace.login);
            user.lastip = written(person, &rooms[trace.noted_at]).into();
            self.sessions(person, visit, &trace, at, rooms, sessions);
        }
        if let Some(visit) = before {
            let trace = self.rules.trace(person, visit, at);
            self.sessions(person, visit, &trace, at, rooms, sessions);
        }
        user
    }

    /// Adds the rows of a stay that are still there.
    fn sessions(
        &self,
        person: &Person,
        visit: Visit,
        trace: &Trace,
        at: i64,
        rooms: &[Room],
        sessions: &mut Vec<Session>,
    ) {
        let gone = at > trace.leaves && trace.logs_out;
        // Logging out ends the computer's session; the phone is put away.
        let computer = (!gone).then_some((0, trace.computer));
        let phone = trace.phone.map(|phone| (1, phone));
        for (device, browser) in computer.into_iter().chain(phone) {
            if at - browser.written < self.timeout() {
                sessions.push(self.session(person, visit, device, browser, rooms));
            }
        }
    }

    fn session(&self, person: &Person, visit: Visit, device: i64, browser: Browser, rooms: &[Room]) -> Session {
        let about = [person.profile.id, visit.first, 20 + device];
        Session {
            id: row_id(self.rules.seed, &about),
            sid: sid(self.rules.seed, &about),
            userid: person.profile.id,
            timecreated: browser.created,
            timemodified: browser.written,
            firstip: written(person, &rooms[browser.first_room]).into(),
            lastip: written(person, &rooms[browser.last_room]).into(),
        }
    }

    /// In a compressed school half a round stands for the eight hours, so that people do not pile up rows.
    fn timeout(&self) -> i64 {
        match self.rules.timetable {
            Timetable::Real(_) => SESSION_TIMEOUT,
            Timetable::Compressed { slot } => SESSION_TIMEOUT.min(round_length(slot) * slot / 2),
        }
    }

    fn anonymous(&self, at: i64) -> Vec<Session> {
        let quarter = at.div_euclid(900);
        (0..ANONYMOUS)
            .map(|visitor| {
                let about = [0, quarter, visitor];
                let created = quarter * 900 + visitor;
                let octet = chance::below(self.rules.seed, &about, 200);
                let address = std::net::Ipv4Addr::new(198, 51, 100, u8::try_from(octet + 20).unwrap_or(20));
                let address: Arc<str> = plain_v4(address).into();
                Session {
                    id: row_id(self.rules.seed, &about),
                    sid: sid(self.rules.seed, &about),
                    userid: 0,
                    timecreated: created,
                    timemodified: created,
                    firstip: address.clone(),
                    lastip: address,
                }
            })
            .filter(|session| session.timecreated <= at)
            .collect()
    }
}

/// Returns the id of a row: positive, and small enough for every program that keeps numbers in a double.
fn row_id(seed: u64, about: &[i64]) -> i64 {
    1 + chance::below(seed ^ 0x5e55, about, 1 << 52)
}

fn sid(seed: u64, about: &[i64]) -> String {
    let mut bytes = chance::number(seed ^ 0x51d1, about).to_be_bytes().to_vec();
    bytes.extend(chance::number(seed ^ 0x51d2, about).to_be_bytes());
    hex::encode(bytes)
}
