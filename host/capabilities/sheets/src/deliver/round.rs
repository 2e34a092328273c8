//! One round of delivery to one tab, by its only writer.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use beadle_plan::{Body, Delivered, Doubt, EffectId, Instant, QueuedEffect, Row, Target};
use beadle_store::Tab;

use super::doubt::{Verdict, verdict};
use super::{Delivery, Knowledge};
use crate::header::{agreed, missing};
use crate::keys;
use crate::limits::check_cells;
use crate::look::{both, kinds, look, names};
use crate::table::{Head, Table, Trouble};

/// Bytes of cells in one request; the service advises at most 2 MB, and JSON adds its own.
const REQUEST_BYTES: usize = 1 << 20;

/// When to look again for a lost request where the first look failed too.
const LOOK_SOON: Duration = Duration::from_secs(10);

/// Where keys stand.
#[derive(Default)]
struct Places {
    rows: HashMap<String, usize>,
    /// In words, where a key stands twice.
    twice: HashMap<String, String>,
}

impl Places {
    fn of(&self, key: &str, table: &dyn Table) -> Option<String> {
        let row = self.rows.get(key)?;
        Some(self.twice.get(key).cloned().unwrap_or_else(|| table.place(*row)))
    }
}

/// A row under way.
#[derive(Clone, Copy)]
struct Item<'e> {
    id: EffectId,
    key: &'e str,
    row: &'e Row,
    /// When it was in a request whose outcome is not known.
    sent: Option<Instant>,
}

pub(super) struct Round<'a, 'e> {
    delivery: &'a Delivery,
    target: &'a Target,
    table: &'a dyn Table,
    knowledge: &'a mut Knowledge,
    outcomes: BTreeMap<EffectId, Delivered>,
    pending: Vec<Item<'e>>,
}

impl<'a, 'e> Round<'a, 'e> {
    pub(super) fn new(
        delivery: &'a Delivery,
        target: &'a Target,
        table: &'a dyn Table,
        knowledge: &'a mut Knowledge,
    ) -> Self {
        Self { delivery, target, table, knowledge, outcomes: BTreeMap::new(), pending: Vec::new() }
    }

    /// Makes the rows stand and says of each what came of it.
    pub(super) async fn run(mut self, effects: &'e [QueuedEffect]) -> Vec<(EffectId, Delivered)> {
        for QueuedEffect { id, effect, doubt, .. } in effects {
            let row = match &effect.body {
                Body::Row(row) => check_cells(row).map(|()| row),
                Body::Message(_) | Body::NoMessage => Err("a sheet holds rows, and this is none".to_owned()),
            };
            match row {
                Ok(row) => {
                    self.pending.push(Item { id: *id, key: &effect.key, row, sent: doubt.map(|doubt| doubt.sent) });
                }
                Err(cause) => {
                    self.outcomes.insert(*id, Delivered::Invalid { cause });
                }
            }
        }
        if let Err(trouble) = self.make().await {
            self.stop(&trouble);
        }
        self.outcomes.into_iter().collect()
    }

    async fn make(&mut self) -> Result<(), Trouble> {
        self.drop_known().await?;
        if self.pending.is_empty() {
            return Ok(());
        }
        let header = self.header().await?;
        let doubtful = self.pending.iter().any(|item| item.sent.is_some());
        let news = self.pending.iter().any(|item| !self.knowledge.specs.iter().any(|spec| **spec == *item.row.key));
        if doubtful || news || !self.knowledge.fresh {
            let looked = self.delivery.clock.now();
            self.mend(&header).await?;
            let found = self.read_keys(&header).await?;
            if self.settle_found(&found, looked) {
                return Ok(());
            }
        }
        self.send(&header).await;
        Ok(())
    }

    /// Settles the rows whose keys are known to stand.
    async fn drop_known(&mut self) -> Result<(), Trouble> {
        let keys: Vec<&str> = self.pending.iter().map(|item| item.key).collect();
        let known = self.delivery.tabs.known(self.target, &keys).await.map_err(store)?;
        let outcomes = &mut self.outcomes;
        self.pending.retain(|item| {
            let new = !known.contains(item.key);
            if !new {
                outcomes.insert(item.id, Delivered::AlreadyThere);
            }
            new
        });
        Ok(())
    }

    /// Returns the header, and makes tab and header where they were never used.
    async fn header(&mut self) -> Result<Vec<String>, Trouble> {
        let wanted = agreed(self.pending.iter().map(|item| &item.row.columns[..]));
        let header = match self.table.head().await? {
            Head::Header(header) => header,
            head => {
                let used = self.delivery.tabs.tab(self.target).await.map_err(store)?.is_some();
                if let Some(trouble) = missing(&head, used, &self.table.name(), &wanted) {
                    return Err(trouble);
                }
                self.table.create(&wanted).await?;
                wanted.clone()
            }
        };
        crate::header::check(&header, &wanted, &self.table.name())?;
        Ok(header)
    }

    /// Cuts away what a kill left half-written.
    async fn mend(&mut self, header: &[String]) -> Result<(), Trouble> {
        let doubtful: Vec<Item<'_>> = self.pending.iter().filter(|item| item.sent.is_some()).copied().collect();
        if doubtful.is_empty() { Ok(()) } else { self.table.mend(&lines(header, &doubtful)?).await }
    }

    /// Reads the keys that stand, remembers them, and returns where each stands.
    async fn read_keys(&mut self, header: &[String]) -> Result<Places, Trouble> {
        // Kinds of keys from earlier rounds stay known as long as their columns are there.
        let earlier = std::mem::take(&mut self.knowledge.specs);
        let earlier = earlier.iter().filter(|spec| keys::place(header, &names(spec)).is_ok()).map(Vec::as_slice);
        let specs = kinds(self.pending.iter().map(|item| &*item.row.key).chain(earlier));
        let found = look(self.table, header, &specs).await?;
        let mut places = Places { rows: found.keys, twice: HashMap::new() };
        let mut twice = Vec::new();
        for (key, first, second) in found.twice {
            let both = both(self.table, first, second);
            if self.knowledge.reported.insert(key.clone()) {
                twice.push(both.clone());
            }
            places.twice.insert(key, both);
        }
        if !twice.is_empty() {
            // Not the keys themselves: they may name people.
            tracing::warn!(target: "beadle_sheets", sheet = %self.table.name(), rows = twice.join(", "), "a key stands twice");
        }
        let all: Vec<String> = places.rows.keys().cloned().collect();
        let read = Tab { term: self.delivery.term, read_at: self.delivery.clock.now() };
        self.delivery.tabs.add_keys(self.target, &all, Some(read)).await.map_err(store)?;
        self.knowledge.specs = specs;
        self.knowledge.fresh = true;
        Ok(places)
    }

    /// Settles the rows that were found. Returns whether the tab must be left alone, because a lost request may still be carried out.
    fn settle_found(&mut self, found: &Places, looked: Instant) -> bool {
        let mut wait: Option<Instant> = None;
        let pending = std::mem::take(&mut self.pending);
        for mut item in pending {
            match (found.of(item.key, self.table), item.sent) {
                (Some(place), Some(_)) => {
                    self.outcomes.insert(item.id, Delivered::Done { place, note: None });
                }
                (Some(_), None) => {
                    self.outcomes.insert(item.id, Delivered::AlreadyThere);
                }
                (None, Some(sent)) => match verdict(sent, looked, self.table.settles_within()) {
                    Verdict::SendAgain => {
                        item.sent = None;
                        self.pending.push(item);
                    }
                    Verdict::Wait { sent, look_at } => {
                        let cause = "a request was sent and its answer lost; the row is not there yet".to_owned();
                        self.outcomes.insert(item.id, Delivered::Unknown { cause, doubt: once(sent), look_at });
                        wait = wait.max(Some(look_at));
                    }
                },
                (None, None) => self.pending.push(item),
            }
        }
        let Some(until) = wait else { return false };
        self.retry("an earlier request to this tab is still in doubt", Some(until));
        true
    }

    /// Sends what is pending, and settles it.
    async fn send(&mut self, header: &[String]) {
        let mut leaders: HashMap<&str, EffectId> = HashMap::new();
        let mut followers: HashMap<EffectId, EffectId> = HashMap::new();
        let mut queue: VecDeque<Vec<Item<'e>>> = VecDeque::new();
        let mut bytes = 0;
        for item in self.pending.clone() {
            if let Some(leader) = leaders.get(item.key) {
                followers.insert(item.id, *leader);
                continue;
            }
            leaders.insert(item.key, item.id);
            let size: usize = item.row.cells.iter().map(|cell| cell.len() + 4).sum();
            match queue.back_mut() {
                Some(chunk) if bytes + size <= REQUEST_BYTES => chunk.push(item),
                _ => {
                    bytes = 0;
                    queue.push_back(vec![item]);
                }
            }
            bytes += size;
        }
        self.pending.retain(|item| !followers.contains_key(&item.id));
        while let Some(chunk) = queue.pop_front() {
            match self.send_chunk(header, &chunk).await {
                Ok(()) => {}
                Err(Trouble::Invalid { .. }) if chunk.len() > 1 => {
                    // One bad row must not keep the others: halve until it stands alone.
                    let (first, second) = chunk.split_at(chunk.len() / 2);
                    queue.push_front(second.to_vec());
                    queue.push_front(first.to_vec());
                }
                Err(Trouble::Invalid { cause }) => self.settle(&chunk, || Delivered::Invalid { cause: cause.clone() }),
                Err(trouble) => {
                    self.stop(&trouble);
                    break;
                }
            }
            if !self.knowledge.fresh {
                // The chunk is in doubt: nothing else is sent to this tab.
                self.retry("an earlier request to this tab is still in doubt", None);
                break;
            }
        }
        for (follower, leader) in followers {
            let outcome = match self.outcomes.get(&leader) {
                Some(Delivered::Done { .. } | Delivered::AlreadyThere) => Delivered::AlreadyThere,
                Some(held @ Delivered::Held { .. }) => held.clone(),
                _ => Delivered::Retry {
                    cause: "it waits for an earlier row of the same key".to_owned(),
                    not_before: None,
                },
            };
            self.outcomes.insert(follower, outcome);
        }
    }

    /// Sends one request. Its rows are settled, unless it was refused.
    async fn send_chunk(&mut self, header: &[String], chunk: &[Item<'e>]) -> Result<(), Trouble> {
        let lines = lines(header, chunk)?;
        let ids: Vec<EffectId> = chunk.iter().map(|item| item.id).collect();
        let sent = self.delivery.clock.now();
        let taken = self.delivery.outbox.sending(&ids, once(sent)).await.map_err(store)?;
        if taken.len() < ids.len() {
            return self.withdraw(chunk, &taken);
        }
        match self.table.append(&lines).await {
            Ok(first) => {
                self.remember(chunk).await;
                let (table, mut row) = (self.table, first);
                self.settle(chunk, || {
                    let place = row.map_or_else(|| table.name(), |row| table.place(row));
                    row = row.map(|row| row + 1);
                    Delivered::Done { place, note: None }
                });
                Ok(())
            }
            Err(Trouble::Unknown { cause }) => {
                self.in_doubt(header, chunk, &cause, sent).await;
                Ok(())
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Leaves out rows that an operator gave up meanwhile; the others go out in the next round.
    fn withdraw(&mut self, chunk: &[Item<'e>], taken: &[EffectId]) -> Result<(), Trouble> {
        let gone: Vec<Item<'e>> = chunk.iter().filter(|item| !taken.contains(&item.id)).copied().collect();
        self.settle(&gone, || Delivered::Withdrawn);
        Err(Trouble::busy("some of the rows were given up"))
    }

    /// Looks at once for the rows of a request whose answer was lost.
    async fn in_doubt(&mut self, header: &[String], chunk: &[Item<'e>], cause: &str, sent: Instant) {
        self.knowledge.fresh = false;
        let doubtful = ids(chunk);
        for item in self.pending.iter_mut().filter(|item| doubtful.contains(&item.id)) {
            item.sent = Some(sent);
        }
        let looked = self.delivery.clock.now();
        let found = match self.mend(header).await {
            Ok(()) => self.read_keys(header).await,
            Err(trouble) => Err(trouble),
        };
        // Until the doubt is over, every round begins with a look.
        self.knowledge.fresh =
            found.as_ref().is_ok_and(|found| chunk.iter().all(|item| found.rows.contains_key(item.key)));
        let looked_at = found.as_ref().map_or(looked + LOOK_SOON, |_| looked);
        let found = found.unwrap_or_default();
        let (table, settles) = (self.table, self.table.settles_within());
        self.settle_some(chunk, |item| match found.of(item.key, table) {
            Some(place) => Delivered::Done { place, note: None },
            None => {
                let look_at = match verdict(sent, looked, settles) {
                    Verdict::Wait { look_at, .. } if looked_at == looked => look_at,
                    _ => looked_at,
                };
                Delivered::Unknown { cause: cause.to_owned(), doubt: once(sent), look_at }
            }
        });
    }

    /// Remembers the keys of rows that were appended, as every kind of key by which the tab is known.
    async fn remember(&mut self, chunk: &[Item<'e>]) {
        let mut all: Vec<String> = chunk.iter().map(|item| item.key.to_owned()).collect();
        for item in chunk {
            let row = item.row;
            all.extend(self.knowledge.specs.iter().filter_map(|spec| keys::key(&row.columns, spec, &row.cells).ok()));
        }
        if let Err(error) = self.delivery.tabs.add_keys(self.target, &all, None).await {
            tracing::warn!(%error, "the keys of rows that were appended cannot be stored; the tab will be read again");
            self.knowledge.fresh = false;
        }
    }

    fn settle(&mut self, items: &[Item<'e>], mut outcome: impl FnMut() -> Delivered) {
        self.settle_some(items, |_| outcome());
    }

    fn settle_some(&mut self, items: &[Item<'e>], mut outcome: impl FnMut(&Item<'e>) -> Delivered) {
        for item in items {
            self.outcomes.insert(item.id, outcome(item));
        }
        let settled = ids(items);
        self.pending.retain(|item| !settled.contains(&item.id));
    }

    /// Leaves what is pending for later, because nothing can be sent now.
    fn stop(&mut self, trouble: &Trouble) {
        let now = self.delivery.clock.now();
        let (cause, wait) = match trouble {
            Trouble::Busy { cause, wait } => (cause.clone(), *wait),
            Trouble::Unknown { cause } => (cause.clone(), None),
            Trouble::Held { cause, advice } => return self.hold(cause, advice),
            Trouble::Invalid { cause } => return self.hold(cause, "look at the sheet's settings and at the tab"),
        };
        self.retry(&cause, wait.map(|wait| now + wait));
    }

    fn hold(&mut self, cause: &str, advice: &str) {
        // A person is about to change something there.
        self.knowledge.fresh = false;
        for item in std::mem::take(&mut self.pending) {
            let held =
                Delivered::Held { cause: cause.to_owned(), advice: advice.to_owned(), doubt: item.sent.map(once) };
            self.outcomes.insert(item.id, held);
        }
    }

    /// Has what is pending tried again. A row that is in doubt stays in doubt: it is looked for first.
    fn retry(&mut self, cause: &str, not_before: Option<Instant>) {
        let soon = self.delivery.clock.now() + LOOK_SOON;
        for item in std::mem::take(&mut self.pending) {
            let cause = cause.to_owned();
            let outcome = match item.sent {
                Some(sent) => Delivered::Unknown { cause, doubt: once(sent), look_at: not_before.unwrap_or(soon) },
                None => Delivered::Retry { cause, not_before },
            };
            self.outcomes.insert(item.id, outcome);
        }
    }
}

/// One request is in doubt: nothing more is sent to a tab until that is over.
fn once(sent: Instant) -> Doubt {
    Doubt { sent, requests: 1 }
}

fn ids(items: &[Item<'_>]) -> HashSet<EffectId> {
    items.iter().map(|item| item.id).collect()
}

/// Lays rows out as the header wants them.
fn lines(header: &[String], items: &[Item<'_>]) -> Result<Vec<Vec<String>>, Trouble> {
    let line = |item: &Item<'_>| {
        let places = keys::place(header, &item.row.columns)
            .map_err(|_| Trouble::busy("the header was just being changed".to_owned()))?;
        Ok(keys::lay_out(&places, &item.row.cells))
    };
    items.iter().map(line).collect()
}

/// The store is away: nothing was sent.
fn store(error: beadle_store::StoreError) -> Trouble {
    Trouble::busy(error.to_string())
}
