//! A school for measuring: many accounts, some of them always online, computed in one pass.

use std::sync::Arc;

use super::Session;
use super::people::{Person, User};
use super::plan::Plan;
use super::rooms::{Room, RoomKind};
use super::visit::written;

/// Seconds between two notes of last access: one more than Moodle's grain.
const NOTE: i64 = 61;

#[derive(Debug)]
pub(super) struct Crowd {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    user: User,
    /// Within the minute, when last access is noted; none for who is never online.
    phase: Option<i64>,
    sid: String,
}

impl Crowd {
    pub(super) fn new(plan: &Plan, people: Vec<Person>, rooms: &[Room], online: usize) -> Self {
        let founded = plan.start.div_euclid(1000);
        let classrooms: Vec<&Room> = rooms.iter().filter(|room| room.kind == RoomKind::Classroom).collect();
        let mut left = online;
        let rows = people
            .into_iter()
            .enumerate()
            .map(|(number, person)| {
                let offset = i64::try_from(number).unwrap_or(0);
                let is_student = person.comes && person.profile.username.starts_with("student");
                let phase = (is_student && left > 0).then(|| {
                    left -= 1;
                    offset % NOTE
                });
                let was_here = person.first != 0;
                let address = classrooms[number % classrooms.len()];
                let user = User {
                    firstaccess: person.first,
                    lastaccess: if was_here { founded - offset % 86_400 } else { 0 },
                    lastip: if was_here { written(&person, address).into() } else { Arc::from("") },
                    profile: person.profile,
                };
                Row { sid: format!("crowd{number:027}"), user, phase }
            })
            .collect();
        Self { rows }
    }

    pub(super) fn at(&self, at: i64) -> (Vec<User>, Vec<Session>) {
        let mut sessions = Vec::new();
        let users = self
            .rows
            .iter()
            .map(|row| {
                let mut user = row.user.clone();
                if let Some(phase) = row.phase {
                    user.lastaccess = at - (at + phase).rem_euclid(NOTE);
                    sessions.push(Session {
                        id: user.id,
                        sid: row.sid.clone(),
                        userid: user.id,
                        timecreated: user.firstaccess,
                        timemodified: user.lastaccess,
                        firstip: user.lastip.clone(),
                        lastip: user.lastip.clone(),
                    });
                }
                user
            })
            .collect();
        (users, sessions)
    }
}
