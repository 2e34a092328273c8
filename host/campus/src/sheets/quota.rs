//! Requests a minute, per user and per project, on the campus's own clock.

use std::collections::BTreeMap;

/// Requests of one kind that one account may make in a minute.
pub const PER_USER: u32 = 60;

/// Requests of one kind that all accounts of the project may make in a minute.
pub const PER_PROJECT: u32 = 300;

const MINUTE_MS: i64 = 60_000;

/// Whether a request reads or changes; each has its own buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Read,
    Write,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Write => "Write",
        }
    }
}

/// The buckets; they fill up at the start of each minute.
#[derive(Debug)]
pub(super) struct Quota {
    pub(super) per_user: u32,
    pub(super) per_project: u32,
    minute: i64,
    used: BTreeMap<(Kind, Option<String>), u32>,
}

/// Which bucket was empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exceeded {
    User,
    Project,
}

impl Default for Quota {
    fn default() -> Self {
        Self { per_user: PER_USER, per_project: PER_PROJECT, minute: i64::MIN, used: BTreeMap::new() }
    }
}

impl Quota {
    /// Counts a request, or says which bucket refuses it; a refused one is not counted.
    pub(super) fn take(&mut self, now_ms: i64, user: &str, kind: Kind) -> Result<(), Exceeded> {
        let minute = now_ms.div_euclid(MINUTE_MS);
        if minute != self.minute {
            self.minute = minute;
            self.used.clear();
        }
        let (mine, all) = ((kind, Some(user.to_owned())), (kind, None));
        if self.used.get(&mine).copied().unwrap_or(0) >= self.per_user {
            return Err(Exceeded::User);
        }
        if self.used.get(&all).copied().unwrap_or(0) >= self.per_project {
            return Err(Exceeded::Project);
        }
        *self.used.entry(mine).or_default() += 1;
        *self.used.entry(all).or_default() += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Exceeded, Kind, Quota};

    #[test]
    fn users_and_the_project_have_their_own_buckets() {
        let mut quota = Quota::default();
        for n in 0..5 {
            for _ in 0..60 {
                quota.take(1_000, &format!("user{n}"), Kind::Write).expect("inside both");
            }
        }
        assert_eq!(quota.take(59_999, "user0", Kind::Write), Err(Exceeded::User));
        assert_eq!(quota.take(59_999, "user9", Kind::Write), Err(Exceeded::Project));
        assert_eq!(quota.take(59_999, "user0", Kind::Read), Ok(()));
        assert_eq!(quota.take(60_000, "user0", Kind::Write), Ok(()));
    }
}
