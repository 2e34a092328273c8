//! How often services are asked: the one place for their limits.
//!
//! What a service says of its limits counts before all else: how much is left in which bucket, and how long to wait. What a service does
//! not say beforehand is kept by quotas of our own. Nobody waits here: who must wait is told until when, and gives way to others.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use beadle_plan::{Clock, Instant};
use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::channel::Act;

/// Whose limits an act counts against.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Lane {
    /// The account at the service.
    pub(crate) account: String,
    /// What of it is asked: a channel, a chat.
    pub(crate) place: String,
    /// The quotas that the service does not announce.
    pub(crate) rules: &'static [Rule],
}

/// A quota that a service does not announce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Rule {
    /// Discord: 50 requests a second for each bot.
    DiscordBot,
    /// Telegram: 30 messages a second for each bot.
    TelegramBot,
    /// Telegram: about one message a second in one chat.
    TelegramChat,
    /// Telegram: 20 messages a minute in one group.
    TelegramGroup,
}

impl Rule {
    const ALL: [Self; 4] = [Self::DiscordBot, Self::TelegramBot, Self::TelegramChat, Self::TelegramGroup];

    /// Returns the quota. Half of what is allowed may come at once, and half of it at an even pace: both together are never more than
    /// allowed, whenever one begins to count. A chat of Telegram has no half; its "about one" takes a second.
    fn quota(self) -> Quota {
        let count = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        match self {
            Self::DiscordBot => Quota::per_second(count(25)),
            Self::TelegramBot => Quota::per_second(count(15)),
            Self::TelegramChat => Quota::per_second(count(1)),
            Self::TelegramGroup => Quota::per_minute(count(10)),
        }
    }

    /// Returns the least wait where there is no turn. What all channels of an account share comes back bit by bit: if each came for the
    /// next bit, all but one of them would come in vain, again and again.
    fn least(self) -> Duration {
        match self {
            Self::DiscordBot | Self::TelegramBot => Duration::from_millis(500),
            Self::TelegramChat | Self::TelegramGroup => Duration::from_millis(1),
        }
    }

    fn key(self, lane: &Lane) -> String {
        match self {
            Self::DiscordBot | Self::TelegramBot => lane.account.clone(),
            Self::TelegramChat | Self::TelegramGroup => format!("{} {}", lane.account, lane.place),
        }
    }
}

/// What an answer says of limits.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Hints {
    /// The bucket that the request counted against.
    pub(crate) bucket: Option<String>,
    /// How many more are allowed, and when the count begins anew.
    pub(crate) left: Option<(u32, Duration)>,
    /// How long everybody of this account has to wait.
    pub(crate) everybody: Option<Duration>,
    /// How long this lane has to wait.
    pub(crate) wait: Option<Duration>,
}

type Limiter = RateLimiter<String, HashMapStateStore<String>, Ticks, NoOpMiddleware<Duration>>;

/// The host's clock, as the quotas want it.
#[derive(Clone)]
struct Ticks(Arc<dyn Clock>);

impl governor::clock::Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.now().millis()).unwrap_or(0))
    }
}

/// The limits of all services, shared by all channels.
pub(crate) struct Pace {
    clock: Arc<dyn Clock>,
    limiters: [Limiter; 4],
    known: Mutex<Known>,
}

/// What services have said.
#[derive(Default)]
struct Known {
    /// Which bucket an act in a lane counts against.
    buckets: HashMap<(String, String, Act), String>,
    /// What is left in a bucket, and until when that holds.
    left: HashMap<String, (u32, Instant)>,
    /// Accounts that have to wait.
    accounts: HashMap<String, Instant>,
}

impl Known {
    fn bucket(&self, lane: &Lane, act: Act) -> String {
        let name = self.buckets.get(&(lane.account.clone(), lane.place.clone(), act));
        // A bucket is counted for each place by itself. Before its name is known, every act has its own.
        let name = name.cloned().unwrap_or_else(|| format!("{act:?}"));
        format!("{} {} {name}", lane.account, lane.place)
    }
}

impl Pace {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        let limiter =
            |rule: Rule| RateLimiter::new(rule.quota(), HashMapStateStore::default(), Ticks(Arc::clone(&clock)));
        Arc::new(Self { limiters: Rule::ALL.map(limiter), clock: Arc::clone(&clock), known: Mutex::default() })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a turn. Returns when to come again where there is none now.
    pub(crate) fn turn(&self, lane: &Lane, act: Act) -> Result<(), Instant> {
        let now = self.clock.now();
        let mut known = self.known();
        if let Some(until) = known.accounts.get(&lane.account).copied() {
            if until > now {
                return Err(until);
            }
            known.accounts.remove(&lane.account);
        }
        let bucket = known.bucket(lane, act);
        if let Some((left, until)) = known.left.get_mut(&bucket) {
            if *until <= now {
                known.left.remove(&bucket);
            } else if *left == 0 {
                return Err(*until);
            } else {
                *left -= 1;
            }
        }
        drop(known);
        for (rule, limiter) in Rule::ALL.iter().zip(&self.limiters).filter(|(rule, _)| lane.rules.contains(rule)) {
            if let Err(early) = limiter.check_key(&rule.key(lane)) {
                return Err(now + early.wait_time_from(limiter.clock().now()).max(rule.least()));
            }
        }
        Ok(())
    }

    /// Takes note of what an answer says.
    pub(crate) fn heard(&self, lane: &Lane, act: Act, hints: &Hints) {
        let now = self.clock.now();
        let mut known = self.known();
        if let Some(bucket) = &hints.bucket {
            known.buckets.insert((lane.account.clone(), lane.place.clone(), act), bucket.clone());
        }
        let bucket = known.bucket(lane, act);
        if let Some((left, resets)) = hints.left {
            known.left.insert(bucket.clone(), (left, now + resets));
        }
        if let Some(wait) = hints.wait {
            known.left.insert(bucket, (0, now + wait));
        }
        if let Some(wait) = hints.everybody {
            known.accounts.insert(lane.account.clone(), now + wait);
        }
        // Telegram's chats and Discord's channels are few; what has run out says nothing any more.
        known.left.retain(|_, (_, until)| *until > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beadle_plan::ManualClock;

    fn lane(place: &str, rules: &'static [Rule]) -> Lane {
        Lane { account: "bot".into(), place: place.into(), rules }
    }

    fn pace() -> (Arc<ManualClock>, Arc<Pace>) {
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_795_000_000_000)));
        (Arc::clone(&clock), Pace::new(clock))
    }

    #[test]
    fn what_the_service_says_is_kept() {
        let (clock, pace) = pace();
        let (one, two, now) = (lane("1", &[]), lane("2", &[]), clock.now());
        assert_eq!(pace.turn(&one, Act::Post), Ok(()));
        let second = Duration::from_secs(1);
        let hints = Hints { bucket: Some("b".into()), left: Some((1, second * 5)), ..Hints::default() };
        pace.heard(&one, Act::Post, &hints);
        assert_eq!(pace.turn(&one, Act::Post), Ok(()));
        assert_eq!(pace.turn(&one, Act::Post), Err(now + second * 5));
        assert_eq!(pace.turn(&one, Act::Edit), Ok(()), "another bucket");
        assert_eq!(pace.turn(&two, Act::Post), Ok(()), "another channel");
        pace.heard(&two, Act::Post, &Hints { everybody: Some(second * 9), ..Hints::default() });
        assert_eq!(pace.turn(&one, Act::Edit), Err(now + second * 9));
        clock.set(now + second * 9);
        assert_eq!(pace.turn(&one, Act::Post), Ok(()));
        pace.heard(&one, Act::Post, &Hints { wait: Some(second), ..Hints::default() });
        assert_eq!(pace.turn(&one, Act::Post), Err(now + second * 10));
    }

    #[test]
    fn quotas_that_nobody_announces_are_kept_too() {
        let (clock, pace) = pace();
        let (group, other) = (lane("-1", &[Rule::TelegramChat, Rule::TelegramGroup]), lane("2", &[Rule::TelegramChat]));
        let mut sent = 0;
        for _ in 0..600 {
            sent += u32::from(pace.turn(&group, Act::Post).is_ok());
            clock.set(clock.now() + Duration::from_millis(100));
        }
        // Ten at the beginning, and one every six seconds.
        assert!((19..=20).contains(&sent), "{sent}");
        assert_eq!(pace.turn(&other, Act::Post), Ok(()));
        let again = pace.turn(&other, Act::Post).unwrap_err();
        assert!(again > clock.now() && again <= clock.now() + Duration::from_secs(1));
    }
}
