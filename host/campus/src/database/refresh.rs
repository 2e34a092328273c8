//! Writing what changed between two instants.

use sqlx::SqliteConnection;

use super::{Moving, Written};
use crate::school::{Session, Snapshot, User};

/// The rows that differ from what the file holds.
pub(super) struct Changes<'a> {
    users: Vec<&'a User>,
    sessions: Vec<&'a Session>,
    gone: Vec<i64>,
}

impl Moving {
    fn of(user: &User) -> Self {
        Self { firstaccess: user.firstaccess, lastaccess: user.lastaccess, lastip: user.lastip.clone() }
    }

    fn is(&self, user: &User) -> bool {
        self.lastaccess == user.lastaccess && self.lastip == user.lastip && self.firstaccess == user.firstaccess
    }
}

impl Written {
    pub(super) fn changes<'a>(&self, snapshot: &'a Snapshot) -> Changes<'a> {
        let stale = |user: &&User| !self.users.get(&user.id).is_some_and(|moving| moving.is(user));
        let new = |session: &&Session| self.sessions.get(&session.id) != Some(*session);
        let mut gone: Vec<i64> = self.sessions.keys().copied().collect();
        let here: std::collections::HashSet<i64> = snapshot.sessions.iter().map(|session| session.id).collect();
        gone.retain(|id| !here.contains(id));
        Changes {
            users: snapshot.users.iter().filter(stale).collect(),
            sessions: snapshot.sessions.iter().filter(new).collect(),
            gone,
        }
    }

    pub(super) fn take(&mut self, snapshot: &Snapshot) {
        let changes = self.changes(snapshot);
        for user in changes.users {
            self.users.insert(user.id, Moving::of(user));
        }
        for session in changes.sessions {
            self.sessions.insert(session.id, session.clone());
        }
        for id in changes.gone {
            self.sessions.remove(&id);
        }
    }
}

impl Changes<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty() && self.sessions.is_empty() && self.gone.is_empty()
    }

    /// Writes the changes and returns how many rows they are.
    pub(super) async fn write(&self, connection: &mut SqliteConnection) -> Result<usize, sqlx::Error> {
        for user in &self.users {
            sqlx::query(
                "UPDATE mdl_user SET firstaccess = ?, lastaccess = ?, lastlogin = ?, currentlogin = ?, lastip = ? WHERE id = ?",
            )
            .bind(user.firstaccess)
            .bind(user.lastaccess)
            .bind(user.firstaccess)
            .bind(user.lastaccess)
            .bind(user.lastip.to_string())
            .bind(user.id)
            .execute(&mut *connection)
            .await?;
        }
        for session in &self.sessions {
            sqlx::query(
                "INSERT INTO mdl_sessions (id, state, sid, userid, timecreated, timemodified, firstip, lastip) \
                 VALUES (?, 0, ?, ?, ?, ?, ?, ?) \
                 ON CONFLICT (id) DO UPDATE SET timemodified = excluded.timemodified, lastip = excluded.lastip",
            )
            .bind(session.id)
            .bind(&session.sid)
            .bind(session.userid)
            .bind(session.timecreated)
            .bind(session.timemodified)
            .bind(session.firstip.to_string())
            .bind(session.lastip.to_string())
            .execute(&mut *connection)
            .await?;
        }
        for id in &self.gone {
            sqlx::query("DELETE FROM mdl_sessions WHERE id = ?").bind(id).execute(&mut *connection).await?;
        }
        Ok(self.users.len() + self.sessions.len() + self.gone.len())
    }
}
