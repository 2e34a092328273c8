//! Rate limits, on the campus's own clock. No header tells of them: only a refusal does, with whole seconds to wait.

use std::collections::{BTreeMap, VecDeque};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60_000;

/// The limits of a bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many messages and edits may follow each other at once in a chat that was silent, at least 1.
    pub burst: u32,
    /// After how many milliseconds each of them may be made again.
    pub every_ms: i64,
    /// Messages and edits a minute in a group.
    pub group_minute: usize,
    /// Requests a second over all chats.
    pub all_second: usize,
}

impl Default for Limits {
    /// One message a second and chat after a burst of three, 20 a minute and group, 30 requests a second: what the service names,
    /// but for the burst, of which it says only that it is short.
    fn default() -> Self {
        Self { burst: 3, every_ms: SECOND_MS, group_minute: 20, all_second: 30 }
    }
}

/// What was asked lately, and what was refused.
#[derive(Debug, Default)]
pub(super) struct Meter {
    limits: Option<Limits>,
    chats: BTreeMap<i64, Pace>,
    all: VecDeque<i64>,
    /// Until when all chats, or one, were told to wait.
    waits: BTreeMap<Option<i64>, i64>,
    pub(super) limited: u64,
    pub(super) violations: u64,
}

#[derive(Debug, Default)]
struct Pace {
    /// When the burst of the chat will be whole again.
    whole_ms: i64,
    minute: VecDeque<i64>,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self { limits: Some(Limits::default()), ..Self::default() }
    }

    pub(super) fn set(&mut self, limits: Option<Limits>) {
        self.limits = limits;
    }

    /// Counts a request of any kind, or returns the seconds to wait.
    pub(super) fn request(&mut self, now_ms: i64) -> Result<(), i64> {
        let Some(limits) = self.limits else { return Ok(()) };
        self.waited(None, now_ms)?;
        self.all.retain(|at| now_ms - at < SECOND_MS);
        if self.all.len() >= limits.all_second {
            let free = self.all.front().map_or(now_ms, |at| at + SECOND_MS);
            return Err(self.refuse(None, now_ms, free - now_ms));
        }
        self.all.push_back(now_ms);
        Ok(())
    }

    /// Counts a message or an edit in a chat, or returns the seconds to wait.
    pub(super) fn message(&mut self, now_ms: i64, chat: i64) -> Result<(), i64> {
        let Some(limits) = self.limits else { return Ok(()) };
        self.waited(Some(chat), now_ms)?;
        let pace = self.chats.entry(chat).or_default();
        pace.minute.retain(|at| now_ms - at < MINUTE_MS);
        let burst_ms = i64::from(limits.burst.max(1) - 1) * limits.every_ms;
        let mut wait = pace.whole_ms - now_ms - burst_ms;
        if chat < 0 && pace.minute.len() >= limits.group_minute {
            wait = wait.max(pace.minute.front().map_or(0, |at| at + MINUTE_MS - now_ms));
        }
        if wait > 0 {
            return Err(self.refuse(Some(chat), now_ms, wait));
        }
        pace.whole_ms = pace.whole_ms.max(now_ms) + limits.every_ms;
        pace.minute.push_back(now_ms);
        Ok(())
    }

    /// Refuses who comes before a wait is over.
    fn waited(&mut self, of: Option<i64>, now_ms: i64) -> Result<(), i64> {
        match self.waits.get(&of) {
            Some(until) if now_ms < *until => {
                self.violations += 1;
                self.limited += 1;
                Err(seconds(until - now_ms))
            }
            _ => Ok(()),
        }
    }

    fn refuse(&mut self, of: Option<i64>, now_ms: i64, wait_ms: i64) -> i64 {
        let wait = seconds(wait_ms);
        self.limited += 1;
        self.waits.insert(of, now_ms + wait * SECOND_MS);
        wait
    }
}

/// Rounds up to whole seconds, at least one.
fn seconds(ms: i64) -> i64 {
    ms.saturating_add(SECOND_MS - 1).div_euclid(SECOND_MS).max(1)
}

#[cfg(test)]
mod tests {
    use super::Meter;

    #[test]
    fn a_chat_has_a_short_burst_and_then_one_a_second() {
        let mut meter = Meter::new();
        assert_eq!([0, 0, 0].map(|now| meter.message(now, 7)), [Ok(()); 3]);
        assert_eq!(meter.message(10, 7), Err(1));
        assert_eq!((meter.limited, meter.violations), (1, 0), "nothing had told it");
        assert_eq!(meter.message(1_009, 7), Err(1));
        assert_eq!((meter.limited, meter.violations), (2, 1));
        assert_eq!(meter.message(1_009, 8), Ok(()), "another chat");
        assert_eq!((meter.message(1_010, 7), meter.message(2_010, 7)), (Ok(()), Ok(())));
    }

    #[test]
    fn a_group_takes_twenty_a_minute_and_a_bot_thirty_a_second() {
        let mut meter = Meter::new();
        for n in 0..20 {
            assert_eq!((meter.message(n * 1_000, -5), meter.message(n * 1_000, 5)), (Ok(()), Ok(())));
        }
        assert_eq!((meter.message(20_000, -5), meter.message(20_000, 5)), (Err(40), Ok(())));
        assert_eq!(meter.message(60_000, -5), Ok(()));
        for _ in 0..30 {
            assert_eq!(meter.request(90_500), Ok(()));
        }
        assert_eq!((meter.request(90_600), meter.request(91_600)), (Err(1), Ok(())));
        meter.set(None);
        assert!((0..99).all(|_| meter.request(91_600).is_ok() && meter.message(91_600, -5).is_ok()));
    }
}
