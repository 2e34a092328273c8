//! The feed: what changed since a reader's cursor, over all collections.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use beadle_plan::{AspectDifference, ChangeKind, Instant, RunId};
use serde::{Deserialize, Serialize};

use crate::catalog::ITEMS;
use crate::{ScopeName, StoreError};

/// How far a reader has come. To readers it is a word that they give back as they got it.
///
/// While a reader pages, the cursor remembers where its paging began and up to where it goes: what is committed meanwhile comes after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    /// Up to this number the reader knows everything.
    base: i64,
    /// Up to this number it was told what came after the base.
    position: i64,
    /// The head when its paging began.
    head: i64,
}

/// A text that is no cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no cursor; give one back as it was printed, such as c120")]
pub struct NoCursor(String);

impl Cursor {
    /// Before everything.
    pub const START: Self = Self::at(0);

    /// Everything up to a number is known.
    pub(crate) const fn at(number: i64) -> Self {
        Self { base: number, position: number, head: number }
    }

    pub(crate) fn base(self) -> i64 {
        self.base
    }

    pub(crate) fn position(self) -> i64 {
        self.position
    }

    /// Tells whether its reader knows less than that of another.
    pub fn is_before(self, other: Self) -> bool {
        self.position < other.position
    }

    /// Whether a page is still to come.
    fn is_paging(self) -> bool {
        self.position < self.head
    }

    /// Begins a page: goes on to where paging began to go, or to the head as it is now.
    pub(crate) fn begun(self, head: i64) -> Self {
        if self.is_paging() { self } else { Self { head, ..self } }
    }

    pub(crate) fn goal(self) -> i64 {
        self.head
    }

    /// Ends a page at a number; at the goal everything is known.
    pub(crate) fn ended(self, position: i64) -> Self {
        let paging = Self { position, ..self };
        if paging.is_paging() { paging } else { Self::at(self.head) }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_paging() {
            true => f.pad(&format!("c{}-{}-{}", self.base, self.position, self.head)),
            false => f.pad(&format!("c{}", self.base)),
        }
    }
}

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let no = || NoCursor(text.to_owned());
        let number = |part: &str| part.parse::<u64>().ok().and_then(|number| i64::try_from(number).ok());
        let parts: Option<Vec<i64>> = text.strip_prefix('c').ok_or_else(no)?.split('-').map(number).collect();
        match parts.ok_or_else(no)?[..] {
            [base] => Ok(Self::at(base)),
            [base, position, head] if base <= position && position < head => Ok(Self { base, position, head }),
            _ => Err(no()),
        }
    }
}

impl TryFrom<String> for Cursor {
    type Error = NoCursor;

    fn try_from(text: String) -> Result<Self, NoCursor> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

/// Which changes to return.
#[derive(Debug, Clone, Default)]
pub struct FeedFilter {
    /// Only of this site; the empty one is that of plugins without a site.
    pub site: Option<String>,
    /// Only of this collection.
    pub collection: Option<String>,
    /// Only those that matter.
    pub meaningful: bool,
    /// At most so many.
    pub limit: u32,
}

/// A record that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRow {
    /// The number of its newest change.
    pub number: i64,
    /// Where it stands.
    pub scope: ScopeName,
    /// Its key.
    pub key: String,
    /// What kind of change it is.
    pub kind: ChangeKind,
    /// Whether the change matters to anybody.
    pub meaningful: bool,
    /// Whether it is new only because its scope was looked at for the first time.
    pub baseline: bool,
    /// All aspects that differ, the weightiest first.
    pub aspects: Vec<AspectDifference>,
    /// A digest of what matters of it, in 64 hex digits: the same for as long as nothing that matters changes.
    pub meaningful_key: String,
    /// Its value at the cursor, JSON; none where it is new.
    pub before: Option<String>,
    /// Its value now, JSON; of one that is gone, as it was when it went.
    pub value: String,
    /// When the newest change was committed.
    pub at: Instant,
    /// Which run committed it.
    pub run: RunId,
}

impl FeedRow {
    /// Whether it is an item of the catalog, which belongs to no plugin.
    pub fn is_item(&self) -> bool {
        self.scope.plugin.is_empty() && self.scope.collection == ITEMS
    }
}

/// Some changes, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Each record that changed, once, by its newest change.
    pub rows: Vec<FeedRow>,
    /// Where to go on.
    pub next: Cursor,
    /// Whether there is more to be had at once.
    pub more: bool,
}

/// What changed since a reader's cursor.
///
/// Every committed change has a number, in commit order. A reader that gives its cursor back each time is told of every record whose
/// change was committed, whatever transactions were under way meanwhile, and of none twice for the same change.
#[async_trait]
pub trait Feed: Send + Sync {
    /// Returns what changed since a cursor.
    async fn changes(&self, since: Cursor, filter: &FeedFilter) -> Result<Page, StoreError>;

    /// Returns the cursor of a reader who knows what was committed before an instant.
    async fn cursor_at(&self, instant: Instant) -> Result<Cursor, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_a_word() {
        for cursor in [Cursor::START, Cursor::at(7), Cursor { base: 3, position: 5, head: 9 }] {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for wrong in ["", "7", "c", "c-1", "c1-2", "c5-3-9", "c1-9-9", "c1-2-3-4", "cx", "2026-11-20"] {
            assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn paging_goes_to_where_it_began_to_go() {
        let cursor = Cursor::at(3).begun(9);
        assert_eq!((cursor.base(), cursor.position(), cursor.goal()), (3, 3, 9));
        let cursor = cursor.ended(5).begun(20);
        assert_eq!((cursor.base(), cursor.position(), cursor.goal()), (3, 5, 9));
        assert_eq!(cursor.ended(9), Cursor::at(9));
        assert_eq!(Cursor::at(9).begun(9).ended(9), Cursor::at(9));
    }
}
